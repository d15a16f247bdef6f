"""Figures about ties between companies and entries on lists along them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, NullLocator

from infiltrate.report.figure import Figure, nothing_to_show
from infiltrate.report.inputs import require_columns
from infiltrate.report.theme import (
    BLUE,
    INK,
    RULE,
    SERIES,
    SKY,
    SOFT,
    VERMILLION,
    in_house_style,
    label_rows,
    legend_on_top,
    new_drawing,
    rows_height,
    show_shares,
)
from infiltrate.report.wording import chance, enumerate_words, interval, percent

_RATIOS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)
_NO_GUILT = "To be near a listed firm is not to be listed, and says nothing of any single firm."


@in_house_style
def listed_distances(
    distances: pd.DataFrame, *, title: str | None = None, caption: str = ""
) -> Figure:
    """Show how many steps listed and other firms are from the nearest listed firm.

    Parameters
    ----------
    distances : pandas.DataFrame
        One row per group and distance: ``group``, ``distance``, ``place``, ``firms``, ``share``,
        ``low``, ``high``.
    """
    columns = ["group", "distance", "place", "firms", "share", "low", "high"]
    require_columns(distances, columns, "listed_distances")
    if distances.empty:
        return nothing_to_show(
            title or "How far firms are from listed ones cannot be shown",
            "Too few firms are listed, or no two firms are tied.",
        )
    rows = distances.sort_values(["place", "group"])
    words = list(dict.fromkeys(rows["distance"]))
    groups = list(dict.fromkeys(distances["group"]))
    drawing, axes = new_drawing(rows_height(len(words), each=0.5))
    for number, (group, style) in enumerate(zip(groups, (SERIES[4], SERIES[0]), strict=False)):
        own = rows[rows["group"] == group]
        height = own["place"].to_numpy() + (number - (len(groups) - 1) / 2) * 0.26
        _draw_interval(axes, height, own, style.colour, style.marker)
    label_rows(axes, words)
    axes.set_xlim(0, min(1.0, 1.08 * float(rows[["share", "high"]].max(axis=None))))
    show_shares(axes)
    axes.set_xlabel("share of the group's firms")
    axes.set_ylabel("steps to the nearest\nother listed firm")
    handles = [
        Line2D([], [], color=style.colour, marker=style.marker, label=f"{group} firms")
        for group, style in zip(groups, (SERIES[4], SERIES[0]), strict=False)
    ]
    legend_on_top(drawing, handles)
    nearest = rows[rows["place"] == rows["place"].min()]
    finding = enumerate_words([f"{percent(r.share)} of {r.group} firms" for r in _each(nearest)])
    spoken = [
        f"{r.group}, {r.distance}: {interval(r.share, r.low, r.high, percent)}" for r in _each(rows)
    ]
    return Figure(
        drawing,
        title or f"{finding} have a listed firm at {_steps(words[0])}",
        f"Dots with intervals. {enumerate_words(spoken, 20)}.",
        caption or f"A listed firm is measured to another one. {_NO_GUILT}",
        "Shares of each group, with intervals over groups of connected firms.",
        rows[columns].reset_index(drop=True),
    )


@in_house_style
def assortativity_null(
    share: float,
    low: float,
    high: float,
    null: np.ndarray,
    p_value: float,
    *,
    reason: str = "",
    title: str | None = None,
    caption: str = "",
) -> Figure:
    """Show how often ties of listed firms lead to listed firms, beside what chance would give.

    Parameters
    ----------
    share, low, high : float
        Observed share with its interval.
    null : numpy.ndarray
        The share in each permutation.
    p_value : float
        Of the permutations.
    reason : str
        Why there is no test, if there is none.
    """
    if reason or not len(null):
        return nothing_to_show(
            title or "Whether listed firms gather was not tested", reason or "No permutation."
        )
    drawing, axes = new_drawing(2.5)
    bins = int(np.clip(len(np.unique(null)) // 2, 6, 15))
    axes.hist(null, bins=bins, color=SKY, edgecolor="white")
    top = axes.get_ylim()[1]
    axes.set_ylim(0, 1.3 * top)
    axes.plot([low, high], [1.12 * top] * 2, color=VERMILLION, solid_capstyle="butt")
    axes.plot([share], [1.12 * top], color=VERMILLION, marker="v", markersize=7)
    axes.axvline(share, color=VERMILLION, linewidth=1, linestyle=":")
    show_shares(axes)
    axes.set_xlim(left=0)
    axes.set_xlabel("ties of listed firms that lead to a listed firm")
    axes.set_ylabel("permutations")
    handles = [
        Line2D([], [], color=VERMILLION, marker="v", label="observed, with interval"),
        Line2D([], [], color=SKY, linewidth=7, label="listed firms in other places"),
    ]
    legend_on_top(drawing, handles)
    usual = float(np.mean(null))
    verdict = "more than" if p_value <= 0.05 else "no more than"
    finding = (
        f"{percent(share)} of the ties of listed firms lead to listed firms: {verdict} chance "
        f"gives ({percent(usual)}, p {chance(p_value)})"
    )
    ends = np.quantile(null, [0.025, 0.975])
    numbers = pd.DataFrame(
        {
            "what": ["observed", "permutations"],
            "share": np.round([share, usual], 4),
            "low": np.round([low, ends[0]], 4),
            "high": np.round([high, ends[1]], 4),
        }
    )
    return Figure(
        drawing,
        title or finding,
        f"Observed {interval(share, low, high, percent)}; {len(null):,} permutations from "
        f"{percent(ends[0])} to {percent(ends[1])} (95% of them).",
        caption
        or "In a permutation listed firms change places with firms of as many ties, the same "
        "sector and area. Gathering may be spreading conduct, one case followed from firm to "
        f"firm, or likeness that the data do not show. {_NO_GUILT}",
        "Share of ties; bars count permutations.",
        numbers,
    )


@in_house_style
def listing_hazards(
    hazards: pd.DataFrame, *, title: str | None = None, caption: str = ""
) -> Figure:
    """Show how much more often firms are newly listed after a neighbour was.

    Parameters
    ----------
    hazards : pandas.DataFrame
        One row per kind of lists and lag: ``lists``, ``lag``, ``hazard_ratio``, ``low``,
        ``high``, ``reason``. A row without a number stays visible.
    """
    columns = ["lists", "lag", "hazard_ratio", "low", "high", "reason"]
    require_columns(hazards, columns, "listing_hazards")
    known = hazards.dropna(subset=["hazard_ratio"])
    if known.empty:
        why = enumerate_words([str(reason) for reason in hazards["reason"] if reason], 2)
        return nothing_to_show(
            title or "Whether entries follow those of neighbours cannot be shown",
            why or "No list of the study has entries along ties.",
        )
    rows = hazards.reset_index(drop=True)
    drawing, axes = new_drawing(rows_height(len(rows), each=0.42, extra=0.8))
    floor = max(0.05, 0.5 * float(known.loc[known["low"] > 0, "low"].min(skipna=True) or 0.2))
    ends = known[["hazard_ratio", "high"]].to_numpy(dtype=float)
    ceiling = 1.6 * float(max(ends[np.isfinite(ends)].max(), 1.2))
    for place, row in enumerate(_each(rows)):
        if pd.isna(row.hazard_ratio):
            axes.text(1.05, place, str(row.reason), va="center", color=SOFT, fontsize=8.5)
            continue
        firm = row.low > 1 or row.high < 1
        reach = [max(row.low, floor), min(row.high, ceiling)]
        axes.plot(reach, [place] * 2, color=BLUE, solid_capstyle="butt")
        if not np.isfinite(row.high):
            axes.plot([ceiling], [place], color=BLUE, marker=">", clip_on=False)
        axes.plot(
            [max(row.hazard_ratio, floor)],
            [place],
            color=BLUE,
            marker="o",
            markerfacecolor=BLUE if firm else "white",
        )
    axes.axvline(1, color=INK, linewidth=0.8)
    axes.set_xscale("log")
    axes.set_xlim(floor, ceiling)
    axes.set_xticks([tick for tick in _RATIOS if floor <= tick <= ceiling])
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.grid(axis="x", color=RULE)
    axes.set_xlabel("new entries, times those of like firms without a listed neighbour")
    label_rows(axes, [f"{row.lists}, {_lag(row.lag)}" for row in _each(rows)])
    spoken = [
        f"{r.lists}, {r.lag}: {interval(r.hazard_ratio, r.low, r.high, _times)}"
        for r in _each(known)
    ]
    return Figure(
        drawing,
        title or _hazard_finding(known),
        f"Dots with intervals. {enumerate_words(spoken, 8)}.",
        caption
        or "A case that authorities follow from firm to firm shows soon, and on lists that follow "
        "cases; only late entries on other lists would speak of conduct that spreads. An open dot: "
        f"the interval holds 1. {_NO_GUILT}",
        "Ratio of rates of new entries, on a logarithmic scale; 1 is no difference.",
        rows[columns],
    )


def _draw_interval(
    axes: Axes, height: np.ndarray, rows: pd.DataFrame, colour: str, marker: str
) -> None:
    axes.hlines(height, rows["low"], rows["high"], color=colour, linewidth=1.8)
    axes.plot(rows["share"], height, color=colour, marker=marker, linestyle="none")


def _each(rows: pd.DataFrame) -> list:
    return list(rows.itertuples(index=False))


def _steps(words: str) -> str:
    return "one step" if words == "1" else f"{words} steps"


def _lag(lag: str) -> str:
    return {"recent": "soon after a neighbour", "late": "late after a neighbour"}.get(lag, lag)


def _times(value: float) -> str:
    return f"{value:.2g} times" if np.isfinite(value) else "no upper end"


def _hazard_finding(known: pd.DataFrame) -> str:
    above = known[known["low"] > 1]
    if above.empty:
        return "No sign that new entries follow those of neighbours more often than elsewhere"
    parts = [f"{row.lists} ({_lag(row.lag)})" for row in _each(above)]
    return f"After a neighbour's entry firms are listed more often on {enumerate_words(parts)}"
