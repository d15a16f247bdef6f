"""Whether a ranking errs more about some kinds of firms than about others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from infiltrate.report.figure import Figure, nothing_to_show
from infiltrate.report.inputs import require_columns
from infiltrate.report.labels import section_label
from infiltrate.report.theme import (
    BLUE,
    RULE,
    SOFT,
    VERMILLION,
    in_house_style,
    label_rows,
    legend_on_top,
    new_drawing,
    rows_height,
    show_shares,
)
from infiltrate.report.wording import enumerate_words, interval, percent, plural

_TITLES: Mapping[str, str] = {
    "flagged_unlisted": "Unlisted, flagged",
    "recall": "Listed, flagged",
    "listed_per_expected": "Listed per expected",
}
_MOST_GROUPS = 8
_RISING = (
    "under 2 years",
    "2 to 5 years",
    "5 to 10 years",
    "10 to 20 years",
    "over 20 years",
    "micro",
    "small",
    "medium",
    "large",
    "domestic",
    "foreign",
    "unknown",
)
_LARGEST_RATIO = 4.0


@in_house_style
def error_rates(
    rates: pd.DataFrame,
    names: Mapping[str, str] | None = None,
    *,
    share: float,
    caption: str = "",
) -> Figure:
    """Show the errors of a ranking by kind of firm, and where they differ from elsewhere.

    Parameters
    ----------
    rates : pandas.DataFrame
        One row per trait, group and measure: ``trait``, ``group``, ``measure``, ``n_units``,
        ``value``, ``low``, ``high``, ``elsewhere``, ``differs``, ``reason``.
    names : mapping of str to str, optional
        Groups in words.
    share : float
        Share of the ranking that counts as flagged.
    """
    columns = ["trait", "group", "measure", "value", "low", "high", "elsewhere", "differs"]
    require_columns(rates, [*columns, "n_units", "reason"], "error_rates")
    if rates["value"].notna().sum() == 0:
        return nothing_to_show(
            "Errors by kind of firm are not known",
            "No trait of firms is known, or every group is too small to be shown.",
        )
    rows = _choose_rows(rates)
    measures = [name for name in _TITLES if name in set(rates.dropna(subset=["value"])["measure"])]
    drawing, panels = new_drawing(
        rows_height(len(rows), each=0.25, extra=1.1),
        ncols=len(measures),
        sharey=True,
        squeeze=False,
    )
    words = names or {}
    labels = [_label(trait, group, words) for trait, group in rows]
    for measure, axes in zip(measures, panels[0], strict=True):
        own = rates[rates["measure"] == measure].set_index(["trait", "group"]).reindex(rows)
        _draw_measure(axes, own.reset_index(), labels, measure)
        axes.set_title(_TITLES[measure])
    handles = [
        Line2D([], [], color=BLUE, marker="o", label="like elsewhere, or not tested"),
        Line2D([], [], color=VERMILLION, marker="D", label="differs"),
        Line2D([], [], color=SOFT, marker="|", linestyle="", markersize=10, label="elsewhere"),
    ]
    legend_on_top(drawing, handles, columns=3)
    differing = rates[rates["differs"].astype(bool)]
    spoken = [
        f"{_label(r.trait, r.group, words)}, {_TITLES[r.measure].lower()}: "
        f"{interval(r.value, r.low, r.high, _writer(r.measure))}, elsewhere "
        f"{_writer(r.measure)(r.elsewhere)}"
        for r in differing.itertuples(index=False)
    ]
    tested = int(rates["q_value"].notna().sum()) if "q_value" in rates else 0
    said = f"{len(differing)} of {plural(tested, 'comparison')} between kinds of firms"
    left_out = rates.groupby(["trait", "group"]).ngroups - len(rows)
    return Figure(
        drawing,
        f"{said} {'shows' if len(differing) == 1 else 'show'} a difference beyond chance",
        f"Errors by kind of firm. Differ: {enumerate_words(spoken, 8) or 'none'}.",
        caption
        or "A difference may be of firms, of lists, or of the ranking: it is a reason to look. "
        "None found is no proof that there is none.",
        f"Flagged: the first {percent(share)}, firms held out. Lines: 95% intervals; differences "
        "are corrected for the number of comparisons."
        + (f" {plural(left_out, 'smaller group')} not drawn." if left_out else ""),
        rates.drop(columns=["n_units", "n_listed"], errors="ignore").reset_index(drop=True),
    )


def _choose_rows(rates: pd.DataFrame) -> list[tuple[str, str]]:
    """Return of each trait the groups that differ and the largest, closed ones last."""
    groups = rates.groupby(["trait", "group"], sort=True).agg(
        size=("n_units", "max"), differs=("differs", "max")
    )
    groups = groups.assign(size=groups["size"].astype(float).fillna(-1)).reset_index()
    groups = groups.sort_values(
        ["trait", "differs", "size", "group"], ascending=[True, False, False, True], kind="stable"
    )
    kept = groups.groupby("trait", sort=False).head(_MOST_GROUPS)
    order = {band: place for place, band in enumerate(_RISING)}
    kept = kept.assign(place=kept["group"].map(order).fillna(-1))
    kept = kept.sort_values(
        ["trait", "place", "size", "group"], ascending=[True, True, False, True]
    )
    return list(kept[["trait", "group"]].itertuples(index=False, name=None))


def _draw_measure(axes: Axes, rows: pd.DataFrame, labels: list[str], measure: str) -> None:
    is_ratio = measure == "listed_per_expected"
    most = _LARGEST_RATIO if is_ratio else 1.0
    for place, row in rows.iterrows():
        if pd.isna(row["value"]):
            why = "closed" if str(row["reason"]).startswith("closed") else "none"
            axes.annotate(
                why,
                (0.03, place),
                xycoords=("axes fraction", "data"),
                va="center",
                fontsize=8,
                color=SOFT,
                style="italic",
            )
            continue
        differs = bool(row["differs"])
        colour, marker = (VERMILLION, "D") if differs else (BLUE, "o")
        axes.plot([row["low"], min(row["high"], most)], [place] * 2, color=colour)
        axes.plot(min(row["value"], most), place, marker, color=colour, markersize=5)
        if pd.notna(row["elsewhere"]) and row["elsewhere"] <= most:
            axes.plot(row["elsewhere"], place, "|", color=SOFT, markersize=11)
    label_rows(axes, labels, width=40)
    traits = rows["trait"].to_numpy()
    for edge in np.flatnonzero(traits[1:] != traits[:-1]):
        axes.axhline(edge + 0.5, color=RULE, linewidth=0.9)
    axes.grid(axis="x")
    if is_ratio:
        axes.axvline(1, color=SOFT, linestyle=":")
        axes.set_xlim(0, min(most, max(1.2, float(rows["high"].max()) * 1.05)))
        axes.set_xlabel("1: as many as expected")
    else:
        axes.set_xlim(0, min(1.0, max(0.1, float(rows["high"].max()) * 1.05)))
        show_shares(axes)
        axes.set_xlabel("share")


def _writer(measure: str) -> Callable[[Any], str]:
    return "{:.2f}".format if measure == "listed_per_expected" else percent


def _label(trait: str, group: str, names: Mapping[str, str]) -> str:
    word = section_label(group) if trait == "section" else names.get(group, group)
    return f"{trait}: {word}".replace("_", " ")
