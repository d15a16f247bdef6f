"""How sure matches are, and whether their probabilities can be trusted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from infiltrate.report.figure import Figure, nothing_to_show
from infiltrate.report.inputs import require_columns
from infiltrate.report.theme import (
    BLUE,
    INK,
    SOFT,
    Style,
    in_house_style,
    label_rows,
    legend_on_top,
    new_drawing,
    patch,
    rows_height,
    show_shares,
    stack_shares,
)
from infiltrate.report.wording import count, percent, plural

_OUTCOMES = {
    "by_number": ("by its number", Style(BLUE)),
    "by_name": ("by its name", Style("#8FC1DF")),
    "by_review": ("by a person", Style("#009E73", hatch="++++")),
    "uncertain": ("uncertain", Style("#E69F00", hatch="////")),
    "none": ("no company found", Style("#f3f4f2", hatch="\\\\\\\\")),
}
_FEWEST_PAIRS = 30


@in_house_style
def match_outcomes(
    outcomes: pd.DataFrame, labels: Sequence[str] = (), *, caption: str = ""
) -> Figure:
    """Show what became of the records to match, list by list.

    Parameters
    ----------
    outcomes : pandas.DataFrame
        One row per list: ``group_id``, ``records``, ``by_number``, ``by_name``, ``by_review``,
        ``uncertain`` and ``none``.
    labels : sequence of str
        Titles of the lists; empty for their ids.
    """
    require_columns(outcomes, ["group_id", "records", *_OUTCOMES], "match_outcomes")
    if outcomes.empty:
        return nothing_to_show(
            "There was nothing to match", "Every record carries a number of the register."
        )
    drawing, axes = new_drawing(rows_height(len(outcomes), extra=1.2))
    styles = {name: style for name, (_, style) in _OUTCOMES.items()}
    stack_shares(axes, outcomes, styles, outcomes["records"])
    names = [str(name) for name in (labels or outcomes["group_id"])]
    totals = [count(number) for number in outcomes["records"]]
    label_rows(axes, [f"{name} ({total})" for name, total in zip(names, totals, strict=True)])
    axes.set_xlabel("share of records")
    legend_on_top(drawing, [patch(style, words) for words, style in _OUTCOMES.values()], 5)
    every = outcomes[["records", *_OUTCOMES]].sum()
    found = every["by_number"] + every["by_name"] + every["by_review"]
    return Figure(
        drawing,
        f"{percent(found / every['records'])} of {plural(int(every['records']), 'record')} are "
        f"linked to a company; {count(every['uncertain'])} wait for a person",
        "Shares of records by how they were matched: "
        + "; ".join(
            f"{name}: {percent((row['records'] - row['none'] - row['uncertain']) / row['records'])}"
            " linked"
            for name, (_, row) in zip(names, outcomes.iterrows(), strict=True)
        )
        + ".",
        caption,
        "One bar is one list (suppliers: companies seen in procurement under another number); in "
        "brackets its records.",
        outcomes,
    )


@in_house_style
def match_calibration(check: pd.DataFrame, *, caption: str = "") -> Figure:
    """Show whether probabilities by name alone agree with the numbers that records state.

    Parameters
    ----------
    check : pandas.DataFrame
        One row per bin of a tenth: ``bin``, ``pairs``, ``probability`` (mean), ``share`` (right).
    """
    require_columns(check, ["bin", "pairs", "probability", "share"], "match_calibration")
    drawn = check[check["pairs"] >= _FEWEST_PAIRS]
    if drawn.empty:
        return nothing_to_show(
            "Too few records state a number to test the probabilities",
            f"No tenth of the scale holds {_FEWEST_PAIRS} pairs whose truth a number tells.",
        )
    drawing, axes = new_drawing(3.1, width=4.6)
    _draw_calibration(axes, drawn)
    worst = (drawn["probability"] - drawn["share"]).abs().max()
    return Figure(
        drawing,
        f"Where a number tells the truth, probabilities by name alone are off by at most "
        f"{percent(worst)}",
        "Mean probability and share right by tenth: "
        + "; ".join(
            f"{percent(row['probability'])} and {percent(row['share'])}"
            for _, row in drawn.iterrows()
        )
        + ".",
        caption
        or "Records that state a number were weighed a second time as if they did not. Points on "
        "the line mean that of pairs given 70 % seven in ten are right.",
        f"One point is a tenth of the scale with at least {_FEWEST_PAIRS} pairs; bars: 95 % "
        "interval (Wilson).",
        check,
    )


def _draw_calibration(axes: Axes, drawn: pd.DataFrame) -> None:
    share, pairs = drawn["share"].to_numpy(float), drawn["pairs"].to_numpy(float)
    z = 1.96
    centre = (share + z**2 / (2 * pairs)) / (1 + z**2 / pairs)
    half = z * np.sqrt(share * (1 - share) / pairs + z**2 / (4 * pairs**2)) / (1 + z**2 / pairs)
    axes.plot([0, 1], [0, 1], color=SOFT, linewidth=0.8, linestyle="--")
    axes.vlines(drawn["probability"], centre - half, centre + half, color=BLUE, linewidth=1.4)
    axes.plot(drawn["probability"], share, "o", color=BLUE)
    for x, y, number in zip(drawn["probability"], share, pairs, strict=True):
        axes.annotate(
            count(int(number)), (x, y), (6, -10), textcoords="offset points", fontsize=8, color=INK
        )
    axes.set_xlim(-0.03, 1.12)
    axes.set_ylim(-0.06, 1.06)
    show_shares(axes, "x")
    show_shares(axes, "y")
    axes.set_xlabel("probability by name alone (number: pairs)")
    axes.set_ylabel("share with the same number")
