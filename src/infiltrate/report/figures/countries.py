"""The figure of red flags side by side in several countries."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from infiltrate.report.figure import Figure, nothing_to_show
from infiltrate.report.inputs import require_columns
from infiltrate.report.theme import (
    INK,
    RULE,
    SERIES,
    SOFT,
    in_house_style,
    label_rows,
    legend_on_top,
    new_drawing,
    rows_height,
    show_shares,
)
from infiltrate.report.wording import enumerate_words, percent, plural

_ROOM = 0.62


@in_house_style
def flags_by_country(
    rates: pd.DataFrame, *, title: str | None = None, caption: str = "", why_none: str = ""
) -> Figure:
    """Show how often each red flag is on in each study, where that may be compared.

    Parameters
    ----------
    rates : pandas.DataFrame
        One row per red flag and study: ``flag``, ``study``, ``base_rate`` (share of the units
        where it is known), ``low``, ``high``, ``coverage`` (share of units where it is known).
    title : str, optional
        The finding; the flag that differs most when absent.
    caption : str
        What must be known to read the figure.
    why_none : str
        What stands in its place when no flag can be compared.
    """
    require_columns(rates, ["flag", "study", "base_rate", "low", "high"], "flags_by_country")
    if rates.empty:
        why = why_none or "No red flag means the same in two of these studies."
        return nothing_to_show(title or "No red flag can be compared", why)
    flags = list(dict.fromkeys(rates["flag"]))
    studies = sorted(rates["study"].unique())
    drawing, axes = new_drawing(rows_height(len(flags), each=max(0.4, 0.17 * len(studies))))
    _draw_rates(axes, rates, flags, studies)
    label_rows(axes, flags)
    axes.set_xlabel("share of units on which the flag is on, where it is known")
    if len(studies) <= len(SERIES):
        legend_on_top(drawing, [_legend(place, name) for place, name in enumerate(studies)], 2)
    return Figure(
        drawing,
        title or _finding(rates),
        _alternative(rates, flags),
        caption,
        "One row per red flag, one mark per study with its interval.",
        rates.reset_index(drop=True),
    )


def _draw_rates(axes: Axes, rates: pd.DataFrame, flags: list[str], studies: list[str]) -> None:
    offsets = np.linspace(-_ROOM / 2, _ROOM / 2, len(studies)) if len(studies) > 1 else [0.0]
    for place, (study, offset) in enumerate(zip(studies, offsets, strict=True)):
        own = rates[rates["study"] == study]
        rows = np.array([flags.index(flag) for flag in own["flag"]]) + offset
        # more studies than marks that can be told apart: the table below names them
        style = SERIES[place] if len(studies) <= len(SERIES) else None
        colour = style.colour if style else SOFT
        axes.hlines(rows, own["low"], own["high"], color=colour, linewidth=1.4)
        axes.plot(
            own["base_rate"],
            rows,
            style.marker if style else "o",
            color=colour,
            markeredgecolor=INK,
            markeredgewidth=0.6,
            markersize=5,
        )
    highest = rates[["base_rate", "high"]].max(axis=None)
    axes.set_xlim(-0.01, min(1.02, max(0.05, highest * 1.05)))
    show_shares(axes)
    axes.hlines(
        np.arange(len(flags) - 1) + 0.5, *axes.get_xlim(), color=RULE, linewidth=0.6, zorder=0
    )


def _legend(place: int, name: str) -> Line2D:
    style = SERIES[place]
    return Line2D([], [], color=style.colour, marker=style.marker, markeredgecolor=INK, label=name)


def _finding(rates: pd.DataFrame) -> str:
    ends = rates.groupby("flag", sort=False)["base_rate"].agg(["min", "max"])
    widest = (ends["max"] - ends["min"]).idxmax()
    low, high = (percent(ends.loc[widest, end]) for end in ("min", "max"))
    most = rates[rates["flag"] == widest].set_index("study")["base_rate"]
    return (
        f"{widest} differs most: {high} of units in {most.idxmax()}, {low} in {most.idxmin()}"
        if high != low
        else "The red flags that can be compared are as frequent in every study"
    )


def _alternative(rates: pd.DataFrame, flags: list[str]) -> str:
    parts = []
    for flag in flags:
        own = rates[rates["flag"] == flag]
        values = [
            f"{study} {percent(rate)}"
            for study, rate in zip(own["study"], own["base_rate"], strict=True)
        ]
        parts.append(f"{flag}: {enumerate_words(values, 20)}")
    return f"Shares of {plural(len(flags), 'red flag')} by study. {'; '.join(parts)}."
