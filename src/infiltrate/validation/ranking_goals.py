"""The goals set for the ranking in advance, and whether they are reached."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd

from infiltrate.risk.designs import LIST_OUT, RANDOM, REGION
from infiltrate.validation.ranking import (
    AREA,
    AREA_LISTED,
    ERROR,
    LISTS,
    PERMUTED,
    PRECISION,
    PROBABILITIES,
    RECALL_TOP,
    SLOPE,
    TRUTH,
)

COLUMNS = ("goal", "scenario", "wanted", "result", "reached", "countries", "seeds")
PUBLISHED, BASELINE, ORACLE = "latent", "logistic", "logistic"
"""The learner behind published ranks, the one on labels to beat, and the one that learns from the
truth: with all features, places and effort included, it comes out above boosting."""

RANKS, STATED = (PUBLISHED, RANDOM), (PROBABILITIES, "")
"""Model and design of the ranks, which do not look at the lists a company is on, and of the
probabilities of infiltration, which do: that nobody found a visible company speaks for it."""

_BELOW_ORACLE, _OF_ORACLE, _OVER_BASELINE, _LOSS = 0.03, 0.80, 1.10, 0.05
_SLOPE, _ERROR = (0.80, 1.25), 0.005
_HELD = 0.90

_Verdict = tuple[str, bool] | None
_Judge = Callable[[pd.DataFrame], _Verdict]


def hold_ranking_against_goals(rows: pd.DataFrame) -> pd.DataFrame:
    """Hold the rankings of each card against the goals.

    Parameters
    ----------
    rows : pandas.DataFrame
        As `ranking_summary.read_ranking` gives it.

    Returns
    -------
    pandas.DataFrame
        One row per goal and card: ``goal``, ``scenario``, what is ``wanted``, the ``result`` in
        words, whether it is ``reached`` (yes, no, "not run"), ``countries`` and ``seeds``.

    Notes
    -----
    Differences and ratios compare rankings of the same countries; plus or minus is twice the
    standard error of their mean over countries. A ratio is that of the means.
    """
    table = []
    for goal, card, wanted, judge in _list_goals():
        of_card = rows[rows["scenario"] == card]
        verdict = judge(of_card) if len(of_card) else None
        result, reached = ("", "not run")
        if verdict:
            result, reached = verdict[0], "yes" if verdict[1] else "no"
        seeds = of_card["seed"]
        table.append(
            {
                "goal": goal,
                "scenario": card,
                "wanted": wanted,
                "result": result,
                "reached": reached,
                "countries": str(seeds.nunique()),
                "seeds": f"{seeds.min()} to {seeds.max()}" if len(seeds) else "",
            }
        )
    return pd.DataFrame(table, columns=list(COLUMNS))


def _list_goals() -> Iterable[tuple[str, str, str, _Judge]]:
    for words, own in (("ranks", RANKS), ("probabilities of infiltration", STATED)):
        yield f"area below the oracle's, {words}", "base", f"{_BELOW_ORACLE} or less", _gap(own)
    yield (
        "recall at 1 % / oracle's",
        "base",
        f"{_OF_ORACLE:.2f} or more",
        _times(RECALL_TOP, (ORACLE, TRUTH), _OF_ORACLE),
    )
    yield (
        f"average precision / {BASELINE} on labels",
        "base",
        f"{_OVER_BASELINE:.2f} or more",
        _times(PRECISION, (BASELINE, LISTS), _OVER_BASELINE),
    )
    for words, design in (("regions never seen", REGION), ("a list left out", LIST_OUT)):
        yield f"area lost in {words}", "base", f"{_LOSS} or less", _loss(design)
    yield (
        "calibration slope of the probability of infiltration, mean",
        "base",
        f"{_SLOPE[0]} to {_SLOPE[1]}",
        _calibrated(SLOPE, *_SLOPE),
    )
    yield (
        "calibration error of the probability of infiltration, mean",
        "base",
        f"{_ERROR} or less",
        _calibrated(ERROR, 0.0, _ERROR),
    )
    wanted = f"in {100 * _HELD:.0f} % or more"
    goal = "95 % interval of the area against permuted lists holds 0.5"
    yield goal, "base", wanted, _knows_nothing(PERMUTED)
    goal = "95 % interval of the area against lists holds 0.5"
    yield goal, "no_effect", wanted, _knows_nothing(LISTS)


def _values(
    rows: pd.DataFrame, measure: str, model: str, labels: str, design: str = RANDOM
) -> pd.Series:
    """Return one value per country."""
    chosen = rows[
        (rows["measure"] == measure)
        & (rows["model"] == model)
        & (rows["labels"] == labels)
        & (rows["design"] == design)
    ]
    return chosen.set_index("seed")["value"].dropna()


def _gap(own: tuple[str, str]) -> _Judge:
    model, design = own

    def judge(rows: pd.DataFrame) -> _Verdict:
        oracle = _values(rows, AREA, ORACLE, TRUTH)
        gap = oracle - _values(rows, AREA, model, LISTS, design)
        return _mean_at_most(gap.dropna(), _BELOW_ORACLE)

    return judge


def _loss(design: str) -> _Judge:
    def judge(rows: pd.DataFrame) -> _Verdict:
        at_random = _values(rows, AREA, PUBLISHED, LISTS)
        loss = at_random - _values(rows, AREA, PUBLISHED, LISTS, design)
        return _mean_at_most(loss.dropna(), _LOSS)

    return judge


def _mean_at_most(values: pd.Series, most: float) -> _Verdict:
    if values.empty:
        return None
    mean = float(values.mean())
    return f"{mean:.3f}{_plus_or_minus(values)}", mean <= most


def _plus_or_minus(values: pd.Series) -> str:
    return f" ± {2 * values.sem():.3f}" if len(values) > 1 else ""


def _times(measure: str, other: tuple[str, str], least: float) -> _Judge:
    def judge(rows: pd.DataFrame) -> _Verdict:
        own, against = _values(rows, measure, PUBLISHED, LISTS), _values(rows, measure, *other)
        own, against = own.align(against, join="inner")
        if own.empty or against.sum() == 0:
            return None
        ratio = float(own.sum() / against.sum())
        # delta method for a ratio of means
        error = (own - ratio * against) / against.mean()
        return f"{ratio:.2f}{_plus_or_minus(error)}", ratio >= least

    return judge


def _calibrated(measure: str, low: float, high: float) -> _Judge:
    def judge(rows: pd.DataFrame) -> _Verdict:
        values = _values(rows, measure, PROBABILITIES, LISTS, design="")
        if values.empty:
            return None
        mean = float(values.mean())
        inside = int(values.between(low, high).sum())
        words = f"{mean:.4g}; within in {inside} of {len(values)}"
        return words, low <= mean <= high

    return judge


def _knows_nothing(labels: str) -> _Judge:
    def judge(rows: pd.DataFrame) -> _Verdict:
        chosen = rows[(rows["measure"] == AREA_LISTED) & (rows["labels"] == labels)]
        chosen = chosen[chosen["value"].notna()]
        if chosen.empty:
            return None
        held = int(((chosen["low"] <= 0.5) & (chosen["high"] >= 0.5)).sum())
        mean = chosen["value"].mean()
        words = f"{held} of {len(chosen)}, {100 * held / len(chosen):.0f} %; mean {mean:.3f}"
        return words, bool(held >= np.ceil(_HELD * len(chosen)))

    return judge
