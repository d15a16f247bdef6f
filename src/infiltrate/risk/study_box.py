"""What the head of a study's ranking is worth at the prevalence the study can or cannot state."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from infiltrate.params.lists import ListDefinition
from infiltrate.risk.base_rate import BaseRateBox, base_rate_box
from infiltrate.risk.designs import CONNECTED

FLAGGED_SHARE = 0.05
"""Share of the ranking that counts as flagged wherever a cut has to be named."""

ASSUMED = (0.005, 0.02, 0.05)
"""Prevalences of what-ifs."""

RANKS = "ranks"
"""Column of the metrics that says whether a row is about the learner behind the ranking."""

_Interval = tuple[float, float, float]


@dataclass(frozen=True, eq=False)
class StudyBaseRates:
    """The base-rate box of a study, or why there is none.

    Attributes
    ----------
    rule : str
        Which firms count as flagged.
    box : BaseRateBox or None
        At the study's estimate or bounds of prevalence; None when there are none.
    why_not : str
        Why there is no box; empty when there is one.
    table : pandas.DataFrame
        One row per assumed prevalence: ``prevalence``, ``expected_of_100``, ``low``, ``high``
        and ``missed_share``; empty when the ranking could not be validated.
    """

    rule: str
    box: BaseRateBox | None
    why_not: str
    table: pd.DataFrame


def study_base_rates(
    metrics: pd.DataFrame,
    estimates: pd.DataFrame | None,
    lists: Sequence[ListDefinition],
    *,
    share: float = FLAGGED_SHARE,
    assumed: Sequence[float] = ASSUMED,
) -> StudyBaseRates:
    """Say of a hundred firms at the head of the ranking how many may be infiltrated.

    Parameters
    ----------
    metrics : pandas.DataFrame
        Metrics of the ranking: ``name``, ``design``, ``value``, ``low``, ``high``, ``ranks``
        (whether the row is about the learner behind the ranking).
    estimates : pandas.DataFrame or None
        Table of estimates; the pool is used, or else the row bounded by a stated chance of
        detection. None where nothing has been estimated yet.
    lists : sequence of ListDefinition
        The lists that the ranking was tested on. How well it finds firms of lists that are not
        about organised crime says nothing of infiltrated ones: there is no box then.
    share : float
        Share of the ranking that counts as flagged; one of those the metrics were read at.
    assumed : sequence of float
        Prevalences for the table of what-ifs.

    Notes
    -----
    Sensitivity and specificity are those against *listed* firms held out together with the firms
    they are connected to. For infiltrated firms that no list sees they may be lower.
    """
    rule = f"firms among the {100 * share:g}% ranked highest"
    if not lists:
        why = (
            "The study has no list of known firms, so no ranking could be made or tested, and "
            "nobody can say."
        )
        return StudyBaseRates(rule, None, why, pd.DataFrame())
    if not any(definition.organised_crime for definition in lists):
        why = (
            "The ranking was tested on lists that are not about organised crime. How well it finds "
            "the firms they name says nothing of infiltrated ones, however common these are."
        )
        return StudyBaseRates(rule, None, why, pd.DataFrame())
    sensitivity = _metric(metrics, f"recall_at_{100 * share:g}pct")
    specificity = _metric(metrics, f"specificity_at_{100 * share:g}pct")
    if sensitivity is None or specificity is None:
        why = "The ranking could not be validated on these data, so nobody can say."
        return StudyBaseRates(rule, None, why, pd.DataFrame())
    table = pd.DataFrame([_what_if(prevalence, sensitivity, specificity) for prevalence in assumed])
    if estimates is None:
        why = (
            "It depends on how common infiltration is. The table says it for what-ifs; the first "
            "page of the report says it for what this study can state."
        )
        return StudyBaseRates(rule, None, why, table)
    estimated = _national(estimates, "pool", ("use", "caution"))
    prevalence = estimated or _national(estimates, "detection", ("use",))
    if prevalence is None:
        why = "How many firms are infiltrated is not known here, so nobody can say."
        return StudyBaseRates(rule, None, why, table)
    box = base_rate_box(prevalence, sensitivity, specificity)
    low, middle, high = (100 * end for end in prevalence)
    source = "the geometric middle of what the lists bound it to"
    if estimated:
        source = "what this study estimates"
    named = f" {middle:.3g} in 100 is {source}, {low:.2g} to {high:.2g}."
    return StudyBaseRates(rule, replace(box, sentence=box.sentence + named), "", table)


def _metric(metrics: pd.DataFrame, name: str) -> _Interval | None:
    rows = metrics[
        (metrics["name"] == name) & (metrics["design"] == CONNECTED) & metrics[RANKS].astype(bool)
    ].dropna(subset=["value", "low", "high"])
    if rows.empty:
        return None
    row = rows.iloc[0]
    return float(row["low"]), float(row["value"]), float(row["high"])


def _national(estimates: pd.DataFrame, estimator: str, statuses: Sequence[str]) -> _Interval | None:
    """Return the interval and the value, which is the geometric middle where there is none."""
    rows = estimates[
        (estimates["estimand"] == "infiltrated_share")
        & (estimates["estimator"] == estimator)
        & estimates["status"].isin(statuses)
        & estimates["sector_id"].isna()
        & estimates["area_id"].isna()
    ]
    if rows.empty:
        return None
    low, high = float(rows["low"].iloc[0]), float(rows["high"].iloc[0])
    value = rows["value"].iloc[0]
    return low, math.sqrt(low * high) if pd.isna(value) else float(value), high


def _what_if(
    prevalence: float, sensitivity: _Interval, specificity: _Interval
) -> dict[str, object]:
    box = base_rate_box(prevalence, sensitivity, specificity)
    shares = (
        box.positive_predictive_value,
        box.positive_predictive_value_low,
        box.positive_predictive_value_high,
    )
    expected, low, high = (None if value is None else 100 * value for value in shares)
    return {
        "prevalence": prevalence,
        "expected_of_100": expected,
        "low": low,
        "high": high,
        "missed_share": box.missed_share,
    }
