"""How much each predictor counts in a synthetic control: every optimum a search can find."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from infiltrate.impact.simplex import fit_simplex

_SCREENED = 64
_APART = 0.01
_CLOSE = 1e-6
_EXACT = 1e-9


@dataclass(frozen=True, eq=False)
class Problem:
    """What a synthetic control is fitted to.

    Attributes
    ----------
    predictors : numpy.ndarray, shape (n_predictors, n_donors)
        Divided by their standard deviation over all units.
    target : numpy.ndarray, shape (n_predictors,)
        The treated unit's, divided likewise.
    outcomes : numpy.ndarray, shape (n_years, n_donors)
        Outcomes in the years that are fitted.
    outcome : numpy.ndarray, shape (n_years,)
        The treated unit's.
    """

    predictors: np.ndarray
    target: np.ndarray
    outcomes: np.ndarray
    outcome: np.ndarray

    def measure_error(self, donors: np.ndarray) -> float:
        """Return the mean squared difference of the outcomes in the years that are fitted."""
        return float(np.mean((self.outcome - self.outcomes @ donors) ** 2))


@dataclass(frozen=True, eq=False)
class Optimum:
    """Weights of predictors and donors from which the search found no way down.

    Attributes
    ----------
    predictors, donors : numpy.ndarray
        Weights; those of predictors are relative to the largest, those of donors add up to one.
    error : float
        Mean squared difference of the outcomes in the years that are fitted.
    starts : int
        Starting values that led here; 0 where no search was needed.
    """

    predictors: np.ndarray
    donors: np.ndarray
    error: float
    starts: int


def fit_outcomes(problem: Problem) -> np.ndarray:
    """Return the donors nearest to the outcomes alone: no weights of predictors do better.

    This is a convex problem with one optimum, whatever the start; its error is the floor under
    every synthetic control with predictors.
    """
    return fit_simplex(problem.outcomes, problem.outcome)


def search_optima(
    problem: Problem, least: float, starts: int, rng: np.random.Generator
) -> list[Optimum]:
    """Return the optima that several starting values lead to, the best first.

    Parameters
    ----------
    problem : Problem
        Predictors and outcomes.
    least : float
        No predictor counts less than this share of the one that counts most.
    starts : int
        Starting values followed to the end: equal weights, and the best of 64 drawn ones.
    rng : numpy.random.Generator
        Draws starting values.

    Returns
    -------
    list of Optimum
        Optima whose donors differ by more than a hundredth.

    Notes
    -----
    Weights of predictors are chosen so that the donors they imply come nearest to the outcomes
    (Abadie, Diamond and Hainmueller 2010). This outer problem is not convex and a single start
    often ends in a wrong place (Becker and Klößner 2018; Malo, Eskelinen, Zhou and Kuosmanen
    2023). Where the convex optimum of the outcomes alone can be had with some weights of the
    predictors, a linear programme finds them and no search is needed: nothing can be better.
    Otherwise Nelder and Mead's simplex descends from every start; the inner problem is solved
    exactly at each step.
    """
    count = len(problem.target)
    if count == 1:
        donors = fit_simplex(problem.predictors, problem.target)
        return [Optimum(np.ones(1), donors, problem.measure_error(donors), 0)]
    reached = _reach_bound(problem, least)
    if reached is not None:
        return [reached]
    depth = float(np.log10(least))
    drawn = rng.uniform(depth, 0, size=(_SCREENED, count))
    order = np.argsort([_evaluate(problem, row)[1] for row in drawn], kind="stable")
    first = [np.full(count, depth / 2), *drawn[order[: starts - 1]]]
    return _gather([_descend(problem, start, depth) for start in first])


def _evaluate(problem: Problem, logs: np.ndarray) -> tuple[np.ndarray, float]:
    donors = fit_simplex(problem.predictors, problem.target, 10.0 ** (logs - logs.max()))
    return donors, problem.measure_error(donors)


def _descend(problem: Problem, start: np.ndarray, depth: float) -> Optimum:
    from scipy.optimize import minimize

    _, first = _evaluate(problem, start)
    found = minimize(
        lambda logs: _evaluate(problem, logs)[1],
        start,
        method="Nelder-Mead",
        bounds=[(depth, 0.0)] * len(start),
        options={
            "adaptive": True,
            "maxfev": 200 * len(start),
            "xatol": 1e-3,
            "fatol": 1e-9 * first,
        },
    )
    donors, error = _evaluate(problem, found.x)
    return Optimum(10.0 ** (found.x - found.x.max()), donors, error, 1)


def _gather(found: list[Optimum]) -> list[Optimum]:
    kept: list[Optimum] = []
    for optimum in sorted(found, key=lambda one: one.error):
        for at, other in enumerate(kept):
            if np.abs(other.donors - optimum.donors).max() <= _APART:
                kept[at] = Optimum(other.predictors, other.donors, other.error, other.starts + 1)
                break
        else:
            kept.append(optimum)
    return kept


def _reach_bound(problem: Problem, least: float) -> Optimum | None:
    """Return the weights of predictors that lead to the outcomes' own optimum, if there are any.

    Donors are optimal for given weights where no shift of weight between donors helps. At fixed
    donors these conditions are linear in the weights of the predictors.
    """
    from scipy.optimize import linprog

    donors = fit_outcomes(problem)
    rest = problem.target - problem.predictors @ donors
    # the slope of the squared difference in each donor's weight, per unit of predictor weight
    slopes = -problem.predictors.T * rest
    slopes = slopes / (float(np.abs(slopes).max()) or 1.0)
    used = donors > _CLOSE
    count, donor_count = len(rest), len(donors)
    level, none = np.ones((donor_count, 1)), np.zeros((donor_count, 1))
    # the least weight is made as large as can be: with weights of zero donors may not be unique
    answer = linprog(
        np.append(np.zeros(count + 1), -1.0),
        A_ub=np.vstack(
            [
                np.hstack([-slopes, level, none]),
                np.hstack([slopes, -level, none])[used],
                np.hstack([-np.eye(count), np.zeros((count, 1)), np.ones((count, 1))]),
            ]
        ),
        b_ub=np.append(np.full(donor_count + int(used.sum()), _EXACT), np.zeros(count)),
        bounds=[(least, 1.0)] * count + [(None, None), (None, None)],
        method="highs",
    )
    if answer.x is None:
        return None
    weights = answer.x[:count] / answer.x[:count].max()
    implied = fit_simplex(problem.predictors, problem.target, weights)
    error, floor = problem.measure_error(implied), problem.measure_error(donors)
    if error > floor + _CLOSE * max(floor, _CLOSE * float(np.var(problem.outcome))):
        return None
    return Optimum(weights, implied, error, 0)
