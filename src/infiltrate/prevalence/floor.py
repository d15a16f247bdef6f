"""The floor: firms on a list, less wrong entries and doubtful matches."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from infiltrate.params.choices import DisclosureChoices
from infiltrate.prevalence.false_entries import read_wrong_entries
from infiltrate.prevalence.lists import ListsData
from infiltrate.prevalence.posterior import equal_tails
from infiltrate.protection.rounding import round_count, round_outwards

_DRAWS = 4000
_DRAWS_AT_ONCE = 200


@dataclass(frozen=True)
class Floor:
    """How many firms are rightly on at least one list.

    Attributes
    ----------
    listed : int
        Firms on at least one of the lists, before any correction.
    value : float
        Expected number of them that are rightly listed.
    low, high : float
        Ends of the interval, in firms.
    interval : float
        Its coverage under the priors on wrong entries.
    """

    listed: int
    value: float
    low: float
    high: float
    interval: float


@dataclass(frozen=True)
class PublishedFloor:
    """A floor as it may be shown: rounded, the interval outwards, or closed.

    Attributes
    ----------
    listed, value, low, high : float
        Firms, multiples of ``round_to``; not a number when closed.
    is_closed : bool
        Whether firms are listed, but fewer than may be shown.
    """

    listed: float
    value: float
    low: float
    high: float
    is_closed: bool


def estimate_floor(data: ListsData, interval: float, rng: np.random.Generator) -> Floor:
    r"""Count the firms rightly on at least one of the lists of ``data``.

    .. math:: N = \sum_i \Big[1 - \prod_k \big(1 - L_{ik}\, m_{ik}\, (1 - F_k)\big)\Big]

    with :math:`L_{ik}` whether firm i is on list k, :math:`m_{ik}` the match probability and
    :math:`F_k` the share of wrong entries of list k.

    Parameters
    ----------
    data : ListsData
        Use ``data.select([...])`` for one list, ``data.organised_crime`` for those that mean
        organised crime.
    interval : float
        Coverage of the interval.
    rng : numpy.random.Generator
        Source of randomness of the interval; the value does not depend on it.

    Notes
    -----
    The Beta priors of the lists are independent, so the expectation passes through the product
    and the value is exact. The interval draws :math:`F_k` and then the firms themselves. It is
    worth what the priors are worth: where wrong entries are commoner than stated, the firms
    rightly listed are fewer than its lower end, and in a country without infiltration so is the
    floor itself.
    """
    patterns, firms, priors = _listing_patterns(data)
    a, b = priors.T
    value = float(_rightly_listed(patterns, (a / (a + b))[np.newaxis])[0] @ firms)
    low, _, high = equal_tails(draw_rightly_listed(data, rng), interval)
    return Floor(int(data.listed.any(axis=1).sum()), value, low, high, interval)


def draw_rightly_listed(data: ListsData, rng: np.random.Generator) -> np.ndarray:
    """Draw the number of firms rightly on at least one list, shape (4000,); see estimate_floor."""
    patterns, firms, priors = _listing_patterns(data)
    a, b = priors.T
    return np.concatenate(
        [
            rng.binomial(firms, _rightly_listed(patterns, rng.beta(a, b, (block, len(a))))).sum(
                axis=1
            )
            for block in [_DRAWS_AT_ONCE] * (_DRAWS // _DRAWS_AT_ONCE)
        ]
    )


def _listing_patterns(data: ListsData) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the patterns of match probabilities, firms of each, and priors on wrong entries."""
    named = np.any(data.listed, axis=0)
    weights = (data.listed * data.match)[:, named]
    priors = np.array(list(read_wrong_entries(data).values())).reshape(-1, 2)
    patterns, firms = np.unique(weights[weights.any(axis=1)], axis=0, return_counts=True)
    return patterns, firms, priors[named]


def publish_floor(floor: Floor, rules: DisclosureChoices) -> PublishedFloor:
    """Round a floor, or close it when firms are listed but fewer than may be shown."""
    if 0 < floor.listed < rules.minimum_listed:
        return PublishedFloor(math.nan, math.nan, math.nan, math.nan, is_closed=True)
    base = rules.round_to
    low, high = round_outwards(floor.low, floor.high, base)
    return PublishedFloor(
        listed=round_count(floor.listed, base),
        value=round_count(round(floor.value), base),
        low=low,
        high=high,
        is_closed=False,
    )


def _rightly_listed(patterns: np.ndarray, wrong_share: np.ndarray) -> np.ndarray:
    """Probability that a pattern of entries has a right one.

    ``patterns`` has shape (n_patterns, K), ``wrong_share`` (n_draws, K); the result has shape
    (n_draws, n_patterns).
    """
    none_right = np.ones((len(wrong_share), len(patterns)))
    for k in range(patterns.shape[1]):
        none_right *= 1 - np.outer(1 - wrong_share[:, k], patterns[:, k])
    return 1 - none_right
