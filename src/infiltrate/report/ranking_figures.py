"""Figures about how rankings did on countries whose truth is known."""

from __future__ import annotations

import pandas as pd

from infiltrate.report.figure import Figure, nothing_to_show
from infiltrate.report.inputs import require_columns
from infiltrate.report.theme import (
    INK,
    SERIES,
    in_house_style,
    label_rows,
    legend_on_top,
    new_drawing,
    rows_height,
    show_shares,
)
from infiltrate.report.wording import enumerate_words, percent

_CHANCE_AREA, _CHANCE_TENTH = 0.5, 0.1
_APART = 0.16


@in_house_style
def areas_by_design(
    summary: pd.DataFrame, oracle: float, *, leading: str, caption: str = ""
) -> Figure:
    """Show how well learners rank under each design, beside an oracle.

    Parameters
    ----------
    summary : pandas.DataFrame
        One row per design and model: ``design``, ``model``, ``mean`` of the area under the curve
        over countries and its standard ``error``; missing where never measured.
    oracle : float
        Mean area of what learnt from the truth; missing where there is none.
    leading : str
        The model the title is about.
    """
    require_columns(summary, ["design", "model", "mean", "error"], "areas_by_design")
    rows = summary[summary["mean"].notna()].reset_index(drop=True)
    if rows.empty:
        return nothing_to_show("No ranking to hold against the truth", "None could be made.")
    designs, models = list(dict.fromkeys(rows["design"])), list(dict.fromkeys(rows["model"]))
    drawing, axes = new_drawing(rows_height(len(designs), 0.5, extra=1.3))
    axes.axvline(_CHANCE_AREA, color=INK, linewidth=1)
    handles = []
    for number, model in enumerate(models):
        own = rows[rows["model"] == model]
        at = own["design"].map(designs.index) + _APART * (number - (len(models) - 1) / 2)
        style = SERIES[number]
        reach = 2 * own["error"].fillna(0.0)
        axes.hlines(at, own["mean"] - reach, own["mean"] + reach, color=style.colour, linewidth=2)
        handles += axes.plot(own["mean"], at, style.marker, color=style.colour, label=model)
    if pd.notna(oracle):
        handles.append(
            axes.axvline(oracle, color=INK, linewidth=1, linestyle="--", label="oracle, at random")
        )
    label_rows(axes, designs, 26)
    axes.set_xlabel("area under the curve against the truth, companies on no list")
    axes.grid(axis="x")
    legend_on_top(drawing, handles)
    led = rows[rows["model"] == leading].set_index("design")["mean"]
    return Figure(
        drawing,
        _title_areas(led, oracle, leading),
        "Area against the truth. "
        + enumerate_words([f"{r.design}, {r.model}: {r.mean:.3f}" for r in rows.itertuples()], 40)
        + (f"; oracle: {oracle:.3f}." if pd.notna(oracle) else "."),
        caption,
        "0.5, solid line: a ranking that knows nothing; dashed: what learns from the truth of "
        "other companies. Mark: mean over countries; line: twice its standard error either way.",
        rows[["design", "model", "mean", "error"]],
    )


@in_house_style
def types_found(summary: pd.DataFrame, *, caption: str = "") -> Figure:
    """Show which infiltrated companies are among the first tenth, by scenario and type.

    Parameters
    ----------
    summary : pandas.DataFrame
        One row per scenario and type: ``scenario``, ``type``, ``mean`` share found over countries
        and its standard ``error``; missing where never measured.
    """
    require_columns(summary, ["scenario", "type", "mean", "error"], "types_found")
    rows = summary[summary["mean"].notna()].reset_index(drop=True)
    if rows.empty:
        return nothing_to_show("Nobody to be found", "No country has infiltrated companies.")
    scenarios, types = list(dict.fromkeys(rows["scenario"])), list(dict.fromkeys(rows["type"]))
    drawing, axes = new_drawing(rows_height(len(scenarios), 0.5, extra=1.3))
    axes.axvline(_CHANCE_TENTH, color=INK, linewidth=1)
    handles = []
    for number, name in enumerate(types):
        own = rows[rows["type"] == name]
        at = own["scenario"].map(scenarios.index) + _APART * (number - (len(types) - 1) / 2)
        style, reach = SERIES[number], 2 * own["error"].fillna(0.0)
        axes.hlines(at, own["mean"] - reach, own["mean"] + reach, color=style.colour, linewidth=2)
        handles += axes.plot(own["mean"], at, style.marker, color=style.colour, label=name)
    label_rows(axes, [name.replace("_", " ") for name in scenarios], 24)
    show_shares(axes)
    axes.set_xlim(left=0)
    axes.set_xlabel("share of infiltrated companies on no list among the first tenth")
    legend_on_top(drawing, handles)
    by_type = rows.groupby("type")["mean"].mean()
    return Figure(
        drawing,
        f"Of {by_type.idxmax()} companies {percent(by_type.max())} are found, of "
        f"{by_type.idxmin()} ones {percent(by_type.min())}: chance is {percent(_CHANCE_TENTH)}",
        "Share among the first tenth. "
        + enumerate_words(
            [f"{r.scenario}, {r.type}: {percent(r.mean)}" for r in rows.itertuples()], 40
        )
        + ".",
        caption,
        "Solid line: a ranking that knows nothing finds a tenth. Mark: mean over countries; line: "
        "twice its standard error either way.",
        rows[["scenario", "type", "mean", "error"]],
    )


def _title_areas(led: pd.Series, oracle: float, leading: str) -> str:
    if led.empty:
        return f"'{leading}' could not be fitted"
    first, worst = led.iloc[0], led.idxmin()
    parts = [f"'{leading}' reaches {first:.2f} at random"]
    if pd.notna(oracle):
        parts.append(f"{oracle - first:.3f} below what knows the truth")
    if worst != led.index[0]:
        parts.append(f"and {led.min():.2f} {worst}")
    return ", ".join(parts)
