"""The area that a study names, held against areas like it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from infiltrate.impact.answer import Finding, ImpactAnswer
from infiltrate.impact.comparative_case import ComparativeCase, prepare_comparison
from infiltrate.impact.synthetic_control import SyntheticControl, fit_synthetic_control
from infiltrate.impact.synthetic_did import fit_synthetic_did
from infiltrate.params.impact_choices import ImpactChoices
from infiltrate.tables.engine import Engine

_OUTCOME = """
SELECT y.area_id AS area_id, y.year AS year, y.value AS outcome
FROM area_years AS y
JOIN areas AS a ON a.area_id = y.area_id
JOIN areas AS t ON t.area_id = $area AND t.level = a.level
WHERE y.measure = $measure
ORDER BY y.area_id, y.year
"""


def study_area(
    engine: Engine, choices: ImpactChoices, rng: np.random.Generator
) -> SyntheticControl:
    """Build a synthetic control for the area, day and measure of the parameters.

    The area is compared with the others of its level. A year is treated when most of it lies
    after the day. Synthetic difference in differences, and plain ones, stand beside.

    Parameters
    ----------
    engine : Engine
        With areas and area_years registered.
    choices : ImpactChoices
        ``area_treated``, ``area_treated_on``, ``area_outcome`` and ``interval`` are read.
    rng : numpy.random.Generator
        Draws starting values of the search.

    Returns
    -------
    SyntheticControl
        Refused, with the reason, where the parameters name no case or no data carry it.
    """
    day = choices.area_treated_on
    if not (choices.area_treated and choices.area_outcome and day):
        return _refuse(
            "No synthetic control of an area: the parameters name no area, day and measure "
            "(choices.impact.area_treated, area_treated_on, area_outcome)."
        )
    panel = engine.frame(_OUTCOME, {"measure": choices.area_outcome, "area": choices.area_treated})
    if choices.area_treated not in set(panel["area_id"]):
        return _refuse(
            f"No synthetic control: '{choices.area_outcome}' is not known of the area that "
            "choices.impact.area_treated names."
        )
    first = day.year + int((day.month, day.day) > (7, 1))
    case = ComparativeCase("outcome", choices.area_treated, first, measured_in=choices.area_outcome)
    control = fit_synthetic_control(panel, case, rng, interval=choices.interval)
    comparison, _ = prepare_comparison(panel, case)
    if control.answer.is_refused or comparison is None:
        return control
    beside = fit_synthetic_did(comparison, rng, interval=choices.interval)
    answer = ImpactAnswer(
        (*control.answer.effects, *beside.effects), (*control.answer.findings, *beside.findings)
    )
    return replace(control, answer=answer)


def _refuse(text: str) -> SyntheticControl:
    return SyntheticControl(ImpactAnswer((), (Finding("refused", "synthetic_control", text),)))
