"""One look for every figure: colours that survive colour blindness and a grey printer."""

from __future__ import annotations

import functools
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure as Drawing
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter

from infiltrate.report.wording import amount

INK = "#1d2730"
SOFT = "#5b6670"
RULE = "#d8dde2"
PALE = "#f3f4f2"

BLUE = "#0072B2"
VERMILLION = "#D55E00"
SKY = "#A9CFE6"

WIDTH = 7.2


@dataclass(frozen=True)
class Style:
    """How one category is drawn; colour is never the only difference."""

    colour: str
    hatch: str = ""
    marker: str = "o"
    line: str = "-"


STATE_STYLES = {
    "flag": Style(VERMILLION),
    "clear": Style(SKY),
    "not_computable": Style(PALE, hatch="////"),
}

# Okabe and Ito (2008), ordered so that neighbours differ in lightness as well
SERIES = (
    Style(BLUE, marker="o", line="-"),
    Style("#E69F00", marker="s", line="--"),
    Style("#009E73", marker="^", line="-."),
    Style("#CC79A7", marker="D", line=":"),
    Style(VERMILLION, marker="v", line="-"),
    Style("#56B4E9", marker="P", line="--"),
    Style(INK, marker="X", line=":"),
)

SEQUENTIAL = LinearSegmentedColormap.from_list(
    "infiltrate", ["#f4f8fb", "#c3dcec", "#7fb3d3", "#2f7fb3", "#0b4a78", "#06263f"]
)

_SETTINGS: Any = {
    # a currency sign in a label is no formula, and the same data give the same bytes
    "text.parse_math": False,
    "svg.hashsalt": "infiltrate",
    "svg.fonttype": "path",
    "font.family": "DejaVu Sans",
    "font.size": 9.5,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 9.5,
    "axes.labelcolor": SOFT,
    "axes.edgecolor": RULE,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": False,
    "grid.color": RULE,
    "grid.linewidth": 0.6,
    "text.color": INK,
    "xtick.color": RULE,
    "ytick.color": RULE,
    "xtick.labelcolor": SOFT,
    "ytick.labelcolor": INK,
    "hatch.color": "#a9b1b8",
    "hatch.linewidth": 0.7,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "legend.handlelength": 1.6,
    "figure.facecolor": "white",
    "lines.linewidth": 1.8,
    "lines.markersize": 6,
}

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def in_house_style(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Let a function draw in the house style and leave matplotlib's settings as they were."""

    @functools.wraps(function)
    def styled(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        with mpl.rc_context(_SETTINGS):
            return function(*args, **kwargs)

    return styled


def new_drawing(
    height: float, width: float = WIDTH, *, gap: float = 0.04, **grid: Any
) -> tuple[Drawing, Any]:
    """Return an empty drawing and its axes, outside pyplot, so that nothing shows twice.

    ``gap`` is the room above and below each panel, in inches.
    """
    drawing = Drawing(figsize=(width, height), layout=ConstrainedLayoutEngine(h_pad=gap))
    return drawing, drawing.subplots(**grid)


def rows_height(rows: int, each: float = 0.36, least: float = 1.6, extra: float = 0.9) -> float:
    """Return the height in inches that gives every row the same room."""
    return max(least, rows * each + extra)


def show_shares(axes: Axes, which: str = "x") -> None:
    """Write an axis of fractions in per cent, with light grid lines across it."""
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_formatter(FuncFormatter(lambda share, _: f"{round(100 * share, 6):.3g}%"))
    axes.grid(axis="x" if which == "x" else "y")


def show_amounts(axes: Axes, which: str = "x") -> None:
    """Write an axis of quantities in words, with light grid lines across it."""
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_formatter(FuncFormatter(lambda value, _: amount(value)))
    axes.grid(axis="x" if which == "x" else "y")


def label_rows(axes: Axes, labels: list[str], width: int = 30) -> None:
    """Name the rows of a horizontal chart, first row on top."""
    axes.set_yticks(range(len(labels)), [_row_label(label, width) for label in labels])
    axes.set_ylim(len(labels) - 0.45, -0.55)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def legend_on_top(drawing: Drawing, handles: list[Any], columns: int = 4) -> None:
    """Put the legend above the panels, in reading order."""
    drawing.legend(handles=handles, loc="outside upper left", ncols=columns, columnspacing=1.6)


def stack_shares(
    axes: Axes, rows: pd.DataFrame, styles: dict[str, Style], totals: pd.Series
) -> None:
    """Draw one bar per row, divided by the shares of the named columns in ``totals``."""
    start = np.zeros(len(rows))
    for name, style in styles.items():
        share = (rows[name] / totals).to_numpy(float)
        axes.barh(
            range(len(rows)),
            share,
            left=start,
            height=0.62,
            color=style.colour,
            hatch=style.hatch,
            edgecolor="#a9b1b8" if style.hatch else style.colour,
            linewidth=0.5,
        )
        start = start + share
    axes.set_xlim(0, 1)
    show_shares(axes)


def patch(style: Style, label: str) -> Patch:
    """Return the legend entry of a filled area."""
    edge = "#a9b1b8" if style.hatch else style.colour
    return Patch(facecolor=style.colour, hatch=style.hatch, edgecolor=edge, label=label)


def _row_label(label: str, width: int) -> str:
    return textwrap.fill(str(label).replace("_", " "), width)
