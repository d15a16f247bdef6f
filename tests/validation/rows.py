"""Rows of a recovery file made by hand."""

from __future__ import annotations

import pandas as pd

from infiltrate.validation.recovery import COLUMNS

FACTS = {
    "scenario": "base",
    "seed": 1,
    "estimator": "pool",
    "estimand": "infiltrated_firms",
    "sector_id": "all",
    "area_id": "all",
    "status": "use",
    "reason": "",
    "firms": 1000,
    "listed": 40,
    "effort": float("nan"),
}


def country(truth: float, median: float, half: tuple[float, float, float], **facts) -> dict:
    """Return a row whose intervals reach as far on both sides of the median as ``half`` says."""
    ends = {
        f"{end}{coverage}": median + sign * width
        for coverage, width in zip((50, 90, 95), half, strict=True)
        for end, sign in (("lo", -1), ("hi", 1))
    }
    return FACTS | {"truth": truth, "median": median} | ends | facts


def refused(truth: float, **facts) -> dict:
    nothing = (float("nan"),) * 3
    return country(truth, float("nan"), nothing, status="reject") | facts


def table(*rows: dict) -> pd.DataFrame:
    return pd.DataFrame(rows)[list(COLUMNS)]
