"""An auto-logistic term: how the odds of being listed go with the share of listed neighbours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.special import expit

from infiltrate.network.assortativity import degree_classes
from infiltrate.network.listings import Listings
from infiltrate.network.ties import Ties
from infiltrate.params.network_choices import ContagionChoices

_LEAST_LISTED = 20
_RIDGE = 1.0
_TURNS = 50
_LEAST_WEIGHT = 0.1
# so that neighbours are never shrunk away, however seldom they go together
_MOST_WEIGHT = 20.0


@dataclass(frozen=True)
class AutoLogistic:
    """The coefficient of neighbours.

    Attributes
    ----------
    rho : float
        Log-odds of being listed for each unit by which the share of listed neighbours exceeds
        what their sectors, areas and ties would lead one to expect.
    low, high : float
        Interval over groups of connected companies.
    odds_ratio, odds_ratio_low, odds_ratio_high : float
        The same for one more listed neighbour of a company with the median number of them.
    companies, listed : int
        Companies with ties, and how many of them are listed.
    reason : str
        Why there is no number; empty when there is one.
    """

    rho: float
    low: float
    high: float
    odds_ratio: float
    odds_ratio_low: float
    odds_ratio_high: float
    companies: int
    listed: int
    reason: str = ""


def fit_autologistic(
    listings: Listings, choices: ContagionChoices, rng: np.random.Generator
) -> AutoLogistic:
    """Fit log-odds of being listed = own likeness + rho * (share of neighbours - expected share).

    Parameters
    ----------
    listings : Listings
        Ties and entries of one day.
    choices : ContagionChoices
        Resamples and coverage.
    rng : numpy.random.Generator

    Notes
    -----
    Two steps. First a logistic model without neighbours, on sector with area and on classes of
    ties (with a small ridge), gives each company an expected chance r. Then, with
    the first step's log-odds held, intercept, slope and rho are fitted by pseudo-likelihood
    (Besag 1975) on s - m, where m is the mean r of the neighbours, and s = (listed + M m) /
    (neighbours + M) is their share shrunk towards it, with M by moments. Centring at m keeps rho
    apart from likeness of neighbours that the first step knows (Caragea and Kaiser 2009).
    """
    ties = listings.ties
    able = np.flatnonzero((listings.strata >= 0) & (ties.degrees > 0))
    is_listed = listings.is_listed[able].astype(float)
    listed = int(is_listed.sum())
    if listed < _LEAST_LISTED or listed == len(able):
        reason = f"{listed} listed companies have ties; {_LEAST_LISTED} are the least"
        nan = float("nan")
        return AutoLogistic(nan, nan, nan, nan, nan, nan, len(able), listed, reason)
    linear = _expect(listings, able, is_listed)
    excess, step = _excess_of_neighbours(ties, able, is_listed, expit(linear))
    design = np.column_stack([np.ones(len(able)), linear, excess])
    start = np.array([0.0, 1.0, 0.0])
    fitted = _fit(design, is_listed, np.ones(len(able)), start)
    group, groups = pd.factorize(ties.components[able])
    even = np.full(len(groups), 1 / len(groups))
    draws = [
        _fit(design, is_listed, rng.multinomial(len(groups), even)[group].astype(float), fitted)[2]
        for _ in range(choices.resamples)
    ]
    tail = (1 - choices.interval) / 2
    low, high = np.quantile(draws, [tail, 1 - tail])
    ratio, ratio_low, ratio_high = np.exp(step * np.array([fitted[2], low, high]))
    return AutoLogistic(
        rho=float(fitted[2]),
        low=float(low),
        high=float(high),
        odds_ratio=float(ratio),
        odds_ratio_low=float(ratio_low),
        odds_ratio_high=float(ratio_high),
        companies=len(able),
        listed=listed,
    )


def _expect(listings: Listings, able: np.ndarray, is_listed: np.ndarray) -> np.ndarray:
    """Return log-odds by stratum and class of ties, with a ridge on their departures."""
    strata = pd.factorize(listings.strata[able], sort=True)[0]
    classes = pd.factorize(degree_classes(listings.ties.degrees)[able], sort=True)[0]
    rate = float(is_listed.mean())
    base = np.log(rate / (1 - rate))
    effects = [np.zeros(group.max() + 1) for group in (strata, classes)]
    for _ in range(_TURNS):
        for number, own in enumerate((strata, classes)):
            chance = expit(base + effects[0][strata] + effects[1][classes])
            slope = np.bincount(own, is_listed - chance) - _RIDGE * effects[number]
            curve = np.bincount(own, chance * (1 - chance)) + _RIDGE
            effects[number] = effects[number] + slope / curve
    return base + effects[0][strata] + effects[1][classes]


def _excess_of_neighbours(
    ties: Ties, able: np.ndarray, is_listed: np.ndarray, chance: np.ndarray
) -> tuple[np.ndarray, float]:
    """Return the shrunk share of listed neighbours less the expected one; what one more adds."""
    incidence = ties.incidence[able]
    neighbours = _over_neighbours(incidence, np.ones(len(able)))
    listed = _over_neighbours(incidence, is_listed)
    expected = _over_neighbours(incidence, chance) / np.maximum(neighbours, 1)
    spread = np.maximum(expected * (1 - expected), 1e-12)
    has = neighbours > 0
    size = neighbours[has]
    departure = (listed[has] / size - expected[has]) ** 2 * size / spread[has]
    possible = (size - 1).sum()
    rho = (departure.sum() - len(size)) / possible if possible > 0 else 0.0
    weight = np.clip(1 / max(rho, 1e-9) - 1, _LEAST_WEIGHT, _MOST_WEIGHT)
    excess = np.where(has, (listed - neighbours * expected) / (neighbours + weight), 0.0)
    return excess, float(1 / (np.median(size) + weight)) if len(size) else 0.0


def _over_neighbours(incidence: sparse.csr_array, values: np.ndarray) -> np.ndarray:
    """Sum values over the other members of a company's hubs."""
    return incidence @ (incidence.T @ values) - np.diff(incidence.indptr) * values


def _fit(X: np.ndarray, y: np.ndarray, weight: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Fit a weighted logistic regression by Newton's method; coefficients, shape (p,)."""
    beta = start
    for _ in range(_TURNS):
        chance = expit(X @ beta)
        curve = (X * (weight * chance * (1 - chance))[:, None]).T @ X
        step = np.linalg.lstsq(curve, X.T @ (weight * (y - chance)), rcond=None)[0]
        # steps are kept short, so that no start overshoots
        step *= min(1.0, 5.0 / max(float(np.abs(step).max()), 1e-12))
        beta = beta + step
        if np.abs(step).max() < 1e-8:
            break
    return beta
