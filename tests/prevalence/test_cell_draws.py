"""Draws of cells as a table: the same cells in every draw, listed firms beside, nothing else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from infiltrate.prevalence.cell_draws import COLUMNS, tabulate_cell_draws, tabulate_pool_draws
from infiltrate.prevalence.lists import ListsData
from infiltrate.prevalence.pool import Pool, triangulate
from infiltrate.prevalence.posterior import Posterior
from tests.prevalence.examples import lists_data


@pytest.fixture
def lists() -> ListsData:
    """Six firms: two of A here (one listed), one of A there, three nobody knows where (listed)."""
    data = lists_data([[1.0], [0.0], [0.0], [0.0], [0.6], [1.0]])
    companies = data.companies.assign(
        section=["A", "A", "A", None, None, None], area_id=["here", "here", "there"] + [None] * 3
    )
    return replace(data, companies=companies)


@pytest.fixture
def pool() -> Pool:
    cells = pd.DataFrame(
        {
            "section": ["unknown", "A", "A"],
            "area_id": ["unknown", "here", "there"],
            "firms": [3, 2, 1],
        }
    )
    draws = np.tile([1.5, 1.0, 0.5], (50, 1))
    posterior = Posterior("joint_detection", "joint_detection", cells, draws, draws[0], {}, "use")
    return triangulate([posterior], np.ones(50), 6, np.random.default_rng(1))


def test_every_draw_has_every_cell_with_its_firms(pool: Pool, lists: ListsData) -> None:
    table = tabulate_cell_draws(pool, lists, 200)
    assert table.dtypes.astype(str).to_dict() == COLUMNS
    assert table["draw"].nunique() == 200
    first = table[table["draw"] == 0]
    assert first["sector_id"].tolist() == ["A", "A", "unknown"]
    assert first["area_id"].tolist() == ["here", "there", "unknown"]
    assert first["firms"].tolist() == [2, 1, 3]
    assert first["listed"].tolist() == [1, 0, 2]
    assert (table.groupby("area_id")["listed"].nunique() == 1).all()


def test_draws_are_those_of_the_pool(pool: Pool, lists: ListsData) -> None:
    table = tabulate_cell_draws(pool, lists, 200)
    sums = table.groupby("draw")["infiltrated"].sum().to_numpy()
    assert sums == pytest.approx(pool.draws[:200])
    assert table.loc[table["area_id"] == "here", "infiltrated"].to_numpy() == pytest.approx(
        pool.cell_draws[:200, 1]
    )
    assert len(tabulate_cell_draws(pool, lists, 10**6)) == 3 * len(pool.draws)


def test_no_estimate_leaves_an_empty_table(pool: Pool, lists: ListsData) -> None:
    for nothing in (None, replace(pool, status="reject"), replace(pool, cells=pool.cells.head(0))):
        table = tabulate_cell_draws(nothing, lists, 200)
        assert table.empty
        assert list(table) == list(COLUMNS)


def test_the_country_as_a_whole_is_a_column_of_draws(pool: Pool) -> None:
    assert tabulate_pool_draws(pool)["infiltrated_firms"].to_numpy() == pytest.approx(pool.draws)
    assert tabulate_pool_draws(None)["infiltrated_firms"].dtype == float
