"""Features that know too much: what alone tells listed companies from others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.stats import beta, norm

from infiltrate.params.choices import RiskChoices
from infiltrate.risk.cohorts import Cohort
from infiltrate.risk.columns import RARE
from infiltrate.risk.roles import AMONG_PEERS, select_features

_TAIL = 0.025
_HALF = 0.5
_FEW_VALUES = 20
_MOST_CUTS = 100


def find_leaks(features: pd.DataFrame, is_listed: np.ndarray, choices: RiskChoices) -> pd.DataFrame:
    """Find features that alone tell listed companies apart better than an honest sign could.

    A feature leaks when it was made from the list itself, from what the list led to, or from a
    later day (Kaufman, Rosset, Perlich and Stitelman 2012). Three traces of that are looked for:

    - its value: some cut has half of the listed companies or more on one side, and so few others
      that a normally distributed sign with an area under the curve above ``choices.leak_alarm``
      would be needed;
    - its being known, or missing, where the one or the other is a matter of being listed;
    - a category, or one of few values, of which nearly all companies are listed: its likelihood
      ratio is above that of a test with sensitivity and specificity at the alarm, and more than
      half of its companies are listed.

    Each judged at the worst end of 95 % intervals, and only where ten listed companies or more
    speak for it.

    Parameters
    ----------
    features : DataFrame, n rows
        Columns that a learner trained on labels may see; see `roles.select_features`.
    is_listed : ndarray of bool, shape (n,)
    choices : RiskChoices
        ``leak_alarm``.

    Returns
    -------
    DataFrame
        One row per leaking feature, in the order of the columns: ``feature``, ``area`` (under the
        curve of the trace alone), ``share`` (of the listed companies that it tells), ``reason``
        (in words).
    """
    is_listed = np.asarray(is_listed, dtype=bool)
    totals = _Totals(int(is_listed.sum()), int((~is_listed).sum()), choices.leak_alarm)
    rows = []
    if min(totals.listed, totals.unlisted) and totals.listed >= RARE:
        for name in features.columns:
            traces = _find_traces(features[name], is_listed, totals)
            trace = max(traces, key=lambda one: one.share, default=None)
            if trace:
                rows.append((name, trace.area, trace.share, trace.reason))
    return pd.DataFrame(rows, columns=["feature", "area", "share", "reason"])


def leave_out_leaks(
    cohorts: Sequence[Cohort], choices: RiskChoices
) -> tuple[list[Cohort], tuple[str, ...]]:
    """Take suspected leaks out of all days, and say which they were.

    All listed companies are held against the others, and those of each list alone.

    Parameters
    ----------
    cohorts : sequence of Cohort
        A feature that leaks on one day is left out on all, as it is and as seen among peers.

    Returns
    -------
    tuple of list of Cohort and tuple of str
        The cohorts without these features; one warning per feature.
    """
    found = [leaks for cohort in cohorts for leaks in _examine(cohort, choices)]
    leaks = pd.concat(found) if found else pd.DataFrame(columns=["feature"])
    leaks = leaks.drop_duplicates("feature")
    numbers = [name.removesuffix(AMONG_PEERS) for name in leaks["feature"]]
    unwanted = [*leaks["feature"], *numbers, *(f"{name}{AMONG_PEERS}" for name in numbers)]
    kept = [
        replace(cohort, features=cohort.features.drop(columns=unwanted, errors="ignore"))
        for cohort in cohorts
    ]
    said = [
        f"Feature left out as a suspected leak: {row.feature} ({row.reason}; this alone has an "
        f"area under the curve of {row.area:.3f} and tells {row.share:.0%} of the listed "
        "companies)."
        for row in leaks.itertuples()
    ]
    return kept, tuple(said)


def _examine(cohort: Cohort, choices: RiskChoices) -> Iterator[pd.DataFrame]:
    features = cohort.features[select_features(cohort.features, choices)]
    is_listed = cohort.labels["is_listed"].to_numpy(bool)
    yield find_leaks(features, is_listed, choices)
    if cohort.listed.shape[1] > 1:
        for name in cohort.listed:
            on_list = cohort.listed[name].to_numpy(bool)
            rows = on_list | ~is_listed
            yield find_leaks(features[rows], on_list[rows], choices)


@dataclass(frozen=True)
class _Trace:
    area: float
    share: float
    reason: str


@dataclass(frozen=True)
class _Totals:
    """Companies of either kind, and what a trace of so many of them proves."""

    listed: int
    unlisted: int
    alarm: float

    def trace(self, listed: int, unlisted: int, reason: str) -> _Trace:
        share = listed / self.listed
        return _Trace((1 + share - unlisted / self.unlisted) / 2, share, reason)

    def is_cut_of_a_leak(self, listed: np.ndarray, unlisted: np.ndarray) -> np.ndarray:
        """Whether so many listed and unlisted companies on one side are more than honest."""
        told, mistaken = self._worst(listed, unlisted)
        area = norm.cdf((norm.ppf(told) - norm.ppf(mistaken)) / np.sqrt(2))
        return (listed >= RARE) & (listed >= _HALF * self.listed) & (area > self.alarm)

    def is_mark_of_a_leak(self, listed: np.ndarray, unlisted: np.ndarray) -> np.ndarray:
        """Whether a property of so many listed and unlisted companies is more than honest."""
        told, mistaken = self._worst(listed, unlisted)
        purity = beta.ppf(_TAIL, np.maximum(listed, 1), unlisted + 1)
        ratio = np.where(self.alarm < 1, told * (1 - self.alarm) - mistaken * self.alarm, -1)
        return (listed >= RARE) & (ratio > 0) & (purity > _HALF)

    def _worst(self, listed: np.ndarray, unlisted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Lowest share of the listed and highest share of the others (Clopper and Pearson)."""
        told = beta.ppf(_TAIL, np.maximum(listed, 1), self.listed - listed + 1)
        mistaken = beta.ppf(1 - _TAIL, unlisted + 1, np.maximum(self.unlisted - unlisted, 1))
        return told, np.where(unlisted >= self.unlisted, 1.0, mistaken)


def _find_traces(column: pd.Series, is_listed: np.ndarray, totals: _Totals) -> Iterator[_Trace]:
    is_number = pd.api.types.is_numeric_dtype(column)
    known = column.notna().to_numpy() if is_number else (column != "missing").to_numpy()
    for mask, words in ((known, "known"), (~known, "missing")):
        listed, unlisted = (mask & is_listed).sum(), (mask & ~is_listed).sum()
        if totals.is_mark_of_a_leak(listed, unlisted) or (
            mask.any() and not mask.all() and totals.is_cut_of_a_leak(listed, unlisted)
        ):
            yield totals.trace(listed, unlisted, f"it is {words} of hardly any but listed ones")
    if is_number:
        values = column.to_numpy(dtype=float)[known]
        yield from _cuts(values, is_listed[known], totals)
        if len(np.unique(values)) > _FEW_VALUES:
            return
    yield from _categories(column[known], is_listed[known], totals)


def _cuts(values: np.ndarray, is_listed: np.ndarray, totals: _Totals) -> Iterator[_Trace]:
    """Cut at values of listed companies, from above and from below."""
    if not is_listed.any():
        return
    listed, unlisted = np.sort(values[is_listed]), np.sort(values[~is_listed])
    wanted = np.linspace(_HALF, 1, _MOST_CUTS)
    for side, at in (
        ("above", np.unique(np.quantile(listed, 1 - wanted, method="lower"))),
        ("below", np.unique(np.quantile(listed, wanted, method="higher"))),
    ):
        if side == "above":
            told = len(listed) - np.searchsorted(listed, at, side="left")
            mistaken = len(unlisted) - np.searchsorted(unlisted, at, side="left")
        else:
            told = np.searchsorted(listed, at, side="right")
            mistaken = np.searchsorted(unlisted, at, side="right")
        leaks = totals.is_cut_of_a_leak(told, mistaken)
        if leaks.any():
            best = np.flatnonzero(leaks)[np.argmax((told - mistaken)[leaks])]
            words = f"values {side} {at[best]:g} (or at it) belong to hardly any but listed ones"
            yield totals.trace(told[best], mistaken[best], words)


def _categories(column: pd.Series, is_listed: np.ndarray, totals: _Totals) -> Iterator[_Trace]:
    counts = pd.crosstab(column.to_numpy(), is_listed).reindex(columns=[False, True], fill_value=0)
    listed, unlisted = counts[True].to_numpy(), counts[False].to_numpy()
    for place in np.flatnonzero(totals.is_mark_of_a_leak(listed, unlisted)):
        words = f"hardly any but listed ones are '{counts.index[place]}'"
        yield totals.trace(listed[place], unlisted[place], words)
