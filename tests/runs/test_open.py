"""A finished run opens in a cell; other choices are tried without touching a file."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from infiltrate import study
from infiltrate.errors import RunFailed, SourceError, StoreError
from tests.runs.project import Project

CHANGE = "choices.risk.quarantine_months=6"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with params, notebooks and results, as an analyst has one."""
    from infiltrate.runs.run import run_study

    folder = tmp_path_factory.mktemp("home")
    project = Project(folder)
    (folder / "data").mkdir()
    run_study(
        project.params,
        folder / "data",
        folder / "results" / "xx",
        project.notebooks,
        say=lambda line: None,
    )
    return folder


@pytest.fixture
def notebooks(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the kernel of a notebook works."""
    monkeypatch.chdir(home / "notebooks")
    return home / "notebooks"


@pytest.fixture(scope="module")
def changed(home: Path) -> study.OpenedRun:
    before = content(home)
    opened = study.open(home / "results" / "xx", CHANGE)
    assert content(home) == before
    return opened


def content(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_it_gives_the_tables_and_parameters_of_the_run(home: Path, notebooks: Path) -> None:
    opened = study.open("xx")
    assert opened.tables == {"estimates": 1, "numbers": 2}
    for name in opened.tables:
        written = pq.read_table(home / "results" / "xx" / "tables" / f"{name}.parquet")
        assert opened.table(name).equals(written)
        pd.testing.assert_frame_equal(opened.frame(name), written.to_pandas())
    assert opened.frame("SELECT sum(value) AS total FROM numbers").total[0] == 7
    assert opened.params.choices.risk.quarantine_months == 12
    assert opened.params.choices.seed == 5
    assert opened.effect().empty
    assert repr(opened).splitlines()[0] == "A study of nothing (xx): 2 tables"


def test_a_changed_choice_shows_its_effect_and_touches_nothing(changed: study.OpenedRun) -> None:
    assert changed.params.choices.risk.quarantine_months == 6
    assert changed.table("estimates")["value"].to_pylist() == [13.0]
    moved = changed.effect()
    assert moved.to_dict("records") == [{"estimand": "sum", "value_run": 19.0, "value": 13.0}]


def test_only_what_depends_on_the_choice_is_computed_again(changed: study.OpenedRun) -> None:
    first, second = (
        (folder / "stages" / "01_numbers.json").stat().st_mtime_ns
        for folder in (changed.original, changed.run_dir)
    )
    assert first == second
    assert changed.run_dir != changed.original


def test_at_the_end_of_a_cell_it_says_what_moved_and_why(changed: study.OpenedRun) -> None:
    shown = repr(changed)
    assert CHANGE in shown
    assert "estimates" in shown
    assert "choices.risk" in shown


def test_what_cannot_be_opened_is_told_in_words(notebooks: Path, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"no finished run of this name.*There are xx"):
        study.open("yy")
    with pytest.raises(StoreError, match=r"has no table firms\. It has estimates, numbers"):
        study.open("xx").table("firms")
    with pytest.raises(RunFailed, match=r"choices\.rsk: is not a known key"):
        study.open("xx", "choices.rsk.quarantine_months=6")


def test_raw_files_are_needed_only_to_compute_again(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = {"files": [{"name": "raw.csv"}], "params_file": "xx.yaml", "tables": {}}
    monkeypatch.setattr("infiltrate.study.opened._read_manifest", lambda folder: named)
    assert study.open(home / "results" / "xx").tables == {}
    with pytest.raises(SourceError, match=r"raw\.csv: missing"):
        study.open(home / "results" / "xx", CHANGE)
