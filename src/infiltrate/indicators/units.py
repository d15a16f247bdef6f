"""The units indicators are about, and the facts they use, as relations of the engine."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date
from decimal import Decimal
from importlib import resources

import pyarrow as pa

from infiltrate.indicators.accruals import fit_accruals
from infiltrate.ownership.describe import describe_structures
from infiltrate.params.facts import Facts, RiskLevels
from infiltrate.params.study import StudyParams
from infiltrate.tables.definition import ARROW_TYPES
from infiltrate.tables.engine import Engine

UNITS = {
    "lot": "lots",
    "contract": "contracts",
    "relation": "relations",
    "buyer": "buyers",
    "market": "markets",
    "company": "companies",
    "area": "areas",
}

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

EXCHANGE_RATES = pa.schema(
    [
        ("currency", pa.string()),
        ("to_currency", pa.string()),
        ("rate", pa.decimal128(18, 8)),
        ("valid_from", pa.date32()),
        ("valid_to", pa.date32()),
    ]
)
JURISDICTIONS = pa.schema(
    [
        ("country", pa.string()),
        ("listed_as", pa.string()),
        ("score", pa.float64()),
        ("valid_from", pa.date32()),
        ("valid_to", pa.date32()),
    ]
)
MINIMUM_CAPITALS = pa.schema(
    [
        ("legal_form", pa.string()),
        ("amount", ARROW_TYPES["money"]),
        ("currency", pa.string()),
        ("valid_from", pa.date32()),
        ("valid_to", pa.date32()),
    ]
)
STUDY = pa.schema([("country", pa.string()), ("currency", pa.string()), ("day", pa.date32())])


def unit_sql(level: str) -> str:
    """Return the query that says what the units of a level are."""
    return _read_query(UNITS[level])


SHARED = {
    "contract_amounts": ("lot", "relation", "market"),
    "market_records": ("market",),
    "market_suppliers": ("market",),
    "bid_prices": ("lot",),
    "bid_spreads": ("lot",),
    "lot_bidders": ("lot",),
    "bidder_counts": ("buyer", "company"),
    "serving_officers": ("company",),
    "capital_floors": ("company",),
    "account_years": ("company",),
    "accrual_inputs": ("company",),
}
"""Relations that several indicators read, and the levels of these; the rest are worked out alike
but each with its own settings, and stand in ``sql/steps``."""
COMPUTED_ONCE = ("bid_spreads", "market_suppliers", "account_years", "accrual_inputs")


def shared_sql(name: str) -> str:
    """Return the query of a relation that several indicators read, one of ``SHARED``."""
    return _read_query(name)


def relations_read(sql: str) -> dict[str, str]:
    """Return the relations in ``SHARED`` that a query reads, directly or not: query by name."""
    found: dict[str, str] = {}
    texts = [sql]
    while texts:
        words = set(re.findall(r"\w+", texts.pop()))
        new = {name: shared_sql(name) for name in SHARED if name in words - set(found)}
        found |= new
        texts += new.values()
    return dict(sorted(found.items()))


def register_units(
    engine: Engine, params: StudyParams, levels: Collection[str], day: date | None = None
) -> None:
    """Make the units and the facts known to an engine that has the canonical tables.

    Registers the facts: ``study`` (one row: country, currency and the day up to which companies
    are judged, read from the parameters where it is not given and companies are asked for),
    ``thresholds`` (one row per dated legal amount, in its currency), ``minimum_capitals`` (one row
    per legal form and period), ``exchange_rates`` (one row per currency and period),
    ``jurisdictions`` (one row per country, list and period), ``sector_products`` (one row per
    section letter and product code prefix it supplies) and ``risk_levels`` (one row per
    component, version and range of values, procedure or missing value; a component stated in one
    version only stands for the other too). Of ``unit_lots``, ``unit_contracts`` and so on (one
    row per unit) and of the relations in ``SHARED`` it registers those that the levels asked for
    need; for companies also ``accrual_residuals``, see `fit_accruals`, and
    ``ownership_structures`` and ``ownership_countries``, see
    `infiltrate.ownership.describe.Structures`.
    """
    facts = params.facts
    if day is None and "company" in levels:
        day = params.day
    columns = [[params.country], [params.currency], [day]]
    engine.register("study", pa.table(columns, schema=STUDY))
    engine.register("thresholds", _tabulate_thresholds(facts))
    engine.register("minimum_capitals", _tabulate_minimum_capitals(facts))
    engine.register("exchange_rates", _tabulate_exchange_rates(facts, params.currency))
    engine.register("jurisdictions", _tabulate_jurisdictions(facts))
    engine.register("sector_products", _tabulate_sector_products(facts))
    engine.register("risk_levels", _tabulate_risk_levels(facts))
    wanted = set(levels)
    for name, users in SHARED.items():
        if name not in COMPUTED_ONCE and wanted.intersection(users):
            engine.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS {shared_sql(name)}")
    for level in sorted(wanted):
        view = f"unit_{UNITS[level]}"
        engine.execute(f"CREATE OR REPLACE TEMP VIEW {view} AS {unit_sql(level)}")
    for name in COMPUTED_ONCE:
        if wanted.intersection(SHARED[name]):
            engine.register(name, engine.query(shared_sql(name)))
    if wanted.intersection(SHARED["accrual_inputs"]):
        engine.register("accrual_residuals", fit_accruals(engine))
    if "company" in wanted:
        above = describe_structures(engine, params, day)
        engine.register("ownership_structures", above.structures)
        engine.register("ownership_countries", above.countries)


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


def _tabulate_minimum_capitals(facts: Facts) -> pa.Table:
    ordered = sorted(facts.minimum_capitals, key=lambda item: (item.legal_form, item.valid_from))
    rows = [
        {
            **{name: getattr(item, name) for name in MINIMUM_CAPITALS.names},
            "amount": round(Decimal(str(item.amount)), 2),
        }
        for item in ordered
    ]
    return pa.Table.from_pylist(rows, schema=MINIMUM_CAPITALS)


def _tabulate_exchange_rates(facts: Facts, currency: str) -> pa.Table:
    rows = [
        {
            "currency": item.currency,
            "to_currency": currency,
            "rate": round(Decimal(str(item.rate)), 8),
            "valid_from": item.valid_from,
            "valid_to": item.valid_to,
        }
        for item in sorted(facts.exchange_rates, key=lambda item: (item.currency, item.valid_from))
    ]
    return pa.Table.from_pylist(rows, schema=EXCHANGE_RATES)


def _tabulate_jurisdictions(facts: Facts) -> pa.Table:
    ordered = sorted(
        facts.jurisdictions, key=lambda item: (item.country, item.listed_as, item.valid_from)
    )
    rows = [{name: getattr(item, name) for name in JURISDICTIONS.names} for item in ordered]
    return pa.Table.from_pylist(rows, schema=JURISDICTIONS)


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
