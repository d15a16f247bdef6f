"""Whatever goes wrong: one clear message, the right exit code, and what was finished is kept."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from infiltrate import cli
from infiltrate.synth import SCENARIOS
from tests.runs.project import FIRST, Project

ROOT = Path(__file__).parents[1]
COMMAND = Path(sys.executable).with_name("infiltrate")

PARAMS = """\
country: XX
title: An invented country
question: Does the reader keep its word?
universe: suppliers of the invented register
currency: EUR
sources:
  - id: authorities
    title: Register of authorities
    publisher: Invented office
    licence: CC0-1.0
    path: authorities.csv
    tables:
      buyers:
        duplicates: reject
        columns: {buyer_id: number, name: authority}
  - id: contracts
    title: Register of contracts
    publisher: Invented office
    licence: CC0-1.0
    path: contracts.csv
    tables:
      contracts:
        columns:
          contract_id: contract
          lot_id: {constant: "1"}
          supplier_id: supplier
          buyer_id: authority
          signed_on: signed
          value: value
          currency: currency
facts:
  thresholds:
    - {regime: direct_award, category: works, amount: 9000, currency: EUR,
       valid_from: 2020-01-01, source: "Law 1/2020, article 3"}
choices:
  as_of: 2022-12-31
"""
AUTHORITIES = "number,authority\n" + "".join(f"{n},Città {n}\n" for n in range(1, 10))
CONTRACTS = """\
contract,authority,supplier,signed,value,currency
C1,1,S1,2022-01-31,100.00,EUR
C2,2,S2,2022-02-28,200.50,EUR
"""

BIG = """\
import numpy as np, pandas as pd
values = study.rng("values").integers(0, 2**62, 60_000)
study.publish("numbers", pd.DataFrame({"key": range(60_000), "value": values}), ["key"])
study.finish()
"""


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str


def infiltrate(*words: str | Path, cwd: Path, limit: int | None = None) -> Answer:
    """Run the installed command; `limit` is the size in bytes at which files are full."""
    done = subprocess.run(
        [COMMAND, *map(str, words)],
        cwd=cwd,
        check=False,
        capture_output=True,
        text=True,
        preexec_fn=_limiter(limit),
    )
    answer = Answer(done.returncode, done.stdout, done.stderr)
    assert_plain(answer.out + answer.err)
    return answer


def _limiter(limit: int | None) -> Callable[[], None] | None:
    if limit is None:
        return None
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))


def assert_plain(text: str) -> None:
    assert "Traceback" not in text, text
    assert "nanobind" not in text, text
    assert "\x1b" not in text, text
    assert not set("╭╰│━") & set(text), text


def problems(text: str) -> list[str]:
    return [line[4:] for line in text.splitlines() if line.startswith("  - ")]


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A folder with sound parameters and sound raw files."""
    (tmp_path / "xx.yaml").write_text(PARAMS)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "authorities.csv").write_text(AUTHORITIES)
    (tmp_path / "data" / "contracts.csv").write_text(CONTRACTS)
    return tmp_path


@pytest.fixture(scope="module")
def run_once(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A study that has been run: its first table takes more than 400 kB."""
    project = Project(tmp_path_factory.mktemp("finished"))
    project.stage("01_numbers", 'writes=["numbers"], params=["choices.seed"]', BIG)
    answer = run_project(project)
    assert answer.code == 0, answer.err
    return project


@pytest.fixture
def finished(run_once: Project, tmp_path: Path) -> Project:
    """A copy of a study that has been run, for one test."""
    return run_once.copied_to(tmp_path)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A study of two small notebooks."""
    return Project(tmp_path)


def run_project(project: Project, *words: str, limit: int | None = None) -> Answer:
    return infiltrate(*_project_words(project), *words, cwd=project.folder, limit=limit)


def _project_words(project: Project) -> Sequence[str]:
    folders = ["--data", ".", "--out", "results", "--notebooks", "notebooks"]
    return ["run", project.params.name, *folders]


def finished_files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for part in ("tables", "stages", "notebooks", "estimates.csv")
        for path in sorted([folder / part, *(folder / part).rglob("*")])
        if path.is_file()
    }


# Before anything is read


def test_check_says_what_would_be_run(study: Path) -> None:
    answer = infiltrate("check", "xx.yaml", cwd=study)
    assert answer.code == 0
    assert answer.out.startswith("XX: An invented country\n  reads       2 sources, 2 files")
    assert answer.out.endswith("Nothing is wrong.\n")
    assert answer.err == ""


def test_a_missing_params_file_names_the_nearest(study: Path) -> None:
    for command in ("check", "run"):
        answer = infiltrate(command, "xy.yaml", cwd=study)
        assert answer.code == 2
        assert answer.out == ""
        assert answer.err == (
            "error: xy.yaml: 1 problem; nothing was run.\n"
            "  - xy.yaml: there is no such file. Did you mean xx.yaml?\n"
        )


def test_ten_mistakes_are_told_together(study: Path) -> None:
    mistakes = {
        "country: XX": "country: Xanadu",
        "currency: EUR\nsources": "currency: euro\nsources",
        "licence: CC0-1.0\n    path: authorities": "license: CC0-1.0\n    path: authorities",
        "path: contracts.csv": "path: ../contracts.csv",
        "duplicates: reject": "duplicates: shrug",
        "category: works": "category: roads",
        "amount: 9000": "amount: much",
        "valid_from: 2020-01-01": "valid_from: 2020-13-01",
        ', source: "Law 1/2020, article 3"': "",
        "as_of: 2022-12-31": "as_of: soon",
    }
    text = PARAMS
    for right, wrong in mistakes.items():
        assert text.count(right) == 1, right
        text = text.replace(right, wrong)
    (study / "xx.yaml").write_text(text)
    answer = infiltrate("run", "xx.yaml", "--out", "results", cwd=study)
    assert answer.code == 2
    found = problems(answer.err)
    assert len(found) == 10, answer.err
    for place in (
        "country",
        "currency",
        "license",
        "path",
        "duplicates",
        "category",
        "amount",
        "valid_from",
        "source",
        "as_of",
    ):
        assert any(f"{place}: " in problem for problem in found), (place, found)
    assert not (study / "results").exists()


def test_check_reports_key_date_file_and_source_at_once(study: Path) -> None:
    text = PARAMS.replace(', source: "Law 1/2020, article 3"', "")
    text = text.replace("as_of: 2022-12-31", "as_of: 2022-02-30\n  rsk: {horizon_months: 24}")
    (study / "xx.yaml").write_text(text)
    (study / "data" / "contracts.csv").rename(study / "data" / "contract.csv")
    answer = infiltrate("check", "xx.yaml", cwd=study)
    assert answer.code == 2
    threshold, day, key, file = problems(answer.err)
    assert threshold.startswith("xx.yaml:33: facts.thresholds[0].source: is missing")
    assert "choices.as_of: 2022-02-30 is not a day of the calendar" in day
    assert "choices.rsk: is not a known key" in key
    assert "Did you mean `risk`?" in key
    assert "sources.contracts.path: there is no file contracts.csv" in file
    assert "contract.csv" in file.split("Nearest name")[1]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "sources.authorities.path: there is no file authorities.csv"),
        (b"", "authorities.csv is empty"),
        (AUTHORITIES.replace(",", ";").encode(), "Set it to ';', which gives more"),
        (AUTHORITIES.encode("cp1252"), "are not utf-8. It reads as cp1252"),
        (
            AUTHORITIES.replace("number,authority", "number,name of authority").encode(),
            "column authority: not in authorities.csv. Nearest name: name of authority",
        ),
    ],
    ids=["missing", "empty", "delimiter", "encoding", "column"],
)
def test_a_raw_file_that_is_not_what_was_said(
    study: Path, content: bytes | None, words: str
) -> None:
    path = study / "data" / "authorities.csv"
    path.unlink() if content is None else path.write_bytes(content)
    for command in (["check", "xx.yaml"], ["run", "xx.yaml", "--out", "results"]):
        answer = infiltrate(*command, cwd=study)
        assert answer.code == 3
        (problem,) = problems(answer.err)
        assert words in problem
        assert answer.out == ""
    assert not (study / "results").exists()


def test_a_missing_data_folder_is_one_problem(study: Path) -> None:
    answer = infiltrate("run", "xx.yaml", "--data", "nowhere", cwd=study)
    assert answer.code == 3
    assert problems(answer.err) == [
        "sources: the data folder nowhere does not exist. Give the folder of the raw files: --data"
    ]


def test_wrong_commands(study: Path) -> None:
    answer = infiltrate("run", "xx.yaml", "--nope", cwd=study)
    assert (answer.code, answer.out) == (2, "")
    assert "No such option: --nope" in answer.err
    answer = infiltrate("simulate", "atlantis", cwd=study)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err == f"error: simulate atlantis: unknown; allowed: {', '.join(SCENARIOS)}.\n"
    answer = infiltrate("simulate", "demo", "--firms", "3", cwd=study)
    assert answer.code == 2
    assert not (study / "data" / "demo").exists()
    answer = infiltrate("run", "xx.yaml", "--set", "choices.sed=1", cwd=study)
    assert answer.code == 2
    assert "command line: choices.sed: is not a known key" in answer.err


@pytest.mark.parametrize("text", ["{", '{"cells": 3}', None], ids=["cut", "askew", "magic"])
def test_a_notebook_that_cannot_be_read(project: Project, text: str | None) -> None:
    path = project.notebooks / "02_sum.ipynb"
    path.write_text(text or path.read_text().replace("import pandas as pd", "%matplotlib inline"))
    answer = run_project(project)
    assert answer.code == 9
    assert "02_sum.ipynb: cannot be read as a notebook of plain Python" in answer.err
    assert not project.results.exists()


def test_a_folder_without_notebooks(project: Project) -> None:
    answer = run_project(project, "--notebooks", "results")
    assert answer.code == 9
    assert "Give --notebooks" in answer.err


@pytest.mark.parametrize("out", ["xx.yaml", "xx.yaml/below", "/proc/results"])
def test_an_output_folder_that_cannot_be_written(project: Project, out: str) -> None:
    if out.startswith("/proc") and not Path("/proc").is_dir():
        pytest.skip("no /proc on this system")
    answer = run_project(project, "--out", out)
    assert answer.code == 8
    assert "cannot be written to" in answer.err
    assert "give another folder with --out" in answer.err
    assert len(answer.err.splitlines()) == 1


# Rows that cannot be true


def test_wrong_rows_are_rejected_by_rule_and_the_run_goes_on(study: Path) -> None:
    (study / "notebooks").mkdir()
    shutil.copy(ROOT / "notebooks" / "01_tables.ipynb", study / "notebooks")
    (study / "data" / "authorities.csv").write_text(AUTHORITIES + "9,Another\n")
    (study / "data" / "contracts.csv").write_text(
        CONTRACTS
        + "C3,3,S3,2023-01-01,300.00,EUR\n"
        + "C4,4,S4,2022-03-31,-400.00,EUR\n"
        + "C5,5,S5,2022-03-31,500.00,doubloons\n"
        + "C6,6,S6,31/03/2022,600.00,EUR\n"
        + "C7,7,S7,2022-03-31\n"
    )
    words = ["run", "xx.yaml", "--out", "results", "--notebooks", "notebooks"]
    answer = infiltrate(*words, cwd=study)
    assert answer.code == 0, answer.err
    assert answer.out.splitlines()[-1] == "Report: results/report/index.html"
    tables = study / "results" / "tables"
    rejected = pq.read_table(tables / "rejected.parquet").to_pylist()
    assert [(row["source_id"], row["line"], row["rule"]) for row in rejected] == [
        ("authorities", 11, "duplicate_key"),
        ("contracts", 4, "future_date"),
        ("contracts", 5, "negative_amount"),
        ("contracts", 6, "currency"),
        ("contracts", 7, "date"),
        ("contracts", 8, "field_count"),
    ]
    assert pq.read_table(tables / "contracts.parquet")["contract_id"].to_pylist() == ["C1", "C2"]
    intake = pq.read_table(tables / "intake.parquet").to_pylist()
    totals = {"authorities": 0, "contracts": 0}
    for row in intake:
        totals[row["source_id"]] += row["rows"]
    assert totals == {"authorities": 10, "contracts": 7}

    answer = infiltrate(*words, cwd=study)
    assert answer.code == 0
    assert answer.out.startswith("Nothing to do")


# While it runs


def test_stages_that_raise_or_die_are_named_and_the_rest_is_kept(project: Project) -> None:
    declared = 'reads=["numbers"], writes=["estimates"], params=["choices.risk"]'
    project.stage("02_sum", declared, "study.frame('SELECT * FROM nothing')")
    die = "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"
    project.stage("03_dies", 'writes=["dead"]', die)
    project.stage("04_waits", 'reads=["dead"], writes=["waiting"]', "pass")
    answer = run_project(project)
    assert answer.code == 9
    assert answer.err.startswith("error: 2 steps did not finish, and 04_waits could not follow.")
    assert "give the same command again" in answer.err
    raised, died = sorted(problems(answer.err))
    assert raised.startswith("02_sum: cell 4 raised CatalogException")
    assert died.startswith("03_dies: the kernel stopped without an answer")
    assert set(finished_files(project.results)) >= {"stages/01_numbers.json"}
    assert not (project.results / "stages" / "03_dies.json").exists()
    first = (project.results / "report" / "03_dies.html").read_text()
    assert "kernel stopped" in first
    manifest = json.loads((project.results / "manifest.json").read_text())
    assert {stage["stage"]: bool(stage["failure"]) for stage in manifest["stages"]} == {
        "01_numbers": False,
        "02_sum": True,
        "03_dies": True,
        "04_waits": True,
    }


def test_a_full_disk_leaves_the_tables_and_the_next_run_goes_on(finished: Project) -> None:
    before = finished_files(finished.results)
    assert len(before["tables/numbers.parquet"]) > 400_000

    # the table of other numbers does not fit
    answer = run_project(finished, "--set", "choices.seed=6", limit=200_000)
    assert answer.code == 9
    (problem,) = problems(answer.err)
    assert problem.startswith("01_numbers: cell 4 raised StoreError: tables/numbers.parquet: could")
    assert "File too large. What was there before is untouched" in problem
    after = finished_files(finished.results)
    for name in ("tables/numbers.parquet", "tables/estimates.parquet", "estimates.csv"):
        assert after[name] == before[name]
    assert not list(finished.results.rglob("*being-written*"))

    # not even the parameters of the run fit
    answer = run_project(finished, "--set", "choices.seed=6", limit=1_000)
    assert answer.code == 8, answer.err
    assert "File too large" in answer.err

    answer = run_project(finished, "--set", "choices.seed=6")
    assert answer.code == 0
    name = "tables/numbers.parquet"
    assert finished_files(finished.results)[name] != before[name]


@dataclass(frozen=True)
class Stopped:
    """A run that was stopped by Ctrl-C in its second stage, after another was refused."""

    project: Project
    first: Answer
    pid: int
    second: Answer
    seconds: float


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Stopped:
    project = Project(tmp_path_factory.mktemp("stopped"))
    declared = 'reads=["numbers"], writes=["estimates"], params=["choices.risk"]'
    project.stage("02_sum", declared, "import time\ntime.sleep(600)")
    with subprocess.Popen(
        [COMMAND, *_project_words(project)],
        cwd=project.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            assert process.stdout is not None
            said = ""
            for line in process.stdout:
                said += line
                if line.startswith("02_sum  running"):
                    break
            deadline = time.monotonic() + 60
            while not list((project.results / "notebooks").glob(".02_sum*")):
                assert time.monotonic() < deadline, "the second stage never started"
                time.sleep(0.1)
            second = run_project(project)
            # as a terminal does: to everyone of the group
            os.killpg(process.pid, signal.SIGINT)
            started = time.monotonic()
            out, err = process.communicate(timeout=60)
        finally:
            if process.poll() is None:
                process.kill()
    first = Answer(process.returncode, said + out, err)
    return Stopped(project, first, process.pid, second, time.monotonic() - started)


def test_a_second_run_on_the_same_folder_is_refused(stopped: Stopped) -> None:
    assert stopped.second.code == 10
    assert stopped.second.out == ""
    assert f"process {stopped.pid} is writing to this folder" in stopped.second.err
    assert len(stopped.second.err.splitlines()) == 1


def test_ctrl_c_stops_at_once_and_the_next_run_goes_on(stopped: Stopped) -> None:
    assert stopped.first.code == 130
    assert stopped.seconds < 20
    assert stopped.first.err == (
        "error: stopped. What was finished is kept; the same command goes on from there.\n"
    )
    assert_plain(stopped.first.out)
    project = stopped.project
    assert "stages/01_numbers.json" in finished_files(project.results)
    left = {path.name for path in project.results.iterdir()}
    kept = {".run", "manifest.json", "notebooks", "params.json", "run.json", "stages", "tables"}
    assert left - {"report", "code.json", "workflow.json"} == kept
    project.stage(
        "02_sum", 'reads=["numbers"], writes=["estimates"]', FIRST.replace("numbers", "estimates")
    )
    answer = run_project(project)
    assert answer.code == 0, answer.err
    assert "01_numbers  up to date" in answer.out


def test_a_damaged_record_is_told_and_never_taken_for_nothing_to_do(finished: Project) -> None:
    before = finished_files(finished.results)
    (finished.results / ".run" / "pytask.lock").write_text("{ not a record")
    answer = run_project(finished)
    assert answer.code == 9
    assert "Nothing to do" not in answer.out
    assert "cannot be used" in answer.err
    assert "Delete that folder" in answer.err
    assert finished_files(finished.results) == before
    shutil.rmtree(finished.results / ".run")
    answer = run_project(finished)
    assert answer.code == 0
    assert finished_files(finished.results) == before


def test_a_finished_study_has_nothing_to_do_and_to_explain_changes_nothing(
    finished: Project,
) -> None:
    kept = ("run.json", "params.json", "manifest.json")
    before = [(finished.results / name).read_bytes() for name in kept]
    assert run_project(finished).out.startswith("Nothing to do")
    answer = run_project(finished, "--explain", "--set", "choices.risk.quarantine_months=6")
    assert "01_numbers  up to date" in answer.out
    assert "02_sum  will run   changed: choices.risk" in answer.out
    assert [(finished.results / name).read_bytes() for name in kept] == before


def test_a_run_goes_on_when_nobody_reads_what_it_says(project: Project) -> None:
    words = " ".join([str(COMMAND), *_project_words(project)])
    done = subprocess.run(
        ["bash", "-c", f"{words} 2>error.txt | true; echo ${{PIPESTATUS[0]}}"],
        cwd=project.folder,
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout == "0\n"
    assert (project.folder / "error.txt").read_text() == ""
    assert "estimates.csv" in finished_files(project.results)


# What nobody foresaw


def call(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["infiltrate", *words])
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert isinstance(end.value.code, int)
    return end.value.code


def raiser(error: BaseException) -> Callable[..., None]:
    def fail(*_: object, **__: object) -> None:
        raise error

    return fail


def test_an_unforeseen_error_is_short_and_its_traceback_is_in_the_log(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("infiltrate.runs.run.gather_inputs", raiser(KeyError("lot_id")))
    monkeypatch.chdir(project.folder)
    monkeypatch.delenv(cli.DEBUG, raising=False)
    assert call(monkeypatch, *_project_words(project)) == 70
    said = capsys.readouterr().err
    assert_plain(said)
    log = project.results.resolve() / ".run" / "error.log"
    assert said.startswith("error: unexpected KeyError: 'lot_id' (test_cli.py, line ")
    assert f"The traceback is in {log}." in said
    assert "Traceback" in log.read_text()
    assert "gather_inputs" in log.read_text()

    monkeypatch.setenv(cli.DEBUG, "1")
    assert call(monkeypatch, *_project_words(project)) == 70
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (
            OSError(28, "No space left on device"),
            8,
            "error: No space left on device. What was finished",
        ),
        (PermissionError(13, "Permission denied", "x"), 8, "error: x: Permission denied."),
        (FileNotFoundError(2, "No such file", "x"), 70, "unexpected FileNotFoundError"),
        (RuntimeError("odd"), 70, "Set INFILTRATE_DEBUG=1 to see the traceback"),
        (KeyboardInterrupt(), 130, "error: stopped."),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else None,
)
def test_every_command_ends_with_a_message_and_a_code(
    error: BaseException,
    code: int,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("infiltrate.runs.check.check_study", raiser(error))
    monkeypatch.delenv(cli.DEBUG, raising=False)
    assert call(monkeypatch, "check", "xx.yaml") == code
    said = capsys.readouterr()
    assert words in said.err
    assert len(said.err.splitlines()) == 1
    assert_plain(said.err + said.out)
