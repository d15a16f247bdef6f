"""Base rates and coverage add up, and say where an indicator tells little."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from infiltrate.indicators.summary import summarise_indicators, warn_about_indicators
from infiltrate.tables.results import RESULT_SCHEMA
from tests.indicators.country import FACTS, compute_table, draw_country, make_params


def results(*groups: tuple[str, str, int, str, int | None]) -> pa.Table:
    rows: list[dict[str, Any]] = []
    for code, state, units, detail, year in groups:
        rows += [
            {
                "indicator": code,
                "level": "lot",
                "entity_id": f"{state} {detail} {year} {number}",
                "state": state,
                "detail": detail,
                "on_date": None if year is None else date(year, 6, 1),
                "evidence": [],
            }
            for number in range(units)
        ]
    return pa.Table.from_pylist(rows, RESULT_SCHEMA)


KNOWN = results(
    ("C04", "flag", 10, "short", 2019),
    ("C04", "clear", 40, "long", 2020),
    ("C04", "not_computable", 30, "deadline not recorded", 2019),
    ("C04", "not_computable", 15, "day of the call not recorded", 2019),
    ("C04", "not_computable", 4, "period too long to be true", None),
    ("C04", "not_computable", 1, "deadline not after the call", None),
)


def test_counts_rates_and_reasons_are_those_of_the_rows() -> None:
    row = summarise_indicators(KNOWN).iloc[0]
    assert (row["units"], row["flag"], row["clear"], row["not_computable"]) == (100, 10, 40, 50)
    assert (row["coverage"], row["base_rate"]) == (0.5, 0.2)
    assert row["reasons"] == (
        "deadline not recorded (30); day of the call not recorded (15); "
        "period too long to be true (4)"
    )
    assert row["title"] == "Short submission period"
    # Wilson interval of 10 in 50, as in Brown, Cai and DasGupta (2001), equation 4
    assert row["low"] == pytest.approx(0.1124, abs=5e-5)
    assert row["high"] == pytest.approx(0.3304, abs=5e-5)


def test_years_add_up_and_undated_units_stay() -> None:
    by_year = summarise_indicators(KNOWN, by_year=True)
    assert by_year["units"].tolist() == [55, 40, 5]
    assert by_year["year"].isna().tolist() == [False, False, True]
    assert by_year["base_rate"].iloc[:2].tolist() == [1.0, 0.0]
    assert pd.isna(by_year["base_rate"].iloc[2]) and pd.isna(by_year["low"].iloc[2])
    whole = summarise_indicators(KNOWN)
    for state in ("units", "flag", "clear", "not_computable"):
        assert by_year[state].sum() == whole[state].sum()


def test_an_empty_result_has_an_empty_summary() -> None:
    for by_year in (False, True):
        summary = summarise_indicators(RESULT_SCHEMA.empty_table(), by_year)
        assert summary.empty and "base_rate" in summary
        assert warn_about_indicators(summary) == []


def test_indicators_turned_off_have_a_row() -> None:
    params = make_params(FACTS, {"C04": {"on": False}})
    table = compute_table(params, draw_country(1, lots=10), "C04", "C05")
    for by_year in (False, True):
        summary = summarise_indicators(table, by_year)
        off = summary[summary["indicator"] == "C04"]
        assert off["on"].tolist() == [False] and off["units"].tolist() == [0]
    assert "C04 (Short submission period): turned off in the parameters." in (
        warn_about_indicators(summarise_indicators(table))
    )


def test_warnings_name_what_tells_little() -> None:
    table = results(
        ("C01", "flag", 61, "one bid", 2019),
        ("C01", "clear", 39, "several", 2019),
        ("C02", "flag", 5, "no call", 2019),
        ("C02", "clear", 95, "call", 2019),
        ("C03", "clear", 50, "open", 2019),
        ("C04", "flag", 1, "short", 2019),
        ("C04", "clear", 4, "long", 2019),
        ("C04", "not_computable", 95, "deadline not recorded", 2019),
        ("C05", "not_computable", 1000, "deadline not recorded", 2019),
    )
    assert warn_about_indicators(summarise_indicators(table)) == [
        "C01 (Single bid): on in 61% of computable units: uninformative here.",
        "C03 (Closed procedure): never on: uninformative here.",
        "C04 (Short submission period): computable for only 5% of units. "
        "Reasons: deadline not recorded (95).",
        "C05 (Short decision period): not computable for any of 1,000 units. "
        "Reasons: deadline not recorded (1,000).",
    ]


def test_many_indicators_that_cannot_be_computed_share_a_warning() -> None:
    codes = [f"C{number:02}" for number in range(1, 8)]
    rows = [(code, "not_computable", 10, "not recorded", 2019) for code in codes]
    table = results(("C08", "clear", 10, "clear", 2019), *rows)
    warnings = warn_about_indicators(summarise_indicators(table))
    assert len(warnings) == 2
    assert warnings[1].startswith("7 red flags are not computable for any unit: Single bid, ")
