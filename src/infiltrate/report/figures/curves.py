"""Curves of a ranking: what is found when one looks at its first part."""

from __future__ import annotations

import re

import pandas as pd
from matplotlib.axes import Axes

from infiltrate.report.figure import Figure, nothing_to_show
from infiltrate.report.inputs import require_columns
from infiltrate.report.theme import SERIES, SOFT, in_house_style, new_drawing, show_shares
from infiltrate.report.wording import enumerate_words, interval, percent

_RECALL_NAME = re.compile(r"recall_at_([\d.]+)pct")


@in_house_style
def recall_at_k(
    metrics: pd.DataFrame,
    *,
    design: str | None = None,
    title: str | None = None,
    caption: str = "",
) -> Figure:
    """Show which share of listed units stands in the first part of the ranking.

    Parameters
    ----------
    metrics : pandas.DataFrame
        As for `validation_metrics`; the rows named ``recall_at_5pct`` and the like are drawn.
    design : str, optional
        The design of validation drawn; the last one with a value when absent.
    """
    require_columns(metrics, ["name", "design", "model", "value", "low", "high"], "recall_at_k")
    points = metrics[metrics["name"].astype(str).str.fullmatch(_RECALL_NAME)].dropna(
        subset=["value"]
    )
    chosen = design or (points["design"].iloc[-1] if len(points) else None)
    points = points[points["design"] == chosen]
    if points.empty:
        return nothing_to_show(title or "No recall could be computed", "No listed unit was ranked.")
    shares = points["name"].str.extract(_RECALL_NAME.pattern, expand=False).astype(float) / 100
    points = points.assign(share=shares, recall=points["value"].astype(float)).sort_values(
        ["share", "model"]
    )
    drawing, axes = new_drawing(3.6)
    _draw_curves(axes, points, "share", "recall", has_origin=True)
    end = float(points["share"].max())
    axes.plot([0, end], [0, end], ":", color=SOFT, label="random ranking")
    axes.set(xlabel="share of the ranking looked at", ylabel="share of listed firms found")
    axes.set(xlim=(0, end * 1.04), ylim=(0, 1.02))
    show_shares(axes)
    show_shares(axes, "y")
    axes.legend(loc="upper left")
    nearest = points["share"].iloc[(points["share"] - 0.05).abs().argsort(kind="stable").iloc[0]]
    found = [
        f"{interval(r.recall, r.low, r.high, percent)} ({str(r.model).replace('_', ' ')})"
        for r in points[points["share"] == nearest].itertuples(index=False)
    ]
    spoken = [
        f"{r.model} at {percent(r.share)}: {percent(r.recall)}"
        for r in points.itertuples(index=False)
    ]
    return Figure(
        drawing,
        title
        or f"The first {percent(nearest)} of the ranking hold {enumerate_words(found)} of the "
        "listed firms",
        f"Curves of recall, design {chosen}: {enumerate_words(spoken, 12)}.",
        caption or "Listed units only: whether the others are infiltrated is not known.",
        f"Validation design: {str(chosen).replace('_', ' ')}. Bands are intervals.",
        points[["model", "share", "recall", "low", "high"]].reset_index(drop=True),
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


def _draw_curves(
    axes: Axes, curve: pd.DataFrame, across: str, up: str, *, has_origin: bool = False
) -> None:
    for model, style in zip(sorted(curve["model"].unique()), SERIES, strict=False):
        rows = curve[curve["model"] == model].sort_values([across, up]).reset_index(drop=True)
        if has_origin:
            rows = pd.concat([_origin(rows), rows], ignore_index=True)
        if {"low", "high"} <= set(rows.columns):
            low, high = rows["low"].astype(float), rows["high"].astype(float)
            axes.fill_between(rows[across], low, high, color=style.colour, alpha=0.14, linewidth=0)
        marks = style.marker if len(rows) <= 12 else None
        axes.plot(
            rows[across],
            rows[up],
            linestyle=style.line,
            color=style.colour,
            marker=marks,
            label=str(model).replace("_", " "),
        )


def _origin(rows: pd.DataFrame) -> pd.DataFrame:
    numbers = rows.select_dtypes("number").columns
    return rows.head(1).assign(**dict.fromkeys(numbers, 0.0))
