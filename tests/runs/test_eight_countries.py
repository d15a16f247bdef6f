"""Eight invented countries, run two at a time by one command."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from infiltrate.runs.run import run_study
from infiltrate.synth import simulate_country
from tests.runs.kills import result_files

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-c", "from infiltrate.cli import main; main()", "run"]


@pytest.mark.validate
def test_eight_countries_finish_without_a_clash(tmp_path: Path) -> None:
    text = (ROOT / "params" / "demo.yaml").read_text()
    files = []
    for seed in range(1, 9):
        name = f"land{seed}"
        simulate_country("demo", tmp_path / "data" / name, firms=200, seed=seed)
        files.append(tmp_path / f"{name}.yaml")
        files[-1].write_text(re.sub(r"(?m)^  seed: .*$", f"  seed: {seed}", text))
    words = [*files, "--data", "data", "--out", "results", "--notebooks", ROOT / "notebooks"]
    started = time.monotonic()
    done = subprocess.run(
        [*COMMAND, *map(str, words), "--jobs", "2"],
        cwd=tmp_path,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    print(f"eight countries in {time.monotonic() - started:.0f} s")
    manifests = [
        json.loads((tmp_path / "results" / file.stem / "manifest.json").read_text())
        for file in files
    ]
    assert [manifest["seed"] for manifest in manifests] == list(range(1, 9))
    for manifest in manifests:
        assert all(stage["seconds"] and not stage["failure"] for stage in manifest["stages"])
    running = [line for line in done.stdout.splitlines() if line.endswith("running ...")]
    assert len(running) == sum(len(manifest["stages"]) for manifest in manifests)

    # alone, and with two notebooks at once, a country comes to the same bytes
    alone = tmp_path / "alone"
    notebooks = ROOT / "notebooks"
    run_study(files[0], tmp_path / "data/land1", alone, notebooks, jobs=2, say=lambda line: None)
    beside = result_files(tmp_path / "results" / "land1")
    moved = [name for name, content in result_files(alone).items() if beside[name] != content]
    assert not moved
