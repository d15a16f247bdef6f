"""Figures about ranking units: how well it works, on what it rests, what a flag is worth."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from infiltrate.report.figure import Figure, nothing_to_show
from infiltrate.report.inputs import require_columns
from infiltrate.report.theme import (
    RULE,
    SERIES,
    SOFT,
    VERMILLION,
    Style,
    in_house_style,
    label_rows,
    legend_on_top,
    new_drawing,
    patch,
    rows_height,
    show_shares,
)
from infiltrate.report.wording import enumerate_words, percent, plural

_UNKNOWN_STYLE = Style("#ffffff", hatch="////")


@in_house_style
def validation_metrics(
    metrics: pd.DataFrame, *, title: str | None = None, caption: str = ""
) -> Figure:
    """Show how well each model ranks under each design of validation.

    Parameters
    ----------
    metrics : pandas.DataFrame
        One row per metric, design and model: ``metric``, ``design``, ``model``, ``value``,
        ``low``, ``high`` (all fractions), optionally ``baseline``, the value of a random ranking.
    """
    require_columns(
        metrics, ["metric", "design", "model", "value", "low", "high"], "validation_metrics"
    )
    known = metrics.dropna(subset=["value"])
    if known.empty:
        return nothing_to_show(
            title or "The ranking could not be tested", "No metric could be computed."
        )
    names, designs, models = (
        list(dict.fromkeys(known[column])) for column in ("metric", "design", "model")
    )
    drawing, panels = new_drawing(
        rows_height(len(designs), each=0.28 * len(models) + 0.16),
        ncols=len(names),
        sharey=True,
        squeeze=False,
    )
    for name, axes in zip(names, panels[0], strict=True):
        _draw_metric(axes, known[known["metric"] == name], designs, models)
        axes.set_title(name)
    handles = [
        Line2D([], [], color=style.colour, marker=style.marker, label=model)
        for model, style in zip(models, SERIES, strict=False)
    ]
    if "baseline" in known and known["baseline"].notna().any():
        handles.append(Line2D([], [], color=SOFT, linestyle=":", label="random ranking"))
    legend_on_top(drawing, handles)
    best = known[known["metric"] == names[0]].sort_values(["value", "design", "model"]).iloc[-1]
    worst = known[known["metric"] == names[0]].sort_values(["value", "design", "model"]).iloc[0]
    spoken = [
        f"{r.metric}, {r.design}, {r.model}: {r.value:.2f} ({r.low:.2f} to {r.high:.2f})"
        for r in known.itertuples()
    ]
    return Figure(
        drawing,
        title
        or f"{names[0]} runs from {worst['value']:.2f} ({worst['model']}, {worst['design']}) to "
        f"{best['value']:.2f} ({best['model']}, {best['design']})",
        f"Dots with intervals. {enumerate_words(spoken, 20)}.",
        caption or "The lowest row is the one to believe: it is the test that leaks least.",
        "Each metric has its own scale; lines are intervals.",
        metrics.reset_index(drop=True),
    )


@in_house_style
def recall_at_k(curve: pd.DataFrame, *, title: str | None = None, caption: str = "") -> Figure:
    """Show which share of listed units stands in the first part of the ranking.

    Parameters
    ----------
    curve : pandas.DataFrame
        One row per model and share: ``model``, ``share`` of the ranking looked at, ``recall``;
        optionally ``low`` and ``high``.
    """
    require_columns(curve, ["model", "share", "recall"], "recall_at_k")
    known = curve.dropna(subset=["share", "recall"])
    if known.empty:
        return nothing_to_show(title or "No recall could be computed", "No listed unit was ranked.")
    drawing, axes = new_drawing(3.6)
    _draw_curves(axes, known, "share", "recall")
    axes.plot(
        [0, known["share"].max()],
        [0, known["share"].max()],
        ":",
        color=SOFT,
        label="random ranking",
    )
    axes.set(xlabel="share of the ranking looked at", ylabel="share of listed units found")
    axes.set_ylim(0, 1.02)
    axes.set_xlim(0, None)
    show_shares(axes)
    show_shares(axes, "y")
    axes.legend(loc="best")
    first = known.sort_values(["share", "recall", "model"]).iloc[-1]
    middle = known.iloc[(known["share"] - 0.05).abs().argsort(kind="stable")[:1]].iloc[0]
    return Figure(
        drawing,
        title
        or f"The first {percent(middle['share'])} of the ranking hold {percent(middle['recall'])} "
        f"of the listed units ({middle['model']})",
        f"Curves of recall for {enumerate_words(sorted(known['model'].unique()))}; at "
        f"{percent(first['share'])} of the ranking recall is {percent(first['recall'])}.",
        caption or "Listed units only: whether the others are infiltrated is not known.",
        "Share of listed units found against share of the ranking looked at.",
        curve.reset_index(drop=True),
    )


@in_house_style
def precision_recall(
    curve: pd.DataFrame, *, base_rate: float, title: str | None = None, caption: str = ""
) -> Figure:
    """Show precision against recall, with the base rate a random ranking would reach.

    Parameters
    ----------
    curve : pandas.DataFrame
        One row per model and cut: ``model``, ``recall``, ``precision``.
    base_rate : float
        Share of listed units among all ranked.
    """
    require_columns(curve, ["model", "recall", "precision"], "precision_recall")
    known = curve.dropna(subset=["recall", "precision"])
    if known.empty:
        return nothing_to_show(title or "No precision could be computed", "No unit was ranked.")
    drawing, axes = new_drawing(3.6)
    _draw_curves(axes, known, "recall", "precision")
    axes.axhline(base_rate, color=SOFT, linestyle=":", label=f"random ({percent(base_rate)})")
    axes.set(xlabel="recall: share of listed units found", ylabel="precision")
    axes.set(xlim=(0, 1), ylim=(0, min(1.0, known["precision"].max() * 1.1)))
    show_shares(axes)
    show_shares(axes, "y")
    axes.legend(loc="best")
    half = known[known["recall"] >= 0.5].sort_values(["precision", "model"])
    reached = (
        f"precision is {percent(half['precision'].iloc[-1])} at best"
        if len(half)
        else ("no cut reaches it")
    )
    return Figure(
        drawing,
        title or f"When half of the listed units are found, {reached}",
        f"Precision against recall for {enumerate_words(sorted(known['model'].unique()))}; a "
        f"random ranking has {percent(base_rate)}.",
        caption or "An unlisted unit counts as wrong here, though nobody has looked at it.",
        "Precision: share of the units looked at that are listed.",
        curve.reset_index(drop=True),
    )


@in_house_style
def coefficients(
    terms: pd.DataFrame, *, title: str | None = None, caption: str = "", most: int = 25
) -> Figure:
    """Show on which features a ranking rests, and how firmly.

    Parameters
    ----------
    terms : pandas.DataFrame
        One row per feature: ``term``, ``value``, ``low``, ``high`` (log odds per standard
        deviation).
    most : int
        The features drawn; the rest is in the numbers.
    """
    require_columns(terms, ["term", "value", "low", "high"], "coefficients")
    known = terms.dropna(subset=["value"])
    if known.empty:
        return nothing_to_show(title or "No coefficient", "The model has no features.")
    order = known.assign(size=known["value"].abs()).sort_values(
        ["size", "term"], ascending=[False, True]
    )
    shown = order.head(most).reset_index(drop=True)
    clear = (shown["low"] > 0) | (shown["high"] < 0)
    drawing, axes = new_drawing(rows_height(len(shown), each=0.3))
    axes.axvline(0, color=SOFT, linewidth=0.9)
    for position, row in shown.iterrows():
        colour = SERIES[0].colour if clear[position] else "#9aa4ad"
        axes.plot([row["low"], row["high"]], [position] * 2, color=colour)
        axes.plot(
            row["value"],
            position,
            "o",
            color=colour if clear[position] else "white",
            markeredgecolor=colour,
            markeredgewidth=1.4,
        )
    label_rows(axes, list(shown["term"]), width=40)
    axes.grid(axis="x")
    axes.set_xlabel("change of the log odds per standard deviation")
    finding = f"{plural(int(clear.sum()), 'feature')} of {len(shown)} clearly above or below zero"
    spoken = [
        f"{r.term} {r.value:+.2f} ({r.low:+.2f} to {r.high:+.2f})" for r in shown.itertuples()
    ]
    return Figure(
        drawing,
        title or finding,
        f"Coefficients with intervals: {enumerate_words(spoken, 12)}.",
        caption or "A coefficient says how the ranking is made, not what causes infiltration.",
        "Log odds of being listed; open dots: interval includes zero."
        + (f" {len(order) - len(shown)} smaller ones not drawn." if len(order) > most else ""),
        terms.reset_index(drop=True),
    )


@in_house_style
def base_rate_waffle(
    expected: float | None,
    low: float | None = None,
    high: float | None = None,
    *,
    flagged: str = "flagged firms",
    why_not: str = "How many firms are infiltrated is not known well enough to say.",
    title: str | None = None,
    caption: str = "",
) -> Figure:
    """Show what a flag is worth: of a hundred flagged units, how many may be infiltrated.

    Parameters
    ----------
    expected, low, high : float or None
        Expected number among a hundred, with its interval; ``None`` when it is refused.
    why_not : str
        What stands there instead when it is refused.
    """
    if expected is None or math.isnan(expected):
        return nothing_to_show(title or f"What a flag is worth is not known: {flagged}", why_not)
    low = expected if low is None or math.isnan(low) else low
    high = expected if high is None or math.isnan(high) else high
    solid, likely, possible = (round(min(100.0, number)) for number in (low, expected, high))
    drawing, axes = new_drawing(2.9, width=5.2)
    for square in range(100):
        style = (
            Style(VERMILLION)
            if square < solid
            else Style("#F0A572")
            if square < likely
            else Style("#ffffff", hatch="//////")
            if square < possible
            else Style("#e6eaed")
        )
        edge = VERMILLION if square < possible else "#e6eaed"
        axes.add_patch(
            Rectangle(
                (square % 20, -(square // 20)),
                0.84,
                0.84,
                facecolor=style.colour,
                hatch=style.hatch,
                edgecolor=edge,
                linewidth=0.8,
            )
        )
    axes.set(xlim=(-0.1, 20), ylim=(-4.15, 0.9), aspect="equal")
    axes.axis("off")
    handles = [
        patch(Style(VERMILLION), f"at least {solid}"),
        patch(Style("#F0A572"), f"expected {likely}"),
        patch(Style("#ffffff", hatch="//////"), f"at most {possible}"),
        patch(Style("#e6eaed"), "the others"),
    ]
    legend_on_top(drawing, handles)
    sentence = f"Of 100 {flagged}, about {likely} may be expected to be infiltrated"
    if possible > solid:
        sentence += f" ({solid} to {possible})"
    return Figure(
        drawing,
        title or sentence,
        f"A hundred squares. {sentence}.",
        caption,
        "One square is one flagged unit out of a hundred.",
    )


def _draw_metric(axes: Axes, metric: pd.DataFrame, designs: list[str], models: list[str]) -> None:
    offsets = np.linspace(-0.26, 0.26, len(models)) if len(models) > 1 else np.zeros(1)
    for model, style, offset in zip(models, SERIES, offsets, strict=False):
        rows = metric[metric["model"] == model].set_index("design").reindex(designs)
        heights = np.arange(len(designs)) + offset
        axes.hlines(heights, rows["low"], rows["high"], color=style.colour, linewidth=1.8)
        axes.plot(rows["value"], heights, style.marker, color=style.colour)
    if "baseline" in metric:
        lines = metric.groupby("design")["baseline"].first().reindex(designs)
        for position, baseline in enumerate(lines):
            axes.plot([baseline] * 2, [position - 0.42, position + 0.42], ":", color=SOFT)
    label_rows(axes, designs)
    axes.hlines(range(len(designs)), *axes.get_xlim(), color=RULE, linewidth=0.5, zorder=0)
    axes.grid(axis="x")
    axes.set_facecolor("white")


def _draw_curves(axes: Axes, curve: pd.DataFrame, across: str, up: str) -> None:
    for model, style in zip(sorted(curve["model"].unique()), SERIES, strict=False):
        rows = curve[curve["model"] == model].sort_values([across, up])
        marker = style.marker if len(rows) <= 12 else None
        if {"low", "high"} <= set(rows.columns):
            axes.fill_between(
                rows[across], rows["low"], rows["high"], color=style.colour, alpha=0.14, linewidth=0
            )
        axes.plot(
            rows[across],
            rows[up],
            linestyle=style.line,
            color=style.colour,
            marker=marker,
            label=str(model),
        )
