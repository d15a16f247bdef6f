"""Control: who decides in a company, alone or through companies that are controlled."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse import csgraph

from infiltrate.ownership.levels import spread
from infiltrate.ownership.stakes import Stakes

_ROUNDING = 1e-9


def find_control(stakes: Stakes, threshold: float = 0.5) -> pd.DataFrame:
    """Find every pair of a controller and a company controlled.

    A controls B when the votes in B of A and of all companies that A controls are together more
    than the threshold; at 0.5 at most one owner can control a company that way (the definition
    of Gottlob and Pieris 2015, http://ijcai.org/Abstract/15/405, for chains of any form,
    cycles included).

    Parameters
    ----------
    stakes : Stakes
        Voting rights of one day.
    threshold : float
        Share that must be exceeded.

    Returns
    -------
    pandas.DataFrame
        One row per controller and company, sorted: ``controller_id``, ``controller_kind``,
        ``company_id`` and ``certainty``: ``certain`` when the least votes are enough, ``possible``
        when only the greatest are.
    """
    controller, company, is_certain = pair_control(stakes, threshold)
    return pd.DataFrame(
        {
            "controller_id": stakes.units[controller],
            "controller_kind": stakes.kinds[controller].astype(str),
            "company_id": stakes.units[company],
            "certainty": np.where(is_certain, "certain", "possible"),
        }
    )


def pair_control(
    stakes: Stakes, threshold: float = 0.5, *, ends_only: bool = False
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find control as arrays: controller, company, and whether it is certain.

    Parameters
    ----------
    stakes, threshold
        As in `find_control`.
    ends_only : bool
        Whether only controllers whom nobody owns are returned.

    Returns
    -------
    tuple of numpy.ndarray, shape (p,)
        Positions of controllers and of companies, sorted by company and controller, and whether
        the least votes are enough.
    """
    n = len(stakes.units)
    possible = _close(stakes, stakes.high, threshold, ends_only)
    certain = _close(stakes, stakes.low, threshold, ends_only)
    is_certain = np.isin(possible, certain, assume_unique=True)
    return possible % max(n, 1), possible // max(n, 1), is_certain


def _close(stakes: Stakes, votes: np.ndarray, threshold: float, ends_only: bool) -> np.ndarray:
    """Return company * n + controller of all pairs, sorted."""
    n = len(stakes.units)
    order = np.lexsort((stakes.company, stakes.owner))
    order = order[votes[order] > 0]
    owner, company, votes = stakes.owner[order], stakes.company[order], votes[order]
    first = np.searchsorted(owner, np.arange(n + 1))
    # who controls each other directly controls the same: one of them stands for all
    alone = votes > threshold + _ROUNDING
    links = sparse.csr_array((alone[alone], (owner[alone], company[alone])), shape=(n, n))
    _, circle = csgraph.connected_components(links, connection="strong")
    stands_for = np.full(n, n)
    np.minimum.at(stands_for, circle, np.arange(n))
    is_asked = stands_for[circle] == np.arange(n)
    if ends_only:
        is_asked &= stakes.kinds != "company"
    asked = is_asked[owner]
    key = owner[asked].astype(np.int64) * n + company[asked]
    tally = votes[asked]
    pairs = _grow(key, tally, (company, votes, first), threshold + _ROUNDING)
    controller, controlled = pairs // max(n, 1), pairs % max(n, 1)
    if not ends_only:
        controller, controlled = _share_out(controller, controlled, circle, stands_for)
    return np.sort(controlled * n + controller)


def _grow(
    key: np.ndarray,
    tally: np.ndarray,
    held: tuple[np.ndarray, np.ndarray, np.ndarray],
    threshold: float,
) -> np.ndarray:
    """Add the votes of controlled companies until nobody controls more; controller * n + company.

    ``held`` are the companies and votes by owner, and where those of each owner begin.
    """
    company, votes, first = held
    n = len(first) - 1
    found = [np.zeros(0, dtype=np.int64)]
    while True:
        new = np.isfinite(tally) & (tally > threshold)
        found.append(key[new])
        tally[new] = np.inf
        controller, controlled = key[new] // n, key[new] % n
        length = first[controlled + 1] - first[controlled]
        places = spread(first[controlled], length)
        rows = np.repeat(controller, length)
        is_other = rows != company[places]
        places, rows = places[is_other], rows[is_other]
        if not len(rows):
            return np.concatenate(found)
        # whoever gained nothing in this round is done
        is_active = np.zeros(n, dtype=bool)
        is_active[rows] = True
        still = is_active[key // n]
        key = np.concatenate([key[still], rows * n + company[places]])
        tally = np.concatenate([tally[still], votes[places]])
        order = np.argsort(key, kind="stable")
        starts = np.flatnonzero(np.diff(key[order], prepend=-1))
        key, tally = key[order[starts]], np.add.reduceat(tally[order], starts)


def _share_out(
    controller: np.ndarray, controlled: np.ndarray, circle: np.ndarray, stands_for: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Give every member of a circle what the one that stands for it controls."""
    sizes = np.bincount(circle)
    others = np.flatnonzero((sizes[circle] > 1) & (stands_for[circle] != np.arange(len(circle))))
    order = np.argsort(controller, kind="stable")
    first = np.searchsorted(controller[order], np.arange(len(circle) + 1))
    speaker = stands_for[circle[others]]
    length = first[speaker + 1] - first[speaker]
    theirs = controlled[order[spread(first[speaker], length)]]
    member = np.repeat(others, length)
    is_other = member != theirs
    return (
        np.concatenate([controller, member[is_other], others]),
        np.concatenate([controlled, theirs[is_other], speaker]),
    )
