"""A finished study is run again in a clean folder and comes out the same, or it is said why not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from infiltrate.cli import app
from infiltrate.errors import CompareFailed, SourceError, StoreError
from infiltrate.runs.verify import verify_results
from tests.runs.graph import FLAGS, Graph


def test_a_finished_study_comes_out_the_same_with_the_parameters_it_was_run_with(
    threshold: Graph, tmp_path: Path
) -> None:
    before = {p: p.stat().st_mtime_ns for p in threshold.results.rglob("*") if p.is_file()}
    words = ["verify", str(threshold.results), "--data", str(threshold.folder)]
    words += ["--notebooks", str(threshold.notebooks), "--keep", str(tmp_path / "again")]
    answer = CliRunner().invoke(app, words)
    assert answer.exit_code == 0, answer.output
    assert "are identical" in answer.stdout
    assert "running" not in answer.stdout, "progress and answer are kept apart"
    assert (tmp_path / "again" / "results" / "manifest.json").exists()
    assert before == {p: p.stat().st_mtime_ns for p in threshold.results.rglob("*") if p.is_file()}


def test_what_moved_is_named_and_is_a_failure(second: Graph, tmp_path: Path) -> None:
    second.flag_stage(FLAGS.replace(">= least", "> least"))
    second.raw.write_text(second.raw.read_text().replace("F13,13\n", "F13,3\n"))
    words = ["verify", str(second.results), "--data", str(second.folder), "--format", "json"]
    words += ["--notebooks", str(second.notebooks), "--out", str(tmp_path / "verify.json")]
    answer = CliRunner().invoke(app, words)
    assert isinstance(answer.exception, CompareFailed)
    assert "raw.csv: is not the file that the results were made from" in answer.stderr
    told = json.loads((tmp_path / "verify.json").read_text())
    causes = [route["cause"]["what"] for route in told["routes"]["estimates"]]
    assert causes == ["notebook 02_flags: code cell 3", "raw file raw.csv"]
    causes = [route["cause"]["what"] for route in told["routes"]["numbers"]]
    assert causes == ["raw file raw.csv"]
    assert {table["table"] for table in told["tables"]} == {
        "numbers",
        "firm_indicators",
        "estimates",
    }


def test_what_cannot_be_verified_is_refused_before_anything_runs(
    first: Graph, second: Graph, tmp_path: Path
) -> None:
    with pytest.raises(SourceError, match="1 of 1 raw files") as missing:
        verify_results(first.results, [tmp_path], first.notebooks)
    assert "raw.csv" in str(missing.value)
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "mine.txt").write_text("a note")
    with pytest.raises(StoreError, match="not empty"):
        verify_results(first.results, [first.folder], first.notebooks, keep=tmp_path / "kept")
    (second.results / "estimates.csv").write_text("another")
    with pytest.raises(StoreError, match="changed since the run"):
        verify_results(second.results, [second.folder], second.notebooks)
