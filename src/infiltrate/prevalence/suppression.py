"""Which counts of an additive table must stay closed so that small ones cannot be worked out."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import sparse
from scipy.optimize import linprog


def round_counts(counts: np.ndarray, base: int) -> np.ndarray:
    """Round counts to the nearest multiple of ``base``, halves up."""
    return (np.asarray(counts, dtype=np.int64) + base // 2) // base * base


def round_count(count: int, base: int) -> int:
    """Round one count to the nearest multiple of ``base``, halves up."""
    return int(count + base // 2) // base * base


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
    while True:
        _close_equations(counts, equations, suppressed, protection)
        low, high = audit(counts, equations, suppressed, needed, highest)
        exposed = np.flatnonzero(suppressed & (high - low < needed - 1e-6))
        added = [_complement(int(cell), counts, equations, suppressed) for cell in exposed]
        chosen = [cell for cell in added if cell is not None]
        if not chosen:
            return suppressed
        suppressed[chosen] = True


def audit(
    counts: np.ndarray,
    equations: sparse.csr_array,
    suppressed: np.ndarray,
    needed: np.ndarray,
    upper: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Find how low and how high each suppressed count can be, given all the published ones.

    Returns
    -------
    low, high : numpy.ndarray of float, shape (n_cells,)
        Equal to the count where it is published. Exact for a cell with less than ``needed``
        between them; for the others at least that much is possible.
    """
    low, high = counts.astype(float), counts.astype(float)
    cells = np.flatnonzero(suppressed)
    if len(cells):
        parts = equations[:, cells]
        parts = parts[np.flatnonzero(abs(parts).sum(axis=1))]
        solve = _solver(parts, counts[cells], upper[cells], float(needed[cells].max()))
        low[cells], high[cells] = _ranges(solve, low[cells], needed[cells])
    return low, high


_Solve = Callable[[np.ndarray], np.ndarray]


def _solver(
    parts: sparse.csr_array, counts: np.ndarray, upper: np.ndarray, needed: float
) -> _Solve:
    """Return a function from an objective to the feasible counts that minimise it."""
    ceiling = np.minimum(upper, 2 * counts.sum() + 2 * needed)
    bounds = np.column_stack([np.zeros(len(counts)), np.maximum(ceiling, counts)])
    totals = parts @ counts

    def solve(objective: np.ndarray) -> np.ndarray:
        if not parts.shape[0]:
            return np.where(objective > 0, bounds[:, 0], bounds[:, 1])
        answer = linprog(objective, A_eq=parts, b_eq=totals, bounds=bounds, method="highs")
        return counts.astype(float) if answer.x is None else np.asarray(answer.x)

    return solve


def _ranges(solve: _Solve, counts: np.ndarray, needed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    low, high = counts.copy(), counts.copy()
    for objective in _directions(len(counts)):
        found = solve(objective)
        low, high = np.minimum(low, found), np.maximum(high, found)
    for cell in np.flatnonzero(high - low < needed - 1e-6):
        alone = np.zeros(len(counts))
        alone[cell] = 1.0
        low[cell] = min(low[cell], solve(alone)[cell])
        high[cell] = max(high[cell], solve(-alone)[cell])
    return low, high


def _directions(number: int) -> list[np.ndarray]:
    """Objectives that pull every two cells apart, so that few cells need a program of their own."""
    index = np.arange(number)
    signs = [
        np.where(index >> bit & 1, 1.0, -1.0) for bit in range(max(1, (number - 1).bit_length()))
    ]
    return [sign * direction for direction in signs for sign in (1.0, -1.0)]


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


def _members(equations: sparse.csr_array, row: int) -> tuple[np.ndarray, np.ndarray]:
    place = slice(equations.indptr[row], equations.indptr[row + 1])
    return equations.indices[place], equations.data[place]


def _smallest(cells: np.ndarray, signs: np.ndarray, counts: np.ndarray) -> int | None:
    ranked = sorted(zip(signs < 0, counts[cells], cells, strict=True))
    return int(ranked[0][2]) if ranked else None
