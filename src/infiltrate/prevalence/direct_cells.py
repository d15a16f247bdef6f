"""Infiltrated firms by cell from the listed ones alone: a check on the joint detection model."""

from __future__ import annotations

import numpy as np
import pandas as pd

from infiltrate.errors import CheckFailed
from infiltrate.prevalence.fay_herriot import smooth_rates
from infiltrate.prevalence.posterior import Posterior

_EXTRA_FIRMS = 2.0


def smooth_cells(posterior: Posterior) -> pd.DataFrame:
    """Smooth the direct rate of every cell by the model of Fay and Herriot.

    The direct rate counts each listed firm as its chance to be infiltrated over its chance to be
    listed if it is. Its effective number of firms is the firms of the cell times the mean chance
    to be listed, over a design effect that is the same everywhere: the variance of the direct
    counts if network components are drawn with replacement, over that of firms found one by one.
    The covariate is the rate that the direct rates of the whole section and of the whole area let
    expect, each with two listed firms of the country added.

    Parameters
    ----------
    posterior : Posterior
        With ``detection``.

    Returns
    -------
    pandas.DataFrame
        One row per cell of the posterior, in its order: ``direct`` and ``rate``, as shares of the
        cell's firms, and ``infiltrated``: rate times firms; the last two are missing when there
        are too few cells for a model. No interval: it would leave out that the chances to be
        listed are themselves estimates.
    """
    detection = posterior.detection
    assert detection is not None
    cells = posterior.cells.assign(direct=detection.direct)
    firms = cells["firms"].to_numpy(dtype=float)
    chance = detection.chance.mean(axis=0)
    alone = (detection.direct / chance).sum()
    effect = max(detection.direct_variance.sum() / alone, 1.0) if alone else 1.0
    direct = np.minimum(detection.direct / firms, 1.0)
    guess = _guess(cells, _EXTRA_FIRMS * effect / chance.mean())
    X = np.column_stack([np.ones(len(cells)), np.arcsin(np.sqrt(guess))])
    if np.ptp(guess) < 1e-9:
        X = X[:, :1]
    table = pd.DataFrame({"direct": direct})
    try:
        smoothed = smooth_rates(direct, firms * chance / effect, guess, X)
    except CheckFailed:
        return table.assign(rate=np.nan, infiltrated=np.nan)
    return table.assign(rate=smoothed.rate, infiltrated=smoothed.rate * firms)


def _guess(cells: pd.DataFrame, extra: float) -> np.ndarray:
    """Return the rate of each cell if section and area multiply."""
    country = max(cells["direct"].sum(), 1.0) / cells["firms"].sum()
    guess = np.full(len(cells), country)
    for side in ("section", "area_id"):
        sums = cells.groupby(side)[["direct", "firms"]].transform("sum")
        rate = (sums["direct"] + extra) / (sums["firms"] + extra / country)
        guess *= rate.to_numpy() / country
    return np.minimum(guess, 1.0)
