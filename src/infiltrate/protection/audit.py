"""What a reader can work out of a closed number, given all that is published around it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.optimize import linprog

TOLERANCE = 1e-6
_GOLDEN = (5**0.5 - 1) / 2


@dataclass(frozen=True, eq=False)
class Published:
    """A table as its reader knows it.

    Attributes
    ----------
    equations : scipy.sparse.csr_array, shape (n_equations, n_cells)
        1 for each part, -1 for the whole they add up to.
    low, high : numpy.ndarray of float, shape (n_cells,)
        What each number can be before any adding up: both the number itself where it is
        published exactly, a little apart where it is rounded, far apart where it is closed.
    """

    equations: sparse.csr_array
    low: np.ndarray
    high: np.ndarray


def find_possible(table: Published) -> np.ndarray | None:
    """Return numbers that agree with all that is published; None when there are none."""
    free = np.zeros(len(table.low))
    answer = linprog(
        free,
        A_eq=table.equations,
        b_eq=np.zeros(table.equations.shape[0]),
        bounds=np.column_stack([table.low, table.high]),
        method="highs",
    )
    return None if answer.x is None else np.asarray(answer.x)


def derive_ranges(
    table: Published, possible: np.ndarray, wanted: np.ndarray, needed: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Find how low and how high closed numbers can be, by linear programs.

    Parameters
    ----------
    table : Published
        What is known.
    possible : numpy.ndarray of float, shape (n_cells,)
        Numbers that agree with it: the true ones, or those of `find_possible`.
    wanted : numpy.ndarray of bool, shape (n_cells,)
        Cells in doubt.
    needed : numpy.ndarray of float, shape (n_cells,)
        Width of a range that is enough; wider ones need not be found.

    Returns
    -------
    low, high : numpy.ndarray of float, shape (n_cells,)
        For a cell in doubt, either ``needed`` or more apart and both possible, or the exact ends
        of what is possible. For the others within what is possible.

    Notes
    -----
    The audit of Fischetti & Salazar (2001, https://doi.org/10.1287/mnsc.47.7.1008.9812). One
    program lifts all doubtful cells at once; only those that it leaves get programs of their own.
    """
    low, high = possible.astype(float), possible.astype(float)
    moving = np.flatnonzero(table.high - table.low > 0)
    if len(moving):
        parts = table.equations[:, moving]
        program = _Program(
            parts[np.flatnonzero(abs(parts).sum(axis=1))],
            possible[moving].astype(float),
            table.low[moving],
            np.maximum(table.high[moving], possible[moving]),
        )
        low[moving], high[moving] = _ranges(program, needed[moving], wanted[moving])
    return low, high


@dataclass(frozen=True, eq=False)
class _Program:
    """The numbers a reader may think possible, among those not known exactly."""

    parts: sparse.csr_array
    possible: np.ndarray
    lower: np.ndarray
    upper: np.ndarray

    def minimise(self, objective: np.ndarray, ceiling: np.ndarray) -> np.ndarray:
        """Return numbers, none above the ceiling, that agree with all that is published."""
        highest = np.maximum(np.minimum(self.upper, ceiling), self.possible)
        if not self.parts.shape[0]:
            ends = np.where(objective < 0, highest, self.possible)
            return np.where(objective > 0, self.lower, ends)
        answer = linprog(
            objective,
            A_eq=self.parts,
            b_eq=self.parts @ self.possible,
            bounds=np.column_stack([self.lower, highest]),
            method="highs",
        )
        return self.possible if answer.x is None else np.asarray(answer.x)


def _ranges(
    program: _Program, needed: np.ndarray, in_doubt: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    low, high = program.possible.copy(), program.possible.copy()
    doubtful = np.flatnonzero(in_doubt)
    order = np.arange(len(low)) * _GOLDEN % 1
    while len(doubtful):
        wanted = np.zeros(len(low))
        wanted[doubtful] = -1 - order[doubtful]
        found = program.minimise(wanted, low + needed)
        low, high = np.minimum(low, found), np.maximum(high, found)
        left = doubtful[(high - low < needed - TOLERANCE)[doubtful]]
        if len(left) == len(doubtful):
            break
        doubtful = left
    ample = np.full(len(low), 2 * program.possible.sum() + 2 * needed.max(initial=1))
    for cell in doubtful:
        alone = np.zeros(len(low))
        alone[cell] = 1.0
        high[cell] = max(high[cell], program.minimise(-alone, ample)[cell])
        if low[cell] > program.lower[cell] and high[cell] - low[cell] < needed[cell] - TOLERANCE:
            low[cell] = min(low[cell], program.minimise(alone, ample)[cell])
    return low, high
