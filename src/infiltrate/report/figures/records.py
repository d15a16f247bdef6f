"""Figures about the records themselves: what was read, what is missing, what it is worth."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import seaborn as sns

from infiltrate.report.figure import Figure, nothing_to_show
from infiltrate.report.inputs import require_columns
from infiltrate.report.theme import (
    BLUE,
    INK,
    PALE,
    SEQUENTIAL,
    SOFT,
    VERMILLION,
    Style,
    in_house_style,
    label_rows,
    legend_on_top,
    new_drawing,
    patch,
    rows_height,
    show_amounts,
    stack_shares,
)
from infiltrate.report.wording import amount, count, enumerate_words, percent, plural

_FATES = {
    "loaded": Style(BLUE),
    "merged": Style("#8FC1DF"),
    "filtered": Style(PALE, hatch="...."),
    "rejected": Style(VERMILLION, hatch="xxxx"),
}


@in_house_style
def missingness(missing: pd.DataFrame, *, title: str | None = None, caption: str = "") -> Figure:
    """Show the share of rows in which each field is missing, by year.

    Parameters
    ----------
    missing : pandas.DataFrame
        One row per field and year: ``field``, ``year``, ``missing_share`` (fraction; missing
        where there are no rows).
    """
    require_columns(missing, ["field", "year", "missing_share"], "missingness")
    grid = missing.pivot_table(
        index="field", columns="year", values="missing_share", observed=True, dropna=False
    ).astype(float)
    grid = grid.loc[list(dict.fromkeys(missing["field"])), sorted(grid.columns)]
    if grid.notna().sum().sum() == 0:
        return nothing_to_show(title or "No field was read", "There are no rows to look at.")
    drawing, axes = new_drawing(rows_height(len(grid), each=0.3, extra=1.0))
    axes.set_facecolor(PALE)
    sns.heatmap(
        grid,
        ax=axes,
        cmap=SEQUENTIAL,
        vmin=0,
        vmax=1,
        annot=grid.map(percent).where(grid.notna(), "") if grid.shape[1] <= 10 else False,
        fmt="",
        annot_kws={"fontsize": 8},
        linewidths=1.2,
        linecolor="white",
        cbar_kws={"label": "share of rows missing", "shrink": 0.8},
    )
    axes.set(xlabel="year of the record", ylabel="")
    axes.tick_params(length=0)
    axes.tick_params(axis="y", rotation=0)
    axes.tick_params(axis="x", rotation=0 if grid.shape[1] <= 12 else 90)
    worst = grid.max(axis=1)
    often = [str(name) for name in worst[worst > 0.5].index]
    finding = (
        f"{enumerate_words(often)} missing in more than half the rows of at least one year"
        if often
        else "No field is missing in more than half the rows of any year"
    )
    return Figure(
        drawing,
        title or finding,
        f"Heat map of {plural(len(grid), 'field')} by {plural(grid.shape[1], 'year')}. "
        f"Highest share missing per field: "
        + enumerate_words([f"{name} {percent(share)}" for name, share in worst.items()], 12)
        + ".",
        caption,
        "Share of rows without a value; an empty cell has no rows.",
        grid.reset_index(),
    )


@in_house_style
def intake(rows: pd.DataFrame, *, title: str | None = None, caption: str = "") -> Figure:
    """Show what became of every raw row.

    Parameters
    ----------
    rows : pandas.DataFrame
        One row per source and table: ``source_id``, ``table``, ``raw`` (rows read) and
        ``loaded``, ``merged``, ``filtered``, ``rejected``, which should add up to it.
    """
    require_columns(rows, ["source_id", "table", "raw", *_FATES], "intake")
    rows = rows.sort_values(["source_id", "table"])
    rows = rows.assign(unexplained=rows["raw"] - rows[list(_FATES)].sum(axis=1))
    drawn = rows[rows["raw"] > 0]
    if drawn.empty:
        return nothing_to_show(title or "No row was read", "Every source is empty.")
    drawing, axes = new_drawing(rows_height(len(drawn), each=0.42))
    stack_shares(axes, drawn, _FATES, drawn["raw"])
    label_rows(axes, list(drawn["source_id"] + " → " + drawn["table"]), width=34)
    axes.set_xlabel("share of raw rows")
    for position, raw in enumerate(drawn["raw"]):
        axes.annotate(
            count(raw), (1, position), (6, 0), textcoords="offset points", va="center", color=SOFT
        )
    legend_on_top(drawing, [patch(style, name) for name, style in _FATES.items()])
    lost = int(drawn["unexplained"].abs().sum())
    fates = [f"{count(drawn[name].sum())} {name}" for name in _FATES if drawn[name].sum()]
    sentence = f"Of {count(drawn['raw'].sum())} raw rows, {enumerate_words(fates)}"
    sentence += (
        "; every row is accounted for"
        if lost == 0
        else (f"; {plural(lost, 'row')} NOT accounted for")
    )
    return Figure(
        drawing,
        title or sentence,
        f"Stacked bars, one per source and table. {sentence}.",
        caption,
        "Rows of the raw file, each once per table it feeds; the number of rows stands on the "
        "right.",
        rows.reset_index(drop=True),
    )


@in_house_style
def value_distribution(
    values: pd.Series,
    thresholds: Sequence[tuple[str, float]] = (),
    *,
    unit: str,
    window: float = 0.1,
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
    window : float
        Width of the zone below a threshold that the title speaks of, as a share of it.
    """
    known = pd.to_numeric(values, errors="coerce").astype(float).dropna()
    known = known[known > 0]
    left_out = len(values) - len(known)
    if known.empty:
        return nothing_to_show(
            title or "No value is known", f"None of {plural(len(values), 'value')} is above zero."
        )
    drawing, axes = new_drawing(3.4)
    edges = np.geomspace(known.min() * 0.999, known.max() * 1.001, 61)
    heights, _, _ = axes.hist(known, bins=edges, color=SEQUENTIAL(0.45), linewidth=0)
    axes.set_xscale("log")
    show_amounts(axes)
    axes.grid(visible=False, axis="x")
    axes.grid(axis="y")
    axes.minorticks_off()
    axes.set(xlabel=f"value, {unit} (logarithmic)", ylabel="contracts")
    axes.set_ylim(0, heights.max() * (1.12 + 0.09 * len(thresholds)))
    for position, (name, level) in enumerate(sorted(thresholds, key=lambda item: item[1])):
        axes.axvline(level, color=VERMILLION, linewidth=1.2, linestyle="--")
        axes.annotate(
            f"{name}: {amount(level)}",
            (level, axes.get_ylim()[1] * (0.97 - 0.075 * position)),
            (4, 0),
            textcoords="offset points",
            va="center",
            fontsize=8.5,
            color=INK,
        )
    near = sum(((known >= level * (1 - window)) & (known < level)).sum() for _, level in thresholds)
    finding = f"Half of the contracts are worth less than {amount(known.median(), unit)}"
    if thresholds:
        share = percent(near / len(known))
        finding = f"{share} of the contracts lie within {percent(window)} below a legal threshold"
    return Figure(
        drawing,
        title or finding,
        f"Histogram of {plural(len(known), 'value')} from {amount(known.min(), unit)} to "
        f"{amount(known.max(), unit)}, median {amount(known.median(), unit)}. Thresholds: "
        + (
            enumerate_words([f"{name} at {amount(level, unit)}" for name, level in thresholds], 8)
            or "none"
        )
        + ".",
        caption,
        f"Contracts per bin of equal logarithmic width; {plural(left_out, 'contract')} without a "
        "value above zero left out.",
    )
