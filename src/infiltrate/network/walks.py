"""Personalised PageRank from listed companies, without the share that is a company's own."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from infiltrate.network.ties import Ties

_AT_ONCE = 1024
# of a walk that comes back to where it began, for the few companies that are listed themselves
_DROPPED = 1e-4


def visit_from(ties: Ties, sources: np.ndarray, restart: float, tolerance: float) -> np.ndarray:
    """Sum personalised PageRank over sources, for each company those other than itself.

    A walk goes from a company to one of its hubs and on to one of the hub's members (itself
    included), each as likely as the others; with chance ``restart`` it begins anew at its source.
    A company without ties keeps its walk.

    Parameters
    ----------
    ties : Ties
        Ties of one day.
    sources : numpy.ndarray of int
        Positions of the sources.
    restart : float
        Chance to begin anew at each step.
    tolerance : float
        What may be left of each walk when it is cut off.

    Returns
    -------
    numpy.ndarray, shape (n,)
        Sum over the sources s other than i of restart * sum over k of (1 - restart)^k P^k[s, i].
    """
    out, back = _transitions(ties)
    total = np.zeros(len(ties.companies))
    starts = sources[ties.degrees[sources] > 0]
    mass = total.copy()
    mass[starts] = 1.0
    total += restart * mass
    for _ in range(_turns(restart, tolerance)):
        mass = (1 - restart) * (back @ (out @ mass))
        total += restart * mass
    total[starts] -= _own_visits(out, back, starts, restart, tolerance)
    total[starts[~_has_company(ties, starts)]] = 0.0
    total[np.setdiff1d(sources, starts)] = 0.0
    return np.maximum(total, 0.0)


def _has_company(ties: Ties, starts: np.ndarray) -> np.ndarray:
    """Whether another source can be reached: else differences of sums leave crumbs, not zero."""
    group = ties.components[starts]
    return np.bincount(group, minlength=int(group.max(initial=0)) + 1)[group] > 1


def _turns(restart: float, tolerance: float) -> int:
    return int(np.ceil(np.log(tolerance) / np.log1p(-restart)))


def _transitions(ties: Ties) -> tuple[sparse.csr_array, sparse.csr_array]:
    """Return what carries mass from companies to hubs, and from hubs to companies."""
    hubs_of = np.diff(ties.incidence.indptr)
    out = sparse.csr_array(
        (
            (1.0 / np.maximum(hubs_of, 1))[ties.members.indices],
            ties.members.indices,
            ties.members.indptr,
        ),
        shape=ties.members.shape,
    )
    back = sparse.csr_array(
        (
            (1.0 / np.maximum(ties.hub_sizes, 1))[ties.incidence.indices],
            ties.incidence.indices,
            ties.incidence.indptr,
        ),
        shape=ties.incidence.shape,
    )
    return out, back


def _own_visits(
    out: sparse.csr_array,
    back: sparse.csr_array,
    sources: np.ndarray,
    restart: float,
    tolerance: float,
) -> np.ndarray:
    """Return how much of each source's walk is at the source itself."""
    forward, onward = out.T.tocsr(), back.T.tocsr()
    own = np.zeros(len(sources))
    for start in range(0, len(sources), _AT_ONCE):
        part = sources[start : start + _AT_ONCE]
        row = np.arange(len(part))
        shape = (len(part), forward.shape[0])
        mass = sparse.csr_array((np.ones(len(part)), (row, part)), shape=shape)
        visits = np.full(len(part), restart)
        for _ in range(_turns(restart, tolerance)):
            mass = (mass @ forward) @ onward
            mass.data *= 1 - restart
            mass.data[mass.data < _DROPPED] = 0.0
            mass.eliminate_zeros()
            if not mass.nnz:
                break
            visits += restart * np.asarray(mass[row, part]).ravel()
        own[start : start + _AT_ONCE] = visits
    return own
