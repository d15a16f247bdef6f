"""What the tests of flags say, in words and tables."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from infiltrate.report.markup import Panel, element, text_element
from infiltrate.report.tables import show_table
from infiltrate.report.wording import chance, count, enumerate_words, interval

_ORDER = ("informative", "wrong way", "uninformative", "not testable")
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
    "uninformative": "As often on as chance would have it. With few known suppliers that is no "
    "proof that the flag is useless: look at the width of the interval.",
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
    table = show_table(
        tabulate_verdicts(verdicts, titles, lists),
        caption="Every flag as a test, over all lists together and list by list",
        formats={
            "expected": "{:.1f}",
            "q value": chance,
        },
        note="Lift with its interval. A list with fewer than 20 suppliers that were listed after a "
        "contract stands in the whole only.",
    )
    return Panel(words.html + table.html, f"{words.text}\n{table.text}")


def say_verdicts(verdicts: pd.DataFrame, titles: Mapping[str, str]) -> Panel:
    """Return the flags by verdict, each with its reason, in words.

    Parameters
    ----------
    verdicts : pandas.DataFrame
        One row per ``indicator``: ``verdict``, ``reason``.
    titles : mapping of str to str
        Title of each indicator.
    """
    parts, spoken = [], []
    for verdict in _ORDER:
        rows = verdicts[verdicts["verdict"] == verdict].sort_values(["q_value", "indicator"])
        heading = f"{_HEADINGS[verdict]}: {len(rows)} of {len(verdicts)} flags"
        parts += [text_element("h3", heading), text_element("p", _MEANINGS[verdict])]
        if len(rows):
            items = [
                f"{titles.get(row.indicator, row.indicator)}: {row.reason}."
                for row in rows.itertuples()
            ]
            parts.append(element("ul", "".join(text_element("li", item) for item in items)))
        names = [titles.get(code, code) for code in rows["indicator"]]
        spoken.append(f"{heading}: {enumerate_words(names, 60) or 'none'}")
    return Panel(element("div", "".join(parts), class_="verdicts"), "\n".join(spoken))


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
    table = show_table(
        tabulate_components(components),
        caption="Components of the index: what was kept, what was left out and why",
        note=note,
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


def _write_lift(row: object) -> str | None:
    lift, low, high = (getattr(row, name) for name in ("lift", "low", "high"))
    return None if pd.isna(lift) else interval(lift, low, high, "{:.2f}".format)
