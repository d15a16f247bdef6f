"""Ages of persons in bands of ten years."""

from __future__ import annotations

import pandas as pd

_FIRST, _LAST, _WIDTH = 30, 70, 10


def band_ages(ages: pd.Series) -> pd.Series:
    """Return ages as they may be shown: ``under 30``, ``30 to 39``, ..., ``70 or more``.

    The ends are open, where few people are and an exact age says who it is. What is missing, or
    can be no age, is ``not stated``.

    Parameters
    ----------
    ages : pandas.Series
        Whole years.
    """
    return ages.map(_band, na_action=None).astype(object)


def _band(age: float) -> str:
    if pd.isna(age) or not 0 <= age <= 130:
        return "not stated"
    if age < _FIRST:
        return f"under {_FIRST}"
    if age >= _LAST:
        return f"{_LAST} or more"
    low = int(age) // _WIDTH * _WIDTH
    return f"{low} to {low + _WIDTH - 1}"
