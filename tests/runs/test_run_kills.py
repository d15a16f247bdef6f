"""A run that is killed at any moment costs time and nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from infiltrate.runs.kernels import Kernels
from tests.runs.kills import kill_and_finish

SLEEPER = [sys.executable, "-c", "import time; time.sleep(600)"]


def test_the_run_after_a_kill_leaves_what_an_undisturbed_run_leaves(tmp_path: Path) -> None:
    assert len(kill_and_finish(tmp_path, kills=2, seed=4, stages=2)) == 2


@pytest.mark.validate
def test_twenty_kills_at_random_moments(tmp_path: Path) -> None:
    done = kill_and_finish(tmp_path, kills=20, seed=20261122)
    print("\n".join(done))
    assert len(done) == 20


def test_notebooks_that_a_killed_run_left_are_ended_and_nothing_else_is(tmp_path: Path) -> None:
    left, other = (subprocess.Popen(SLEEPER, start_new_session=True) for _ in range(2))
    try:
        Kernels(tmp_path).started(left.pid)
        # the system gave the number of a kernel that ended to another program
        note = {"process": other.pid, "started": psutil.Process(other.pid).create_time() - 60}
        (tmp_path / f"{other.pid}.json").write_text(json.dumps(note))
        (tmp_path / "1.json").write_text("cut off")
        assert Kernels(tmp_path).end_leftovers() == 1
        assert not psutil.pid_exists(left.pid)
        assert other.poll() is None
        assert not list(tmp_path.iterdir())
    finally:
        for process in (left, other):
            process.kill()
            process.wait()


def test_a_kernel_that_starts_while_the_run_stops_is_ended_too(tmp_path: Path) -> None:
    kernels = Kernels(tmp_path)
    kernels.stop()
    late = subprocess.Popen(SLEEPER, start_new_session=True)
    try:
        kernels.started(late.pid)
        assert late.wait(10) != 0
    finally:
        late.kill()
        late.wait()
