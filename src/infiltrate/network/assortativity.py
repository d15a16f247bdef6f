"""Whether listed companies are tied to listed ones more often than chance and likeness explain."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from infiltrate.network.listings import Listings
from infiltrate.network.ties import Ties
from infiltrate.params.network_choices import ContagionChoices

_FEW = 5
_AT_ONCE = 50


@dataclass(frozen=True, eq=False)
class Assortativity:
    """Ties of listed companies that lead to listed ones, beside what chance would give.

    Attributes
    ----------
    share : float
        Ties between two listed companies, as a share of all ties of listed companies.
    low, high : float
        Interval of the share, over groups of connected companies.
    null : numpy.ndarray, shape (permutations,)
        The share when listed companies change places with others of the same number of ties,
        sector and area.
    p_value : float
        Share of permutations, the observed one among them, at least as high.
    listed, ties : int
        Listed companies with ties, and their ties.
    fixed : float
        Share of them that had nobody to change places with; they stay where they are, which
        makes the test cautious.
    reason : str
        Why there is no test; empty when there is one.
    """

    share: float
    low: float
    high: float
    null: np.ndarray
    p_value: float
    listed: int
    ties: int
    fixed: float
    reason: str = ""


def assess_assortativity(
    listings: Listings, choices: ContagionChoices, rng: np.random.Generator
) -> Assortativity:
    """Test whether listed companies gather, given their ties, sectors and areas.

    Parameters
    ----------
    listings : Listings
        Ties and entries of one day.
    choices : ContagionChoices
        Permutations, resamples and coverage.
    rng : numpy.random.Generator

    Notes
    -----
    Two companies that share two hubs have two ties. Listed companies may gather because listing
    or conduct spreads, because authorities follow a case, or because companies alike in ways that
    are not in the data meet: the test does not tell these apart, and says nothing of any company.
    """
    ties = listings.ties
    able = (listings.strata >= 0) & (ties.degrees > 0)
    listed = np.flatnonzero(listings.is_listed & able)
    degree = int(ties.degrees[listed].sum())
    if len(listed) < _FEW:
        reason = f"{len(listed)} listed companies have ties; {_FEW} are the least"
        return Assortativity(
            np.nan, np.nan, np.nan, np.zeros(0), np.nan, len(listed), degree, np.nan, reason
        )
    blocks = _blocks(listings, able)
    pairs, ends = _pairs(ties, [listed])[0], degree
    null, fixed = _permute(ties, blocks, listed, choices.permutations, rng)
    share = pairs / ends
    low, high = _resample(ties, listed, choices, rng)
    return Assortativity(
        share=share,
        low=low,
        high=high,
        null=null,
        # shares of permutations are sums of whole numbers over nearly the same number
        p_value=float((1 + (null >= share - 1e-12).sum()) / (1 + len(null))),
        listed=len(listed),
        ties=degree,
        fixed=fixed,
    )


def degree_classes(degrees: np.ndarray) -> np.ndarray:
    """Return classes of numbers of ties: each up to four, then doubling."""
    return np.where(degrees <= 4, degrees, 3 + np.floor(np.log2(np.maximum(degrees, 4)))).astype(
        int
    )


def _blocks(listings: Listings, able: np.ndarray) -> np.ndarray:
    """Return the number of the block in which companies may change places; -1: in none."""
    classes = degree_classes(listings.ties.degrees)
    keys = listings.strata.astype(np.int64) * (classes.max(initial=0) + 1) + classes
    return np.where(able, keys, -1)


def _permute(
    ties: Ties, blocks: np.ndarray, listed: np.ndarray, draws: int, rng: np.random.Generator
) -> tuple[np.ndarray, float]:
    """Return the share in each draw, and the share of listed companies that cannot move."""
    wanted, counts = np.unique(blocks[listed], return_counts=True)
    members = np.flatnonzero(np.isin(blocks, wanted))
    block = np.searchsorted(wanted, blocks[members])
    order = np.argsort(block, kind="stable")
    members, block = members[order], block[order]
    sizes = np.bincount(block, minlength=len(wanted))
    place = np.arange(len(members)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    shares = []
    for start in range(0, draws, _AT_ONCE):
        chosen = []
        for _ in range(min(_AT_ONCE, draws - start)):
            shuffled = np.lexsort((rng.random(len(members)), block))
            chosen.append(members[shuffled[place < counts[block]]])
        pairs = _pairs(ties, chosen)
        shares += [
            count / ties.degrees[own].sum() for count, own in zip(pairs, chosen, strict=True)
        ]
    return np.array(shares), float(counts[sizes == counts].sum() / len(listed))


def _pairs(ties: Ties, chosen: list[np.ndarray]) -> np.ndarray:
    """Count, per draw, ties between two chosen companies, each seen from both of its ends."""
    rows = np.repeat(np.arange(len(chosen)), [len(own) for own in chosen])
    columns = np.concatenate(chosen)
    shape = (len(chosen), len(ties.companies))
    marks = sparse.csr_array((np.ones(len(rows), dtype=np.float64), (rows, columns)), shape=shape)
    at_hubs = marks @ ties.incidence
    squares = at_hubs.multiply(at_hubs).sum(axis=1) - at_hubs.sum(axis=1)
    return np.asarray(squares).ravel()


def _resample(
    ties: Ties, listed: np.ndarray, choices: ContagionChoices, rng: np.random.Generator
) -> tuple[float, float]:
    marks = np.zeros(len(ties.companies))
    marks[listed] = 1.0
    at_hubs = ties.members @ marks
    own = ties.incidence[listed] @ np.maximum(at_hubs - 1, 0)
    group = np.unique(ties.components[listed], return_inverse=True)[1]
    pairs = np.bincount(group, weights=own)
    ends = np.bincount(group, weights=ties.degrees[listed].astype(float))
    even = np.full(len(pairs), 1 / len(pairs))
    weights = rng.multinomial(len(pairs), even, size=choices.resamples).astype(float)
    shares = (weights @ pairs) / (weights @ ends)
    tail = (1 - choices.interval) / 2
    low, high = np.quantile(shares, [tail, 1 - tail])
    return float(low), float(high)
