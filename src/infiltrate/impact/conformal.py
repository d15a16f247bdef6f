"""Intervals of a treated unit's effect by exchanging years."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from infiltrate.impact.comparative_case import Comparison

_POINTS = 100
_WIDENINGS = 6


@dataclass(frozen=True, eq=False)
class ConformalIntervals:
    """What the data say about an effect without any model of its errors.

    Attributes
    ----------
    p_value : float
        Of no effect in any year of the effect.
    low, high : float
        Constant effects that are not rejected; infinite where no effect can be.
    years : pandas.DataFrame
        ``low`` and ``high`` of each year of the effect, indexed by the year.
    """

    p_value: float
    low: float
    high: float
    years: pd.DataFrame


def interval_by_years(
    comparison: Comparison, interval: float, *, yearly: bool = True
) -> ConformalIntervals:
    """Return conformal intervals of the effect on the treated unit.

    Parameters
    ----------
    comparison : Comparison
        The case; all years before treatment are used.
    interval : float
        Coverage.
    yearly : bool
        Whether each year has an interval of its own.

    Notes
    -----
    Chernozhukov, Wüthrich and Zhu (2021): under a supposed effect the treated unit's outcomes
    without treatment are known in all years; a synthetic control of the outcomes is fitted to all
    of them, and the mean size of its errors in the years of the effect is compared with that in
    every other stretch of as many years. With T years no p value is below 1/T, so that a high
    coverage may have no bounds. The library diff-diff is used; the supposed constant effects are
    tried on a grid that is widened until its ends are rejected.
    """
    fit = _fit(comparison, comparison.is_effect)
    low, high = _invert(fit, 1 - interval)
    ends = {}
    if yearly:
        for year in comparison.years[comparison.is_effect]:
            ends[year] = _invert(_fit(comparison, comparison.years == year), 1 - interval)
    years = pd.DataFrame.from_dict(ends, orient="index", columns=["low", "high"], dtype=float)
    return ConformalIntervals(_test(fit, 0.0), low, high, years)


def _fit(comparison: Comparison, after: np.ndarray) -> Any:
    """Return the library's fit to the years before treatment and the chosen ones after it."""
    from diff_diff import SyntheticControl

    kept = comparison.outcomes[~comparison.is_treated | after]
    long = kept.rename_axis(index="year").reset_index().melt("year", var_name="unit")
    treated = long["unit"] == comparison.case.treated
    long["treated"] = (treated & (long["year"] >= comparison.case.first_treated)).astype(int)
    # its warnings say that few years bound the p value, which the docstring says too
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return SyntheticControl(v_method="inverse_variance").fit(
            long, outcome="value", treatment="treated", unit="unit", time="year"
        )


def _test(fit: Any, effect: float) -> float:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return float(fit.conformal_test(effect)["p_value"])


def _invert(fit: Any, alpha: float) -> tuple[float, float]:
    """Return the ends of the constant effects that are not rejected."""
    if alpha < 1 / (fit.n_pre_periods + fit.n_post_periods):
        return -np.inf, np.inf
    gaps = fit.get_gap_df()
    after = gaps["period"].isin(fit.post_periods)
    center = float(gaps.loc[after, "gap"].mean())
    half = max(0.5 * abs(center), 4 * float(gaps.loc[~after, "gap"].std()), 1e-9)
    for _ in range(_WIDENINGS):
        tried = np.linspace(center - half, center + half, _POINTS + 1)
        kept = np.array([_test(fit, effect) > alpha for effect in tried])
        if not kept.any():
            return float("nan"), float("nan")
        if not (kept[0] or kept[-1]):
            step = tried[1] - tried[0]
            return float(tried[kept].min() - step), float(tried[kept].max() + step)
        half *= 2
    return (
        -np.inf if kept[0] else float(tried[kept].min()),
        np.inf if kept[-1] else float(tried[kept].max()),
    )
