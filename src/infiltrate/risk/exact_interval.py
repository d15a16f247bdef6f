"""Clopper and Pearson's interval of a share."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats


def clopper_pearson(
    cases: ArrayLike, trials: ArrayLike, tail: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return both ends of the exact interval (Clopper and Pearson 1934), element by element.

    Parameters
    ----------
    cases, trials : array_like
        Cases among so many trials; need not be whole.
    tail : float
        Probability left out at each end.
    """
    k, n = np.asarray(cases, dtype=float), np.asarray(trials, dtype=float)
    low = np.where(k > 0, stats.beta.ppf(tail, k, n - k + 1), 0.0)
    high = np.where(k < n, stats.beta.isf(tail, k + 1, n - k), 1.0)
    return low, high
