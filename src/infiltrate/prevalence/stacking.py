"""Weights of families of estimators, from simulated countries with known truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np


def stack_families(
    draws: Sequence[Mapping[str, np.ndarray]], truths: Sequence[float]
) -> dict[str, float]:
    """Find the weights of families that predict known numbers best, by log score.

    Parameters
    ----------
    draws : sequence of mapping of str to numpy.ndarray
        For each simulated country, draws of the total by family; a family may be absent.
    truths : sequence of float
        Infiltrated firms of each country.

    References
    ----------
    Yao, Vehtari, Simpson and Gelman (2018), Using stacking to average Bayesian predictive
    distributions.
    """
    families = sorted({family for country in draws for family in country})
    density = np.zeros((len(draws), len(families)))
    for row, (country, truth) in enumerate(zip(draws, truths, strict=True)):
        for column, family in enumerate(families):
            if family in country:
                density[row, column] = _log_density(country[family], truth)
    weights = np.full(len(families), 1 / len(families))
    for _ in range(500):
        share = weights * density
        share /= np.maximum(share.sum(axis=1, keepdims=True), 1e-300)
        weights = share.mean(axis=0)
    return dict(zip(families, weights.tolist(), strict=True))


def _log_density(draws: np.ndarray, truth: float) -> float:
    """Return the density of the log number at the truth, from draws taken as log-normal."""
    logs = np.log(np.maximum(draws, 0.5))
    spread = max(float(logs.std()), 1e-3)
    away = (np.log(max(truth, 0.5)) - logs.mean()) / spread
    return float(np.exp(-0.5 * away**2) / spread)
