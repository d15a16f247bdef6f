"""Nearness as rows of the table of indicators."""

from __future__ import annotations

from datetime import date

import pytest

from infiltrate.network.indicators import NETWORK_INDICATORS, tabulate_proximity
from infiltrate.tables.results import RESULT_SCHEMA

DAY = date(2020, 6, 30)


@pytest.fixture
def rows(tie_up):
    ties = tie_up("ab bc de", alone="z")
    table = tabulate_proximity(ties, ["A"], ["C", "B", "D", "Z", "Q"], DAY)
    assert table.schema.equals(RESULT_SCHEMA)
    return {(row["indicator"], row["entity_id"]): row for row in table.to_pylist()}


def test_every_company_has_a_row_of_each_sorted(tie_up, rows):
    assert list(rows) == [(code, company) for code in ("F60", "F61", "F62") for company in "BCDQZ"]
    assert {indicator.code for indicator in NETWORK_INDICATORS} == {code for code, _ in rows}


def test_a_neighbour_of_a_listed_company_is_flagged_with_the_path(rows):
    found = rows["F60", "B"]
    assert (found["state"], found["value"], found["threshold"]) == ("flag", 1.0, 1.0)
    assert found["detail"] == "1 step to a listed company"
    assert found["evidence"] == [
        "officers:B/P:000/director/2015-01-01",
        "officers:A/P:000/director/2015-01-01",
    ]


def test_farther_away_is_clear_and_unreachable_is_no_zero(rows):
    assert (rows["F60", "C"]["state"], rows["F60", "C"]["value"]) == ("clear", 2.0)
    assert (rows["F60", "D"]["state"], rows["F60", "D"]["value"]) == ("clear", None)
    assert "no way" in rows["F60", "D"]["detail"]


def test_without_ties_on_record_nothing_can_be_said(rows):
    for company in "ZQ":
        for code in ("F60", "F61", "F62"):
            assert rows[code, company]["state"] == "not_computable"
            assert rows[code, company]["value"] is None


def test_walks_and_shares_are_features_and_never_flags(rows):
    assert {row["state"] for (code, _), row in rows.items() if code != "F60"} == {
        "clear",
        "not_computable",
    }
