"""A run does what is stale, says why, keeps what was finished, and never claims more."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from filelock import FileLock

from infiltrate.errors import ParamsError, RunFailed, RunLocked
from tests.runs.project import FIRST, PARAMS, SECOND, Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def test_a_second_run_does_nothing_and_a_changed_choice_reruns_only_what_reads_it(
    project: Project,
) -> None:
    assert project.run().ran == ("01_numbers", "02_sum")
    assert "never run" in project.said
    assert project.estimates == "estimand,value\nsum,19.0\n"
    manifest = json.loads((project.results / "manifest.json").read_text())
    assert manifest["tables"] == {"numbers": 2, "estimates": 1}
    assert manifest["warnings"] == ["two numbers only"]

    assert project.run().ran == ()
    assert "Nothing to do" in project.said

    explained = project.run("choices.risk.quarantine_months=6", explain=True)
    assert explained.ran == ()
    assert "02_sum  will run   changed: choices.risk" in project.said

    assert project.run("choices.risk.quarantine_months=6").ran == ("02_sum",)
    assert project.estimates == "estimand,value\nsum,13.0\n"


def test_a_result_that_was_deleted_is_made_again(project: Project) -> None:
    project.run()
    (project.results / "tables" / "numbers.parquet").unlink()
    assert project.run().ran == ("01_numbers",)
    assert "missing: tables/numbers.parquet" in project.said


def test_a_notebook_that_raises_stops_only_what_depends_on_it(project: Project) -> None:
    project.stage("03_apart", 'writes=["apart"]', FIRST.replace("numbers", "apart"))
    project.stage(
        "02_sum",
        'reads=["numbers"], writes=["estimates"], params=["choices.risk"]',
        "raise RuntimeError('the sum is unlucky')",
    )
    with pytest.raises(RunFailed, match="the sum is unlucky") as failure:
        project.run()
    assert "give the same command again" in str(failure.value)
    assert (project.results / "stages" / "01_numbers.json").exists()
    assert (project.results / "stages" / "03_apart.json").exists()
    assert not (project.results / "notebooks" / "02_sum.ipynb").exists()
    page = (project.results / "report" / "02_sum.html").read_text()
    assert "the sum is unlucky" in page

    project.stage(
        "02_sum", 'reads=["numbers"], writes=["estimates"], params=["choices.risk"]', SECOND
    )
    assert project.run().ran == ("02_sum",)


def test_a_killed_kernel_is_a_failure(project: Project) -> None:
    suicide = "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"
    project.stage("01_numbers", 'writes=["numbers"]', suicide)
    with pytest.raises(RunFailed, match="kernel stopped"):
        project.run()
    assert not (project.results / "notebooks" / "01_numbers.ipynb").exists()
    assert not (project.results / "stages" / "01_numbers.json").exists()


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("pass", "without study.finish"),
        ("study.finish()", "without writing numbers"),
        ("study.publish('others', None)", "writes numbers"),
        ("study.params.choices.risk.quarantine_months", "declaring them"),
    ],
)
def test_a_stage_that_does_not_keep_its_word_fails(project: Project, code: str, words: str) -> None:
    project.stage("01_numbers", 'writes=["numbers"]', code)
    with pytest.raises(RunFailed, match=words):
        project.run()


def test_two_runs_on_one_folder_do_not_mix(project: Project) -> None:
    (project.results / ".run").mkdir(parents=True)
    lock = FileLock(project.results / ".run" / "lock")
    refused: list[Exception] = []

    def second() -> None:
        try:
            project.run()
        except RunLocked as error:
            refused.append(error)

    with lock:
        thread = threading.Thread(target=second)
        thread.start()
        thread.join()
    assert "is writing to this folder" in str(refused[0])
    assert not (project.results / "stages").exists()


def test_a_run_that_was_killed_goes_on_where_it_was(project: Project) -> None:
    project.stage(
        "02_sum",
        'reads=["numbers"], writes=["estimates"], params=["choices.risk"]',
        "import time\ntime.sleep(600)",
    )
    program = (
        "import sys; from pathlib import Path; from infiltrate.runs.run import run_study\n"
        "p = Path(sys.argv[1])\n"
        "run_study(p / 'xx.yaml', p, p / 'results', p / 'notebooks')"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(project.folder)], start_new_session=True
    )
    deadline = time.monotonic() + 120
    while not list((project.results / "notebooks").glob(".02_sum*")):
        assert time.monotonic() < deadline, "the second stage never started"
        assert process.poll() is None, "the run ended by itself"
        time.sleep(0.2)
    os.killpg(process.pid, 9)
    process.wait()
    project.stage(
        "02_sum", 'reads=["numbers"], writes=["estimates"], params=["choices.risk"]', SECOND
    )
    assert project.run().ran == ("02_sum",)
    assert not list(project.results.rglob("*being-written*"))


def test_wrong_parameters_stop_the_run_before_it_touches_anything(project: Project) -> None:
    project.params.write_text(PARAMS.replace("quarantine_months", "quarantene_months"))
    with pytest.raises(ParamsError, match="quarantine_months"):
        project.run()
    assert not project.results.exists()
