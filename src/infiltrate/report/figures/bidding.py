"""Figures of bids: screens, bids that stand close, and groups of bidders against chance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from infiltrate.report.figure import Figure, nothing_to_show
from infiltrate.report.figures.panels import MOST_PANELS, name_panel, new_panels
from infiltrate.report.inputs import require_columns
from infiltrate.report.theme import (
    BLUE,
    INK,
    RULE,
    SKY,
    SOFT,
    VERMILLION,
    Style,
    in_house_style,
    legend_on_top,
    new_drawing,
    patch,
    show_shares,
)
from infiltrate.report.wording import count, enumerate_words, interval, percent, plural

_BINS = 30
_MOST_POINTS = 1_500
NO_PRODUCT = "no product"


@in_house_style
def screen_distributions(
    results: pd.DataFrame, summary: pd.DataFrame, *, caption: str = ""
) -> Figure:
    """Show how screens of bids are distributed over lots, and where the flag begins.

    Parameters
    ----------
    results : pandas.DataFrame
        One row per screen and lot: ``indicator``, ``state``, ``value``, ``threshold``.
    summary : pandas.DataFrame
        One row per screen: ``indicator``, ``title``, ``base_rate``, ``low``, ``high``.
    """
    require_columns(results, ["indicator", "state", "value", "threshold"], "screen_distributions")
    known = results[(results["state"] != "not_computable") & results["value"].notna()]
    if known.empty:
        return nothing_to_show(
            "No lot can be screened",
            "Screens need the amounts of three valid bids or more, losing ones among them. This "
            "study has none: its sources publish winners only, or no amounts of losing bids.",
        )
    rows = summary.set_index("indicator")
    drawn = sorted(known["indicator"].unique())[:MOST_PANELS]
    drawing, panels = new_panels(len(drawn))
    spoken, numbers = [], []
    for axes, code in zip(panels, drawn, strict=True):
        part, row = known[known["indicator"] == code], rows.loc[code]
        _draw_screen(axes, part)
        rate = interval(row["base_rate"], row["low"], row["high"], percent)
        name_panel(axes, f"{row['title']}: on in {rate}", 27)
        values = part["value"]
        spoken.append(f"{row['title']} median {values.median():.3g}, {rate} on")
        quartiles = values.quantile([0.05, 0.25, 0.5, 0.75, 0.95])
        numbers.append(
            {"screen": row["title"], "lots": len(values)}
            | {f"p{100 * q:.0f}": v for q, v in quartiles.items()}
            | {"on": rate}
        )
    lots = int(known.groupby("indicator").size().max())
    legend_on_top(
        drawing, [patch(Style(SKY), "clear"), patch(Style(VERMILLION), "flag")], columns=2
    )
    for axes in panels[:: min(3, len(panels))]:
        axes.set_ylabel("lots", fontsize=8.5)
    often = rows.loc[drawn, "base_rate"]
    finding = (
        f"{count(lots)} lots have bids enough; {rows.loc[often.idxmax(), 'title'].lower()} is on "
        f"in {percent(often.max())} of them, {rows.loc[often.idxmin(), 'title'].lower()} in "
        f"{percent(often.min())}"
    )
    return Figure(
        drawing,
        finding,
        f"Histograms of {plural(len(drawn), 'screen')}: {enumerate_words(spoken, MOST_PANELS)}.",
        caption
        or "A screen that is on for most lots separates nothing: its limit is another country's. "
        "Values beyond the middle 98% are drawn at the edges.",
        "Lots by the value of each screen (a number without unit); in the titles the share on, "
        "with its interval.",
        pd.DataFrame(numbers),
    )


@in_house_style
def closest_bids(screens: Any, *, caption: str = "") -> Figure:
    """Show how close the three closest bids of lots stand, beside what chance leads to.

    Parameters
    ----------
    screens : object
        ``bins`` (``low``, ``high``, ``observed``, ``expected``, ``expected_low``,
        ``expected_high``), ``tested``, ``tight``, ``tight_low``, ``tight_high``; ``reason`` is said
        in place of the figure when there are no bins.
    """
    if screens.bins.empty:
        return nothing_to_show("Bids that stand close cannot be tested", screens.reason)
    bins = screens.bins
    drawing, axes = new_drawing(3.0)
    middle, width = (bins["low"] + bins["high"]) / 2, bins["high"] - bins["low"]
    axes.bar(middle, bins["observed"], width=0.92 * width, color=SKY)
    axes.plot(middle, bins["expected"], color=INK, linewidth=1.3)
    axes.fill_between(
        middle, bins["expected_low"], bins["expected_high"], color=INK, alpha=0.18, linewidth=0
    )
    axes.set(
        xlabel="spread of the closest three bids over the spread of all bids on the lot",
        ylabel="share of lots",
    )
    show_shares(axes, "y")
    handles = [
        patch(Style(SKY), "lots"),
        Line2D([], [], color=INK, label="if standardised bids changed lots (band: 95%)"),
    ]
    legend_on_top(drawing, handles, columns=2)
    share = interval(screens.tight, screens.tight_low, screens.tight_high, percent)
    more = screens.tight_low > 0.05
    finding = f"In {share} of {count(screens.tested)} lots three bids stand closer than in 95% of "
    finding += "chance" + (", more than the 5% expected" if more else ": no more than expected")
    return Figure(
        drawing,
        finding,
        f"Histogram against chance. {finding}.",
        caption
        or "The null keeps each lot's number of bids, mean and spread. Bids made up around one "
        "another stand close; so do those of bidders with the same costs.",
        "Share of lots with five bids or more, by how close their closest three bids stand (0: the "
        "same amount).",
        bins,
    )


@in_house_style
def group_scatter(
    groups: pd.DataFrame, chance: pd.DataFrame, *, markets: int, caption: str = ""
) -> Figure:
    """Show groups of bidders by cohesion and exclusivity, over the best groups of random markets.

    Parameters
    ----------
    groups : pandas.DataFrame
        One row per group: ``members``, ``lots``, ``cohesion``, ``exclusivity``, ``q_value``,
        ``state``. Companies are not shown.
    chance : pandas.DataFrame
        One row per random market: ``cohesion`` and ``exclusivity`` of its strongest group.
    markets : int
        Markets looked at.
    """
    require_columns(groups, ["members", "cohesion", "exclusivity"], "group_scatter")
    if groups.empty:
        return nothing_to_show(
            "No group of bidders keeps meeting",
            f"In {plural(markets, 'market')} no three bidders shared tenders often enough. Where a "
            "study lists winners only there are no meetings to look at."
            if markets
            else "This study names no losing bidders, so nobody can be seen to meet.",
        )
    drawing, axes = new_drawing(3.9)
    step = max(1, len(chance) // _MOST_POINTS)
    shown = chance.sort_values(["market", "strength"]).iloc[::step]
    axes.plot(shown["exclusivity"], shown["cohesion"], ".", color="#b9c2c9", markersize=3, zorder=1)
    flagged = groups["state"] == "flag"
    for rows, colour, marker, order in (
        (groups[~flagged], "white", "o", 2),
        (groups[flagged], VERMILLION, "D", 3),
    ):
        size = 14 + 5 * rows["members"].clip(upper=20)
        axes.scatter(
            rows["exclusivity"],
            rows["cohesion"],
            s=size,
            color=colour,
            marker=marker,
            edgecolor=BLUE if colour == "white" else INK,
            linewidth=0.9,
            zorder=order,
        )
    axes.set(
        xlabel="exclusivity: share of their meetings that are among themselves",
        ylabel="cohesion: tenders shared\nover those bid in by either",
    )
    show_shares(axes, "x")
    axes.grid(color=RULE)
    axes.set_ylim(0, None)
    handles = [
        Line2D([], [], color="#b9c2c9", marker=".", linestyle="", label="strongest by chance"),
        Line2D(
            [], [], color=BLUE, markerfacecolor="white", marker="o", linestyle="", label="group"
        ),
        Line2D(
            [],
            [],
            color=VERMILLION,
            marker="D",
            markeredgecolor=INK,
            linestyle="",
            label="beyond chance",
        ),
    ]
    legend_on_top(drawing, handles)
    number = int(flagged.sum())
    mixed = groups["group_id"].astype(str).str.contains(NO_PRODUCT).mean() > 0.5
    finding = (
        f"{number} of {plural(len(groups), 'group')} of bidders meet more often than chance "
        f"explains"
        if number
        else f"None of {plural(len(groups), 'group')} of bidders meets more often than chance "
        "explains"
    )
    if mixed:
        finding = "Products are not recorded, so trades look like groups. " + finding
    return Figure(
        drawing,
        finding,
        f"Scatter of {plural(len(groups), 'group')} in {plural(markets, 'market')} over "
        f"{count(len(chance))} groups of random markets. Cohesion of groups up to "
        f"{groups['cohesion'].max():.2f}, of random ones up to {chance['cohesion'].max():.2f}.",
        caption
        or "Random markets keep how many tenders each bidder bid in and how many bidders each "
        "tender had. Verdicts are by strength, with false discoveries over markets controlled. "
        "Partners in consortia and specialists meet often as well: a group is a reason to look.",
        "One mark per group, larger with more members; grey: the strongest group of each random "
        "market.",
        groups[["members", "lots", "cohesion", "exclusivity", "strength", "q_value", "state"]],
    )


def _draw_screen(axes: Axes, part: pd.DataFrame) -> None:
    low, high = part["value"].quantile([0.01, 0.99])
    if high <= low:
        low, high = low - 0.5, high + 0.5
    edges = np.linspace(low, high, _BINS + 1)
    states: Mapping[str, str] = {"clear": SKY, "flag": VERMILLION}
    values = [part.loc[part["state"] == state, "value"].clip(low, high) for state in states]
    axes.hist(values, list(edges), stacked=True, color=list(states.values()), linewidth=0)
    limit = part["threshold"].dropna().unique()
    if len(limit) == 1 and low <= limit[0] <= high:
        axes.axvline(limit[0], color=INK, linewidth=1, linestyle="--")
    axes.grid(axis="y", color=RULE)
    axes.tick_params(colors=SOFT)
