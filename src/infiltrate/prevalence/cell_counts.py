"""Firms, and listed ones, by sector and area, with the sums that tie the cells together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from infiltrate.prevalence.records import NOT_STATED
from infiltrate.tables.engine import Engine

ALL = "all"
"""Stands for all sectors or all areas in a cell."""

_DEEPEST_AREA = 2
_DEEPEST_BY_SECTOR = 1


@dataclass(frozen=True)
class CellCounts:
    """Counts of one list over all cells, and how the cells add up.

    Attributes
    ----------
    cells : pandas.DataFrame
        One row per sector section and area that has a firm, "all" for totals, sorted:
        ``sector_id``, ``area_id``, ``parent_id``, ``area_level``, ``firms``, ``listed``.
    equations : scipy.sparse.csr_array, shape (n_equations, n_cells)
        1 for each part, -1 for the whole they add up to.
    """

    cells: pd.DataFrame
    equations: sparse.csr_array


def find_area_paths(engine: Engine, area_ids: pd.Series) -> pd.DataFrame:
    """Return the areas of each company, in a column for each level below the country."""
    areas = engine.frame(
        "SELECT a.area_id AS area_id, a.level AS level, a.parent_id AS parent_id FROM areas AS a"
    ).set_index("area_id")
    parents = areas["parent_id"].dropna().to_dict()
    countries = set(areas.index[areas["level"] == 0])
    known = {area: _climb(area, parents, countries) for area in sorted(set(area_ids))}
    divided = {path[0] for path in known.values() if len(path) > 1}
    rest = {area: f"{area}, {NOT_STATED} further" for area in divided}
    first = {area: path[0] for area, path in known.items()}
    second = {area: path[1] if len(path) > 1 else rest.get(path[0]) for area, path in known.items()}
    return pd.DataFrame({1: area_ids.map(first), 2: area_ids.map(second)}, dtype=object)


def _climb(area: str, parents: Mapping[str, str], countries: set[str]) -> list[str]:
    path = [area]
    while (parent := parents.get(path[0])) is not None and parent not in (*path, *countries):
        path.insert(0, parent)
    return ([NOT_STATED] if area in countries else path)[:_DEEPEST_AREA]


def count_cells(
    sections: pd.Series, paths: pd.DataFrame, listed: np.ndarray, exposed: np.ndarray
) -> CellCounts:
    """Count the firms a list could have named, and those it does, in every cell."""
    firms = pd.DataFrame(
        {"sector_id": sections, 0: ALL, 1: paths[1], 2: paths[2], "listed": listed}
    )[exposed]
    parts = []
    for level in range(_DEEPEST_AREA + 1):
        here = firms.assign(area_id=firms[level], parent_id=firms[max(level - 1, 0)])
        here = here[here["area_id"].notna()]
        by_sector = [here] if level <= _DEEPEST_BY_SECTOR else []
        for rows in (*by_sector, here.assign(sector_id=ALL)):
            counts = rows.groupby(["sector_id", "area_id", "parent_id"])["listed"]
            parts.append(
                counts.agg(firms="size", listed="sum").reset_index().assign(area_level=level)
            )
    cells = pd.concat(parts, ignore_index=True)
    cells = cells.sort_values(["sector_id", "area_id"], ignore_index=True)
    return CellCounts(cells, _equations(cells))


def _equations(cells: pd.DataFrame) -> sparse.csr_array:
    """Sectors add up to all sectors in each area; areas to the area around them."""
    place = {
        cell: i for i, cell in enumerate(zip(cells["sector_id"], cells["area_id"], strict=True))
    }
    parts: dict[tuple[int, str], list[int]] = {}
    for i, cell in enumerate(cells.itertuples()):
        if cell.sector_id != ALL:
            parts.setdefault((place[ALL, cell.area_id], "sectors"), []).append(i)
        if cell.area_level > 0:
            parts.setdefault((place[cell.sector_id, cell.parent_id], "areas"), []).append(i)
    rows = [(whole, members) for (whole, _), members in sorted(parts.items())]
    matrix = sparse.lil_array((len(rows), len(cells)), dtype=float)
    for row, (whole, members) in enumerate(rows):
        matrix[row, members] = 1.0
        matrix[row, whole] = -1.0
    return matrix.tocsr()
