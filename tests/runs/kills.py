"""A study of a few notebooks, killed in the middle of a run and finished by the next."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from tests.runs.project import Project

NUMBERS = """\
import numpy as np, pandas as pd
values = study.rng("values").integers(0, 2**62, 60_000)
study.publish("numbers", pd.DataFrame({"key": range(60_000), "value": values}), ["key"])
study.warn(f"the first is {values[0]}")
study.finish()
"""
LARGEST = """\
import pandas as pd
largest = study.frame("SELECT key, value FROM numbers ORDER BY value DESC LIMIT 20000")
study.publish("largest", largest, ["key"])
study.finish()
"""
SUM = """\
import pandas as pd
months = study.params.choices.risk.quarantine_months
total = study.frame("SELECT sum(value) AS total FROM {table}").total[0] + months
study.publish(
    "{writes}", pd.DataFrame({{"estimand": ["sum"], "value": [float(total)]}}), ["estimand"]
)
study.finish()
"""
PROGRAM = """\
import sys
from pathlib import Path
from infiltrate.runs.run import run_study
folder = Path(sys.argv[1])
run_study(folder / "xx.yaml", folder, folder / "results", folder / "notebooks",
          overrides=["choices.seed=" + sys.argv[2]], jobs=2)
"""
WAYS = ("the runner alone", "everything", "a kernel", "politely")
Files = dict[str, bytes]


def make_study(folder: Path, stages: int = 4) -> Project:
    """Chains of notebooks that can run side by side, and a table that takes time to write."""
    folder.mkdir()
    project = Project(folder)
    risk = 'params=["choices.risk"]'
    project.stage("01_numbers", 'writes=["numbers"], params=["choices.seed"]', NUMBERS)
    project.stage(
        "02_sum",
        f'reads=["numbers"], writes=["estimates"], {risk}',
        SUM.format(table="numbers", writes="estimates"),
    )
    if stages == 2:
        return project
    project.stage("03_largest", 'reads=["numbers"], writes=["largest"]', LARGEST)
    project.stage(
        "04_top",
        f'reads=["largest"], writes=["top"], {risk}',
        SUM.format(table="largest", writes="top"),
    )
    return project


def start(project: Project, seed: int) -> subprocess.Popen[bytes]:
    """Start a run in a process group of its own."""
    words = [sys.executable, "-c", PROGRAM, str(project.folder), str(seed)]
    return subprocess.Popen(
        words,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def kill(project: Project, process: subprocess.Popen[bytes], way: str) -> bool:
    """Kill a run in one of the `WAYS`; say whether there was still something to kill."""
    if process.poll() is not None:
        return False
    if way == "the runner alone":
        process.kill()
    elif way == "everything":
        for kernel in _kernels(project):
            _kill_group(kernel)
        os.killpg(process.pid, signal.SIGKILL)
    elif way == "a kernel":
        kernels = _kernels(project)
        if not kernels:
            process.kill()
        for kernel in kernels[:1]:
            _kill_group(kernel)
    else:
        process.terminate()
    process.wait(120)
    return True


def _kernels(project: Project) -> list[int]:
    notes = sorted((project.results / ".run" / "kernels").glob("*.json"))
    return [json.loads(text)["process"] for note in notes if (text := note.read_text())]


def _kill_group(process: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process, signal.SIGKILL)


_WITH_TIMES = {"manifest.json", "ro-crate-metadata.json"}


def result_files(folder: Path) -> Files:
    """Everything a run leaves but times: tables, records, notebooks, pages."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".run" not in path.parts and path.name not in _WITH_TIMES
    }


def assert_whole(folder: Path) -> None:
    """Whatever stands under its name after a kill can be read from the first byte to the last."""
    for path in folder.glob("tables/*.parquet"):
        assert not path.name.startswith(".") or "being-written" in path.name
        if not path.name.startswith("."):
            pq.read_table(path)
    for path in [*folder.glob("stages/[0-9]*.json"), *folder.glob("*.json")]:
        json.loads(path.read_text())
    for path in folder.glob("notebooks/[0-9]*.ipynb"):
        json.loads(path.read_text())
    for path in folder.glob("report/[0-9]*.html"):
        assert path.read_text().rstrip().endswith("</html>")


def kill_and_finish(folder: Path, kills: int, seed: int, stages: int = 4) -> list[str]:
    """Kill runs of a study at random moments; each time the next run must put all right.

    The seed of the study changes from kill to kill, so that what a killed run leaves is a mixture
    of two results. Returns what was killed and when.
    """
    generator = np.random.default_rng(seed)
    undisturbed = []
    for number in (1, 2):
        project = make_study(folder / f"undisturbed_{number}", stages)
        started = time.monotonic()
        assert start(project, number).wait(600) == 0
        seconds = time.monotonic() - started
        undisturbed.append(result_files(project.results))
    assert undisturbed[0]["estimates.csv"] != undisturbed[1]["estimates.csv"]

    project = make_study(folder / "killed", stages)
    done: list[str] = []
    while len(done) < kills:
        turn = len(done)
        delay = float(generator.uniform(0, seconds))
        process = start(project, turn % 2 + 1)
        time.sleep(delay)
        if not kill(project, process, WAYS[turn % len(WAYS)]):
            # the machine was faster than before: this run ended undisturbed
            seconds *= 0.9
            (project.results / "manifest.json").unlink()
            continue
        assert_whole(project.results)
        assert start(project, turn % 2 + 1).wait(600) == 0, (turn, delay)
        left = result_files(project.results)
        assert left.keys() == undisturbed[turn % 2].keys(), (turn, delay)
        moved = [name for name in left if left[name] != undisturbed[turn % 2][name]]
        assert not moved, (turn, delay, moved)
        assert (project.results / "manifest.json").exists()
        done.append(f"{WAYS[turn % len(WAYS)]} after {delay:.1f} s")
    return done
