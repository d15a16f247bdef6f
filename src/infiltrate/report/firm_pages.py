"""What the page about firms says in tables and sentences: ties, neighbours, matched records."""

from __future__ import annotations

import math

import pandas as pd

from infiltrate.report.markup import Panel, text_element
from infiltrate.report.tables import show_table
from infiltrate.report.wording import plural


def show_ties(summary: pd.DataFrame) -> Panel:
    """Return the table of what ties firms.

    Parameters
    ----------
    summary : pandas.DataFrame
        One row per kind of tie: ``kind``, ``hubs``, ``companies``, ``largest``,
        ``hubs_left_out``, ``memberships_left_out``.
    """
    return show_table(
        summary.rename(
            columns={
                "kind": "tied by",
                "hubs": "number of them",
                "companies": "firms tied",
                "largest": "most firms of one",
                "hubs_left_out": "left out",
                "memberships_left_out": "firms of those",
            }
        ),
        caption="What ties firms of this study on its day",
        formats=dict.fromkeys(
            ["number of them", "firms tied", "most firms of one", "left out", "firms of those"],
            "count",
        ),
        note="Left out: addresses of agents, nominees and funds, which have more firms than the "
        "parameters allow and tie nobody to anybody.",
    )


def show_neighbours(odds_ratio: float, low: float, high: float, reason: str) -> Panel:
    """Return in a sentence how the odds of being listed go with listed neighbours."""
    if math.isnan(odds_ratio):
        words = f"How the odds of being listed go with listed neighbours is not said: {reason}"
    else:
        words = (
            f"One more listed neighbour goes with {odds_ratio:.2g} times the odds of being listed "
            f"({low:.2g} to {high:.2g}), sector, area and number of ties alike. This is an "
            "association: common owners, common officers and authorities that follow a case all "
            "make one, and a neighbour of a listed firm has done nothing by being one."
        )
    return Panel(text_element("p", words), words)


def show_certainty(certainty: pd.DataFrame, minimum: int) -> Panel:
    """Return how sure it is that the records of firms are their own.

    Parameters
    ----------
    certainty : pandas.DataFrame
        One row per firm to which records without its number were matched: ``least_probability``
        and ``records``.
    minimum : int
        Bands with fewer firms are shown without numbers.
    """
    edges, labels = [0.0, 0.9, 0.99, 1.0], ["below 0.9", "0.9 to 0.99", "0.99 and above"]
    probability = certainty["least_probability"]
    band = pd.cut(probability, edges, labels=labels, right=False).fillna(labels[-1])
    counts = band.value_counts().reindex(labels, fill_value=0)
    rows = pd.DataFrame(
        {
            "least probability": labels,
            "firms": [
                "none" if not n else f"fewer than {minimum}" if n < minimum else f"{n:,}"
                for n in counts
            ],
        }
    )
    return show_table(
        rows if len(certainty) else rows.head(0),
        caption="Firms to which records without their number were matched, by the least sure match",
        note=f"{plural(len(certainty), 'firm')} in all; every other firm has only records that "
        "carry its number. The column match_probability of the table firm_indicators holds the "
        "probability of each."
        if len(certainty) >= minimum
        else "Every other firm has only records that carry its number.",
        empty="Every record carries the number of its firm: nothing was matched by name.",
    )
