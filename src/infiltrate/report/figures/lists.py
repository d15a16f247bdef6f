"""Figures about the lists: whom they name, when, after how long, and where they agree."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

from infiltrate.report.figure import Figure, nothing_to_show
from infiltrate.report.inputs import require_columns
from infiltrate.report.theme import (
    BLUE,
    INK,
    PALE,
    RULE,
    SERIES,
    SOFT,
    VERMILLION,
    in_house_style,
    label_rows,
    new_drawing,
    show_amounts,
)
from infiltrate.report.wording import count, enumerate_words, percent, plural

_MOST_PATTERNS = 12


@in_house_style
def list_overlaps(
    memberships: pd.DataFrame, *, title: str | None = None, caption: str = ""
) -> Figure:
    """Show how many firms are on which combination of lists.

    Parameters
    ----------
    memberships : pandas.DataFrame
        One row per firm and list: ``company_id``, ``list_id``. Repeated rows count once.
    """
    require_columns(memberships, ["company_id", "list_id"], "list_overlaps")
    pairs = memberships[["company_id", "list_id"]].drop_duplicates()
    if pairs.empty:
        return nothing_to_show(title or "No firm is on a list", "The lists name no firm.")
    lists = pairs["list_id"].value_counts().sort_index().sort_values(ascending=False, kind="stable")
    patterns = _count_patterns(pairs)
    shown = patterns.head(_MOST_PATTERNS)
    drawing, (bars, matrix) = new_drawing(
        2.3 + 0.34 * len(lists), nrows=2, sharex=True, height_ratios=(2.0, 0.34 * len(lists) + 0.1)
    )
    _draw_pattern_sizes(bars, shown)
    _draw_pattern_dots(matrix, shown, lists)
    both = int(patterns[patterns["lists"].map(len) > 1]["firms"].sum())
    total = int(patterns["firms"].sum())
    finding = f"{count(both)} of {plural(total, 'listed firm')} are on more than one list"
    if len(lists) == 1:
        finding = f"{plural(total, 'firm')} on the only list, so no two lists can be compared"
    spoken = [f"{' and '.join(names)}: {n:,}" for names, n in shown.itertuples(index=False)]
    left_out = len(patterns) - len(shown)
    return Figure(
        drawing,
        title or finding,
        f"Overlaps of {plural(len(lists), 'list')}. Firms on exactly these lists: "
        f"{enumerate_words(spoken, _MOST_PATTERNS)}.",
        caption,
        "Firms by the exact combination of lists that name them"
        + (f"; {plural(left_out, 'rarer combination')} not drawn." if left_out else "."),
        patterns.assign(lists=patterns["lists"].map(" + ".join)),
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
    for name, axes, style in zip(names, panels[:, 0], SERIES * len(names), strict=False):
        months = entries[entries["list_id"] == name].groupby("month")["entries"].sum()
        months = months.resample("MS").sum()
        axes.bar(months.index, months.to_numpy(), width=26, align="edge", color=style.colour)
        axes.set_title(f"{name}: {plural(int(months.sum()), 'entry', 'entries')}")
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
        or f"{count(entries['entries'].sum())} entries from {first:%Y-%m} to {last:%Y-%m}; "
        f"the busiest month, {sums.idxmax():%Y-%m}, has {count(sums.max())}",
        f"Bars of entries per month for {enumerate_words(names, 8)}, {first:%Y-%m} to "
        f"{last:%Y-%m}.",
        caption or "The timing of entries shows when authorities acted, not when firms did.",
        "Entries per calendar month; each list has its own vertical scale.",
        entries.sort_values(["list_id", "month"]).reset_index(drop=True),
    )


@in_house_style
def exposure_funnel(stages: pd.DataFrame, *, title: str | None = None, caption: str = "") -> Figure:
    """Show, per list, how many firms it could see and how many it names.

    Parameters
    ----------
    stages : pandas.DataFrame
        One row per list and stage, in the order in which the stages narrow: ``list_id``,
        ``stage``, ``firms``.
    """
    require_columns(stages, ["list_id", "stage", "firms"], "exposure_funnel")
    if stages.empty or stages["firms"].max() == 0:
        return nothing_to_show(title or "No firm is exposed to a list", "Every stage is empty.")
    names = list(dict.fromkeys(stages["list_id"]))
    drawing, panels = new_drawing(
        0.8 + 0.36 * len(stages) + 0.35 * len(names),
        nrows=len(names),
        sharex=True,
        squeeze=False,
        height_ratios=[max(1, (stages["list_id"] == name).sum()) for name in names],
    )
    for name, axes in zip(names, panels[:, 0], strict=True):
        _draw_funnel(axes, stages[stages["list_id"] == name], float(stages["firms"].max()))
        axes.set_title(name)
    panels[-1, 0].set_xlabel("firms (logarithmic)")
    ends = stages.groupby("list_id", sort=False)["firms"].agg(["first", "last"])
    spoken = [
        f"{name} {count(row['first'])} to {count(row['last'])}" for name, row in ends.iterrows()
    ]
    return Figure(
        drawing,
        title or f"From exposed to listed: {enumerate_words(spoken)} firms",
        "Funnel of firms per list: "
        + enumerate_words(
            [f"{r.list_id}, {r.stage}: {r.firms:,.0f}" for r in stages.itertuples()], 24
        )
        + ".",
        caption,
        "Firms at each stage, on a logarithmic scale; the share is of the stage before.",
        stages.reset_index(drop=True),
    )


@in_house_style
def lag_histogram(
    lags: pd.Series, *, title: str | None = None, caption: str = "", what: str = "award to entry"
) -> Figure:
    """Show how long it took from the conduct seen to the entry on a list.

    Parameters
    ----------
    lags : pandas.Series
        Months from one to the other, one value per firm and list; negative when the entry
        came first.
    what : str
        From what to what.
    """
    known = pd.to_numeric(lags, errors="coerce").astype(float).dropna()
    if known.empty:
        return nothing_to_show(title or f"No time from {what} is known", "No pair has both dates.")
    drawing, axes = new_drawing(2.9)
    edges = np.arange(np.floor(known.min() / 6) * 6, known.max() + 6.01, 6)
    axes.hist(known, bins=edges, color=BLUE, edgecolor="white", linewidth=0.6)
    middle = float(known.median())
    axes.axvline(middle, color=VERMILLION, linewidth=1.4, linestyle="--")
    axes.annotate(
        f"median {middle:.0f} months",
        (middle, 1.02),
        (4, 0),
        textcoords="offset points",
        xycoords=("data", "axes fraction"),
        color=INK,
        fontsize=9,
    )
    if known.min() < 0:
        axes.axvspan(axes.get_xlim()[0], 0, color=PALE, zorder=-1)
    axes.set(xlabel=f"months from {what}", ylabel="firms")
    show_amounts(axes, "y")
    low, high = known.quantile([0.25, 0.75])
    return Figure(
        drawing,
        title or f"Half of the firms were listed within {middle:.0f} months from {what}",
        f"Histogram of {plural(len(known), 'time')} in bins of six months, from "
        f"{known.min():.0f} to {known.max():.0f} months; middle half from {low:.0f} to {high:.0f}.",
        caption,
        f"Firms per six months; {plural(len(lags) - len(known), 'pair')} without both dates left "
        "out. A shaded part lies before the event.",
    )


def _count_patterns(pairs: pd.DataFrame) -> pd.DataFrame:
    combined = pairs.sort_values("list_id").groupby("company_id")["list_id"].agg(tuple)
    counted = combined.value_counts().rename_axis("lists").reset_index(name="firms")
    order = counted.assign(name=counted["lists"].map(" ".join)).sort_values(
        ["firms", "name"], ascending=[False, True]
    )
    return order[["lists", "firms"]].reset_index(drop=True)


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


def _draw_pattern_dots(axes: Axes, patterns: pd.DataFrame, lists: pd.Series) -> None:
    rows = {name: position for position, name in enumerate(lists.index)}
    for position, names in enumerate(patterns["lists"]):
        on = sorted(rows[name] for name in names)
        axes.plot([position] * len(rows), list(rows.values()), "o", color=RULE, markersize=7)
        axes.plot([position] * len(on), on, "-o", color=INK, markersize=7, linewidth=1.6)
    label_rows(axes, [f"{name} ({firms:,})" for name, firms in lists.items()])
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    margin = max(0.6, 3 - len(patterns) / 2)
    axes.set_xlim(-margin, len(patterns) - 1 + margin)


def _draw_funnel(axes: Axes, stages: pd.DataFrame, widest: float) -> None:
    firms = stages["firms"].to_numpy(float)
    drawn = np.where(firms > 0, firms, np.nan)
    axes.barh(range(len(firms)), drawn, height=0.6, color=BLUE, left=0.7)
    axes.set_xscale("log")
    axes.set_xlim(0.7, widest * 12)
    for position, number in enumerate(firms):
        before = firms[position - 1] if position else 0
        share = f"  ({percent(number / before)})" if before else ""
        axes.annotate(
            f"{count(number)}{share}",
            (max(number, 0.7), position),
            (5, 0),
            textcoords="offset points",
            va="center",
            fontsize=8.5,
        )
    label_rows(axes, list(stages["stage"]))
    show_amounts(axes)
    axes.minorticks_off()
