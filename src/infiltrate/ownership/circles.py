"""Companies that own each other: what a share in one becomes in the others, solved exactly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph
from scipy.sparse import linalg as sparse_linalg

from infiltrate.errors import NotEnoughData

_MOST_DENSE = 64
_CHUNK = 256
_MOST_CLOSED = 6000
_MOST_RETURNS = 1e9
_SMALLEST = 1e-14


@dataclass(frozen=True, eq=False)
class SolvedCircle:
    r"""Entries of :math:`(I - A)^{-1}` within circles; a pair may be a member with itself.

    Attributes
    ----------
    owner, company : numpy.ndarray of int, shape (p,)
        Members, as positions of units.
    low, high : numpy.ndarray, shape (p,)
        Ends of the entry; infinite where the members could own each other entirely.
    steps : numpy.ndarray of int, shape (p,)
        Stakes in the shortest chain between the two.
    """

    owner: np.ndarray
    company: np.ndarray
    low: np.ndarray
    high: np.ndarray
    steps: np.ndarray


def solve_circles(
    members: np.ndarray, owner: np.ndarray, company: np.ndarray, low: np.ndarray, high: np.ndarray
) -> list[SolvedCircle]:
    """Solve circles of one size together when they are small, one by one when they are large.

    Parameters
    ----------
    members : numpy.ndarray of int, shape (n_circles, size)
        Positions of the members, each row sorted.
    owner, company : numpy.ndarray of int, shape (m,)
        Stakes between members of one circle.
    low, high : numpy.ndarray, shape (m,)
        Ends of their shares.

    Raises
    ------
    NotEnoughData
        When more than 6,000 companies could own each other entirely.
    """
    count, size = members.shape
    flat = members.ravel()
    order = np.argsort(flat, kind="stable")
    i = order[np.searchsorted(flat, owner, sorter=order)]
    j = order[np.searchsorted(flat, company, sorter=order)]
    if size <= _MOST_DENSE:
        return [_solve_dense(members, (i // size, i % size, j % size), low, high)]
    which = i // size
    return [
        _solve_large(
            members[number],
            *(
                sparse.csc_array(
                    (
                        shares[which == number],
                        ((i % size)[which == number], (j % size)[which == number]),
                    ),
                    shape=(size, size),
                )
                for shares in (low, high)
            ),
        )
        for number in range(count)
    ]


def _solve_dense(
    members: np.ndarray,
    places: tuple[np.ndarray, np.ndarray, np.ndarray],
    low: np.ndarray,
    high: np.ndarray,
) -> SolvedCircle:
    count, size = members.shape
    steps = np.full((count, size, size), size, dtype=np.int32)
    steps[places] = 1
    steps[:, np.arange(size), np.arange(size)] = 0
    for middle in range(size):
        through = steps[:, :, middle, np.newaxis] + steps[:, np.newaxis, middle, :]
        np.minimum(steps, through, out=steps)
    one = np.eye(size)
    return SolvedCircle(
        np.repeat(members, size, axis=1).ravel(),
        np.tile(members, (1, size)).ravel(),
        _sum_chains(places, low, one, endless=one),
        _sum_chains(places, high, one, endless=np.full_like(one, np.inf)),
        steps.ravel(),
    )


def _sum_chains(
    places: tuple[np.ndarray, np.ndarray, np.ndarray],
    shares: np.ndarray,
    one: np.ndarray,
    endless: np.ndarray,
) -> np.ndarray:
    system = np.tile(one, (int(places[0].max()) + 1, 1, 1))
    system[places] -= shares
    inverse = _invert(system)
    is_sum = (inverse >= -1e-9).all(axis=(1, 2)) & (inverse.max(axis=(1, 2)) < _MOST_RETURNS)
    inverse[~is_sum] = endless
    return np.maximum(inverse, 0).ravel()


def _invert(systems: np.ndarray) -> np.ndarray:
    """Return the inverse of each matrix, not a number where there is none."""
    try:
        return np.linalg.inv(systems)
    except np.linalg.LinAlgError:
        if len(systems) == 1:
            return np.full_like(systems, np.nan)
        half = len(systems) // 2
        return np.concatenate([_invert(systems[:half]), _invert(systems[half:])])


def _solve_large(
    members: np.ndarray, low: sparse.csc_array, high: sparse.csc_array
) -> SolvedCircle:
    size = len(members)
    solve_low, solve_high = _factorise(low), _factorise(high)
    if solve_high is not None and not _adds_up(solve_high, size):
        solve_high = None
    if solve_high is None and size > _MOST_CLOSED:
        raise NotEnoughData(
            f"{size:,} companies in one circle could own each other entirely; nothing can be said "
            f"of them. At most {_MOST_CLOSED:,} are followed."
        )
    if solve_low is not None and solve_high is None and not _adds_up(solve_low, size):
        solve_low = None
    links = high.tocsr()
    parts = []
    for start in range(0, size, _CHUNK):
        some = np.arange(start, min(start + _CHUNK, size))
        units = np.zeros((size, len(some)))
        units[some, np.arange(len(some))] = 1
        # whoever owns the others: a row of the inverse is a column of that of the transpose
        ends = [
            units.T if solve_low is None else solve_low.solve(units, "T").T,
            np.full_like(units.T, np.inf) if solve_high is None else solve_high.solve(units, "T").T,
        ]
        steps = csgraph.dijkstra(links, unweighted=True, indices=some)
        row, column = np.nonzero(ends[1] > _SMALLEST)
        parts.append(
            (
                members[some[row]],
                members[column],
                np.maximum(ends[0][row, column], 0),
                ends[1][row, column],
                steps[row, column].astype(np.int32),
            )
        )
    return SolvedCircle(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _factorise(shares: sparse.csc_array) -> sparse_linalg.SuperLU | None:
    try:
        return sparse_linalg.splu(sparse.eye_array(shares.shape[0], format="csc") - shares)
    except RuntimeError:
        return None


def _adds_up(solve: sparse_linalg.SuperLU, size: int) -> bool:
    """Whether the sum over all chains is finite.

    With (I - A) x = 1 and A not negative and irreducible, x is positive exactly when it is.
    """
    found = solve.solve(np.ones(size))
    return bool((found >= 1 - 1e-9).all() and found.max() < _MOST_RETURNS)
