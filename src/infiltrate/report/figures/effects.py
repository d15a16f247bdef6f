"""Figures about effects: by time since treatment, and by what was varied."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from infiltrate.report.figure import Figure, nothing_to_show
from infiltrate.report.figures.panels import name_panel, new_panels
from infiltrate.report.inputs import require_columns
from infiltrate.report.theme import (
    INK,
    PALE,
    RULE,
    SERIES,
    SKY,
    SOFT,
    Style,
    in_house_style,
    label_rows,
    legend_on_top,
    new_drawing,
    rows_height,
    show_amounts,
    show_shares,
)
from infiltrate.report.wording import amount, enumerate_words, interval, percent, plural

_LISTED = "Listed companies are those that lists name: what is true of them need not be true of "
_LISTED += "companies that no list has found."
_CONTRAST = Style(SOFT, marker="s", line="--")


@in_house_style
def event_study_curve(
    effects: pd.DataFrame,
    *,
    about: str,
    contrasts: Sequence[str] = (),
    title: str | None = None,
    caption: str = "",
) -> Figure:
    """Show an effect by years since treatment, one panel per estimator on the same scale.

    Parameters
    ----------
    effects : pandas.DataFrame
        One row per estimator and year: ``estimator``, ``event_time`` (missing in the row of the
        average), ``estimate``, ``low``, ``high``, in log points.
    about : str
        What is affected, in words that begin a sentence: ``Revenue of listed companies``.
    contrasts : sequence of str
        Estimators shown as a contrast, in grey, that the finding does not rest on.
    """
    needed = ["estimator", "event_time", "estimate", "low", "high"]
    require_columns(effects, needed, "event_study_curve")
    known = effects.dropna(subset=["estimate"])
    curves = known.dropna(subset=["event_time"])
    if curves.empty:
        return nothing_to_show(
            title or f"{about}: no effect by year", "No estimator gives an effect by year."
        )
    names = [name for name in dict.fromkeys(curves["estimator"]) if name not in contrasts]
    names += [name for name in dict.fromkeys(curves["estimator"]) if name in contrasts]
    averages = known[known["event_time"].isna()].drop_duplicates("estimator")
    averages = averages.set_index("estimator").reindex(names)
    columns = 2 if len(names) in (2, 4) else 3
    drawing, panels = new_panels(len(names), columns=columns, height=2.2)
    ends = _ends(curves)
    years = (float(curves["event_time"].min()), float(curves["event_time"].max()))
    for axes, name in zip(panels, names, strict=True):
        own = curves[curves["estimator"] == name].sort_values("event_time")
        _draw_event_times(axes, own, ends, years, _CONTRAST if name in contrasts else SERIES[0])
        row = averages.loc[name]
        words = interval(row["estimate"], row["low"], row["high"], "{:+.3f}".format)
        words = words.replace(" (", "\n(")
        name_panel(axes, name, 30)
        axes.annotate(
            f"average {words}" if pd.notna(row["estimate"]) else "no average",
            (0.02, 0.97),
            xycoords="axes fraction",
            va="top",
            fontsize=7.5,
            color=SOFT,
        )
    drawing.supxlabel("years since treatment", fontsize=9, color=SOFT)
    drawing.supylabel("difference of logs", fontsize=9, color=SOFT)
    spoken = [
        f"{name}: {interval(row.estimate, row.low, row.high, '{:+.3f}'.format)}"
        for name, row in zip(names, averages.itertuples(), strict=True)
        if pd.notna(row.estimate)
    ]
    return Figure(
        drawing,
        title or _find_effect(averages, about, contrasts),
        f"Effects by year since treatment, by estimator. Averages over the years after it: "
        f"{enumerate_words(spoken, 12) or 'none'}.",
        caption
        or "Grey area: before treatment, where an effect would speak against the design. A point "
        f"away from zero there is a reason for doubt. {_LISTED}",
        "Dot: difference of logs to controls, against the year before treatment (0.1 is about "
        "10%); line: interval.",
        known[needed].reset_index(drop=True),
    )


@in_house_style
def effect_forest(
    effects: pd.DataFrame,
    *,
    about: str,
    unit: str,
    title: str | None = None,
    caption: str = "",
) -> Figure:
    """Show effects one below the other, several variants of each side by side.

    Parameters
    ----------
    effects : pandas.DataFrame
        One row per label and variant: ``label``, ``variant``, ``estimate``, ``low``, ``high``.
        The first variant is the one the finding is about.
    about : str
        What the effects are of, in words that begin a sentence.
    unit : str
        Of the estimates; ``share`` is written in per cent.
    """
    needed = ["label", "variant", "estimate", "low", "high"]
    require_columns(effects, needed, "effect_forest")
    known = effects.dropna(subset=["estimate"]).reset_index(drop=True)
    if known.empty:
        return nothing_to_show(title or f"{about}: nothing to show", "No effect was estimated.")
    labels = list(dict.fromkeys(known["label"]))
    variants = list(dict.fromkeys(known["variant"]))[: len(SERIES)]
    known = known[known["variant"].isin(variants)]
    places = _place(known, labels, variants)
    drawing, axes = new_drawing(rows_height(1, each=0, extra=0.9 + 0.2 * places.max()))
    axes.axvline(0, color=INK, linewidth=0.9)
    for variant, style in zip(variants, SERIES, strict=False):
        is_own = known["variant"].eq(variant)
        own, height = known[is_own], places[is_own]
        axes.hlines(height, own["low"], own["high"], color=style.colour, linewidth=1.6)
        axes.plot(own["estimate"], height, style.marker, color=style.colour, markersize=4.8)
    label_rows(axes, labels, width=34)
    middles = [places[known["label"].eq(label)].mean() for label in labels]
    axes.set_yticks(middles, [text.get_text() for text in axes.get_yticklabels()])
    axes.set_ylim(places.max() + 1, -1)
    (show_shares if unit == "share" else show_amounts)(axes)
    axes.set_xlabel("per cent" if unit == "share" else unit)
    if len(variants) > 1:
        handles = [
            Line2D([], [], color=style.colour, marker=style.marker, label=variant)
            for variant, style in zip(variants, SERIES, strict=False)
        ]
        legend_on_top(drawing, handles, columns=3)
    write = percent if unit == "share" else amount
    spoken = [
        f"{r.label}, {r.variant}: {interval(r.estimate, r.low, r.high, write)}"
        for r in known.itertuples(index=False)
    ]
    return Figure(
        drawing,
        title or _find_told(known[known["variant"] == variants[0]], about),
        f"Dots with intervals. {enumerate_words(spoken, 20)}.",
        caption,
        f"Dot: estimate, line: interval, in {'per cent' if unit == 'share' else unit}.",
        known[needed].reset_index(drop=True),
    )


def _place(rows: pd.DataFrame, labels: Sequence[str], variants: Sequence[str]) -> pd.Series:
    """Return the height of each row: variants of a label close together, labels apart."""
    place, height = pd.Series(0.0, rows.index), 0.0
    for label in labels:
        own = rows[rows["label"].eq(label)]
        order = own["variant"].map({name: at for at, name in enumerate(variants)})
        for row in order.sort_values(kind="stable").index:
            place[row] = height
            height += 1.0
        height += 0.8
    return place


def _ends(curves: pd.DataFrame) -> tuple[float, float]:
    low = min(0.0, float(curves[["estimate", "low"]].min(axis=None)))
    high = max(0.0, float(curves[["estimate", "high"]].max(axis=None)))
    room = 0.12 * (high - low or 1.0)
    return low - room, high + 2 * room


def _draw_event_times(
    axes: Axes,
    own: pd.DataFrame,
    ends: tuple[float, float],
    years: tuple[float, float],
    style: Style,
) -> None:
    axes.axvspan(years[0] - 0.5, -0.5, color=PALE, zorder=0)
    axes.axhline(0, color=INK, linewidth=0.8)
    times = own["event_time"].to_numpy(float)
    # the year of reference is nought by definition
    centre = own["estimate"].to_numpy(float)
    low, high = (own[end].fillna(own["estimate"]).to_numpy(float) for end in ("low", "high"))
    band = SKY if style is SERIES[0] else RULE
    axes.fill_between(times, low, high, color=band, alpha=0.45, linewidth=0)
    axes.vlines(times, low, high, color=style.colour, linewidth=1.1)
    axes.plot(times, centre, color=style.colour, marker=style.marker, markersize=4, linewidth=1.2)
    axes.set_xlim(years[0] - 0.5, years[1] + 0.5)
    axes.set_ylim(*ends)
    axes.xaxis.set_major_locator(MaxNLocator(8, integer=True))
    axes.grid(axis="y")


def _find_effect(averages: pd.DataFrame, about: str, contrasts: Sequence[str]) -> str:
    trusted = averages[~averages.index.isin(list(contrasts))].dropna(subset=["estimate"])
    if trusted.empty:
        return f"{about}: no average effect was estimated"
    sizes = np.expm1(trusted["estimate"].to_numpy(float))
    signs = np.where(trusted["low"] > 0, 1, np.where(trusted["high"] < 0, -1, 0))
    by = f"by {plural(len(trusted), 'estimator')}"
    if len({*signs}) == 1 and signs[0] != 0:
        small, large = percent(abs(sizes).min()), percent(abs(sizes).max())
        span = small if small == large else f"{small} to {large}"
        return f"{about}: {span} {'higher' if signs[0] > 0 else 'lower'} after treatment, {by}"
    if not signs.any():
        return f"{about}: no effect can be told from zero, {by}"
    told = int(np.count_nonzero(signs))
    return f"{about}: {told} of {plural(len(trusted), 'estimator')} tell an effect from zero"


def _find_told(rows: pd.DataFrame, about: str) -> str:
    told = rows[(rows["low"] > 0) | (rows["high"] < 0)]
    if told.empty:
        return f"{about}: none can be told from zero"
    words = [f"{r.label} ({'+' if r.estimate > 0 else '-'})" for r in told.itertuples(index=False)]
    return f"{about}: {enumerate_words(words)} can be told from zero"
