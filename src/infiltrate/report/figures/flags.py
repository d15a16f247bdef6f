"""The figure of flags: how often each rises, and for how many units it can be computed."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from infiltrate.report.figure import Figure, nothing_to_show
from infiltrate.report.inputs import require_columns
from infiltrate.report.theme import (
    INK,
    RULE,
    STATE_STYLES,
    in_house_style,
    label_rows,
    legend_on_top,
    new_drawing,
    patch,
    rows_height,
    show_shares,
    stack_shares,
)
from infiltrate.report.wording import enumerate_words, percent, plural

_STATE_NAMES = {"flag": "flag", "clear": "clear", "not_computable": "not computable"}


@in_house_style
def flag_base_rates(
    rates: pd.DataFrame,
    *,
    most: int | None = None,
    title: str | None = None,
    caption: str = "",
) -> Figure:
    """Show how often each flag rises, and for how many units it can be computed at all.

    Parameters
    ----------
    rates : pandas.DataFrame
        One row per indicator: ``indicator`` and the numbers of units in each state, ``flag``,
        ``clear`` and ``not_computable``; optionally ``title``, and ``low`` and ``high`` of
        the share of flags among the units where the indicator can be computed. Indicators
        without units, because they are turned off, are left out; those that cannot be computed
        for any unit are only counted.
    most : int, optional
        Flags drawn, the most frequent ones first; all when absent.
    """
    require_columns(rates, ["indicator", *STATE_STYLES], "flag_base_rates")
    rates = rates.assign(known=rates["flag"] + rates["clear"])
    rates = rates.assign(
        units=rates["known"] + rates["not_computable"],
        base_rate=(rates["flag"] / rates["known"].where(rates["known"] > 0)).astype(float),
    )
    rates = rates[rates["units"] > 0].sort_values(
        ["base_rate", "indicator"], ascending=[False, True], na_position="last"
    )
    if rates.empty:
        return nothing_to_show(title or "No flag was computed", "There are no units to flag.")
    labels = list(rates["title"] if "title" in rates else rates["indicator"])
    finding, spoken = _base_rate_finding(rates, labels), _base_rate_alt(rates, labels)
    computable = int((rates["known"] > 0).sum())
    if not computable:
        return nothing_to_show(title or finding, f"{plural(len(rates), 'flag')}: not computable.")
    drawn = rates.head(min(most or computable, computable))
    drawing, (left, right) = new_drawing(
        rows_height(len(drawn)), ncols=2, sharey=True, width_ratios=(3, 2)
    )
    stack_shares(left, drawn, STATE_STYLES, drawn["units"])
    left.set_title("State of all units")
    left.set_xlabel("share of all units")
    _dot_rates(right, drawn)
    right.set_title("Flags where computable")
    right.set_xlabel("share of computable units")
    label_rows(left, labels[: len(drawn)])
    handles = [patch(style, _STATE_NAMES[state]) for state, style in STATE_STYLES.items()]
    legend_on_top(drawing, handles)
    return Figure(
        drawing,
        title or finding,
        spoken,
        " ".join(filter(None, [caption, _say_left_out(len(drawn), computable, len(rates))])),
        "One row per indicator. Left: share of all units in each state. Right: flags among the "
        "units where the indicator can be computed"
        + (", with interval." if "low" in rates else "."),
        rates.drop(columns=["known"]).reset_index(drop=True),
    )


def _dot_rates(axes: Axes, rates: pd.DataFrame) -> None:
    if {"low", "high"} <= set(rates.columns):
        axes.hlines(range(len(rates)), rates["low"], rates["high"], color=INK, linewidth=1.6)
    style = STATE_STYLES["flag"]
    axes.plot(
        rates["base_rate"],
        range(len(rates)),
        "o",
        color=style.colour,
        markeredgecolor=INK,
        markeredgewidth=0.7,
    )
    highest = rates[[end for end in ("base_rate", "high") if end in rates]].max(axis=None)
    reach = max(0.05, min(1.0, 0.0 if np.isnan(highest) else highest))
    axes.set_xlim(-0.02 * reach, reach * 1.35)
    for position, (rate, end) in enumerate(
        zip(rates["base_rate"], rates.get("high", rates["base_rate"]), strict=True)
    ):
        axes.annotate(
            percent(rate),
            (np.nanmax([rate, end]), position),
            (7, 0),
            textcoords="offset points",
            va="center",
            fontsize=8.5,
            color=INK,
        )
    show_shares(axes)
    axes.hlines(range(len(rates)), *axes.get_xlim(), color=RULE, linewidth=0.5, zorder=0)


def _say_left_out(drawn: int, computable: int, flags: int) -> str:
    parts = []
    if drawn < computable:
        parts.append(f"{plural(computable - drawn, 'flag')} with lower shares")
    if computable < flags:
        parts.append(f"{plural(flags - computable, 'flag')} that cannot be computed for any unit")
    return f"Not drawn: {enumerate_words(parts)}." if parts else ""


def _base_rate_finding(rates: pd.DataFrame, labels: list[str]) -> str:
    rarely = int((rates["known"] < 0.5 * rates["units"]).sum())
    if rates["base_rate"].isna().all():
        return "No flag can be computed with these data"
    common = (rates["known"] >= 0.5 * rates["units"]).to_numpy()
    first = int(common.argmax())
    share = percent(rates["base_rate"].iloc[first])
    if common.any() and rarely:
        sentence = f"Of flags computable for most units, {labels[first]} is on most often: {share}"
    else:
        sentence = (
            f"{labels[first]} is on most often: {share} of the units where it can be computed"
        )
    if rarely:
        sentence += f"; {rarely} of {len(rates)} flags cannot be computed for most units"
    return sentence


def _base_rate_alt(rates: pd.DataFrame, labels: list[str]) -> str:
    parts = [
        f"{label} {percent(rate)} flagged, {percent(known / units)} computable"
        if known
        else f"{label} not computable"
        for label, rate, known, units in zip(
            labels, rates["base_rate"], rates["known"], rates["units"], strict=True
        )
    ]
    return f"Bars of three states for {plural(len(rates), 'flag')}: {enumerate_words(parts, 20)}."
