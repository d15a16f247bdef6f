"""How hard authorities look where each firm is: the mean of published measures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

from infiltrate.errors import CheckFailed, Problem
from infiltrate.prevalence.lists import ListsData
from infiltrate.tables.engine import Engine

_MEASURES = """
SELECT y.area_id AS area_id, y.measure AS measure, y.value AS value
FROM area_years AS y
WHERE make_date(y.year, 12, 31) <= $day AND y.year BETWEEN $first AND $last
  AND y.value IS NOT NULL
ORDER BY y.measure, y.area_id, y.year
"""
_DEEPEST = 10


def read_area_effort(
    engine: Engine, lists: ListsData, measures: Sequence[str], window_years: float | None
) -> pd.DataFrame:
    """Average measures of effort over the whole years that the lists cover, for each firm's area.

    An area without a measure takes that of the nearest area around it. The inverse hyperbolic
    sine, which is the logarithm for all but small numbers, makes the measures proportional.

    Parameters
    ----------
    engine : Engine
        With areas and area_years registered.
    lists : ListsData
        Gives companies, the day of the study and the years of the lists.
    measures : sequence of str
        Names in ``area_years.measure``.
    window_years : float, optional
        Years before the day of the study whose entries count.

    Returns
    -------
    pandas.DataFrame
        In the order of ``lists.companies``, one column per measure; missing where no area around
        the firm has it.

    Raises
    ------
    CheckFailed
        When a measure is not in the table.
    """
    _check_measures(engine, measures)
    years = _years_covered(lists, window_years)
    effort = average_effort(engine, lists.study_day, lists.companies["area_id"], measures, years)
    return effort.set_axis(lists.companies.index)


def average_effort(
    engine: Engine, day: date, areas: pd.Series, measures: Sequence[str], years: tuple[int, int]
) -> pd.DataFrame:
    """Average measures of effort over years that had ended on a day, for each firm's area.

    Parameters
    ----------
    engine : Engine
        With areas and area_years registered.
    day : datetime.date
        Years that end later do not exist.
    areas : pandas.Series of str
        Area of each firm.
    measures : sequence of str
        Names in ``area_years.measure``.
    years : tuple of int
        First and last year.

    Returns
    -------
    pandas.DataFrame
        In the order of ``areas``, one column per measure, as its inverse hyperbolic sine; missing
        where no area around the firm has it.
    """
    values = engine.frame(_MEASURES, {"day": day, "first": years[0], "last": years[1]})
    means = values.groupby(["measure", "area_id"])["value"].mean()
    parents = engine.frame(
        "SELECT a.area_id AS area_id, a.parent_id AS parent_id FROM areas AS a ORDER BY a.area_id"
    ).set_index("area_id")["parent_id"]
    known = pd.Index(areas.astype(object).unique())
    columns = {}
    for name in measures:
        given = means[name] if name in means.index.get_level_values(0) else pd.Series(dtype=float)
        by_area = pd.Series(_climb(known, given, parents), known)
        columns[name] = np.arcsinh(areas.astype(object).map(by_area).to_numpy(dtype=float))
    return pd.DataFrame(columns, index=areas.index)


def _check_measures(engine: Engine, measures: Sequence[str]) -> None:
    existing = engine.frame(
        "SELECT DISTINCT y.measure AS measure FROM area_years AS y ORDER BY measure"
    )["measure"].tolist()
    problems = [
        Problem(
            f"choices.prevalence.effort_measures: '{name}'",
            "not in area_years",
            ", ".join(existing) or "the table is empty",
            "Correct the name, or add a source that gives the measure.",
        )
        for name in measures
        if name not in existing
    ]
    if problems:
        raise CheckFailed("A measure of effort does not exist.", problems)


def _years_covered(lists: ListsData, window_years: float | None) -> tuple[int, int]:
    day: date = lists.study_day
    starts = [one.coverage_from.year if one.coverage_from else 0 for one in lists.lists]
    ends = [one.coverage_to.year if one.coverage_to else day.year for one in lists.lists]
    first, last = min(starts, default=0), max(ends, default=day.year)
    if window_years is not None:
        first = max(first, int(day.year - window_years))
    return first, min(last, day.year)


def _climb(areas: pd.Index, given: pd.Series, parents: pd.Series) -> np.ndarray:
    """Return the value of each area, or of the nearest one around it that has one."""
    place = pd.Series(areas, dtype=object)
    values = place.map(given).to_numpy(dtype=float)
    for _ in range(_DEEPEST):
        place = place.map(parents)
        values = np.where(np.isnan(values), place.map(given).to_numpy(dtype=float), values)
    return values
