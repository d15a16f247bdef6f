"""Figures about the lists: where they agree, and when they grew."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

from infiltrate.report.figure import Figure, nothing_to_show
from infiltrate.report.inputs import require_columns
from infiltrate.report.theme import (
    BLUE,
    INK,
    RULE,
    SOFT,
    in_house_style,
    label_rows,
    new_drawing,
    show_amounts,
)
from infiltrate.report.wording import count, enumerate_words, plural

_MOST_PATTERNS = 12


@in_house_style
def list_overlaps(patterns: pd.DataFrame, *, title: str | None = None, caption: str = "") -> Figure:
    """Show how many firms are on which combination of lists.

    Parameters
    ----------
    patterns : pandas.DataFrame
        One row per combination: one boolean column per list, and ``companies`` on exactly
        these lists, as published (rounded).
    """
    require_columns(patterns, ["companies"], "list_overlaps")
    lists = [str(name) for name in patterns.columns if patterns[name].dtype == bool]
    if not lists or patterns.empty:
        return nothing_to_show(title or "No firm is on a list", "The lists name no firm.")
    occurs = patterns[patterns[lists].any(axis=1)]
    is_closed = ~(occurs["companies"] > 0).fillna(False).astype(bool)
    closed, patterns = occurs[is_closed], occurs[~is_closed]
    if patterns.empty:
        return nothing_to_show(
            title or "Too few firms are on any combination of lists to be shown",
            f"{plural(len(closed), 'combination')} of lists, each with fewer firms than are shown.",
        )
    named = [tuple(name for name in lists if row[name]) for _, row in patterns.iterrows()]
    table = pd.DataFrame({"lists": named, "firms": patterns["companies"].to_numpy()})
    table = table.assign(name=table["lists"].map(" + ".join)).sort_values(
        ["firms", "name"], ascending=[False, True], ignore_index=True
    )
    shown = table.head(_MOST_PATTERNS)
    sizes = {name: int(patterns.loc[patterns[name], "companies"].sum()) for name in lists}
    order = sorted(lists, key=lambda name: (-sizes[name], name))
    drawing, (bars, matrix) = new_drawing(
        2.3 + 0.42 * len(lists), nrows=2, sharex=True, height_ratios=(2.0, 0.42 * len(lists) + 0.1)
    )
    _draw_pattern_sizes(bars, shown)
    _draw_pattern_dots(matrix, shown, {name: sizes[name] for name in order})
    left_out = len(table) - len(shown)
    spoken = [f"{row['name']}: {count(row['firms'])}" for _, row in shown.iterrows()]
    return Figure(
        drawing,
        title or _overlap_finding(table, closed[lists].sum(axis=1), len(lists)),
        f"Overlaps of {plural(len(lists), 'list')}. Firms on exactly these lists: "
        f"{enumerate_words(spoken, _MOST_PATTERNS)}.",
        caption,
        "Firms by the exact combination of lists that name them, as published"
        + (f"; {plural(left_out, 'rarer combination')} not drawn" if left_out else "")
        + (
            f"; {plural(len(closed), 'more combination')} with too few firms to be shown."
            if len(closed)
            else "."
        ),
        table[["name", "firms"]].rename(columns={"name": "lists"}),
    )


@in_house_style
def entries_per_month(
    entries: pd.DataFrame, *, title: str | None = None, caption: str = ""
) -> Figure:
    """Show when each list grew.

    Parameters
    ----------
    entries : pandas.DataFrame
        One row per list and month: ``list_id``, ``month`` (first day), ``entries``.
    """
    require_columns(entries, ["list_id", "month", "entries"], "entries_per_month")
    entries = entries.assign(month=pd.to_datetime(entries["month"])).dropna(subset=["month"])
    if entries.empty:
        return nothing_to_show(title or "No dated entry", "No list entry has a date.")
    names = sorted(entries["list_id"].unique())
    drawing, panels = new_drawing(
        0.7 + 1.15 * len(names), nrows=len(names), sharex=True, squeeze=False
    )
    for name, axes in zip(names, panels[:, 0], strict=True):
        months = entries[entries["list_id"] == name].groupby("month")["entries"].sum()
        months = months.resample("MS").sum()
        axes.bar(months.index, months.to_numpy(), width=26, align="edge", color=BLUE)
        axes.set_title(
            f"{str(name).replace('_', ' ')}: {plural(int(months.sum()), 'entry', 'entries')}"
        )
        axes.set_ylim(0, max(1.0, months.max() * 1.15))
        show_amounts(axes, "y")
        axes.yaxis.get_major_locator().set_params(nbins=3, integer=True)
    locator = AutoDateLocator()
    panels[-1, 0].xaxis.set_major_locator(locator)
    panels[-1, 0].xaxis.set_major_formatter(ConciseDateFormatter(locator))
    panels[-1, 0].set_xlabel("month of the entry")
    drawing.supylabel("entries per month", fontsize=9.5, color=SOFT)
    sums = entries.groupby("month")["entries"].sum()
    first, last = entries["month"].min(), entries["month"].max()
    return Figure(
        drawing,
        title
        or f"{count(entries['entries'].sum())} entries from {first:%B %Y} to {last:%B %Y}; "
        f"the busiest month, {sums.idxmax():%B %Y}, has {count(sums.max())}",
        f"Bars of entries per month for {enumerate_words(names, 8)}, {first:%Y-%m} to "
        f"{last:%Y-%m}.",
        caption or "The timing of entries shows when authorities acted, not when firms did.",
        "Entries per calendar month; each list has its own vertical scale.",
        entries.sort_values(["list_id", "month"]).reset_index(drop=True),
    )


def _overlap_finding(table: pd.DataFrame, closed: pd.Series, lists: int) -> str:
    total = int(table["firms"].sum())
    if lists == 1:
        return f"{plural(total, 'firm')} on the only list, so no two lists can be compared"
    both = int(table.loc[table["lists"].map(len) > 1, "firms"].sum())
    of_all = f"of about {plural(total, 'listed firm')}"
    if (closed > 1).any():
        more = f"{count(both)} or a few more" if both else "A few"
        return f"{more} {of_all} are on more than one list"
    return f"{count(both) if both else 'None'} {of_all} are on more than one list"


def _draw_pattern_sizes(axes: Axes, patterns: pd.DataFrame) -> None:
    colours = [BLUE if len(names) > 1 else "#9db7c8" for names in patterns["lists"]]
    axes.bar(range(len(patterns)), patterns["firms"], width=0.6, color=colours)
    for position, firms in enumerate(patterns["firms"]):
        axes.annotate(
            count(firms),
            (position, firms),
            (0, 3),
            textcoords="offset points",
            ha="center",
            fontsize=8.5,
        )
    axes.set_ylabel("firms")
    axes.set_ylim(0, patterns["firms"].max() * 1.15)
    axes.tick_params(axis="x", length=0)
    show_amounts(axes, "y")


def _draw_pattern_dots(axes: Axes, patterns: pd.DataFrame, lists: dict[str, int]) -> None:
    rows = {name: position for position, name in enumerate(lists)}
    for position, names in enumerate(patterns["lists"]):
        on = sorted(rows[name] for name in names)
        axes.plot([position] * len(rows), list(rows.values()), "o", color=RULE, markersize=7)
        axes.plot([position] * len(on), on, "-o", color=INK, markersize=7, linewidth=1.6)
    label_rows(axes, [f"{name} ({firms:,})" for name, firms in lists.items()], width=34)
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    margin = max(0.6, 3 - len(patterns) / 2)
    axes.set_xlim(-margin, len(patterns) - 1 + margin)
