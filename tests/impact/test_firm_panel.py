"""The panel of companies and years: who is in it, from when treated, beside whom."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pytest import approx

from infiltrate.impact.firm_panel import build_firm_panel
from infiltrate.impact.matching_cells import assign_cells
from infiltrate.impact.treatment_days import (
    date_treatment,
    first_treated_year,
    last_treated_year,
)
from infiltrate.params.impact_choices import ImpactChoices
from infiltrate.params.lists import ListDefinition
from infiltrate.params.study import StudyParams
from infiltrate.tables.catalogue import TABLES
from infiltrate.tables.engine import DuckDBEngine
from tests.prevalence.examples import make_list

Rows = list[dict[str, Any]]
LISTS = (
    make_list("court", lag_months=24.0),
    make_list("tax", lag_months=12.0, organised_crime=False),
)
AREAS = [
    {"area_id": "C", "level": 0},
    {"area_id": "R1", "level": 1, "parent_id": "C"},
    {"area_id": "P1", "level": 2, "parent_id": "R1"},
    {"area_id": "P2", "level": 2, "parent_id": "R1"},
]


def company(name: str, **more: Any) -> dict[str, Any]:
    return {"company_id": name, "kind": "company", "area_id": "P1", "sector_id": "X:41"} | more


def entry(name: str, day: str | None, list_id: str = "court", **more: Any) -> dict[str, Any]:
    listed_on = day and date.fromisoformat(day)
    return {"list_id": list_id, "entry_id": f"{list_id} {name}", "company_id": name} | {
        "listed_on": listed_on,
        **more,
    }


def filed(name: str, years: range, revenue: int = 100, **more: Any) -> Rows:
    return [
        {
            "company_id": name,
            "year_end_on": date(year, 12, 31),
            "filed_on": date(year + 1, 6, 30),
            "currency": "XXX",
            "revenue": revenue,
            "employees": 3.0,
            **more,
        }
        for year in years
    ]


def make_params(**impact: Any) -> StudyParams:
    return StudyParams.model_validate(
        {
            "country": "XX",
            "title": "An invented country",
            "currency": "XXX",
            "lists": list(LISTS),
            "choices": {
                "as_of": date(2024, 12, 31),
                "impact": {
                    "outcomes": ["revenue", "employees"],
                    "dates": "stated_or_lag",
                    **impact,
                },
            },
        }
    )


@pytest.fixture
def open_country() -> Iterator[Callable[..., DuckDBEngine]]:
    engines = []

    def open_tables(**tables: Rows) -> DuckDBEngine:
        engine = DuckDBEngine(memory_gib=0.5, threads=1)
        engines.append(engine)
        for name in ("companies", "sectors", "areas", "accounts", "list_entries"):
            table = TABLES[name]
            rows = [
                {c: {"source_id": "invented", **row}.get(c) for c in table.column_names}
                for row in tables.get(name, [])
            ]
            data = pa.Table.from_pylist(rows, schema=table.arrow_schema)
            engine.register(name, data)
        return engine

    yield open_tables
    for engine in engines:
        engine.close()


def small_country() -> dict[str, Rows]:
    return {
        "areas": AREAS,
        "sectors": [{"sector_id": "X:41", "section": "F"}],
        "companies": [
            company("treated"),
            company("control", dissolved_on=date(2022, 5, 1)),
            company("tax only"),
            company("annulled"),
            company("doubtful"),
            company("empty"),
            company("silent"),
            company("person", kind="natural_person"),
        ],
        "accounts": [
            *filed("treated", range(2016, 2024)),
            *filed("control", range(2016, 2020)),
            *filed("tax only", range(2016, 2024)),
            *filed("annulled", range(2016, 2024)),
            *filed("doubtful", range(2016, 2024)),
            *filed("empty", range(2016, 2019)),
            *filed("empty", range(2019, 2020), revenue=0),
            *filed("person", range(2016, 2024)),
        ],
        "list_entries": [
            entry("treated", "2023-03-01"),
            entry("tax only", "2023-03-01", "tax"),
            entry("annulled", "2023-03-01", outcome="annulled"),
            entry("doubtful", "2023-03-01", match_probability=0.5),
        ],
    }


def test_who_is_in_and_from_when(open_country: Callable[..., DuckDBEngine]) -> None:
    panel = build_firm_panel(open_country(**small_country()), make_params())
    rows = panel.rows
    assert sorted(set(rows["company_id"])) == ["control", "treated"]
    treated = rows[rows["company_id"] == "treated"]
    # 24 months before 1 March 2023 is 1 March 2021: most of 2021 lies after it
    assert set(treated["first_treated"]) == {2021}
    assert set(treated["treated_until"]) == {2022}
    assert list(treated["year"]) == list(range(2016, 2024))
    assert treated["log_revenue"].to_numpy() == approx(np.log(100.0))
    assert set(treated["cluster"]) == {"treated"}
    assert set(rows["market"]) == {"X:41, P1"}
    assert not panel.is_refused


def test_a_company_lives_until_its_end_and_missing_stays_missing(
    open_country: Callable[..., DuckDBEngine],
) -> None:
    rows = build_firm_panel(open_country(**small_country()), make_params()).rows
    control = rows[rows["company_id"] == "control"].set_index("year")
    assert list(control.index) == list(range(2016, 2023))
    assert list(control["log_revenue"].isna()) == [False] * 4 + [True] * 3
    assert list(control.index[control["closed"]]) == [2022]
    assert control["first_treated"].isna().all()


def test_groups_are_counted_and_small_counts_closed(
    open_country: Callable[..., DuckDBEngine],
) -> None:
    country = small_country()
    more = [f"more {number}" for number in range(12)]
    country["companies"] += [company(name) for name in more]
    country["accounts"] += [row for name in more for row in filed(name, range(2016, 2024))]
    groups = build_firm_panel(open_country(**country), make_params()).groups
    counts = groups.set_index("group")["companies"]
    assert counts["On no list, in the study"] == 15  # 13, to the nearest five
    assert np.isnan(counts["Listed, in the study"])


def test_a_listed_company_with_an_empty_year_is_left_out_with_a_warning(
    open_country: Callable[..., DuckDBEngine],
) -> None:
    country = small_country()
    country["list_entries"] += [entry("empty", "2020-01-01")]
    panel = build_firm_panel(open_country(**country), make_params())
    assert "empty" not in set(panel.rows["company_id"])
    texts = [finding.text for finding in panel.findings]
    assert any("Fewer than 5 listed companies have a year in which" in text for text in texts)


def test_nothing_to_study_is_refused_with_its_reason(
    open_country: Callable[..., DuckDBEngine],
) -> None:
    country = small_country()
    without = build_firm_panel(open_country(**{**country, "accounts": []}), make_params())
    assert without.is_refused
    assert "No company has filed accounts" in without.findings[0].text
    unlisted = build_firm_panel(open_country(**{**country, "list_entries": []}), make_params())
    assert unlisted.is_refused
    undated = build_firm_panel(open_country(**country), make_params(dates="stated"))
    assert undated.is_refused
    assert list(undated.rows.columns) == list(without.rows.columns)
    assert undated.rows.empty


def test_accounts_in_another_currency_or_filed_later_do_not_exist(
    open_country: Callable[..., DuckDBEngine],
) -> None:
    country = small_country()
    for row in country["accounts"]:
        if row["company_id"] == "treated" and row["year_end_on"].year == 2016:
            row["currency"] = "YYY"
        if row["company_id"] == "treated" and row["year_end_on"].year == 2023:
            row["filed_on"] = date(2025, 2, 1)
    rows = build_firm_panel(open_country(**country), make_params()).rows
    assert list(rows.loc[rows["company_id"] == "treated", "year"]) == list(range(2017, 2023))


def test_a_financial_year_is_that_in_which_most_of_it_lies(
    open_country: Callable[..., DuckDBEngine],
) -> None:
    country = small_country()
    for row in country["accounts"]:
        row["year_end_on"] = row["year_end_on"].replace(month=3)
    rows = build_firm_panel(open_country(**country), make_params()).rows
    assert rows["year"].min() == 2015


def test_the_order_of_rows_changes_nothing(open_country: Callable[..., DuckDBEngine]) -> None:
    country = small_country()
    one = build_firm_panel(open_country(**country), make_params())
    backwards = {name: rows[::-1] for name, rows in country.items()}
    other = build_firm_panel(open_country(**backwards), make_params())
    pd.testing.assert_frame_equal(one.rows, other.rows)
    pd.testing.assert_frame_equal(one.groups, other.groups)


def test_days_worked_out_by_the_lag_are_warned_of(
    open_country: Callable[..., DuckDBEngine],
) -> None:
    panel = build_firm_panel(open_country(**small_country()), make_params())
    assert any("dated by the usual lag" in finding.text for finding in panel.findings)
    stated = small_country()
    stated["list_entries"] = [
        {**one, "conduct_from": date(2021, 3, 1)} for one in stated["list_entries"]
    ]
    panel = build_firm_panel(open_country(**stated), make_params())
    assert not any("dated by the usual lag" in finding.text for finding in panel.findings)


def test_an_unknown_list_is_refused(open_country: Callable[..., DuckDBEngine]) -> None:
    with pytest.raises(ValueError, match="nobody"):
        build_firm_panel(open_country(**small_country()), make_params(lists=["nobody"]))


def definitions() -> list[ListDefinition]:
    return [ListDefinition.model_validate(rules) for rules in LISTS]


def test_a_stated_day_wins_over_one_worked_out() -> None:
    entries = pd.DataFrame(
        {
            "list_id": ["court", "tax", "court", "court"],
            "company_id": ["a", "a", "b", "c"],
            "listed_on": ["2020-06-01", "2018-01-01", "2020-06-01", "2020-06-01"],
            "conduct_from": ["2019-02-01", None, "2021-01-01", None],
        }
    )
    by_lag = ImpactChoices(dates="stated_or_lag")
    dated = date_treatment(entries, definitions(), by_lag).set_index("company_id")
    assert dated.loc["a", "treated_on"] == pd.Timestamp("2019-02-01")
    assert dated.loc["a", "ends_on"] == pd.Timestamp("2018-01-01")
    # a day after the entry cannot be meant
    assert not dated.loc["b", "has_stated_date"]
    assert dated.loc["b", "treated_on"] == dated.loc["c", "treated_on"]
    assert abs(dated.loc["c", "treated_on"] - pd.Timestamp("2018-06-01")).days <= 1
    only = date_treatment(entries, definitions(), ImpactChoices())
    assert list(only["treated_on"].isna()) == [False, True, True]


def test_the_middle_of_the_year_decides() -> None:
    days = pd.Series(["2020-07-01", "2020-07-02", "2020-01-01", None])
    assert list(first_treated_year(days).fillna(0)) == [2020, 2021, 2020, 0]
    assert list(last_treated_year(days).fillna(0)) == [2019, 2019, 2019, 0]


def cells_of(places: list[str], treated: list[bool], matched_on: list[str]) -> Any:
    companies = pd.DataFrame(
        {
            "company_id": [f"c{number}" for number in range(len(places))],
            "section": "F",
            "area_id": places,
            "size": np.arange(len(places), dtype=float),
            "is_treated": treated,
        }
    )
    return assign_cells(
        companies,
        pd.DataFrame(AREAS).reindex(columns=["area_id", "level", "parent_id"]),
        matched_on,
    )


def test_areas_are_as_fine_as_controls_allow() -> None:
    fine = cells_of(["P1"] * 6 + ["P2"], [True] + [False] * 6, ["sector", "area"])
    assert set(fine.names) == {"F, P1", "F, P2"}
    assert fine.shared == "the section of activity and the area of level 2"
    coarse = cells_of(["P1"] * 3 + ["P2"] * 4, [True] + [False] * 6, ["sector", "area"])
    assert set(coarse.names) == {"F, R1"}
    assert coarse.without_controls == 0
    assert not coarse.is_nationwide
    whole = cells_of(["P1"] * 4, [True, False, False, False], ["sector", "area"])
    assert whole.is_nationwide
    assert whole.shared == "the section of activity and the country"


def test_sizes_are_fifths_and_a_missing_size_is_its_own() -> None:
    cells = cells_of(["P1"] * 10, [False] * 10, ["size"])
    assert list(cells.names) == [str(fifth) for fifth in (1, 1, 2, 2, 3, 3, 4, 4, 5, 5)]
    assert cells.shared == "the fifth of size"
    alone = cells_of(["P1"] * 3, [True, False, False], [])
    assert set(alone.names) == {"all"}
    assert cells_of(["P1"] * 3, [True] * 3, ["area"]).without_controls == 3
    assert cells_of(["P1"] * 3, [True] * 3, ["size"]).without_controls == 3
