"""Bootstrap intervals that include the choice of the model."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import stats

Procedure = Callable[[np.ndarray], np.ndarray]
"""From tables of counts, shape (B, R), to estimates of the unlisted, shape (B,)."""


def bca_limits(
    procedure: Procedure, counts: np.ndarray, tables: np.ndarray, probabilities: np.ndarray
) -> np.ndarray:
    """Return limits of the total by the bias-corrected and accelerated bootstrap.

    Parameters
    ----------
    procedure : callable
        The whole estimator, its choice of model included.
    counts : numpy.ndarray, shape (R,)
        The observed table.
    tables : numpy.ndarray, shape (B, R)
        Resampled tables.
    probabilities : numpy.ndarray
        Which limits, for example 0.025 and 0.975.

    Notes
    -----
    After Chan, Silverman and Vincent (2021), https://doi.org/10.1080/01621459.2019.1708748,
    section 3.3, with the jackknife over firms. A resampled table without an estimate counts as
    an estimate beyond every limit.
    """
    estimate = float(procedure(counts[np.newaxis])[0])
    dark = np.nan_to_num(procedure(tables), nan=np.inf)
    adjusted = adjust_probabilities(
        dark, estimate, jackknife_acceleration(procedure, counts), np.asarray(probabilities)
    )
    return counts.sum() + np.quantile(dark, adjusted, method="median_unbiased")


def adjust_probabilities(
    replicates: np.ndarray, estimate: float, acceleration: float, probabilities: np.ndarray
) -> np.ndarray:
    """Return the shares of the bootstrap distribution at which BCa limits lie."""
    share_below = np.mean(replicates < estimate)
    least = 1 / (len(replicates) + 1)
    bias = stats.norm.ppf(np.clip(share_below, least, 1 - least))
    shifted = stats.norm.ppf(probabilities) + bias
    return stats.norm.cdf(bias + shifted / np.maximum(1 - acceleration * shifted, 1e-3))


def jackknife_acceleration(procedure: Procedure, counts: np.ndarray) -> float:
    """Return the acceleration of BCa from the table less one firm, for each pattern seen."""
    cells = np.flatnonzero(counts >= 1)
    tables = np.repeat(counts[np.newaxis], len(cells), axis=0)
    tables[np.arange(len(cells)), cells] -= 1
    without = procedure(tables)
    usable = np.isfinite(without)
    weights, without = counts[cells][usable], without[usable]
    if not len(without):
        return 0.0
    residual = np.average(without, weights=weights) - without
    spread = (weights * residual**2).sum()
    return float((weights * residual**3).sum() / (6 * spread**1.5)) if spread > 0 else 0.0
