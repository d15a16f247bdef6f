"""The effect of an event on one area of the study, from what is measured of all areas."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from infiltrate.impact.answer import Finding, ImpactAnswer
from infiltrate.impact.comparative_case import ComparativeCase
from infiltrate.impact.synthetic_control import SyntheticControl, fit_synthetic_control
from infiltrate.impact.synthetic_did import fit_synthetic_did
from infiltrate.params.impact_choices import ImpactChoices


def fit_area_effect(
    area_years: pd.DataFrame,
    areas: pd.DataFrame,
    choices: ImpactChoices,
    rng: np.random.Generator,
) -> SyntheticControl:
    """Compare the treated area of the choices with the other areas of its level.

    Parameters
    ----------
    area_years : pandas.DataFrame
        One row per area, year and measure: ``area_id``, ``year``, ``measure``, ``value``.
    areas : pandas.DataFrame
        One row per area: ``area_id``, ``level``.
    choices : ImpactChoices
        The treated area, the day of the event, the measure and the coverage of intervals.
    rng : numpy.random.Generator
        Draws starts and placebo units.

    Returns
    -------
    SyntheticControl
        With the effects of `synthetic_did` behind its own. Refused where the choices name no
        area, day or measure, or one that the data do not have.

    Notes
    -----
    The year of the event is the first of treatment. Areas are alike if their outcomes were in
    every year before; predictors can be given to `fit_synthetic_control` itself. Areas where the
    same happened, or to which the effect spread, are no fair comparison and must be taken out of
    `areas` beforehand.
    """
    reason = _find_obstacle(area_years, areas, choices)
    if reason:
        return SyntheticControl(
            ImpactAnswer((), (Finding("refused", "synthetic_control", reason),))
        )
    assert choices.area_treated_on is not None
    level = areas.set_index("area_id")["level"]
    alike = level.index[level == level[choices.area_treated]]
    panel = area_years[
        (area_years["measure"] == choices.area_outcome) & area_years["area_id"].isin(alike)
    ]
    panel = panel[["area_id", "year", "value"]].rename(columns={"value": choices.area_outcome})
    case = ComparativeCase(
        outcome=choices.area_outcome,
        treated=choices.area_treated,
        first_treated=choices.area_treated_on.year,
        measured_in=choices.area_outcome,
    )
    found = fit_synthetic_control(panel, case, rng, interval=choices.interval)
    if found.answer.is_refused:
        return found
    beside = fit_synthetic_did(panel, case, rng, interval=choices.interval)
    first = found.answer
    said = [one for one in beside.findings if one not in first.findings]
    merged = ImpactAnswer((*first.effects, *beside.effects), (*first.findings, *said))
    return replace(found, answer=merged)


def _find_obstacle(area_years: pd.DataFrame, areas: pd.DataFrame, choices: ImpactChoices) -> str:
    """Return why there is no case, or nothing."""
    stated = {
        "area_treated": choices.area_treated,
        "area_treated_on": choices.area_treated_on,
        "area_outcome": choices.area_outcome,
    }
    empty = [f"choices.impact.{name}" for name, value in stated.items() if not value]
    if empty:
        return f"No event in an area is studied: {', '.join(empty)} stands empty."
    if choices.area_treated not in set(areas["area_id"]):
        return f"The treated area {choices.area_treated} is not among the areas."
    measures = sorted(set(area_years["measure"]))
    if choices.area_outcome not in measures:
        known = ", ".join(measures) or "none"
        return f"{choices.area_outcome} is not measured of areas; measured are: {known}."
    return ""
