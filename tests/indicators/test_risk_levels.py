"""Components of the Corruption Risk Index with a country's own levels, judged by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from infiltrate.params.facts import RiskLevels

Judge = Callable[..., dict[str, dict[str, Any]]]
CALL = date(2019, 3, 1)
STUDY = {"valid_from": date(2009, 1, 1), "source": "an invented study"}


def levels(component: str, **more: Any) -> dict[str, Any]:
    return {"component": component, **STUDY, **more}


def ranges(*parts: tuple[float, float | None, float]) -> list[dict[str, Any]]:
    return [{"low": low, "high": high, "level": level} for low, high, level in parts]


ITALY = {
    "risk_levels": [
        levels("submission_days", ranges=ranges((42, 101, 0.0), (102, 365, 0.5), (1, 41, 1.0))),
        levels(
            "submission_days",
            stated_in="code",
            ranges=ranges((42, 101, 0.0), (102, 365, 0.5), (1, 41, 1.0)),
            missing_level=1.0,
        ),
        levels(
            "decision_days",
            ranges=ranges((87, 365, 0.0), (44, 86, 0.5), (0, 43, 1.0)),
            missing_level=0.5,
        ),
        levels(
            "procedure",
            procedures={"open": 0.0, "restricted": 0.5, "direct_award": 1.0},
            missing_level=1.0,
        ),
        levels("missing_call", procedures={"competitive_dialogue": 1.0}),
        levels(
            "missing_call",
            stated_in="code",
            procedures={"restricted": 0.5, "direct_award": 1.0},
        ),
    ]
}


def lot(name: str, **more: Any) -> dict[str, Any]:
    return {"tender_id": name, "lot_id": "1", **more}


def open_for(name: str, days: int | None) -> dict[str, Any]:
    deadline = None if days is None else CALL + timedelta(days=days)
    return lot(name, call_published_on=CALL, deadline_on=deadline)


def graded(results: dict[str, dict[str, Any]]) -> dict[str, tuple[str, float | None]]:
    return {name.removesuffix("/1"): (row["state"], row["value"]) for name, row in results.items()}


def test_c40_grades_periods_too_short_and_too_long_at_both_ends_of_each_range(
    judge: Judge,
) -> None:
    lengths = {"one": 1, "41": 41, "42": 42, "101": 101, "102": 102, "365": 365, "366": 366}
    results = judge("C40", ITALY, tenders=[open_for(name, n) for name, n in lengths.items()])
    assert graded(results) == {
        "one": ("flag", 1.0),
        "41": ("flag", 1.0),
        "42": ("clear", 0.0),
        "101": ("clear", 0.0),
        "102": ("flag", 0.5),
        "365": ("flag", 0.5),
        "366": ("not_computable", None),
    }
    assert results["one/1"]["evidence"] == ["tenders:one/1"]
    assert results["366/1"]["detail"] == "period for bids missing"


def test_c40_takes_a_missing_period_as_the_document_or_the_program_does(judge: Judge) -> None:
    tenders = [open_for("Known", 50), open_for("Unknown", None), open_for("Reversed", -3)]
    by_document = judge("C40", ITALY, tenders=tenders)
    assert graded(by_document)["Unknown"] == ("not_computable", None)
    by_code = judge("C40", ITALY, {"stated_in": "code"}, tenders=tenders)
    assert graded(by_code)["Unknown"] == graded(by_code)["Reversed"] == ("flag", 1.0)
    assert by_code["Unknown/1"]["detail"] == "period for bids missing, which counts as risk"
    ignored = judge("C40", ITALY, {"stated_in": "code", "count_missing": False}, tenders=tenders)
    assert graded(ignored)["Unknown"] == ("not_computable", None)
    assert graded(ignored)["Known"] == ("clear", 0.0)


def test_c40_does_not_blame_lots_for_what_their_source_never_publishes(judge: Judge) -> None:
    tenders = [lot("Italian"), lot("Other")]
    results = judge("C40", ITALY, {"stated_in": "code"}, tenders=tenders)
    assert {row["detail"] for row in results.values()} == {
        "the source publishes no period for bids"
    }


def test_c40_flags_from_the_level_that_is_set(judge: Judge) -> None:
    results = judge("C40", ITALY, {"flag_from": 0.6}, tenders=[open_for("Long", 200)])
    assert graded(results) == {"Long": ("clear", 0.5)}


def test_cut_offs_hold_from_their_first_to_their_last_day(judge: Judge) -> None:
    facts = {
        "risk_levels": [
            levels("submission_days", ranges=ranges((1, None, 0.0)))
            | {"valid_to": CALL + timedelta(days=10)},
            levels("submission_days", ranges=ranges((1, None, 1.0)))
            | {"valid_from": CALL + timedelta(days=11), "valid_to": CALL + timedelta(days=20)},
        ]
    }
    tenders = [open_for("Before", 10), open_for("After", 11), open_for("Later", 21)]
    results = judge("C40", facts, tenders=tenders)
    assert graded(results) == {
        "Before": ("clear", 0.0),
        "After": ("flag", 1.0),
        "Later": ("not_computable", None),
    }
    assert results["Later/1"]["detail"] == "no cut-offs for this country and day"


def test_c41_counts_an_award_on_the_day_of_the_deadline_and_a_missing_day(judge: Judge) -> None:
    def decided(name: str, days: int | None) -> dict[str, Any]:
        award = None if days is None else CALL + timedelta(days=days)
        return lot(name, deadline_on=CALL, award_on=award)

    tenders = [decided("Same", 0), decided("43", 43), decided("44", 44), decided("87", 87)]
    tenders += [decided("Unknown", None), decided("Reversed", -1)]
    assert graded(judge("C41", ITALY, tenders=tenders)) == {
        "Same": ("flag", 1.0),
        "43": ("flag", 1.0),
        "44": ("flag", 0.5),
        "87": ("clear", 0.0),
        "Unknown": ("flag", 0.5),
        "Reversed": ("flag", 0.5),
    }


def test_c42_grades_the_procedure_and_a_missing_one(judge: Judge) -> None:
    kinds = ("open", "restricted", "direct_award", "concession")
    tenders = [lot(kind, procedure=kind) for kind in kinds] + [lot("Unknown")]
    assert graded(judge("C42", ITALY, tenders=tenders)) == {
        "open": ("clear", 0.0),
        "restricted": ("flag", 0.5),
        "direct_award": ("flag", 1.0),
        "concession": ("not_computable", None),
        "Unknown": ("flag", 1.0),
    }
    any_else = {"risk_levels": [levels("procedure", procedures={"open": 0.0, "any": 1.0})]}
    results = graded(judge("C42", any_else, tenders=tenders))
    assert (results["open"], results["concession"]) == (("clear", 0.0), ("flag", 1.0))
    assert results["Unknown"] == ("not_computable", None)


def test_c43_reads_document_and_program_which_contradict_each_other(judge: Judge) -> None:
    tenders = [
        lot("Called", call_published_on=CALL, procedure="direct_award"),
        lot("Direct", procedure="direct_award"),
        lot("Dialogue", procedure="competitive_dialogue"),
    ]
    assert graded(judge("C43", ITALY, tenders=tenders)) == {
        "Called": ("clear", 0.0),
        "Direct": ("clear", 0.0),
        "Dialogue": ("flag", 1.0),
    }
    assert graded(judge("C43", ITALY, {"stated_in": "code"}, tenders=tenders)) == {
        "Called": ("clear", 0.0),
        "Direct": ("flag", 1.0),
        "Dialogue": ("clear", 0.0),
    }


@pytest.mark.parametrize("code", ["C40", "C41", "C42", "C43"])
def test_a_country_without_levels_has_none_of_them(judge: Judge, code: str) -> None:
    full = lot("Full", call_published_on=CALL, deadline_on=CALL, award_on=CALL, procedure="open")
    (row,) = judge(code, tenders=[full]).values()
    assert (row["state"], row["value"]) == ("not_computable", None)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"ranges": ranges((1, 10, 1.0), (10, 20, 0.0))}, "overlap"),
        ({"ranges": ranges((1, None, 1.0), (30, None, 0.0))}, "overlap"),
        ({"procedures": {"open": 1.0}}, "graded by ranges"),
        ({}, "graded by ranges"),
    ],
)
def test_levels_that_contradict_themselves_are_refused(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        RiskLevels.model_validate(levels("submission_days", **wrong))
