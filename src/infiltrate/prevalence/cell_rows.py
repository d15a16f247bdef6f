"""Rows of a table of infiltrated firms by sector and area, and which of them may be published."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from infiltrate.params.choices import DisclosureChoices
from infiltrate.prevalence.cell_counts import ALL, count_cells
from infiltrate.prevalence.detection_inputs import UNKNOWN
from infiltrate.prevalence.lists import ListsData
from infiltrate.prevalence.pool import Pool
from infiltrate.prevalence.records import NOT_STATED
from infiltrate.protection.suppression import protect

LEAST_FIRMS = 100
LEAST_EXPECTED = 5.0
MOST_VARIATION = 0.5


@dataclass(frozen=True, eq=False)
class CellRows:
    """Sections by areas with all totals, before anything is hidden: R rows of C cells of the pool.

    Attributes
    ----------
    cells : pandas.DataFrame
        ``sector_id``, ``area_id``, ``parent_id``, ``area_level``; "all" for totals; sorted.
    members : numpy.ndarray, shape (R, C)
        1 where the cell is part of the row.
    draws : numpy.ndarray, shape (n_draws, R)
        Infiltrated firms.
    firms : numpy.ndarray, shape (R,)
        Firms that shares refer to.
    raised : float
        Firms of the official count per company seen; 1 when that is not larger.
    closed : numpy.ndarray of bool, shape (R,)
        Whether the number of firms may not be shown.
    why : tuple of str
        Why a row is not published by itself; empty when it is.
    shown : numpy.ndarray of int, shape (R,)
        Position of the row whose share is shown.
    """

    cells: pd.DataFrame
    members: np.ndarray
    draws: np.ndarray
    firms: np.ndarray
    raised: float
    closed: np.ndarray
    why: tuple[str, ...]
    shown: np.ndarray

    @property
    def own(self) -> np.ndarray:
        """Whether a row is published by itself."""
        return self.shown == np.arange(len(self.cells))


def lay_out_rows(pool: Pool, lists: ListsData, rules: DisclosureChoices) -> CellRows:
    """Count firms, add up draws and find the row that is shown in place of each.

    A row is published by itself when it has 100 firms, 5 infiltrated ones are expected, and the
    coefficient of variation of their number is one half at most. In place of the others stands all
    sectors of the area, or else the country. Numbers of firms are closed where a small one is, or
    could be worked out; shares, which come from a model, are not.
    """
    places = lists.companies[["section", "area_id"]].fillna(NOT_STATED)
    everyone = np.ones(len(places), dtype=bool)
    paths = pd.DataFrame({1: places["area_id"], 2: None}, dtype=object)
    table = count_cells(places["section"], paths, ~everyone, everyone)
    cells = table.cells.drop(columns="listed")
    parts = pool.cells[["section", "area_id"]].replace(UNKNOWN, NOT_STATED)
    members = np.ones((len(cells), len(parts)))
    for of_row, of_part in (("sector_id", "section"), ("area_id", "area_id")):
        name = cells[of_row].to_numpy(dtype=object)[:, None]
        members *= (name == ALL) | (name == parts[of_part].to_numpy(dtype=object))
    draws = pool.cell_draws @ members.T
    seen = cells["firms"].to_numpy()
    closed = protect(seen, table.equations, seen < rules.minimum_firms, rules.minimum_firms)
    official = lists.denominator.firms if lists.denominator.is_official else 0
    raised = max(official / len(places), 1.0)
    why = _say_why_not(draws, seen)
    why[_position(cells, ALL, ALL)] = ""
    return CellRows(
        cells, members, draws, seen * raised, raised, closed, tuple(why), _find_shown(cells, why)
    )


def _say_why_not(draws: np.ndarray, seen: np.ndarray) -> list[str]:
    expected = draws.mean(axis=0)
    variation = draws.std(axis=0) / np.maximum(expected, 1e-9)
    tests = (
        (seen < LEAST_FIRMS, f"fewer than {LEAST_FIRMS} firms"),
        (expected < LEAST_EXPECTED, f"fewer than {LEAST_EXPECTED:g} infiltrated firms expected"),
        (variation > MOST_VARIATION, f"coefficient of variation above {MOST_VARIATION:g}"),
    )
    return [", ".join(words for fails, words in tests if fails[row]) for row in range(len(seen))]


def _find_shown(cells: pd.DataFrame, why: list[str]) -> np.ndarray:
    """Return the row itself, its area or the country, whichever is published first."""
    country = _position(cells, ALL, ALL)
    of_area = {
        area: row
        for row, (sector, area) in enumerate(zip(cells["sector_id"], cells["area_id"], strict=True))
        if sector == ALL
    }
    around = ((row, of_area[area]) for row, area in enumerate(cells["area_id"]))
    return np.array([next((r for r in rows if not why[r]), country) for rows in around])


def _position(cells: pd.DataFrame, sector: str, area: str) -> int:
    return int(np.flatnonzero((cells["sector_id"] == sector) & (cells["area_id"] == area))[0])
