"""Integrated shares as arrays: owners' shares carried down level by level, circles solved."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from infiltrate.errors import NotEnoughData
from infiltrate.ownership.circles import solve_circles
from infiltrate.ownership.levels import order_levels, spread
from infiltrate.ownership.stakes import Stakes

NOBODY_KNOWN = -1
"""Position of whoever holds what no known owner does."""

SMALLEST = 1e-12
_CARRIED = 1e-14
_MOST_ROWS = 4_000_000


@dataclass(frozen=True, eq=False)
class OwnerShares:
    """Integrated shares, one entry per owner and company, sorted by company and owner.

    Attributes
    ----------
    owner, company : numpy.ndarray of int, shape (p,)
        Positions in ``Stakes.units``; `NOBODY_KNOWN` for the owner of what nobody known holds.
    low, high : numpy.ndarray, shape (p,)
        Ends of the share, from 0 to 1.
    steps : numpy.ndarray of int, shape (p,)
        Stakes in the shortest chain; 0 where the owner is not known.
    """

    owner: np.ndarray
    company: np.ndarray
    low: np.ndarray
    high: np.ndarray
    steps: np.ndarray


def integrate_shares(
    stakes: Stakes,
    companies: np.ndarray | None = None,
    *,
    ends_only: bool = False,
    most_entries: int = 150_000_000,
) -> OwnerShares:
    """Compute integrated shares; `infiltrate.ownership.integrated` says what they are.

    A column of (I - A)^-1 is the sum of its owners' columns, weighted with their shares, so
    columns are worked out from the upper ends of chains down. Companies in a circle have the
    sum of what comes from outside, times the inverse of their own small block.

    Parameters
    ----------
    stakes : Stakes
        Direct stakes of one day.
    companies : numpy.ndarray of int, optional
        Positions of the companies to compute owners of; every owned one when left out.
    ends_only : bool
        Whether only owners whom nobody owns are returned: no companies.
    most_entries : int
        How many entries there may be; 24 bytes each.

    Raises
    ------
    NotEnoughData
        When there are more.
    """
    graph = _Graph.above(stakes, companies)
    columns = _Columns(len(stakes.units), most_entries)
    is_listed = stakes.kinds != "company" if ends_only else np.ones(len(stakes.units), dtype=bool)
    returns = [np.ones(len(stakes.units)), np.ones(len(stakes.units))]
    for nodes in graph.by_level():
        outer, inner = graph.stakes_in(nodes)
        for some, its in _portions(nodes, outer, graph, columns):
            _carry(columns, graph, some, its, is_listed)
        if len(inner):
            _close_circles(columns, graph, nodes, inner, returns)
    wanted = np.unique(stakes.company) if companies is None else np.unique(companies)
    return _finish(stakes, columns, wanted, returns)


def find_units_above(stakes: Stakes, companies: np.ndarray) -> np.ndarray:
    """Return the companies and everybody who owns them directly or not, as sorted positions."""
    first = np.searchsorted(stakes.company, np.arange(len(stakes.units) + 1))
    is_above = np.zeros(len(stakes.units), dtype=bool)
    frontier = np.unique(companies)
    while len(frontier):
        is_above[frontier] = True
        owners = stakes.owner[spread(first[frontier], first[frontier + 1] - first[frontier])]
        frontier = np.unique(owners[~is_above[owners]])
    return np.flatnonzero(is_above)


class _Graph:
    """The stakes above the companies asked for, those of no share left out, by company."""

    def __init__(self, stakes: Stakes, units: np.ndarray, kept: np.ndarray) -> None:
        n = len(stakes.units)
        self.owner, self.company = stakes.owner[kept], stakes.company[kept]
        self.low, self.high = stakes.low[kept], stakes.high[kept]
        self.first = np.searchsorted(self.company, np.arange(n + 1))
        levels = order_levels(self.owner, self.company, n)
        self.circle, self.size = levels.circle, levels.size
        order = np.argsort(levels.level[units], kind="stable")
        self._units = units[order]
        self._starts = np.searchsorted(
            levels.level[self._units], np.arange(levels.level.max(initial=0) + 2)
        )

    @classmethod
    def above(cls, stakes: Stakes, companies: np.ndarray | None) -> _Graph:
        kept = np.flatnonzero(stakes.high > 0)
        if companies is None:
            return cls(stakes, np.arange(len(stakes.units)), kept)
        units = find_units_above(stakes, companies)
        is_above = np.zeros(len(stakes.units), dtype=bool)
        is_above[units] = True
        return cls(stakes, units, kept[is_above[stakes.company[kept]]])

    def by_level(self) -> list[np.ndarray]:
        parts = [
            self._units[start:stop]
            for start, stop in zip(self._starts[:-1], self._starts[1:], strict=True)
        ]
        return [part for part in parts if len(part)]

    def stakes_in(self, nodes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the stakes in units of one level: from above, and within circles."""
        found = spread(self.first[nodes], self.first[nodes + 1] - self.first[nodes])
        is_inner = self.circle[self.owner[found]] == self.circle[self.company[found]]
        return found[~is_inner], found[is_inner]


class _Columns:
    """Columns of (I - A)^-1 one after another in arrays that grow."""

    def __init__(self, n: int, most: int) -> None:
        self.first = np.zeros(n, dtype=np.int64)
        self.length = np.zeros(n, dtype=np.int64)
        self.used, self._most = 0, most
        self.row = np.empty(0, dtype=np.int32)
        self.low, self.high = np.empty(0), np.empty(0)
        self.steps = np.empty(0, dtype=np.int32)

    def add(
        self,
        nodes: np.ndarray,
        length: np.ndarray,
        entries: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
    ) -> None:
        """Add the columns of nodes; a node that has one already has a new one."""
        new = len(entries[0])
        if self.used + new > self._most:
            raise NotEnoughData(
                f"There are more than {self._most:,} pairs of an owner and a company; ask for "
                "fewer companies."
            )
        if self.used + new > len(self.row):
            room = max(self.used + new, int(1.5 * len(self.row)))
            for name in ("row", "low", "high", "steps"):
                old = getattr(self, name)
                grown = np.empty(room, dtype=old.dtype)
                grown[: self.used] = old[: self.used]
                setattr(self, name, grown)
        place = slice(self.used, self.used + new)
        self.row[place], self.low[place], self.high[place], self.steps[place] = entries
        self.first[nodes] = self.used + np.cumsum(length) - length
        self.length[nodes] = length
        self.used += new


def _portions(
    nodes: np.ndarray, stakes: np.ndarray, graph: _Graph, columns: _Columns
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Cut a level into parts whose columns fit into memory before they are added up."""
    cost = np.zeros(len(nodes) + 1, dtype=np.int64)
    place = np.searchsorted(nodes, graph.company[stakes])
    np.add.at(cost, place + 1, columns.length[graph.owner[stakes]])
    portion = np.cumsum(cost + (np.arange(len(cost)) > 0))[1:] // _MOST_ROWS
    cuts = np.flatnonzero(np.diff(portion, prepend=-1))
    at = np.searchsorted(place, cuts)
    return [
        (some, its)
        for some, its in zip(np.split(nodes, cuts[1:]), np.split(stakes, at[1:]), strict=True)
        if len(some)
    ]


def _carry(
    columns: _Columns, graph: _Graph, nodes: np.ndarray, stakes: np.ndarray, is_listed: np.ndarray
) -> None:
    """Work out the columns of units from those of their owners on higher levels."""
    owner = graph.owner[stakes]
    length = columns.length[owner]
    found = spread(columns.first[owner], length)
    own = np.flatnonzero(is_listed[nodes])
    ones = np.ones(len(own))
    place = np.searchsorted(nodes, graph.company[stakes])
    _add_up(
        columns,
        nodes,
        np.concatenate([np.repeat(place, length), own]),
        (
            np.concatenate([columns.row[found], nodes[own].astype(np.int32)]),
            np.concatenate([columns.low[found] * np.repeat(graph.low[stakes], length), ones]),
            np.concatenate([columns.high[found] * np.repeat(graph.high[stakes], length), ones]),
            np.concatenate([columns.steps[found] + 1, np.zeros(len(own), dtype=np.int32)]),
        ),
    )


def _close_circles(
    columns: _Columns,
    graph: _Graph,
    nodes: np.ndarray,
    inner: np.ndarray,
    returns: list[np.ndarray],
) -> None:
    """Replace the columns of units in circles by those that go round in them."""
    members = nodes[graph.size[nodes] > 1]
    members = members[np.lexsort((members, graph.circle[members], graph.size[members]))]
    sizes = graph.size[members]
    for size in np.unique(sizes):
        blocks = members[sizes == size].reshape(-1, size)
        its = inner[graph.size[graph.company[inner]] == size]
        for solved in solve_circles(
            blocks, graph.owner[its], graph.company[its], graph.low[its], graph.high[its]
        ):
            is_own = solved.owner == solved.company
            for end, entries in zip(returns, (solved.low, solved.high), strict=True):
                end[solved.owner[is_own]] = entries[is_own]
            order = np.argsort(solved.company, kind="stable")
            some = np.unique(solved.company)
            owner, company = solved.owner[order], solved.company[order]
            length = columns.length[owner]
            found = spread(columns.first[owner], length)
            low = columns.low[found] * np.repeat(solved.low[order], length)
            with np.errstate(invalid="ignore"):
                high = columns.high[found] * np.repeat(solved.high[order], length)
            _add_up(
                columns,
                some,
                np.repeat(np.searchsorted(some, company), length),
                (
                    columns.row[found],
                    low,
                    np.nan_to_num(high, nan=0.0, posinf=np.inf),
                    columns.steps[found] + np.repeat(solved.steps[order], length),
                ),
            )


def _add_up(
    columns: _Columns,
    nodes: np.ndarray,
    place: np.ndarray,
    entries: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
) -> None:
    """Add entries of one owner in one company, and keep them as the company's column."""
    row, low, high, steps = entries
    if not len(row):
        return
    key = place.astype(np.int64) * len(columns.first) + row
    order = np.argsort(key, kind="stable")
    starts = np.flatnonzero(np.diff(key[order], prepend=-1))
    high = np.add.reduceat(high[order], starts)
    kept = high > _CARRIED
    columns.add(
        nodes,
        np.bincount(place[order[starts[kept]]], minlength=len(nodes)),
        (
            row[order[starts[kept]]],
            np.add.reduceat(low[order], starts)[kept],
            high[kept],
            np.minimum.reduceat(steps[order], starts)[kept],
        ),
    )


def _finish(
    stakes: Stakes, columns: _Columns, wanted: np.ndarray, returns: list[np.ndarray]
) -> OwnerShares:
    """Turn columns into shares: without chains that return to the owner, and with what is left."""
    length = columns.length[wanted]
    found = spread(columns.first[wanted], length)
    owner, company = columns.row[found], np.repeat(wanted.astype(np.int32), length)
    kept = owner != company
    found, owner, company = found[kept], owner[kept], company[kept]
    low = np.clip(columns.low[found] / returns[0][owner], 0, 1)
    above = columns.high[found]
    with np.errstate(invalid="ignore"):
        high = np.where(np.isinf(above), 1.0, np.clip(above / returns[1][owner], 0, 1))
    is_end = stakes.kinds[owner] != "company"
    n = len(stakes.units)
    certain = np.bincount(company[is_end], weights=low[is_end], minlength=n)
    left = 1 - (certain[company] - low)
    high = np.where(is_end, np.minimum(high, np.maximum(left, low)), high)
    high = np.maximum(high, low)
    possible = np.bincount(company[is_end], weights=high[is_end], minlength=n)
    unknown_low = np.clip(1 - possible[wanted], 0, 1)
    unknown_high = np.clip(1 - certain[wanted], 0, 1)
    is_open = unknown_high > SMALLEST
    kept = high > SMALLEST
    nobody = wanted[is_open].astype(np.int32)
    company = np.concatenate([nobody, company[kept]])
    order = np.argsort(company, kind="stable")
    return OwnerShares(
        np.concatenate([np.full(len(nobody), NOBODY_KNOWN, dtype=np.int32), owner[kept]])[order],
        company[order],
        np.concatenate([unknown_low[is_open], low[kept]])[order],
        np.concatenate([unknown_high[is_open], high[kept]])[order],
        np.concatenate([np.zeros(len(nobody), dtype=np.int32), columns.steps[found][kept]])[order],
    )
