"""Sums that would tell what one contributor contributed."""

from __future__ import annotations

import pandas as pd

from infiltrate.params.choices import DisclosureChoices


def measure_dominance(values: pd.Series, contributors: pd.Series, cells: pd.Series) -> pd.DataFrame:
    """Return how much of each cell's sum is the largest contributor's, and what hides it.

    Parameters
    ----------
    values : pandas.Series
        Amounts, none negative; missing ones add nothing.
    contributors, cells : pandas.Series
        Whose amount it is and in which cell; of the same index.

    Returns
    -------
    pandas.DataFrame
        One row per cell, sorted: ``largest_share`` of the sum; ``hidden_share``: what neither the
        largest nor the second largest contributed, as a share of the largest. Missing when the
        sum is 0.
    """
    frame = pd.DataFrame({"cell": cells, "contributor": contributors, "value": values})
    sums = frame.groupby(["cell", "contributor"], dropna=False)["value"].sum()
    ranked = sums.sort_values(ascending=False, kind="stable").groupby(level="cell")
    total, first = ranked.sum(), ranked.first()
    rest = total - ranked.head(2).groupby(level="cell").sum()
    known = first > 0
    return pd.DataFrame(
        {
            "largest_share": (first / total).where(known),
            "hidden_share": (rest / first).where(known),
        }
    ).sort_index()


def is_dominated(
    largest_share: pd.Series, hidden_share: pd.Series, rules: DisclosureChoices
) -> pd.Series:
    """Whether a sum may not be shown; missing shares count as dominated.

    By the dominance rule when the largest contributor has more than ``largest_share`` of it; by
    the p% rule when the second largest, who knows its own amount, could tell the largest's to
    within ``p_percent`` (Hundepool et al. 2012, https://doi.org/10.1002/9781118348239, section
    4.2).
    """
    is_large = largest_share > rules.largest_share
    is_tight = hidden_share < rules.p_percent / 100
    return is_large | is_tight | largest_share.isna() | hidden_share.isna()
