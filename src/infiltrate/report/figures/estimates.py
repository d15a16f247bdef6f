"""Figures about how many: estimates with intervals, and those that were refused."""

from __future__ import annotations

import textwrap

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from infiltrate.errors import SchemaError
from infiltrate.report.figure import Figure, nothing_to_show
from infiltrate.report.inputs import require_columns
from infiltrate.report.theme import (
    BLUE,
    PALE,
    SERIES,
    in_house_style,
    label_rows,
    new_drawing,
    show_amounts,
    show_shares,
)
from infiltrate.report.wording import enumerate_words, percent, plural, quantity

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
        ``unit``, ``status``, ``reason``; optionally ``label`` to name the row. A row with
        bounds and no value is drawn as a bar.

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
    rows = estimates.reset_index(drop=True)
    labels = list(rows["label"] if "label" in rows else rows["estimator"].str.replace("_", " "))
    refused = _is_refused(rows)
    heights = [0.62 if no else 0.42 for no in refused]
    drawing, axes = new_drawing(max(1.6, sum(heights) + 0.8))
    _draw_estimates(axes, rows[~refused])
    label_rows(axes, labels, width=32)
    _set_scale(axes, rows[~refused], unit)
    _grey_out(axes, rows, refused)
    axes.set_xlabel("share of firms" if unit == "share" else unit)
    spoken = [
        f"{label}: {_REFUSED.get(row.status, 'not estimated')}, {row.reason}"
        if no
        else f"{label}: {_spoken(row, unit)}"
        for label, no, row in zip(labels, refused, rows.itertuples(), strict=True)
    ]
    return Figure(
        drawing,
        title or _forest_finding(rows, labels, refused, unit),
        f"Estimates with intervals. {enumerate_words(spoken, 20)}.",
        caption,
        "Dot: estimate. Line: interval. Open dot: to be read with caution. Bar: bounds without a "
        "best value. Grey: refused.",
        rows[[*(["label"] if "label" in rows else []), *needed]],
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
    axes.set(xlabel="assumed share of infiltration that no list can see", ylabel=unit)
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


def _is_refused(rows: pd.DataFrame) -> pd.Series:
    empty = rows[["value", "low", "high"]].isna().all(axis=1)
    return rows["status"].isin(list(_REFUSED)) | empty


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


def _set_scale(axes: Axes, rows: pd.DataFrame, unit: str) -> None:
    numbers = rows[["value", "low", "high"]].to_numpy(float)
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


def _grey_out(axes: Axes, rows: pd.DataFrame, refused: pd.Series) -> None:
    for position in rows.index[refused]:
        row = rows.loc[position]
        axes.axhspan(position - 0.44, position + 0.44, color=PALE, zorder=-1)
        word = _REFUSED.get(row["status"], "not estimated")
        reason = "" if pd.isna(row["reason"]) else f": {row['reason']}"
        axes.annotate(
            textwrap.fill(textwrap.shorten(word.capitalize() + reason, 170, placeholder=" …"), 58),
            (0.012, position),
            xycoords=("axes fraction", "data"),
            va="center",
            fontsize=8.3,
            color="#4a545d",
            style="italic",
        )


def _spoken(row: object, unit: str) -> str:
    value, low, high = (getattr(row, name) for name in ("value", "low", "high"))
    if pd.isna(value):
        return f"between {quantity(low, unit)} and {quantity(high, unit)}"
    if pd.isna(low) or pd.isna(high):
        return quantity(value, unit)
    return f"{quantity(value, unit)} ({quantity(low, unit)} to {quantity(high, unit)})"


def _forest_finding(rows: pd.DataFrame, labels: list[str], refused: pd.Series, unit: str) -> str:
    given = rows[~refused]
    if given.empty:
        return f"None of {plural(len(rows), 'estimator')} could give a number"
    low = given[["value", "low"]].min(axis=1).min()
    high = given[["value", "high"]].max(axis=1).max()
    sentence = f"From {quantity(low, unit)} to {quantity(high, unit)}"
    if len(given) == 1:
        row = next(given.itertuples())
        sentence = f"{labels[int(given.index[0])]}: {_spoken(row, unit)}"
    if refused.any():
        sentence += f"; {refused.sum()} of {len(rows)} were refused"
    return sentence
