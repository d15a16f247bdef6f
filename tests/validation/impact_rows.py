"""Rows of an impact file made by hand."""

from __future__ import annotations

import pandas as pd

from infiltrate.impact.event_study import ESTIMATORS
from infiltrate.impact.staggered import TWO_WAY
from infiltrate.validation import impact as is_
from infiltrate.validation.impact import COLUMNS
from infiltrate.validation.impact_country import KNOWN

FACTS = {
    "scenario": "high",
    "seed": 1,
    "sample": KNOWN,
    "estimator": "",
    "term": is_.AVERAGE,
    "planted": 0.1,
    "estimate": 0.1,
    "std_error": 0.02,
    "low": 0.06,
    "high": 0.14,
    "p_value": 0.001,
    "of_own": 0.1,
    "of_rivals": 0.0,
    "treated": 400,
    "units": 4000,
    "clusters": 300,
    "reason": "",
    "firms": 1000,
}


def row(**facts) -> dict:
    return FACTS | facts


def table(*rows: dict) -> pd.DataFrame:
    return pd.DataFrame(rows)[list(COLUMNS)]


def judged(**facts) -> list[dict]:
    """Return the rows of one country of each card, which reach all goals unless told otherwise."""
    rows = []
    for name in ESTIMATORS:
        for sample in (KNOWN, is_.NEARBY):
            one = {"estimator": name, "sample": sample, **facts}
            rows += [row(scenario=card, **one) for card in ("high", "base")]
            nothing = {"planted": 0.0, "estimate": 0.01, "low": -0.03, "high": 0.05}
            none = {**one, **nothing, "p_value": 0.6, "of_own": 0.0}
            rows.append(row(scenario="no_impact", **none))
        alone = {"estimator": name, "sample": is_.ALONE}
        if name == TWO_WAY:
            alone |= {"estimate": 0.05, "low": 0.03, "high": 0.07, "of_own": 0.08}
        rows.append(row(**alone, **({"seed": facts["seed"]} if "seed" in facts else {})))
    return rows
