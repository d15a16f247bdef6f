"""Figures of flags held as tests: rates by year and market, and lifts on what is known."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter

from infiltrate.report.figure import Figure, nothing_to_show
from infiltrate.report.figures.panels import MOST_PANELS, name_panel, new_panels
from infiltrate.report.inputs import require_columns
from infiltrate.report.theme import (
    BLUE,
    INK,
    RULE,
    SERIES,
    SOFT,
    VERMILLION,
    Style,
    in_house_style,
    label_rows,
    legend_on_top,
    new_drawing,
    rows_height,
    show_shares,
)
from infiltrate.report.wording import count, enumerate_words, interval, percent, plural

_FEWEST_UNITS = 30
_UNDATED = "missing"
_VERDICTS = {
    "informative": Style(BLUE, marker="o"),
    "wrong way": Style(VERMILLION, marker="v"),
    "uninformative": Style("white", marker="o"),
}
_LIFT_TICKS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20)


@in_house_style
def flag_rates_by_year(
    rates: pd.DataFrame, titles: Mapping[str, str], *, caption: str = ""
) -> Figure:
    """Show how often flags are on by year and market, for those that differ most.

    Parameters
    ----------
    rates : pandas.DataFrame
        One row per ``indicator``, ``year`` and ``market``: ``computable``, ``base_rate``, ``low``,
        ``high``. Cells with fewer than 30 computable units, undated ones and those of no recorded
        kind are not drawn.
    titles : mapping of str to str
        Title of each indicator.
    """
    require_columns(
        rates, ["indicator", "year", "market", "computable", "base_rate"], "flag_rates_by_year"
    )
    shown = rates[rates["computable"] >= _FEWEST_UNITS]
    shown = shown[(shown["year"] != _UNDATED) & (shown["market"] != _UNDATED)]
    shown = shown.dropna(subset=["base_rate"])
    order = _order_by_change(shown)
    if not order:
        return nothing_to_show(
            "No flag can be followed over years",
            f"No flag is computable for {_FEWEST_UNITS} units of a year and kind of purchase.",
        )
    drawn = order[:MOST_PANELS]
    markets = sorted(shown.loc[shown["indicator"].isin(drawn), "market"].unique())
    styles = {market: SERIES[i % len(SERIES)] for i, market in enumerate(markets)}
    drawing, panels = new_panels(len(drawn))
    for axes, code in zip(panels, drawn, strict=True):
        _draw_rates(axes, shown[shown["indicator"] == code], styles)
        name_panel(axes, titles.get(code, code))
    handles = [
        Line2D([], [], color=s.colour, marker=s.marker, label=market)
        for market, s in styles.items()
    ]
    legend_on_top(drawing, handles, columns=5)
    first = shown[shown["indicator"] == order[0]]
    low, high = first.loc[first["base_rate"].idxmin()], first.loc[first["base_rate"].idxmax()]
    finding = (
        f"{titles.get(order[0], order[0])} differs most between years and kinds of purchase: "
        f"{percent(low['base_rate'])} ({low['market']}, {low['year']}) to "
        f"{percent(high['base_rate'])} ({high['market']}, {high['year']})"
    )
    return Figure(
        drawing,
        finding,
        f"{plural(len(drawn), 'panel')} of base rates by year. "
        + enumerate_words([_speak_rates(shown, code, titles) for code in drawn], MOST_PANELS)
        + ".",
        caption
        or f"{_say_drawn(len(drawn), len(order))}, those first that differ most between years and "
        "kinds of purchase for their uncertainty. A jump speaks of data or law more often than of "
        "crime. All of them are in the table contract_base_rates.",
        "Share of computable units that are flagged, by year of the unit and kind of purchase; "
        "lines are intervals that know buyers and suppliers.",
        shown[shown["indicator"].isin(drawn)].reset_index(drop=True),
    )


@in_house_style
def flag_lifts(
    verdicts: pd.DataFrame, titles: Mapping[str, str], *, what: str, caption: str = ""
) -> Figure:
    """Show how many times more often flags are on where the outcome is known.

    Parameters
    ----------
    verdicts : pandas.DataFrame
        One row per ``indicator``: ``flags_on_known``, ``expected``, ``lift``, ``low``, ``high``,
        ``verdict``.
    titles : mapping of str to str
        Title of each indicator.
    what : str
        The outcome, as in "contracts of suppliers listed later".
    """
    require_columns(verdicts, ["indicator", "lift", "low", "high", "verdict"], "flag_lifts")
    rows = verdicts.dropna(subset=["lift"]).sort_values(
        ["lift", "indicator"], ascending=[False, True], ignore_index=True
    )
    if rows.empty:
        return nothing_to_show(
            "No flag can be held against a list",
            "No unit that can be judged is known, or no flag differs within a market and year.",
        )
    labels = [titles.get(code, code) for code in rows["indicator"]]
    drawing, axes = new_drawing(rows_height(len(rows), each=0.27))
    _draw_lifts(axes, rows)
    label_rows(axes, labels, width=40)
    axes.tick_params(axis="y", labelsize=8.5)
    handles = [
        Line2D(
            [],
            [],
            color=style.colour,
            marker=style.marker,
            linestyle="",
            markeredgecolor=INK,
            label=name,
        )
        for name, style in _VERDICTS.items()
    ]
    legend_on_top(drawing, handles)
    return Figure(
        drawing,
        _lift_finding(rows, labels, what, len(verdicts)),
        f"Lifts with intervals of {plural(len(rows), 'flag')}: "
        + enumerate_words(
            [
                f"{label} {interval(r.lift, r.low, r.high, '{:.2g}'.format)}, {r.verdict}"
                for label, r in zip(labels, rows.itertuples(), strict=True)
            ],
            20,
        )
        + ".",
        caption
        or "Verdicts control false discoveries over all flags. A unit that is not known is "
        "unknown, not innocent: where lists miss much, lifts are too small.",
        f"Flags on {what}, over the number expected if outcomes changed places within market and "
        "year (logarithmic); at the right: flags seen (expected).",
        rows,
    )


def _say_drawn(drawn: int, flags: int) -> str:
    return f"{drawn} of {plural(flags, 'flag')}" if drawn < flags else plural(flags, "flag")


def _order_by_change(rates: pd.DataFrame) -> list[str]:
    """Return indicators by how far their rates differ, in widths of their intervals."""
    rates = rates.assign(width=(rates["high"] - rates["low"]).clip(lower=1e-3))
    change = {}
    for code, part in rates.groupby("indicator"):
        spread = part["base_rate"].max() - part["base_rate"].min()
        change[str(code)] = float(spread / part["width"].median()) if len(part) > 1 else -1.0
    return sorted(change, key=lambda code: (-np.nan_to_num(change[code]), code))


def _draw_rates(axes: Axes, part: pd.DataFrame, styles: Mapping[str, Style]) -> None:
    years = sorted(part["year"].unique())
    markets = sorted(part["market"].unique())
    for place, market in enumerate(markets):
        own = part[part["market"] == market].sort_values("year")
        x = np.array([years.index(year) for year in own["year"]]) + 0.12 * (
            place - (len(markets) - 1) / 2
        )
        style = styles[market]
        axes.vlines(x, own["low"], own["high"], color=style.colour, linewidth=1)
        axes.plot(
            x,
            own["base_rate"],
            color=style.colour,
            marker=style.marker,
            linestyle=style.line,
            markersize=3.5,
            linewidth=1.2,
        )
    axes.set_xticks(range(len(years)), [f"’{year[-2:]}" for year in years])
    top = np.nanmax([part["base_rate"].max(), part["high"].quantile(0.9), 0.01])
    axes.set_ylim(-0.03 * top, 1.08 * top)
    show_shares(axes, "y")


def _speak_rates(rates: pd.DataFrame, code: str, titles: Mapping[str, str]) -> str:
    part = rates.loc[rates["indicator"] == code, "base_rate"]
    return f"{titles.get(code, code)} {percent(part.min())} to {percent(part.max())}"


def _draw_lifts(axes: Axes, rows: pd.DataFrame) -> None:
    least, most = 0.08, max(4.0, float(np.nanmax(rows["lift"])) * 2.2)
    low, high = rows["low"].clip(least, most), rows["high"].clip(least, most)
    axes.axvline(1, color=SOFT, linewidth=0.9)
    for place, row in enumerate(rows.itertuples()):
        style = _VERDICTS.get(str(row.verdict), _VERDICTS["uninformative"])
        colour = SOFT if style.colour == "white" else style.colour
        axes.hlines(place, low[place], high[place], color=colour, linewidth=1.6)
        axes.plot(
            max(row.lift, least), place, style.marker, color=style.colour, markeredgecolor=colour
        )
        axes.annotate(
            f"{count(row.flags_on_known)} ({row.expected:.1f})",
            (1, place),
            (4, 0),
            xycoords=("axes fraction", "data"),
            textcoords="offset points",
            va="center",
            fontsize=8,
            color=SOFT,
        )
    axes.set_xscale("log")
    axes.set_xlim(least, most)
    ticks = [tick for tick in _LIFT_TICKS if least <= tick <= most]
    axes.set_xticks(ticks)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.minorticks_off()
    axes.grid(axis="x")
    axes.set_xlabel("times as often as expected")
    axes.hlines(range(len(rows)), least, most, color=RULE, linewidth=0.4, zorder=0)


def _lift_finding(rows: pd.DataFrame, labels: list[str], what: str, tried: int) -> str:
    good = [n for n, v in zip(labels, rows["verdict"], strict=True) if v == "informative"]
    wrong = int((rows["verdict"] == "wrong way").sum())
    if not good:
        sentence = f"None of {plural(tried, 'flag')} is on more often than chance on {what}"
    else:
        sentence = f"{len(good)} of {plural(tried, 'flag')} are on more often on {what}, "
        sentence += f"most of all {good[0].lower()}"
    return sentence + (f"; {wrong} run the wrong way" if wrong else "")
