"""What the tests of flags say, in words and tables."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from infiltrate.report.markup import Panel, element, text_element
from infiltrate.report.tables import show_table
from infiltrate.report.wording import chance, count, enumerate_words, interval, percent, plural

_ORDER = ("informative", "wrong way", "uninformative", "not testable")
_LEVELS = {
    "lot": "lots",
    "contract": "contracts",
    "relation": "buyers and suppliers in a year",
    "company": "firms",
    "buyer": "buyers",
    "market": "markets",
    "area": "areas",
}
_INTERVALS = (
    "In brackets: 95% interval that knows that units of a buyer or supplier are alike. The three "
    "most frequent reasons are given, with their numbers of units."
)
_ONE_BY_ONE = ("informative", "wrong way")
_HEADINGS = {
    "informative": "Says something here",
    "wrong way": "Runs the wrong way here",
    "uninformative": "Uninformative here",
    "not testable": "Cannot be tested here",
}
_MEANINGS = {
    "informative": "On more often than chance where the supplier was listed later. It points to "
    "what these authorities find, which is not all there is.",
    "wrong way": "On less often than chance where the supplier was listed later, against the "
    "direction of the literature. Do not add it to others as if it meant risk.",
    "uninformative": "As often on as chance may have it. With few known suppliers that is no "
    "proof that the flag is useless: look at the width of its interval in the table.",
    "not testable": "Not computable, always or never on, or no known supplier among the units.",
}


def show_verdicts(
    verdicts: pd.DataFrame, titles: Mapping[str, str], lists: Mapping[str, str]
) -> Panel:
    """Return the flags by verdict in words, and under it the table of all tests.

    Parameters
    ----------
    verdicts : pandas.DataFrame
        One row per ``list_id`` (``any`` for all together) and ``indicator``.
    titles, lists : mapping of str to str
        Titles of indicators and of lists.
    """
    words = say_verdicts(verdicts[verdicts["list_id"] == "any"], titles)
    testable = verdicts[verdicts["verdict"] != "not testable"]
    if not (testable["list_id"] == "any").any():
        return words
    table = show_table(
        tabulate_verdicts(testable, titles, lists),
        caption="Every flag that can be tested, over all lists together and list by list",
        formats={
            "expected": "{:.1f}",
            "q value": chance,
        },
        note="Lift with its interval. A list with fewer than 20 suppliers that were listed after a "
        "contract stands in the whole only.",
    )
    return Panel(words.html + table.html, f"{words.text}\n{table.text}")


def say_verdicts(verdicts: pd.DataFrame, titles: Mapping[str, str]) -> Panel:
    """Return the flags by verdict in words, those that cannot be tested by their reason.

    Parameters
    ----------
    verdicts : pandas.DataFrame
        One row per ``indicator``: ``verdict``, ``reason``, ``q_value``.
    titles : mapping of str to str
        Title of each indicator.
    """
    parts, spoken = [], []
    for verdict in _ORDER:
        rows = verdicts[verdicts["verdict"] == verdict].sort_values(["q_value", "indicator"])
        names = [titles.get(code, code) for code in rows["indicator"]]
        heading = f"{_HEADINGS[verdict]}: {len(rows)} of {len(verdicts)} flags"
        parts.append(text_element("h3", heading))
        if len(rows):
            items = _list_flags(verdict, list(zip(names, rows["reason"], strict=True)))
            parts.append(text_element("p", _MEANINGS[verdict]))
            listed = element("ul", "".join(text_element("li", item) for item in items))
            if verdict == "not testable":
                listed = element("details", text_element("summary", "Which, and why") + listed)
            parts.append(listed)
        spoken.append(f"{heading}: {enumerate_words(names, 60) or 'none'}")
    return Panel(element("div", "".join(parts), class_="verdicts"), "\n".join(spoken))


def _list_flags(verdict: str, flags: list[tuple[str, str]]) -> list[str]:
    if verdict in _ONE_BY_ONE:
        return [f"{name}: {reason}." for name, reason in flags]
    if verdict == "uninformative":
        return [f"{enumerate_words([name for name, _ in flags], len(flags))}."]
    return [f"{reason.capitalize()}: {names}." for reason, names in _group_by_reason(flags)]


def _group_by_reason(flags: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return each reason with the names of its flags, the most frequent reason first."""
    groups: dict[str, list[str]] = {}
    for name, reason in flags:
        groups.setdefault(reason, []).append(name)
    order = sorted(groups, key=lambda reason: (-len(groups[reason]), reason))
    return [(reason, enumerate_words(groups[reason], len(flags))) for reason in order]


def tabulate_verdicts(
    verdicts: pd.DataFrame, titles: Mapping[str, str], lists: Mapping[str, str]
) -> pd.DataFrame:
    """Return one row per flag: expectation, lift with interval, verdict of each list.

    Parameters
    ----------
    verdicts : pandas.DataFrame
        One row per ``list_id`` (``any`` for all together) and ``indicator``.
    titles, lists : mapping of str to str
        Titles of indicators and of lists.
    """
    rows = verdicts[verdicts["list_id"] == "any"]
    table = pd.DataFrame(
        {
            "red flag": [titles.get(code, code) for code in rows["indicator"]],
            "on known units": [
                f"{count(row.flags_on_known or 0)} of {count(row.known)}"
                for row in rows.fillna({"flags_on_known": 0}).itertuples()
            ],
            "expected": rows["expected"].to_numpy(),
            "lift": [_write_lift(row) for row in rows.itertuples()],
            "q value": rows["q_value"].to_numpy(),
            "verdict": rows["verdict"].to_numpy(),
        }
    )
    for list_id in sorted(set(verdicts["list_id"]) - {"any"}):
        own = verdicts[verdicts["list_id"] == list_id].set_index("indicator")
        cells = own.reindex(rows["indicator"])
        table[lists.get(list_id, list_id)] = [_write_lift(row) for row in cells.itertuples()]
    return table.sort_values(
        ["verdict", "q value", "red flag"],
        key=lambda column: column.map(list(_ORDER).index) if column.name == "verdict" else column,
        ignore_index=True,
    )


def show_base_rates(summary: pd.DataFrame) -> Panel:
    """Return one table of flags per level, and folded what cannot be computed or is turned off.

    Parameters
    ----------
    summary : pandas.DataFrame
        One row per indicator: ``title``, ``level``, ``on``, ``units``, ``coverage``,
        ``base_rate``, ``low``, ``high``, ``reasons``.
    """
    is_on = summary["on"].astype(bool) & (summary["units"] > 0)
    is_known = is_on & (summary["coverage"].fillna(0) > 0)
    panels = [
        show_table(
            tabulate_flags(rows.sort_values("base_rate", ascending=False, kind="stable")),
            caption=f"Red flags of {_count_units(rows)} {_LEVELS[level]}: share on if computable",
            formats={"computable": "percent"},
        )
        for level in _LEVELS
        if len(rows := summary[is_known & (summary["level"] == level)])
    ]
    if panels:
        panels.append(_note(_INTERVALS))
    unknown, off = summary[is_on & ~is_known], summary.loc[~is_on, "title"].tolist()
    if len(unknown):
        panels.append(_fold_unknown(unknown))
    if off:
        panels.append(_note(f"Turned off, or without units: {enumerate_words(off, len(off))}."))
    html = element("div", "".join(p.html for p in panels), class_="levels")
    return Panel(html, "\n".join(p.text for p in panels))


def tabulate_flags(summary: pd.DataFrame) -> pd.DataFrame:
    """Return one row per flag: units it is computable for, share on, why not for the others."""
    rates = [
        None if pd.isna(row.base_rate) else interval(row.base_rate, row.low, row.high, percent)
        for row in summary.itertuples()
    ]
    return pd.DataFrame(
        {
            "red flag": summary["title"].to_numpy(),
            "share on": rates,
            "computable": summary["coverage"].to_numpy(),
            "why not for the others": summary["reasons"].where(summary["reasons"] != "").to_numpy(),
        }
    )


def tabulate_components(components: pd.DataFrame) -> pd.DataFrame:
    """Return one row per indicator that was tried for the index: status, direction, reason."""
    table = components.assign(
        component=components["title"], level=components["mean"].round(3)
    ).rename(columns={"in_index": "in the index", "units": "units with a level"})
    names = ["component", "status", "direction", "in the index", "units with a level", "level"]
    ordered = table.sort_values(["in the index", "component"], ascending=[False, True])
    return ordered[[*names, "reason"]].rename(columns={"level": "mean level"})


def show_components(components: pd.DataFrame, block: str, *, note: str) -> Panel:
    """Return the components of the index, and under it the block for the parameters, folded.

    Parameters
    ----------
    components : pandas.DataFrame
        One row per indicator that was tried.
    block : str
        Levels as they are to be pasted into the parameters.
    note : str
        What the cut points were held against.
    """
    is_plain = (components["status"] == "not validated") & ~components["in_index"].astype(bool)
    left_out = components[is_plain].sort_values("title")
    reasons = _group_by_reason(list(zip(left_out["title"], left_out["reason"], strict=True)))
    table = show_table(
        tabulate_components(components[~is_plain]),
        caption="Components of the index: what was kept, and what was not confirmed",
        note=" ".join([note, *(f"Not in the index, {why}: {names}." for why, names in reasons)]),
    )
    summary = text_element("summary", "The levels as a block of parameters (cri.yaml of this run)")
    advice = text_element(
        "p",
        "Pasted into the country's parameters these levels are used as they are, so that later "
        "years are graded alike.",
        class_="note",
    )
    folded = element("details", summary + advice + element("pre", text_element("code", block)))
    return Panel(table.html + folded, f"{table.text}\n{block}")


def _count_units(rows: pd.DataFrame) -> str:
    fewest, most = rows["units"].min(), rows["units"].max()
    return f"{count(most)}" if fewest == most else f"{count(fewest)} to {count(most)}"


def _fold_unknown(summary: pd.DataFrame) -> Panel:
    """Return how many flags no unit can be held to, and folded which and why."""
    table = show_table(
        pd.DataFrame(
            {
                "red flag": summary["title"],
                "of": summary["level"].map(_LEVELS),
                "why not computable": summary["reasons"],
            }
        ),
        caption="Why these flags cannot be computed, with the number of units",
    )
    sentence = f"{plural(len(summary), 'flag')} cannot be computed for any unit."
    folded = element("details", text_element("summary", "Which, and why not") + table.html)
    return Panel(text_element("p", sentence, class_="note") + folded, sentence)


def _note(sentence: str) -> Panel:
    return Panel(text_element("p", sentence, class_="note"), sentence)


def _write_lift(row: object) -> str | None:
    lift, low, high = (getattr(row, name) for name in ("lift", "low", "high"))
    return None if pd.isna(lift) else interval(lift, low, high, "{:.2f}".format)
