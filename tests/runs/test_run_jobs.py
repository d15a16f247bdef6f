"""Notebooks and countries run side by side, with the results of one after the other."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from infiltrate.errors import ParamsError, RunFailed
from infiltrate.params.choices import EngineChoices
from infiltrate.runs.advice import advise
from infiltrate.runs.countries import StudyFiles, run_countries
from infiltrate.runs.progress import StageState
from infiltrate.tables.engine import JOBS_VARIABLE, open_engine
from tests.runs.kills import result_files
from tests.runs.project import FIRST, Project

MEET = """\
import time
from pathlib import Path
Path("{me}.here").touch()
deadline = time.monotonic() + 120
while not Path("{other}.here").exists():
    assert time.monotonic() < deadline, "the other never came"
    time.sleep(0.05)
"""
COMMAND = [sys.executable, "-c", "from infiltrate.cli import main; main()", "run"]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def apart(project: Project, name: str, code: str = "") -> None:
    table = name.partition("_")[2]
    project.stage(name, f'writes=["{table}"]', code + FIRST.replace("numbers", table))


def test_notebooks_that_do_not_wait_for_each_other_run_at_once(project: Project) -> None:
    apart(project, "01_numbers", MEET.format(me="one", other="two"))
    apart(project, "03_apart", MEET.format(me="two", other="one") + "x = bytearray(300_000_000)\n")
    result = project.run(jobs=2)
    assert result.ran == ("01_numbers", "02_sum", "03_apart")
    peaks = {outcome.stage: outcome.peak_memory_mib or 0 for outcome in result.outcomes}
    assert 50 < peaks["01_numbers"] < peaks["03_apart"] - 200
    at_once = result_files(project.results)

    # each has met the other before: alone it goes on at once
    assert project.run(force=True).ran == ("01_numbers", "02_sum", "03_apart")
    assert result_files(project.results) == at_once
    log = (project.results / ".run" / "run.log").read_text().splitlines()
    assert [line.split("  ", 1)[1] for line in log if "run of" in line] == [
        "run of xx.yaml, 2 at once",
        "run of xx.yaml, 1 at once",
    ]
    assert all(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ  \S", line) for line in log)


def test_a_failure_stops_only_what_waits_for_it_and_all_are_listed(project: Project) -> None:
    project.stage("01_numbers", 'writes=["numbers"]', FIRST + "raise MemoryError('too much')")
    apart(project, "03_apart")
    apart(project, "04_skips")
    tag_last_cell(project, "04_skips", "skip-execution", "study.warn('never said')")
    with pytest.raises(RunFailed) as failure:
        project.run(jobs=2)
    named = {problem.where: str(problem) for problem in failure.value.problems}
    assert named.keys() == {"01_numbers", "04_skips"}
    assert "too much" in named["01_numbers"] and "fewer --jobs" in named["01_numbers"]
    assert "code cell 5 was not run in its turn" in named["04_skips"]
    assert "02_sum could not follow" in failure.value.summary
    # it had finished its study before it failed
    assert {path.stem for path in (project.results / "stages").iterdir()} == {"03_apart"}
    page = (project.results / "report" / "01_numbers.html").read_text()
    assert page.index("What to do") < page.index("finished steps are not repeated")
    assert "02_sum  not run    a stage it depends on failed" in project.said


def tag_last_cell(project: Project, stage: str, tag: str, code: str) -> None:
    path = project.notebooks / f"{stage}.ipynb"
    notebook = json.loads(path.read_text())
    last = dict(notebook["cells"][-1])
    last |= {"id": "last", "metadata": {"tags": [tag]}, "source": code}
    notebook["cells"].append(last)
    path.write_text(json.dumps(notebook))


def test_ctrl_c_ends_everything_that_runs_and_the_next_run_goes_on(project: Project) -> None:
    for name in ("01_numbers", "03_apart"):
        apart(project, name, "import time\ntime.sleep(600)\n")
    words = [*COMMAND, "xx.yaml", "--data", ".", "--out", "results", "--jobs", "2"]
    process = subprocess.Popen(
        [*words, "--notebooks", "notebooks"],
        cwd=project.folder,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    kernels = wait_for_kernels(project.results, 2)
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert said.startswith("error: stopped.")
    gone = time.monotonic() + 10
    while any(psutil.pid_exists(kernel) for kernel in kernels):
        assert time.monotonic() < gone, "a kernel is left"
        time.sleep(0.1)
    manifest = json.loads((project.results / "manifest.json").read_text())
    stopped = [stage["stage"] for stage in manifest["stages"] if stage["failure"]]
    assert stopped == ["01_numbers", "03_apart"]
    assert not list(project.results.rglob("*being-written*"))


def wait_for_kernels(results: Path, number: int) -> list[int]:
    deadline = time.monotonic() + 120
    while True:
        notes = list((results / ".run" / "kernels").glob("*.json"))
        if len(notes) == number and list((results / "notebooks").glob(".*")):
            return [int(note.stem) for note in notes]
        assert time.monotonic() < deadline, "the notebooks never started"
        time.sleep(0.1)


def countries(project: Project, *names: str) -> list[StudyFiles]:
    studies = []
    for name in names:
        file = project.folder / f"{name}.yaml"
        file.write_text(project.params.read_text())
        studies.append(StudyFiles(file, project.folder, project.folder / "out" / name))
    return studies


def test_one_country_that_fails_stops_no_other(project: Project) -> None:
    code = MEET.format(me="../{me}", other="../{other}")
    meet = (
        "from pathlib import Path\nme = Path.cwd().name\nother = 'b' if me == 'a' else 'a'\n"
        + re.sub(r'"(\.\./\{\w+\}\.here)"', r'f"\1"', code).replace("{{", "{").replace("}}", "}")
    )
    (project.notebooks / "02_sum.ipynb").unlink()
    apart(project, "01_numbers", meet + "assert me != 'a', 'a is unlucky'\n")
    studies = countries(project, "a", "b")
    said: list[tuple[str, str]] = []
    with pytest.raises(RunFailed) as failure:
        run_countries(
            studies, project.notebooks, jobs=2, say=lambda name, line: said.append((name, line))
        )
    (problem,) = failure.value.problems
    assert problem.where == "a" and "a is unlucky" in problem.found
    assert "1 of 2 studies did not finish; the others are done" in failure.value.summary
    assert any(name == "b" and line.startswith("01_numbers  done") for name, line in said)
    assert json.loads((project.folder / "out/b/manifest.json").read_text())["tables"]


def test_the_problems_of_all_countries_are_told_before_anything_runs(project: Project) -> None:
    studies = countries(project, "a", "b")
    for study in studies:
        text = study.params_file.read_text()
        study.params_file.write_text(text.replace("seed: 5", f"sed: {study.name}"))
    same = StudyFiles(project.params, project.folder, studies[0].run_dir)
    with pytest.raises(ParamsError, match="nothing was run") as failure:
        run_countries([*studies, same], project.notebooks, say=lambda *_: None)
    text = str(failure.value)
    assert text.count("sed: is not a known key") == 2
    assert "as " in text and "a.yaml does" in text
    assert not (project.folder / "out").exists()


def test_a_terminal_shows_each_stage_with_its_time(project: Project) -> None:
    (project.notebooks / "02_sum.ipynb").unlink()
    ours, theirs = pty.openpty()
    words = [*COMMAND, "xx.yaml", "--data", ".", "--out", "results", "--notebooks", "notebooks"]
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100", "LINES": "40"}
    process = subprocess.Popen(words, cwd=project.folder, stdout=theirs, env=environment)
    os.close(theirs)
    seen = b""
    while True:
        try:
            read = os.read(ours, 65536)
        except OSError:
            break
        if not read:
            break
        seen += read
    os.close(ours)
    assert process.wait() == 0
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", seen.decode())
    assert re.search(r"01_numbers +running +0:0\d", plain)
    assert re.search(r"01_numbers +done +\d:\d\d +\d+ MiB +never run", plain)
    assert plain.rstrip().endswith("Report: results/report/index.html")


def test_the_engine_takes_its_share_of_the_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    def limits() -> tuple[str, int]:
        with open_engine(EngineChoices(memory_gib=4, threads=4)) as engine:
            sql = "SELECT current_setting('memory_limit') AS m, current_setting('threads') AS t"
            row = engine.query(sql).to_pylist()[0]
        return str(row["m"]), int(row["t"])

    assert limits() == ("4.0 GiB", 4)
    monkeypatch.setenv(JOBS_VARIABLE, "2")
    assert limits() == ("2.0 GiB", 2)
    monkeypatch.setenv(JOBS_VARIABLE, "64")
    assert limits() == ("512.0 MiB", 1)


@pytest.mark.parametrize(
    ("failure", "word"),
    [
        ("cell 3 raised OutOfMemoryException: no", "memory_gib"),
        ("cell 3 raised StoreError: x: could not be written: No space left", "Free space"),
        ("cell 3 raised BinderException: no column", "docs/tables.md"),
        ("cell 3 raised ParamsError: without declaring them", "open_study"),
        ("cell 3 raised ModuleNotFoundError: x", "make env"),
        ("cell 3 raised ZeroDivisionError: x", "make lab"),
        ("the notebook ended without study.finish().", ""),
    ],
)
def test_each_kind_of_failure_has_its_advice(failure: str, word: str) -> None:
    assert word in advise(failure)
    assert bool(advise(failure)) == bool(word)


def test_a_state_is_a_line() -> None:
    assert StageState("02_sum", "done", "", 12.4, 203).line == "02_sum  done in 12 s, 203 MiB"
    failed = StageState("02_sum", "failed", "cell 3 raised\nmuch more")
    assert failed.line == "02_sum  failed     cell 3 raised"
