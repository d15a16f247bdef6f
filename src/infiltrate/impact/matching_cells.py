"""What treated companies and their controls must share: sector, size and area."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

_SIZES = 5
_FEWEST_CONTROLS = 5
_LEAST_MATCHED = 0.9
_COUNTRY = "the country"
_WORDS = {"sector": "the section of activity", "size": "the fifth of size"}


@dataclass(frozen=True, eq=False)
class MatchingCells:
    """The cell of each company.

    Attributes
    ----------
    names : pandas.Series
        Name of the cell by ``company_id``.
    shared : str
        What companies of a cell share, in words.
    without_controls : int
        Treated companies whose cell holds nobody who is not treated.
    is_nationwide : bool
        Whether cells were to be of areas and had to span the country.
    """

    names: pd.Series
    shared: str
    without_controls: int
    is_nationwide: bool


def assign_cells(
    companies: pd.DataFrame, areas: pd.DataFrame, matched_on: Sequence[str]
) -> MatchingCells:
    """Put companies into cells within which treated ones are compared with others.

    Areas are as fine as they can be: of the levels of the country the finest is taken at which
    nine in ten treated companies have five controls in their cell, or else the whole country.
    Sizes are fifths of all companies by the first year's outcome.

    Parameters
    ----------
    companies : pandas.DataFrame
        One row per company: ``company_id``, ``section``, ``area_id``, ``size`` (a number; missing
        is a class of its own) and ``is_treated``.
    areas : pandas.DataFrame
        The table ``areas``: ``area_id``, ``level``, ``parent_id``.
    matched_on : sequence of str
        Of ``sector``, ``size`` and ``area``.
    """
    parts = []
    if "sector" in matched_on:
        parts.append(companies["section"].astype(str))
    if "size" in matched_on:
        parts.append(_name_sizes(companies["size"]))
    treated = companies["is_treated"].to_numpy(dtype=bool)
    words = [_WORDS[part] for part in ("sector", "size") if part in matched_on]
    if "area" not in matched_on:
        names = _join(parts, companies.index)
    else:
        names, level = _join_areas(parts, companies["area_id"], areas, treated)
        words.append(level)
    return MatchingCells(
        pd.Series(names.to_numpy(), companies["company_id"].to_numpy(), dtype=object),
        _enumerate(words) if words else "nothing but the year",
        int((_count_controls(names, treated) == 0).sum()),
        _COUNTRY in words,
    )


def _join_areas(
    parts: Sequence[pd.Series], area_ids: pd.Series, areas: pd.DataFrame, treated: np.ndarray
) -> tuple[pd.Series, str]:
    tried = []
    for places, level in _climb(area_ids, areas):
        tried.append((_join([*parts, places], area_ids.index), level))
        enough = _count_controls(tried[-1][0], treated) >= _FEWEST_CONTROLS
        if enough.mean() >= _LEAST_MATCHED:
            break
    return tried[-1]


def _climb(area_ids: pd.Series, areas: pd.DataFrame) -> list[tuple[pd.Series, str]]:
    """Return the areas of companies from the finest level to the coarsest below the country."""
    level = dict(zip(areas["area_id"], areas["level"].fillna(0).astype(int), strict=True))
    parent = dict(zip(areas["area_id"], areas["parent_id"], strict=True))
    steps = sorted({level.get(area, 0) for area in set(area_ids)} - {0}, reverse=True)
    found = []
    for step in range(steps[0], 0, -1) if steps else ():
        above = {area: _find_above(area, step, level, parent) for area in set(area_ids)}
        found.append((area_ids.map(above), f"the area of level {step}"))
    found = found or [(area_ids.astype(str), "the area")]
    return [*found, (pd.Series("everywhere", area_ids.index), _COUNTRY)]


def _find_above(area: str, step: int, level: dict[str, int], parent: dict[str, str]) -> str:
    seen = set()
    while level.get(area, 0) > step and isinstance(parent.get(area), str) and area not in seen:
        seen.add(area)
        area = parent[area]
    return area


def _name_sizes(size: pd.Series) -> pd.Series:
    known = size.dropna().to_numpy(dtype=float)
    if not len(known):
        return pd.Series("size not stated", size.index)
    edges = np.quantile(known, np.arange(1, _SIZES) / _SIZES)
    fifth = np.searchsorted(edges, size.to_numpy(dtype=float), side="left") + 1
    return pd.Series(fifth.astype(str), size.index).where(size.notna(), "size not stated")


def _join(parts: Sequence[pd.Series], index: pd.Index) -> pd.Series:
    if not parts:
        return pd.Series("all", index)
    names = parts[0].astype(str)
    for part in parts[1:]:
        names = names + ", " + part.astype(str)
    return names


def _count_controls(names: pd.Series, treated: np.ndarray) -> np.ndarray:
    """Return, for each treated company, how many of its cell are not treated."""
    controls = names[~treated].value_counts()
    return names[treated].map(controls).fillna(0).to_numpy(dtype=float)


def _enumerate(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
