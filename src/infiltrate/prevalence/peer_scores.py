"""Numbers of firms seen against those of their peers."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import ndtri

_FEWEST_PEERS = 30
_LEAST_SHARE = 0.01


def score_among_peers(values: pd.DataFrame, peers: pd.Series) -> pd.DataFrame:
    """Turn each column into normal scores of the rank among peers, so that no outlier rules.

    Ties share their mean rank. Where a peer group has fewer than 30 known values its firms are
    ranked among all firms. Columns known for fewer than one firm in a hundred, or the same for
    all but one in a hundred of those known, are left out.

    Parameters
    ----------
    values : pandas.DataFrame
        One row per firm, numbers; missing stays missing.
    peers : pandas.Series
        Group of each row, same index.
    """
    told = [name for name in values.columns if is_informative(values[name])]
    scored = {name: score_number(values[name].astype(float), peers) for name in told}
    return pd.DataFrame(
        {name: column for name, column in scored.items() if is_informative(column)},
        index=values.index,
    )


def is_informative(column: pd.Series) -> bool:
    """Whether a column is known for one firm in a hundred and differs for one in a hundred."""
    known = column.dropna()
    if len(known) < max(1.0, _LEAST_SHARE * len(column)):
        return False
    commonest = known.value_counts().iloc[0]
    return bool(commonest <= (1 - _LEAST_SHARE) * len(known))


def score_number(values: pd.Series, peers: pd.Series) -> pd.Series:
    """Return normal scores of the ranks of one number among peers; missing stays missing.

    Among all firms where fewer than 30 of the peer group are known.
    """
    grouped = values.groupby(peers, sort=False, observed=True, dropna=False)
    number = grouped.transform("count")
    among_peers = (grouped.rank() - 0.5) / number
    among_all = (values.rank() - 0.5) / max(1, values.count())
    return pd.Series(ndtri(np.where(number < _FEWEST_PEERS, among_all, among_peers)), values.index)
