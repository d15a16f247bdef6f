"""Indicators of lots on lots small enough to judge by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

Judge = Callable[..., dict[str, dict[str, Any]]]
OPEN = {"lot_id": "1", "procedure": "open"}


def states(results: dict[str, dict[str, Any]]) -> dict[str, str]:
    return {entity.split("/")[0]: row["state"] for entity, row in results.items()}


def values(results: dict[str, dict[str, Any]]) -> dict[str, float | None]:
    return {entity.split("/")[0]: row["value"] for entity, row in results.items()}


def bid(tender: str, company: str, **more: Any) -> dict[str, Any]:
    return {"tender_id": tender, "lot_id": "1", "company_id": company, **more}


def test_c01_flags_one_recorded_bid_on_a_competitive_procedure(judge: Judge) -> None:
    results = judge(
        "C01",
        tenders=[
            {**OPEN, "tender_id": "Flagged", "bids_recorded": 1},
            {**OPEN, "tender_id": "Clear", "bids_recorded": 2},
            {**OPEN, "tender_id": "Unknown"},
            {**OPEN, "tender_id": "NoBid", "bids_recorded": 0},
            {**OPEN, "tender_id": "Cancelled", "bids_recorded": 1, "is_cancelled": True},
            {**OPEN, "tender_id": "Direct", "bids_recorded": 1, "procedure": "direct_award"},
            {"tender_id": "NoProcedure", "lot_id": "1", "bids_recorded": 1},
        ],
    )
    assert states(results) == {
        "Flagged": "flag",
        "Clear": "clear",
        "Unknown": "not_computable",
        "NoBid": "not_computable",
        "Cancelled": "not_computable",
        "Direct": "not_computable",
        "NoProcedure": "not_computable",
    }
    assert results["Flagged/1"]["evidence"] == ["tenders:Flagged/1"]
    assert results["Unknown/1"]["detail"] == "number of bids not recorded"
    assert results["NoProcedure/1"]["value"] is None


def test_c01_counts_valid_bids_and_a_consortium_once(judge: Judge) -> None:
    results = judge(
        "C01",
        tenders=[{**OPEN, "tender_id": name} for name in ("Flagged", "Clear", "Consortium")],
        bids=[
            bid("Flagged", "Winner", status="valid", is_winner=True),
            bid("Flagged", "Loser", status="disqualified", is_winner=False),
            bid("Flagged", "Gone", status="withdrawn", is_winner=False),
            bid("Clear", "Winner", is_winner=True),
            bid("Clear", "Loser", is_winner=False),
            bid("Consortium", "Both", status="valid", is_winner=True),
        ],
        consortia=[
            {"consortium_id": "Both", "company_id": "One"},
            {"consortium_id": "Both", "company_id": "Two"},
        ],
    )
    assert states(results) == {"Flagged": "flag", "Clear": "clear", "Consortium": "flag"}
    assert results["Flagged/1"]["evidence"] == ["bids:Flagged/1/Winner", "tenders:Flagged/1"]
    assert results["Flagged/1"]["company_id"] == "Winner"


def test_c01_never_takes_a_list_of_winners_for_a_list_of_bids(judge: Judge) -> None:
    results = judge(
        "C01",
        tenders=[{**OPEN, "tender_id": "OnlyWinners"}],
        bids=[bid("OnlyWinners", "Winner", is_winner=True)],
    )
    assert states(results) == {"OnlyWinners": "not_computable"}


def test_c01_competitive_procedures_are_a_setting(judge: Judge) -> None:
    lot = {"tender_id": "Direct", "lot_id": "1", "procedure": "direct_award", "bids_recorded": 1}
    results = judge("C01", settings={"competitive": "direct_award, open"}, tenders=[lot])
    assert states(results) == {"Direct": "flag"}


def test_c02_flags_a_late_call_and_a_procedure_without_one(judge: Judge) -> None:
    award = {"lot_id": "1", "award_on": date(2020, 3, 1)}
    results = judge(
        "C02",
        tenders=[
            {**award, "tender_id": "Late", "call_published_on": date(2020, 3, 2)},
            {**award, "tender_id": "SameDay", "call_published_on": date(2020, 3, 1)},
            {**award, "tender_id": "NoCall", "procedure": "direct_award"},
            {**award, "tender_id": "Unknown", "procedure": "open"},
            {**award, "tender_id": "Empty"},
            {
                "tender_id": "NotYetAwarded",
                "lot_id": "1",
                "call_published_on": date(2020, 3, 1),
            },
        ],
    )
    assert states(results) == {
        "Late": "flag",
        "SameDay": "clear",
        "NoCall": "flag",
        "Unknown": "not_computable",
        "Empty": "not_computable",
        "NotYetAwarded": "clear",
    }


def test_c03_grades_procedures(judge: Judge) -> None:
    names = {
        "Flagged": "direct_award",
        "Half": "restricted",
        "Clear": "open",
        "Unknown": None,
        "Other": "other",
    }
    results = judge(
        "C03",
        tenders=[{"tender_id": k, "lot_id": "1", "procedure": v} for k, v in names.items()],
    )
    assert values(results) == {
        "Flagged": 1.0,
        "Half": 0.5,
        "Clear": 0.0,
        "Unknown": None,
        "Other": None,
    }
    assert states(results)["Half"] == "clear"
    assert states(results)["Other"] == "not_computable"


def test_c04_counts_days_and_never_takes_missing_for_zero(judge: Judge) -> None:
    call = {"lot_id": "1", "call_published_on": date(2020, 2, 20)}
    results = judge(
        "C04",
        tenders=[
            {**call, "tender_id": "Flagged", "deadline_on": date(2020, 3, 5)},  # leap year: 14
            {**call, "tender_id": "Clear", "deadline_on": date(2020, 3, 6)},
            {**call, "tender_id": "Zero", "deadline_on": date(2020, 2, 20)},
            {**call, "tender_id": "Reversed", "deadline_on": date(2020, 2, 19)},
            {**call, "tender_id": "Year", "deadline_on": date(2021, 2, 19)},
            {**call, "tender_id": "TooLong", "deadline_on": date(2021, 2, 20)},
            {**call, "tender_id": "NoDeadline"},
            {"tender_id": "NoCall", "lot_id": "1", "deadline_on": date(2020, 3, 5)},
        ],
    )
    assert values(results) == {
        "Flagged": 14.0,
        "Clear": 15.0,
        "Zero": None,
        "Reversed": None,
        "Year": 365.0,
        "TooLong": None,
        "NoDeadline": None,
        "NoCall": None,
    }
    assert [name for name, state in states(results).items() if state == "flag"] == ["Flagged"]
    assert results["NoDeadline/1"]["detail"] == "deadline not recorded"
    assert results["Zero/1"]["detail"] == "deadline not after the call"
    assert results["Flagged/1"]["threshold"] == 14.0


def test_c05_takes_an_award_on_the_deadline_as_zero_days(judge: Judge) -> None:
    deadline = {"lot_id": "1", "deadline_on": date(2020, 3, 1)}
    results = judge(
        "C05",
        settings={"short_days": 5},
        tenders=[
            {**deadline, "tender_id": "SameDay", "award_on": date(2020, 3, 1)},
            {**deadline, "tender_id": "Flagged", "award_on": date(2020, 3, 6)},
            {**deadline, "tender_id": "Clear", "award_on": date(2020, 3, 7)},
            {**deadline, "tender_id": "Before", "award_on": date(2020, 2, 28)},
            {**deadline, "tender_id": "Unknown"},
        ],
    )
    assert values(results) == {
        "SameDay": 0.0,
        "Flagged": 5.0,
        "Clear": 6.0,
        "Before": None,
        "Unknown": None,
    }
    flagged = {name for name, state in states(results).items() if state == "flag"}
    assert flagged == {"SameDay", "Flagged"}


def test_c33_counts_only_fields_that_the_source_publishes(judge: Judge) -> None:
    full = {"lot_id": "1", "title": "Works", "category": "works", "procedure": "open"}
    five = {**full, "award_on": date(2020, 3, 1), "criteria": "price"}
    results = judge(
        "C33",
        tenders=[
            {**five, "tender_id": "Clear"},
            {**five, "tender_id": "Edge", "title": None, "criteria": None},
            {**five, "tender_id": "OneGap", "title": None},
            {**five, "tender_id": "Cancelled", "is_cancelled": True},
            {"tender_id": "Poor", "lot_id": "1", "title": "Works", "source_id": "poor_source"},
        ],
    )
    assert values(results) == {
        "Clear": 0.0,
        "Edge": 0.4,
        "OneGap": 0.2,
        "Cancelled": None,
        "Poor": None,
    }
    assert states(results)["Edge"] == "flag"
    assert states(results)["OneGap"] == "clear"
    assert results["Poor/1"]["detail"] == "the source publishes too few fields"


def test_c33_weighs_ten_fields_alike(judge: Judge) -> None:
    full = {
        "title": "Works",
        "product_code": "45",
        "category": "works",
        "procedure": "open",
        "call_published_on": date(2020, 1, 1),
        "deadline_on": date(2020, 2, 1),
        "award_on": date(2020, 3, 1),
        "estimated_value": Decimal(10),
        "criteria": "price",
        "area_id": "area",
    }
    lots = [{**full, field: None, "tender_id": field, "lot_id": "1"} for field in full]
    results = judge("C33", tenders=lots)
    assert values(results) == dict.fromkeys(full, 0.1)
