"""Rows of a ranking file made by hand."""

from __future__ import annotations

import pandas as pd

from infiltrate.risk.designs import LIST_OUT, RANDOM, REGION
from infiltrate.validation import ranking as is_
from infiltrate.validation.ranking import COLUMNS

FACTS = {
    "scenario": "base",
    "seed": 1,
    "design": RANDOM,
    "model": "latent",
    "labels": is_.LISTS,
    "measure": is_.AREA,
    "value": 0.75,
    "low": float("nan"),
    "high": float("nan"),
    "units": 900,
    "positives": 20,
    "reason": "",
    "firms": 1000,
}


def row(**facts) -> dict:
    return FACTS | facts


def table(*rows: dict) -> pd.DataFrame:
    return pd.DataFrame(rows)[list(COLUMNS)]


def ranked(
    *,
    area: float = 0.75,
    stated_area: float = 0.76,
    oracle: float = 0.77,
    recall: tuple[float, float] = (0.10, 0.12),
    precision: tuple[float, float] = (0.07, 0.06),
    lost: tuple[float, float] = (0.03, 0.01),
    permuted: tuple[float, float] = (0.45, 0.55),
    calibration: tuple[float, float] = (1.0, 0.004),
    **facts,
) -> list[dict]:
    """Return the rows of one country, which reach all goals unless told otherwise."""
    truth = {"model": "logistic", "labels": is_.TRUTH}
    stated = {"model": is_.PROBABILITIES, "design": ""}
    rows = [
        row(value=area),
        row(value=oracle, **truth),
        row(value=stated_area, **stated),
        row(value=recall[0], measure=is_.RECALL_TOP),
        row(value=recall[1], measure=is_.RECALL_TOP, **truth),
        row(value=precision[0], measure=is_.PRECISION),
        row(value=precision[1], measure=is_.PRECISION, model="logistic"),
        row(value=area - lost[0], design=REGION),
        row(value=area - lost[1], design=LIST_OUT),
        row(value=calibration[0], measure=is_.SLOPE, **stated),
        row(value=calibration[1], measure=is_.ERROR, **stated),
        row(
            value=sum(permuted) / 2,
            low=permuted[0],
            high=permuted[1],
            measure=is_.AREA_LISTED,
            labels=is_.PERMUTED,
            model="logistic",
        ),
        row(value=0.4, measure=f"{is_.RECALL_TENTH}, functional"),
        row(value=0.1, measure=f"{is_.RECALL_TENTH}, relational"),
        row(value=0.2, measure=is_.RECALL_TENTH),
    ]
    return [one | facts for one in rows]
