"""Small invented countries, small enough to count by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from infiltrate.params.study import StudyParams
from infiltrate.tables.catalogue import TABLES
from infiltrate.tables.engine import DuckDBEngine
from tests.prevalence.examples import make_list

Rows = list[dict[str, Any]]
STUDY_DAY = date(2020, 12, 31)


@pytest.fixture
def open_country() -> Iterator[Callable[..., DuckDBEngine]]:
    """Return a function from rows of canonical tables to an engine that has them all."""
    engines = []

    def open_tables(**tables: Rows) -> DuckDBEngine:
        engine = DuckDBEngine(memory_gib=0.5, threads=1)
        engines.append(engine)
        for name, table in TABLES.items():
            rows = [
                {
                    column: {"source_id": "invented", **row}.get(column)
                    for column in table.column_names
                }
                for row in tables.get(name, [])
            ]
            engine.register(name, pa.Table.from_pylist(rows, schema=table.arrow_schema))
        return engine

    yield open_tables
    for engine in engines:
        engine.close()


@pytest.fixture
def make_params() -> Callable[..., StudyParams]:
    """Return a function from lists and choices to the parameters of an invented study."""

    def make(
        lists: Rows,
        universe: Rows | None = None,
        prevalence: dict[str, Any] | None = None,
        disclosure: dict[str, Any] | None = None,
        as_of: date | None = STUDY_DAY,
    ) -> StudyParams:
        open_rules = {"minimum_firms": 3, "minimum_listed": 1, "round_to": 1}
        return StudyParams.model_validate(
            {
                "country": "XX",
                "title": "An invented country",
                "currency": "XXX",
                "lists": [make_list(**definition) for definition in lists],
                "facts": {"universe": universe or []},
                "choices": {
                    "as_of": as_of,
                    "prevalence": prevalence or {},
                    "disclosure": open_rules if disclosure is None else disclosure,
                },
            }
        )

    return make
