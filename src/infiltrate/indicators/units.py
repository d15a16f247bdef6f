"""The units indicators are about, and the facts they use, as relations of the engine."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from importlib import resources

import pyarrow as pa

from infiltrate.params.facts import Facts, RiskLevels
from infiltrate.tables.definition import ARROW_TYPES
from infiltrate.tables.engine import Engine

UNITS = {"lot": "lots", "contract": "contracts", "relation": "relations", "company": "companies"}

THRESHOLDS = pa.schema(
    [
        ("threshold_id", pa.int64()),
        ("regime", pa.string()),
        ("category", pa.string()),
        ("amount", ARROW_TYPES["money"]),
        ("currency", pa.string()),
        ("valid_from", pa.date32()),
        ("valid_to", pa.date32()),
    ]
)
SECTOR_PRODUCTS = pa.schema([("section", pa.string()), ("prefix", pa.string())])

RISK_LEVELS = pa.schema(
    [
        ("component", pa.string()),
        ("stated_in", pa.string()),
        ("low", pa.float64()),
        ("high", pa.float64()),
        ("procedure", pa.string()),
        ("is_missing", pa.bool_()),
        ("level", pa.float64()),
        ("valid_from", pa.date32()),
        ("valid_to", pa.date32()),
    ]
)

FACT_RELATIONS = {
    "thresholds": THRESHOLDS,
    "sector_products": SECTOR_PRODUCTS,
    "risk_levels": RISK_LEVELS,
}


def unit_sql(level: str) -> str:
    """Return the query that says what the units of a level are."""
    return _read_query(UNITS[level])


def bid_spreads_sql() -> str:
    """Return the query that measures how the bids on each lot are spread."""
    return _read_query("bid_spreads")


def register_units(engine: Engine, facts: Facts, levels: Collection[str]) -> None:
    """Make the units and the facts known to an engine that has the canonical tables.

    Registers ``thresholds`` (one row per dated legal amount, in its currency),
    ``sector_products`` (one row per section letter and product code prefix it supplies) and
    ``risk_levels`` (one row per component, version and range of days, procedure or missing value;
    a component stated in one version only stands for the other too), for lots ``bid_spreads``
    (one row per lot with listed bids: what bid screens are made of), and of ``unit_lots``,
    ``unit_contracts``, ``unit_relations`` and ``unit_companies`` (one row per unit) those of the
    levels asked for.
    """
    engine.register("thresholds", _tabulate_thresholds(facts))
    engine.register("sector_products", _tabulate_sector_products(facts))
    engine.register("risk_levels", _tabulate_risk_levels(facts))
    for level in sorted(levels):
        view = f"unit_{UNITS[level]}"
        engine.execute(f"CREATE OR REPLACE TEMP VIEW {view} AS {unit_sql(level)}")
    if "lot" in levels:
        engine.register("bid_spreads", engine.query(bid_spreads_sql()))


def _read_query(name: str) -> str:
    folder = resources.files("infiltrate.indicators") / "sql" / "units"
    return (folder / f"{name}.sql").read_text(encoding="utf-8")


def _tabulate_thresholds(facts: Facts) -> pa.Table:
    ascending = sorted(
        facts.thresholds,
        key=lambda item: (item.amount, item.regime, item.category, item.valid_from),
    )
    rows = [
        {
            **{name: getattr(item, name) for name in THRESHOLDS.names[1:]},
            "threshold_id": number,
            "amount": round(Decimal(str(item.amount)), 2),
        }
        for number, item in enumerate(ascending)
    ]
    return pa.Table.from_pylist(rows, schema=THRESHOLDS)


def _tabulate_sector_products(facts: Facts) -> pa.Table:
    pairs = sorted(
        {
            (section, prefix)
            for section, prefixes in facts.sector_products.items()
            for prefix in prefixes
        }
    )
    return pa.table(
        {"section": [section for section, _ in pairs], "prefix": [prefix for _, prefix in pairs]},
        schema=SECTOR_PRODUCTS,
    )


def _tabulate_risk_levels(facts: Facts) -> pa.Table:
    rows = []
    for version, other in (("document", "code"), ("code", "document")):
        stated = {item.component for item in facts.risk_levels if item.stated_in == version}
        for item in facts.risk_levels:
            serves = item.stated_in == version
            if serves or (item.stated_in == other and item.component not in stated):
                rows += [{**row, "stated_in": version} for row in _level_rows(item)]
    columns = RISK_LEVELS.names
    rows.sort(key=lambda row: tuple(str(row.get(name)) for name in columns))
    return pa.Table.from_pylist(
        [{name: row.get(name) for name in columns} for row in rows], schema=RISK_LEVELS
    )


def _level_rows(item: RiskLevels) -> list[dict[str, object]]:
    about: dict[str, object] = {
        "component": item.component,
        "valid_from": item.valid_from,
        "valid_to": item.valid_to,
        "is_missing": False,
    }
    rows = [
        {**about, "low": part.low, "high": part.high, "level": part.level} for part in item.ranges
    ]
    rows += [
        {**about, "procedure": name, "level": level} for name, level in item.procedures.items()
    ]
    if item.missing_level is not None:
        rows.append({**about, "is_missing": True, "level": item.missing_level})
    return rows
