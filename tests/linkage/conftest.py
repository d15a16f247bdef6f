"""A small register and what a list wrote of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from infiltrate.linkage.links import Links, link_records
from infiltrate.params.choices import EngineChoices
from infiltrate.params.linkage_choices import LinkageChoices
from infiltrate.tables.catalogue import TABLES
from infiltrate.tables.engine import DuckDBEngine

Rows = Sequence[dict[str, Any]]
MACHINE = EngineChoices(memory_gib=2.0, threads=2)


@pytest.fixture
def link() -> Callable[..., Links]:
    """Link the records of some tables, given as rows by table."""

    def run(tables: dict[str, Rows], verdicts: str | None = None, **choices: Any) -> Links:
        with DuckDBEngine() as engine:
            register(engine, tables)
            return link_records(engine, LinkageChoices(**choices), MACHINE, verdicts)

    return run


def register(engine: DuckDBEngine, tables: dict[str, Rows]) -> None:
    for name, table in TABLES.items():
        rows = list(tables.get(name, ()))
        engine.register(name, pa.Table.from_pylist(rows, schema=table.arrow_schema))


def company(number: int, name: str | None, area: str = "R1", **facts: Any) -> dict[str, Any]:
    return {
        "company_id": f"XX-REG:{number:08}",
        "kind": "company",
        "name": name,
        "area_id": area,
        "in_registry": True,
        "incorporated_on": date(2005, 1, 1),
        "source_id": "register",
    } | facts


def mention(
    entry: str, name: str | None, stated: int | None = None, area: str | None = "R1", **facts: Any
) -> dict[str, Any]:
    return {
        "list_id": "court",
        "entry_id": entry,
        "mention_id": "1",
        "stated_id": None if stated is None else f"XX-REG:{stated:08}",
        "name": name,
        "area_id": area,
        "listed_on": date(2020, 1, 1),
        "outcome": "active",
        "source_id": "court",
    } | facts


def accepted(links: Links) -> dict[str, str]:
    frame = links.table.to_pandas()
    kept = frame[frame["is_accepted"]]
    return dict(zip(kept["record_id"], kept["company_id"], strict=True))
