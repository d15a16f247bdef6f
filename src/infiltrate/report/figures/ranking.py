"""Figures about ranking units: how well it works, and on what it rests."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from infiltrate.report.figure import Figure, nothing_to_show
from infiltrate.report.inputs import require_columns
from infiltrate.report.theme import (
    RULE,
    SERIES,
    SOFT,
    in_house_style,
    label_rows,
    legend_on_top,
    new_drawing,
    rows_height,
)
from infiltrate.report.wording import enumerate_words, interval, plural

_METRIC_TITLES = {"roc_auc": "ROC-AUC", "average_precision": "Average precision"}
_REFUSED = "not tested"
_SIMPLE_MARKERS = ("x", "d", "+", "s")


@in_house_style
def validation_metrics(
    metrics: pd.DataFrame,
    *,
    names: Sequence[str] = tuple(_METRIC_TITLES),
    simple: Sequence[str] = (),
    title: str | None = None,
    caption: str = "",
) -> Figure:
    """Show how well each model ranks under each design of validation, beside simple rankings.

    Parameters
    ----------
    metrics : pandas.DataFrame
        One row per metric, design and model: ``name``, ``design``, ``model``, ``value``,
        ``low``, ``high``; ``ranks``, where it is there, says which model makes the ranking.
        Rows of ``listed_share`` give the average precision of a ranking that knows nothing. A
        refused metric has no value and stays visible.
    names : sequence of str
        The metrics drawn, one panel each.
    simple : sequence of str
        Models that learn from no label: in grey, on one line of each design, without intervals.
    """
    columns = ["name", "design", "model", "value", "low", "high"]
    require_columns(metrics, columns, "validation_metrics")
    drawn = metrics[metrics["name"].isin(list(names))]
    known = drawn.dropna(subset=["value"])
    if known.empty:
        return nothing_to_show(
            title or "The ranking could not be tested", "No metric could be computed."
        )
    names = [name for name in names if name in set(known["name"])]
    designs, models = (list(dict.fromkeys(drawn[column])) for column in ("design", "model"))
    tested = set(known["model"])
    others = [model for model in models if model in simple and model in tested]
    models = [model for model in models if model not in simple and model in tested]
    drawing, panels = new_drawing(
        rows_height(len(designs), each=0.24 * (len(models) + bool(others)) + 0.16),
        ncols=len(names),
        sharey=True,
        squeeze=False,
    )
    for name, axes in zip(names, panels[0], strict=True):
        _draw_metric(axes, drawn[drawn["name"] == name], designs, models, others)
        _draw_ignorance(axes, metrics, name, designs)
        axes.set_title(_METRIC_TITLES.get(name, name.replace("_", " ")))
    handles = [
        Line2D([], [], color=style.colour, marker=style.marker, label=model.replace("_", " "))
        for model, style in zip(models, SERIES, strict=False)
    ]
    handles += [
        Line2D([], [], color=SOFT, linestyle="", marker=marker, fillstyle="none", label=model)
        for model, marker in zip(others, _SIMPLE_MARKERS, strict=False)
    ]
    handles.append(Line2D([], [], color=SOFT, linestyle=":", label="random ranking"))
    legend_on_top(drawing, handles)
    spoken = [
        f"{r.name}, {r.design}, {r.model}: {r.value:.2f} ({r.low:.2f} to {r.high:.2f})"
        for r in known.itertuples(index=False)
    ]
    return Figure(
        drawing,
        title or _metric_finding(known, names[0], simple),
        f"Dots with intervals. {enumerate_words(spoken, 20)}.",
        caption
        or "The designs that hold out connected firms, regions and the future leak least: believe "
        "their rows, not the random one.",
        "Dots are estimates, lines intervals; each metric has its own scale from 0 to 1.",
        drawn[columns].reset_index(drop=True),
    )


@in_house_style
def coefficients(
    terms: pd.DataFrame, *, title: str | None = None, caption: str = "", most: int = 25
) -> Figure:
    """Show on which features a ranking rests, and how firmly.

    Parameters
    ----------
    terms : pandas.DataFrame
        One row per term: ``term``, ``coefficient``, ``low``, ``high`` (log odds per standard
        deviation).
    most : int
        The features drawn; the rest is in the numbers.
    """
    require_columns(terms, ["term", "coefficient", "low", "high"], "coefficients")
    known = terms.dropna(subset=["coefficient"])
    if known.empty:
        return nothing_to_show(title or "No coefficient", "The model has no features.")
    order = known.assign(size=known["coefficient"].abs()).sort_values(
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
            row["coefficient"],
            position,
            "o",
            color=colour if clear[position] else "white",
            markeredgecolor=colour,
            markeredgewidth=1.4,
        )
    label_rows(axes, list(shown["term"]), width=40)
    axes.grid(axis="x")
    axes.set_xlabel("change of the log odds per standard deviation")
    finding = f"{int(clear.sum())} of {plural(len(shown), 'feature')} drawn pull clearly up or down"
    spoken = [
        f"{r.term} {r.coefficient:+.2f} "
        + ("(no interval)" if pd.isna(r.low) else f"({r.low:+.2f} to {r.high:+.2f})")
        for r in shown.itertuples()
    ]
    return Figure(
        drawing,
        title or finding,
        f"Coefficients with intervals: {enumerate_words(spoken, 12)}.",
        caption or "A coefficient says how the ranking is made, not what causes infiltration.",
        "Log odds of being listed, with interval; blue and filled: the interval excludes zero."
        + (f" {len(order) - len(shown)} smaller ones not drawn." if len(order) > most else ""),
        terms.reset_index(drop=True),
    )


def _draw_metric(
    axes: Axes, metric: pd.DataFrame, designs: list[str], models: list[str], others: list[str]
) -> None:
    lines = len(models) + bool(others)
    offsets = np.linspace(-0.3, 0.3, lines) if lines > 1 else np.zeros(1)
    by_model = {
        model: metric[metric["model"] == model]
        .drop_duplicates("design")
        .set_index("design")
        .reindex(designs)
        for model in [*models, *others]
    }
    for model, marker in zip(others, _SIMPLE_MARKERS, strict=False):
        heights = np.arange(len(designs)) + offsets[-1]
        axes.plot(by_model[model]["value"], heights, marker, color=SOFT, fillstyle="none")
    for model, style, offset in zip(models, SERIES, offsets, strict=False):
        rows, heights = by_model[model], np.arange(len(designs)) + offset
        axes.hlines(heights, rows["low"], rows["high"], color=style.colour, linewidth=1.8)
        axes.plot(rows["value"], heights, style.marker, color=style.colour)
    label_rows(axes, [design.replace("_", " ") for design in designs])
    tested = set(metric.dropna(subset=["value"])["design"])
    for position, design in enumerate(designs):
        if design not in tested:
            axes.annotate(
                _REFUSED,
                (0.02, position),
                xycoords=("axes fraction", "data"),
                va="center",
                fontsize=8.5,
                color=SOFT,
                style="italic",
            )
    axes.grid(axis="x")
    for edge in range(len(designs) - 1):
        axes.axhline(edge + 0.5, color=RULE, linewidth=0.5)


def _draw_ignorance(axes: Axes, metrics: pd.DataFrame, name: str, designs: list[str]) -> None:
    shares = metrics[metrics["name"] == "listed_share"].groupby("design")["value"].first()
    tested = set(metrics[metrics["name"] == name].dropna(subset=["value"])["design"])
    for position, design in enumerate(designs):
        level = {"roc_auc": 0.5, "average_precision": shares.get(design)}.get(name)
        if design in tested and level is not None and not np.isnan(level):
            axes.plot([level] * 2, [position - 0.45, position + 0.45], ":", color=SOFT)


def _metric_finding(known: pd.DataFrame, name: str, simple: Sequence[str]) -> str:
    same = known[known["name"] == name]
    learnt = same[~same["model"].isin(list(simple))]
    if "ranks" in learnt and learnt["ranks"].astype(bool).any():
        learnt = learnt[learnt["ranks"].astype(bool)]
    learnt = learnt if len(learnt) else same
    honest = learnt[learnt["design"].str.contains("connected")]
    row = (honest if len(honest) else learnt).sort_values(["value", "model"]).iloc[0]
    metric = _METRIC_TITLES.get(name, name.replace("_", " "))
    value = interval(row["value"], row["low"], row["high"], lambda number: f"{number:.2f}")
    design = str(row["design"]).replace("_", " ")
    against = "; 0.5 is a random order" if name == "roc_auc" else ""
    rivals = same[same["model"].isin(list(simple)) & (same["design"] == row["design"])]
    if len(rivals):
        best = rivals.sort_values(["value", "model"]).iloc[-1]
        against = f"; the best simple ranking, {best['model']}, has {best['value']:.2f}"
    return f"{metric} is {value} {design} ({str(row['model']).replace('_', ' ')}){against}"
