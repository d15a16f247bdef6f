"""Many countries: each once, whole or not there, and the same command goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from infiltrate import cli
from infiltrate.errors import RunFailed, StoreError
from infiltrate.validation import subjects
from infiltrate.validation.country_files import country_path, read_country
from infiltrate.validation.request import ValidationRequest, build_request
from infiltrate.validation.validate import validate_estimators
from infiltrate.validation.variants import Variant
from tests.validation.rows import country, refused, table

COMMAND = Path(sys.executable).with_name("infiltrate")


@pytest.fixture
def calls(monkeypatch) -> list[tuple[str, int]]:
    """Estimate nothing, but note what would have been estimated."""
    noted: list[tuple[str, int]] = []

    def recover(variant, firms, seed, choices, estimators) -> pd.DataFrame:
        noted.append((variant.name, seed))
        place = {"scenario": variant.name, "seed": seed, "firms": firms}
        if variant.scenario == "one_list":
            return table(refused(90, **place, reason='One list: "no", no # no'))
        return table(country(100, 100 + seed / 3, (1, 2, 3), **place))

    monkeypatch.setattr(subjects, "recover_country", recover)
    return noted


def run(out: Path, request: ValidationRequest, said: list[str] | None = None):
    return validate_estimators(request, out, jobs=1, say=(said or []).append)


SMALL = build_request("base,one_list,base:wrong-entries-x0", 2, 400, 5000, "pool")


def test_every_country_is_estimated_once_and_everything_is_written(tmp_path, calls):
    result = run(tmp_path, SMALL)
    names = ["base", "one_list", "base:wrong-entries-x0"]
    assert sorted(calls) == sorted((name, seed) for name in names for seed in (5000, 5001))
    assert result.computed == 6
    rows = pd.read_csv(result.rows)
    assert len(rows) == 6
    assert list(rows["scenario"].unique()) == sorted(names)
    for name in ("summary.csv", "goals.csv", "summary.md", "run.json"):
        assert (tmp_path / name).stat().st_size > 0
    assert SMALL.command in result.summary.read_text()


def test_the_second_call_estimates_nothing_and_changes_no_byte(tmp_path, calls):
    before = run(tmp_path, SMALL).rows.read_bytes()
    calls.clear()
    said: list[str] = []
    result = validate_estimators(SMALL, tmp_path, jobs=1, say=said.append)
    assert calls == []
    assert result.computed == 0
    assert said == ["6 countries: 6 already there"]
    assert result.rows.read_bytes() == before


@pytest.mark.parametrize("damage", ["cut", "changed", "emptied", "other"])
def test_a_damaged_country_is_estimated_again(tmp_path, calls, damage):
    before = run(tmp_path, SMALL).rows.read_bytes()
    calls.clear()
    path = country_path(tmp_path / "countries", Variant("base"), 5001)
    text = path.read_text()
    path.write_text(
        {
            "cut": text[: len(text) - 20],
            "changed": text.replace("100", "101"),
            "emptied": "",
            "other": "# []\nnothing",
        }[damage]
    )
    said: list[str] = []
    result = validate_estimators(SMALL, tmp_path, jobs=1, say=said.append)
    assert calls == [("base", 5001)]
    assert said[0] == "6 countries: 1 to compute (damaged), 5 already there"
    assert result.rows.read_bytes() == before


def test_countries_of_other_firms_or_choices_are_stale(tmp_path, calls):
    run(tmp_path, SMALL)
    calls.clear()
    said: list[str] = []
    more = build_request("base", 3, 500, 5000, "pool")
    validate_estimators(more, tmp_path, jobs=1, say=said.append)
    assert said[0] == "3 countries: 2 to compute (stale: other firms), 1 to compute (new)"
    changed = more.choices.model_copy(update={"draws": 300})
    validate_estimators(
        ValidationRequest(more.variants, 3, 500, 5000, ("pool",), changed),
        tmp_path,
        jobs=1,
        say=said.append,
    )
    assert said[-4] == "3 countries: 3 to compute (stale: other choices)"


def test_countries_of_other_code_are_stale(tmp_path, calls, monkeypatch):
    run(tmp_path, SMALL)
    monkeypatch.setattr("infiltrate.validation.country_files._hash_code", lambda: "another")
    said: list[str] = []
    validate_estimators(SMALL, tmp_path, jobs=1, say=said.append)
    assert said[0] == "6 countries: 6 to compute (stale: other code)"


def test_rows_come_back_as_they_were(tmp_path, calls):
    run(tmp_path, SMALL)
    rows = read_country(country_path(tmp_path / "countries", Variant("one_list"), 5000))
    assert rows["reason"].item() == 'One list: "no", no # no'
    assert rows["median"].isna().all()
    assert rows["seed"].item() == 5000


def test_a_country_that_fails_does_not_stop_the_others(tmp_path, calls, monkeypatch):
    good = subjects.recover_country

    def fail(variant, *rest):
        if variant.scenario == "one_list":
            raise ZeroDivisionError("nothing to divide by")
        return good(variant, *rest)

    monkeypatch.setattr(subjects, "recover_country", fail)
    with pytest.raises(RunFailed, match="2 of 6 countries failed") as error:
        run(tmp_path, SMALL)
    assert "one_list 5000 and 1 more: ZeroDivisionError" in str(error.value)
    assert not (tmp_path / "recovery.csv").exists()
    monkeypatch.setattr(subjects, "recover_country", good)
    calls.clear()
    assert run(tmp_path, SMALL).computed == 2
    assert {name for name, _ in calls} == {"one_list"}


def test_a_folder_that_cannot_be_written_is_said_before_anything_is_estimated(tmp_path, calls):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="cannot be written"):
        run(tmp_path / "file", SMALL)
    assert calls == []


def test_half_written_files_of_a_killed_run_are_removed(tmp_path, calls):
    left = tmp_path / "countries" / ".base_5000.csv.123.being-written"
    left.parent.mkdir()
    left.write_text("half")
    run(tmp_path, SMALL)
    assert not left.exists()
    assert len(list((tmp_path / "countries").iterdir())) == 6


@pytest.mark.slow
def test_the_command_fans_out_and_one_process_gives_the_same_bytes(tmp_path):
    words = ["--scenarios", "one_list,sparse_overlap", "--countries", "2", "--firms", "400"]
    words += ["--seed", "5000", "--no-report", "--estimators", "pool"]
    said = [
        subprocess.run(
            [COMMAND, "validate", *words, "--jobs", jobs, "--out", tmp_path / jobs],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for jobs in ("1", "2")
    ]
    assert all("4/4" in text and "pool refused" in text for text in said)
    one, two = (tmp_path / jobs / "recovery.csv" for jobs in ("1", "2"))
    assert one.read_bytes() == two.read_bytes()


@pytest.mark.slow
def test_a_stopped_command_leaves_whole_files(tmp_path):
    words = ["--scenarios", "one_list", "--countries", "400", "--firms", "3000", "--seed", "5000"]
    command = subprocess.Popen(
        [COMMAND, "validate", *words, "--estimators", "pool", "--out", tmp_path],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    deadline = time.monotonic() + 60
    while len(list(tmp_path.glob("countries/*.csv"))) < 3 and time.monotonic() < deadline:
        time.sleep(0.1)
    os.killpg(command.pid, signal.SIGINT)
    _, errors = command.communicate(timeout=60)
    assert command.returncode == 130, errors
    assert "the same command goes on from there" in errors
    files = sorted(tmp_path.glob("countries/*.csv"))
    assert 3 <= len(files) < 400
    for file in files:
        assert len(read_country(file)) > 0


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["--scenarios", "nowhere"], "'nowhere' is unknown; allowed: all, clean, base"),
        (["--countries", "0"], "--countries: 0; allowed: 1 or more"),
        (["--estimators", "guess"], "'guess' is unknown; allowed: chao_equal_lists"),
    ],
)
def test_the_command_refuses_in_one_message(tmp_path, monkeypatch, capsys, words, found):
    out = tmp_path / "out"
    monkeypatch.setattr(sys, "argv", ["infiltrate", "validate", *words, "--out", str(out)])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    assert stop.value.code == 2
    assert found in capsys.readouterr().err
    assert not out.exists()
