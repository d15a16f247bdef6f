"""Precision against recall of a ranking, with intervals clustered by group."""

from __future__ import annotations

import numpy as np
import pandas as pd

from infiltrate.risk.metrics import MINIMUM_LISTED
from infiltrate.risk.resampling import draw_clusters

_RECALLS = np.round(np.arange(0.02, 1.001, 0.02), 2)
_MOST_DRAWS = 200
_TAIL = 0.025


def precision_by_recall(ranked: pd.DataFrame, draws: int, rng: np.random.Generator) -> pd.DataFrame:
    """Say how many of the firms looked at are listed when a share of the listed ones is found.

    Parameters
    ----------
    ranked : DataFrame
        One row per firm and model of one design: ``model``, ``percentile``, ``is_listed``,
        ``cluster``.
    draws : int
        Resamples of clusters behind the intervals, at most 200.
    rng : numpy.random.Generator

    Returns
    -------
    DataFrame
        One row per model and recall (every 2 %, from five listed firms on), sorted by them:
        ``model``, ``recall``, ``precision``, ``low``, ``high`` (95 %, percentiles).
    """
    parts = []
    for model, same in ranked.groupby("model", sort=True):
        listed = same["is_listed"].to_numpy(bool)
        if listed.sum() < MINIMUM_LISTED:
            continue
        recalls = _RECALLS[_RECALLS * listed.sum() >= MINIMUM_LISTED]
        cluster = pd.factorize(same["cluster"])[0]
        order = np.argsort(-same["percentile"].to_numpy(), kind="stable")
        place, listed, cluster = same["percentile"].to_numpy()[order], listed[order], cluster[order]
        block_ends = np.flatnonzero(np.r_[place[1:] != place[:-1], True])
        own = _precision(np.ones(len(listed)), listed, block_ends, recalls)
        drawn = [own]
        for _ in range(min(draws, _MOST_DRAWS)):
            counts = draw_clusters(cluster, rng)
            if counts @ listed:
                drawn.append(_precision(counts.astype(float), listed, block_ends, recalls))
        ends = np.quantile(drawn, [_TAIL, 1 - _TAIL], axis=0, method="weibull")
        parts.append(
            pd.DataFrame(
                {
                    "model": model,
                    "recall": recalls,
                    "precision": own,
                    "low": np.minimum(ends[0], own),
                    "high": np.maximum(ends[1], own),
                }
            )
        )
    columns = ["model", "recall", "precision", "low", "high"]
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
    return table.round(9)


def _precision(
    weight: np.ndarray, listed: np.ndarray, block_ends: np.ndarray, recalls: np.ndarray
) -> np.ndarray:
    """Return the precision where each recall is first reached, firms sorted from the top."""
    units = np.cumsum(weight)[block_ends]
    found = np.cumsum(weight * listed)[block_ends]
    reached = np.searchsorted(found, recalls * found[-1] - 1e-9)
    return found[reached] / units[reached]
