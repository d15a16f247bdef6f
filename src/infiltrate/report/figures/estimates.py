"""Figures about how many: estimates with intervals, and those that were refused."""

from __future__ import annotations

import textwrap
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from infiltrate.errors import SchemaError
from infiltrate.report.figure import Figure, nothing_to_show
from infiltrate.report.inputs import require_columns
from infiltrate.report.theme import (
    BLUE,
    INK,
    PALE,
    SERIES,
    in_house_style,
    label_rows,
    new_drawing,
    show_amounts,
    show_shares,
)
from infiltrate.report.wording import enumerate_words, interval, percent, plural, quantity

_REFUSED = {"reject": "refused", "suppressed": "suppressed"}


@in_house_style
def estimate_forest(
    estimates: pd.DataFrame, *, title: str | None = None, caption: str = ""
) -> Figure:
    """Show estimates and bounds with their intervals; refused ones stay visible, with the reason.

    Parameters
    ----------
    estimates : pandas.DataFrame
        Rows of the table ``estimates`` in one unit: ``estimator``, ``value``, ``low``, ``high``,
        ``unit``, ``status``, ``reason``; optionally ``label`` to name the row, ``group`` to
        divide them into parts, the title being about the first, and ``counted``, a number shown
        beside the estimate. A row with bounds and no value is drawn as a bar.

    Raises
    ------
    SchemaError
        When the rows are in different units.
    """
    needed = ["estimator", "value", "low", "high", "unit", "status", "reason"]
    require_columns(estimates, needed, "estimate_forest")
    if estimates.empty:
        return nothing_to_show(title or "Nothing was estimated", "There is no estimate to show.")
    units = sorted(estimates["unit"].dropna().unique())
    if len(units) > 1:
        raise SchemaError(
            f"estimate_forest: rows in {enumerate_words(units)}; one figure has one unit. "
            "Select one of them."
        )
    unit = units[0] if units else ""
    rows = _complete(estimates)
    groups = list(dict.fromkeys(rows["group"]))
    heights = [_panel_height(rows[rows["group"] == group]) for group in groups]
    drawing, panels = new_drawing(
        max(1.6, sum(heights) + 0.75 * len(groups)),
        nrows=len(groups),
        squeeze=False,
        height_ratios=heights,
        gap=0.1,
    )
    for group, axes in zip(groups, panels[:, 0], strict=True):
        _draw_group(axes, rows[rows["group"] == group].reset_index(drop=True), unit)
        axes.set_title(group)
    panels[-1, 0].set_xlabel("share of firms" if unit == "share" else unit)
    spoken = [
        f"{row.label}: {_REFUSED.get(row.status, 'not estimated')}, {row.reason}"
        if row.refused
        else f"{row.label}: {_spoken(row, unit)}"
        for row in rows.itertuples()
    ]
    marks = [
        "Dot: estimate. Line: interval. Open dot: with caution. Bar: bounds without a best value. "
        "Grey: refused."
    ]
    if rows["counted"].notna().any():
        marks.append("Small upright line: as counted on the list.")
    if len(groups) > 1:
        marks.append("Each part has its own scale.")
    return Figure(
        drawing,
        title or _forest_finding(rows[rows["group"] == groups[0]], unit),
        f"Estimates with intervals. {enumerate_words(spoken, 20)}.",
        caption,
        " ".join(marks),
        rows[["label", *needed]],
    )


@in_house_style
def dark_share_curve(
    curve: pd.DataFrame, *, unit: str = "firms", title: str | None = None, caption: str = ""
) -> Figure:
    """Show how an estimate grows if part of the infiltration is of a kind no list can see.

    Parameters
    ----------
    curve : pandas.DataFrame
        One row per assumed share: ``dark_share`` (fraction), ``low``, ``high``, and
        ``value`` where there is a best one.
    unit : str
        ``share`` or what is counted.
    """
    require_columns(curve, ["dark_share", "low", "high"], "dark_share_curve")
    curve = curve if "value" in curve else curve.assign(value=float("nan"))
    known = curve.dropna(subset=["low", "high"], how="all").sort_values("dark_share")
    if known.empty:
        return nothing_to_show(
            title or "The unseen part cannot be drawn", "There is no estimate to multiply."
        )
    drawing, axes = new_drawing(3.2)
    axes.fill_between(
        known["dark_share"],
        known["low"],
        known["high"],
        color=SERIES[0].colour,
        alpha=0.18,
        linewidth=0,
    )
    for end in ("low", "high"):
        axes.plot(known["dark_share"], known[end], "-o", color=BLUE, linewidth=1, markersize=4)
    axes.plot(known["dark_share"], known["value"], "-o", color=BLUE)
    axes.set(
        xlabel="assumed share of infiltration that no list can see",
        ylabel="share of firms infiltrated" if unit == "share" else unit,
    )
    axes.set_ylim(0, float(known["high"].max()) * 1.08 or 1)
    show_shares(axes)
    (show_shares if unit == "share" else show_amounts)(axes, "y")
    first, last = known.iloc[0], known.iloc[-1]
    named = "value" if known["value"].notna().all() else "high"
    which = "the estimate" if named == "value" else "the upper bound"
    return Figure(
        drawing,
        title
        or f"If {percent(last['dark_share'])} of infiltration is of a kind no list can see, "
        f"{which} rises from {quantity(first[named], unit)} to {quantity(last[named], unit)}",
        f"Curve of {which} against the assumed unseen share, from "
        f"{quantity(first[named], unit)} to {quantity(last[named], unit)}.",
        caption or "No data can tell which point on this curve is right.",
        "Band: interval or bounds; thick line: estimate, where there is one.",
        curve.reset_index(drop=True),
    )


def _complete(estimates: pd.DataFrame) -> pd.DataFrame:
    rows = estimates.reset_index(drop=True)
    given = {
        "label": rows["estimator"].str.replace("_", " "),
        "group": "",
        "counted": float("nan"),
    }
    rows = rows.assign(**{name: v for name, v in given.items() if name not in rows})
    empty = rows[["value", "low", "high"]].isna().all(axis=1)
    return rows.assign(refused=rows["status"].isin(list(_REFUSED)) | empty)


def _panel_height(rows: pd.DataFrame) -> float:
    return float(sum(0.72 if no else 0.4 for no in rows["refused"]))


def _draw_group(axes: Axes, rows: pd.DataFrame, unit: str) -> None:
    given = rows[~rows["refused"]]
    _draw_estimates(axes, given)
    label_rows(axes, list(rows["label"]), width=34)
    _set_scale(axes, given, unit)
    _grey_out(axes, rows)
    for position, row in zip(given.index, given.itertuples(), strict=True):
        axes.annotate(
            _spoken(row, unit),
            (1.02, position),
            xycoords=("axes fraction", "data"),
            va="center",
            fontsize=8.5,
        )


def _draw_estimates(axes: Axes, rows: pd.DataFrame) -> None:
    for position, row in rows.iterrows():
        careful = row["status"] == "caution"
        if pd.isna(row["value"]):
            low, high = (row["low"], row["high"])
            axes.barh(
                position,
                high - low,
                left=low,
                height=0.3,
                color="#bcd7e8",
                edgecolor=BLUE,
                linewidth=1,
            )
            continue
        axes.plot(
            [row["low"], row["high"]],
            [position] * 2,
            color=BLUE,
            linewidth=2,
            linestyle="--" if careful else "-",
            solid_capstyle="round",
        )
        axes.plot(
            row["value"],
            position,
            "o",
            color="white" if careful else BLUE,
            markeredgecolor=BLUE,
            markeredgewidth=1.6,
            markersize=7,
        )
        axes.plot(row["counted"], position, "|", color=INK, markersize=13, markeredgewidth=1.6)


def _set_scale(axes: Axes, rows: pd.DataFrame, unit: str) -> None:
    numbers = rows[["value", "low", "high", "counted"]].to_numpy(float)
    numbers = numbers[np.isfinite(numbers)]
    if not len(numbers):
        axes.set_xlim(0, 1)
        axes.set_xticks([])
        return
    positive = numbers[numbers > 0]
    if len(positive) == len(numbers) and positive.max() / positive.min() > 50:
        axes.set_xscale("log")
        axes.minorticks_off()
        axes.set_xlim(positive.min() / 1.5, positive.max() * 1.5)
    else:
        axes.set_xlim(0, max(float(numbers.max()) * 1.08, 1e-9))
    (show_shares if unit == "share" else show_amounts)(axes)


def _grey_out(axes: Axes, rows: pd.DataFrame) -> None:
    for position, row in rows[rows["refused"]].iterrows():
        axes.axhspan(position - 0.44, position + 0.44, color=PALE, zorder=-1)
        word = _REFUSED.get(row["status"], "not estimated")
        reason = "" if pd.isna(row["reason"]) else f": {row['reason']}"
        axes.annotate(
            textwrap.fill(textwrap.shorten(word.capitalize() + reason, 150, placeholder=" …"), 52),
            (0.012, position),
            xycoords=("axes fraction", "data"),
            va="center",
            fontsize=8.3,
            color="#4a545d",
            style="italic",
        )


def _spoken(row: Any, unit: str) -> str:
    return interval(row.value, row.low, row.high, lambda number: quantity(number, unit))


def _forest_finding(rows: pd.DataFrame, unit: str) -> str:
    given = rows[~rows["refused"]]
    if given.empty:
        return f"None of {plural(len(rows), 'estimator')} could give a number"
    subject = str(rows["group"].iloc[0]).partition(":")[0]
    lead = f"{subject}: " if subject else ""
    telling = given[given["value"].notna() | (given["high"] < 1) | (unit != "share")]
    if telling.empty:
        ends = quantity(given["low"].min(), unit), quantity(given["high"].max(), unit)
        return f"{lead}the data leave anything from {ends[0]} to {ends[1]} possible"
    named = enumerate_words([f"{row.label} {_spoken(row, unit)}" for row in telling.itertuples()])
    sentence = f"{lead}{named}"
    refused = list(rows.loc[rows["refused"], "label"])
    if refused:
        sentence += f"; {enumerate_words(refused)} refused"
    return sentence if lead else sentence[0].upper() + sentence[1:]
