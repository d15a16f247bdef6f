"""The same estimate under many choices, sorted, with the choices each of them made below."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from infiltrate.report.figure import Figure, nothing_to_show
from infiltrate.report.inputs import require_columns
from infiltrate.report.theme import (
    BLUE,
    INK,
    PALE,
    RULE,
    SKY,
    SOFT,
    VERMILLION,
    in_house_style,
    legend_on_top,
    new_drawing,
    show_shares,
)
from infiltrate.report.wording import enumerate_words, interval, percent

_CHOICES = ("window", "lists", "prior_centre", "wrong_entries", "universe")
_HEADINGS = {
    "window": "Entries of",
    "lists": "Lists",
    "prior_centre": "Prior chance of detection",
    "wrong_entries": "Wrong entries",
    "universe": "Firms",
}
_WIDE = 10.0
_MOST_NAMED = 4


@in_house_style
def specification_curve(
    frame: pd.DataFrame,
    headline: str = "headline",
    *,
    names: Mapping[str, str] | None = None,
    title: str | None = None,
    caption: str = "",
) -> Figure:
    """Show pooled medians and intervals of all specifications, sorted, and their choices.

    Parameters
    ----------
    frame : pandas.DataFrame
        As `infiltrate.prevalence.robustness.vary_specifications` gives it: one row per
        specification with ``specification``, ``changed``, the five choices, ``median``, ``low``,
        ``high`` (shares), ``status`` and ``inside_headline``.
    headline : str
        The ``specification`` that the others are held against.
    names : mapping of str to str, optional
        Titles of the lists by id.
    """
    needed = ["specification", "changed", "median", "low", "high", "status", "inside_headline"]
    require_columns(frame, [*needed, *_CHOICES], "specification_curve")
    own = frame[frame["specification"] == headline]
    others = frame[frame["specification"] != headline]
    given = others[others["median"].notna()].sort_values(
        ["median", "specification"], ignore_index=True
    )
    refused = len(others) - len(given)
    if own.empty or own["median"].isna().all() or given.empty:
        return nothing_to_show(
            title or "How far the answer hangs on choices cannot be shown",
            "There is no headline estimate to vary."
            if own.empty or own["median"].isna().all()
            else "No other specification gives an estimate.",
            caption,
        )
    centre = own.iloc[0]
    levels = _list_levels(frame, dict(names or {}))
    drawing, (above, below) = new_drawing(
        2.6 + 0.215 * (len(levels) + 2),
        nrows=2,
        sharex=True,
        height_ratios=[2.4, 0.215 * (len(levels) + 1)],
    )
    _draw_curve(above, given, centre)
    _draw_choices(below, given, levels, centre)
    legend_on_top(drawing, _legend(given), columns=4)
    inside = int(given["inside_headline"].sum())
    ends = interval(centre["median"], centre["low"], centre["high"], percent)
    return Figure(
        drawing,
        title or _finding(given, inside, refused, centre),
        f"Medians of {len(given)} specifications from {percent(given['median'].min())} to "
        f"{percent(given['median'].max())} of firms, sorted; the headline is {ends}. "
        f"{inside} lie inside its interval. Below, dots mark the choices of each.",
        caption
        or "Read a column from top to bottom: estimate and interval, then the choices behind it. "
        "The headline's own choice is in bold. Specifications are no sample: how many lie inside "
        "says how far the answer hangs on choices, not how likely it is to be right.",
        "Share of firms infiltrated; one column is one specification. Dot: pooled median; line: "
        "95 % interval; band: interval of the headline.",
        pd.concat([own, given])[[*needed, *_CHOICES]],
    )


def _finding(given: pd.DataFrame, inside: int, refused: int, centre: pd.Series) -> str:
    span = f"{percent(centre['low'])} to {percent(centre['high'])}"
    sentence = f"{inside} of {len(given)} specifications lie inside the headline interval ({span})"
    alone = given[~given["inside_headline"] & ~given["changed"].str.contains(",")]
    if len(alone):
        words = enumerate_words(list(alone["specification"]), _MOST_NAMED)
        sentence += f"; one change is enough to leave it: {words}"
    else:
        lowest, highest = percent(given["median"].min()), percent(given["median"].max())
        sentence += f"; their medians run from {lowest} to {highest}"
    return sentence + (f"; {refused} refused" if refused else "")


def _list_levels(frame: pd.DataFrame, names: dict[str, str]) -> list[tuple[str, Any, str]]:
    """Return column, value and words of every choice that varies, in the order of the rows."""
    write: dict[str, Callable[[Any], str]] = {
        "window": str,
        "universe": str,
        "lists": lambda text: _name_list(str(text), names),
        "prior_centre": lambda centre: f"{1 / (1 + math.exp(-centre)):.0%}",
        "wrong_entries": _write_times,
    }
    found = []
    for column in _CHOICES:
        values = list(dict.fromkeys(frame[column]))
        if column in ("prior_centre", "wrong_entries"):
            values = sorted(values)
        if len(values) > 1:
            found += [(column, value, write[column](value)) for value in values]
    return found


def _write_times(times: float) -> str:
    if times in (0, 1):
        return "none" if times == 0 else "as the prior"
    return f"{times:g} times the prior"


def _name_list(text: str, names: dict[str, str]) -> str:
    start = "without "
    if not text.startswith(start):
        return text
    name = text.removeprefix(start)
    return start + names.get(name, name.replace("_", " "))


def _draw_curve(axes: Axes, given: pd.DataFrame, centre: pd.Series) -> None:
    axes.axhspan(centre["low"], centre["high"], color=PALE, zorder=0)
    axes.axhline(centre["median"], color=INK, linewidth=1, linestyle="--", zorder=1)
    for at, row in enumerate(given.itertuples()):
        colour, marker = _mark(row.inside_headline)
        axes.plot([at, at], [row.low, row.high], color=SKY, linewidth=2.4, zorder=2)
        axes.plot(at, row.median, marker, color=colour, markersize=4.5, zorder=3)
    highest = max(given["high"].max(), centre["high"])
    lowest = min(given["low"].min(), centre["low"])
    if lowest > 0 and highest / lowest > _WIDE:
        axes.set_yscale("log")
        axes.minorticks_off()
        ticks = [m * 10.0**e for e in range(-6, 1) for m in (1, 2, 5)]
        axes.set_yticks([tick for tick in ticks if lowest / 1.3 <= tick <= highest * 1.3])
        axes.set_ylim(lowest / 1.2, highest * 1.2)
    else:
        axes.set_ylim(0, highest * 1.06)
    show_shares(axes, "y")
    axes.set_ylabel("share of firms")
    axes.tick_params(axis="x", length=0, labelbottom=False)


def _draw_choices(
    axes: Axes, given: pd.DataFrame, levels: list[tuple[str, Any, str]], centre: pd.Series
) -> None:
    height, ticks, labels, bold = 0.0, [], [], []
    last = ""
    for column, value, words in levels:
        if column != last:
            height += 0.45 if last else 0.0
            axes.axhline(height - 0.7, color=RULE, linewidth=0.6)
            axes.annotate(
                _HEADINGS[column],
                (1.01, height),
                xycoords=("axes fraction", "data"),
                va="center",
                fontsize=8.5,
                color=SOFT,
            )
            last = column
        used = np.flatnonzero((given[column] == value).to_numpy())
        for is_inside in (True, False):
            rows = used[given["inside_headline"].to_numpy(dtype=bool)[used] == is_inside]
            colour, marker = _mark(is_inside)
            axes.plot(rows, np.full(len(rows), height), marker, color=colour, markersize=3.6)
        ticks.append(height)
        labels.append(words)
        bold.append(value == centre[column])
        height += 1.0
    axes.set_yticks(ticks, labels, fontsize=8.5)
    for text, is_own in zip(axes.get_yticklabels(), bold, strict=True):
        text.set_fontweight("bold" if is_own else "normal")
    axes.set_ylim(height - 0.4, -0.7)
    axes.set_xlim(-1, len(given))
    axes.set_xticks([])
    axes.tick_params(axis="y", length=0)
    axes.spines[["left", "bottom"]].set_visible(False)


def _mark(is_inside: bool) -> tuple[str, str]:
    return (BLUE, "o") if is_inside else (VERMILLION, "D")


def _legend(given: pd.DataFrame) -> list[Line2D]:
    words = {True: "inside the headline interval", False: "outside"}
    kinds = [kind for kind in (True, False) if (given["inside_headline"] == kind).any()]
    handles = [
        Line2D([], [], color=_mark(kind)[0], marker=_mark(kind)[1], linestyle="", label=words[kind])
        for kind in kinds
    ]
    dashed = Line2D([], [], color=INK, linewidth=1, linestyle="--", label="headline median")
    return [*handles, dashed]
