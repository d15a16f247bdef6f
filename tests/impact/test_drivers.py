"""Associations of invented areas: found where draws are honest, refused where there is nothing."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from infiltrate.errors import CheckFailed
from infiltrate.impact.answer import Effect
from infiltrate.impact.area_measures import AreaMeasures, read_area_measures
from infiltrate.impact.cell_regression import CellDesign, regress_cells
from infiltrate.impact.drivers import (
    AS_DRAWN,
    KNOWN,
    LISTED,
    MAIN,
    RUBIN,
    TOGETHER,
    WITHOUT_EFFORT,
    Drivers,
    fit_drivers,
)
from infiltrate.params.impact_choices import ImpactChoices

SLOPE = 0.8
CHOICES = ImpactChoices()


def invent(
    seed: int = 1, noise: float = 0.5, areas: int = 24, draws: int = 40, slope: float = SLOPE
) -> tuple[pd.DataFrame, AreaMeasures]:
    """Draw areas whose log rate goes with `poverty`, as a model sees them that takes them alike.

    What lists say of an area has a normal error; each draw is of the posterior under a prior that
    is the same for every area.
    """
    rng = np.random.default_rng(seed)
    poverty = rng.normal(size=areas)
    effect = slope * poverty + rng.normal(0, 0.2, areas)
    said = effect + rng.normal(0, noise, areas)
    prior = slope**2 + 0.04
    held = 1 / (1 / prior + 1 / noise**2)
    drawn = held * said / noise**2 + np.sqrt(held) * rng.normal(size=(draws, areas))
    names = [f"R{area:02d}" for area in range(areas)]
    sectors = {"A": -3.0, "F": -2.0, "G": -2.5}
    parts = []
    for sector, level in sectors.items():
        chance = expit(level + drawn)
        parts.append(
            pd.DataFrame(
                {
                    "draw": np.repeat(np.arange(draws), areas),
                    "sector_id": sector,
                    "area_id": np.tile(names, draws),
                    "firms": 400,
                    "listed": np.tile(rng.binomial(400, 0.3 * expit(level + effect)), draws),
                    "infiltrated": rng.binomial(400, chance).astype(float).ravel(),
                }
            )
        )
    table = pd.concat(parts).sort_values(["draw", "sector_id", "area_id"], ignore_index=True)
    index = pd.Index(names, name="area_id")
    measures = AreaMeasures(
        pd.DataFrame({"poverty": poverty}, index),
        pd.DataFrame({"police": rng.normal(size=areas)}, index),
    )
    return table, measures


def fit(table: pd.DataFrame, measures: AreaMeasures) -> Drivers:
    return fit_drivers(table, measures, CHOICES, np.random.default_rng(2))


def pick(
    drivers: Drivers, estimator: str = RUBIN, sample: str = MAIN, term: str = "poverty"
) -> Any:
    found = [
        effect
        for effect in drivers.answer.effects
        if (effect.estimator, effect.sample, effect.term) == (estimator, sample, term)
    ]
    assert len(found) == 1
    return found[0]


def words(drivers: Drivers, severity: str) -> str:
    return " ".join(f.text for f in drivers.answer.findings if f.severity == severity)


@pytest.fixture(scope="module")
def found() -> Drivers:
    return fit(*invent(draws=200))


def test_the_planted_slope_is_inside_the_interval(found: Drivers) -> None:
    answer = pick(found)
    assert answer.low < SLOPE * found.spread["poverty"] < answer.high


def test_slopes_are_right_on_average_and_those_of_draws_as_they_are_too_small() -> None:
    """Half the variance of an area is error: draws as they are lose about half the slope."""
    slopes: dict[str, list[float]] = {RUBIN: [], AS_DRAWN: [], KNOWN: []}
    for seed in range(10):
        found = fit(*invent(seed, noise=0.6, draws=30))
        for estimator, values in slopes.items():
            values.append(pick(found, estimator).estimate / found.spread["poverty"])
    assert np.mean(slopes[RUBIN]) == pytest.approx(SLOPE, rel=0.15)
    assert np.mean(slopes[AS_DRAWN]) < 0.75 * SLOPE
    assert np.mean(slopes[KNOWN]) < 0.75 * SLOPE


def test_shortcuts_stand_beside_in_both_samples(found: Drivers) -> None:
    for sample in (MAIN, WITHOUT_EFFORT):
        for estimator in (KNOWN, LISTED):
            assert np.isfinite(pick(found, estimator, sample).estimate)
    assert pick(found, term="police").low < 0 < pick(found, term="police").high


def test_sizes_are_those_of_the_data(found: Drivers) -> None:
    one = pick(found)
    assert (one.rows, one.units, one.clusters) == (72, 24, 24)
    assert "24 areas" in words(found, "warning")


def test_order_of_rows_and_names_of_sectors_change_nothing() -> None:
    table, measures = invent()
    once = fit(table, measures)
    assert fit(table.sample(frac=1, random_state=1), measures).answer == once.answer
    renamed = table.assign(sector_id=table["sector_id"].map({"A": "Z", "F": "Y", "G": "X"}))
    assert pick(fit(renamed, measures)).estimate == pytest.approx(pick(once).estimate, rel=1e-6)


def test_drivers_that_move_together_are_read_one_at_a_time() -> None:
    table, measures = invent()
    rng = np.random.default_rng(3)
    twin = measures.drivers["poverty"] + 0.05 * rng.normal(size=len(measures.drivers))
    both = replace(measures, drivers=measures.drivers.assign(unemployment=twin))
    found = fit(table, both)
    assert "move together" in words(found, "warning")
    together, alone = pick(found, sample=TOGETHER), pick(found)
    assert together.high - together.low > 3 * (alone.high - alone.low)


def test_measures_that_say_nothing_are_left_out_by_name() -> None:
    table, measures = invent()
    drivers = measures.drivers.assign(
        same=1.0, copied=2 * measures.drivers["poverty"] + 1, rare=np.nan, endless=np.inf
    )
    found = fit(table, replace(measures, drivers=drivers))
    said = words(found, "warning")
    for name, why in (
        ("same", "the same in every area"),
        ("copied", "follows exactly"),
        ("rare", "known of fewer than 8"),
        ("endless", "known of fewer than 8"),
    ):
        assert f"{name} was left out: " in said
        assert why in said
    assert {effect.term for effect in found.answer.effects} == {"poverty", "police"}


def test_areas_without_a_measure_are_left_out_and_counted() -> None:
    table, measures = invent()
    drivers = measures.drivers.copy()
    drivers.iloc[:3] = np.nan
    found = fit(table, replace(measures, drivers=drivers))
    assert "3 of 24 areas were left out" in words(found, "warning")
    assert pick(found).units == 21


def test_refusals_come_without_a_number() -> None:
    table, measures = invent()
    few = table[table["area_id"].isin(["R00", "R01", "R02"])]
    flat = replace(measures, drivers=measures.drivers * 0)
    nobody = table.assign(infiltrated=0.0)
    alone = table[table["draw"] == 0]
    unmeasured = AreaMeasures(measures.drivers[[]], measures.effort[[]])
    for draws, used in (
        (table.head(0), measures),
        (few, measures),
        (table, flat),
        (nobody, measures),
        (alone, measures),
        (table, unmeasured),
    ):
        found = fit(draws, used)
        assert found.answer.is_refused
        assert found.answer.effects == ()


def test_more_measures_than_areas_are_said_and_read_alone() -> None:
    table, measures = invent(areas=9, draws=10)
    rng = np.random.default_rng(4)
    more = measures.drivers.assign(**{f"m{k}": rng.normal(size=9) for k in range(6)})
    found = fit(table, replace(measures, drivers=more))
    assert "m5 and police cannot be fitted to 9 areas" in words(found, "warning")
    assert {effect.sample for effect in found.answer.effects} == {MAIN, WITHOUT_EFFORT}


def test_draws_must_fit_together() -> None:
    table, measures = invent()
    with pytest.raises(ValueError, match="same cells"):
        fit(table.iloc[1:], measures)
    with pytest.raises(ValueError, match="no column listed"):
        fit(table.drop(columns="listed"), measures)


def test_few_draws_are_said() -> None:
    assert "20 draws" in words(fit(*invent(draws=20)), "warning")


def test_no_association_is_seldom_found() -> None:
    """Of 12 invented countries without an association, at most three intervals leave out zero."""
    wrong = 0
    for seed in range(12):
        found = fit(*invent(seed, noise=0.3, areas=16, draws=25, slope=0.0))
        one: Effect = pick(found, sample=WITHOUT_EFFORT)
        wrong += not one.low < 0 < one.high
    assert wrong <= 3


def test_the_regression_is_that_of_statsmodels_with_areas_left_out_by_hand() -> None:
    import statsmodels.api as sm

    rng = np.random.default_rng(6)
    area, sector = np.repeat(np.arange(12), 3), np.tile(np.arange(3), 12)
    measures = rng.normal(size=(12, 1))
    firms = rng.integers(50, 500, 36).astype(float)
    share = rng.binomial(firms.astype(int), expit(-2 + 0.3 * measures[area, 0])) / firms
    design = CellDesign(firms, area, sector, measures)
    slope, variance = regress_cells(share, design)
    X = np.column_stack([measures[area], np.eye(3)[sector]])
    whole = sm.GLM(share, X, family=sm.families.Binomial(), var_weights=firms).fit()
    assert slope[0] == pytest.approx(whole.params[0], rel=1e-7)
    left_out = [
        sm.GLM(share[keep], X[keep], family=sm.families.Binomial(), var_weights=firms[keep])
        .fit()
        .params[0]
        for keep in (area != g for g in range(12))
    ]
    # one step of the fit without an area comes close to that fit
    by_hand = 11 / 12 * ((np.array(left_out) - whole.params[0]) ** 2).sum()
    assert variance[0] == pytest.approx(by_hand, rel=0.1)


def test_sectors_without_anybody_do_not_break_the_fit() -> None:
    design = CellDesign(
        np.full(24, 100.0),
        np.repeat(np.arange(12), 2),
        np.tile([0, 1], 12),
        np.linspace(-1, 1, 12)[:, None],
    )
    share = np.where(design.sector == 0, 0.0, 0.1 + 0.02 * design.measures[design.area, 0])
    slope, variance = regress_cells(share, design)
    assert np.isfinite([slope[0], variance[0]]).all()
    assert slope[0] > 0
    nothing, _ = regress_cells(np.zeros(24), design)
    assert np.isnan(nothing).all()


class _Engine(SimpleNamespace):
    """Answers the three questions that are asked."""

    def frame(self, sql: str, parameters: Any = None) -> pd.DataFrame:
        if "DISTINCT" in sql:
            return pd.DataFrame({"measure": sorted(set(self.values["measure"]))})
        return self.areas if "FROM areas" in sql else self.values


def test_measures_are_read_for_the_nearest_area_around() -> None:
    engine: Any = _Engine(
        values=pd.DataFrame(
            {
                "area_id": ["R1", "R2", "R1", "R2"],
                "measure": ["gdp", "gdp", "police", "police"],
                "value": [10.0, 20.0, 5.0, 6.0],
            }
        ),
        areas=pd.DataFrame({"area_id": ["R1", "R2", "P1"], "parent_id": ["XX", "XX", "R1"]}),
    )
    read = read_area_measures(
        engine, pd.Timestamp("2026-06-30").date(), ["P1", "R2"], [], ["police"]
    )
    assert list(read.drivers) == ["gdp"]
    assert read.drivers.loc["P1", "gdp"] == pytest.approx(np.arcsinh(10.0))
    assert read.effort.loc["R2", "police"] == pytest.approx(np.arcsinh(6.0))
    for wrong in ("nonsense", "police"):
        with pytest.raises(CheckFailed, match=wrong):
            read_area_measures(
                engine, pd.Timestamp("2026-06-30").date(), ["R2"], [wrong], ["police"]
            )
