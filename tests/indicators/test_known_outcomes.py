"""Who counts as known, on a few rows; flags examined on an invented country."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import numpy as np
import pandas as pd
import pytest

from infiltrate.indicators.compute import compute_indicators
from infiltrate.indicators.contract_units import gather_contract_units, read_markets
from infiltrate.indicators.flag_examination import examine_flags
from infiltrate.indicators.known_outcomes import (
    choose_outcome_lists,
    mark_known_units,
    read_listed_bidders,
)
from infiltrate.params.study import StudyParams
from infiltrate.tables.catalogue import TABLES
from infiltrate.tables.engine import DuckDBEngine
from tests.indicators.country import FACTS, Rows, draw_country, make_params, make_table


def make_study(*crime: bool, **choices: object) -> StudyParams:
    lists = [
        {
            "id": f"list{number}",
            "title": f"List {number}",
            "authority": "an invented authority",
            "legal_basis": "an invented law",
            "nature": "court_final",
            "organised_crime": about,
            "source": "invented",
        }
        for number, about in enumerate(crime)
    ]
    base = make_params(FACTS).model_dump(mode="json", exclude_none=True, exclude_defaults=True)
    return StudyParams.model_validate({**base, "lists": lists, "choices": choices})


@pytest.fixture
def engine() -> Iterator[DuckDBEngine]:
    with DuckDBEngine(memory_gib=1.0) as opened:
        yield opened


def fill(engine: DuckDBEngine, **tables: Rows) -> None:
    for name in TABLES:
        engine.register(name, make_table(name, tables.get(name, ())))


def test_lists_about_organised_crime_come_first() -> None:
    assert choose_outcome_lists(make_study(True, False, True)) == ("list0", "list2")
    assert choose_outcome_lists(make_study(False, False)) == ("list0", "list1")
    assert choose_outcome_lists(make_study(True, True, flags={"lists": ["list1"]})) == ("list1",)
    assert choose_outcome_lists(make_study()) == ()


def test_who_is_listed_and_which_units_that_makes_known(engine: DuckDBEngine) -> None:
    def entry(company: str, day: date | None, list_id: str = "list0", **more: object) -> dict:
        own = {"list_id": list_id, "entry_id": f"{company}{day}{list_id}", "company_id": company}
        return {**own, "listed_on": day, **more}

    day = date(2020, 1, 1)
    fill(
        engine,
        companies=[
            {"company_id": name, "kind": kind}
            for name, kind in {
                "listed": "company", "undated": "company", "annulled": "company",
                "doubtful": "company", "other": "company", "person": "natural_person",
                "group": "consortium", "clean": "company",
            }.items()
        ],
        consortia=[{"consortium_id": "group", "company_id": "listed"}],
        list_entries=[
            entry("listed", day),
            entry("listed", date(2021, 1, 1)),
            entry("undated", None),
            entry("annulled", day, outcome="annulled"),
            entry("doubtful", day, match_probability=0.5),
            entry("other", day, "list1"),
            entry("person", day),
        ],
    )  # fmt: skip
    listed = read_listed_bidders(engine, make_study(True, False))
    found = dict(zip(listed["company_id"], listed["listed_on"], strict=True))
    assert set(found) == {"listed", "undated", "group"}
    assert found["listed"] == found["group"] == pd.Timestamp(day)
    assert pd.isna(found["undated"])
    names = ["listed", "listed", "group", "undated", "clean", "person", None]
    days = [date(2019, 1, 1), day, date(2019, 1, 1), date(2022, 1, 1), day, day, day]
    units = pd.DataFrame(
        {"entity_id": [f"unit{n}" for n in range(7)], "company_id": names, "on_date": days}
    )
    known = mark_known_units(units, listed, pd.Series(["person"]))
    nan = float("nan")
    expected = pd.Series([1.0, nan, 1.0, 1.0, 0.0, nan, nan], units["entity_id"].to_numpy())
    pd.testing.assert_series_equal(known, expected, check_names=False)


def test_units_of_a_country_carry_the_values_of_lots_and_relations(engine: DuckDBEngine) -> None:
    country = draw_country(1)
    fill(engine, **country)
    params = make_study(True)
    results = compute_indicators(engine, params, ["lot", "contract", "relation"])
    units = gather_contract_units(engine, results)
    assert units.kind == "contract"
    assert len(units.about) == len(country["contracts"])
    assert list(units.values) == sorted(set(results["indicator"].to_pylist()))
    rows = {(r["indicator"], r["entity_id"]): r for r in results.to_pylist()}
    seen = 0
    for place, about in units.about.iterrows():
        for code in ("C10", "C12"):
            row = rows[code, about["entity_id"]]
            flag = units.flags.loc[place, code]
            if row["state"] == "not_computable":
                assert np.isnan(flag)
            else:
                assert flag == (row["state"] == "flag")
                seen += 1
    assert seen > 20
    lots = {r["tender_id"] + "/" + r["lot_id"] for r in country["tenders"]}
    assert lots <= set(read_markets(engine).index)
    empty = gather_contract_units(engine, results.slice(0, 0))
    assert empty.values.shape[1] == 0


def test_flags_of_a_country_are_examined_and_nobody_known_is_said(engine: DuckDBEngine) -> None:
    fill(engine, **draw_country(2))
    params = make_study(True)
    results = compute_indicators(engine, params, ["lot", "contract", "relation"])
    found = examine_flags(engine, params, results, np.random.default_rng(1))
    assert set(found.verdicts["indicator"]) == set(results["indicator"].to_pylist())
    assert set(found.verdicts["list_id"]) == {"any"}
    assert found.companies >= 0
    cells = found.rates.groupby("indicator")["units"].sum()
    units = pd.Series(results["indicator"].to_pylist()).value_counts()
    assert cells.to_dict() == units.to_dict()
    known = found.rates.dropna(subset=["base_rate"])
    assert ((known["low"] <= known["base_rate"]) | known["low"].isna()).all()
    again = examine_flags(engine, params, results, np.random.default_rng(1))
    pd.testing.assert_frame_equal(found.verdicts, again.verdicts)


def test_flags_are_not_held_against_fewer_suppliers_than_may_be_shown(
    engine: DuckDBEngine,
) -> None:
    country, params = draw_country(2), make_study(True)
    names = sorted({row["supplier_id"] for row in country["contracts"]})
    persons = {row["company_id"] for row in country["companies"] if row["kind"] != "company"}
    suppliers = [name for name in names if name not in persons]
    for listed, expected in ((3, 0), (8, 8)):
        country["list_entries"] = [
            {"list_id": "list0", "entry_id": name, "company_id": name, "outcome": "active"}
            for name in suppliers[:listed]
        ]
        fill(engine, **country)
        results = compute_indicators(engine, params, ["contract"])
        found = examine_flags(engine, params, results, np.random.default_rng(1))
        assert found.companies == expected
        assert (found.verdicts["known"] > 0).any() == (expected > 0)
        assert (found.verdicts["companies"] == expected).all()
