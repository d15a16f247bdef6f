"""Figures about the reach of lists: whom they could name, and after how long."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from infiltrate.report.figure import Figure, nothing_to_show
from infiltrate.report.inputs import require_columns
from infiltrate.report.theme import (
    BLUE,
    PALE,
    RULE,
    in_house_style,
    label_rows,
    new_drawing,
    rows_height,
    show_amounts,
)
from infiltrate.report.wording import count, enumerate_words, percent

_FEW = "none, or too few to be shown"
_QUANTILES = ["p10", "p25", "p50", "p75", "p90"]


@in_house_style
def exposure_funnel(steps: pd.DataFrame, *, title: str | None = None, caption: str = "") -> Figure:
    """Show, per list, how many firms it could name and how many it names.

    Parameters
    ----------
    steps : pandas.DataFrame
        One row per list and step, widest step first: ``list_id``, ``step``, ``firms``.
    """
    require_columns(steps, ["list_id", "step", "firms"], "exposure_funnel")
    if steps.empty or steps["firms"].max() == 0:
        return nothing_to_show(title or "No firm is exposed to a list", "Every step is empty.")
    names = list(dict.fromkeys(steps["list_id"]))
    drawing, panels = new_drawing(
        0.8 + 0.34 * len(steps) + 0.4 * len(names),
        nrows=len(names),
        sharex=True,
        squeeze=False,
        height_ratios=[(steps["list_id"] == name).sum() for name in names],
    )
    for name, axes in zip(names, panels[:, 0], strict=True):
        _draw_funnel(axes, steps[steps["list_id"] == name], float(steps["firms"].max()))
        axes.set_title(str(name).replace("_", " "))
    panels[-1, 0].set_xlabel("firms (logarithmic)")
    listed = [
        f"{count(row.firms) if row.firms > 0 else 'too few to be shown'} "
        f"on '{str(row.list_id).replace('_', ' ')}'"
        for row in steps.itertuples()
        if row.step == "listed" and row.firms != 0
    ]
    widest = count(steps["firms"].max())
    finding = f"Of {widest} firms, " + (enumerate_words(listed) if listed else "see each list")
    spoken = [
        f"{r.list_id}, {r.step}: {count(r.firms) if r.firms > 0 else _FEW}"
        for r in steps.itertuples()
    ]
    return Figure(
        drawing,
        title or finding,
        f"Funnel of firms per list: {enumerate_words(spoken, 24)}.",
        caption,
        "Firms at each step, on a logarithmic scale; in brackets the share of the first step.",
        steps.reset_index(drop=True),
    )


@in_house_style
def listing_lags(
    lags: pd.DataFrame,
    *,
    what: str = "first contract to first entry",
    title: str | None = None,
    caption: str = "",
) -> Figure:
    """Show how long it took until a firm was listed.

    Parameters
    ----------
    lags : pandas.DataFrame
        One row per list: ``list_id``, ``firms``, and the quantiles ``p10`` to ``p90`` of the
        months, missing where too few firms are listed. Negative: listed first.
    what : str
        From what to what the time runs.
    """
    require_columns(lags, ["list_id", "firms", *_QUANTILES], "listing_lags")
    known = lags.dropna(subset=_QUANTILES).reset_index(drop=True)
    if known.empty:
        return nothing_to_show(
            title or f"The time from {what} is not known", "Too few listed firms have both dates."
        )
    drawing, axes = new_drawing(rows_height(len(known), each=0.5))
    rows = range(len(known))
    axes.hlines(rows, known["p10"], known["p90"], color="#8FB9D3", linewidth=2)
    axes.hlines(rows, known["p25"], known["p75"], color=BLUE, linewidth=7)
    axes.plot(known["p50"], rows, "o", color="white", markeredgecolor=BLUE, markersize=8)
    for row, months in enumerate(known["p50"]):
        axes.annotate(
            f"{months:.0f}",
            (months, row),
            (0, 9),
            textcoords="offset points",
            ha="center",
            fontsize=8.5,
        )
    if known["p10"].min() < 0:
        start = axes.get_xlim()
        axes.axvspan(start[0], 0, color=PALE, zorder=-1)
        axes.set_xlim(start)
        axes.axvline(0, color="#9aa4ad", linewidth=0.8)
    label_rows(
        axes, [f"{r.list_id} ({count(r.firms)} firms)" for r in known.itertuples()], width=40
    )
    show_amounts(axes)
    axes.set_xlabel(f"months from {what}")
    spoken = [f"{str(r.list_id).replace('_', ' ')} {r.p50:.0f} months" for r in known.itertuples()]
    return Figure(
        drawing,
        title or f"Median time from {what}: {enumerate_words(spoken)}",
        "Ranges of months from "
        f"{what}. "
        + enumerate_words(
            [f"{r.list_id}: middle half {r.p25:.0f} to {r.p75:.0f}" for r in known.itertuples()], 12
        )
        + ".",
        caption or "Firms not listed yet are not seen, so the true times are longer.",
        "Dot: median. Thick: middle half. Thin: middle four fifths. Shaded: listed first.",
        lags.reset_index(drop=True),
    )


def _draw_funnel(axes: Axes, steps: pd.DataFrame, widest: float) -> None:
    firms = steps["firms"].to_numpy(float)
    drawn = np.where(firms > 0, firms, np.nan)
    # a dot, no bar: on a logarithmic scale the length of a bar means nothing
    axes.hlines(range(len(firms)), 0.7, drawn, color=RULE, linewidth=1.4)
    axes.plot(drawn, range(len(firms)), "o", color=BLUE, markersize=7)
    axes.set_xscale("log")
    axes.set_xlim(0.7, widest * 12)
    for position, number in enumerate(firms):
        share = f"  ({percent(number / firms[0])})" if position and firms[0] else ""
        written = f"{count(number)}{share}" if number > 0 else _FEW
        axes.annotate(
            written,
            (max(number, 0.7) if number > 0 else 0.7, position),
            (8, 0),
            textcoords="offset points",
            va="center",
            fontsize=8.5,
        )
    label_rows(axes, list(steps["step"]))
    show_amounts(axes)
    axes.minorticks_off()
