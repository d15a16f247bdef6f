"""How far listed and other companies are from listed ones, in cells that may be shown."""

from __future__ import annotations

import numpy as np
import pandas as pd

from infiltrate.network.listings import Listings
from infiltrate.network.steps import count_steps
from infiltrate.params.choices import DisclosureChoices
from infiltrate.params.network_choices import ContagionChoices

LISTED = "listed"
OTHERS = "other"
_FARTHEST = 4
_OUT_OF_REACH = _FARTHEST + 1
_UNTIED = _FARTHEST + 2
_COLUMNS = ("group", "distance", "place", "firms", "share", "low", "high")


def distribute_distances(
    listings: Listings,
    choices: ContagionChoices,
    disclosure: DisclosureChoices,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Return how many companies are how many steps from the nearest listed company.

    A listed company is measured to another one. Neighbouring distances are put together until
    every cell holds as many listed and other companies as may be shown.

    Parameters
    ----------
    listings : Listings
        Ties and entries of one day; companies outside the register are not counted.
    choices : ContagionChoices
        Resamples and coverage.
    disclosure : DisclosureChoices
        Smallest cells, and what counts are rounded to.
    rng : numpy.random.Generator

    Returns
    -------
    pandas.DataFrame
        One row per group (``listed``, ``other``) and distance: ``group``, ``distance`` (in
        words), ``place`` (from 0, near to far), ``firms`` (rounded), ``share`` of the group (of
        rounded counts), ``low`` and ``high`` over groups of connected companies. Empty when
        nothing may be shown.
    """
    ties = listings.ties
    able = np.flatnonzero(listings.strata >= 0)
    is_listed = listings.is_listed
    steps = count_steps(ties, np.flatnonzero(is_listed))[able]
    near = np.where(np.isnan(steps), _OUT_OF_REACH, np.minimum(steps, _FARTHEST)).astype(int)
    near = np.where(ties.degrees[able] == 0, _UNTIED, near)
    groups = [is_listed[able], ~is_listed[able]]
    counts = np.array([np.bincount(near[own], minlength=_UNTIED + 1)[1:] for own in groups])
    least = np.array([disclosure.minimum_listed, disclosure.minimum_firms])
    cells = _put_together(counts, least)
    if len(cells) < 2:
        return pd.DataFrame(columns=list(_COLUMNS))
    cell = np.searchsorted([part[-1] for part in cells], near)
    parts = []
    for name, own in zip((LISTED, OTHERS), groups, strict=True):
        component = ties.components[able][own]
        shares = _draw_shares(cell[own], component, cells, choices.resamples, rng)
        part = _describe(cell[own], cells, shares, disclosure.round_to, choices.interval)
        parts.append(part.assign(group=name))
    return pd.concat(parts, ignore_index=True)[list(_COLUMNS)]


def _put_together(counts: np.ndarray, least: np.ndarray) -> list[list[int]]:
    """Return runs of neighbouring distances, each with enough companies of both groups."""
    cells = [[distance] for distance in range(1, _UNTIED + 1)]
    sums = [counts[:, column] for column in range(counts.shape[1])]
    place = 0
    while place < len(cells) and len(cells) > 1:
        if (sums[place] >= least).all():
            place += 1
            continue
        first = min(place, len(cells) - 2)
        cells[first : first + 2] = [cells[first] + cells[first + 1]]
        sums[first : first + 2] = [sums[first] + sums[first + 1]]
        place = first
    return cells


def _draw_shares(
    cell: np.ndarray,
    component: np.ndarray,
    cells: list[list[int]],
    draws: int,
    rng: np.random.Generator,
) -> np.ndarray:
    """Return the share of each cell in each draw of groups of connected companies."""
    group, groups = pd.factorize(component)
    table = np.zeros((len(groups), len(cells)))
    np.add.at(table, (group, cell), 1.0)
    # groups whose companies lie alike count together, so that a draw is a draw of kinds
    kinds, numbers = np.unique(table, axis=0, return_counts=True)
    drawn = rng.multinomial(len(groups), numbers / numbers.sum(), size=draws) @ kinds
    return drawn / drawn.sum(axis=1, keepdims=True)


def _describe(
    cell: np.ndarray, cells: list[list[int]], shares: np.ndarray, round_to: int, interval: float
) -> pd.DataFrame:
    firms = round_to * np.round(np.bincount(cell, minlength=len(cells)) / round_to)
    tail = (1 - interval) / 2
    low, high = np.quantile(shares, [tail, 1 - tail], axis=0)
    return pd.DataFrame(
        {
            "distance": [_words(part) for part in cells],
            "place": np.arange(len(cells)),
            "firms": firms.astype(int),
            "share": (firms / firms.sum()).round(3),
            "low": low.round(3),
            "high": high.round(3),
        }
    )


def _words(distances: list[int]) -> str:
    reachable = [number for number in distances if number <= _FARTHEST]
    words = []
    if reachable:
        first, last = reachable[0], reachable[-1]
        if last == _FARTHEST:
            words.append(f"{first} or more")
        else:
            words.append(f"{first}" if first == last else f"{first} to {last}")
    if _OUT_OF_REACH in distances:
        words.append("out of reach")
    if _UNTIED in distances:
        words.append("no ties")
    return ", ".join(words)
