"""Computing red flags over the flat relations of contracting processes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import pyarrow as pa

from infiltrate.indicators.red_flags.catalogue import (
    RedFlag,
    last_reader,
    load_red_flags,
    load_shared_relations,
    relations_needed,
)
from infiltrate.indicators.red_flags.choices import RedFlagChoices
from infiltrate.tables.engine import Engine

_PARAMETER = re.compile(r"\$(\w+)")
_METHOD_DAYS = pa.schema([("method", pa.string()), ("days", pa.int64())])
_NO_VALUES = (
    "SELECT CAST(NULL AS VARCHAR) AS indicator, CAST(NULL AS VARCHAR) AS level, "
    "CAST(0.75 AS DOUBLE) AS share, CAST(NULL AS DOUBLE) AS value"
)


def prepare_red_flags(
    engine: Engine, choices: RedFlagChoices, when_read: Callable[[], None] | None = None
) -> None:
    """Compute what red flags share, once, as tables of the engine.

    Parameters
    ----------
    engine : Engine
        Has the relations ``ocds_processes``, ``ocds_bids``, ``ocds_awards``,
        ``ocds_award_suppliers`` and ``ocds_award_items`` that the red flags chosen need.
    choices : RedFlagChoices
        Which run, and with what settings.
    when_read : callable, optional
        Called as soon as the relations above are read no more.
    """
    shared = load_shared_relations()
    _, order = relations_needed(choices.flags)
    last = last_reader(choices.flags)
    days = choices.flags.get("R003", {}).get("procurement_method_details") or {}
    assert isinstance(days, Mapping)
    table = pa.table({"method": list(days), "days": list(days.values())}, schema=_METHOD_DAYS)
    engine.register("method_days", table)
    for name in order:
        if name == "fences":
            _create(engine, "measured", *_collect_measures(choices))
        relation = shared[name]
        settings = choices.flags.get(relation.settings_of, {})
        _create(engine, name, relation.sql, _common(choices) | dict(settings))
        if name == last and when_read:
            when_read()


def red_flag_sql(flag: RedFlag, choices: RedFlagChoices) -> tuple[str, dict[str, Any]]:
    """Return the query of a red flag and its parameters.

    Its rows: ``level``, ``entity_id``, ``process``, ``state`` (``flag``, ``clear``,
    ``not_computable``), ``value``, ``threshold``, ``output`` (the number Cardinal prints),
    ``detail`` and ``evidence`` (ids of records, sorted).
    """
    return flag.sql, _used(flag.sql, _common(choices) | dict(choices.flags[flag.code]))


def compute_red_flags(engine: Engine, choices: RedFlagChoices) -> pa.Table:
    """Compute red flags in the long format of indicators.

    Parameters
    ----------
    engine : Engine
        After `prepare_red_flags`.
    choices : RedFlagChoices
        The same choices.

    Returns
    -------
    pyarrow.Table
        One row per red flag, level and unit, sorted by these: ``indicator``, ``level``,
        ``entity_id``, ``state``, ``value``, ``threshold``, ``detail``, ``evidence``.
    """
    tables = [engine.query(*long_sql(code, choices)) for code in choices.flags]
    return pa.concat_tables(tables)


def long_sql(code: str, choices: RedFlagChoices) -> tuple[str, dict[str, Any]]:
    """Return the query of a red flag in the long format, sorted by unit, and its parameters."""
    sql, parameters = red_flag_sql(load_red_flags()[code], choices)
    query = (
        f"SELECT '{code}' AS indicator, result.level AS level, result.entity_id AS entity_id, "
        "result.state AS state, result.value AS value, result.threshold AS threshold, "
        "result.detail AS detail, coalesce(result.evidence, []) AS evidence "
        f"FROM (\n{sql}\n) AS result ORDER BY level, entity_id"
    )
    return query, parameters


def _common(choices: RedFlagChoices) -> dict[str, Any]:
    return {
        "currency": choices.currency,
        "no_price_methods": choices.no_price_methods,
        "price_methods": choices.price_methods,
        "excluded_methods": choices.excluded_methods,
        "like_cardinal": choices.like_cardinal,
        "measures_gaps": bool({"R024", "R058"} & set(choices.flags)),
    }


def _collect_measures(choices: RedFlagChoices) -> tuple[str, dict[str, Any]]:
    parts = [f"{_NO_VALUES} WHERE FALSE"]
    for code, settings in choices.flags.items():
        for fence in load_red_flags()[code].fences:
            of_level = f"WHERE level = '{fence.level}'" if code == "R038" else ""
            share = float(settings[fence.share]) / 100 if fence.share else 0.75  # type: ignore[arg-type]
            parts.append(
                f"SELECT '{code}' AS indicator, '{fence.level}' AS level, "
                f"CAST({share!r} AS DOUBLE) AS share, CAST({fence.value} AS DOUBLE) AS value "
                f"FROM {fence.relation} {of_level}"
            )
    return " UNION ALL ".join(parts), {}


def _create(engine: Engine, name: str, sql: str, parameters: Mapping[str, Any]) -> None:
    engine.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {sql}", _used(sql, parameters))


def _used(sql: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    names = set(_PARAMETER.findall(sql))
    return {name: parameters[name] for name in sorted(names)}
