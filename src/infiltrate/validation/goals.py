"""The goals set for the estimators in advance, and whether they are reached."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd

from infiltrate.prevalence.joint_detection import NONE_BEYOND_ERRORS
from infiltrate.synth.country.cards import VALIDATED
from infiltrate.validation.recovery import ALL, POOL
from infiltrate.validation.summary import covers, summarise_recovery

COLUMNS = ("goal", "scenario", "wanted", "result", "reached", "countries", "seeds")

_RATIO = {"base": (0.90, 1.10), "hard": (0.75, 1.30), "undetectable": (0.75, 1.30)}
_WIDEST_BASE = 3.0
_REFUSED = ("one_list", "sparse_overlap")
_TIMES_FLOOR = 3.0


def hold_against_goals(recovery: pd.DataFrame) -> pd.DataFrame:
    """Hold the pool of each card, as stated, against the goals.

    Parameters
    ----------
    recovery : pandas.DataFrame
        As `summary.read_recovery` gives it.

    Returns
    -------
    pandas.DataFrame
        One row per goal and card: ``goal``, ``scenario``, what is ``wanted``, the ``result`` in
        words, whether it is ``reached`` (yes, no, "no interval" where the pool was always refused,
        "not run"), ``countries`` and ``seeds``.

    Notes
    -----
    The false-positive floor of the card no_effect is the number of wrong entries to be expected:
    nobody is infiltrated there, so that it is the number of firms listed.
    """
    pool = recovery[recovery["estimator"] == POOL]
    is_country = (pool["estimand"] == "infiltrated_firms") & (pool["area_id"] == ALL)
    summary = summarise_recovery(pool) if len(pool) else pd.DataFrame(columns=["scenario"])
    if len(pool):
        summary = summary[summary["estimand"] == "infiltrated_firms"]
    by_card = summary.set_index("scenario")
    rows = [
        {"goal": goal, "scenario": card, "wanted": wanted}
        | _judge(judge, by_card, pool[is_country & (pool["scenario"] == card)], card)
        for goal, wanted, cards, judge in _list_goals()
        for card in cards
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


_Verdict = tuple[str, str]
_Judge = Callable[[pd.Series, pd.DataFrame], _Verdict]


def _list_goals() -> Iterable[tuple[str, str, Iterable[str], _Judge]]:
    others = [card for card in VALIDATED if card != "one_list"]
    with_cells = [card for card in VALIDATED if card not in _REFUSED]
    for card, (low, high) in _RATIO.items():
        wanted = f"{low:.2f} to {high:.2f}"
        yield "median of pool / truth", wanted, [card], _within("ratio", low, high)
    yield "95 % interval holds the truth", "90 % or more", others, _covered(95, 0.90, 1.0)
    yield "50 % interval holds the truth", "40 to 60 %", others, _covered(50, 0.40, 0.60)
    yield (
        "upper / lower end of 95 %, median",
        "3.0 or less",
        ["base"],
        _within("width", 0.0, _WIDEST_BASE),
    )
    yield "95 % intervals of cells hold the truth", "90 % or more", with_cells, _cells_covered
    for what in ("cell", "area"):
        yield (
            f"correlation of {what} error with effort, against raw listed share",
            "half or less",
            [card for card in with_cells if card != "no_effect"],
            _effort(what),
        )
    yield "upper end of 95 % / false-positive floor", "below 3", ["no_effect"], _below_floor
    yield "says that there may be none beyond errors", "always", ["no_effect"], _says_none
    yield "refused, with the reason", "always", _REFUSED, _refused


def _judge(judge: _Judge, by_card: pd.DataFrame, rows: pd.DataFrame, card: str) -> dict[str, str]:
    if rows.empty:
        return {"result": "", "reached": "not run", "countries": "0", "seeds": ""}
    result, reached = judge(by_card.loc[card], rows)
    seeds = f"{rows['seed'].min()} to {rows['seed'].max()}"
    return {
        "result": result,
        "reached": reached,
        "countries": str(len(rows)),
        "seeds": seeds,
    }


def _answer(result: str, is_reached: bool) -> _Verdict:
    return result, "yes" if is_reached else "no"


def _no_interval(rows: pd.DataFrame) -> _Verdict:
    return f"refused in {(rows['status'] == 'reject').sum()} of {len(rows)}", "no interval"


def _within(column: str, low: float, high: float) -> _Judge:
    def judge(summary: pd.Series, rows: pd.DataFrame) -> _Verdict:
        if np.isnan(summary[column]):
            return _no_interval(rows)
        return _answer(f"{summary[column]:.2f}", low <= summary[column] <= high)

    return judge


def _covered(coverage: int, low: float, high: float) -> _Judge:
    def judge(summary: pd.Series, rows: pd.DataFrame) -> _Verdict:
        given = rows[rows["median"].notna()]
        if given.empty:
            return _no_interval(rows)
        name, held = f"covered_{coverage}", int(covers(given, coverage).sum())
        share = summary[name]
        between = f"{100 * summary[f'{name}_low']:.0f} to {100 * summary[f'{name}_high']:.0f}"
        return _answer(
            f"{held} of {len(given)}, {100 * share:.0f} % ({between})", low <= share <= high
        )

    return judge


def _cells_covered(summary: pd.Series, rows: pd.DataFrame) -> _Verdict:
    if not summary["cells"] > 0:
        return _no_interval(rows)
    share = summary["cells_covered"]
    return _answer(f"{100 * share:.1f} % of {summary['cells']:,.0f} cells", share >= 0.90)


def _effort(what: str) -> _Judge:
    def judge(summary: pd.Series, rows: pd.DataFrame) -> _Verdict:
        own, listed = summary[f"{what}_effort"], summary[f"{what}_effort_listed"]
        if np.isnan(own):
            return _no_interval(rows)
        return _answer(f"{own:.2f} against {listed:.2f}", abs(own) <= abs(listed) / 2)

    return judge


def _below_floor(summary: pd.Series, rows: pd.DataFrame) -> _Verdict:
    given = rows[rows["median"].notna()]
    if given.empty:
        return _no_interval(rows)
    times = given["hi95"] / given["listed"].clip(lower=1)
    below = int((times < _TIMES_FLOOR).sum())
    words = f"{times.median():.1f}, median; below 3 in {below} of {len(given)}"
    return _answer(words, below == len(given))


def _says_none(summary: pd.Series, rows: pd.DataFrame) -> _Verdict:
    said = int(rows["reason"].str.contains(NONE_BEYOND_ERRORS, regex=False).sum())
    return _answer(f"{said} of {len(rows)}", said == len(rows))


def _refused(summary: pd.Series, rows: pd.DataFrame) -> _Verdict:
    refused = int(((rows["status"] == "reject") & (rows["reason"] != "")).sum())
    return _answer(f"{refused} of {len(rows)}", refused == len(rows))
