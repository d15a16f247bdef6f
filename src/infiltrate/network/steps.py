"""Shortest ways from every company to the nearest listed one but itself."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from infiltrate.network.ties import Ties


def count_steps(ties: Ties, sources: np.ndarray) -> np.ndarray:
    """Count steps from company to company to the nearest source other than itself.

    Parameters
    ----------
    ties : Ties
        Ties of one day.
    sources : numpy.ndarray of int
        Positions of the sources.

    Returns
    -------
    numpy.ndarray of float, shape (n,)
        Missing when no other source can be reached.

    Notes
    -----
    One search from all sources at once tells every company its distance and its nearest source.
    The way from a source to the next one leaves the companies nearest to it over some hub, where
    two members have different nearest sources; the shortest of these ways is the answer
    (Mehlhorn 1988). The work is in proportion to memberships.
    """
    steps, nearest = search_from(ties, sources)
    found = np.where(steps >= 0, steps, np.nan).astype(float)
    found[sources] = _steps_between_sources(ties, sources, steps, nearest)
    return found


def search_from(ties: Ties, sources: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Search breadth first from all sources at once.

    Returns
    -------
    steps, nearest : numpy.ndarray of int, shape (n,)
        Steps to the nearest source, 0 at a source and -1 where none can be reached; position of
        that source, the first of several as near.
    """
    n, h = len(ties.companies), len(ties.hubs)
    steps, nearest = np.full(n, -1, dtype=np.int32), np.full(n, n, dtype=np.int64)
    steps[sources], nearest[sources] = 0, sources
    is_new_hub = np.ones(h, dtype=bool)
    at_hub = np.full(h, n, dtype=np.int64)
    front, step = np.asarray(sources), 0
    while len(front):
        step += 1
        hubs, via = neighbours(ties.incidence, front)
        is_new = is_new_hub[hubs]
        hubs, via = hubs[is_new], via[is_new]
        np.minimum.at(at_hub, hubs, nearest[front[via]])
        hubs = np.unique(hubs)
        is_new_hub[hubs] = False
        reached, via = neighbours(ties.members, hubs)
        is_new = steps[reached] < 0
        reached, via = reached[is_new], via[is_new]
        np.minimum.at(nearest, reached, at_hub[hubs[via]])
        front = np.unique(reached)
        steps[front] = step
    return steps, nearest


def neighbours(matrix: sparse.csr_array, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the columns that rows lead to, and which of the rows (by place) led to each."""
    starts, counts = matrix.indptr[rows], np.diff(matrix.indptr)[rows]
    via = np.repeat(np.arange(len(rows)), counts)
    within = np.arange(len(via)) - np.repeat(np.cumsum(counts) - counts, counts)
    return matrix.indices[starts[via] + within], via


def _steps_between_sources(
    ties: Ties, sources: np.ndarray, steps: np.ndarray, nearest: np.ndarray
) -> np.ndarray:
    n = len(ties.companies)
    hub = np.repeat(np.arange(len(ties.hubs)), ties.hub_sizes)
    company = ties.members.indices
    reached = steps[company] >= 0
    hub, company = hub[reached], company[reached]
    # the nearest member of each hub, and the nearest one that has another nearest source
    first_steps, first_source = _nearest_at_hubs(ties, hub, steps[company], nearest[company])
    other = nearest[company] != first_source[hub]
    second_steps, _ = _nearest_at_hubs(
        ties, hub[other], steps[company[other]], nearest[company[other]]
    )
    away = np.where(other, first_steps[hub], second_steps[hub])
    between = np.full(n, np.inf)
    np.minimum.at(between, nearest[company], steps[company] + 1.0 + away)
    return np.where(np.isfinite(between), between, np.nan)[sources]


def _nearest_at_hubs(
    ties: Ties, hub: np.ndarray, steps: np.ndarray, source: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    h = len(ties.hubs)
    least, at = np.full(h, np.inf), np.full(h, -1, dtype=np.int64)
    order = np.lexsort((source, steps, hub))
    first = order[np.r_[True, np.diff(hub[order]) > 0]] if len(order) else order
    least[hub[first]], at[hub[first]] = steps[first], source[first]
    return least, at
