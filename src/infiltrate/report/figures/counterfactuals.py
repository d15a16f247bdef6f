"""Figures of what would have been: a synthetic control's path, a distribution without a limit."""

from __future__ import annotations

import pandas as pd
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from infiltrate.report.figure import Figure, nothing_to_show
from infiltrate.report.inputs import require_columns
from infiltrate.report.theme import (
    BLUE,
    INK,
    PALE,
    SKY,
    VERMILLION,
    in_house_style,
    legend_on_top,
    new_drawing,
    show_amounts,
)
from infiltrate.report.wording import amount, count, interval


@in_house_style
def synthetic_path(
    path: pd.DataFrame,
    *,
    about: str,
    unit: str,
    treated_from: float,
    title: str | None = None,
    caption: str = "",
) -> Figure:
    """Show an area's outcome beside that of its synthetic control.

    Parameters
    ----------
    path : pandas.DataFrame
        One row per year: ``year``, ``observed``, ``synthetic``, and ``low`` and ``high`` of what
        would have been (missing before treatment).
    about : str
        What is shown, in words that begin a sentence.
    unit : str
        Of the outcome.
    treated_from : float
        First year of treatment.
    """
    needed = ["year", "observed", "synthetic", "low", "high"]
    require_columns(path, needed, "synthetic_path")
    known = path.dropna(subset=["observed", "synthetic"]).sort_values("year")
    if known.empty:
        return nothing_to_show(title or f"{about}: no synthetic control", "None was built.")
    drawing, axes = new_drawing(3.1)
    axes.axvspan(float(known["year"].min()), treated_from - 0.5, color=PALE, zorder=0)
    axes.fill_between(known["year"], known["low"], known["high"], color=SKY, alpha=0.5, linewidth=0)
    axes.plot(known["year"], known["observed"], color=INK, marker="o", markersize=3.5)
    axes.plot(
        known["year"], known["synthetic"], color=BLUE, linestyle="--", marker="s", markersize=3
    )
    show_amounts(axes, "y")
    axes.xaxis.set_major_locator(MaxNLocator(10, integer=True))
    axes.set_xlabel("year")
    axes.set_ylabel(unit)
    handles = [
        Line2D([], [], color=INK, marker="o", label="observed"),
        Line2D([], [], color=BLUE, marker="s", linestyle="--", label="synthetic control"),
        Line2D([], [], color=SKY, linewidth=7, label="interval"),
    ]
    legend_on_top(drawing, handles)
    after = known[known["year"] >= treated_from]
    gap = float((after["observed"] - after["synthetic"]).mean()) if len(after) else float("nan")
    return Figure(
        drawing,
        title or f"{about}: {amount(gap)} {unit} a year against its synthetic control",
        f"Observed and synthetic outcome from {known['year'].min()} to {known['year'].max()}; "
        f"mean difference after treatment {amount(gap)} {unit}.",
        caption
        or "Grey: before treatment, where both lines must agree. Where they do not, what follows "
        "says nothing.",
        f"{unit}, by year. Band: interval of what would have been.",
        known[needed].reset_index(drop=True),
    )


@in_house_style
def bunching_counterfactual(
    bins: pd.DataFrame,
    *,
    about: str,
    unit: str,
    limit: float,
    excess: tuple[float, float, float],
    title: str | None = None,
    caption: str = "",
) -> Figure:
    """Show counts around a limit beside the smooth curve that they would follow without it.

    Parameters
    ----------
    bins : pandas.DataFrame
        One row per bin: ``value`` (in ``unit``), ``observed``, ``expected`` and ``is_bunching``
        (left out of the fit of the curve).
    about : str
        What is counted, in words that begin a sentence.
    unit : str
        Of the values.
    limit : float
        Where rules change.
    excess : tuple of float
        How many more than expected gather, and the ends of its interval.
    """
    needed = ["value", "observed", "expected", "is_bunching"]
    require_columns(bins, needed, "bunching_counterfactual")
    known = bins.dropna(subset=["observed"]).sort_values("value")
    if known.empty:
        return nothing_to_show(title or f"{about}: nothing near the limit", "No value is near it.")
    drawing, axes = new_drawing(3.0)
    left_out = known[known["is_bunching"].astype(bool)]
    if len(left_out):
        axes.axvspan(left_out["value"].min(), left_out["value"].max(), color=PALE, zorder=0)
    axes.plot(known["value"], known["observed"], color=INK, marker="o", markersize=3, linewidth=1)
    axes.plot(known["value"], known["expected"], color=BLUE, linestyle="--")
    axes.axvline(limit, color=VERMILLION, linestyle=":")
    axes.set_ylim(bottom=0)
    show_amounts(axes, "y")
    show_amounts(axes)
    axes.set_xlabel(unit)
    axes.set_ylabel("contracts in the bin")
    handles = [
        Line2D([], [], color=INK, marker="o", label="counted"),
        Line2D([], [], color=BLUE, linestyle="--", label="expected without the limit"),
        Line2D([], [], color=VERMILLION, linestyle=":", label="limit"),
    ]
    legend_on_top(drawing, handles)
    if excess[1] > 0:
        words = f"{interval(*excess, count)} more than expected gather below"
    else:
        words = "chance explains what gathers below"
    return Figure(
        drawing,
        title or f"{about}: {words} {amount(limit, unit)}",
        f"Counts by value around {amount(limit, unit)}, and a smooth curve; {words} it.",
        caption
        or "Grey: left out of the fit of the curve. Values gather at round numbers without any "
        "limit, and below a limit for lawful reasons too: a hump is a question.",
        f"Counts per bin of {unit}.",
        known[needed].reset_index(drop=True),
    )
