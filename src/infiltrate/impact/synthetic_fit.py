"""The synthetic control of one case, and of the same case changed a little."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from infiltrate.impact.comparative_case import Comparison
from infiltrate.impact.predictor_weights import Optimum, Problem, fit_outcomes, search_optima


@dataclass(frozen=True)
class SearchSettings:
    """How the weights of predictors are found.

    Attributes
    ----------
    starts : int
        Starting values of the search.
    least : float
        No predictor counts less than this share of the one that counts most. Without a least
        share the search switches predictors off, and then fits the outcomes of few years alone.
    """

    starts: int = 8
    least: float = 1e-3


@dataclass(frozen=True, eq=False)
class ControlFit:
    """A case with the optima of its search, the best first.

    Attributes
    ----------
    comparison : Comparison
        The case.
    settings : SearchSettings
        How it was searched.
    seed : int
        Starts the search; the same for every unit, so that the order of units changes nothing.
    optima : list of Optimum
        Weights found.
    """

    comparison: Comparison
    settings: SearchSettings
    seed: int
    optima: list[Optimum]

    @property
    def best(self) -> Optimum:
        """Weights with the least error in the fitted years."""
        return self.optima[0]

    @property
    def gap(self) -> np.ndarray:
        """Outcome of the treated unit less that of its synthetic control, by year."""
        return self.comparison.gap(self.best.donors)

    @property
    def average(self) -> float:
        """Mean gap in the years of the effect."""
        return float(self.gap[self.comparison.is_effect].mean())

    @property
    def misfit(self) -> float:
        """Error in the fitted years, in standard deviations between units."""
        fitted = self.comparison.is_fitted
        outcomes = self.comparison.outcomes[fitted]
        spread = float(np.sqrt(outcomes.var(axis=1, ddof=0).mean()))
        return float(np.sqrt((self.gap[fitted] ** 2).mean())) / (spread or 1.0)

    def ignore_predictors(self) -> ControlFit:
        """Return the fit of the outcomes alone."""
        comparison = self.comparison
        bare = replace(comparison, predictors=comparison.predictors.iloc[:0])
        return fit_control(bare, self.settings, self.seed)

    def leave_out(self, unit: str) -> ControlFit:
        """Return the fit without a donor."""
        units = [self.comparison.case.treated, *self.comparison.donors]
        rest = self.comparison.select([one for one in units if one != unit])
        return fit_control(rest, self.settings, self.seed)


def fit_control(comparison: Comparison, settings: SearchSettings, seed: int) -> ControlFit:
    """Return the synthetic control of a case."""
    treated, donors = comparison.case.treated, comparison.donors
    fitted = comparison.outcomes[comparison.is_fitted]
    problem = Problem(
        comparison.predictors[donors].to_numpy(float),
        comparison.predictors[treated].to_numpy(float),
        fitted[donors].to_numpy(float),
        fitted[treated].to_numpy(float),
    )
    if len(problem.target):
        rng = np.random.default_rng(seed)
        optima = search_optima(problem, settings.least, settings.starts, rng)
    else:
        weights = fit_outcomes(problem)
        optima = [Optimum(np.empty(0), weights, problem.measure_error(weights), 0)]
    return ControlFit(comparison, settings, seed, optima)
