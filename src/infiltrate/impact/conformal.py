"""Intervals of a treated unit's effect by exchanging years."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from infiltrate.impact.comparative_case import Comparison
from infiltrate.impact.simplex import fit_simplex

_POINTS = 50
_WIDENINGS = 10
_HALVINGS = 12
_TIE = 1e-12


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
    every other stretch of as many years, the last year being followed by the first. With T years
    no p value is below 1/T, so that a high coverage may have no bounds. A year's own interval
    uses the years before treatment and that year alone. pysyncon and diff-diff have the same
    test; they take a hundred times as long for each supposed effect.
    """
    whole = _Trial(comparison, comparison.is_effect)
    low, high = whole.invert(1 - interval)
    ends = {}
    if yearly:
        for year in comparison.years[comparison.is_effect]:
            ends[year] = _Trial(comparison, comparison.years == year).invert(1 - interval)
    years = pd.DataFrame.from_dict(ends, orient="index", columns=["low", "high"], dtype=float)
    return ConformalIntervals(whole.test(0.0), low, high, years)


class _Trial:
    """Supposed effects in some years, held against the years before treatment."""

    def __init__(self, comparison: Comparison, after: np.ndarray) -> None:
        kept = ~comparison.is_treated | after
        outcomes = comparison.outcomes[kept]
        self.treated = outcomes[comparison.case.treated].to_numpy(float)
        self.donors = outcomes[comparison.donors].to_numpy(float)
        self.after = after[kept]
        years = np.arange(len(self.treated))
        # every stretch of as many years, as rows of places
        self.stretches = (years[:, None] + years[self.after][None, :]) % len(years)

    def test(self, effect: float) -> float:
        """Return the p value of a constant effect."""
        without = self.treated - effect * self.after
        error = np.abs(without - self.donors @ fit_simplex(self.donors, without))
        sizes = error[self.stretches].mean(axis=1)
        return float((sizes >= sizes[0] - _TIE * max(sizes[0], 1.0)).mean())

    def invert(self, alpha: float) -> tuple[float, float]:
        """Return the ends of the constant effects that are not rejected."""
        if alpha < 1 / len(self.treated):
            return -np.inf, np.inf
        before = ~self.after
        gap = self.treated - self.donors @ fit_simplex(self.donors[before], self.treated[before])
        center, spread = float(gap[self.after].mean()), float(gap[before].std())
        half = max(0.5 * abs(center), 4 * spread, 1e-9)
        for _ in range(_WIDENINGS):
            tried = np.linspace(center - half, center + half, 2 * _POINTS + 1)
            kept = np.array([self.test(effect) > alpha for effect in tried])
            if not kept.any():
                return float("nan"), float("nan")
            if not (kept[0] or kept[-1]):
                break
            half *= 2
        first, last = int(np.argmax(kept)), len(kept) - 1 - int(np.argmax(kept[::-1]))
        return (
            -np.inf if kept[0] else self._halve(tried[first], tried[first - 1], alpha),
            np.inf if kept[-1] else self._halve(tried[last], tried[last + 1], alpha),
        )

    def _halve(self, kept: float, rejected: float, alpha: float) -> float:
        """Return where between two effects rejection begins."""
        for _ in range(_HALVINGS):
            middle = (kept + rejected) / 2
            if self.test(middle) > alpha:
                kept = middle
            else:
                rejected = middle
        return float(kept)
