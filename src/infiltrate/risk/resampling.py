"""How many units stand at each score, and how many would in a sample of other clusters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_MOST_CLUSTERS = 2000
_CELLS_AT_ONCE = 4_000_000


def draw_clusters(cluster: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw clusters with replacement; return how often each unit is in, shape (n,).

    ``cluster`` numbers the clusters from 0 without gaps, one entry per unit.
    """
    n_clusters = int(cluster.max()) + 1
    return rng.multinomial(n_clusters, np.full(n_clusters, 1 / n_clusters))[cluster]


@dataclass(frozen=True, eq=False)
class ScoreCounts:
    """Units counted by score; B scores, highest first, and G clusters.

    Attributes
    ----------
    scores : ndarray, shape (B,)
    units, listed : csr_array, shape (B, G)
        Units, and listed ones, of each cluster at each score.
    """

    scores: np.ndarray
    units: csr_array
    listed: csr_array

    def observed(self) -> tuple[np.ndarray, np.ndarray]:
        """Return units and listed units at each score, both of shape (B, 1)."""
        once = np.ones((self.units.shape[1], 1))
        return self.units @ once, self.listed @ once

    def resample(
        self, draws: int, rng: np.random.Generator
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Draw clusters with replacement; yield such counts, of shape (B, some of the draws)."""
        n_clusters = self.units.shape[1]
        at_once = max(1, _CELLS_AT_ONCE // len(self.scores))
        for start in range(0, draws, at_once):
            size = min(at_once, draws - start)
            drawn = rng.multinomial(n_clusters, np.full(n_clusters, 1 / n_clusters), size=size)
            times = np.ascontiguousarray(drawn.T, dtype=float)
            yield self.units @ times, self.listed @ times


def count_by_score(
    scores: np.ndarray,
    is_listed: np.ndarray,
    clusters: np.ndarray,
    rng: np.random.Generator,
    *,
    join_unlisted: bool = False,
) -> ScoreCounts:
    """Count units by score and cluster.

    Parameters
    ----------
    scores : ndarray, shape (n,)
    is_listed : ndarray of bool, shape (n,)
    clusters : ndarray, shape (n,)
        Of more than two thousand, many are put together at random. The spread of a sum over
        clusters is estimated as well from random groups of them (Wolter 2007, Introduction to
        Variance Estimation, chapter 2), and a draw then costs what two thousand cost.
    rng : numpy.random.Generator
        Puts clusters together, where that is done.
    join_unlisted : bool
        Count neighbouring scores that no listed unit has as one, by the highest of them: measures
        of a ranking do not depend on the order of unlisted units among themselves.
    """
    from scipy.sparse import csr_array

    distinct, block = np.unique(-np.asarray(scores, dtype=float), return_inverse=True)
    listed = np.asarray(is_listed, dtype=bool)
    if join_unlisted:
        has_listed = np.bincount(block, listed) > 0
        starts = has_listed | np.r_[True, has_listed[:-1]]
        block, distinct = (np.cumsum(starts) - 1)[block], distinct[starts]
    cluster = pd.factorize(np.asarray(clusters))[0]
    n_clusters = int(cluster.max()) + 1
    if n_clusters > _MOST_CLUSTERS:
        cluster = (rng.permutation(n_clusters) % _MOST_CLUSTERS)[cluster]
        n_clusters = _MOST_CLUSTERS
    shape = (len(distinct), n_clusters)
    units, on_list = (
        csr_array((np.ones(len(rows)), (block[rows], cluster[rows])), shape=shape)
        for rows in (np.arange(len(block)), np.flatnonzero(listed))
    )
    return ScoreCounts(-distinct, units, on_list)
