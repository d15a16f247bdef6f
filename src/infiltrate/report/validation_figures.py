"""Figures about how estimates did on countries whose truth is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from infiltrate.report.figure import Figure, nothing_to_show
from infiltrate.report.inputs import require_columns
from infiltrate.report.theme import (
    BLUE,
    INK,
    PALE,
    SERIES,
    SKY,
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
    stack_shares,
)
from infiltrate.report.wording import enumerate_words, percent, plural

_NOMINAL = (50, 90, 95)
_STATUS = {
    "use": Style(BLUE),
    "caution": Style(SKY),
    "reject": Style(PALE, hatch="////"),
}
_STATUS_WORDS = {"use": "given", "caution": "given with caution", "reject": "refused"}
_TICKS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)
_ACCEPTED = 0.9
_LABELS = {
    "chao_equal_lists": "Chao, equal lists",
    "chao_list_effects": "Chao, list effects",
    "loglinear_bic": "log-linear",
    "scar_best_bin": "SCAR, best bin",
    "scar_elkan_noto": "SCAR, Elkan and Noto",
    "scar_em": "SCAR, mixture by EM",
}


@in_house_style
def interval_coverage(summary: pd.DataFrame, *, caption: str = "") -> Figure:
    """Show how often intervals of each nominal coverage hold the truth, by scenario.

    Parameters
    ----------
    summary : pandas.DataFrame
        One row per scenario: ``scenario``, ``answered`` and, for c of 50, 90 and 95,
        ``covered_c``, ``covered_c_low`` and ``covered_c_high``, shares of countries.
    """
    names = [f"covered_{c}{end}" for c in _NOMINAL for end in ("", "_low", "_high")]
    require_columns(summary, ["scenario", "answered", *names], "interval_coverage")
    rows = summary[summary["answered"] > 0].reset_index(drop=True)
    if rows.empty:
        return nothing_to_show("No interval to hold against the truth", "Every one was refused.")
    drawing, panels = new_drawing(rows_height(len(rows)), ncols=len(_NOMINAL), sharey=True)
    for axes, nominal in zip(panels, _NOMINAL, strict=True):
        share = rows[f"covered_{nominal}"]
        # an interval that reaches the nominal coverage is consistent with it
        is_short = rows[f"covered_{nominal}_high"] < nominal / 100
        axes.axvline(nominal / 100, color=INK, linewidth=1, linestyle="--")
        for at, low, high, short in zip(
            rows.index,
            rows[f"covered_{nominal}_low"],
            rows[f"covered_{nominal}_high"],
            is_short,
            strict=True,
        ):
            colour = VERMILLION if short else BLUE
            axes.plot([low, high], [at, at], color=colour, linewidth=2, solid_capstyle="round")
            axes.plot(share[at], at, "s" if short else "o", color=colour)
        axes.set(xlim=(-0.03, 1.03), title=f"{nominal} % intervals")
        axes.set_xticks([0, 0.5, 1])
        show_shares(axes)
    label_rows(panels[0], [_answered_label(row) for row in rows.itertuples()], 24)
    short = rows.loc[rows["covered_95_high"] < 0.95, "scenario"]
    title = (
        f"95 % intervals fall short of 95 % in {enumerate_words([_plain(s) for s in short])}"
        if len(short)
        else "Nowhere do 95 % intervals hold the truth clearly less often than in 95 % of countries"
    )
    return Figure(
        drawing,
        title,
        "Share of intervals that hold the truth. "
        + enumerate_words(
            [
                f"{_plain(r.scenario)}: {percent(r.covered_95)} of 95 % ones"
                for r in rows.itertuples()
            ],
            20,
        )
        + ".",
        caption,
        "Share of countries whose interval holds the true number; line: exact 95 % interval of "
        "that share; dashed: what it should be; square: short of it beyond chance. n: countries "
        "with an interval.",
        rows[["scenario", "answered", *names]],
    )


@in_house_style
def truth_ratios(
    summary: pd.DataFrame, *, title: str | None = None, caption: str = "", by: str = "estimator"
) -> Figure:
    """Show how far estimates are from the truth, and how they spread over countries.

    Parameters
    ----------
    summary : pandas.DataFrame
        One row per scenario and estimator: ``scenario``, ``estimator``, ``answered``, ``ratio``,
        the median over countries of estimate over truth, and ``ratio_low`` and ``ratio_high``,
        between which eight in ten countries lie.
    by : str
        ``estimator``: a panel per scenario with a row per estimator; ``scenario``: the reverse.
    """
    needed = ["scenario", "estimator", "answered", "ratio", "ratio_low", "ratio_high"]
    require_columns(summary, needed, "truth_ratios")
    rows = summary[summary["ratio"].notna()].reset_index(drop=True)
    if rows.empty:
        return nothing_to_show(title or "No estimate to compare", "Every estimate was refused.")
    other = "scenario" if by == "estimator" else "estimator"
    groups = list(dict.fromkeys(rows[other]))
    labels = list(dict.fromkeys(rows[by]))
    heights = [max(1, (rows[other] == group).sum()) for group in groups]
    drawing, panels = new_drawing(
        rows_height(sum(heights), 0.27, extra=0.55 * len(groups) + 0.5),
        nrows=len(groups),
        squeeze=False,
        sharex=True,
        height_ratios=heights,
        gap=0.06,
    )
    for axes, group in zip(panels[:, 0], groups, strict=True):
        own = rows[rows[other] == group].sort_values(
            by, key=lambda names: names.map(labels.index), ignore_index=True
        )
        axes.axvline(1, color=INK, linewidth=1, linestyle="--")
        _draw_lines(axes, own["ratio_low"], own["ratio"], own["ratio_high"])
        label_rows(axes, [_plain(name) for name in own[by]], 34)
        axes.set_title(_plain(group))
        axes.grid(axis="x")
    _show_multiples(panels[-1, 0], rows[["ratio_low", "ratio_high"]].to_numpy(float))
    panels[-1, 0].set_xlabel("estimate / truth")
    worst = rows.loc[np.log(rows["ratio"].clip(lower=1e-3)).abs().idxmax()]
    return Figure(
        drawing,
        title
        or f"Furthest off is {_plain(worst['estimator'])} on {_plain(worst['scenario'])}: "
        f"{worst['ratio']:.2g} times the truth",
        "Estimate over truth. "
        + enumerate_words(
            [
                f"{_plain(r.scenario)}, {_plain(r.estimator)}: {r.ratio:.2g}"
                for r in rows.itertuples()
            ],
            40,
        )
        + ".",
        caption,
        "Multiples of the truth, log scale. Dot: median over countries; line: eight in ten "
        "countries; dashed: no error.",
        rows[needed],
    )


@in_house_style
def interval_widths(summary: pd.DataFrame, *, caption: str = "") -> Figure:
    """Show how wide 95 % intervals are.

    Parameters
    ----------
    summary : pandas.DataFrame
        One row per scenario: ``scenario``, ``width``, the median of upper over lower end, and
        ``width_low`` and ``width_high``, between which eight in ten countries lie.
    """
    needed = ["scenario", "width", "width_low", "width_high"]
    require_columns(summary, needed, "interval_widths")
    rows = summary[summary["width"].notna()].reset_index(drop=True)
    if rows.empty:
        return nothing_to_show("No interval to measure", "Every one was refused, or begins at 0.")
    drawing, axes = new_drawing(rows_height(len(rows)))
    _draw_lines(axes, rows["width_low"], rows["width"], rows["width_high"])
    label_rows(axes, [_plain(name) for name in rows["scenario"]])
    _show_multiples(axes, rows[["width_low", "width_high"]].to_numpy(float))
    axes.set_xlabel("upper / lower end of the 95 % interval")
    widest = rows.loc[rows["width"].idxmax()]
    narrowest = rows.loc[rows["width"].idxmin()]
    return Figure(
        drawing,
        f"The upper end is {narrowest['width']:.2g} times the lower in "
        f"{_plain(narrowest['scenario'])}"
        + (
            f", {widest['width']:.2g} times in {_plain(widest['scenario'])}"
            if f"{widest['width']:.2g}" != f"{narrowest['width']:.2g}"
            else ""
        ),
        "Upper over lower end. "
        + enumerate_words([f"{_plain(r.scenario)}: {r.width:.2g}" for r in rows.itertuples()], 20)
        + ".",
        caption,
        "Log scale. Dot: median over countries; line: eight in ten countries. Intervals that begin "
        "at 0 have no such ratio.",
        rows[needed],
    )


@in_house_style
def place_coverage(summary: pd.DataFrame, *, caption: str = "") -> Figure:
    """Show how often 95 % intervals of regions and of sectors by region hold the truth.

    Parameters
    ----------
    summary : pandas.DataFrame
        One row per scenario: ``scenario``, and for ``areas`` and ``cells`` the share held,
        ``areas_covered``, with ``areas_covered_low`` and ``areas_covered_high``, between which
        eight in ten countries lie.
    """
    kinds = {"cells": "sector and region", "areas": "region"}
    names = [f"{kind}_covered{end}" for kind in kinds for end in ("", "_low", "_high")]
    require_columns(summary, ["scenario", *names], "place_coverage")
    rows = summary[summary["cells_covered"].notna()].reset_index(drop=True)
    if rows.empty:
        return nothing_to_show("No cell to hold against the truth", "Every estimate was refused.")
    drawing, panels = new_drawing(rows_height(len(rows)), ncols=2, sharey=True)
    for axes, (kind, words) in zip(panels, kinds.items(), strict=True):
        axes.axvline(0.95, color=INK, linewidth=1, linestyle="--")
        _draw_lines(axes, *(rows[f"{kind}_covered{end}"] for end in ("_low", "", "_high")))
        axes.set(xlim=(-0.03, 1.03), title=f"By {words}")
        show_shares(axes)
    label_rows(panels[0], [_plain(name) for name in rows["scenario"]], 24)
    short = rows.loc[rows["cells_covered"] < _ACCEPTED, "scenario"]
    return Figure(
        drawing,
        f"Fewer than nine in ten cells are held in {enumerate_words([_plain(s) for s in short])}"
        if len(short)
        else "Nine in ten cells or more lie within their 95 % interval in every scenario",
        "Share of cells within their interval. "
        + enumerate_words(
            [f"{_plain(r.scenario)}: {percent(r.cells_covered)}" for r in rows.itertuples()], 20
        )
        + ".",
        caption,
        "Share of 95 % intervals that hold the true number. Dot: mean over countries; line: eight "
        "in ten countries; dashed: 95 %.",
        rows[["scenario", *names]],
    )


@in_house_style
def effort_in_errors(summary: pd.DataFrame, *, caption: str = "") -> Figure:
    """Show how much the effort of authorities shows in errors, beside the raw listed share.

    Parameters
    ----------
    summary : pandas.DataFrame
        One row per scenario: ``scenario``; correlations ``cell_effort``, ``cell_effort_listed``,
        ``area_effort`` and ``area_effort_listed``.
    """
    kinds = {"cell": "Sector and region", "area": "Region"}
    names = [f"{kind}_effort{which}" for kind in kinds for which in ("", "_listed")]
    require_columns(summary, ["scenario", *names], "effort_in_errors")
    rows = summary[summary[names].notna().all(axis=1)].reset_index(drop=True)
    if rows.empty:
        return nothing_to_show(
            "Effort cannot be held against errors", "No country has estimates of cells that differ."
        )
    drawing, panels = new_drawing(rows_height(len(rows), extra=1.2), ncols=2, sharey=True)
    handles = []
    for axes, (kind, words) in zip(panels, kinds.items(), strict=True):
        own, listed = rows[f"{kind}_effort"], rows[f"{kind}_effort_listed"]
        axes.axvline(0, color=INK, linewidth=1)
        axes.hlines(rows.index, own, listed, color=SOFT, linewidth=1)
        style = SERIES[4]
        raw = axes.plot(listed, rows.index, style.marker, color=style.colour, label="listed share")
        made = axes.plot(own, rows.index, "o", color=BLUE, label="estimate")
        handles = [*made, *raw]
        axes.set(title=words, xlabel="correlation with effort")
        reach = max(0.1, float(np.abs(rows[names].to_numpy(float)).max()) * 1.15)
        axes.set_xlim(-reach, reach)
        axes.grid(axis="x")
    label_rows(panels[0], [_plain(name) for name in rows["scenario"]], 24)
    legend_on_top(drawing, handles)
    half = rows["cell_effort"].abs() <= rows["cell_effort_listed"].abs() / 2
    return Figure(
        drawing,
        f"In {half.sum()} of {plural(len(rows), 'scenario')} effort shows at most half as much in "
        "the errors of cells as in the listed share",
        "Correlation of errors with effort. "
        + enumerate_words(
            [
                f"{_plain(r.scenario)}: {r.cell_effort:.2f} against {r.cell_effort_listed:.2f}"
                for r in rows.itertuples()
            ],
            20,
        )
        + ".",
        caption,
        "Mean over countries of the correlation of the log error with the effort of the region as "
        "it was drawn. 0: errors do not follow effort.",
        rows[["scenario", *names]],
    )


@in_house_style
def refusal_shares(summary: pd.DataFrame, *, caption: str = "") -> Figure:
    """Show in how many countries the estimate was given, given with caution, or refused.

    Parameters
    ----------
    summary : pandas.DataFrame
        One row per scenario: ``scenario``, ``countries`` and the shares ``use``, ``caution`` and
        ``reject``.
    """
    require_columns(summary, ["scenario", "countries", *_STATUS], "refusal_shares")
    if summary.empty:
        return nothing_to_show("Nothing was estimated", "There is no country.")
    rows = summary.reset_index(drop=True)
    drawing, axes = new_drawing(rows_height(len(rows), extra=1.1))
    stack_shares(axes, rows, _STATUS, pd.Series(1.0, rows.index))
    label_rows(axes, [_plain(name) for name in rows["scenario"]])
    axes.set_xlabel("share of countries")
    legend_on_top(drawing, [patch(s, _STATUS_WORDS[name]) for name, s in _STATUS.items()])
    always = rows.loc[rows["reject"] == 1, "scenario"]
    title = (
        f"Always refused in {enumerate_words([_plain(name) for name in always])}"
        if len(always)
        else "No scenario is refused in every country"
    )
    spoken = [f"{_plain(r.scenario)}: {percent(r.reject)} refused" for r in rows.itertuples()]
    return Figure(
        drawing,
        title,
        f"Bars. {enumerate_words(spoken, 20)}.",
        caption,
        "Share of countries by status of the estimate.",
        rows[["scenario", "countries", *_STATUS]],
    )


def _draw_lines(axes: Axes, low: pd.Series, middle: pd.Series, high: pd.Series) -> None:
    at = np.arange(len(middle))
    axes.hlines(at, low, high, color=BLUE, linewidth=2, capstyle="round")
    axes.plot(middle, at, "o", color=BLUE)


def _show_multiples(axes: Axes, numbers: np.ndarray) -> None:
    known = numbers[np.isfinite(numbers) & (numbers > 0)]
    axes.set_xscale("log")
    low, high = min(known.min() / 1.2, 0.9), max(known.max() * 1.2, 1.2)
    axes.set_xlim(low, high)
    axes.xaxis.set_major_locator(FixedLocator([t for t in _TICKS if low <= t <= high]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.grid(axis="x")


def _answered_label(row: object) -> str:
    return f"{_plain(row.scenario)} (n {row.answered:.0f})"  # type: ignore[attr-defined]


def _plain(name: object) -> str:
    return _LABELS.get(str(name), str(name).replace(":", ", ").replace("_", " "))
