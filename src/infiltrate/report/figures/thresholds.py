"""Figures of legal thresholds: density below and above, buyers, and purchases cut into pieces."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator

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
    label_rows,
    legend_on_top,
    new_drawing,
    patch,
    rows_height,
)
from infiltrate.report.wording import amount, count, enumerate_words, interval, plural

_SMALLEST_Q = 1e-6


def name_threshold(row: Any) -> str:
    """Return a threshold in words: ``direct award, works: 150,000 EUR from 2021``."""
    regime = str(row.regime).replace("_", " ")
    what = regime if row.category == "any" else f"{regime}, {row.category}"
    return f"{what}: {amount(row.amount, row.currency)} from {row.valid_from.year}"


@in_house_style
def threshold_densities(charts: Sequence[Any], tests: pd.DataFrame, *, caption: str = "") -> Figure:
    """Show contracts around each threshold, with the counterfactual and the excess below it.

    Parameters
    ----------
    charts : sequence
        Charts with ``threshold`` and ``bunching`` (``bins``, ``excess``, ``excess_low``,
        ``excess_high``, ``contracts``).
    tests : pandas.DataFrame
        One row per threshold: ``regime``, ``category``, ``valid_from``, ``jump_p_value``,
        ``state``.
    """
    if not charts:
        return nothing_to_show(
            "Bunching below thresholds cannot be measured",
            "No legal threshold of the parameters has 200 contracts of its kind, currency and time "
            "within reach, or the parameters hold no threshold.",
        )
    order = sorted(charts, key=lambda chart: -chart.bunching.contracts)
    drawn = order[:MOST_PANELS]
    drawing, panels = new_panels(len(drawn), columns=2, height=2.15)
    found = tests[tests["buyer_id"].isna()].set_index(["regime", "category", "valid_from"])
    spoken, beyond, numbers = [], [], []
    for axes, chart in zip(panels, drawn, strict=True):
        name = name_threshold(chart.threshold)
        row = found.loc[
            (chart.threshold.regime, chart.threshold.category, chart.threshold.valid_from)
        ]
        said = _draw_density(axes, chart, float(row["jump_p_value"]))
        name_panel(axes, name, 46)
        spoken.append(f"{name}: {said}")
        numbers.append(chart.bunching.bins.assign(threshold=name))
        if chart.bunching.excess_low > 0:
            beyond.append(name)
    for axes in panels[::2]:
        axes.set_ylabel("contracts", fontsize=8.5)
    handles = [
        patch(Style(SKY), "contracts"),
        Line2D([], [], color=INK, label="expected from the rest"),
        patch(Style("#f7e3d4"), "window below"),
        patch(Style("#eef0f1"), "window above"),
    ]
    legend_on_top(drawing, handles)
    finding = (
        f"Below {len(beyond)} of {plural(len(charts), 'threshold')} there are more contracts than "
        f"the rest leads to expect, first {beyond[0]}"
        if beyond
        else f"Below none of {plural(len(charts), 'threshold')} there are more contracts than "
        "chance explains"
    )
    return Figure(
        drawing,
        finding,
        f"{plural(len(drawn), 'panel')}. {enumerate_words(spoken, MOST_PANELS)}.",
        caption
        or "Excess with its interval from drawing buyers anew; the p value is of a jump of the "
        "density at the threshold. A round amount draws contracts of itself.",
        "Contracts per bin of equal logarithmic width around the threshold (upright line), of its "
        "kind and currency while it was in force.",
        pd.concat(numbers, ignore_index=True),
    )


@in_house_style
def buyers_at_thresholds(tests: pd.DataFrame, *, caption: str = "") -> Figure:
    """Show large buyers by how far the density of their contracts falls at a threshold.

    Parameters
    ----------
    tests : pandas.DataFrame
        One row per threshold and buyer: ``left``, ``right``, ``q_value``, ``state``; rows without
        ``buyer_id`` are of all buyers and left out. Buyers are not named.
    """
    require_columns(
        tests, ["buyer_id", "left", "right", "q_value", "state"], "buyers_at_thresholds"
    )
    rows = tests[tests["buyer_id"].notna() & tests["q_value"].notna()]
    if rows.empty:
        return nothing_to_show(
            "No buyer can be tested alone",
            "No buyer has contracts enough within reach of a threshold.",
        )
    left, right = rows["left"].clip(lower=0), rows["right"].clip(lower=0)
    fall = ((left - right) / np.maximum(left, right).replace(0, np.nan)).fillna(0)
    q_value = rows["q_value"].clip(lower=_SMALLEST_Q)
    flagged = (rows["state"] == "flag").to_numpy()
    drawing, axes = new_drawing(3.3)
    axes.axvline(0, color=SOFT, linewidth=0.8)
    axes.axhline(0.05, color=SOFT, linewidth=0.8, linestyle="--")
    axes.plot(fall[~flagged], q_value[~flagged], "o", color=BLUE, markerfacecolor="white")
    axes.plot(fall[flagged], q_value[flagged], "D", color=VERMILLION, markeredgecolor=INK)
    axes.set_yscale("log")
    axes.set_ylim(1.6, min(0.01, q_value.min() / 2))
    axes.set_xlim(-1.05, 1.05)
    axes.minorticks_off()
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.set(
        xlabel="density just below minus just above, over the larger of the two",
        ylabel="q value (upwards: surer)",
    )
    axes.grid(color=RULE)
    handles = [
        Line2D(
            [],
            [],
            color=BLUE,
            marker="o",
            markerfacecolor="white",
            linestyle="",
            label="no fall beyond chance",
        ),
        Line2D(
            [],
            [],
            color=VERMILLION,
            marker="D",
            markeredgecolor=INK,
            linestyle="",
            label="falls beyond chance",
        ),
    ]
    legend_on_top(drawing, handles)
    number, buyers = int(flagged.sum()), rows["buyer_id"].nunique()
    finding = (
        f"{number} of {plural(len(rows), 'test')} on {plural(buyers, 'large buyer')} find fewer "
        "contracts just above a threshold than just below"
        if number
        else f"None of {plural(len(rows), 'test')} on {plural(buyers, 'large buyer')} finds the "
        "density to fall at a threshold beyond chance"
    )
    return Figure(
        drawing,
        finding,
        f"Scatter of {plural(len(rows), 'test')}: fall from {fall.min():.2f} to {fall.max():.2f}, "
        f"smallest q value {rows['q_value'].min():.3g}.",
        caption
        or "At the right the density falls at the threshold. False discoveries are "
        "controlled among the buyers at each threshold (Benjamini and Hochberg); dashed: 0.05.",
        "One mark per buyer and threshold with contracts enough; buyers are not named.",
        pd.DataFrame({"fall": fall, "q_value": rows["q_value"], "contracts": rows["contracts"]}),
    )


@in_house_style
def splitting_counts(tests: pd.DataFrame, *, caption: str = "") -> Figure:
    """Show how many purchases reach a threshold in pieces, beside a shuffled calendar.

    Parameters
    ----------
    tests : pandas.DataFrame
        One row per threshold: ``regime``, ``category``, ``amount``, ``currency``, ``valid_from``,
        ``observed``, ``expected``, ``expected_low``, ``expected_high``, ``p_value``, ``state``.
    """
    require_columns(tests, ["observed", "expected", "state", "detail"], "splitting_counts")
    rows = tests[tests["state"] != "not_computable"].reset_index(drop=True)
    if rows.empty:
        why = enumerate_words(sorted(set(tests["detail"].astype(str))), 3) if len(tests) else ""
        return nothing_to_show(
            "Splitting cannot be tested",
            f"Too few purchases are repeated below the thresholds ({why})."
            if why
            else "The parameters hold no threshold.",
        )
    drawing, axes = new_drawing(rows_height(len(rows), each=0.4))
    places = range(len(rows))
    axes.hlines(places, rows["expected_low"], rows["expected_high"], color="#9aa4ad", linewidth=7)
    axes.plot(rows["expected"], places, "|", color=INK, markersize=11)
    for place, row in enumerate(rows.itertuples()):
        flag = row.state == "flag"
        axes.plot(
            row.observed,
            place,
            "D" if flag else "o",
            markeredgecolor=INK,
            color=VERMILLION if flag else BLUE,
        )
        axes.annotate(
            f"p = {row.p_value:.2g}",
            (1, place),
            (4, 0),
            va="center",
            fontsize=8,
            xycoords=("axes fraction", "data"),
            textcoords="offset points",
            color=SOFT,
        )
    label_rows(axes, [name_threshold(row) for row in rows.itertuples()], width=34)
    axes.set_xlabel("purchases that complete a sum above the threshold")
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.grid(axis="x")
    handles = [
        Line2D([], [], color=BLUE, marker="o", linestyle="", label="observed"),
        Line2D([], [], color=VERMILLION, marker="D", linestyle="", label="beyond chance"),
        Line2D([], [], color="#9aa4ad", linewidth=7, label="95% of shuffled calendars"),
    ]
    legend_on_top(drawing, handles)
    number = int((rows["state"] == "flag").sum())
    finding = (
        f"At {number} of {plural(len(rows), 'threshold')} more purchases are cut into pieces than "
        "the buyers' calendar explains"
        if number
        else f"At none of {plural(len(rows), 'threshold')} are more purchases cut into pieces than "
        "the buyers' calendar explains"
    )
    spoken = [
        f"{name_threshold(r)}: {count(r.observed)} seen, {r.expected:.1f} expected, "
        f"p {r.p_value:.2g}"
        for r in rows.itertuples()
    ]
    return Figure(
        drawing,
        finding,
        f"{enumerate_words(spoken, 12)}.",
        caption
        or f"{plural(len(tests) - len(rows), 'threshold')} left out: too few repeated purchases "
        "below. Null: purchases of a buyer change days among one another, so what is regular is "
        "expected.",
        "Purchases of one buyer from one supplier, of one kind and product, each below the "
        "threshold, with which the sum of the window reaches it.",
        rows,
    )


def _draw_density(axes: Axes, chart: Any, p_value: float) -> str:
    found, level = chart.bunching, float(chart.threshold.amount)
    bins = found.bins
    edges = np.log(bins["amount"].to_numpy(float))
    width = np.diff(edges).mean()
    # two bins to a bar: single bins are mostly noise to the eye
    pairs = len(bins) // 2
    seen = bins["observed"].to_numpy(float)[: 2 * pairs].reshape(-1, 2).sum(axis=1)
    usual = bins["expected"].to_numpy(float)[: 2 * pairs].reshape(-1, 2).sum(axis=1)
    middle = edges[: 2 * pairs].reshape(-1, 2).mean(axis=1)
    window = bins["in_window"].to_numpy(bool)
    below, above = window & (edges < np.log(level)), window & (edges >= np.log(level))
    for mask, colour in ((below, "#f7e3d4"), (above, "#eef0f1")):
        if mask.any():
            axes.axvspan(
                edges[mask].min() - width / 2, edges[mask].max() + width / 2, color=colour, zorder=0
            )
    axes.bar(middle, seen, width=1.8 * width, color=SKY)
    axes.plot(middle, usual, color=INK, linewidth=1.2)
    axes.axvline(np.log(level), color=VERMILLION, linewidth=1)
    ticks = np.log(level * np.array([0.5, 1, 2]))
    axes.set_xticks(ticks, [amount(float(np.exp(tick))) for tick in ticks])
    axes.set_ylim(0, 1.3 * max(seen.max(), usual.max()))
    said = interval(found.excess, found.excess_low, found.excess_high, "{:+.0f}".format)
    words = f"excess {said}"
    words += f"\njump p = {p_value:.2g}" if np.isfinite(p_value) else ""
    axes.annotate(words, (0.98, 0.96), xycoords="axes fraction", ha="right", va="top", fontsize=7.5)
    return words.replace("\n", ", ")
