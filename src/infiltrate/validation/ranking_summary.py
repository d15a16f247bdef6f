"""Rankings of many synthetic countries in tables and words."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from infiltrate.risk.designs import DESIGNS
from infiltrate.synth.country.cards import CARDS
from infiltrate.validation.country_files import read_results
from infiltrate.validation.ranking import (
    AREA,
    AREA_LISTED,
    COLUMNS,
    LISTS,
    PERMUTED,
    PRECISION,
    RECALL_TENTH,
    RECALL_TOP,
    TEXT,
    TRUTH,
)
from infiltrate.validation.summary import find_reasons

_SHOWN = (AREA, PRECISION, RECALL_TOP, RECALL_TENTH, AREA_LISTED)
_ORDERS = {
    "scenario": list(CARDS),
    "design": list(DESIGNS),
    "labels": [TRUTH, LISTS, PERMUTED],
}


def read_ranking(path: Path | str) -> pd.DataFrame:
    """Return the rows of a ranking.csv, see `ranking.RankingRow`.

    Raises
    ------
    StoreError
        When there is no such file or it is another one.
    """
    return read_results(
        path, COLUMNS, TEXT, kind="ranking", made_with="infiltrate validate --what ranking"
    )


def summarise_ranking(rows: pd.DataFrame) -> pd.DataFrame:
    """Sum up the countries of each scenario, design, model, labels and measure.

    Parameters
    ----------
    rows : pandas.DataFrame
        As `read_ranking` gives it.

    Returns
    -------
    pandas.DataFrame
        One row each: ``scenario``, ``design``, ``labels``, ``model``, ``measure``; ``countries``,
        those ``answered``, ``mean`` and ``error`` (standard error of the mean over countries), and
        ``reason``, the commonest one where countries have no value.
    """
    key = ["scenario", "design", "labels", "model", "measure"]
    grouped = rows.groupby(key, sort=True)
    summary = grouped["value"].agg(answered="count", mean="mean", error="sem")
    summary.insert(0, "countries", grouped["seed"].nunique())
    summary["reason"] = find_reasons(rows, key)
    summary["reason"] = summary["reason"].fillna("")
    return summary.reset_index().sort_values(key, key=_in_order, ignore_index=True)


def compare_learners(rows: pd.DataFrame) -> pd.DataFrame:
    """Return one row per scenario, design, labels and model, one column per measure, of means."""
    summary = summarise_ranking(rows[rows["measure"].isin(_SHOWN)])
    place = ["scenario", "design", "labels", "model"]
    wide = summary.pivot(index=place, columns="measure", values="mean")
    countries = summary.groupby(place)["countries"].max()
    wide = wide.reindex(columns=[name for name in _SHOWN if name in wide])
    wide.insert(0, "countries", countries)
    wide = wide.rename_axis(columns=None).reset_index()
    return wide.sort_values(place, key=_in_order, ignore_index=True)


def _in_order(values: pd.Series) -> pd.Series:
    order = _ORDERS.get(str(values.name))
    if order is None:
        return values
    places = {name: place for place, name in enumerate(order)}
    return values.map(lambda name: (places.get(name.partition(":")[0], len(places)), name))
