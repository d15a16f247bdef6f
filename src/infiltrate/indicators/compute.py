"""Computing indicators: one long table, three states, nothing left out in silence."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import pyarrow as pa

from infiltrate.errors import ParamsError, Problem
from infiltrate.indicators.catalogue import (
    LEVELS,
    Indicator,
    check_indicator_choices,
    load_catalogue,
)
from infiltrate.indicators.units import register_units
from infiltrate.params.choices import IndicatorChoice, SettingValue
from infiltrate.params.paths import nearest
from infiltrate.params.study import StudyParams
from infiltrate.tables.engine import Engine
from infiltrate.tables.results import RESULT_SCHEMA

STATES = ("flag", "clear", "not_computable")


@dataclass(frozen=True)
class PlannedIndicator:
    """One indicator as a study uses it.

    Attributes
    ----------
    indicator : Indicator
        Its catalogue entry.
    on : bool
        Whether the study computes it.
    settings : dict
        The value of every setting, defaults filled in.
    """

    indicator: Indicator
    on: bool
    settings: dict[str, SettingValue]


def plan_indicators(
    params: StudyParams, selection: Sequence[str] = LEVELS
) -> tuple[PlannedIndicator, ...]:
    """Say which indicators a study computes and with which settings, by code.

    Parameters
    ----------
    params : StudyParams
        The study; only ``choices.indicators`` is read.
    selection : sequence of str
        Levels or codes; every level when absent.

    Raises
    ------
    ParamsError
        When the selection or the choices name what does not exist, or a setting is out of bounds.
    """
    catalogue = load_catalogue()
    choices = params.choices.indicators
    problems = _check_selection(selection)
    problems += check_indicator_choices(choices, "choices.indicators")
    if problems:
        raise ParamsError("The indicators cannot be computed as asked.", problems)
    plan = []
    for code, indicator in catalogue.items():
        if code in selection or indicator.level in selection:
            choice = choices.get(code, IndicatorChoice())
            settings = indicator.effective_settings(choice)
            plan.append(PlannedIndicator(indicator, indicator.is_on(choice), settings))
    return tuple(plan)


def compute_indicators(
    engine: Engine,
    params: StudyParams,
    selection: Sequence[str] = LEVELS,
    *,
    day: date | None = None,
) -> pa.Table:
    """Compute indicators for every unit of their level.

    Parameters
    ----------
    engine : Engine
        Engine with the canonical tables registered; the units and the facts are added to it.
    params : StudyParams
        The study; ``facts`` and ``choices.indicators`` are read.
    selection : sequence of str
        Levels (``lot``, ``contract``, ``relation``, ``buyer``, ``market``, ``company``, ``area``)
        or codes.
    day : date, optional
        Day up to which companies are judged: who serves, which accounts are known, which changes
        are recent. The day of the study where it is not given.

    Returns
    -------
    pyarrow.Table
        One row per indicator and unit, sorted by ``indicator`` and ``entity_id``. Every unit has
        a row: ``flag``, ``clear`` or ``not_computable``, the last with the reason in ``detail``.
        The metadata of the schema name the indicators that are turned off (``turned_off``) and
        the settings used (``settings``), both as JSON.

    Raises
    ------
    ParamsError
        When the selection or the choices cannot be used.
    """
    plan = plan_indicators(params, selection)
    running = [planned for planned in plan if planned.on]
    register_units(engine, params, {planned.indicator.level for planned in running}, day)
    results = [_compute(engine, planned) for planned in running]
    described = RESULT_SCHEMA.with_metadata(_describe(plan))
    return pa.concat_tables([RESULT_SCHEMA.empty_table(), *results]).cast(described)


def _check_selection(selection: Sequence[str]) -> list[Problem]:
    known = [*LEVELS, *load_catalogue()]
    return [
        Problem(
            "indicators asked for",
            f"{name!r} is neither a level nor a code",
            ", ".join(known),
            f"Did you mean {meant}?" if (meant := nearest(name, known)) else "",
        )
        for name in selection
        if name not in known
    ]


def _compute(engine: Engine, planned: PlannedIndicator) -> pa.Table:
    indicator = planned.indicator
    columns = ", ".join(f"result.{name} AS {name}" for name in RESULT_SCHEMA.names[2:])
    sql = (
        f"SELECT '{indicator.code}' AS indicator, '{indicator.level}' AS level, {columns} "
        f"FROM (\n{indicator.sql}\n) AS result ORDER BY result.entity_id"
    )
    return engine.query(sql, planned.settings).select(RESULT_SCHEMA.names).cast(RESULT_SCHEMA)


def _describe(plan: Sequence[PlannedIndicator]) -> dict[str, str]:
    turned_off = [planned.indicator.code for planned in plan if not planned.on]
    settings = {planned.indicator.code: planned.settings for planned in plan if planned.on}
    return {
        "turned_off": json.dumps(turned_off),
        "settings": json.dumps(settings, sort_keys=True),
    }
