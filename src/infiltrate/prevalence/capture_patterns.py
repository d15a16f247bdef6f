"""How many firms have each combination of lists: the table capture-recapture starts from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
import pandas as pd

from infiltrate.errors import NotEnoughData, Problem

MOST_LISTS = 10
"""Ten lists make 1,023 combinations; more would be empty boxes, not evidence."""


@dataclass(frozen=True, eq=False)
class CapturePatterns:
    """Counts of firms by the lists that name them, within groups of equal exposure.

    With K lists and one group that every list could name there are 2^K - 1 patterns; a group
    exposed to fewer lists has fewer.

    Attributes
    ----------
    lists : tuple of str
        Names of the K lists.
    patterns : numpy.ndarray of bool, shape (R, K)
        One row per possible combination of lists, the empty one left out.
    group : numpy.ndarray of int, shape (R,)
        Exposure group of the row.
    exposure : numpy.ndarray of bool, shape (G, K)
        Which lists could name the firms of each group.
    counts : numpy.ndarray of float, shape (R,)
        Firms with exactly this combination.
    unexplained : float
        Firms named only by lists that, by their own rule, could not have named them: known, but
        of no use for a model of the lists.
    """

    lists: tuple[str, ...]
    patterns: np.ndarray
    group: np.ndarray
    exposure: np.ndarray
    counts: np.ndarray
    unexplained: float = 0.0

    @property
    def observed(self) -> float:
        """Firms on at least one list, the unexplained ones included."""
        return float(self.counts.sum() + self.unexplained)

    @property
    def list_sizes(self) -> np.ndarray:
        """Firms on each list, shape (K,)."""
        return self.counts @ self.patterns

    @property
    def overlaps(self) -> np.ndarray:
        """Firms on both lists of a pair, shape (K, K); the diagonal is the size of the list."""
        return (self.patterns.T * self.counts) @ self.patterns

    def numbers_by_lists(self) -> np.ndarray:
        """Return how many firms are on exactly 1, 2, ... K lists, shape (K,)."""
        on = self.patterns.sum(axis=1)
        return np.bincount(on, weights=self.counts, minlength=len(self.lists) + 1)[1:]

    def with_counts(self, counts: np.ndarray) -> CapturePatterns:
        """Return the same table with other counts."""
        return replace(self, counts=counts)

    def keep(self, columns: Sequence[int]) -> CapturePatterns:
        """Return the table over some of the lists; firms on none of these are left out."""
        kept = list(columns)
        exposure, group = np.unique(self.exposure[:, kept], axis=0, return_inverse=True)
        return _tabulate(
            [self.lists[k] for k in kept],
            exposure,
            group.ravel()[self.group],
            self.patterns[:, kept],
            self.counts,
            unexplained=self.unexplained,
        )


def count_patterns(
    listed: np.ndarray,
    exposed: np.ndarray | None = None,
    lists: Sequence[str] | None = None,
    match: np.ndarray | None = None,
) -> CapturePatterns:
    """Count the combinations of lists among firms.

    Parameters
    ----------
    listed : numpy.ndarray of bool, shape (N, K)
        Whether each firm is on each list.
    exposed : numpy.ndarray of bool, shape (N, K), optional
        Whether each list could have named the firm; all could when left out.
    lists : sequence of str, optional
        Names of the lists; numbers when left out.
    match : numpy.ndarray of float, shape (N, K), optional
        Probability that the entry is this firm; 1 when left out. Counts are then expected
        counts: a firm whose entry on a second list is its own in one case of two adds a half to
        the pair and a half to the first list alone.

    Returns
    -------
    CapturePatterns
        Firms exposed to the same lists form a group with patterns of its own, so an absence is
        only counted where there could have been an entry. An entry on a list that could not have
        named the firm is left out; a firm that has no other goes to ``unexplained``. Groups
        without any listed firm have no rows.

    Raises
    ------
    NotEnoughData
        When there are more than `MOST_LISTS` lists with an entry.
    """
    listed = np.asarray(listed, dtype=bool)
    exposed = np.ones_like(listed) if exposed is None else np.asarray(exposed, dtype=bool)
    names = [str(k) for k in range(listed.shape[1])] if lists is None else list(lists)
    kept = np.flatnonzero(listed.any(axis=0))
    _refuse_too_many([names[k] for k in kept])
    listed, exposed = listed[:, kept], exposed[:, kept]
    expected = listed & exposed
    counted = expected.any(axis=1)
    exposure, group = np.unique(exposed[counted], axis=0, return_inverse=True)
    certainty = np.ones(listed.shape) if match is None else np.asarray(match, float)[:, kept]
    group, patterns, weights = _split_doubtful(group.ravel(), expected[counted], certainty[counted])
    return _tabulate(
        [names[k] for k in kept],
        exposure,
        group,
        patterns,
        weights,
        unexplained=float((listed.any(axis=1) & ~counted).sum()),
    )


def patterns_from_counts(table: pd.DataFrame) -> CapturePatterns:
    """Read a published table: one column of 0 and 1 per list, the last column the count.

    Rows with the same combination add up; combinations that are not there count zero; lists that
    name nobody are left out.

    Raises
    ------
    NotEnoughData
        When there are more than `MOST_LISTS` lists with an entry.
    """
    patterns = table.iloc[:, :-1].to_numpy() > 0
    counts = table.iloc[:, -1].to_numpy(dtype=float)
    named = patterns.any(axis=1) & (counts > 0)
    kept = np.flatnonzero(patterns[named].any(axis=0))
    names = [str(table.columns[k]) for k in kept]
    _refuse_too_many(names)
    return _tabulate(
        names,
        np.ones((1, len(kept)), dtype=bool),
        np.zeros(int(named.sum()), dtype=int),
        patterns[named][:, kept],
        counts[named],
    )


def _split_doubtful(
    group: np.ndarray, patterns: np.ndarray, certainty: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Split each firm with doubtful entries into the patterns it may have, with weights."""
    weights = np.ones(len(patterns))
    for k in range(patterns.shape[1]):
        doubtful = patterns[:, k] & (certainty[:, k] < 1)
        without = patterns[doubtful].copy()
        without[:, k] = False
        weight_without = weights[doubtful] * (1 - certainty[doubtful, k])
        weights = np.where(doubtful, weights * certainty[:, k], weights)
        patterns = np.concatenate([patterns, without])
        certainty = np.concatenate([certainty, certainty[doubtful]])
        weights = np.concatenate([weights, weight_without])
        group = np.concatenate([group, group[doubtful]])
    named = patterns.any(axis=1)
    return group[named], patterns[named], weights[named]


def _refuse_too_many(names: Sequence[str]) -> None:
    if len(names) > MOST_LISTS:
        raise NotEnoughData(
            "There are too many lists for a table of their combinations.",
            [
                Problem(
                    "lists",
                    f"{len(names)} lists with entries",
                    f"at most {MOST_LISTS}",
                    "Leave out the smallest, or those that repeat another authority's decisions.",
                )
            ],
        )


def _tabulate(
    names: Sequence[str],
    exposure: np.ndarray,
    group: np.ndarray,
    patterns: np.ndarray,
    counts: np.ndarray,
    *,
    unexplained: float = 0.0,
) -> CapturePatterns:
    everything = np.array(list(product([False, True], repeat=len(names))), dtype=bool)[1:]
    codes = 1 << np.arange(len(names))
    width = 1 << len(names)
    by_code = np.bincount(
        group * width + patterns @ codes, weights=counts, minlength=len(exposure) * width
    )
    rows, groups = [], []
    for g in range(len(exposure)):
        possible = everything[~(everything & ~exposure[g]).any(axis=1)]
        if by_code[g * width + possible @ codes].sum() > 0:
            rows.append(possible)
            groups.append(np.full(len(possible), g))
    kept_rows = np.concatenate(rows) if rows else everything[:0]
    kept_groups = np.concatenate(groups) if groups else np.zeros(0, dtype=int)
    present, renumbered = np.unique(kept_groups, return_inverse=True)
    return CapturePatterns(
        lists=tuple(names),
        patterns=kept_rows,
        group=renumbered,
        exposure=exposure[present],
        counts=by_code[kept_groups * width + kept_rows @ codes],
        unexplained=unexplained,
    )
