"""Measures of areas that may go with infiltration, and those of the effort of authorities."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd

from infiltrate.errors import CheckFailed, Problem
from infiltrate.prevalence.area_effort import average_effort
from infiltrate.tables.engine import Engine


@dataclass(frozen=True, eq=False)
class AreaMeasures:
    """Measures by area, indexed by ``area_id``.

    Attributes
    ----------
    drivers, effort : pandas.DataFrame
        One column per measure, in logarithms; missing where it is not known. No columns where a
        study has none.
    """

    drivers: pd.DataFrame
    effort: pd.DataFrame


def read_area_measures(
    engine: Engine,
    day: date,
    areas: Iterable[str],
    drivers: Sequence[str],
    effort: Sequence[str],
) -> AreaMeasures:
    """Average measures of areas over the years that had ended on a day.

    Parameters
    ----------
    engine : Engine
        With areas and area_years registered.
    day : datetime.date
        Day of the study.
    areas : iterable of str
        Areas to read; an area without a measure takes that of the nearest area around it.
    drivers : sequence of str
        ``choices.impact.drivers``; empty for all measures that are not of effort.
    effort : sequence of str
        ``choices.prevalence.effort_measures``.

    Returns
    -------
    AreaMeasures
        As inverse hyperbolic sines, which are logarithms for all but small numbers.

    Raises
    ------
    CheckFailed
        When a measure is not in the table, or is named as driver and as effort.
    """
    table = engine.frame(
        "SELECT DISTINCT y.measure AS measure FROM area_years AS y ORDER BY measure"
    )
    existing = table["measure"].tolist()
    _check_names(existing, drivers, effort)
    names = list(drivers) or [name for name in existing if name not in effort]
    index = pd.Index(sorted(set(areas)), name="area_id")
    place = pd.Series(index, index=index)
    years = (0, day.year)
    return AreaMeasures(
        drivers=average_effort(engine, day, place, names, years),
        effort=average_effort(engine, day, place, list(effort), years),
    )


def _check_names(existing: Sequence[str], drivers: Sequence[str], effort: Sequence[str]) -> None:
    allowed = ", ".join(name for name in existing if name not in effort) or "the table is empty"
    problems = [
        Problem(
            f"choices.impact.drivers: '{name}'",
            "is a measure of effort" if name in effort else "not in area_years",
            allowed,
            "Correct the name, or add a source that gives the measure.",
        )
        for name in drivers
        if name in effort or name not in existing
    ]
    if problems:
        raise CheckFailed("What may go with infiltration cannot be read.", problems)
