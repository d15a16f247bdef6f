"""A function of the package is changed for true, and what moved is given to it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from infiltrate.runs.compare.compare import compare_results
from infiltrate.runs.fingerprints import PACKAGE
from tests.runs.graph import Graph

DRAW = """\
import pandas as pd
value = float(study.rng("a draw").random())
study.publish("apart", pd.DataFrame({"name": ["a"], "value": [value]}), ["name"])
study.finish()
"""
CHANGED = ('f"{self.stage}:{step}"', 'f"{self.stage}/{step}"')
COMMENTED = ('"""Run a query over the declared tables."""', '"""Ask the declared tables."""')


@pytest.mark.validate
def test_a_changed_function_moves_what_calls_it_and_a_changed_comment_nothing(
    tmp_path: Path,
) -> None:
    study = Graph(tmp_path)
    study.stage("04_apart", 'reads=["constants"], writes=["apart"], params=["choices.seed"]', DRAW)
    results = [
        run_with(study, name, *change)
        for name, change in (("before", ("", "")), ("changed", CHANGED), ("commented", COMMENTED))
    ]
    comparison = compare_results(results[0], results[1])
    assert [change.table for change in comparison.tables] == ["apart"]
    assert [str(route) for route in comparison.routes["apart"]] == [
        "study.py: Study.rng → 04_apart"
    ]
    assert len(comparison.causes) == 1

    comparison = compare_results(results[0], results[2])
    (effect,) = comparison.causes
    assert not effect.cause.can_move
    assert (comparison.tables, comparison.verdict) == ((), "identical")


def run_with(study: Graph, name: str, was: str, now: str) -> Path:
    """Run a study with a copy of the package in which one text of study.py is another."""
    source = study.folder / name / "src"
    shutil.copytree(PACKAGE, source / "infiltrate", ignore=shutil.ignore_patterns("__pycache__"))
    code = source / "infiltrate" / "study.py"
    assert was in code.read_text()
    if was:
        code.write_text(code.read_text().replace(was, now))
    words = ["run", study.params, "--data", study.folder, "--notebooks", study.notebooks]
    results = study.folder / name / "results"
    subprocess.run(
        [sys.executable, "-c", "from infiltrate.cli import main; main()", *words, "--out", results],
        check=True,
        env={**os.environ, "PYTHONPATH": str(source)},
        cwd=study.folder,
    )
    return results
