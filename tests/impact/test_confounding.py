"""Sensitivity to confounders: published numbers, confounders that were left out, broken input."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from infiltrate.impact.confounding import examine_confounding
from infiltrate.impact.confounding_formulas import (
    LinearEffect,
    SelectionMoments,
    bound_by_benchmark,
    find_proportional_selection,
    measure_robustness,
)
from infiltrate.impact.panel import fit_panel
from infiltrate.impact.panel_model import PanelModel

# Cinelli and Hazlett (2020), section 5: harm by violence in Darfur and attitudes to peace, as the
# authors' package sensemakr prints it: estimate, standard error, degrees of freedom
DARFUR = LinearEffect(0.09731582, 0.02325654, 783)
# shares of treatment and outcome that being female tells, from its printed bounds of strength one
FEMALE_TREATMENT = 0.00916428667504862 / (1 + 0.00916428667504862)
FEMALE_OUTCOME = 0.12464092303637
MODEL = PanelModel(
    "log_revenue",
    ("infiltrated", "size", "age"),
    effects=("company_id", "year"),
    cluster=("company_id",),
)


def make_panel(confounding: float = 0.5) -> pd.DataFrame:
    rng = np.random.default_rng(9)
    company, year = np.repeat(np.arange(150), 6), np.tile(np.arange(6), 150)
    unseen, size, age = rng.normal(size=(3, len(company)))
    infiltrated = 0.4 * size + 0.2 * age + confounding * unseen + rng.normal(size=len(company))
    own = rng.normal(size=150)[company]
    revenue = 0.3 * infiltrated + 0.5 * size + 0.1 * age + 0.7 * unseen + own
    return pd.DataFrame(
        {
            "company_id": company.astype(str),
            "year": year,
            "infiltrated": infiltrated,
            "size": size,
            "age": age,
            "unseen": unseen,
            "log_revenue": revenue + rng.normal(size=len(company)),
        }
    )


def female_outcome() -> float:
    """The share that gives the printed bound of strength one."""
    shared = FEMALE_TREATMENT**2 / (1 - FEMALE_TREATMENT) ** 2
    odds = FEMALE_OUTCOME * (1 - shared) / (1 + np.sqrt(shared)) ** 2
    return odds / (1 + odds)


def test_robustness_values_of_darfur() -> None:
    found = measure_robustness(DARFUR)
    assert found.partial_r2 == pytest.approx(0.02187309, abs=1e-7)
    assert found.value == pytest.approx(0.138776, abs=1e-6)
    assert found.value_of_interval == pytest.approx(0.07625797, abs=1e-7)
    # the same from the rounded t of the paper's table
    assert measure_robustness(LinearEffect(4.184, 1, 783)).value == pytest.approx(0.139, abs=5e-4)


@pytest.mark.parametrize(
    ("times", "printed"),
    [
        (1, (0.12464092, 0.07522027, 0.02187333, 0.03228296, 0.11815758)),
        (2, (0.24932406, 0.05291517, 0.02035006, 0.01296803, 0.09286231)),
        (3, (0.37405047, 0.03039602, 0.01867007, -0.00625329, 0.06704533)),
    ],
)
def test_bounds_of_darfur_by_being_female(times: int, printed: tuple[float, ...]) -> None:
    bound = bound_by_benchmark(
        DARFUR,
        "female",
        with_treatment=FEMALE_TREATMENT,
        with_outcome=female_outcome(),
        times=times,
    )
    assert bound.r2_treatment == pytest.approx(times * 0.00916428667504862, rel=1e-9)
    found = (bound.r2_outcome, bound.estimate, bound.std_error, bound.low, bound.high)
    assert found[:3] == pytest.approx(printed[:3], abs=2e-8)
    # sensemakr's limits count one degree of freedom too many: the confounder takes it
    assert found[3:] == pytest.approx(printed[3:], abs=2e-7)


def test_a_negative_effect_is_bounded_towards_zero_too() -> None:
    shares = {"with_treatment": FEMALE_TREATMENT, "with_outcome": female_outcome()}
    up = bound_by_benchmark(DARFUR, "female", **shares)
    down = bound_by_benchmark(replace(DARFUR, estimate=-DARFUR.estimate), "female", **shares)
    assert (down.estimate, down.low, down.high) == pytest.approx((-up.estimate, -up.high, -up.low))


def test_the_robustness_value_is_where_the_effect_ends() -> None:
    value = measure_robustness(DARFUR).value
    bias = DARFUR.std_error * np.sqrt(DARFUR.freedom * value * value / (1 - value))
    assert bias == pytest.approx(DARFUR.estimate, rel=1e-9)
    assert measure_robustness(replace(DARFUR, estimate=0.02)).value_of_interval == 0
    # larger errors leave less to be undone
    wide = measure_robustness(replace(DARFUR, inflation=1.5))
    assert wide.value == measure_robustness(DARFUR).value
    assert 0 < wide.value_of_interval < 0.07


def test_a_confounder_stronger_than_all_is_no_bound() -> None:
    with pytest.raises(ArithmeticError, match="3 times as strong as size"):
        bound_by_benchmark(DARFUR, "size", with_treatment=0.4, with_outcome=0.1, times=3)


@pytest.mark.parametrize("delta", [0.5, 1.0, 2.0, -0.5])
def test_osters_delta_is_the_one_that_was_planted(delta: float) -> None:
    # outcome = 0.3 treatment + seen + unseen, seen and unseen unrelated; everything in moments
    effect, seen, unseen, with_seen, treatment = 0.3, 2.0, 1.0, 0.6, 3.0
    with_unseen = delta * with_seen / seen * unseen
    with_outcome = effect * treatment + with_seen + with_unseen
    total = effect**2 * treatment + seen + unseen + 2 * effect * (with_seen + with_unseen)
    short = with_outcome / treatment
    left = treatment - with_seen**2 / seen
    seen_with_outcome = effect * with_seen + seen
    long = (with_outcome - with_seen / seen * seen_with_outcome) / left
    moments = SelectionMoments(
        short=short,
        long=long,
        short_r2=short * with_outcome / total,
        long_r2=(long**2 * left + seen_with_outcome**2 / seen) / total,
        outcome_variance=total,
        treatment_variance=treatment,
        left_variance=left,
    )
    assert find_proportional_selection(moments, 1.0, effect) == pytest.approx(delta, rel=1e-9)


def test_the_examined_effect_is_the_estimated_one() -> None:
    panel = make_panel()
    found = examine_confounding(panel, replace(MODEL, cluster=()))
    fitted = fit_panel(panel, MODEL).effects[0]
    none = examine_confounding(panel, MODEL, multiples=[1e-12]).answer.effects[0]
    assert none.estimate == pytest.approx(fitted.estimate, rel=1e-4)
    assert none.std_error == pytest.approx(fitted.std_error, rel=2e-3)
    assert [effect.sample for effect in found.answer.effects] == [
        f"confounder {times} times as strong as {name}"
        for name in ("size", "age")
        for times in (1, 2, 3)
    ]
    assert found.robustness is not None
    assert 0 < found.robustness.value_of_interval < found.robustness.value < 1


def test_a_confounder_that_was_left_out_stays_within_its_bound() -> None:
    panel = make_panel()
    seen = fit_panel(panel, replace(MODEL, regressors=(*MODEL.regressors, "unseen"))).effects[0]
    biased = fit_panel(panel, MODEL).effects[0]
    # as strong with treatment and outcome as the one left out is, times what size is
    bounds = examine_confounding(panel, MODEL, multiples=(1, 2, 3)).bounds
    assert bounds[2].benchmark == "size"
    assert bounds[2].estimate < seen.estimate < biased.estimate


def test_an_effect_that_little_undoes_is_a_warning() -> None:
    panel = make_panel()
    panel["log_revenue"] = panel["log_revenue"] - 0.45 * panel["infiltrated"]
    found = examine_confounding(panel, MODEL)
    said = [finding.text for finding in found.answer.findings]
    assert any("would bring the interval of `infiltrated` to zero" in text for text in said)


def test_without_further_regressors_there_are_no_benchmarks() -> None:
    found = examine_confounding(make_panel(), replace(MODEL, regressors=("infiltrated",)))
    assert found.bounds == ()
    assert np.isnan(found.proportional_selection)
    assert found.robustness is not None


def test_effects_of_groups_are_a_benchmark_too() -> None:
    panel = make_panel()
    rng = np.random.default_rng(4)
    market = rng.integers(0, 8, len(panel))
    mode = rng.normal(size=(8, 6))[market, panel["year"]]
    panel["market_year"] = market * 6 + panel["year"]
    panel["infiltrated"] += 0.5 * mode
    panel["log_revenue"] += 0.8 * mode
    # labels that say nothing are worth nothing, though there are as many
    panel["chance"] = rng.permutation(panel["market_year"].to_numpy())
    plain = replace(MODEL, regressors=("infiltrated",), estimator="absorbed effects")
    bounds = {}
    for name in ("market_year", "chance"):
        model = replace(plain, effects=("company_id", "year", name))
        found = examine_confounding(panel, model, [1], plainer_effects=("company_id", "year"))
        (bounds[name],) = found.bounds
    assert bounds["market_year"].benchmark == "the effects of market_year"
    assert 0.05 < bounds["market_year"].r2_treatment < 0.3
    assert bounds["chance"].r2_treatment < 0.03


def test_what_cannot_be_examined() -> None:
    panel = make_panel()
    refused = examine_confounding(panel.assign(size=1.0), MODEL)
    assert refused.answer.is_refused
    assert refused.robustness is None
    with pytest.raises(ValueError, match="not for poisson"):
        examine_confounding(panel, replace(MODEL, estimator="poisson"))
