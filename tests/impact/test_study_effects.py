"""Every design on the tables of a study: an effect that is there, and a reason for each refusal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from infiltrate.errors import CheckFailed
from infiltrate.impact.area_case import study_area
from infiltrate.impact.study_effects import (
    StudyEffects,
    estimate_effects,
    hold_against_published,
)
from infiltrate.impact.thresholds import study_thresholds
from infiltrate.impact.unseen import examine_unseen
from infiltrate.params.impact_choices import ImpactChoices
from infiltrate.params.study import StudyParams
from infiltrate.prevalence.cell_draws import COLUMNS as CELL_DRAWS
from infiltrate.tables.catalogue import TABLES
from infiltrate.tables.engine import DuckDBEngine
from tests.prevalence.examples import make_list

EFFECT = 0.3
YEARS = range(2012, 2022)
Rows = list[dict[str, Any]]


def make_params(**impact: Any) -> StudyParams:
    return StudyParams.model_validate(
        {
            "country": "XX",
            "title": "An invented country",
            "currency": "XXX",
            "lists": [make_list("court", lag_months=24.0)],
            "choices": {
                "as_of": date(2024, 12, 31),
                "impact": {
                    "outcomes": ["revenue", "employees"],
                    "matched_on": ["sector"],
                    "placebo_draws": 50,
                    **impact,
                },
            },
        }
    )


def open_engine(tables: dict[str, Rows]) -> DuckDBEngine:
    engine = DuckDBEngine(memory_gib=0.5, threads=1)
    for name, table in TABLES.items():
        rows = [
            {column: {"source_id": "invented", **row}.get(column) for column in table.column_names}
            for row in tables.get(name, [])
        ]
        engine.register(name, pa.Table.from_pylist(rows, schema=table.arrow_schema))
    made = {
        "cell_draws": CELL_DRAWS,
        "infiltration_probabilities": {"company_id": "str", "probability": "float64"},
        "pool_draws": {"infiltrated_firms": "float64"},
    }
    for name, columns in made.items():
        empty = pd.DataFrame({column: pd.Series(dtype=kind) for column, kind in columns.items()})
        engine.register(name, empty)
    return engine


def rng_of(step: str) -> np.random.Generator:
    return np.random.default_rng(sum(map(ord, step)))


def invented_country() -> dict[str, Rows]:
    """Draw 240 companies in 40 sectors' sections; one in five is infiltrated, from 2015 to 2018."""
    rng = np.random.default_rng(2)
    companies, accounts, entries = [], [], []
    for number in range(240):
        name, sector = f"c{number:03d}", f"X:{number // 5 % 40:02d}"
        since = int(rng.integers(2015, 2019)) if number % 5 == 0 else None
        companies.append({"company_id": name, "kind": "company", "sector_id": sector})
        if since:
            entries.append(
                {"list_id": "court", "entry_id": name, "company_id": name}
                | {"listed_on": date(2023, 1, 1), "conduct_from": date(since, 1, 1)}
            )
        level = rng.normal(12, 1)
        for year in YEARS:
            shift = EFFECT if since and year >= since else 0.0
            revenue = int(np.exp(level + shift + rng.normal(0, 0.1)))
            accounts.append(
                {"company_id": name, "year_end_on": date(year, 12, 31), "currency": "XXX"}
                | {"revenue": revenue, "employees": float(rng.integers(5, 50))}
            )
    sectors = [{"sector_id": f"X:{one:02d}", "section": f"S{one:02d}"} for one in range(40)]
    return {
        "companies": companies,
        "accounts": accounts,
        "list_entries": entries,
        "sectors": sectors,
    }


@pytest.fixture(scope="module")
def found() -> Iterator[StudyEffects]:
    with open_engine(invented_country()) as engine:
        yield estimate_effects(engine, make_params(), rng_of)


def test_the_planted_effect_is_found(found: StudyEffects) -> None:
    answer = found.companies["log_revenue"].answer
    average = next(one for one in answer.effects if one.term == "average")
    assert average.low < EFFECT < average.high
    assert abs(average.estimate - EFFECT) < 0.06
    assert average.treated == 48


def test_the_outcome_that_nothing_happens_to_is_not_checked_in_full(found: StudyEffects) -> None:
    samples = {one.sample for one in found.companies["log_employees"].answer.effects}
    assert samples == {"main"}


def test_what_nobody_saw_would_have_to_be_strong(found: StudyEffects) -> None:
    terms = {one.term: one for one in found.unseen.effects if one.sample == "main"}
    assert terms["robustness value"].estimate > terms["robustness value of the interval"].estimate
    assert terms["robustness value of the interval"].estimate > 0.1


def test_every_other_design_is_refused_with_its_reason(found: StudyEffects) -> None:
    refused = [
        finding.design
        for answer in found.answers
        for finding in answer.findings
        if finding.severity == "refused"
    ]
    assert {"drivers", "procurement_cost", "synthetic_control", "bunching"} <= set(refused)
    closing = found.closing.findings[0].text
    assert "must be alive to be listed" in closing


def test_ours_stand_on_the_ladder(found: StudyEffects) -> None:
    ladder = hold_against_published(found)
    own = ladder[ladder["is_ours"] & ladder["subject"].eq("own revenue")]
    assert len(own) == 1
    assert 0.2 < own["estimate"].iloc[0] < 0.5  # exp(0.3) is a third more


def test_a_country_without_anything_is_refused_throughout() -> None:
    with open_engine({}) as engine:
        nothing = estimate_effects(engine, make_params(), rng_of)
    assert not nothing.companies
    assert not [effect for answer in nothing.answers for effect in answer.effects]
    texts = [finding.text for answer in nothing.answers for finding in answer.findings]
    assert any("No company has filed accounts" in text for text in texts)
    assert len(hold_against_published(nothing)) > 5


def test_a_measure_that_is_not_there_is_a_mistake_of_the_parameters() -> None:
    with open_engine({}) as engine, pytest.raises(CheckFailed):
        estimate_effects(engine, make_params(drivers=["nothing"]), rng_of)


def area_tables() -> dict[str, Rows]:
    rng = np.random.default_rng(5)
    areas = [{"area_id": f"a{one}", "level": 2} for one in range(12)]
    areas.append({"area_id": "whole", "level": 0})
    common = np.cumsum(rng.normal(1, 0.3, 20))
    own = rng.normal(0, 3, 12)
    rows = [
        {"area_id": f"a{one}", "year": 2000 + t, "measure": "output"}
        | {"value": float(50 + own[one] + common[t] + rng.normal(0, 0.2))}
        for one in range(12)
        for t in range(20)
    ]
    for row in rows:
        if row["area_id"] == "a3" and row["year"] >= 2012:
            row["value"] -= 5.0
    rows += [
        {"area_id": "whole", "year": 2000 + t, "measure": "output", "value": 9e9} for t in range(20)
    ]
    return {"areas": areas, "area_years": rows}


def choose_area(**changes: Any) -> ImpactChoices:
    chosen = {"area_treated": "a3", "area_treated_on": date(2012, 3, 1), "area_outcome": "output"}
    return ImpactChoices.model_validate({**chosen, **changes})


def test_an_area_is_held_against_those_of_its_level() -> None:
    with open_engine(area_tables()) as engine:
        found = study_area(engine, choose_area(), rng_of("area"))
        later = study_area(engine, choose_area(area_treated_on=date(2012, 9, 1)), rng_of("area"))
    assert abs(found.answer.effects[0].estimate + 5) < 1
    assert found.answer.effects[0].unit == "output"
    averages = {one.estimator for one in found.answer.effects if one.term == "average"}
    assert "synthetic difference in differences" in averages
    assert set(found.weights["unit"]) == {f"a{one}" for one in range(12)} - {"a3"}
    assert int(later.path.loc[later.path["is_effect"], "year"].min()) == 2013


def test_no_area_and_an_unknown_one_are_refused() -> None:
    with open_engine(area_tables()) as engine:
        none = study_area(engine, ImpactChoices(), rng_of("area"))
        unknown = study_area(engine, choose_area(area_treated="b1"), rng_of("area"))
    assert "name no area" in none.answer.findings[0].text
    assert unknown.answer.is_refused


def test_thresholds_without_contracts_are_refused_in_one_sentence() -> None:
    with open_engine({}) as engine:
        none = study_thresholds(engine, make_params(), rng_of("thresholds"))
    assert none.answer.is_refused
    assert len(none.answer.findings) == 1
    assert none.largest is None
    assert np.isnan(none.excess).all()
    assert none.bins.empty


def test_a_panel_that_cannot_carry_it_gives_no_robustness() -> None:
    rows = pd.DataFrame(
        {
            "company_id": ["a", "a"],
            "year": [2000, 2001],
            "first_treated": pd.array([2001, 2001], dtype="Int64"),
            "treated_until": pd.array([pd.NA, pd.NA], dtype="Int64"),
            "cell": "x",
            "log_revenue": [1.0, 2.0],
        }
    )
    answer = examine_unseen(rows, ("log_revenue",), ImpactChoices())
    assert not answer.effects
    assert answer.findings[0].severity == "warning"
