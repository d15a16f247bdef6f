"""The shortest chain of stakes between an owner and a company, for very many at once."""

from __future__ import annotations

import numpy as np

from infiltrate.ownership.levels import spread
from infiltrate.ownership.shares import OwnerShares
from infiltrate.ownership.stakes import Stakes

MOST_STEPS = 20
"""Longer chains are cut at their upper end."""


def find_shortest_chains(
    stakes: Stakes, shares: OwnerShares, owner: np.ndarray, company: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the stakes of one shortest chain for each pair, from the company up.

    Parameters
    ----------
    stakes : Stakes
        Direct stakes of one day.
    shares : OwnerShares
        Their integrated shares, companies among the owners.
    owner, company : numpy.ndarray of int, shape (q,)
        Positions of the two ends of each chain.

    Returns
    -------
    tuple of numpy.ndarray of int, shape (s,)
        The pair that each step belongs to, sorted, and its stake. Of chains of equal length, the
        one whose lowest owner comes first. A pair has at most `MOST_STEPS` stakes, and none where
        no chain is known.
    """
    n = len(stakes.units)
    key = shares.company * np.int64(n + 1) + shares.owner + 1
    first = np.searchsorted(stakes.company, np.arange(n + 1))
    numbers, stakes_found = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    asked, below = np.arange(len(owner)), np.asarray(company, dtype=np.int64)
    for _ in range(MOST_STEPS):
        length = first[below + 1] - first[below]
        asked, below, length = asked[length > 0], below[length > 0], length[length > 0]
        if not len(asked):
            break
        stake = spread(first[below], length)
        end = np.repeat(owner[asked], length)
        steps = _look_up(key, shares.steps, stakes.owner[stake] * np.int64(n + 1) + end + 1)
        steps = np.where(stakes.owner[stake] == end, 0, steps)
        steps[stakes.high[stake] <= 0] = _NEVER
        starts = np.cumsum(length) - length
        # the fewest steps, then the first of the stakes
        rank = steps * len(stakes.owner) + stake
        best = np.minimum.reduceat(rank, starts)
        chosen, left = best % len(stakes.owner), best // len(stakes.owner)
        is_chain = left < _NEVER
        numbers.append(asked[is_chain])
        stakes_found.append(chosen[is_chain])
        goes_on = is_chain & (left > 0)
        asked, below = asked[goes_on], stakes.owner[chosen[goes_on]].astype(np.int64)
    number, stake = np.concatenate(numbers), np.concatenate(stakes_found)
    order = np.argsort(number, kind="stable")
    return number[order], stake[order]


_NEVER = 1 << 30


def _look_up(keys: np.ndarray, values: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Return the value of each key, or a number of steps that no chain has."""
    at = np.searchsorted(keys, wanted)
    found = np.append(values, 0)[at].astype(np.int64)
    found[np.append(keys, -1)[at] != wanted] = _NEVER
    return found
