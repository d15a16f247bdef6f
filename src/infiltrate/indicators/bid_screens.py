"""Screens of the bids on a lot, and of every three or four of them, for cartel detection."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from math import comb

import numpy as np
import pandas as pd

SCREENS = ("cv", "spd", "diffp", "rd", "rdnor", "altrd", "skew", "kurt", "ks")
_SUMMARIES = ("min", "median", "mean", "max")


def screen_bids(bids: np.ndarray) -> pd.DataFrame:
    """Compute the nine screens of lots with the same number of bids.

    Parameters
    ----------
    bids : numpy.ndarray, shape (lots, n)
        Amounts above zero, in any order within a row; n is 3 or more.

    Returns
    -------
    pandas.DataFrame
        One row per lot, columns `SCREENS`: coefficient of variation, spread, difference and
        relative distance of the two lowest, the same over the mean gap and over the mean losing
        gap, skewness, excess kurtosis (missing below four bids) and Kolmogorov-Smirnov distance
        from uniform. Missing where a denominator is zero. Losing bids are all but the lowest.

    Notes
    -----
    Definitions of Huber and Imhof (2019) and Wallimann, Imhof and Huber (2023); the same as the
    indicators T01 to T09, which compute them in SQL.
    """
    ordered = np.sort(np.asarray(bids, dtype=float), axis=1)
    n = ordered.shape[1]
    lowest, second, highest = ordered[:, 0], ordered[:, 1], ordered[:, -1]
    width, first_gap = highest - lowest, second - lowest
    scaled = _divide(ordered - lowest[:, None], width[:, None])
    deviation = scaled - scaled.mean(axis=1, keepdims=True)
    sd = np.sqrt((deviation**2).sum(axis=1) / (n - 1))
    z = _divide(deviation, sd[:, None])
    losing = scaled[:, 1:].std(axis=1, ddof=1)
    place = np.arange(1, n + 1)
    gaps = np.maximum(place / n - scaled, scaled - (place - 1) / n)
    screens = {
        "cv": np.nan_to_num(sd) * width / ordered.mean(axis=1),
        "spd": width / lowest,
        "diffp": first_gap / lowest,
        "rd": _divide(_divide(first_gap, width), losing),
        "rdnor": _divide(first_gap * (n - 1), width),
        "altrd": _divide(first_gap * (n - 2), highest - second),
        "skew": n / ((n - 1) * (n - 2)) * (z**3).sum(axis=1),
        "kurt": _kurtosis(z, n),
        "ks": gaps.max(axis=1),
    }
    return pd.DataFrame(screens, columns=list(SCREENS))


def summarise_subsets(
    bids: pd.DataFrame,
    rng: np.random.Generator,
    sizes: Sequence[int] = (3, 4),
    most_subsets: int = 200,
) -> pd.DataFrame:
    """Summarise the screens over all subsets of the bids on a lot.

    A cartel that bids beside honest firms is seen in the subsets that hold only its members
    (Wallimann, Imhof and Huber 2023).

    Parameters
    ----------
    bids : pandas.DataFrame
        One row per valid bid: ``lot`` and ``amount``.
    rng : numpy.random.Generator
        Draws subsets, without replacement, where there are more than `most_subsets`.
    sizes : sequence of int
        Numbers of bids in a subset.
    most_subsets : int
        Subsets of one size looked at per lot.

    Returns
    -------
    pandas.DataFrame
        One row per lot with bids enough for the smallest size, indexed by ``lot`` in sorted
        order: ``<screen>_<size>_<min, median, mean or max>``; missing where no subset has a value.
    """
    return pd.concat(
        [_summarise_size(bids, rng, size, most_subsets) for size in sizes], axis=1
    ).sort_index()


def _summarise_size(
    bids: pd.DataFrame, rng: np.random.Generator, size: int, most_subsets: int
) -> pd.DataFrame:
    lots, subsets = [], []
    for names, amounts in _group_by_number(bids, fewest=size):
        for name, row in zip(names, amounts, strict=True):
            chosen = row[_choose_subsets(len(row), size, most_subsets, rng)]
            lots.append(np.repeat(name, len(chosen)))
            subsets.append(chosen)
    columns = [f"{screen}_{size}_{part}" for screen in SCREENS for part in _SUMMARIES]
    if not subsets:
        return pd.DataFrame(columns=columns, index=pd.Index([], name="lot"))
    screens = screen_bids(np.concatenate(subsets))
    grouped = screens.groupby(pd.Index(np.concatenate(lots), name="lot"))
    summary = grouped.agg(list(_SUMMARIES))
    summary.columns = [f"{screen}_{size}_{part}" for screen, part in summary.columns]
    return summary[[name for name in columns if size > 3 or not name.startswith("kurt")]]


def _choose_subsets(n: int, size: int, most: int, rng: np.random.Generator) -> np.ndarray:
    if comb(n, size) <= most:
        return np.array(list(combinations(range(n), size)))
    chosen: set[tuple[int, ...]] = set()
    while len(chosen) < most:
        drawn = np.sort(np.argsort(rng.random((most, n)), axis=1)[:, :size], axis=1)
        chosen |= set(map(tuple, drawn[: most - len(chosen)].tolist()))
    return np.array(sorted(chosen))


def _group_by_number(bids: pd.DataFrame, fewest: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return lots and their sorted bids, together for lots with the same number of bids."""
    ordered = bids.sort_values(["lot", "amount"])
    number = ordered.groupby("lot")["amount"].transform("size").to_numpy()
    groups = []
    for n in np.unique(number[number >= fewest]):
        part = ordered[number == n]
        groups.append((part["lot"].to_numpy()[::n], part["amount"].to_numpy(float).reshape(-1, n)))
    return groups


def _kurtosis(z: np.ndarray, n: int) -> np.ndarray:
    if n < 4:
        return np.full(len(z), np.nan)
    factor = n * (n + 1) / ((n - 1) * (n - 2) * (n - 3))
    return factor * (z**4).sum(axis=1) - 3 * (n - 1) ** 2 / ((n - 2) * (n - 3))


def _divide(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    above, below = np.broadcast_arrays(above, below)
    return np.divide(above, below, out=np.full(above.shape, np.nan), where=below > 0)
