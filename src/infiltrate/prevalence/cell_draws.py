"""Draws of infiltrated firms, in all and by cell, for whoever computes with them further."""

from __future__ import annotations

import numpy as np
import pandas as pd

from infiltrate.prevalence.detection_inputs import UNKNOWN
from infiltrate.prevalence.lists import ListsData
from infiltrate.prevalence.pool import Pool

COLUMNS = {
    "draw": "int64",
    "sector_id": "str",
    "area_id": "str",
    "firms": "int64",
    "listed": "int64",
    "infiltrated": "float64",
}
"""Columns of the table of draws, with their types."""


def tabulate_pool_draws(pool: Pool | None) -> pd.DataFrame:
    """Return the draws of the country as a whole, one row each: ``infiltrated_firms``."""
    draws = np.empty(0) if pool is None else pool.draws
    return pd.DataFrame({"infiltrated_firms": draws.astype(float)})


def tabulate_cell_draws(pool: Pool | None, lists: ListsData, draws: int) -> pd.DataFrame:
    """Return draws of the number of infiltrated firms of every sector and area.

    Parameters
    ----------
    pool : Pool or None
        None, rejected, or without cells: the table has no rows.
    lists : ListsData
        Gives the companies; areas and sections as in the cells of the pool.
    draws : int
        How many draws to keep; all where the pool has fewer.

    Returns
    -------
    pandas.DataFrame
        One row per draw, section and area with firms, sorted by all three: ``firms`` seen,
        ``listed`` (firms that a list of organised crime names, wrong entries included; the same in
        every draw) and ``infiltrated`` (firms, not rounded). Nothing in it is protected: it is for
        further computing, not for showing.
    """
    if pool is None or pool.status == "reject" or not len(pool.cells):
        return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in COLUMNS.items()})
    cells = pool.cells.rename(columns={"section": "sector_id"}).reset_index(drop=True)
    places = lists.companies[["section", "area_id"]].astype(object)
    places = places.where(places.notna(), UNKNOWN).astype(str)
    named = places[lists.listed.any(axis=1)].value_counts()
    keys = pd.MultiIndex.from_frame(cells[["sector_id", "area_id"]])
    cells = cells.assign(listed=named.reindex(keys, fill_value=0).to_numpy())
    kept = pool.cell_draws[:draws]
    table = pd.concat([cells] * len(kept), ignore_index=True).assign(
        draw=np.repeat(np.arange(len(kept)), len(cells)), infiltrated=kept.ravel()
    )
    table = table[list(COLUMNS)].astype(COLUMNS)
    return table.sort_values(["draw", "sector_id", "area_id"], ignore_index=True)
