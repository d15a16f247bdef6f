"""Figures about sectors and regions: estimates by cell, beside where authorities look."""

from __future__ import annotations

import textwrap

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure as Drawing
from matplotlib.patches import Rectangle

from infiltrate.report.figure import Figure, nothing_to_show
from infiltrate.report.inputs import require_columns
from infiltrate.report.theme import (
    BLUE,
    PALE,
    SEQUENTIAL,
    SOFT,
    Style,
    in_house_style,
    label_rows,
    legend_on_top,
    new_drawing,
    patch,
    rows_height,
    show_amounts,
    show_shares,
)
from infiltrate.report.wording import enumerate_words, interval, percent, plural, quantity

_COLUMNS = ("sector_id", "area_id", "value", "low", "high", "status")
_WIDE_RATIO = 4.0
_MOST_WRITTEN = 9
_FEWEST_CELLS = 4


@in_house_style
def caterpillar(
    cells: pd.DataFrame,
    *,
    unit: str = "share",
    about: str = "",
    title: str | None = None,
    caption: str = "",
    most: int = 40,
) -> Figure:
    """Show cells from the lowest to the highest estimate, with intervals.

    Parameters
    ----------
    cells : pandas.DataFrame
        One row per sector and area: ``sector_id``, ``area_id``, ``value``, ``low``, ``high``,
        ``status``. Suppressed and refused cells are counted, not drawn; fewer than four that
        are left are said in words.
    about : str
        What the estimates are of, such as the title of a list; begins the title.
    most : int
        Cells drawn, the highest ones.
    """
    require_columns(cells, _COLUMNS, "caterpillar")
    given = _publishable(cells)
    left_out = len(cells) - len(given)
    lead = f"{about}: " if about else ""
    if len(given) < _FEWEST_CELLS:
        return _too_few(cells, given, title, lead, unit)
    order = given.sort_values(["value", "sector_id", "area_id"], ascending=[False, True, True])
    shown = order.head(most).reset_index(drop=True)
    drawing, axes = new_drawing(rows_height(len(shown), each=0.24))
    middle = float(given["value"].median())
    axes.axvline(middle, color=SOFT, linestyle=":", linewidth=1)
    axes.hlines(shown.index, shown["low"], shown["high"], color="#8FB9D3", linewidth=2.4)
    axes.plot(shown["value"], shown.index, "o", color=BLUE, markersize=5)
    label_rows(axes, [f"{r.sector_id}, {r.area_id}" for r in shown.itertuples()], width=48)
    axes.set_xlim(0, None)
    (show_shares if unit == "share" else show_amounts)(axes)
    axes.set_xlabel("share of firms" if unit == "share" else unit)
    apart = int((shown["low"] > middle).sum())
    return Figure(
        drawing,
        title
        or f"{lead}{apart or 'none'} of {plural(len(given), 'cell')} clearly above the middle one "
        f"({quantity(middle, unit)})",
        f"{plural(len(shown), 'cell')} by estimate; highest: "
        + enumerate_words(
            [f"{r.sector_id} in {r.area_id} {quantity(r.value, unit)}" for r in shown.itertuples()],
            5,
        )
        + ".",
        caption or "Ranks of cells whose intervals overlap mean nothing.",
        f"Dot: estimate. Line: interval. Dotted: the middle cell. {plural(left_out, 'cell')} "
        "not published by themselves"
        + (f", {len(order) - len(shown)} lower ones not drawn." if len(order) > most else "."),
        order[list(_COLUMNS)].reset_index(drop=True),
    )


@in_house_style
def sector_region_maps(
    cells: pd.DataFrame,
    *,
    detection: pd.DataFrame | None = None,
    unit: str = "share",
    about: str = "",
    title: str | None = None,
    caption: str = "",
) -> Figure:
    """Show estimates by sector and region, and below them where lists are written at all.

    Parameters
    ----------
    cells : pandas.DataFrame
        One row per sector and area, as for `caterpillar`.
    detection : pandas.DataFrame, optional
        One row per area: ``area_id``, ``listed_per_1000``, ``status``. A map of estimates
        should not be shown without it.
    about : str
        As for `caterpillar`.
    """
    require_columns(cells, _COLUMNS, "sector_region_maps")
    given = _publishable(cells)
    lead = f"{about}: " if about else ""
    if len(given) < _FEWEST_CELLS:
        return _too_few(cells, given, title, lead, unit)
    sectors = sorted(given["sector_id"].unique())
    areas = sorted(given["area_id"].unique())
    strip = [] if detection is None else [1]
    drawing, panels = new_drawing(
        rows_height(len(sectors) + 2 * len(strip), each=0.4, extra=1.5),
        nrows=1 + len(strip),
        squeeze=False,
        sharex=True,
        height_ratios=[len(sectors), *strip],
    )
    wide = given["high"] > _WIDE_RATIO * given["low"].clip(lower=1e-12)
    _draw_tiles(panels[0, 0], given, sectors=sectors, areas=areas, unit=unit, wide=wide)
    if detection is not None:
        _draw_detection(panels[1, 0], detection, areas)
    _explain_hatching(drawing)
    top = given.sort_values(["value", "sector_id", "area_id"]).iloc[-1]
    return Figure(
        drawing,
        title
        or f"{lead}highest in {top['sector_id']}, {top['area_id']}: "
        + interval(top["value"], top["low"], top["high"], lambda number: quantity(number, unit)),
        f"Tile map of {plural(len(sectors), 'sector')} by {plural(len(areas), 'area')}; "
        f"{len(cells) - len(given)} of {len(cells)} cells not published, {int(wide.sum())} with a "
        "wide interval." + ("" if detection is None else " Below it, listed firms per 1,000."),
        caption or "A high estimate where few firms are listed rests on few cases.",
        "Share of firms; a stronger colour is more, and each strip has its own scale. Not "
        "published by itself: too few firms. Sectors and areas without any published cell are "
        "left out.",
        given[list(_COLUMNS)].sort_values(["sector_id", "area_id"]).reset_index(drop=True),
    )


@in_house_style
def infiltration_maps(
    cells: pd.DataFrame, *, title: str | None = None, caption: str = ""
) -> Figure:
    """Show estimated infiltration by sector and region, and below it how much of it lists find.

    Parameters
    ----------
    cells : pandas.DataFrame
        One row per sector and area, totals included: ``sector_id``, ``area_id``, ``value``,
        ``low``, ``high``, ``status``, and ``detection``: the chance that an infiltrated firm there
        is on any list. A missing value is not published by itself. Fewer than four that are
        left are said in words.
    """
    require_columns(cells, [*_COLUMNS, "detection"], "infiltration_maps")
    given = _publishable(cells)
    if len(given) < _FEWEST_CELLS:
        return _too_few(cells, given, title, "Infiltrated firms: ", "share")
    sectors, areas = _totals_first(given["sector_id"]), _totals_first(given["area_id"])
    found = cells[cells["sector_id"].isin(sectors) & cells["area_id"].isin(areas)]
    found = found.assign(value=found["detection"])[found["detection"].notna()]
    drawing, panels = new_drawing(
        rows_height(2 * len(sectors), each=0.4, extra=2.2), nrows=2, squeeze=False, sharex=True
    )
    wide = given["high"] > _WIDE_RATIO * given["low"].clip(lower=1e-12)
    _draw_tiles(panels[0, 0], given, sectors=sectors, areas=areas, unit="share", wide=wide)
    _draw_tiles(panels[1, 0], found, sectors=sectors, areas=areas, unit="share")
    panels[0, 0].set_title("Infiltrated share of firms", loc="left", fontsize=10)
    panels[1, 0].set_title("Of these, share on any list", loc="left", fontsize=10)
    _explain_hatching(drawing)
    top = given.sort_values(["value", "sector_id", "area_id"]).iloc[-1]
    return Figure(
        drawing,
        title
        or f"Infiltrated firms: highest in {top['sector_id']}, {top['area_id']}: "
        + interval(top["value"], top["low"], top["high"], percent),
        f"Two tile maps of {plural(len(sectors), 'sector')} by {plural(len(areas), 'area')}, of "
        f"infiltration and of detection; {len(cells) - len(given)} of {len(cells)} cells not "
        f"published, {int(wide.sum())} with a wide interval.",
        caption or "Where few of the infiltrated firms are found, the estimate rests on few cases.",
        "A stronger colour is more; each map has its own scale. Not published by itself: too few "
        "firms or too wide an interval. Sectors and areas without any published cell are left out.",
        given[[*_COLUMNS, "detection"]]
        .sort_values(["sector_id", "area_id"])
        .reset_index(drop=True),
    )


def _totals_first(names: pd.Series) -> list[str]:
    return sorted(names.unique(), key=lambda name: (not name.startswith("All "), name))


def _too_few(
    cells: pd.DataFrame, given: pd.DataFrame, title: str | None, lead: str, unit: str
) -> Figure:
    rows = given.sort_values(["value", "sector_id", "area_id"], ascending=[False, True, True])
    spoken = [
        f"{r.sector_id}, {r.area_id}: "
        + interval(r.value, r.low, r.high, lambda number: quantity(number, unit))
        for r in rows.itertuples()
    ]
    why = f"Not published by themselves: {plural(len(cells) - len(given), 'cell')}."
    return nothing_to_show(
        title or f"{lead}{len(given) or 'none'} of {plural(len(cells), 'cell')} can be published",
        f"{'; '.join(spoken)}. {why}" if spoken else why if len(cells) else "No cells.",
    )


def _draw_detection(axes: Axes, detection: pd.DataFrame, areas: list[str]) -> None:
    require_columns(detection, ["area_id", "listed_per_1000", "status"], "sector_region_maps")
    rows = detection.assign(
        sector_id="Listed per 1,000", value=detection["listed_per_1000"].astype(float)
    )
    rows = _publishable(rows[rows["area_id"].isin(areas)])
    _draw_tiles(axes, rows, sectors=["Listed per 1,000"], areas=areas, unit="per 1,000")


def _publishable(cells: pd.DataFrame) -> pd.DataFrame:
    return cells[~cells["status"].isin(["reject", "suppressed"]) & cells["value"].notna()]


def _explain_hatching(drawing: Drawing) -> None:
    legend_on_top(
        drawing,
        [
            patch(Style(PALE, hatch="////"), "not published"),
            patch(Style("#c3dcec", hatch="\\\\\\\\"), "interval wider than 1 to 4"),
        ],
    )


def _draw_tiles(
    axes: Axes,
    cells: pd.DataFrame,
    *,
    sectors: list[str],
    areas: list[str],
    unit: str,
    wide: pd.Series | None = None,
) -> None:
    scale = Normalize(0, max(float(cells["value"].max()), 1e-9) if len(cells) else 1)
    for row in range(len(sectors)):
        for place in range(len(areas)):
            axes.add_patch(_tile(row, place, PALE, "////"))
    for index, cell in cells.iterrows():
        row, place = sectors.index(cell["sector_id"]), areas.index(cell["area_id"])
        strength = scale(cell["value"])
        hatch = "\\\\\\\\" if wide is not None and bool(wide[index]) else ""
        colour = SEQUENTIAL(strength)
        axes.add_patch(_tile(row, place, colour, hatch))
        if len(areas) <= _MOST_WRITTEN:
            text = percent(cell["value"]) if unit == "share" else _two_digits(cell["value"])
            axes.text(
                place,
                row,
                text,
                ha="center",
                va="center",
                fontsize=8,
                color="white" if strength > 0.55 else "black",
                bbox={"facecolor": colour, "edgecolor": "none", "pad": 1.5},
            )
    axes.set_xlim(-0.5, len(areas) - 0.5)
    label_rows(axes, sectors, width=24)
    axes.set_ylim(len(sectors) - 0.5, -0.5)
    names = [textwrap.fill(area, 11) for area in areas]
    axes.set_xticks(np.arange(len(areas)), names, rotation=0 if len(areas) <= _MOST_WRITTEN else 90)
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    if len(areas) > _MOST_WRITTEN:
        _draw_scale(axes, scale, unit)


def _two_digits(rate: float) -> str:
    return f"{rate:.0f}" if rate >= 10 else f"{rate:.2g}"


def _draw_scale(axes: Axes, scale: Normalize, unit: str) -> None:
    bar = axes.figure.colorbar(ScalarMappable(norm=scale, cmap=SEQUENTIAL), ax=axes, shrink=0.8)
    (show_shares if unit == "share" else show_amounts)(bar.ax, "y")
    bar.ax.grid(visible=False)


def _tile(row: int, place: int, colour: object, hatch: str) -> Rectangle:
    return Rectangle(
        (place - 0.47, row - 0.45),
        0.94,
        0.9,
        facecolor=colour,
        hatch=hatch,
        edgecolor="#a9b1b8" if hatch else "white",
        linewidth=0,
    )
