"""Figures of composites: ranks with intervals, and which choice moves them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from infiltrate.report.figure import Figure, nothing_to_show
from infiltrate.report.theme import (
    BLUE,
    INK,
    SKY,
    Style,
    in_house_style,
    label_rows,
    legend_on_top,
    new_drawing,
    patch,
    rows_height,
    show_shares,
)
from infiltrate.report.wording import count, enumerate_words, percent, plural

_MOST_ROWS = 40


@in_house_style
def composite_ranks(
    composite: Any, names: Mapping[str, str], *, what: str, caption: str = ""
) -> Figure:
    """Show areas or sectors by rank, with what other choices would make of it.

    Parameters
    ----------
    composite : object
        ``ranks`` (``group``, ``units``, ``rank``, ``median_rank``, ``low``, ``high``), ``themes``,
        ``shift`` and ``reason``.
    names : mapping of str to str
        Name of each group.
    what : str
        The groups: "areas".
    """
    ranks = composite.ranks
    if ranks.empty:
        return nothing_to_show(f"The {what} cannot be ranked by their flags", composite.reason)
    shown = ranks.head(_MOST_ROWS)
    drawing, axes = new_drawing(rows_height(len(shown), each=0.27))
    places = range(len(shown))
    axes.hlines(places, shown["low"], shown["high"], color="#8FB9D3", linewidth=5)
    axes.plot(shown["median_rank"], places, "o", color="white", markeredgecolor=BLUE)
    axes.plot(shown["rank"], places, "|", color=INK, markersize=10)
    labels = [names.get(row.group, row.group) for row in shown.itertuples()]
    sizes = [f"{label} ({count(n)})" for label, n in zip(labels, shown["units"], strict=True)]
    label_rows(axes, sizes, width=44)
    axes.set_xlim(0, len(ranks) + 1)
    axes.set_xlabel("rank, 1 has most flags")
    axes.grid(axis="x")
    width = (ranks["high"] - ranks["low"]).median()
    sure = int((ranks["high"] <= max(1, len(ranks) // 4)).sum())
    return Figure(
        drawing,
        f"{plural(sure, what.removesuffix('s'))} {'is' if sure == 1 else 'are'} in the first "
        f"quarter of {len(ranks)} whatever is chosen; half of the intervals span {width:.0f} ranks "
        "or more",
        "Ranks with 90% intervals: "
        + enumerate_words(
            [
                f"{label} {row.median_rank:.0f} ({row.low:.0f} to {row.high:.0f})"
                for label, row in zip(labels, shown.itertuples(), strict=True)
            ],
            15,
        )
        + ".",
        caption
        or f"{composite.reason} Ranks are of flags, not of crime: where more is published, more "
        "can be flagged.",
        "Ring: median rank over all sets of choices; band: 90% of them; upright line: rank with "
        "the plain choices. In brackets: contracts.",
        ranks,
    )


@in_house_style
def composite_sensitivity(composite: Any, *, what: str, caption: str = "") -> Figure:
    """Show which choice moves the ranks.

    Parameters
    ----------
    composite : object
        ``sensitivity`` (``factor``, ``first``, ``first_error``, ``total``, ``total_error``) and
        ``shift``.
    what : str
        The groups: "areas".
    """
    table = composite.sensitivity
    if table.empty:
        return nothing_to_show(f"No ranking of {what}, so nothing to move", composite.reason)
    drawing, axes = new_drawing(rows_height(len(table), each=0.42))
    places = np.arange(len(table))
    for shift, name, colour, hatch in ((-0.19, "first", BLUE, ""), (0.19, "total", SKY, "////")):
        value = table[name].clip(lower=0)
        axes.barh(
            places + shift,
            value,
            height=0.36,
            color=colour,
            hatch=hatch,
            edgecolor=INK,
            linewidth=0.4,
        )
        axes.hlines(
            places + shift,
            (value - table[f"{name}_error"]).clip(lower=0),
            value + table[f"{name}_error"],
            color=INK,
            linewidth=1.3,
        )
    label_rows(axes, list(table["factor"]))
    axes.set_xlim(0, None)
    show_shares(axes)
    axes.set_xlabel("share of the variance of the shift of ranks")
    handles = [
        patch(Style(BLUE), "by itself (first order)"),
        patch(Style(SKY, hatch="////"), "with what goes with it (total)"),
    ]
    legend_on_top(drawing, handles, columns=2)
    first = table.iloc[0]
    return Figure(
        drawing,
        f"Ranks of {what} move by {composite.shift:.1f} places on average, most by the choice "
        f"'{first['factor']}' ({percent(min(1.0, max(0.0, first['total'])))} of the variance)",
        "Bars: "
        + enumerate_words(
            [f"{r.factor} first {r.first:.2f}, total {r.total:.2f}" for r in table.itertuples()], 8
        )
        + ".",
        caption
        or "Sobol indices of the mean absolute shift of ranks. What no choice can show is "
        "whether flags are the right thing to add up.",
        "Lines: 95% intervals of the indices.",
        table,
    )
