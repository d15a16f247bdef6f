"""Synthetic control: planted weights and effects come back, placebos rank, bad data are refused."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from infiltrate.impact.answer import Effect
from infiltrate.impact.comparative_case import (
    ComparativeCase,
    Comparison,
    Predictor,
    prepare_comparison,
)
from infiltrate.impact.conformal import interval_by_years
from infiltrate.impact.predictor_weights import Problem, fit_outcomes, search_optima
from infiltrate.impact.ridge_augmented import fit_ridge_augmented
from infiltrate.impact.simplex import fit_simplex
from infiltrate.impact.synthetic_control import SyntheticControl, fit_synthetic_control
from infiltrate.impact.synthetic_did import fit_synthetic_did
from infiltrate.impact.synthetic_fit import SearchSettings

FIRST, TREATED_ON, LAST = 1990, 2015, 2019
EFFECT = -3.0
CASE = ComparativeCase("gdp", "Area 00", TREATED_ON, measured_in="percent")
QUICK = SearchSettings(starts=2)


def draw_areas(seed: int, effect: float = EFFECT, noise: float = 0.3) -> pd.DataFrame:
    """Twenty areas that follow two common factors; the first is 60 % of one and 40 % of another."""
    rng = np.random.default_rng(seed)
    years = np.arange(FIRST, LAST + 1)
    factors = np.cumsum(rng.normal(0, 1, (2, len(years))), axis=1)
    loads = rng.uniform(-1, 1, (20, 2))
    loads[0] = 0.6 * loads[1] + 0.4 * loads[2]
    level = rng.uniform(8, 12, 20)
    level[0] = 0.6 * level[1] + 0.4 * level[2]
    outcome = level[:, None] + loads @ factors + rng.normal(0, noise, (20, len(years)))
    outcome[0, years >= TREATED_ON] += effect
    return pd.DataFrame(
        {
            "area_id": np.repeat([f"Area {at:02d}" for at in range(20)], len(years)),
            "year": np.tile(years, 20),
            "gdp": outcome.ravel(),
            "first_load": np.repeat(loads[:, 0], len(years)),
            "second_load": np.repeat(loads[:, 1], len(years)),
            "level": np.repeat(level, len(years)),
        }
    )


@pytest.fixture(scope="module")
def areas() -> pd.DataFrame:
    return draw_areas(1)


@pytest.fixture(scope="module")
def found(areas: pd.DataFrame) -> SyntheticControl:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return fit_synthetic_control(areas, CASE, np.random.default_rng(1), settings=QUICK)


def pick(answer: Any, **wanted: object) -> Effect:
    chosen = [
        effect
        for effect in answer.effects
        if all(getattr(effect, name) == value for name, value in wanted.items())
    ]
    assert len(chosen) == 1, wanted
    return chosen[0]


def main_effect(answer: Any) -> Effect:
    return pick(answer, estimator="synthetic control", term="average", sample="main")


@pytest.mark.parametrize("seed", range(8))
def test_simplex_weights_are_where_no_shift_between_columns_helps(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows, columns = rng.integers(3, 30), rng.integers(2, 20)
    matrix, target = rng.normal(5, 2, (rows, columns)), rng.normal(5, 2, rows)
    importance = rng.uniform(0, 1, rows)
    weights = fit_simplex(matrix, target, importance)
    assert weights.sum() == pytest.approx(1)
    assert (weights >= 0).all()
    slope = -matrix.T @ (importance * (target - matrix @ weights))
    assert slope[weights > 1e-9] == pytest.approx(slope.min(), abs=1e-6)


def test_an_exact_mixture_is_found_exactly() -> None:
    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(12, 5))
    weights = fit_simplex(matrix, 0.6 * matrix[:, 1] + 0.4 * matrix[:, 3])
    assert weights == pytest.approx([0, 0.6, 0, 0.4, 0], abs=1e-12)
    assert fit_simplex(matrix[:, :1], matrix[:, 2]).tolist() == [1.0]


def test_without_noise_planted_weights_and_effect_come_back() -> None:
    exact = draw_areas(3, noise=0.0)
    case = replace(CASE, predictors=tuple(Predictor(name, 1990, 2014) for name in ("level", "gdp")))
    comparison, findings = prepare_comparison(exact, case)
    assert comparison is not None and not findings
    donors = fit_simplex(
        comparison.outcomes.loc[:2014, comparison.donors].to_numpy(),
        comparison.outcomes.loc[:2014, "Area 00"].to_numpy(),
    )
    gap = comparison.outcomes["Area 00"] - comparison.outcomes[comparison.donors] @ donors
    assert gap.loc[2015:].to_numpy() == pytest.approx(EFFECT, abs=1e-6)
    assert np.abs(gap.loc[:2014]).max() < 1e-6


def test_the_planted_effect_lies_in_the_intervals(found: SyntheticControl) -> None:
    effect = main_effect(found.answer)
    assert effect.estimate == pytest.approx(EFFECT, abs=0.5)
    assert effect.low <= EFFECT <= effect.high
    assert effect.p_value < 0.2  # 30 years, five of them after
    yearly = [one for one in found.answer.effects if one.event_time is not None]
    assert [one.event_time for one in yearly] == [0, 1, 2, 3, 4]
    assert sum(one.low <= EFFECT <= one.high for one in yearly) >= 4
    assert all(np.isfinite([one.low, one.high]).all() for one in yearly)
    assert (effect.unit, effect.units, effect.treated) == ("percent", 20, 1)


def test_the_treated_area_ranks_first_among_placebos(found: SyntheticControl) -> None:
    rank = pick(found.answer, term="error after over error before")
    assert rank.p_value == pytest.approx(1 / 20)
    assert found.placebos.loc[0, "unit"] == "Area 00"
    assert len(found.placebos) == 20
    assert len(found.gaps) == 20 * 30
    mine = found.gaps[found.gaps["is_treated"]].set_index("year")["gap"]
    assert mine.to_numpy() == pytest.approx(found.path["gap"].to_numpy())


def test_a_false_date_finds_nothing_and_is_named(found: SyntheticControl) -> None:
    false = next(one for one in found.answer.effects if one.sample.startswith("placebo date"))
    assert false.sample == "placebo date 2007"
    assert false.p_value > 0.05
    assert abs(false.estimate) < 0.5


def test_every_donor_of_weight_is_left_out_once(found: SyntheticControl) -> None:
    heavy = found.weights.loc[found.weights["weight"] > 0.01, "unit"]
    without = {one.sample for one in found.answer.effects if one.sample.startswith("without")}
    assert without == {f"without {unit}" for unit in heavy}
    assert found.weights["weight"].sum() == pytest.approx(1)
    assert found.weights["augmented"].sum() == pytest.approx(1)


def test_early_knowledge_of_the_treatment_is_a_warning(areas: pd.DataFrame) -> None:
    early = areas.copy()
    early.loc[(early["area_id"] == "Area 00") & (early["year"] >= 2007), "gdp"] += EFFECT
    answer = fit_synthetic_control(early, CASE, np.random.default_rng(1), settings=QUICK).answer
    assert any("where there can be none" in one.text for one in answer.findings)


def test_row_order_and_names_change_nothing(found: SyntheticControl, areas: pd.DataFrame) -> None:
    names = {unit: f"Area {(7 * at) % 20:02d}" for at, unit in enumerate(areas["area_id"].unique())}
    other = areas.sample(frac=1, random_state=3).assign(
        area_id=lambda table: table["area_id"].map(names)
    )
    second = fit_synthetic_control(other, CASE, np.random.default_rng(1), settings=QUICK)
    first = main_effect(found.answer)
    again = main_effect(second.answer)
    assert again.estimate == pytest.approx(first.estimate, abs=1e-9)
    assert (again.low, again.high) == pytest.approx((first.low, first.high), abs=1e-9)
    ranks = [pick(one.answer, term="error after over error before") for one in (found, second)]
    assert ranks[0].p_value == ranks[1].p_value
    assert ranks[0].estimate == pytest.approx(ranks[1].estimate, rel=1e-6)


def test_what_is_given_stays_as_it_was(areas: pd.DataFrame) -> None:
    before = areas.copy()
    prepare_comparison(areas, CASE)
    pd.testing.assert_frame_equal(areas, before)


def test_an_area_unlike_all_others_is_refused(areas: pd.DataFrame) -> None:
    rich = areas.copy()
    rich.loc[rich["area_id"] == "Area 00", "gdp"] += 20
    answer = fit_synthetic_control(rich, CASE, np.random.default_rng(1)).answer
    assert answer.is_refused and not answer.effects
    assert any("comes near" in one.text for one in answer.findings)


def test_a_poor_fit_is_a_warning_and_the_ridge_comes_nearer(areas: pd.DataFrame) -> None:
    apart = areas.copy()
    mine = apart["area_id"] == "Area 00"
    apart.loc[mine, "gdp"] = apart.groupby("year")["gdp"].transform("max")[mine] + 0.8
    found = fit_synthetic_control(apart, CASE, np.random.default_rng(1), settings=QUICK)
    assert any("misses the treated unit" in one.text for one in found.answer.findings)
    before = found.path[found.path["is_fitted"]]
    plain = (before["observed"] - before["synthetic"]).abs().mean()
    assert (before["observed"] - before["augmented"]).abs().mean() < plain


def refusal(panel: pd.DataFrame, case: ComparativeCase = CASE) -> str:
    found = fit_synthetic_control(panel, case, np.random.default_rng(1))
    assert found.answer.is_refused and not found.answer.effects and found.path.empty
    return next(one.text for one in found.answer.findings if one.severity == "refused")


def test_what_cannot_be_answered_is_refused_with_the_reason(areas: pd.DataFrame) -> None:
    assert "repeat a unit and year" in refusal(pd.concat([areas, areas.iloc[:3]]))
    assert "not in the data" in refusal(areas, replace(CASE, treated="Nowhere"))
    assert "from the treatment on" in refusal(areas, replace(CASE, first_treated=2030))
    assert "before the treatment" in refusal(areas, replace(CASE, first_treated=FIRST))
    assert "can be fitted: 3" in refusal(areas, replace(CASE, first_treated=1993))
    assert "years of the effect" in refusal(areas, replace(CASE, effect=(1991, 1995)))
    two = areas[areas["area_id"].isin(["Area 00", "Area 01"])]
    assert "left to compare with: 1" in refusal(two)
    with pytest.raises(ValueError, match="lacks the columns rainfall"):
        prepare_comparison(areas, replace(CASE, outcome="rainfall"))


def test_gaps_and_missing_values_are_counted(areas: pd.DataFrame) -> None:
    holed = areas.copy()
    holed.loc[(holed["area_id"] == "Area 05") & (holed["year"] == 1999), "gdp"] = np.nan
    holed.loc[(holed["area_id"] == "Area 06") & (holed["year"] == 1999), "gdp"] = np.inf
    holed.loc[(holed["area_id"] == "Area 00") & (holed["year"] == 2001), "gdp"] = np.nan
    holed = holed[holed["year"] != 2003]
    comparison, findings = prepare_comparison(holed, CASE)
    assert comparison is not None
    assert len(comparison.donors) == 17
    texts = " ".join(one.text for one in findings)
    assert "since the treated unit has no outcome: 1" in texts
    assert "Years missing in between: 2" in texts
    assert "missing in some year: 2 of 19" in texts


def test_predictors_that_say_nothing_are_left_out_and_named(areas: pd.DataFrame) -> None:
    flat = areas.assign(same=1.0, unknown=np.where(areas["area_id"] == "Area 00", np.nan, 2.0))
    flat.loc[flat["area_id"] == "Area 04", "level"] = np.nan
    wanted = tuple(Predictor(name, 1990, 2014) for name in ("level", "gdp", "same", "unknown"))
    comparison, findings = prepare_comparison(flat, replace(CASE, predictors=wanted))
    assert comparison is not None
    assert comparison.predictors.index.tolist() == ["level 1990-2014", "gdp 1990-2014"]
    assert "Area 04" not in comparison.donors
    texts = " ".join(one.text for one in findings)
    assert "no unknown 1990-2014" in texts
    assert "same for all units and not used: same" in texts
    assert "since they lack a predictor: 1" in texts


def pose(comparison: Comparison) -> Problem:
    fitted = comparison.outcomes[comparison.is_fitted]
    return Problem(
        comparison.predictors[comparison.donors].to_numpy(),
        comparison.predictors[comparison.case.treated].to_numpy(),
        fitted[comparison.donors].to_numpy(),
        fitted[comparison.case.treated].to_numpy(),
    )


def test_the_convex_optimum_is_reached_without_a_search_where_it_can_be(
    areas: pd.DataFrame,
) -> None:
    every_year = tuple(Predictor("gdp", year, year) for year in range(1990, 2015))
    comparison, _ = prepare_comparison(areas, replace(CASE, predictors=every_year))
    assert comparison is not None
    problem = pose(comparison)
    best = search_optima(problem, 1e-8, 1, np.random.default_rng(1))
    assert len(best) == 1 and best[0].starts == 0
    bound = problem.measure_error(fit_outcomes(problem))
    assert best[0].error == pytest.approx(bound, rel=1e-5)


def test_no_optimum_of_the_search_lies_below_the_convex_bound(areas: pd.DataFrame) -> None:
    few = (Predictor("level", 1990, 2014), Predictor("first_load", 1990, 2014))
    comparison, _ = prepare_comparison(areas, replace(CASE, predictors=few))
    assert comparison is not None
    problem = pose(comparison)
    optima = search_optima(problem, 1e-3, 4, np.random.default_rng(1))
    bound = problem.measure_error(fit_outcomes(problem))
    assert [one.error for one in optima] == sorted(one.error for one in optima)
    assert all(one.error >= bound * (1 - 1e-9) for one in optima)
    assert all(one.predictors.min() >= 1e-3 * (1 - 1e-6) for one in optima)


def test_conformal_intervals_are_those_of_pysyncon(areas: pd.DataFrame) -> None:
    from pysyncon import Synth
    from pysyncon.inference import ConformalInference

    class OutcomeControl(Synth):
        """Fitted to outcomes alone, as Chernozhukov, Wüthrich and Zhu have it."""

        def fit(self, Z0: pd.DataFrame, Z1: pd.Series) -> None:
            self.W = fit_simplex(Z0.to_numpy(), Z1.to_numpy())

    comparison, _ = prepare_comparison(areas, replace(CASE, effect=(2015, 2016)))
    assert comparison is not None
    ours = interval_by_years(comparison, 0.9)
    others = comparison.outcomes[comparison.donors]
    mine = comparison.outcomes[CASE.treated]
    control = OutcomeControl()
    control.fit(others.loc[:2014], mine.loc[:2014])
    theirs = ConformalInference().confidence_intervals(
        alpha=0.1,
        scm=control,
        Z0=others,
        Z1=mine,
        pre_periods=list(range(1990, 2015)),
        post_periods=[2015, 2016],
        tol=0.01,
        max_iter=500,
        verbose=False,
    )
    assert ours.years["low"].to_numpy() == pytest.approx(theirs["lower_ci"].to_numpy(), abs=0.1)
    assert ours.years["high"].to_numpy() == pytest.approx(theirs["upper_ci"].to_numpy(), abs=0.1)


@pytest.mark.parametrize("effect", [-6.0, EFFECT, 0.0, 2.0])
def test_conformal_p_values_are_those_of_diff_diff(areas: pd.DataFrame, effect: float) -> None:
    from diff_diff import SyntheticControl as Theirs

    treated = (areas["area_id"] == "Area 00") & (areas["year"] >= TREATED_ON)
    # their effect is supposed, ours is taken out beforehand
    fit = Theirs(v_method="inverse_variance").fit(
        areas.assign(treated=treated.astype(int)), "gdp", "treated", "area_id", "year"
    )
    without = areas.assign(gdp=areas["gdp"] - effect * treated)
    comparison, _ = prepare_comparison(without, CASE)
    assert comparison is not None
    ours = interval_by_years(comparison, 0.9, yearly=False).p_value
    assert ours == pytest.approx(fit.conformal_test(effect)["p_value"])


def test_too_few_years_leave_an_interval_without_ends(areas: pd.DataFrame) -> None:
    late = areas[areas["year"] >= 2005]
    found = fit_synthetic_control(late, CASE, np.random.default_rng(1), settings=QUICK)
    yearly = [one for one in found.answer.effects if one.event_time is not None]
    assert all(one.low == -np.inf and one.high == np.inf for one in yearly)
    assert any(
        "no year's effect has a bounded interval" in one.text for one in found.answer.findings
    )


def test_the_ridge_penalty_keeps_weights_that_add_up_to_one(areas: pd.DataFrame) -> None:
    comparison, _ = prepare_comparison(areas, CASE)
    assert comparison is not None
    weights = fit_ridge_augmented(comparison)
    gap = comparison.gap(weights)
    assert weights.sum() == pytest.approx(1)
    assert gap[comparison.is_effect].mean() == pytest.approx(EFFECT, abs=0.5)


def test_synthetic_differences_cover_the_effect_where_plain_ones_miss_it(
    areas: pd.DataFrame,
) -> None:
    comparison, _ = prepare_comparison(areas, CASE)
    assert comparison is not None
    answer = fit_synthetic_did(comparison, np.random.default_rng(1), replications=60)
    effect = pick(answer, estimator="synthetic difference in differences")
    assert effect.low <= EFFECT <= effect.high
    assert effect.std_error > 0
    plain = pick(answer, estimator="difference in differences")
    gap = areas.assign(mine=areas["area_id"] == "Area 00", after=areas["year"] >= TREATED_ON)
    means = gap.groupby(["mine", "after"])["gdp"].mean()
    by_hand = means[True, True] - means[True, False] - means[False, True] + means[False, False]
    assert plain.estimate == pytest.approx(by_hand)


@pytest.mark.validate
def test_intervals_cover_and_no_effect_is_rejected_as_often_as_said() -> None:
    covered, rejected, errors = [], [], []
    for seed in range(60):
        comparison, _ = prepare_comparison(draw_areas(100 + seed), CASE)
        assert comparison is not None
        yearly = interval_by_years(comparison, 0.9).years
        covered += ((yearly["low"] <= EFFECT) & (yearly["high"] >= EFFECT)).tolist()
        donors = fit_outcomes(pose(comparison))
        gap = comparison.outcomes["Area 00"] - comparison.outcomes[comparison.donors] @ donors
        errors.append(gap.loc[2015:].mean() - EFFECT)
        quiet, _ = prepare_comparison(draw_areas(100 + seed, effect=0.0), CASE)
        assert quiet is not None
        rejected.append(interval_by_years(quiet, 0.9, yearly=False).p_value <= 0.1)
    assert np.mean(covered) >= 0.85
    assert np.mean(rejected) <= 0.1 + 2 * np.sqrt(0.09 / 60)
    assert abs(np.mean(errors)) < 0.1
