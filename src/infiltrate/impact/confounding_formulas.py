"""Closed forms of sensitivity to confounders: Cinelli and Hazlett (2020) and Oster (2019)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class LinearEffect:
    """The coefficient of a treatment in a least squares regression.

    Attributes
    ----------
    estimate, std_error : float
        The standard error is the one of independent rows of equal variance.
    freedom : float
        Rows less parameters.
    inflation : float
        How many times larger the standard error is that is believed.
    """

    estimate: float
    std_error: float
    freedom: float
    inflation: float = 1.0


@dataclass(frozen=True)
class Robustness:
    """Strength of a confounder that undoes an effect.

    Attributes
    ----------
    partial_r2 : float
        Share of the outcome's variance that the treatment tells beyond the controls: a confounder
        that tells all the rest of the outcome undoes the effect when it tells this of the
        treatment.
    value : float
        Robustness value: a confounder that tells less than this of the rest of both the treatment
        and the outcome cannot bring the effect to zero.
    value_of_interval : float
        The same for the interval's reaching zero; 0 where it holds zero already.
    """

    partial_r2: float
    value: float
    value_of_interval: float


@dataclass(frozen=True)
class ConfounderBound:
    """What is left of an effect when a confounder of a strength is taken into account.

    Attributes
    ----------
    benchmark : str
        The regressor whose strength it has.
    times : float
        How many times.
    r2_treatment, r2_outcome : float
        Shares of what is left of the treatment's and the outcome's variance that it tells.
    estimate, std_error, low, high : float
        Of the effect, were the confounder seen and in the direction that hurts.
    """

    benchmark: str
    times: float
    r2_treatment: float
    r2_outcome: float
    estimate: float
    std_error: float
    low: float
    high: float


@dataclass(frozen=True)
class SelectionMoments:
    """Moments of a regression without and with controls.

    Attributes
    ----------
    short, long : float
        Coefficient of the treatment without and with the controls.
    short_r2, long_r2 : float
        R squared without and with the controls.
    outcome_variance, treatment_variance : float
        Variances.
    left_variance : float
        Variance of the treatment that the controls do not tell.
    """

    short: float
    long: float
    short_r2: float
    long_r2: float
    outcome_variance: float
    treatment_variance: float
    left_variance: float


def measure_robustness(effect: LinearEffect, *, coverage: float = 0.95) -> Robustness:
    """Measure how strong a confounder undoes an effect (Cinelli and Hazlett 2020, section 4.2).

    Parameters
    ----------
    effect : LinearEffect
        The effect.
    coverage : float
        Of the interval.
    """
    from scipy.stats import t

    strength = abs(effect.estimate) / effect.std_error / np.sqrt(effect.freedom)
    critical = t.ppf((1 + coverage) / 2, effect.freedom - 1) / np.sqrt(effect.freedom - 1)
    critical *= effect.inflation
    if strength <= critical:
        of_interval = 0.0
    elif strength * critical > 1:
        # so strong an effect, so few rows: the share of the treatment alone decides
        of_interval = (strength**2 - critical**2) / (1 + strength**2)
    else:
        of_interval = _solve_equal_shares(strength - critical)
    return Robustness(
        partial_r2=float(strength**2 / (1 + strength**2)),
        value=_solve_equal_shares(strength),
        value_of_interval=float(of_interval),
    )


def _solve_equal_shares(strength: float) -> float:
    return float((np.sqrt(strength**4 + 4 * strength**2) - strength**2) / 2)


def bound_by_benchmark(
    effect: LinearEffect,
    benchmark: str,
    *,
    with_treatment: float,
    with_outcome: float,
    times: float = 1.0,
    coverage: float = 0.95,
) -> ConfounderBound:
    """Take out of an effect a confounder some times as strong as a regressor that was seen.

    Cinelli and Hazlett (2020), sections 3.2 and 4.4; the confounder goes with no regressor, and is
    as many times as strong with the outcome as with the treatment.

    Parameters
    ----------
    effect : LinearEffect
        The effect.
    benchmark : str
        Name of the regressor.
    with_treatment : float
        Share of the treatment's variance that the benchmark tells beyond the other controls.
    with_outcome : float
        Share of the outcome's variance that it tells beyond treatment and other controls.
    times : float
        How many times as strong.
    coverage : float
        Of the interval.

    Raises
    ------
    ArithmeticError
        When no confounder can be so strong: it would tell more than all of the treatment.
    """
    from scipy.stats import t

    odds = with_treatment / (1 - with_treatment)
    r2_treatment = times * odds
    shared = times * with_treatment**2 / ((1 - times * with_treatment) * (1 - with_treatment))
    if r2_treatment >= 1 or not 0 <= shared < 1:
        raise ArithmeticError(f"no confounder can be {times:g} times as strong as {benchmark}")
    ratio = (np.sqrt(times) + np.sqrt(shared)) / np.sqrt(1 - shared)
    r2_outcome = min(1.0, ratio**2 * with_outcome / (1 - with_outcome))
    bias = effect.std_error * np.sqrt(
        effect.freedom * r2_outcome * r2_treatment / (1 - r2_treatment)
    )
    estimate = effect.estimate - np.copysign(bias, effect.estimate)
    std_error = (
        effect.inflation
        * effect.std_error
        * np.sqrt((1 - r2_outcome) / (1 - r2_treatment) * effect.freedom / (effect.freedom - 1))
    )
    reach = t.ppf((1 + coverage) / 2, effect.freedom - 1) * std_error
    return ConfounderBound(
        benchmark,
        times,
        float(r2_treatment),
        float(r2_outcome),
        float(estimate),
        float(std_error),
        float(estimate - reach),
        float(estimate + reach),
    )


def find_proportional_selection(
    moments: SelectionMoments, largest_r2: float, effect: float = 0.0
) -> float:
    """Find Oster's delta, for which the effect would be another (Oster 2019, section 3.2).

    Parameters
    ----------
    moments : SelectionMoments
        Of the regressions without and with controls.
    largest_r2 : float
        R squared of a regression with everything, seen and unseen; at least that with controls.
    effect : float
        The other effect.

    Returns
    -------
    float
        How many times as strongly as the controls the unseen would have to go with the treatment;
        infinite where no unseen can do it.
    """
    gap = moments.long - effect
    moved = moments.short - moments.long
    left, treatment = moments.left_variance, moments.treatment_variance
    unseen = (largest_r2 - moments.long_r2) * moments.outcome_variance
    seen = (moments.long_r2 - moments.short_r2) * moments.outcome_variance
    cube = gap**3 * (left * treatment - left**2)
    above = gap * left * (seen + treatment * moved**2) + 2 * gap**2 * left * moved * treatment
    below = (
        unseen * (moved * treatment + gap * (treatment - left))
        + gap**2 * left * moved * treatment
        + cube
    )
    if below == 0:
        return float("inf")
    return float((above + cube) / below)
