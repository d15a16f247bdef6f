"""Effects of a study beside published ones."""

from __future__ import annotations

import textwrap
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
    SOFT,
    VERMILLION,
    in_house_style,
    label_rows,
    legend_on_top,
    new_drawing,
    rows_height,
    show_shares,
)
from infiltrate.report.wording import enumerate_words, interval, percent, plural


@in_house_style
def effects_ladder(ladder: pd.DataFrame, *, title: str | None = None, caption: str = "") -> Figure:
    """Show our effects beside published ones about the same thing.

    Parameters
    ----------
    ladder : pandas.DataFrame
        As `infiltrate.impact.published_effects.build_ladder` gives it; effects of which only the
        direction is known are drawn as arrows.
    """
    needed = ["subject", "about", "estimate", "low", "high", "direction", "source", "is_ours"]
    require_columns(ladder, needed, "effects_ladder")
    if ladder.empty:
        return nothing_to_show(title or "No effects to hold side by side", "There are none.")
    rows = ladder.reset_index(drop=True)
    drawing, axes = new_drawing(rows_height(len(rows), each=0.5))
    widest = max(0.05, float(rows[["estimate", "low", "high"]].abs().max(axis=None)))
    axes.axvline(0, color=INK, linewidth=0.9)
    for place, row in enumerate(rows.itertuples(index=False)):
        if row.is_ours:
            axes.axhspan(place - 0.46, place + 0.46, color=PALE, zorder=0)
        _draw_step(axes, place, row, widest)
    words = [
        f"{row.subject[0].upper()}{row.subject[1:]}: "
        f"{'this study' if row.is_ours else textwrap.shorten(row.source, 44, placeholder=' …')}"
        for row in rows.itertuples(index=False)
    ]
    label_rows(axes, words, width=44)
    axes.set_xlim(-1.15 * widest, 1.15 * widest)
    show_shares(axes)
    axes.set_xlabel("effect")
    handles = [
        Line2D([], [], color=VERMILLION, marker="D", label="this study"),
        Line2D([], [], color=BLUE, marker="o", label="published number or range"),
        Line2D([], [], color=SOFT, marker=">", linestyle="", label="published direction only"),
    ]
    legend_on_top(drawing, handles, columns=3)
    ours = rows[rows["is_ours"] & rows["estimate"].notna()]
    compared = ours[ours["subject"].isin(rows.loc[~rows["is_ours"], "subject"])]
    finding = (
        f"{plural(len(compared), 'effect')} of this study beside published ones"
        if len(compared)
        else "Published effects; this study has none to hold beside them"
    )
    spoken = [f"{r.about}: {_say_step(r)} ({r.source})" for r in rows.itertuples(index=False)]
    return Figure(
        drawing,
        title or finding,
        f"{enumerate_words(spoken, 20)}.",
        caption
        or "Each number is of its own country, years, treatment and design, and some are of "
        "ending infiltration rather than of its beginning: the table beside it says which. They "
        "show what size is plausible, and prove nothing.",
        "Relative change. Dot: number; line: interval of this study or published range; arrow: "
        "direction without a number.",
        rows[needed],
    )


def _draw_step(axes: Axes, place: int, row: Any, widest: float) -> None:
    estimate, low, high = (float(getattr(row, name)) for name in ("estimate", "low", "high"))
    colour, marker = (VERMILLION, "D") if row.is_ours else (BLUE, "o")
    if not np.isnan(low) and not np.isnan(high):
        axes.hlines(place, low, high, color=colour, linewidth=2.2)
    if not np.isnan(estimate):
        axes.plot([estimate], [place], marker, color=colour, markersize=6)
    elif np.isnan(low):
        arrows = {"rises": (">", 0.5), "falls": ("<", -0.5)}
        mark, side = arrows.get(row.direction, ("|", 0.0))
        axes.plot([side * 0.3 * widest], [place], mark, color=SOFT, markersize=7)


def _say_step(row: Any) -> str:
    estimate, low, high = (getattr(row, name) for name in ("estimate", "low", "high"))
    if pd.isna(estimate) and pd.isna(low):
        return f"{row.direction}, no number"
    return interval(estimate, low, high, percent)
