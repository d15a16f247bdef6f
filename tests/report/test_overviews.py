"""Overviews: one row per thing, names for codes, and what is closed stays closed."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from infiltrate.params.study import StudyParams
from infiltrate.report import overviews
from infiltrate.report.labels import area_names, metric_label, name_features, plain_code
from infiltrate.report.wording import count, interval, percent

NAN = float("nan")
AREAS = pd.DataFrame(
    {
        "area_id": ["X-1", "X-2", "X-3"],
        "name": ["MADRE DE DIOS", "Piura", "PIURA"],
    }
)


@pytest.fixture
def params() -> StudyParams:
    shared = {"authority": "Office", "legal_basis": "Act 1", "source": "Act 1", "status": "seen"}
    return StudyParams.model_validate(
        {
            "country": "XX",
            "title": "An invented country",
            "currency": "XXX",
            "lists": [
                {"id": "tax", "title": "Tax black list", "nature": "tax"}
                | {"organised_crime": False}
                | shared,
                {"id": "court", "title": "Confiscations", "nature": "court_final"}
                | {"organised_crime": True}
                | shared,
            ],
            "choices": {"prevalence": {"detection_low": 0.2, "detection_high": 0.6}},
        }
    )


def national(rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    names = ["list_id", "estimator", "unit", "value", "low", "high", "status", "reason"]
    return pd.DataFrame(rows, columns=names).assign(sector_id=None, area_id=None)


ESTIMATES = national(
    [
        ("organised-crime", "no_assumption", "share", NAN, 0.01, 1.0, "use", ""),
        ("organised-crime", "pool", "share", NAN, NAN, NAN, "reject", "two lists"),
        ("organised-crime", "detection", "share", NAN, 0.02, 0.05, "use", ""),
        ("organised-crime", "detection_dark_0.25", "share", NAN, 0.03, 0.07, "use", ""),
        ("organised-crime", "floor", "share", 0.012, 0.01, 0.02, "use", ""),
        ("organised-crime", "floor", "firms", 12, 10, 20, "use", ""),
        ("court", "floor", "share", 0.01, 0.01, 0.015, "use", ""),
        ("court", "count", "share", 0.02, NAN, NAN, "use", ""),
        ("tax", "floor", "share", NAN, NAN, NAN, "suppressed", "few"),
    ]
)


def test_estimates_are_grouped_named_and_in_order(params: StudyParams) -> None:
    rows = overviews.compare_estimates(ESTIMATES, params)
    assert rows["label"].tolist() == [
        "floor, rightly listed",
        "estimate, usable estimators together",
        "bounds if 20 to 60% are detected",
        "bounds without assumptions",
        "Confiscations",
        "Tax black list",
    ]
    groups = list(dict.fromkeys(rows["group"]))
    assert [group.partition(":")[0] for group in groups] == [
        "Infiltrated firms",
        "Listed firms",
        "Listed firms",
    ]
    assert rows.set_index("label").loc["Confiscations", "counted"] == 0.02


def test_estimates_are_tabulated_with_their_intervals(params: StudyParams) -> None:
    table = overviews.tabulate_estimates(ESTIMATES, params).set_index(["list", "estimate"])
    floor = table.loc[("Any list about organised crime", "floor, rightly listed")]
    assert (floor["firms"], floor["share of firms"]) == ("12 (10 to 20)", "1.2% (1% to 2%)")
    dark = ("Any list about organised crime", "bounds if 20 to 60% are detected and 25% is unseen")
    assert table.loc[dark, "share of firms"] == "3% to 7%"
    closed = table.loc[("Tax black list", "floor, rightly listed")]
    assert pd.isna(closed["share of firms"]) and closed["status"] == "suppressed"


def test_detection_keeps_closed_apart_from_absent(params: StudyParams) -> None:
    detection = pd.DataFrame(
        {
            "list_id": ["court", "court", "tax"],
            "area_id": ["X-1", "X-2", "X-1"],
            "listed_per_1000": [NAN, 4.0, 12.3],
            "low_per_1000": [NAN, 1.55, 8.0],
            "high_per_1000": [NAN, 9.0, 20.4],
            "status": ["suppressed", "use", "use"],
        }
    )
    table = overviews.tabulate_detection(detection, AREAS, params).set_index("area")
    assert table.loc["Madre de Dios", "Confiscations"] == "closed"
    assert table.loc["Madre de Dios", "Tax black list"] == "12 (8 to 20)"
    assert table.loc["Piura (X-2)", "Confiscations"] == "4 (1.6 to 9)"
    assert pd.isna(table.loc["Piura (X-2)", "Tax black list"])


def test_only_cells_that_stand_by_themselves_are_tabulated(params: StudyParams) -> None:
    cells = pd.DataFrame(
        {
            "list_id": ["court", "court", "court"],
            "sector_id": ["F", "all", "A"],
            "area_id": ["X-1", "X-1", "X-1"],
            "firms": [100, 400, 20],
            "listed": [5, 10, None],
            "share": [0.05, 0.025, 0.025],
            "low": [0.02, 0.01, 0.01],
            "high": [0.1, 0.04, 0.04],
            "probability_top5": [0.5, NAN, NAN],
            "is_rolled_up": [False, False, True],
            "status": ["use", "use", "caution"],
        }
    )
    table = overviews.tabulate_cells(cells, AREAS, params)
    assert table["sector_id"].tolist() == ["F Construction", "All sectors"]
    assert table["share_listed"].tolist() == ["5% (2% to 10%)", "2.5% (1% to 4%)"]
    counts = overviews.count_cells(cells, params).iloc[0]
    assert counts[["cells", "by_itself", "with_a_larger_cell", "closed"]].tolist() == [3, 2, 1, 0]


def test_what_nobody_can_say_shows_nothing() -> None:
    assert overviews.show_what_ifs(pd.DataFrame(), "firms").html == ""


def test_reasons_are_said_once_as_sentences() -> None:
    assert overviews.join_reasons(["few listed", "", "few listed", "one region."]) == (
        "Few listed. One region."
    )


def test_codes_become_words_and_anything_else_stays() -> None:
    assert plain_code("natural_person") == "natural person"
    assert plain_code("areas/country") == "areas: country"
    for text in ("guard:n_item", "a_b.csv", "Firm K3QM7-T2XA9", "NA"):
        assert plain_code(text) == text
    assert metric_label("specificity_at_10pct") == "specificity in the first 10%"
    assert area_names(AREAS)["X-1"] == "Madre de Dios"
    terms = pd.DataFrame({"term": ["C01 flagged share", "area = X-1", "sector_section = F"]})
    named = name_features(terms, {"C01": "Single bid"}, AREAS)["term"].tolist()
    assert named == ["Single bid, share flagged", "area = Madre de Dios", "sector = F Construction"]


def test_unknown_numbers_are_said_to_be_unknown() -> None:
    for unknown in (None, NAN, pd.NA):
        assert count(unknown) == percent(unknown) == "not known"
        assert interval(unknown, unknown, unknown, percent) == "not known"
    assert interval(pd.NA, 0.1, 0.2, percent) == "10% to 20%"
    assert interval(0.1, pd.NA, pd.NA, percent) == "10%"


def test_counts_of_firms_that_are_not_shown_are_called_closed(params):
    summary = pd.DataFrame(
        {"list_id": ["tax"], "title": ["Tax black list"], "authority": ["Office"]}
    )
    summary["listed"] = pd.array([None], dtype="Int64")
    rows = overviews.transpose_lists(summary).set_index("measure")["Tax black list"]
    assert rows["companies with an entry that stands"] == "closed"
    assert overviews.transpose_lists(summary.head(0)).empty
    small = overviews.close_small(pd.Series([0, 4, 5]), minimum=5)
    assert small.tolist() == [0, "closed", 5]
    pairs = pd.DataFrame({"list_a": ["tax"], "list_b": ["court"], "exposed": [100]})
    few = pd.array([None], dtype="Int64")
    pairs = pairs.assign(listed_a=20, listed_b=few, both=few, expected=1.2)
    pairs = pairs.assign(odds_ratio=NAN, low=NAN, high=NAN)
    row = overviews.tabulate_pairs(pairs, params).iloc[0]
    assert (row["on the one"], row["on the other"], row["both"]) == (20, "closed", "closed")
