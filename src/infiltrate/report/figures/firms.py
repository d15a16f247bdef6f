"""Figures about firms: where they stand among their peers, and who is known to be behind them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from infiltrate.report.figure import Figure, nothing_to_show
from infiltrate.report.inputs import require_columns
from infiltrate.report.theme import (
    BLUE,
    INK,
    PALE,
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
    stack_shares,
)
from infiltrate.report.wording import enumerate_words, percent, plural

_KNOWN = {
    "certain": (Style(BLUE), "a person, for certain"),
    "possible": (Style(SKY), "a person, perhaps"),
    "declared": (Style("#009E73", hatch="++++"), "a person by declaration"),
    "state": (Style("#E69F00"), "a state"),
    "nobody": (Style(VERMILLION, hatch="xxxx"), "nobody known"),
    "no_record": (Style(PALE, hatch="////"), "nothing on record"),
}
_REACH = 6.0


@in_house_style
def peer_scores(scores: pd.DataFrame, *, title: str | None = None, caption: str = "") -> Figure:
    """Show how firms spread around the median of their peers, indicator by indicator.

    Parameters
    ----------
    scores : pandas.DataFrame
        One row per indicator: ``title``, ``companies`` and the quantiles ``q05``, ``q25``,
        ``q50``, ``q75``, ``q95`` of its robust score; ``limit``, from which a score is flagged,
        and ``flagged``, the share of companies that are.
    """
    columns = ["title", "companies", "q05", "q25", "q50", "q75", "q95", "limit", "flagged"]
    require_columns(scores, columns, "peer_scores")
    if scores.empty:
        return nothing_to_show(
            title or "No firm can be compared with its peers",
            "No accounts are on record, or peers are too few.",
        )
    drawing, axes = new_drawing(rows_height(len(scores), each=0.3))
    rows = np.arange(len(scores))
    ends = scores[["q05", "q95"]].clip(-_REACH, _REACH)
    middle = scores[["q25", "q75"]].clip(-_REACH, _REACH)
    axes.hlines(rows, ends["q05"], ends["q95"], color=SOFT, linewidth=1.2)
    axes.hlines(rows, middle["q25"], middle["q75"], color=BLUE, linewidth=5)
    axes.plot(scores["q50"], rows, "o", color="white", markeredgecolor=INK, markersize=5)
    axes.vlines(0, -0.5, len(scores) - 0.5, color=INK, linewidth=0.8)
    for side in (-1, 1):
        axes.plot(
            side * scores["limit"], rows, "|", color=VERMILLION, markersize=9, markeredgewidth=1.6
        )
    axes.set_xlim(-_REACH, _REACH)
    axes.set_xlabel("robust standard deviations from the median of the peers")
    label_rows(axes, list(scores["title"]), 34)
    widest = scores.loc[scores["flagged"].idxmax()]
    finding = (
        f"Firms differ from their peers most often by '{widest['title']}': "
        f"{percent(widest['flagged'])} are flagged"
    )
    told = [
        f"{row.title} {row.q05:.1f} to {row.q95:.1f}, {percent(row.flagged)} flagged"
        for row in scores.itertuples(index=False)
    ]
    return Figure(
        drawing,
        title or finding,
        f"Ranges of the score of {plural(len(scores), 'indicator')}, 5th to 95th percentile: "
        f"{enumerate_words(told, 25)}.",
        caption,
        "One row per indicator. Dot: median; thick line: middle half; thin line: 5th to 95th "
        "percentile, cut at six. Red marks: from there on a firm can be flagged.",
        scores[columns].reset_index(drop=True),
    )


@in_house_style
def known_owners(owners: pd.DataFrame, *, title: str | None = None, caption: str = "") -> Figure:
    """Show for how many firms the person behind them is known.

    Parameters
    ----------
    owners : pandas.DataFrame
        One row per group of firms: ``group`` and the numbers of firms behind which stands
        ``certain`` (a person, for certain), ``possible``, ``declared``, ``state``, ``nobody``
        known, or of which ``no_record`` says anything.
    """
    require_columns(owners, ["group", *_KNOWN], "known_owners")
    counts = owners[list(_KNOWN)]
    if not counts.drop(columns="no_record").to_numpy().sum():
        return nothing_to_show(
            title or "Nothing is known of owners", "No source of this study records owners."
        )
    drawing, axes = new_drawing(rows_height(len(owners)))
    totals = counts.sum(axis=1)
    stack_shares(axes, counts, {name: style for name, (style, _) in _KNOWN.items()}, totals)
    axes.set_xlabel("share of firms")
    label_rows(axes, [f"{row.group}" for row in owners.itertuples(index=False)], 34)
    legend_on_top(drawing, [patch(style, label) for style, label in _KNOWN.values()], columns=3)
    every = counts.sum()
    share = every[["certain", "possible", "declared"]].sum() / every.sum()
    finding = (
        f"A person is known, or may be, behind {percent(share)} of the firms; "
        f"nobody is known behind {percent(every['nobody'] / every.sum())}"
    )
    told = [
        f"{row.group} {percent(row.nobody / total)} nobody known"
        for row, total in zip(owners.itertuples(index=False), totals, strict=True)
    ]
    return Figure(
        drawing,
        title or finding,
        f"Bars of six shares for {plural(len(owners), 'group')}: {enumerate_words(told, 25)}.",
        caption,
        "One bar per group of firms; parts are shares of its firms.",
        owners[["group", *_KNOWN]].reset_index(drop=True),
    )
