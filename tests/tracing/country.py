"""A small country by hand: one front above whom four stakes stand, and a listed sister."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa

from infiltrate.tables.asof import open_as_of
from infiltrate.tables.catalogue import TABLES
from infiltrate.tables.engine import DuckDBEngine, Engine
from infiltrate.tables.store import TableStore
from infiltrate.tracing.trace import TABLES_READ

DAY = date(2024, 6, 30)
ANN, BEN = "XX-REG-P:00000000000000aa", "XX-REG-P:00000000000000bb"
FRONT, SISTER, OTHER = "XX-REG:00000001", "XX-REG:00000002", "XX-REG:00000003"
MIDDLE, TOP = "XX-REG:00000004", "XX-REG:00000005"
OWNED, NEIGHBOUR = "XX-REG:00000006", "XX-REG:00000007"
LATER = date(2025, 1, 1)

Rows = dict[str, list[dict[str, Any]]]


def stake(
    owner: str, company: str, low: float | None, high: float | None, **more: Any
) -> dict[str, Any]:
    kind = "natural_person" if "-P:" in owner else "company"
    row = {"owner_id": owner, "owner_kind": kind, "company_id": company, "interest": "shares"}
    row |= {"share_low": low, "share_high": high, "valid_from": date(2020, 1, 1)}
    return row | {"source_id": "owners"} | more


def role(company: str, officer: str, **more: Any) -> dict[str, Any]:
    row = {"company_id": company, "officer_id": officer, "role": "director"}
    return row | {"valid_from": date(2020, 1, 1), "source_id": "officers"} | more


def company(company_id: str, **more: Any) -> dict[str, Any]:
    row = {"company_id": company_id, "kind": "company", "name": f"Invented {company_id[-1]}"}
    return row | {"address_key": f"STREET {company_id[-1]}", "source_id": "register"} | more


def entry(company_id: str, entry_id: str, **more: Any) -> dict[str, Any]:
    row = {"list_id": "ban", "entry_id": entry_id, "company_id": company_id, "outcome": "active"}
    return (
        row | {"listed_on": date(2023, 1, 1), "source_id": "ban", "match_probability": 1.0} | more
    )


def contract(contract_id: str, supplier: str, value: float | None, **more: Any) -> dict[str, Any]:
    row = {
        "contract_id": contract_id,
        "lot_id": "1",
        "supplier_id": supplier,
        "value": None if value is None else Decimal(str(value)),
    }
    row |= {"buyer_id": "XX-GOV:0001", "currency": "EUR", "signed_on": date(2023, 6, 1)}
    return row | {"source_id": "contracts"} | more


def country() -> Rows:
    """Ann owns the front through two companies and directs its listed sister."""
    return {
        "companies": [
            company(FRONT),
            company(SISTER),
            company(OTHER, address_key="STREET 1"),
            company(MIDDLE),
            company(TOP),
            company(OWNED),
            company(NEIGHBOUR, address_key="STREET 2"),
        ],
        "ownership": [
            stake(ANN, TOP, 1.0, 1.0),
            stake(TOP, MIDDLE, 0.5, 0.75),
            stake(MIDDLE, FRONT, 0.8, 0.8),
            stake(BEN, FRONT, 0.2, 0.2),
            stake(FRONT, OWNED, 0.6, 0.6),
        ],
        "officers": [
            role(SISTER, ANN),
            role(FRONT, BEN),
            role(FRONT, "XX-REG-P:00000000000000cc", role="auditor"),
        ],
        "list_entries": [
            entry(SISTER, "e1"),
            entry(NEIGHBOUR, "e2", outcome="annulled"),
        ],
        "contracts": [
            contract("c1", FRONT, 100.0),
            contract("c2", SISTER, 1000.0, signed_on=date(2022, 1, 1)),
            contract("c3", NEIGHBOUR, 10.0),
            contract("c4", FRONT, None, currency=None),
        ],
        "buyers": [{"buyer_id": "XX-GOV:0001", "name": "Invented office", "source_id": "buyers"}],
    }


@contextmanager
def opened(rows: Rows, folder: Path, day: date = DAY) -> Iterator[Engine]:
    """Store the rows as tables and open them as of a day."""
    store = TableStore(folder / "tables")
    for name, given in rows.items():
        store.write(name, pa.Table.from_pylist(given, schema=TABLES[name].arrow_schema))
    with DuckDBEngine(1.0, 1) as engine:
        open_as_of(store, engine, day, TABLES_READ)
        yield engine
