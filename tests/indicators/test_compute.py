"""What is asked for is computed, and what is not is said."""

from __future__ import annotations

import json

import pytest

from infiltrate.errors import ParamsError
from infiltrate.indicators.compute import compute_indicators, plan_indicators
from infiltrate.tables.engine import DuckDBEngine
from tests.indicators.country import FACTS, compute_table, draw_country, make_params, make_table

COUNTRY = draw_country(7, lots=20)


def test_a_selection_names_levels_and_codes() -> None:
    params = make_params(FACTS)
    assert set(compute_table(params, COUNTRY, "company", "C04")["indicator"].to_pylist()) == {
        *("C04", "F63", "F70", "M04", "M05", "M06"),
        *(f"F{number:02d}" for number in (*range(1, 22), *range(30, 51))),
    }
    codes = [planned.indicator.code for planned in plan_indicators(params, ["relation"])]
    assert codes == ["C07", "C08"]


def test_an_indicator_turned_off_is_named_and_its_settings_kept() -> None:
    params = make_params(FACTS, {"C04": {"on": False}, "C05": {"settings": {"short_days": 3}}})
    results = compute_table(params, COUNTRY, "lot")
    assert "C04" not in results["indicator"].to_pylist()
    assert json.loads(results.schema.metadata[b"turned_off"]) == ["C04"]
    settings = json.loads(results.schema.metadata[b"settings"])
    assert settings["C05"] == {"longest_days": 365, "short_days": 3}


def test_settings_reach_the_query() -> None:
    params = make_params(FACTS, {"C05": {"settings": {"short_days": 3}}})
    rows = compute_table(params, COUNTRY, "C05").to_pylist()
    assert {row["threshold"] for row in rows} == {3.0}


def test_wrong_names_and_settings_are_refused_together() -> None:
    params = make_params(FACTS, {"C05": {"settings": {"short_days": -1}}})
    with pytest.raises(ParamsError) as caught:
        plan_indicators(params, ["contracts", "C05"])
    assert [problem.where for problem in caught.value.problems] == [
        "indicators asked for",
        "choices.indicators.C05.settings.short_days",
    ]
    assert "Did you mean contract?" in str(caught.value)


def test_company_indicators_do_not_ask_for_lists_or_areas() -> None:
    with DuckDBEngine(memory_gib=1.0) as engine:
        unasked = {"list_entries", "areas", "area_years", "subcontracts"}
        for name in COUNTRY.keys() - unasked:
            engine.register(name, make_table(name, COUNTRY[name]))
        results = compute_indicators(engine, make_params(FACTS), ["company"])
    assert results.num_rows > 0


def test_everything_turned_off_gives_an_empty_result() -> None:
    off = {code: {"on": False} for code in ("C07", "C08")}
    assert compute_table(make_params(FACTS, off), COUNTRY, "relation").num_rows == 0
