"""Tables with their totals, and what a reader can work out of one in which counts are closed."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.optimize import linprog


def two_way(body: np.ndarray | list[list[int]]) -> tuple[np.ndarray, sparse.csr_array]:
    """Return the cells of a table with its totals, row by row, and the equations that tie them."""
    body = np.asarray(body)
    rows, columns = body.shape
    full = np.zeros((rows + 1, columns + 1), dtype=int)
    full[:rows, :columns] = body
    full[rows, :columns] = body.sum(axis=0)
    full[:, columns] = full[:, :columns].sum(axis=1)
    place = np.arange(full.size).reshape(full.shape)
    equations = np.zeros((rows + columns + 2, full.size))
    for i in range(rows + 1):
        equations[i, place[i, :columns]] = 1
        equations[i, place[i, columns]] = -1
    for j in range(columns + 1):
        equations[rows + 1 + j, place[:rows, j]] = 1
        equations[rows + 1 + j, place[rows, j]] = -1
    assert not (equations @ full.ravel()).any()
    return full.ravel(), sparse.csr_array(equations)


def widths(
    counts: np.ndarray,
    equations: np.ndarray | sparse.csr_array,
    closed: np.ndarray,
    *,
    most: int = 10**6,
) -> np.ndarray:
    """Attack the table: the range of every closed count, one linear program for each end."""
    cells = np.flatnonzero(closed)
    totals = -equations[:, np.flatnonzero(~closed)] @ counts[~closed]
    found = []
    for place in range(len(cells)):
        objective = np.zeros(len(cells))
        objective[place] = 1
        ends = [
            linprog(sign * objective, A_eq=equations[:, cells], b_eq=totals, bounds=(0, most))
            for sign in (1, -1)
        ]
        found.append(-ends[1].fun - ends[0].fun)
    return np.array(found)
