"""How far companies are from those that a ranking is known to hold for."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from infiltrate.errors import Problem
from infiltrate.params.choices import DriftLimits

_GROUPS = 10
_CATEGORIES = 20
_OTHER, _MISSING = "any other", "missing"
_ALARM = 0.01

PROFILE_COLUMNS = ("feature", "group", "upper", "share", "missing", "known")


def profile_columns(frame: pd.DataFrame) -> pd.DataFrame:
    """Describe what each column of a frame looks like.

    Parameters
    ----------
    frame : DataFrame
        One row per company; in a text column ``missing`` means so.

    Returns
    -------
    DataFrame
        One row per column and group of values, in the order of the columns: ``feature``,
        ``group`` (a tenth of the known numbers, or a category; the rarest together), ``upper``
        (largest number of the group, the last one infinite; missing for categories), ``share`` of
        the companies of which the column is known, and of the column ``missing`` (share of all
        companies) and ``known`` (companies).
    """
    parts = [_profile(name, frame[name]) for name in frame]
    empty = pd.DataFrame(columns=list(PROFILE_COLUMNS))
    return pd.concat(parts, ignore_index=True) if parts else empty


def find_drift(profile: pd.DataFrame, frame: pd.DataFrame, limits: DriftLimits) -> list[Problem]:
    """Find columns that look too different, or are missing too often, for a ranking to hold.

    Parameters
    ----------
    profile : DataFrame
        Of the companies compared with; see ``profile_columns``.
    frame : DataFrame
        New companies; every column of the profile must be there.
    limits : DriftLimits
        From which difference on.

    Returns
    -------
    list of Problem
        One a column and reason, in the order of the profile.

    Notes
    -----
    The population stability index adds up ``(q - p) log(q / p)`` over the groups, half a company
    added to each. Without any drift it is about ``(1/n + 1/m)`` times a chi-squared variable with
    one degree of freedom less than groups (Yurdakul 2018), and a share varies as a binomial one.
    Few companies differ by chance alone: a difference counts when it is beyond its limit and
    beyond what chance gives once in a hundred times in any of the columns.
    """
    names = list(dict.fromkeys(profile["feature"]))
    chance = _ALARM / max(len(names), 1)
    problems = []
    for name in names:
        groups = profile[profile["feature"] == name]
        problems += _find_missing(name, groups, frame[name], limits.missing_more, chance)
        problems += _find_shift(name, groups, frame[name], limits.stability_index, chance)
    return problems


def _profile(name: str, column: pd.Series) -> pd.DataFrame:
    known = column[~_is_missing(column)]
    if pd.api.types.is_numeric_dtype(column):
        values = known.to_numpy(float)
        upper = np.append(_cuts(values), np.inf)
        counts = np.bincount(np.searchsorted(upper, values), minlength=len(upper))
        group = [f"up to {value:.6g}" for value in upper]
    else:
        common = known.astype(str).value_counts().sort_index().nlargest(_CATEGORIES, keep="first")
        group = [*common.index, _OTHER]
        counts = np.append(common.to_numpy(), len(known) - common.sum())
        upper = np.full(len(group), np.nan)
    return pd.DataFrame(
        {
            "feature": name,
            "group": group,
            "upper": upper,
            "share": counts / max(len(known), 1),
            "missing": 1 - len(known) / max(len(column), 1),
            "known": len(known),
        }
    )


def _cuts(values: np.ndarray) -> np.ndarray:
    """Return where each tenth but the last ends, those that repeat once.

    Halfway to the next value there is: many firms with one value may move a little together, as
    ranks among peers do, and stay in their group.
    """
    distinct = np.unique(values)
    if len(distinct) < 2:
        return np.empty(0)
    ends = np.quantile(values, np.arange(1, _GROUPS) / _GROUPS, method="lower")
    place = np.unique(np.searchsorted(distinct, ends))
    place = place[place < len(distinct) - 1]
    return (distinct[place] + distinct[place + 1]) / 2


def _find_missing(
    name: str, groups: pd.DataFrame, column: pd.Series, most: float, chance: float
) -> list[Problem]:
    before, missing = float(groups["missing"].iloc[0]), int(_is_missing(column).sum())
    lowest = stats.beta.ppf(chance, missing, len(column) - missing + 1) if missing else 0.0
    rise = missing / max(len(column), 1) - before
    if rise <= most or lowest <= before:
        return []
    found = f"missing for {before + rise:.1%} of the companies, for {before:.1%} of those before"
    return [Problem(name, found, f"at most {most:.1%} of them more")]


def _find_shift(
    name: str, groups: pd.DataFrame, column: pd.Series, most: float, chance: float
) -> list[Problem]:
    known = column[~_is_missing(column)]
    before, now = int(groups["known"].iloc[0]), len(known)
    if not now:
        return []
    if groups["upper"].notna().any():
        is_number = pd.to_numeric(known, errors="coerce").notna()
        if not is_number.all():
            return [Problem(name, "text, where there were numbers")]
        place = np.searchsorted(groups["upper"].to_numpy(), known.to_numpy(float))
    else:
        places = {group: place for place, group in enumerate(groups["group"])}
        place = known.astype(str).map(places).fillna(places[_OTHER]).to_numpy(int)
    counts = np.bincount(place, minlength=len(groups))
    index = _stability_index(groups["share"].to_numpy() * before, counts)
    by_chance = (1 / max(before, 1) + 1 / now) * stats.chi2.isf(chance, max(len(groups) - 1, 1))
    if index <= max(most, by_chance):
        return []
    return [Problem(name, f"population stability index {index:.2f}", f"at most {most:.2f}")]


def _stability_index(before: np.ndarray, now: np.ndarray) -> float:
    p, q = ((counts + 0.5) / (counts + 0.5).sum() for counts in (before, now))
    return float(((q - p) * np.log(q / p)).sum())


def _is_missing(column: pd.Series) -> pd.Series:
    if pd.api.types.is_numeric_dtype(column):
        return column.isna()
    return column.isna() | (column == _MISSING)
