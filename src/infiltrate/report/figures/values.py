"""The figure of what contracts are worth, with the thresholds of the law."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.ticker import FuncFormatter

from infiltrate.report.figure import Figure, nothing_to_show
from infiltrate.report.theme import (
    INK,
    SEQUENTIAL,
    VERMILLION,
    in_house_style,
    new_drawing,
)
from infiltrate.report.wording import amount, enumerate_words, plural


@in_house_style
def value_distribution(
    values: pd.Series,
    thresholds: Sequence[tuple[str, float]] = (),
    *,
    unit: str,
    title: str | None = None,
    caption: str = "",
) -> Figure:
    """Show how values are distributed, with legal thresholds marked.

    Parameters
    ----------
    values : pandas.Series
        One value per contract, in ``unit``; missing and non-positive ones are counted, not drawn.
    thresholds : sequence of (str, float)
        Name and amount of each legal threshold, in ``unit``.
    """
    known = pd.to_numeric(values, errors="coerce").astype(float).dropna()
    known = known[known > 0]
    left_out = len(values) - len(known)
    if known.empty:
        return nothing_to_show(
            title or "No value is known", f"None of {plural(len(values), 'value')} is above zero."
        )
    drawing, axes = new_drawing(3.4)
    marks = _merge(thresholds)
    edges = np.geomspace(known.min() * 0.999, known.max() * 1.001, 61)
    heights, _, _ = axes.hist(known, bins=edges, color=SEQUENTIAL(0.45), linewidth=0)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _short(value)))
    axes.grid(visible=False, axis="x")
    axes.grid(axis="y")
    axes.minorticks_off()
    axes.set(xlabel=f"value, {unit} (logarithmic; M: million)", ylabel="contracts")
    axes.set_ylim(0, heights.max() * (1.12 + 0.09 * len(marks)))
    for position, (name, level) in enumerate(marks):
        axes.axvline(level, color=VERMILLION, linewidth=1.2, linestyle="--")
        axes.annotate(
            f"{name}: {amount(level)}",
            (level, axes.get_ylim()[1] * (0.97 - 0.075 * position)),
            (4, 0),
            textcoords="offset points",
            va="center",
            fontsize=8.5,
            color=INK,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
        )
    finding = f"Half of the contracts are worth less than {amount(known.median(), unit)}"
    return Figure(
        drawing,
        title or finding,
        f"Histogram of {plural(len(known), 'value')} from {amount(known.min(), unit)} to "
        f"{amount(known.max(), unit)}, median {amount(known.median(), unit)}. Thresholds: "
        + (
            enumerate_words([f"{name} at {amount(level, unit)}" for name, level in marks], 8)
            or "none"
        )
        + ".",
        caption,
        f"Contracts per bin of equal logarithmic width; {plural(left_out, 'contract')} without a "
        "value above zero left out. Thresholds of every kind and year are drawn for all: how many "
        "contracts lie just below the one that applies to them is a red flag of its own.",
    )


def _short(value: float) -> str:
    return f"{value / 1e6:,.0f} M" if value >= 1e6 else f"{value:,.0f}"


def _merge(thresholds: Sequence[tuple[str, float]]) -> list[tuple[str, float]]:
    names: dict[float, list[str]] = {}
    for name, level in sorted(thresholds, key=lambda item: (item[1], item[0])):
        names.setdefault(level, []).append(name.replace("_", " "))
    return [(" / ".join(dict.fromkeys(names[level])), level) for level in names]
