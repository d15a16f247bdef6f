"""Integrated ownership: direct and indirect shares together, cycles included."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse import csgraph
from scipy.sparse import linalg as sparse_linalg

from infiltrate.ownership.stakes import Stakes

UNKNOWN_OWNER = "unknown"
"""Stands for whoever holds what no known owner does."""

_CHUNK = 256
_MOST_NUMBERS = 20_000_000
_MOST_RETURNS = 1e9
_SMALLEST = 1e-12


def integrate_ownership(stakes: Stakes, companies: np.ndarray | None = None) -> pd.DataFrame:
    r"""Compute the integrated share of every direct and indirect owner in companies.

    With :math:`A` the direct shares and :math:`L = (I - A)^{-1}`, the integrated share of i in j
    is the sum over all chains from i to j that do not return to i,

    .. math:: y_{ij} = (L_{ij} - [i = j]) / L_{ii}

    (Brioschi, Buzzacchi and Colombo 1989, https://doi.org/10.1016/0378-4266(89)90023-9; Chapelle
    and Szafarz 2005, https://doi.org/10.1016/j.physa.2005.02.006). A share grows with every direct
    share, so the least and the greatest direct shares give the ends of its range.

    Parameters
    ----------
    stakes : Stakes
        Direct stakes of one day.
    companies : numpy.ndarray of str, optional
        Companies to compute owners of; every owned one when left out.

    Returns
    -------
    pandas.DataFrame
        One row per owner and company, sorted: ``owner_id``, ``owner_kind``, ``company_id``,
        ``low``, ``high`` (from 0 to 1) and ``steps``, the number of stakes in the shortest chain.
        `UNKNOWN_OWNER` is one of the owners, wherever a part may belong to nobody known; it has
        no number of steps.

    Notes
    -----
    The shares of owners whom nobody owns, the unknown one included, add up to 1 where the register
    is exact. Those of companies in between are theirs as well as their owners', so they do not add
    up with them. Where upper ends form a cycle that could own itself entirely, the end is 1.
    """
    targets = (
        np.unique(stakes.company) if companies is None else stakes.positions(np.unique(companies))
    )
    graphs = _Graphs(
        stakes.matrix(np.ones(len(stakes.owner))),
        stakes.matrix(stakes.low),
        stakes.matrix(stakes.high),
    )
    _, component = csgraph.connected_components(graphs.links, directed=False)
    targets = targets[np.argsort(component[targets], kind="stable")]
    parts = [
        _integrate_chunk(stakes, graphs, targets[start : start + _CHUNK])
        for start in range(0, len(targets), _CHUNK)
    ]
    columns = ["owner_id", "owner_kind", "company_id", "low", "high", "steps"]
    if not parts:
        return pd.DataFrame({name: [] for name in columns})
    found = pd.concat(parts, ignore_index=True)
    return found.sort_values(["company_id", "owner_id"], ignore_index=True)[columns]


@dataclass(frozen=True, eq=False)
class _Graphs:
    """Who owns whom, and the two ends of the shares; a column's rows are its owners."""

    links: sparse.csc_array
    low: sparse.csc_array
    high: sparse.csc_array


def _integrate_chunk(stakes: Stakes, graphs: _Graphs, targets: np.ndarray) -> pd.DataFrame:
    nodes = _find_owners(graphs.links, targets)
    if len(nodes) * len(targets) > _MOST_NUMBERS and len(targets) > 1:
        halves = np.array_split(targets, 2)
        return pd.concat([_integrate_chunk(stakes, graphs, half) for half in halves])
    place = np.searchsorted(nodes, targets)
    steps = csgraph.dijkstra(graphs.links[:, nodes][nodes].T, unweighted=True, indices=place).T
    low = _sum_chains(graphs.low[:, nodes][nodes], place, steps, endless=0.0)
    high = _sum_chains(graphs.high[:, nodes][nodes], place, steps, endless=1.0)
    low, high = np.clip(low, 0, 1), np.clip(high, 0, 1)
    ends = stakes.kinds[nodes] != "company"
    left = 1 - (low[ends].sum(axis=0) - low * ends[:, np.newaxis])
    high = np.where(ends[:, np.newaxis], np.minimum(high, np.maximum(left, low)), high)
    unknown_low = np.clip(1 - high[ends].sum(axis=0), 0, 1)
    unknown_high = np.clip(1 - low[ends].sum(axis=0), 0, 1)
    rows, columns = np.nonzero(high > _SMALLEST)
    known = pd.DataFrame(
        {
            "owner_id": stakes.units[nodes[rows]],
            "owner_kind": stakes.kinds[nodes[rows]],
            "company_id": stakes.units[targets[columns]],
            "low": low[rows, columns],
            "high": high[rows, columns],
            "steps": steps[rows, columns].astype(np.int64),
        }
    )
    is_open = np.flatnonzero(unknown_high > _SMALLEST)
    unknown = pd.DataFrame(
        {
            "owner_id": UNKNOWN_OWNER,
            "owner_kind": "unknown",
            "company_id": stakes.units[targets[is_open]],
            "low": unknown_low[is_open],
            "high": unknown_high[is_open],
            "steps": pd.array([pd.NA] * len(is_open), dtype="Int64"),
        }
    )
    return pd.concat([known.astype({"steps": "Int64"}), unknown], ignore_index=True)


def _find_owners(links: sparse.csc_array, targets: np.ndarray) -> np.ndarray:
    """Return the targets and everybody above them, sorted."""
    found = np.unique(targets)
    frontier = found
    while len(frontier):
        frontier = np.setdiff1d(links[:, frontier].indices, found)
        found = np.union1d(found, frontier)
    return found


def _sum_chains(
    shares: sparse.csc_array, place: np.ndarray, steps: np.ndarray, endless: float
) -> np.ndarray:
    """Return the integrated shares of all owners in the targets, shape (n_owners, n_targets).

    Companies that own each other entirely have no finite sum; owners whose chains pass through
    them get ``endless``.
    """
    n = shares.shape[0]
    returns, closed = _sum_returns(shares)
    kept = shares.tocoo()
    is_kept = ~(closed[kept.row] & closed[kept.col])
    open_shares = sparse.csc_array(
        (kept.data[is_kept], (kept.row[is_kept], kept.col[is_kept])), shape=(n, n)
    )
    units = np.zeros((n, len(place)))
    units[place, np.arange(len(place))] = 1
    total = sparse_linalg.splu(sparse.eye_array(n, format="csc") - open_shares).solve(units)
    result = (total - units) / returns[:, np.newaxis]
    if closed.any():
        from_closed = np.isfinite(steps[closed]).any(axis=0)
        above = csgraph.dijkstra(
            shares.T.tocsr(), unweighted=True, indices=np.flatnonzero(closed), min_only=True
        )
        result[np.ix_(np.isfinite(above), from_closed)] = endless
    result[place, np.arange(len(place))] = 0
    return result


def _sum_returns(shares: sparse.csc_array) -> tuple[np.ndarray, np.ndarray]:
    """Return the sum over all ways back to each unit, 1 without cycles, and who is endless."""
    n = shares.shape[0]
    returns, closed = np.ones(n), np.zeros(n, dtype=bool)
    _, cycle = csgraph.connected_components(shares, connection="strong")
    sizes = np.bincount(cycle)
    for number in np.flatnonzero(sizes > 1):
        members = np.flatnonzero(cycle == number)
        system = np.eye(len(members)) - shares[members][:, members].toarray()
        diagonal = _invert(system)
        if diagonal is None:
            closed[members] = True
        else:
            returns[members] = diagonal
    return returns, closed


def _invert(system: np.ndarray) -> np.ndarray | None:
    """Return the diagonal of the inverse; None when the shares add up without end."""
    try:
        inverse = np.linalg.inv(system)
    except np.linalg.LinAlgError:
        return None
    is_sum = (inverse >= -1e-9).all() and inverse.max() < _MOST_RETURNS
    return np.diag(inverse) if is_sum else None
