"""Shares of few neighbours, drawn towards what is usual (empirical Bayes)."""

from __future__ import annotations

import numpy as np

_LEAST_CORRELATION = 1e-4
_MOST_CORRELATION = 0.9


def shrink_shares(counts: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Shrink counts out of sizes to shares by a beta-binomial model.

    Parameters
    ----------
    counts, sizes : numpy.ndarray of int, shape (n,)
        Listed neighbours and neighbours.

    Returns
    -------
    numpy.ndarray of float, shape (n,)
        (counts + M * p) / (sizes + M); missing where the size is 0.

    Notes
    -----
    counts ~ Binomial(sizes, q) with q ~ Beta(M p, M (1 - p)). The mean p is that of units whose
    size is in the same class (1, 2, 3 to 4, 5 to 8 and so on). M = 1 / rho - 1, with one
    correlation rho for all by moments (Kleinman 1973): in class c with N_c neighbours,
    S_c = sum of sizes * (counts / sizes - p_c)^2 has the expectation
    p_c (1 - p_c) * sum of (1 - sizes / N_c) * (1 + (sizes - 1) * rho). Means and rho are those of
    all units together.
    """
    shares = np.full(len(sizes), np.nan)
    has = sizes > 0
    if not has.any():
        return shares
    size, count = sizes[has].astype(float), counts[has].astype(float)
    group = np.ceil(np.log2(size)).astype(int)
    total = np.bincount(group, weights=size)
    mean = (np.bincount(group, weights=count) / np.maximum(total, 1))[group]
    rho = _correlation(count, size, mean, total[group])
    weight = 1 / rho - 1
    shares[has] = (count + weight * mean) / (size + weight)
    return shares


def _correlation(count: np.ndarray, size: np.ndarray, mean: np.ndarray, total: np.ndarray) -> float:
    spread = mean * (1 - mean)
    varies = spread > 0
    count, size, mean, total, spread = (
        values[varies] for values in (count, size, mean, total, spread)
    )
    left = 1 - size / total
    observed = (size * (count / size - mean) ** 2 / spread).sum() - left.sum()
    possible = (left * (size - 1)).sum()
    rho = observed / possible if possible > 0 else 0.0
    return float(np.clip(rho, _LEAST_CORRELATION, _MOST_CORRELATION))
