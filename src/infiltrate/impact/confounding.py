"""How strong what nobody saw would have to be to undo an effect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from infiltrate.impact.answer import Effect, Finding, ImpactAnswer
from infiltrate.impact.collinearity import take_out_effects
from infiltrate.impact.confounding_benchmarks import measure_effects, measure_regressors
from infiltrate.impact.confounding_formulas import (
    ConfounderBound,
    LinearEffect,
    Robustness,
    SelectionMoments,
    bound_by_benchmark,
    find_proportional_selection,
    measure_robustness,
)
from infiltrate.impact.panel_checks import check_model
from infiltrate.impact.panel_estimators import correct_errors, estimate_panel
from infiltrate.impact.panel_model import PanelModel

# Oster (2019): nine of ten randomised results hold when R squared may grow by this factor
_LARGEST_GAIN = 1.3


@dataclass(frozen=True)
class ConfoundingAnswer:
    """What it would take to undo the effect of a model's first regressor.

    Attributes
    ----------
    answer : ImpactAnswer
        The effect, and what is left of it for each confounder as strong as a regressor that was
        seen; ``sample`` says which. A warning where little undoes it.
    robustness : Robustness or None
        Strength that undoes the effect, or makes its interval reach zero (Cinelli and Hazlett
        2020); None where the answer is refused.
    bounds : tuple of ConfounderBound
        By regressor and multiple; none without further regressors.
    proportional_selection : float
        Oster's (2019) delta: how much stronger than all seen regressors together the unseen would
        have to go with the first, in the same direction, for no effect to be left; below zero
        where it would have to go the other way. Missing without further regressors.
    doubts : tuple of Finding
        The warnings where little undoes the effect, without what was found of the panel.
    """

    answer: ImpactAnswer
    robustness: Robustness | None = None
    bounds: tuple[ConfounderBound, ...] = ()
    proportional_selection: float = float("nan")
    doubts: tuple[Finding, ...] = ()


def examine_confounding(
    panel: pd.DataFrame,
    model: PanelModel,
    multiples: Sequence[float] = (1, 2, 3),
    plainer_effects: Sequence[str] = (),
) -> ConfoundingAnswer:
    """Ask how far an effect stands against confounders that were not seen.

    Parameters
    ----------
    panel : DataFrame
        One row per unit and time.
    model : PanelModel
        Least squares: pooled, or with fixed or absorbed effects. Its first regressor is the one
        whose effect is examined; each further one is a benchmark of how strong a confounder may
        be, given the effects.
    multiples : sequence of float
        How many times as strong as each benchmark the confounder is, with treatment and outcome
        alike.
    plainer_effects : sequence of str
        Effects of a plainer model, such as company and year where the model has company and market
        by year: what the model's effects tell beyond them is one more benchmark. Shares are less
        what so many groups tell by chance.

    Returns
    -------
    ConfoundingAnswer
        Shares of variance take the rows as independent. Intervals are as many times as long as
        the clustered standard error of the effect is longer than the one of independent rows.

    Raises
    ------
    ValueError
        When the model is not least squares, or a column is absent or not of numbers.
    """
    if model.estimator in ("random effects", "poisson"):
        raise ValueError(f"confounding is examined for least squares, not for {model.estimator}")
    checked = check_model(panel, model)
    if checked.is_refused:
        return ConfoundingAnswer(ImpactAnswer(findings=checked.findings))
    rows = checked.rows
    within = take_out_effects(
        rows[[model.outcome, *model.regressors]].to_numpy(), rows, model.effects
    )
    _, freedom = correct_errors(rows, len(model.regressors), model.effects, ())
    effect = _measure_effect(within, freedom)
    clustered = np.sqrt(estimate_panel(rows, model).covariance[0, 0])
    effect = replace(effect, inflation=float(clustered / effect.std_error))
    robustness = measure_robustness(effect, coverage=model.coverage)
    benchmarks = measure_regressors(within, model)
    if plainer_effects:
        benchmarks |= measure_effects(within, rows, model, plainer_effects)
    bounds = _bound(effect, benchmarks, multiples, model.coverage)
    delta = _select(within) if len(model.regressors) > 1 else float("nan")
    doubts = tuple(_judge(robustness, bounds, delta, model))
    answer = ImpactAnswer(
        tuple(_describe(bound, rows, model) for bound in bounds), (*checked.findings, *doubts)
    )
    return ConfoundingAnswer(answer, robustness, bounds, delta, doubts)


def _measure_effect(within: np.ndarray, freedom: float) -> LinearEffect:
    """Regress the first column on the others; return the effect of the second."""
    outcome, regressors = within[:, 0], within[:, 1:]
    coefficients, *_ = np.linalg.lstsq(regressors, outcome, rcond=None)
    variance = ((outcome - regressors @ coefficients) ** 2).sum() / freedom
    spread = np.linalg.inv(regressors.T @ regressors)[0, 0]
    return LinearEffect(float(coefficients[0]), float(np.sqrt(variance * spread)), freedom)


def _bound(
    effect: LinearEffect,
    benchmarks: Mapping[str, tuple[float, float]],
    multiples: Sequence[float],
    coverage: float,
) -> tuple[ConfounderBound, ...]:
    bounds = []
    for name, (with_treatment, with_outcome) in benchmarks.items():
        for times in multiples:
            try:
                bound = bound_by_benchmark(
                    effect,
                    name,
                    with_treatment=with_treatment,
                    with_outcome=with_outcome,
                    times=times,
                    coverage=coverage,
                )
            except ArithmeticError:
                # no confounder can be so strong, and so none of it is to be feared
                continue
            bounds.append(bound)
    return tuple(bounds)


def _select(within: np.ndarray) -> float:
    outcome, treatment, controls = within[:, 0], within[:, 1], within[:, 2:]
    everything = np.linalg.lstsq(within[:, 1:], outcome, rcond=None)[0]
    left = treatment - controls @ np.linalg.lstsq(controls, treatment, rcond=None)[0]
    short = float(treatment @ outcome / (treatment @ treatment))
    total = float(outcome @ outcome)
    moments = SelectionMoments(
        short=short,
        long=float(everything[0]),
        short_r2=1 - float(((outcome - short * treatment) ** 2).sum()) / total,
        long_r2=1 - float(((outcome - within[:, 1:] @ everything) ** 2).sum()) / total,
        outcome_variance=total / len(outcome),
        treatment_variance=float(treatment @ treatment) / len(outcome),
        left_variance=float(left @ left) / len(outcome),
    )
    return find_proportional_selection(moments, min(1.0, _LARGEST_GAIN * moments.long_r2))


def _describe(bound: ConfounderBound, rows: pd.DataFrame, model: PanelModel) -> Effect:
    return Effect(
        design=model.design,
        estimator="least squares less a confounder",
        outcome=model.outcome,
        term=model.regressors[0],
        estimate=bound.estimate,
        std_error=bound.std_error,
        low=bound.low,
        high=bound.high,
        unit=model.measure,
        rows=len(rows),
        units=rows[model.unit].nunique(),
        clusters=min((rows[name].nunique() for name in model.cluster), default=None),
        sample=f"confounder {bound.times:g} times as strong as {bound.benchmark}",
    )


def _judge(
    robustness: Robustness,
    bounds: Sequence[ConfounderBound],
    delta: float,
    model: PanelModel,
) -> list[Finding]:
    said = []
    treatment = model.regressors[0]
    undone = [bound for bound in bounds if bound.low <= 0 <= bound.high]
    if robustness.value_of_interval and undone:
        first = min(undone, key=lambda bound: bound.times)
        said.append(
            f"An unseen confounder {first.times:g} times as strong as {first.benchmark} would "
            f"bring the interval of `{treatment}` to zero; it need tell no more than "
            f"{robustness.value_of_interval:.1%} of the rest of treatment and outcome."
        )
    if 0 <= delta < 1:
        said.append(
            f"What is unseen need go with `{treatment}` only {delta:.2f} times as much as the "
            "controls do to undo its effect (Oster's delta, below 1)."
        )
    return [Finding("warning", model.design, text) for text in said]
