"""Which counts of an additive table must stay closed so that small ones cannot be worked out."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from infiltrate.protection.audit import TOLERANCE, Published, derive_ranges


def protect(
    counts: np.ndarray,
    equations: sparse.csr_array,
    primary: np.ndarray,
    protection: float,
    upper: np.ndarray | None = None,
) -> np.ndarray:
    """Add complementary suppressions to primary ones until no suppressed count can be worked out.

    Parameters
    ----------
    counts : numpy.ndarray of int, shape (n_cells,)
        True counts.
    equations : scipy.sparse.csr_array, shape (n_equations, n_cells)
        1 for each part, -1 for the whole they add up to: ``equations @ counts`` is 0.
    primary : numpy.ndarray of bool, shape (n_cells,)
        Cells that must not be shown.
    protection : float
        How far apart the lowest and highest value that a reader can derive must at least be.
    upper : numpy.ndarray of float, shape (n_cells,), optional
        Highest value a reader knows a count to have, infinite when nothing is known.

    Returns
    -------
    numpy.ndarray of bool, shape (n_cells,)
        Cells to suppress: the primary ones and the others needed. The smallest counts are
        taken first, parts before wholes.

    Notes
    -----
    The reader is taken to know every published count exactly, although it is rounded. This is
    the audit of Fischetti & Salazar (2001, https://doi.org/10.1287/mnsc.47.7.1008.9812)
    around a simple choice of complements, not their optimal one.
    """
    highest = np.full(len(counts), np.inf) if upper is None else upper
    needed = np.minimum(protection, highest)
    suppressed = np.asarray(primary, dtype=bool).copy()
    is_safe = ~suppressed
    while True:
        _close_equations(counts, equations, suppressed, protection)
        in_doubt = suppressed & ~is_safe
        low, high = _audit(
            counts, equations, suppressed, needed=needed, upper=highest, in_doubt=in_doubt
        )
        is_safe = suppressed & (is_safe | (high - low >= needed - TOLERANCE))
        exposed = np.flatnonzero(suppressed & ~is_safe)
        if not len(exposed) or suppressed.all():
            return suppressed
        added = [_complement(int(cell), counts, equations, suppressed) for cell in exposed]
        chosen = [cell for cell in added if cell is not None]
        suppressed[chosen or [_last_resort(counts, equations, suppressed)]] = True


def _audit(
    counts: np.ndarray,
    equations: sparse.csr_array,
    suppressed: np.ndarray,
    *,
    needed: np.ndarray,
    upper: np.ndarray,
    in_doubt: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    published = counts.astype(float)
    table = Published(
        equations,
        np.where(suppressed, 0.0, published),
        np.where(suppressed, np.maximum(upper, published), published),
    )
    return derive_ranges(table, published, in_doubt, needed)


def _close_equations(
    counts: np.ndarray, equations: sparse.csr_array, suppressed: np.ndarray, protection: float
) -> None:
    """Suppress more parts wherever the published rest of an equation gives too much away."""
    changed = True
    while changed:
        changed = False
        for row in range(equations.shape[0]):
            members, signs = _members(equations, row)
            closed = suppressed[members]
            whole_is_closed = bool(suppressed[members[signs < 0]].any())
            too_little = not whole_is_closed and counts[members[closed]].sum() < protection
            if closed.any() and (closed.sum() == 1 or too_little):
                cell = _smallest(members[~closed], signs[~closed], counts)
                if cell is not None:
                    suppressed[cell] = changed = True


def _complement(
    cell: int, counts: np.ndarray, equations: sparse.csr_array, suppressed: np.ndarray
) -> int | None:
    best: list[tuple[bool, int, int]] = []
    column = equations[:, [cell]].tocoo()
    for row in column.row:
        members, signs = _members(equations, int(row))
        is_open = ~suppressed[members]
        chosen = _smallest(members[is_open], signs[is_open], counts)
        if chosen is not None:
            is_whole = bool((signs[members == chosen] < 0).any())
            best.append((is_whole, int(counts[chosen]), chosen))
    return min(best)[2] if best else None


def _last_resort(counts: np.ndarray, equations: sparse.csr_array, suppressed: np.ndarray) -> int:
    """Take the smallest open count, the grand total last, when no neighbour is left to close."""
    is_part = np.asarray((equations > 0).sum(axis=0)).ravel() > 0
    return min(
        (not is_part[cell], counts[cell], int(cell)) for cell in np.flatnonzero(~suppressed)
    )[2]


def _members(equations: sparse.csr_array, row: int) -> tuple[np.ndarray, np.ndarray]:
    place = slice(equations.indptr[row], equations.indptr[row + 1])
    return equations.indices[place], equations.data[place]


def _smallest(cells: np.ndarray, signs: np.ndarray, counts: np.ndarray) -> int | None:
    ranked = sorted(zip(signs < 0, counts[cells], cells, strict=True))
    return int(ranked[0][2]) if ranked else None
