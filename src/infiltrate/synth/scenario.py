"""What every step of a synthetic country draws with: generators, log-odds, rates of dirt."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class DirtRates:
    """Share of the rows of a file spoilt in each way, where the file has such a column."""

    shifted: float = 0.0015
    extra_field: float = 0.0010
    truncated: float = 0.0015
    mis_encoded: float = 0.0010
    bad_date: float = 0.0020
    future_date: float = 0.0005
    negative_amount: float = 0.0010
    unknown_currency: float = 0.0005
    duplicate: float = 0.0030
    lost_zeros: float = 0.0100


def generator_for(seed: int, step: str) -> np.random.Generator:
    """Return the random generator of one step of the country with this seed."""
    digest = hashlib.sha256(step.encode()).digest()
    return np.random.default_rng([seed, int.from_bytes(digest[:8], "big")])


def solve_intercept(linear: np.ndarray, target: float) -> float:
    """Return the intercept at which logistic probabilities average ``target``.

    Parameters
    ----------
    linear : numpy.ndarray
        Log-odds without intercept. With two dimensions ``(n_units, n_periods)`` the
        probability of a unit is that of an event in any period.
    target : float
        Mean probability wanted.
    """
    low, high = -25.0, 10.0
    for _ in range(60):
        middle = (low + high) / 2
        chance = logistic(linear + middle)
        if chance.ndim == 2:
            chance = 1 - np.prod(1 - chance, axis=1)
        low, high = (low, middle) if chance.mean() > target else (middle, high)
    return (low + high) / 2


def logistic(log_odds: np.ndarray) -> np.ndarray:
    """Return the probability of a log-odds; minus infinity gives zero."""
    return np.exp(-np.logaddexp(0.0, -log_odds))
