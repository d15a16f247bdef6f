"""The rows of a summary of rankings that one figure is about."""

from __future__ import annotations

import pandas as pd

from infiltrate.risk.designs import RANDOM
from infiltrate.validation.ranking import AREA, EVERY_DESIGN, LISTS, RECALL_TENTH, TRUTH
from infiltrate.validation.ranking_goals import ORACLE, PUBLISHED
from infiltrate.validation.ranking_summary import summarise_ranking


def select_areas(rows: pd.DataFrame, scenario: str = EVERY_DESIGN) -> pd.DataFrame:
    """Return the summary of areas against truth, by design and model, of what learnt from lists."""
    return _select(rows, AREA, LISTS, scenario)


def select_oracle(rows: pd.DataFrame, scenario: str = EVERY_DESIGN) -> float:
    """Return the mean area of the oracle; missing where it was not run."""
    found = _select(rows, AREA, TRUTH, scenario)
    return float(found.loc[found["model"] == ORACLE, "mean"].mean())


def select_types(rows: pd.DataFrame, model: str = PUBLISHED) -> pd.DataFrame:
    """Return the summary of shares found, companies split at random, with a column ``type``."""
    opening = f"{RECALL_TENTH}, "
    chosen = rows[
        rows["measure"].str.startswith(opening)
        & (rows["labels"] == LISTS)
        & (rows["design"] == RANDOM)
        & (rows["model"] == model)
    ]
    summary = summarise_ranking(chosen)
    return summary.assign(type=summary["measure"].str.removeprefix(opening))


def _select(rows: pd.DataFrame, measure: str, labels: str, scenario: str) -> pd.DataFrame:
    chosen = (rows["measure"] == measure) & (rows["labels"] == labels)
    return summarise_ranking(rows[chosen & (rows["scenario"] == scenario)])
