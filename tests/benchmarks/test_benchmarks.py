"""Benchmarks on a few rows: they run, agree with pandas, go on where they stopped, and say so."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

import benchmarks.awards
import benchmarks.matching
import benchmarks.ocds
from benchmarks.awards import SUBSET, award_key, check_equal, run_awards
from benchmarks.kept import KeptRuns, Run
from benchmarks.matching import matching_key, run_matching
from benchmarks.ocds import read_ocds_runs, run_ocds
from benchmarks.ownership import check_shares, run_ownership
from benchmarks.page import render_ownership, render_page
from benchmarks.peer import find_peer


@pytest.mark.slow
def test_awards_agree_with_pandas_and_are_not_run_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = KeptRuns(tmp_path / "runs.jsonl")
    run_awards(4000, 1, kept)
    found = kept.facts(award_key(4000, "all"))["found"]
    assert isinstance(found, dict) and set(SUBSET) < set(found)
    assert all(set(found[code]) == {"flag", "clear", "not_computable"} for code in SUBSET)
    monkeypatch.setattr(benchmarks.awards, "write_awards", _refuse)
    run_awards(4000, 1, kept)
    page = render_page(kept, [], [4000], "make bench", date(2026, 1, 2))
    assert "2026-01-02" in page and "4,000 awards" in page and "not run" not in page


def test_a_difference_to_pandas_stops_the_benchmark() -> None:
    ours = {code: {"flag": [3, 1.5]} for code in SUBSET}
    check_equal(ours, {code: {"flag": [3, 1.5 + 1e-12]} for code in SUBSET})
    for other in ([4, 1.5], [3, 1.6]):
        with pytest.raises(AssertionError, match="C12"):
            check_equal(ours, {**ours, "C12": {"flag": other}})


@pytest.mark.slow
def test_lines_are_timed_without_the_peer_and_not_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = KeptRuns(tmp_path / "runs.jsonl")
    run_ocds(20, 1, None, kept, None)
    assert [len(one.ours) for one in read_ocds_runs(20, kept)] == [1, 1]
    page = render_page(kept, [20], [], "make bench", date(2026, 1, 2))
    assert "| not run | not run | not run |" in page
    monkeypatch.setattr(benchmarks.ocds, "write_lines", _refuse)
    run_ocds(20, 1, None, kept, None)


def test_ratios_are_taken_turn_by_turn(tmp_path: Path) -> None:
    kept = KeptRuns(tmp_path / "runs.jsonl")
    for turn, (ours, peer) in enumerate([(1.0, 4.0), (3.0, 4.0), (2.0, 4.0)]):
        kept.add("ocds 9 cardinal", turn, Run(ours, ours, 0.5))
        kept.add("ocds 9 peer", turn, Run(peer, peer, 0.1))
    kept.add("ocds 9 cardinal", 3, Run(9.0, 9.0, 0.5))
    (one,) = read_ocds_runs(9, kept)
    assert one.ratios("seconds") == [0.25, 0.5, 0.75]
    assert "0.25 / 0.50 / 0.75" in render_page(kept, [9], [], "make bench", date(2026, 1, 2))
    assert KeptRuns(tmp_path / "runs.jsonl", fresh=True).of("ocds 9 peer") == {}


def test_a_missing_peer_is_said_and_not_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\nexit 1\n")
    python.chmod(0o755)
    assert find_peer(tmp_path / "peer", str(python)) is None
    assert "only our own times are taken" in capsys.readouterr().err


@pytest.mark.slow
def test_matching_is_timed_beside_splink_and_not_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = KeptRuns(tmp_path / "runs.jsonl")
    run_matching(300, 3000, 1, kept)
    facts = kept.facts(matching_key(300, 3000, "ours"))
    assert facts["precision"] >= 0.95 and facts["recall"] >= 0.85
    monkeypatch.setattr(benchmarks.matching, "write_names", _refuse)
    run_matching(300, 3000, 1, kept)
    page = render_page(kept, [], [], "make bench", date(2026, 1, 2), names=(300, 3000))
    assert "300 supplier names, 3,000 company names" in page


def _refuse(*_: object) -> None:
    raise AssertionError("ran again what was kept")


@pytest.mark.slow
def test_owners_agree_with_scipy_and_a_missing_tool_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = KeptRuns(tmp_path / "runs.jsonl")
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\nexit 1\n")
    python.chmod(0o755)
    beside = {"networkx": 500, "scipy": 500}
    run_ownership(1000, beside, 1, kept, str(python))
    assert "No networkx" in capsys.readouterr().err
    page = "\n".join(render_ownership(kept, [1000], beside))
    assert "## Owners of 1,000 companies" in page and "| scipy | 500 | 1 |" in page


def test_owners_that_differ_stop_the_benchmark() -> None:
    found = {"pairs": 7, "sum": 3.5}
    check_shares("scipy", found, {"pairs": 7, "sum": 3.5 + 1e-12})
    for other in ({"pairs": 8, "sum": 3.5}, {"pairs": 7, "sum": 3.6}):
        with pytest.raises(AssertionError, match="scipy"):
            check_shares("scipy", found, other)
