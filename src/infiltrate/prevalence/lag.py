"""Which infiltrations are too recent to be on any list, from the lag of lists and firms' ages."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from infiltrate.prevalence.lists import ListsData

LAG_CLASSES = 3
"""Equally likely classes of the time that an infiltration takes to surface, longest first."""

_LAG_SHAPE = 2.0
_PER_CLASS = 20
_AGES = np.concatenate([np.arange(0.0, 10.0, 0.1), np.arange(10.0, 61.0, 1.0)])
_YEAR = 365.25


def find_passed_lag(lists: ListsData) -> np.ndarray | None:
    """Return how likely it is, by class of lag, that a firm could be on each list by now.

    The time from the beginning of an infiltration to the first possible entry is taken as a gamma
    law of shape 2 around the list's median lag, long for all lists where it is long for one; no
    infiltration can be older than the firm. What all lists are too late for is missed by all of
    them together, which their overlaps do not show. Infiltrations that began later in a firm's
    life are a part of the share that no list can see.

    Parameters
    ----------
    lists : ListsData
        With ``lag_months`` in the definitions of the lists; a list without one has no lag. A firm
        of unknown age is taken as the average of the others.

    Returns
    -------
    numpy.ndarray, shape (N, LAG_CLASSES, K), or None
        By company, class of lag and list, 0 to 1; None when no list has a lag.
    """
    if not any(definition.lag_months for definition in lists.lists):
        return None
    day = pd.Timestamp(lists.study_day)
    since = lists.companies[["incorporated_on", "first_contract_on"]].min(axis=1)
    age = (day - pd.to_datetime(since)).dt.days.to_numpy(dtype=float) / _YEAR
    known = ~np.isnan(age)
    passed = np.ones((len(age), LAG_CLASSES, len(lists.lists)))
    for k, definition in enumerate(lists.lists):
        if not definition.lag_months:
            continue
        by_age = _tabulate_by_age(definition.lag_months / 12)
        for place in range(LAG_CLASSES):
            passed[known, place, k] = np.interp(age[known], _AGES, by_age[:, place])
            if known.any():
                passed[~known, place, k] = passed[known, place, k].mean()
    return passed


def _tabulate_by_age(lag: float) -> np.ndarray:
    """Return the share of each class whose lag is shorter than the age."""
    count = LAG_CLASSES * _PER_CLASS
    longest_first = 1 - (np.arange(count) + 0.5) / count
    scale = lag / stats.gamma.median(_LAG_SHAPE)
    waiting = stats.gamma.ppf(longest_first, _LAG_SHAPE, scale=scale)
    passed = (waiting[None, :] <= _AGES[:, None]).astype(float)
    return passed.reshape(len(_AGES), LAG_CLASSES, _PER_CLASS).mean(axis=2)
