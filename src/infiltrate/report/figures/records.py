"""Figures about the records themselves: what was read, what is missing, what it is worth."""

from __future__ import annotations

import pandas as pd
import seaborn as sns
from matplotlib.ticker import PercentFormatter

from infiltrate.report.figure import Figure, nothing_to_show
from infiltrate.report.inputs import require_columns
from infiltrate.report.theme import (
    BLUE,
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
    stack_shares,
)
from infiltrate.report.wording import count, enumerate_words, percent, plural
from infiltrate.tables.catalogue import TABLES

_FATES = {
    "loaded": Style(BLUE),
    "merged": Style("#8FC1DF"),
    "filtered": Style(PALE, hatch="\\\\\\\\"),
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
        cbar_kws={"label": "share of rows missing", "shrink": 0.8, "format": PercentFormatter(1)},
    )
    axes.set(xlabel="year of the record", ylabel="")
    axes.tick_params(length=0)
    axes.tick_params(axis="y", rotation=0)
    axes.tick_params(axis="x", rotation=0 if grid.shape[1] <= 12 else 90)
    worst = grid.max(axis=1)
    often = int((worst > 0.5).sum())
    finding = (
        f"{often} of {plural(len(grid), 'field')} are missing in more than half the rows of some "
        "year"
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
        The table ``intake``: one row per source, file, table, outcome and rule: ``source_id``,
        ``table``, ``outcome`` (loaded, merged, filtered or rejected), ``rows``.
    """
    require_columns(rows, ["source_id", "table", "outcome", "rows"], "intake")
    wide = rows.pivot_table(
        index=["source_id", "table"], columns="outcome", values="rows", aggfunc="sum", fill_value=0
    ).reindex(columns=list(_FATES), fill_value=0)
    wide = wide.assign(raw=wide.sum(axis=1)).reset_index()
    wide = wide[wide["raw"] > 0].reset_index(drop=True)
    if wide.empty:
        return nothing_to_show(title or "No row was read", "Every source is empty.")
    drawing, axes = new_drawing(rows_height(len(wide), each=0.42))
    stack_shares(axes, wide, _FATES, wide["raw"])
    label_rows(axes, list(wide["source_id"] + " → " + wide["table"]), width=34)
    axes.set_xlabel("share of raw rows; their number on the right")
    for position, raw in enumerate(wide["raw"]):
        axes.annotate(
            count(raw), (1, position), (6, 0), textcoords="offset points", va="center", color=SOFT
        )
    legend_on_top(drawing, [patch(style, name) for name, style in _FATES.items()])
    fates = [f"{count(wide[name].sum())} {name}" for name in _FATES if wide[name].sum()]
    # A reader that takes its lines apart tells of the lines in a row of its own, which is no table.
    is_of_lines = ~wide["table"].str.partition("/")[0].isin(TABLES)
    by_source = wide[is_of_lines | ~wide["source_id"].isin(wide.loc[is_of_lines, "source_id"])]
    files = by_source.groupby("source_id")["raw"].max()
    worst = wide.assign(share=wide["rejected"] / wide["raw"]).sort_values(
        ["share", "source_id", "table"], ascending=[False, True, True]
    )
    sentence = f"{count(files.sum())} raw rows of {plural(len(files), 'source')} were read; "
    if worst["rejected"].any():
        sentence += f"at most {percent(worst['share'].iloc[0])} of a source is rejected"
        sentence += f" ({worst['source_id'].iloc[0]})".replace("_", " ")
    else:
        sentence += "none was rejected"
    spoken = [
        f"{row.source_id} into {row.table}: {count(row.loaded)} of {count(row.raw)} loaded, "
        f"{count(row.rejected)} rejected"
        for row in wide.itertuples()
    ]
    return Figure(
        drawing,
        title or sentence,
        f"Stacked bars. Over all tables {enumerate_words(fates)}. {enumerate_words(spoken, 16)}.",
        caption,
        "A raw row counts once for each table that its file feeds.",
        wide,
    )
