"""Taking wrong entries out of the table of patterns."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from infiltrate.prevalence.capture_patterns import CapturePatterns
from infiltrate.prevalence.lists import ListsData

WrongEntries = Mapping[str, tuple[float, float]]
"""By list, the two parameters of the Beta prior on the share of its entries that are wrong."""


def read_wrong_entries(data: ListsData) -> WrongEntries:
    """Return the priors that the parameters of a study state."""
    return {d.id: (d.false_positives.a, d.false_positives.b) for d in data.lists}


def expected_shares(table: CapturePatterns, wrong: WrongEntries) -> np.ndarray:
    """Return the prior means of the shares of wrong entries, shape (1, K); 0 when not stated."""
    priors = [wrong.get(name, (0.0, 1.0)) for name in table.lists]
    return np.array([[a / (a + b) for a, b in priors]])


def draw_shares(
    table: CapturePatterns, wrong: WrongEntries, draws: int, rng: np.random.Generator
) -> np.ndarray:
    """Draw shares of wrong entries from their priors, shape (draws, K)."""
    columns = [
        rng.beta(*wrong[name], size=draws) if name in wrong else np.zeros(draws)
        for name in table.lists
    ]
    return np.column_stack(columns) if columns else np.zeros((draws, 0))


def remove_wrong_entries(table: CapturePatterns, shares: np.ndarray) -> np.ndarray:
    """Take wrong entries out of the firms that are on one list only.

    Two lists seldom err about the same firm independently, so wrong entries are nearly all among
    the firms that no other list confirms. What is taken out is at most all of them.

    Parameters
    ----------
    table : CapturePatterns
        Counts with wrong entries.
    shares : numpy.ndarray, shape (B, K)
        Share of the entries of each list that are wrong.

    Returns
    -------
    numpy.ndarray, shape (B, R)
        Counts without them.
    """
    counts = np.repeat(table.counts[np.newaxis], len(shares), axis=0)
    single = table.patterns.sum(axis=1) == 1
    for k, size in enumerate(table.list_sizes):
        rows = single & table.patterns[:, k]
        alone = table.counts[rows].sum()
        if alone > 0:
            left = np.maximum(1 - shares[:, [k]] * size / alone, 0)
            counts[:, rows] = counts[:, rows] * left
    return counts
