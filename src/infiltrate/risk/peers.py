"""Numbers of companies seen against companies of their sector and size."""

from __future__ import annotations

import numpy as np
import pandas as pd

from infiltrate.indicators.catalogue import load_catalogue
from infiltrate.prevalence.peer_scores import score_number
from infiltrate.risk.roles import AMONG_PEERS, role_of

_DECIMALS = 9
_FEWEST_PEERS = 30
_UNKNOWN = "unknown"
# Recommendation 2003/361/EC of the European Commission: headcounts of micro, small and medium.
_HEADCOUNTS = (10, 50, 250)
_HEADCOUNT_NAMES = ("micro", "small", "medium", "large")
# Shares and yes-or-no numbers mean the same in every sector.
_STATES = ("_flagged_share", "_unknown_share", "follows_dissolved")
# What such an indicator gives has been compared with peers already.
_COMPARED = ("robust standard deviations", "level of risk")


def class_sizes(size: pd.DataFrame) -> pd.Series:
    """Return the size class of each company, as text.

    Parameters
    ----------
    size : DataFrame
        ``employees`` and ``revenue``; missing where not known.

    Returns
    -------
    Series of str
        ``micro`` (fewer than 10 employees), ``small`` (50), ``medium`` (250) and ``large``; where
        employees are not known, the quarter of revenue among companies of which they are not; else
        ``unknown``.
    """
    employees, revenue = size["employees"], size["revenue"]
    classes = pd.Series(_UNKNOWN, size.index, dtype=object)
    place = np.searchsorted(_HEADCOUNTS, employees.to_numpy(dtype=float), side="right")
    counted = employees.notna().to_numpy()
    classes[counted] = np.array(_HEADCOUNT_NAMES, dtype=object)[np.minimum(place[counted], 3)]
    rest = revenue[~counted].dropna()
    quarter = np.ceil(4 * (rest.rank() - 0.5) / max(1, len(rest))).astype(int)
    classes[rest.index] = "quarter " + quarter.astype(str) + " of revenue"
    return classes


def see_among_peers(features: pd.DataFrame, size_class: pd.Series) -> pd.DataFrame:
    """Return every continuous sign as the normal score of its rank among peers.

    Ranks keep an outlier from ruling a scale, and leave out what a whole sector or size has in
    common. Peers are the companies of the same section of activity and size class; of the same
    section where these are fewer than 30; all companies where fewer than 30 of the peers are
    known. What indicators have compared with peers already is not compared again.

    Parameters
    ----------
    features : DataFrame
        One row per company, with ``sector_section``.
    size_class : Series of str
        Same index; see `class_sizes`.

    Returns
    -------
    DataFrame
        One column ``<number>_among_peers`` per number; missing stays missing.
    """
    section = features["sector_section"].astype(object)
    peers = section.str.cat(size_class.astype(object), sep=" / ")
    peers = peers.where(peers.groupby(peers).transform("size") >= _FEWEST_PEERS, section)
    scores = {
        f"{name}{AMONG_PEERS}": score_number(features[name].astype(float), peers).round(_DECIMALS)
        for name in features.columns
        if _is_continuous_sign(features[name])
    }
    return pd.DataFrame(scores, index=features.index)


def _is_continuous_sign(column: pd.Series) -> bool:
    name = str(column.name)
    if role_of(name) != "infiltration" or not pd.api.types.is_numeric_dtype(column):
        return False
    indicator = load_catalogue().get(name.partition("_")[0])
    compared = indicator is not None and indicator.unit.startswith(_COMPARED)
    return not (compared or name.endswith(_STATES))
