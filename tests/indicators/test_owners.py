"""Indicators of owners where the register names owners and says nothing of their shares."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

Judge = Callable[..., dict[str, dict[str, Any]]]
SINCE = date(2019, 1, 1)
FACTS = {
    "jurisdictions": [
        {
            "country": "HM",
            "listed_as": "fatf_call_for_action",
            "valid_from": SINCE,
            "source": "an invented list",
        }
    ]
}
COMPANIES = [{"company_id": name} for name in "ABCDE"]


def named(owner: str, kind: str, company: str, **more: Any) -> dict[str, Any]:
    ends = {"owner_id": owner, "owner_kind": kind, "company_id": company}
    return {**ends, "interest": "shares", "valid_from": SINCE, **more}


NAMES = [
    named("p1", "natural_person", "A", owner_country="XX"),
    named("p2", "natural_person", "B", owner_country="BV"),
    named("C", "company", "D", owner_country="XX"),
    named("D", "company", "C", owner_country="XX"),
    named("T", "trust", "C", owner_country="HM"),
]
"""A and B belong to persons; C and D own each other and a trust is above both; of E none is."""


@pytest.mark.parametrize(
    ("code", "settings", "values"),
    [
        # above C stand D and T, above D stand C and T
        ("F12", {}, {"A": 1.0, "B": 1.0, "C": 2.0, "D": 2.0}),
        ("F15", {}, {"A": 0.0, "B": 0.0, "C": 1.0, "D": 1.0}),
        ("F16", {}, {"A": 0.0, "B": 0.0, "C": 1.0, "D": 1.0}),
        ("F17", {"many": 1}, {"A": 0.0, "B": 1.0, "C": 1.0, "D": 1.0}),
    ],
)
def test_names_of_owners_are_enough(
    judge: Judge, code: str, settings: dict[str, Any], values: dict[str, float]
) -> None:
    results = judge(code, FACTS, settings, companies=COMPANIES, ownership=NAMES)
    assert results.pop("E")["detail"] == "no owner on record"
    assert {unit: row["value"] for unit, row in results.items()} == values
    above = {unit for unit, value in values.items() if value >= results[unit]["threshold"]}
    assert {unit for unit, row in results.items() if row["state"] == "flag"} == above


def test_depth_needs_no_shares(judge: Judge) -> None:
    chain = [named(*ends) for ends in (("X", "company", "D"), ("p4", "natural_person", "X"))]
    alone = [named(f"p{name}", "natural_person", name) for name in "ABC"]
    results = judge("F11", settings={"least": 4}, companies=COMPANIES, ownership=chain + alone)
    assert results.pop("E")["detail"] == "no owner on record"
    # owners + levels: 1 + 1 thrice and 2 + 2; the mean deviation from the median is 2 / 4
    assert {unit: row["value"] for unit, row in results.items()} == {
        **dict.fromkeys("ABC", 0.0),
        "D": pytest.approx(2 / (1.2533 * 0.5)),
    }


@pytest.mark.parametrize("code", ["F13", "F14"])
def test_who_benefits_needs_shares_or_a_declaration(judge: Judge, code: str) -> None:
    declared = named("p3", "natural_person", "D", interest="influence")
    sized = named("p2", "natural_person", "B", share_low=0.3, share_high=0.5)
    register = [row for row in NAMES if row["company_id"] != "B"] + [declared, sized]
    results = judge(code, companies=COMPANIES, ownership=register)
    assert {unit: row["detail"] for unit, row in results.items() if row["value"] is None} == {
        **dict.fromkeys("AC", "no share on record"),
        "E": "no owner on record",
    }
    assert {results[unit]["state"] for unit in "BD"} == {"clear"}


def test_a_share_of_nothing_closes_no_circle(judge: Judge) -> None:
    circle = [
        named("A", "company", "B", share_low=0.5, share_high=0.5),
        named("B", "company", "A", share_low=0.0, share_high=0.0),
        named("p1", "natural_person", "A", share_low=0.5, share_high=0.5),
    ]
    results = judge("F12", companies=COMPANIES[:2], ownership=circle)
    assert {unit: row["value"] for unit, row in results.items()} == {"A": 1.0, "B": 1.0}


def test_an_owner_of_two_kinds_is_of_neither_whatever_the_names(judge: Judge) -> None:
    for trust, person in ("AB", "BA"):
        stakes = [
            named("X", "trust", trust, share_low=1.0, share_high=1.0),
            named("X", "natural_person", person, share_low=1.0, share_high=1.0),
        ]
        results = judge("F15", companies=COMPANIES[:2], ownership=stakes)
        assert {row["detail"] for row in results.values()} == {"kind of an owner not recorded"}
