"""The order from the upper end of chains down, with circles taken together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph


@dataclass(frozen=True, eq=False)
class Levels:
    """Units by level; whoever owns a unit stands on a higher level or in its circle.

    Attributes
    ----------
    circle : numpy.ndarray of int, shape (n,)
        Which circle (strongly connected component) each unit belongs to; most have but one member.
    size : numpy.ndarray of int, shape (n,)
        Members of the circle of each unit.
    level : numpy.ndarray of int, shape (n,)
        Stakes in the longest chain above the circle of each unit, circles counted as one unit.
    largest : numpy.ndarray of int, shape (n,)
        Members of the largest circle that each unit belongs to or that owns it.
    """

    circle: np.ndarray
    size: np.ndarray
    level: np.ndarray
    largest: np.ndarray


def order_levels(owner: np.ndarray, company: np.ndarray, n: int) -> Levels:
    """Condense circles and count levels, owners first.

    Parameters
    ----------
    owner, company : numpy.ndarray of int, shape (m,)
        The two ends of each stake.
    n : int
        Number of units.
    """
    links = sparse.csr_array((np.ones(len(owner), dtype=np.int8), (owner, company)), shape=(n, n))
    count, circle = csgraph.connected_components(links, connection="strong")
    sizes = np.bincount(circle, minlength=count)
    above, below = circle[owner], circle[company]
    is_between = above != below
    above, below = above[is_between], below[is_between]
    order = np.argsort(above, kind="stable")
    above, below = above[order], below[order]
    first = np.searchsorted(above, np.arange(count + 1))
    waiting = np.bincount(below, minlength=count)
    level, largest = np.zeros(count, dtype=np.int32), sizes.copy()
    reached = np.flatnonzero(waiting == 0)
    number = 0
    while len(reached):
        level[reached] = number
        length = first[reached + 1] - first[reached]
        targets = below[spread(first[reached], length)]
        np.maximum.at(largest, targets, np.repeat(largest[reached], length))
        np.subtract.at(waiting, targets, 1)
        reached = np.unique(targets[waiting[targets] == 0])
        number += 1
    return Levels(circle, sizes[circle], level[circle], largest[circle])


def spread(first: np.ndarray, length: np.ndarray) -> np.ndarray:
    """Return the places of several ranges one after another."""
    ends = np.cumsum(length)
    total = int(ends[-1]) if len(ends) else 0
    return np.arange(total) + np.repeat(first - (ends - length), length)
