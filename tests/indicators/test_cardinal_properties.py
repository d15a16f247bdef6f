"""Red flags do not depend on the order of lines, nor one process's on another's."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from infiltrate.indicators.red_flags.catalogue import (
    last_reader,
    load_red_flags,
    load_shared_relations,
    relations_needed,
)
from tests.indicators.ocds_files import Judged, award, bid, judge, process

EVERY: dict[str, dict[str, Any]] = {code: {} for code in load_red_flags()}
FIXED = {
    **EVERY,
    "R024": {"threshold": 0.02},
    "R025": {"threshold": 0.2, "percentile": 0},
    "R038": {"threshold": 0.5},
    "R048": {"threshold": 3, "minimum_contracting_processes": 1},
    "R058": {"threshold": 0.5},
}


def invent(seed: int, number: int, firms: str = "F") -> list[dict[str, Any]]:
    """Invent processes with every kind of bid and award."""
    draw = random.Random(seed)
    releases = []
    for index in range(number):
        names = draw.sample([f"{firms}{firm}" for firm in range(12)], draw.randint(1, 6))
        bids = [
            bid(
                name if draw.random() < 0.9 else [name, f"{firms}12"],
                round(100 * draw.choice([1, 1.01, 1.2, 2]), 2) if draw.random() < 0.95 else None,
                draw.choice(["valid", "valid", "valid", "disqualified", "withdrawn", "odd"]),
                draw.choice(["EUR"] * 9 + ["USD"]),
                draw.choice(["2024-01-10T10:00:00Z", "2024-01-12T10:00:00+01:00", None]),
            )
            for name in names
        ]
        awards = [award(names[0], codes=[f"{draw.randint(10, 14)}00"])]
        if draw.random() < 0.1:
            awards.append(award(names[-1], status=draw.choice(["active", "pending", "cancelled"])))
        releases.append(
            process(
                f"{firms}-{index:03}",
                bids,
                awards,
                buyer=f"{firms}-B{draw.randint(0, 3)}",
                status=draw.choice(["complete"] * 9 + ["cancelled"]),
                procurementMethod=draw.choice(["open", "selective", "direct"]),
                numberOfTenderers=draw.choice([len(names), None]),
                tenderPeriod={
                    "startDate": draw.choice(["2024-01-01T00:00:00Z", "2023-12-01", None]),
                    "endDate": draw.choice(["2024-01-11T12:00:00Z", "2024-01-11"]),
                },
                procuringEntity={"id": f"{firms}-P{draw.randint(0, 3)}"},
            )
        )
    return releases


def states(judged: Judged) -> dict[Any, Any]:
    return {unit: (row["state"], row["value"], row["detail"]) for unit, row in judged.items()}


@pytest.mark.parametrize("cardinal", [False, True])
def test_the_order_of_lines_changes_nothing(cardinal: bool, tmp_path: Path) -> None:
    releases = invent(1, 60)
    settings = {"currency": "EUR", **EVERY}
    first = judge(tmp_path, releases, settings, cardinal)
    assert {row["state"] for row in first.values()} == {"flag", "clear", "not_computable"}
    for seed in (2, 3):
        shuffled = releases[:]
        random.Random(seed).shuffle(shuffled)
        assert judge(tmp_path, shuffled, settings, cardinal) == first


def test_the_order_of_bids_changes_nothing(tmp_path: Path) -> None:
    releases = invent(4, 60)
    first = states(judge(tmp_path, releases, EVERY))
    turned = [
        {**release, "bids": {"details": release["bids"]["details"][::-1]}} for release in releases
    ]
    second = states(judge(tmp_path, turned, EVERY))
    differing = {unit for unit in first if first[unit] != second[unit]}
    # of runners-up with one price the first in the list is named
    assert {unit for unit in differing if unit[:2] != ("R024", "tenderer")} == set()


def test_other_processes_change_no_flag_when_thresholds_are_set(tmp_path: Path) -> None:
    releases, others = invent(5, 50), invent(6, 40, firms="G")
    alone = states(judge(tmp_path, releases, FIXED))
    together = states(judge(tmp_path, [*others, *releases], FIXED))
    assert {unit: together[unit] for unit in alone} == alone


def test_other_processes_move_only_the_fences_of_the_data(tmp_path: Path) -> None:
    releases, others = invent(7, 50), invent(8, 40, firms="G")
    alone = states(judge(tmp_path, releases, EVERY))
    together = states(judge(tmp_path, [*others, *releases], EVERY))
    moved = {unit[0] for unit, state in alone.items() if together[unit] != state}
    driven = {code for code, flag in load_red_flags().items() if flag.fences}
    assert driven == {"R024", "R025", "R038", "R048", "R058"}
    assert moved <= driven


def test_new_names_for_firms_change_only_names(tmp_path: Path) -> None:
    first = judge(tmp_path, invent(9, 50, firms="A"), FIXED)
    second = judge(tmp_path, invent(9, 50, firms="Z"), FIXED)
    renamed = {
        (code, level, unit.replace("Z", "A")): row for (code, level, unit), row in second.items()
    }
    assert states(renamed) == states(first)


def test_each_unit_has_evidence_and_a_reason(tmp_path: Path) -> None:
    judged = judge(tmp_path, invent(10, 80), EVERY)
    codes: Sequence[str] = sorted({unit[0] for unit in judged})
    assert codes == sorted(EVERY)
    for row in judged.values():
        assert row["detail"]
        assert row["evidence"] and row["evidence"] == sorted(row["evidence"])
        if row["state"] == "flag":
            assert row["value"] is not None and row["threshold"] is not None


def test_the_source_is_read_before_anything_is_made_of_it_alone() -> None:
    source, order = relations_needed(load_red_flags())
    shared = load_shared_relations()
    reads = [bool(set(source) & set(shared[name].needs)) for name in order]
    assert reads == sorted(reads, reverse=True)
    made: set[str] = set()
    for name in order:
        assert set(shared[name].needs) <= made | set(source) | {"measured"}, name
        made.add(name)
    assert last_reader(load_red_flags()) == order[sum(reads) - 1]
    for code in load_red_flags():
        source, order = relations_needed([code])
        assert last_reader([code]) in order
