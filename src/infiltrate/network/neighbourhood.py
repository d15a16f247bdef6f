"""Companies within two steps, counted once however many ways lead there."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy import sparse

_AT_ONCE = 5_000


def count_reached(incidence: sparse.csr_array, members: sparse.csr_array) -> np.ndarray:
    """Count the companies within two steps of each company, itself left out, shape (n,).

    Parameters
    ----------
    incidence, members : scipy.sparse.csr_array, shapes (n, h) and (h, n)
        Companies by hubs and the other way round.
    """
    n = incidence.shape[0]
    counts = np.zeros(n, dtype=np.int64)
    tied = np.flatnonzero(np.diff(incidence.indptr))
    for rows, reached in _reach(incidence, members, tied):
        counts[rows] = np.diff(reached.indptr) - 1
    return counts


def count_reached_from(
    incidence: sparse.csr_array, members: sparse.csr_array, sources: np.ndarray
) -> np.ndarray:
    """Count the sources within two steps of each company, itself left out, shape (n,)."""
    n = incidence.shape[0]
    counts = np.zeros(n, dtype=np.int64)
    tied = sources[np.diff(incidence.indptr)[sources] > 0]
    for _, reached in _reach(incidence, members, tied):
        counts += np.bincount(reached.indices, minlength=n)
    counts[tied] -= 1
    return counts


def _reach(
    incidence: sparse.csr_array, members: sparse.csr_array, rows: np.ndarray
) -> Iterator[tuple[np.ndarray, sparse.csr_array]]:
    """Yield parts of the rows with the companies within two steps of each, itself included."""
    for start in range(0, len(rows), _AT_ONCE):
        part = rows[start : start + _AT_ONCE]
        once = incidence[part] @ members
        yield part, (once @ incidence) @ members
