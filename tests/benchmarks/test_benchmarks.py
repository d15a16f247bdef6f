"""Benchmarks on a few rows: they run, agree with pandas, go on where they stopped, and say so."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import benchmarks.awards
import benchmarks.matching
import benchmarks.network
import benchmarks.ocds
import benchmarks.ranking
from benchmarks.awards import SUBSET, award_key, check_equal, render_awards, run_awards
from benchmarks.kept import KeptRuns, Run
from benchmarks.matching import matching_key, render_matching, run_matching
from benchmarks.network import network_key, render_network, run_network
from benchmarks.ocds import ocds_key, render_ocds, run_ocds
from benchmarks.ownership import check_shares, render_ownership, run_beside, run_ownership
from benchmarks.peer import NETWORKX, find_peer
from benchmarks.programs import run_program
from benchmarks.ranking import render_ranking, run_ranking
from benchmarks.runner import render_runner


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
    (section,) = render_awards([4000], kept)
    assert "4,000 awards" in section.heading
    assert section.lines[-1].startswith("| 1 |") and "not run" not in section.lines[-1]


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
    assert [len(kept.of(ocds_key(20, layout))) for layout in ("cardinal", "parquet")] == [1, 1]
    (section,) = render_ocds([20, 30], kept)
    assert sum("| not run | not run | not run |" in line for line in section.lines) == 2
    monkeypatch.setattr(benchmarks.ocds, "write_lines", _refuse)
    run_ocds(20, 1, None, kept, None)


def test_ratios_are_taken_turn_by_turn(tmp_path: Path) -> None:
    kept = KeptRuns(tmp_path / "runs.jsonl")
    for turn, (ours, peer) in enumerate([(1.0, 4.0), (3.0, 4.0), (2.0, 4.0)]):
        kept.add("ocds 9 cardinal", turn, Run(ours, ours, 0.5))
        kept.add("ocds 9 peer", turn, Run(peer, peer, 0.1))
    kept.add("ocds 9 cardinal", 3, Run(9.0, 9.0, 0.5))
    (section,) = render_ocds([9], kept)
    assert (
        "| 4 | 1.00 / 2.50 / 9.00 | 4.00 / 4.00 / 4.00 | 0.25 / 0.50 / 0.75 |"
        in (section.lines[-1])
    )


def test_kept_runs_are_gone_on_with_and_forgotten_by_part(tmp_path: Path) -> None:
    kept = KeptRuns(tmp_path / "runs.jsonl")
    for key in ("ocds 9 peer", "network 9 all"):
        kept.add(key, 0, Run(1.0, 1.0, 0.5))
    kept.add("ocds 9 peer", 2, Run(1.0, 1.0, 0.5))
    kept.add("ocds 9 peer", 0, Run(7.0, 1.0, 0.5))
    assert kept.of("ocds 9 peer")[0].seconds == 7.0
    assert kept.missing(["ocds 9 peer"], 4) == [1, 3]
    assert kept.missing(["ocds 9 peer", "network 9 all"], 3) == [1, 2]
    assert len(kept.circumstances(["ocds 9 peer"])) == 2
    kept.forget("ocds")
    assert kept.of("ocds 9 peer") == {} and len(kept.of("network 9 all")) == 1


def test_a_program_tells_its_run_or_why_it_failed() -> None:
    told = "import json; print('warm'); print(json.dumps({'run': [1, 2, 3], 'facts': 4}))"
    assert run_program(sys.executable, told) == (Run(1, 2, 3), {"facts": 4})
    with pytest.raises(RuntimeError, match="walks differ"):
        run_program(sys.executable, "raise AssertionError('walks differ')")


def test_a_missing_peer_is_said_and_not_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\nexit 1\n")
    python.chmod(0o755)
    for given in (python, tmp_path / "absent"):
        assert find_peer(NETWORKX, tmp_path, str(given)) is None
        told = capsys.readouterr().err
        assert "only our own times are taken" in told and "--networkx" in told


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
    (section,) = render_matching(300, 3000, kept)
    assert section.heading == "300 supplier names, 3,000 company names"


def test_missed_goals_of_matching_are_said(tmp_path: Path) -> None:
    for precision, recall, said in ((0.99, 0.95, False), (0.972, 0.788, True)):
        kept = KeptRuns(tmp_path / f"{recall}.jsonl")
        for tool in ("ours", "splink"):
            facts = {"precision": precision, "recall": recall}
            kept.add(matching_key(3, 30, tool), 0, Run(1.0, 1.0, 0.5), facts)
        (section,) = render_matching(3, 30, kept)
        text = "\n".join(section.lines)
        assert ("0.972 is below the goal of 0.98 and our recall 0.788 is" in text) == said


def _refuse(*_: object) -> None:
    raise AssertionError("ran again what was kept")


@pytest.mark.slow
def test_owners_agree_with_scipy(tmp_path: Path) -> None:
    kept = KeptRuns(tmp_path / "runs.jsonl")
    run_ownership(1000, kept)
    run_beside("scipy", 500, 1, kept, sys.executable)
    (section,) = render_ownership([1000], {"networkx": 500, "scipy": 500}, kept)
    assert section.heading == "Owners of 1,000 companies"
    assert section.lines[-1].startswith("| scipy | 500 | 1 |")


def test_runs_that_differ_are_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = KeptRuns(tmp_path / "runs.jsonl")
    answers = iter([{"pairs": 7, "sum": 3.5}, {"pairs": 8, "sum": 3.5}])
    monkeypatch.setattr(
        benchmarks.ownership, "run_program", lambda *_: (Run(1, 1, 1), {"facts": next(answers)})
    )
    with pytest.raises(AssertionError, match="scipy"):
        run_beside("scipy", 50, 1, kept, sys.executable)
    assert render_ownership([50], {"scipy": 50}, kept) == []


@pytest.mark.slow
def test_ties_are_timed_and_not_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = KeptRuns(tmp_path / "runs.jsonl")
    run_network(2000, kept)
    assert kept.facts(network_key(2000, "all"))["facts"]["listed"] == 10
    monkeypatch.setattr(benchmarks.network, "write_ties", _refuse)
    run_network(2000, kept)
    (section,) = render_network(2000, 500, kept)
    assert (
        section.heading == "Ties of 2,000 companies" and "10 companies listed" in section.lines[0]
    )
    assert render_network(3000, 500, kept) == []


def test_owners_that_differ_stop_the_benchmark() -> None:
    found = {"pairs": 7, "sum": 3.5}
    check_shares("scipy", found, {"pairs": 7, "sum": 3.5 + 1e-12})
    for other in ({"pairs": 8, "sum": 3.5}, {"pairs": 7, "sum": 3.6}):
        with pytest.raises(AssertionError, match="scipy"):
            check_shares("scipy", found, other)


def test_the_runner_is_shown_beside_papermill(tmp_path: Path) -> None:
    kept = KeptRuns(tmp_path / "runs.jsonl")
    assert render_runner(800, kept) == []
    for way, seconds in {"papermill": 40.0, "run": 44.0, "nothing to do": 2.0}.items():
        kept.add(f"runner 800 {way}", 0, Run(seconds, seconds / 2, 0.5), {"facts": {"stages": 10}})
    (section,) = render_runner(800, kept)
    assert "800 firms, 10 notebooks" in section.lines[0]
    (line,) = [line for line in section.lines if line.startswith("| run |")]
    assert "44.00 / 44.00 / 44.00 | 1.10 / 1.10 / 1.10 | 1.10 / 1.10 / 1.10 | 0.50 GiB" in line
    # a way that was not run is not divided by nothing
    assert section.lines[-1].startswith("| run, 2 jobs | 0 | not run")


@pytest.mark.slow
def test_a_ranking_is_validated_once_under_every_design(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = KeptRuns(tmp_path / "runs.jsonl")
    run_ranking(1500, "logistic", kept)
    monkeypatch.setattr(benchmarks.ranking, "keep_program", _refuse)
    run_ranking(1500, "logistic", kept)
    (section,) = render_ranking(1500, "logistic", kept)
    assert "1,500 firms" in section.heading
    assert "40 features" in section.lines[0] and "isolation forest, logistic" in section.lines[0]
    assert section.lines[-1].endswith("(goal for a million firms: 30 min and 8 GiB).")
    assert render_ranking(1501, "logistic", kept) == []
