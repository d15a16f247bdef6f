"""The benchmark of panel regressions."""

from __future__ import annotations

from pathlib import Path

import pytest

import benchmarks.panel
from benchmarks.kept import KeptRuns, Run
from benchmarks.panel import TOOLS, render_panel, run_panel


@pytest.mark.slow
def test_two_effects_are_timed_beside_linearmodels_and_not_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = KeptRuns(tmp_path / "runs.jsonl")
    run_panel(20_000, 1, kept)
    ours, theirs = (kept.facts(f"panel 20000 {tool}")["facts"] for tool in TOOLS)
    assert ours["estimates"] == pytest.approx(theirs["estimates"], rel=1e-8)
    assert ours["errors"] == pytest.approx(theirs["errors"], rel=1e-6)
    assert ours["estimates"] == pytest.approx([0.1, -0.2, 0.05], abs=0.1)
    monkeypatch.setattr(benchmarks.panel, "keep_program", _refuse)
    run_panel(20_000, 1, kept)
    (section,) = render_panel(20_000, kept)
    assert "20,000 rows" in section.heading
    assert "missed" not in "\n".join(section.lines)


def test_a_missed_goal_is_said(tmp_path: Path) -> None:
    kept = KeptRuns(tmp_path / "runs.jsonl")
    assert render_panel(50, kept) == []
    facts = {"estimates": [1.0], "errors": [0.5], "buyers": 2, "suppliers": 3}
    for tool in TOOLS:
        kept.add(f"panel 50 {tool}", 0, Run(130.0, 100.0, 3.0), {"facts": facts})
    (section,) = render_panel(50, kept)
    assert section.lines[-1].startswith("Ours took 130 s and 3.0 GiB: the goal of 120 s")


def _refuse(*_: object) -> None:
    raise AssertionError("ran again what was kept")
