"""The goals set for effects in advance, and whether they are reached."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pandas as pd

from infiltrate.impact.event_study import ESTIMATORS
from infiltrate.impact.staggered import TWO_WAY
from infiltrate.validation.impact import ALONE, AVERAGE
from infiltrate.validation.impact_country import KNOWN
from infiltrate.validation.impact_summary import SIZE, summarise_impact
from infiltrate.validation.summary import coverage_interval, say_share

COLUMNS = ("goal", "scenario", "sample", "estimator", "wanted", "result", "reached", "countries")
ROBUST = tuple(name for name in ESTIMATORS if name != TWO_WAY)
"""Estimators that let effects differ between companies and over time."""
_MOST_BIAS, _LEAST_HELD = 0.05, 0.92

_Judge = Callable[[pd.Series], tuple[str, bool]]


def hold_impact_against_goals(rows: pd.DataFrame) -> pd.DataFrame:
    """Hold the effects of each card against the goals.

    Parameters
    ----------
    rows : pandas.DataFrame
        As `impact_summary.read_impact` gives it.

    Returns
    -------
    pandas.DataFrame
        One row per goal, card, sample and estimator: ``goal``, what is ``wanted``, the ``result``
        in words, whether it is ``reached`` (yes, no, "not run") and ``countries``.

    Notes
    -----
    Bias is in per cent of the planted effect; plus or minus is twice the standard error of its
    mean over countries. Shares come with their exact 95 % interval.
    """
    summary = summarise_impact(rows[rows["term"] == AVERAGE])
    found = summary.set_index(["scenario", "sample", "estimator"])
    table = []
    for goal, key, wanted, judge in _list_goals():
        result, reached, countries = "", "not run", 0
        if key in found.index and (one := found.loc[key])["answered"]:
            result, is_reached = judge(one)
            reached, countries = "yes" if is_reached else "no", int(one["answered"])
        named = dict(zip(("scenario", "sample", "estimator"), key, strict=True))
        table.append(
            {"goal": goal, **named, "wanted": wanted, "result": result, "reached": reached,
             "countries": str(countries)}
        )  # fmt: skip
    return pd.DataFrame(table, columns=list(COLUMNS))


def _list_goals() -> Iterable[tuple[str, tuple[str, str, str], str, _Judge]]:
    share = f"{100 * _LEAST_HELD:.0f} % or more"
    for card in ("high", "base"):
        for name in ROBUST:
            key = (card, KNOWN, name)
            yield "bias of the average effect", key, f"{100 * _MOST_BIAS:.0f} % or less", _is_close
            yield "95 % interval holds the planted effect", key, share, _is_held
    key = ("high", ALONE, TWO_WAY)
    words = f"bias above {100 * _MOST_BIAS:.0f} %, held in less than {100 * _LEAST_HELD:.0f} %"
    yield "two-way fixed effects shown failing", key, words, _fails
    for name in ROBUST:
        key, wanted = ("high", ALONE, name), f"{100 * _MOST_BIAS:.0f} % or less"
        yield "bias of the average effect, same rows, without noise", key, wanted, _is_unbiased
    for name in ROBUST:
        key = ("no_impact", KNOWN, name)
        wanted = f"{100 * SIZE:.0f} % within binomial error"
        yield "effect found where none was planted", key, wanted, _is_rare


def _is_close(one: pd.Series) -> tuple[str, bool]:
    return _say_bias(one), abs(one["bias"]) <= _MOST_BIAS * one["planted"]


def _say_bias(one: pd.Series) -> str:
    error = f" ± {200 * one['bias_error'] / one['planted']:.1f}" if one["answered"] > 1 else ""
    expected = 100 * one["bias_expected"] / one["planted"]
    bias = 100 * one["bias"] / one["planted"]
    return f"{bias:+.1f} %{error}; without noise {expected:+.1f} %"


def _is_unbiased(one: pd.Series) -> tuple[str, bool]:
    return _say_bias(one), abs(one["bias_expected"]) <= _MOST_BIAS * one["planted"]


def _is_held(one: pd.Series) -> tuple[str, bool]:
    return say_share(one["held"], one["answered"]), (
        one["held"] >= round(_LEAST_HELD * one["answered"], 9)
    )


def _fails(one: pd.Series) -> tuple[str, bool]:
    fails = abs(one["bias_expected"]) > _MOST_BIAS * one["planted"]
    fails &= one["held"] < _LEAST_HELD * one["answered"]
    return f"{_say_bias(one)}; held in {say_share(one['held'], one['answered'])}", bool(fails)


def _is_rare(one: pd.Series) -> tuple[str, bool]:
    low, high = coverage_interval(int(one["found"]), int(one["answered"]))
    return say_share(one["found"], one["answered"]), low <= SIZE <= high
