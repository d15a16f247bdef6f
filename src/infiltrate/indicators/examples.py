"""The worked example of each indicator: a few invented rows, computed by the indicator itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from importlib import resources
from typing import Any

import pyarrow as pa
from ruamel.yaml import YAML

from infiltrate.indicators.compute import compute_indicators
from infiltrate.params.study import StudyParams
from infiltrate.tables.catalogue import TABLES
from infiltrate.tables.definition import ARROW_TYPES, Table
from infiltrate.tables.engine import DuckDBEngine

_UNSAID = {
    "source_id": "example",
    "kind": "company",
    "owner_kind": "unknown",
    "buyer_id": "TOWN",
    "currency": "EUR",
}


@dataclass(frozen=True)
class Example:
    """A few invented rows and what an indicator should say of them.

    Attributes
    ----------
    story : str
        What the rows show, in a sentence.
    tables : mapping
        Rows by canonical table; required columns that are not told have fixed values.
    day : date, optional
        Day of the study.
    facts : mapping
        Facts of the invented country, as in the parameters.
    settings : mapping
        Settings that differ from the defaults.
    expect : mapping
        State, and value where there is one, by unit; worked out by hand.
    """

    story: str
    tables: Mapping[str, Sequence[Mapping[str, Any]]]
    facts: Mapping[str, Any]
    settings: Mapping[str, Any]
    day: date | None
    expect: Mapping[str, Mapping[str, Any]]


def load_example(code: str) -> Example:
    """Read the example of an indicator from beside its SQL file."""
    folder = resources.files("infiltrate.indicators") / "sql" / "examples"
    text = (folder / f"{code.lower()}.yaml").read_text(encoding="utf-8")
    entry = YAML(typ="safe", pure=True).load(text)
    return Example(
        story=entry["story"],
        tables=entry["tables"],
        facts=entry.get("facts", {}),
        settings=entry.get("settings", {}),
        day=entry.get("day"),
        expect=entry["expect"],
    )


def run_example(code: str) -> list[dict[str, Any]]:
    """Compute an indicator on its example.

    Returns
    -------
    list of dict
        The rows of the indicator, as `compute_indicators` gives them, by unit.
    """
    example = load_example(code)
    params = StudyParams.model_validate(
        {
            "country": "XX",
            "title": f"The example of {code}",
            "currency": "EUR",
            "facts": example.facts,
            "choices": {
                "as_of": example.day,
                "indicators": {code: {"on": True, "settings": example.settings}},
            },
        }
    )
    with DuckDBEngine(memory_gib=1.0, threads=1) as engine:
        for table in TABLES.values():
            engine.register(table.name, _fill(table, example.tables.get(table.name, ())))
        return compute_indicators(engine, params, [code]).to_pylist()


def _fill(table: Table, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    unsaid = {
        name: _UNSAID.get(name) if table.is_required(name) else None for name in table.column_names
    }
    filled = [{**unsaid, **row} for row in rows]
    columns = {
        column.name: pa.array(
            [_convert(row[column.name], column.type) for row in filled], ARROW_TYPES[column.type]
        )
        for column in table.columns
    }
    return pa.table(columns, schema=table.arrow_schema)


def _convert(value: Any, kind: str) -> Any:
    return Decimal(str(value)) if kind == "money" and value is not None else value
