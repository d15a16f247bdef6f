"""Draws of how likely each firm is infiltrated, in agreement with draws of how many are."""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit, logit

_SMALLEST = 1e-9
_FURTHEST = 60.0


def draw_probabilities(
    probability: np.ndarray, infiltrated: np.ndarray, draws: int, shown: np.ndarray
) -> np.ndarray:
    """Move the log-odds of all firms alike until probabilities add up to each draw.

    Parameters
    ----------
    probability : numpy.ndarray, shape (n,)
        Of each firm.
    infiltrated : numpy.ndarray
        Draws of the number of infiltrated firms.
    draws : int
        How many to use; evenly spaced ones of the sorted draws, so that they stand for all.
    shown : numpy.ndarray of int
        Positions of the firms to return; all firms add up to the draws all the same.

    Returns
    -------
    numpy.ndarray, shape (draws or fewer, len(shown))
        By rising number.
    """
    count = min(draws, len(infiltrated))
    ordered = np.sort(np.asarray(infiltrated, dtype=float))
    chosen = ordered[((np.arange(count) + 0.5) / count * len(ordered)).astype(int)]
    odds = logit(np.clip(probability, _SMALLEST, 1 - _SMALLEST))
    return np.stack([expit(odds[shown] + _find_shift(odds, total)) for total in chosen])


def _find_shift(odds: np.ndarray, total: float) -> float:
    margin = min(0.01, 0.25 * len(odds))
    wanted = float(np.clip(total, margin, len(odds) - margin))

    def surplus(shift: float) -> float:
        return float(expit(odds + shift).sum()) - wanted

    return float(brentq(surplus, -_FURTHEST, _FURTHEST, xtol=1e-6))
