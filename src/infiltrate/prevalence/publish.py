"""The result of the estimators as tables that later pages read."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from infiltrate.prevalence.estimate import PrevalenceResult
from infiltrate.prevalence.posterior import Posterior, equal_tails, name_in_words
from infiltrate.protection.rounding import round_count, round_outwards

_DARK, _POOL = "detection_dark_", "pool_dark_"


def tabulate_answer(result: PrevalenceResult) -> pd.DataFrame:
    """Return the answer to the study's question as one row.

    Returns
    -------
    pandas.DataFrame
        ``status`` (as in the table of estimates), ``verdict``, ``headline``, and as lists of
        sentences ``findings``, ``reasons`` why no estimate is given, and ``notes``.
    """
    return pd.DataFrame(
        {
            "status": [result.answer.status],
            "verdict": [result.answer.verdict],
            "headline": [result.answer.headline],
            "findings": [list(result.answer.findings)],
            "reasons": [[refusal.reason for refusal in result.refusals]],
            "notes": [list(result.notes)],
        }
    )


def read_dark_shares(estimates: pd.DataFrame) -> pd.DataFrame:
    """Return the ends of the estimate, or else the bounds, by the share that no list can see.

    Parameters
    ----------
    estimates : pandas.DataFrame
        Table of estimates of the country as a whole.

    Returns
    -------
    pandas.DataFrame
        One row per assumed share: ``dark_share``, ``low``, ``high``; empty when there is no
        estimate and the study states no chance of detection.
    """
    shares = estimates[estimates["unit"] == "share"]
    rows = shares[shares["estimator"].str.startswith(_POOL)]
    if rows.empty:
        rows = shares[shares["estimator"].str.startswith("detection")]
    names = rows["estimator"].where(rows["estimator"] != "detection", f"{_DARK}0")
    dark = names.str.removeprefix(_DARK).str.removeprefix(_POOL).astype(float)
    return (
        rows.assign(dark_share=dark)[["dark_share", "low", "high"]]
        .sort_values("dark_share")
        .reset_index(drop=True)
    )


def tabulate_comparators(posteriors: Sequence[Posterior], firms: int, base: int) -> pd.DataFrame:
    """Return what estimators say that are shown and never used.

    Parameters
    ----------
    posteriors : sequence of Posterior
        Of comparators.
    firms : int
        Firms that the share is of.
    base : int
        Counts are rounded to multiples of it, intervals outwards.

    Returns
    -------
    pandas.DataFrame
        One row per estimator: ``method``, ``infiltrated firms``, ``per 1,000`` and ``what it
        assumes, or why it says nothing``.
    """
    rows = []
    for posterior in posteriors:
        number = share = "refused"
        if len(posterior.draws):
            low, middle, high = equal_tails(np.minimum(posterior.total(), firms), 0.95)
            lowest, highest = round_outwards(low, high, base)
            number = f"{round_count(round(middle), base):,} ({lowest:,} to {highest:,})"
            share = f"{1000 * middle / firms:.0f}"
        rows.append(
            {
                "method": name_in_words(posterior.estimator),
                "infiltrated firms": number,
                "per 1,000": share,
                "what it assumes, or why it says nothing": " ".join(posterior.reasons),
            }
        )
    return pd.DataFrame(rows)
