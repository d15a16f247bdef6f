"""What a ranking tested on listed firms may be worth when infiltrated ones are among the rest."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from infiltrate.risk.designs import LIST_OUT

ALIKE = "unlisted ones rank like listed ones"
WHATEVER = "wherever unlisted ones rank"


def bound_for_unlisted(
    scores: np.ndarray,
    is_listed: np.ndarray,
    prevalence: tuple[float, float],
    top_shares: Sequence[float],
) -> pd.DataFrame:
    """Bound area, precision and recall against infiltration, of which the lists show a part.

    Metrics of a ranking take every unlisted firm as clean. With an interval of prevalence, the
    number of infiltrated firms among the unlisted is known within bounds; where they rank is
    not. Two answers are given: what holds if they rank like the listed ones, and what holds
    wherever they rank.

    Parameters
    ----------
    scores : ndarray, shape (n_units,)
        Higher means nearer the top; ties count half, or in proportion at a cut.
    is_listed : ndarray of bool, shape (n_units,)
        Listed and unlisted ones must both occur. Wrong entries are taken as right ones.
    prevalence : (float, float)
        Lowest and highest share of infiltrated firms among those ranked. A share below that of
        the listed firms is raised to it: these are taken as infiltrated.
    top_shares : sequence of float
        Shares of the ranking at which precision and recall are read.

    Returns
    -------
    DataFrame
        One row per metric and assumption: ``name`` (``roc_auc``, ``precision_at_5pct``,
        ``recall_at_5pct``, ...), ``assumption`` (``ALIKE`` or ``WHATEVER``), ``observed``
        (unlisted taken as clean), ``low``, ``high``.

    Raises
    ------
    ValueError
        When the prevalence is not an interval within 0 and 1, or nobody or everybody is listed.

    Notes
    -----
    With a share a of the unlisted infiltrated and ranking like the listed, the area against the
    unlisted is (1 - a) times that against the clean plus a / 2 (Menon, van Rooyen, Ong and
    Williamson 2015; Jain, White and Radivojac 2017), and precision is recall times prevalence
    over the share at the top. Firms that no list sees rank lower than listed ones if the ranking
    learnt what lists look at, so ``ALIKE`` is the kind reading. ``WHATEVER`` puts all of them at
    the top or at the bottom of the unlisted.
    """
    listed = np.asarray(is_listed, dtype=bool)
    low, high = prevalence
    if not 0 <= low <= high <= 1 or listed.all() or not listed.any():
        raise ValueError(
            f"Bounds need listed and unlisted firms ({listed.sum()} of {len(listed)} listed) and "
            f"an interval of prevalence within 0 and 1 ({low} to {high})."
        )
    hidden = np.maximum(np.array([low, high]) * len(listed) - listed.sum(), 0)
    places = rankdata(scores)
    rows = [
        *_bound_area(places, listed, hidden),
        *(row for top in top_shares for row in _bound_top(places, listed, top, hidden)),
    ]
    return pd.DataFrame(rows, columns=["name", "assumption", "observed", "low", "high"])


def bound_rankings(
    rankings: pd.DataFrame, assumed: Sequence[float], top_shares: Sequence[float]
) -> pd.DataFrame:
    """Bound the metrics of every design and model, were so many of the firms infiltrated.

    Parameters
    ----------
    rankings : DataFrame
        See ``validation.Validation``; it may be empty.
    assumed : sequence of float
        Shares of infiltrated firms among those ranked.
    top_shares
        As in ``bound_for_unlisted``.

    Returns
    -------
    DataFrame
        ``design``, ``model`` and ``prevalence``, and the columns of ``bound_for_unlisted``; without
        the design "on a list left out", where firms of other lists are not ranked, and rankings
        without listed or unlisted firms.
    """
    key = ["design", "model"]
    parts = []
    for (design, model), ranked in rankings.groupby(key, observed=True, sort=False):
        listed = ranked["is_listed"].to_numpy(bool)
        if design == LIST_OUT or listed.all() or not listed.any():
            continue
        for share in assumed:
            bounds = bound_for_unlisted(ranked["percentile"], listed, (share, share), top_shares)
            parts.append(bounds.assign(design=str(design), model=str(model), prevalence=share))
    columns = [*key, "prevalence", "name", "assumption", "observed", "low", "high"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


_Row = tuple[str, str, float, float | None, float | None]


def _bound_area(places: np.ndarray, listed: np.ndarray, hidden: np.ndarray) -> list[_Row]:
    n_unlisted = np.count_nonzero(~listed)
    observed = _area(places[listed].sum(), listed.sum(), len(listed))
    share = hidden / n_unlisted
    alike: tuple[float | None, float | None] = (None, None)
    if share.max() < 1:
        corrected = np.clip((observed - share / 2) / (1 - share), 0, 1)
        alike = float(corrected.min()), float(corrected.max())
    # sums of the places of so many unlisted from the bottom up
    lowest = np.concatenate([[0.0], np.sort(places[~listed]).cumsum()])
    ends = []
    for number in hidden:
        at_bottom = np.interp(number, np.arange(len(lowest)), lowest)
        at_top = lowest[-1] - np.interp(n_unlisted - number, np.arange(len(lowest)), lowest)
        ends += [
            _area(places[listed].sum() + sum_of_places, listed.sum() + number, len(listed))
            for sum_of_places in (at_bottom, at_top)
        ]
    return [
        ("roc_auc", ALIKE, observed, *alike),
        ("roc_auc", WHATEVER, observed, min(ends), max(ends)),
    ]


def _area(sum_of_places: float, positives: float, units: int) -> float:
    """Return Mann and Whitney's share of pairs in order, from the places of the positives."""
    if positives >= units:
        return 1.0
    pairs = positives * (units - positives)
    return float(np.clip((sum_of_places - positives * (positives + 1) / 2) / pairs, 0, 1))


def _bound_top(
    places: np.ndarray, listed: np.ndarray, top: float, hidden: np.ndarray
) -> list[_Row]:
    at, n_listed = top * len(places), listed.sum()
    found = _listed_at(places, listed, at)
    recall, precision = found / n_listed, found / at
    infiltrated = n_listed + hidden
    alike = np.minimum(recall * infiltrated / at, 1)
    # how many that no list shows there can be at the top, and how many there must be
    most = np.minimum(hidden, at - found)
    least = np.maximum(hidden - (len(places) - n_listed - (at - found)), 0)
    recalls = np.r_[(found + most) / infiltrated, (found + least) / infiltrated]
    name = f"at_{100 * top:g}pct"
    kind = f"precision_{name}"
    return [
        (kind, ALIKE, precision, float(alike.min()), float(alike.max())),
        (kind, WHATEVER, precision, float((found + least).min() / at), (found + most).max() / at),
        (f"recall_{name}", ALIKE, recall, recall, recall),
        (f"recall_{name}", WHATEVER, recall, float(recalls.min()), float(recalls.max())),
    ]


def _listed_at(places: np.ndarray, listed: np.ndarray, at: float) -> float:
    """Return the listed firms among the top ``at``, a tied block counted in proportion."""
    _, block = np.unique(-places, return_inverse=True)
    units = np.r_[0, np.bincount(block).cumsum()]
    return float(np.interp(at, units, np.r_[0, np.bincount(block, listed).cumsum()]))
