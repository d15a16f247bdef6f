"""Small panels side by side, for as many things as there are, up to a page of them."""

from __future__ import annotations

import textwrap

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawing

from infiltrate.report.theme import WIDTH, new_drawing

MOST_PANELS = 12


def new_panels(count: int, *, columns: int = 3, height: float = 1.75) -> tuple[Drawing, list[Axes]]:
    """Return a drawing with so many panels, empty places at its end taken away."""
    columns = min(columns, count)
    rows = -(-count // columns)
    drawing, grid = new_drawing(
        0.6 + height * rows, WIDTH, ncols=columns, nrows=rows, squeeze=False
    )
    panels = list(np.ravel(grid))
    for empty in panels[count:]:
        empty.remove()
    return drawing, panels[:count]


def name_panel(axes: Axes, title: str, width: int = 28) -> None:
    """Put a title over a panel in as many lines as it needs."""
    axes.set_title(textwrap.fill(title, width), fontsize=8.5)
    axes.tick_params(labelsize=7.5, length=2)
