"""Figures about trust in a ranking: calibration, what it rests on, how firm its head is."""

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
    show_shares,
)
from infiltrate.report.wording import enumerate_words, interval, percent, plural


@in_house_style
def reliability_curve(table: pd.DataFrame, *, why_not: str = "", caption: str = "") -> Figure:
    """Show whether firms to which a probability is given are listed that often.

    Parameters
    ----------
    table : pandas.DataFrame
        One row per group of firms, by rising probability: ``probability`` (mean stated),
        ``share`` (listed afterwards), ``low``, ``high``, ``n_units``.
    why_not : str
        Why no probability is given, where the table is empty.
    """
    require_columns(table, ["probability", "share", "low", "high", "n_units"], "reliability_curve")
    if table.empty:
        return nothing_to_show(
            "No probability of being listed is given", why_not or "No firm was ranked."
        )
    stated, share = table["probability"].astype(float), table["share"].astype(float)
    drawing, axes = new_drawing(3.6, 5.4)
    end = float(max(stated.max(), table["high"].max())) * 1.06
    axes.plot([0, end], [0, end], ":", color=SOFT, label="as stated")
    axes.vlines(stated, table["low"], table["high"], color=BLUE, linewidth=1.8)
    axes.plot(stated, share, "o", color=BLUE, label="firms of a group")
    axes.set(xlim=(0, end), ylim=(0, end))
    axes.set(xlabel="probability of being listed, stated", ylabel="share listed in the window")
    show_shares(axes)
    show_shares(axes, "y")
    axes.legend(loc="upper left")
    held = int(((table["low"] <= stated) & (stated <= table["high"])).sum())
    top = table.iloc[-1]
    spoken = [
        f"{percent(r.probability)} stated, {interval(r.share, r.low, r.high, percent)} listed"
        for r in table.itertuples(index=False)
    ]
    return Figure(
        drawing,
        f"Where {percent(top['probability'])} was stated, "
        f"{interval(top['share'], top['low'], top['high'], percent)} were listed; {held} of "
        f"{plural(len(table), 'group')} hold what was stated",
        f"Stated against listed: {enumerate_words(spoken, 12)}.",
        caption
        or "The probability is of being listed, not of being infiltrated: lists miss most of what "
        "there is.",
        "A dot is a group of firms of equal size held out from learning, the line its 95% "
        "interval; the dotted line is perfect.",
        table.reset_index(drop=True),
    )


@in_house_style
def feature_importance(
    groups: pd.DataFrame, *, why_not: str = "", most: int = 15, caption: str = ""
) -> Figure:
    """Show what the ranking loses when it cannot see a group of features.

    Parameters
    ----------
    groups : pandas.DataFrame
        One row per group of features, largest loss first: ``term`` (its name in words),
        ``features`` (all of them, with commas between), ``drop``, ``low``, ``high``.
    why_not : str
        Why nothing could be tried, where the table is empty.
    most : int
        The groups drawn; the rest is in the numbers.
    """
    require_columns(groups, ["term", "features", "drop", "low", "high"], "feature_importance")
    if groups.empty:
        return nothing_to_show(
            "What the ranking rests on is not known", why_not or "There is no ranking."
        )
    shown = groups.head(most).reset_index(drop=True)
    clear = shown["low"] > 0
    drawing, axes = new_drawing(rows_height(len(shown), each=0.34))
    axes.axvline(0, color=SOFT, linewidth=0.9)
    for place, row in shown.iterrows():
        colour = BLUE if clear[place] else "#9aa4ad"
        axes.plot([row["low"], row["high"]], [place] * 2, color=colour)
        face = colour if clear[place] else "white"
        axes.plot(row["drop"], place, "o", color=face, markeredgecolor=colour, markeredgewidth=1.4)
    label_rows(
        axes,
        [_with_others(t, f) for t, f in zip(shown["term"], shown["features"], strict=True)],
        width=44,
    )
    axes.grid(axis="x")
    axes.set_xlabel("loss of ROC-AUC when the group is shuffled")
    first = shown.iloc[0]
    words = interval(first["drop"], first["low"], first["high"], lambda value: f"{value:.3f}")
    finding = f"Shuffling '{first['term']}' costs most, {words} of the area under the curve; "
    finding += f"{int((groups['low'] > 0).sum())} of {plural(len(groups), 'group')} clearly matter"
    spoken = [f"{r.term} {r.drop:.3f} ({r.low:.3f} to {r.high:.3f})" for r in shown.itertuples()]
    return Figure(
        drawing,
        finding if clear.any() else "No group of features clearly matters by itself",
        f"Losses with intervals: {enumerate_words(spoken, 12)}.",
        caption or "What the ranking uses, not what causes infiltration.",
        "Features that go together are shuffled together, on firms held out. Line: 95% interval; "
        "blue and filled: it excludes zero."
        + (f" {len(groups) - len(shown)} smaller ones not drawn." if len(groups) > most else ""),
        groups.reset_index(drop=True),
    )


@in_house_style
def head_stability(scores: pd.DataFrame, *, share: float, caption: str = "") -> Figure:
    """Show which places near the cut would hold had other firms been known.

    Parameters
    ----------
    scores : pandas.DataFrame
        One row per firm: ``rank``, ``head_share`` (of refits in which it is above the cut),
        ``is_unstable``. Firms without a share are not drawn.
    share : float
        Share of the ranking above the cut.
    """
    require_columns(scores, ["rank", "head_share", "is_unstable"], "head_stability")
    cut = int(np.ceil(share * len(scores)))
    known = scores.dropna(subset=["head_share"]).sort_values("rank")
    if known.empty:
        return nothing_to_show(
            "How firm the places are is not known", "Too few refits could be made."
        )
    near = known[known["rank"] <= max(3 * cut, 20)]
    unstable = near["is_unstable"].fillna(False).astype(bool)
    drawing, axes = new_drawing(3.4)
    axes.axhspan(0.25, 0.75, color=PALE, zorder=0)
    axes.axvline(cut + 0.5, color=INK, linewidth=1, linestyle="--")
    axes.annotate(
        f"cut: first {percent(share)}",
        (cut + 0.5, 1.03),
        xytext=(4, 0),
        textcoords="offset points",
        fontsize=8.5,
        color=SOFT,
        annotation_clip=False,
    )
    size = 5 if len(near) < 400 else 3
    for rows, colour, marker in ((~unstable, BLUE, "o"), (unstable, VERMILLION, "v")):
        axes.plot(
            near.loc[rows, "rank"],
            near.loc[rows, "head_share"].astype(float),
            marker,
            color=colour,
            markersize=size,
            alpha=0.75,
            markeredgewidth=0,
        )
    axes.set(xlim=(0, near["rank"].max() + 1), ylim=(-0.03, 1.12))
    axes.set(xlabel="rank", ylabel="refits in which it is above the cut")
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1])
    show_shares(axes, "y")
    legend_on_top(
        drawing,
        [patch(Style(BLUE), "place holds"), patch(Style(VERMILLION), "unstable")],
        columns=2,
    )
    head = known[known["rank"] <= cut]
    shaky = float(head["is_unstable"].fillna(False).astype(bool).mean()) if len(head) else 0.0
    surest = float((head["head_share"] >= 0.95).mean()) if len(head) else 0.0
    return Figure(
        drawing,
        f"{percent(shaky)} of the firms above the cut are unstable; {percent(surest)} stay above "
        "it in nearly every refit",
        f"Firms by rank against the share of refits above the cut at rank {cut}; unstable in the "
        f"head: {percent(shaky)}.",
        caption
        or "An unstable firm stands where it does by the luck of which other firms were known: do "
        "not treat it otherwise than its neighbours across the cut.",
        "A mark is a firm. Unstable: the middle half of its ranks over refits lies on both sides "
        "of the cut.",
        _by_fifths(known, cut),
    )


@in_house_style
def removable_flags(
    companies: pd.DataFrame, signs: pd.DataFrame, *, most: int = 10, caption: str = ""
) -> Figure:
    """Show how many signs a flagged firm would have to be without for its flag to go.

    Parameters
    ----------
    companies : pandas.DataFrame
        One row per flagged firm: ``changes``, missing where no change tried is enough.
    signs : pandas.DataFrame
        One row per sign: ``term`` (its name in words), ``alone`` (share of the flagged firms below
        the cut without it).
    most : int
        The signs drawn.
    """
    require_columns(companies, ["changes"], "removable_flags")
    require_columns(signs, ["term", "alone"], "removable_flags")
    if companies.empty:
        return nothing_to_show("No firm is flagged", "There is no ranking.")
    changes = companies["changes"].astype("Int64")
    largest = max(5, int(changes.max()) if changes.notna().any() else 0)
    needed = changes.fillna(0)
    counts = [float((needed == number).mean()) for number in range(1, largest + 1)]
    counts.append(float(changes.isna().mean()))
    labels = [str(number) for number in range(1, largest + 1)] + ["more"]
    drawing, (left, right) = new_drawing(
        rows_height(min(most, len(signs)), each=0.3, least=2.8), ncols=2, width_ratios=[2, 3]
    )
    colours = [VERMILLION, *[SKY] * (largest - 1), PALE]
    left.bar(labels, counts, color=colours, edgecolor="#a9b1b8", linewidth=0.6)
    left.set(xlabel="signs to be without", ylabel="share of flagged firms")
    show_shares(left, "y")
    left.set_title("How many")
    shown = signs.head(most)
    right.barh(range(len(shown)), shown["alone"].astype(float), height=0.6, color=VERMILLION)
    label_rows(right, list(shown["term"]), width=36)
    right.set_xlabel("flagged firms below the cut without it")
    show_shares(right)
    right.set_title("Which one alone")
    one, two = counts[0], counts[0] + counts[1]
    spoken = [f"{label}: {percent(value)}" for label, value in zip(labels, counts, strict=True)]
    return Figure(
        drawing,
        f"{percent(one)} of the flags hang on one sign, {percent(two)} on two at most",
        f"Signs to be without: {enumerate_words(spoken, 8)}.",
        caption
        or "Arithmetic, not advice: a firm without the sign need not be another firm. Where most "
        "flags hang on one sign, it is easily avoided, and an error in it flags many.",
        "Only signs are taken away; age, sector, place and what is not known stay as they are.",
        signs.reset_index(drop=True),
    )


def _with_others(term: str, features: str) -> str:
    others = features.count(",")
    return f"{term} and {others} alike" if others else term


def _by_fifths(known: pd.DataFrame, cut: int) -> pd.DataFrame:
    """Return how firm the places are, in fifths of the head and as many below it."""
    width = max(1, cut // 5)
    near = known[known["rank"] <= 2 * cut]
    part = (near["rank"] - 1) // width
    table = near.groupby(part)["head_share"].mean().reset_index(drop=True)
    starts = np.unique(part) * width + 1
    return pd.DataFrame(
        {"rank, from": starts, "rank, to": starts + width - 1, "mean share of refits": table}
    )
