"""The rows of a summary that one figure or table is about."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from infiltrate.validation.recovery import COMPARATORS
from infiltrate.validation.summary import summarise_recovery


def select_summary(
    recovery: pd.DataFrame,
    *,
    estimators: Collection[str] | None = None,
    comparators: bool | None = None,
    changed: bool = False,
) -> pd.DataFrame:
    """Return the summary of the number of infiltrated firms.

    Parameters
    ----------
    recovery : pandas.DataFrame
        As `summary.read_recovery` gives it.
    estimators : collection of str, optional
        Which of them; every one when left out.
    comparators : bool, optional
        Whether to take comparators alone, or to leave them out.
    changed : bool
        Whether to take the scenarios of which something is stated wrongly, each beside the one as
        stated, instead of those as stated.
    """
    is_changed = recovery["scenario"].str.contains(":", regex=False)
    kept = ~is_changed
    if changed:
        cards = recovery.loc[is_changed, "scenario"].str.split(":").str[0].unique()
        kept = is_changed | recovery["scenario"].isin(cards)
    kept &= recovery["estimand"].isin(["infiltrated_firms", "cell_infiltrated_firms"])
    if estimators is not None:
        kept &= recovery["estimator"].isin(list(estimators))
    if comparators is not None:
        kept &= recovery["estimator"].isin(COMPARATORS) == comparators
    summary = summarise_recovery(recovery[kept])
    return summary[summary["estimand"] == "infiltrated_firms"].reset_index(drop=True)
