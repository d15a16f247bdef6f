"""Figures of the risk index: cut points in both halves of the buyers, years, and the index."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    SOFT,
    VERMILLION,
    Style,
    in_house_style,
    label_rows,
    legend_on_top,
    new_drawing,
    patch,
    show_shares,
)
from infiltrate.report.wording import count, enumerate_words, percent, plural

_OTHER = "#E69F00"
_PLAIN = "#96c1db"
_LEVELS = {0.5: Style("#f7e3d4"), 1.0: Style("#eab896")}
_NORMAL = 1.96
_FEWEST_PANELS = 6


@in_house_style
def calibrated_bins(
    calibrations: Sequence[Any], titles: Mapping[str, str], *, outcome: str, caption: str = ""
) -> Figure:
    """Show, bin by bin, how much more often the outcome is, in both halves of the buyers.

    Parameters
    ----------
    calibrations : sequence
        Calibrations: ``indicator``, ``status``, ``reason``, ``bins`` and ``segments``. Validated
        ones come first, then those with the largest differences.
    titles : mapping of str to str
        Title of each indicator.
    outcome : str
        The outcome in words: "single bids".
    """
    usable = [found for found in calibrations if len(found.bins) > 1]
    if not usable:
        return nothing_to_show(
            "No cut point can be sought",
            "No indicator of this study varies on enough contracts with a known outcome.",
        )
    order = sorted(usable, key=lambda found: (found.status != "validated", -_reach(found)))
    good = [found for found in order if found.status == "validated"]
    drawn = order[: min(MOST_PANELS, max(_FEWEST_PANELS, len(good)))]
    drawing, panels = new_panels(len(drawn), height=1.95)
    for axes, found in zip(panels, drawn, strict=True):
        _draw_bins(axes, found)
        verdict = "validated" if found.status == "validated" else "left out"
        name_panel(axes, f"{titles.get(found.indicator, found.indicator)}: {verdict}")
    drawing.supylabel(f"difference in the share of {outcome}, points", fontsize=8.5, color=SOFT)
    drawing.supxlabel(
        "value of the indicator, from low to high (bins of equal size)", fontsize=8.5, color=SOFT
    )
    handles = [
        Line2D([], [], color=BLUE, marker="o", label="half of the buyers"),
        Line2D([], [], color=_OTHER, marker="s", linestyle="--", label="the other half"),
        *(patch(style, f"level {level:g}") for level, style in _LEVELS.items()),
    ]
    legend_on_top(drawing, handles)
    wrong = sum(found.runs_the_wrong_way for found in calibrations)
    finding = (
        f"{len(good)} of {plural(len(calibrations), 'indicator')} have cut points that other "
        f"buyers confirm: {enumerate_words([titles.get(f.indicator, f.indicator) for f in good])}"
        if good
        else f"None of {plural(len(calibrations), 'indicator')} has a cut point that other buyers "
        "confirm"
    )
    finding += f"; {wrong} against the literature's direction" if wrong else ""
    return Figure(
        drawing,
        finding,
        f"{plural(len(drawn), 'panel')}. "
        + enumerate_words([_speak(found, titles) for found in drawn], MOST_PANELS)
        + ".",
        caption
        or "A panel whose two lines disagree shows habits of some buyers, no property of the "
        "indicator; such an indicator leaves the index.",
        f"Difference to the mean share of {outcome}, in percentage points, with value, buyer, "
        "product, area and year held fixed; lines are 95% intervals by buyer.",
        pd.concat(
            [found.bins.assign(indicator=found.indicator) for found in drawn], ignore_index=True
        ),
    )


@in_house_style
def sign_stability(
    calibrations: Sequence[Any], titles: Mapping[str, str], *, outcome: str, caption: str = ""
) -> Figure:
    """Show year by year whether levels of risk keep their sign.

    Parameters
    ----------
    calibrations, titles, outcome
        As in `calibrated_bins`; only indicators that other buyers confirmed have ``years``.
    """
    usable = [found for found in calibrations if len(found.years)]
    if not usable:
        return nothing_to_show(
            "No indicator got as far as the years",
            "The sign is followed over years only where other buyers confirm the cut points.",
        )
    drawn = usable[:MOST_PANELS]
    drawing, panels = new_panels(len(drawn))
    steady = 0
    for axes, found in zip(panels, drawn, strict=True):
        years = found.years.sort_values("year")
        half = _NORMAL * years["error"]
        places = np.arange(len(years))
        colours = [BLUE if effect > 0 else VERMILLION for effect in years["effect"]]
        axes.axhline(0, color=SOFT, linewidth=0.9)
        axes.vlines(places, 100 * (years["effect"] - half), 100 * (years["effect"] + half), colours)
        for place, effect, colour in zip(places, years["effect"], colours, strict=True):
            axes.plot(place, 100 * effect, "o" if effect > 0 else "v", color=colour, markersize=5)
        axes.set_xticks(places, [str(int(year)) for year in years["year"]])
        axes.grid(axis="y")
        name_panel(axes, titles.get(found.indicator, found.indicator))
        steady += int((years["effect"] > 0).all())
    drawing.supylabel(f"difference in {outcome}, points", fontsize=8.5, color=SOFT)
    return Figure(
        drawing,
        f"{steady} of {plural(len(usable), 'indicator')} that other buyers confirm keep their sign "
        "in every year",
        enumerate_words(
            [
                f"{titles.get(f.indicator, f.indicator)}: "
                f"{int((f.years['effect'] > 0).sum())} of {plural(len(f.years), 'year')}"
                for f in drawn
            ],
            MOST_PANELS,
        )
        + " with the same sign.",
        caption or "A sign that turns in more than one year of five takes the indicator out.",
        f"Difference in the share of {outcome} between risky values and the others, percentage "
        "points, by year; lines are 95% intervals by buyer. Triangles: the sign is turned.",
        pd.concat([f.years.assign(indicator=f.indicator) for f in drawn], ignore_index=True),
    )


@in_house_style
def index_density(
    scores: pd.DataFrame, by_group: pd.DataFrame, *, what: str = "contracts", caption: str = ""
) -> Figure:
    """Show how the index is distributed, how far it hangs on one component, and where it is high.

    Parameters
    ----------
    scores : pandas.DataFrame
        One row per unit: ``cri``, ``cri_low``, ``cri_high``, ``components``.
    by_group : pandas.DataFrame
        Mean index: ``group``, ``units``, ``mean``, ``low``, ``high``.
    what : str
        The units.
    """
    require_columns(scores, ["cri", "cri_low", "cri_high", "components"], "index_density")
    known = scores.dropna(subset=["cri"])
    if known.empty:
        return nothing_to_show(
            "There is no risk index for this study",
            "No component has cut points that other buyers confirm, and the parameters give none.",
        )
    drawing, (left, right) = new_drawing(3.1, ncols=2, width_ratios=(3, 2))
    edges = np.linspace(-0.025, 1.025, 22)
    for name, colour, line in (("cri_low", BLUE, ":"), ("cri_high", VERMILLION, "--")):
        values = known[name].dropna()
        if len(values):
            left.hist(
                values,
                edges,
                weights=np.full(len(values), 1 / len(known)),
                histtype="step",
                color=colour,
                linestyle=line,
                linewidth=1.3,
            )
    left.hist(known["cri"], edges, weights=np.full(len(known), 1 / len(known)), color=_PLAIN)
    left.set(xlabel="risk index, 0 to 1", ylabel=f"share of {what}")
    left.set_title("Distribution")
    show_shares(left, "y")
    right.hlines(range(len(by_group)), by_group["low"], by_group["high"], color=INK, linewidth=1.6)
    right.plot(by_group["mean"], range(len(by_group)), "o", color=BLUE)
    labels = [f"{r.group} ({count(r.units)})" for r in by_group.itertuples()]
    label_rows(right, labels, width=20)
    right.set_xlim(0, max(0.1, 1.1 * np.nanmax([by_group["high"].max(), by_group["mean"].max()])))
    right.set_xlabel("mean index")
    right.grid(axis="x")
    right.set_title("By kind of purchase")
    handles = [
        patch(Style(_PLAIN), "index"),
        Line2D([], [], color=BLUE, linestyle=":", label="lowest without one component"),
        Line2D([], [], color=VERMILLION, linestyle="--", label="highest without one component"),
    ]
    legend_on_top(drawing, handles, columns=3)
    spread = (known["cri_high"] - known["cri_low"]).median()
    middle = known["cri"].median()
    finding = f"Half of the {what} have an index of {f'{middle:.2f} or less' if middle else '0'}"
    if not np.isfinite(spread):
        finding += "; it rests on a single component"
    elif spread:
        finding += f"; leaving one component out moves it over {spread:.2f} for half of them"
    components = known["components"].value_counts().sort_index()
    return Figure(
        drawing,
        finding,
        f"Histogram of the index of {count(len(known))} {what}, of which "
        + enumerate_words(
            [f"{count(n)} rest on {plural(int(k), 'component')}" for k, n in components.items()], 8
        )
        + ". Mean by kind of purchase: "
        + enumerate_words([f"{r.group} {r.mean:.2f}" for r in by_group.itertuples()], 8)
        + ".",
        caption
        or f"{percent(1 - len(known) / len(scores))} of the {what} have no index. An index of few "
        "components is not comparable with one of many.",
        "Mean of the levels (0, 0.5, 1) of the components that are known; at the right 95% "
        "intervals by buyer.",
        by_group,
    )


def _reach(found: Any) -> float:
    return float(np.nanmax(np.abs(found.bins["effect"].to_numpy(float))))


def _draw_bins(axes: Axes, found: Any) -> None:
    bins = found.bins
    places = np.arange(len(bins))
    if found.status == "validated":
        for row in found.segments.to_dict("records"):
            if row["level"] > 0:
                begin = 0 if np.isnan(row["low"]) else int((bins["low"] < row["low"]).sum())
                end = len(bins) if np.isnan(row["high"]) else int((bins["low"] < row["high"]).sum())
                colour = _LEVELS[row["level"]].colour
                axes.axvspan(begin - 0.5, end - 0.5, color=colour, zorder=0)
    axes.axhline(0, color=SOFT, linewidth=0.8)
    for prefix, colour, marker, line, shift in (
        ("", BLUE, "o", "-", -0.12),
        ("confirmed_", _OTHER, "s", "--", 0.12),
    ):
        effect, error = bins[f"{prefix}effect"], bins[f"{prefix}error"]
        axes.vlines(
            places + shift,
            100 * (effect - _NORMAL * error),
            100 * (effect + _NORMAL * error),
            color=colour,
            linewidth=0.8,
        )
        axes.plot(
            places + shift,
            100 * effect,
            color=colour,
            marker=marker,
            linestyle=line,
            markersize=2.8,
            linewidth=1,
        )
    step = -(-len(bins) // 4)
    shown = places[::step]
    axes.set_xticks(shown, [_short(float(bins["low"].iloc[place])) for place in shown])
    axes.grid(axis="y")
    ends = 100 * np.abs(bins[["effect", "confirmed_effect"]]).max(axis=None)
    axes.set_ylim(-2.2 * ends - 1, 2.2 * ends + 1)


def _short(value: float) -> str:
    if abs(value) >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.2g}" if abs(value) >= 0.001 else "<0.001"


def _speak(found: Any, titles: Mapping[str, str]) -> str:
    return f"{titles.get(found.indicator, found.indicator)}: {found.reason}"
