"""One row per contract with the value of every indicator that says something of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from infiltrate.indicators.catalogue import load_catalogue
from infiltrate.tables.engine import Engine

_MISSING = "missing"
_UNITS = """
WITH lots AS (
    SELECT
        tenders.tender_id || '/' || tenders.lot_id AS lot,
        tenders.buyer_id AS buyer_id,
        coalesce(tenders.award_on, tenders.deadline_on, tenders.call_published_on) AS on_date,
        CAST(tenders.estimated_value AS DOUBLE) AS value,
        tenders.currency AS currency,
        tenders.category AS category,
        substr(tenders.product_code, 1, 2) AS product,
        tenders.area_id AS area
    FROM tenders
),
units AS (
    SELECT
        contracts.contract_id || '/' || contracts.lot_id || '/' || contracts.supplier_id
            AS entity_id,
        contracts.buyer_id AS buyer_id,
        contracts.supplier_id AS company_id,
        contracts.signed_on AS on_date,
        contracts.tender_id || '/' || contracts.lot_id AS lot,
        contracts.buyer_id || '|' || contracts.supplier_id || '|'
            || coalesce(CAST(year(contracts.signed_on) AS VARCHAR), 'unknown') AS relation,
        CAST(contracts.value AS DOUBLE) AS value,
        contracts.currency AS currency
    FROM contracts
)
"""
_CONTRACTS = """
SELECT units.*, lots.category AS category, lots.product AS product,
    coalesce(lots.area, buyers.area_id) AS area, buyers.type AS buyer_type
FROM units
LEFT JOIN lots ON lots.lot = units.lot
LEFT JOIN buyers ON buyers.buyer_id = units.buyer_id
ORDER BY units.entity_id
"""
_LOTS = """
SELECT lots.lot AS entity_id, lots.buyer_id AS buyer_id, CAST(NULL AS VARCHAR) AS company_id,
    lots.on_date AS on_date, lots.lot AS lot, CAST(NULL AS VARCHAR) AS relation,
    lots.value AS value, lots.currency AS currency, lots.category AS category,
    lots.product AS product, coalesce(lots.area, buyers.area_id) AS area,
    buyers.type AS buyer_type
FROM lots
LEFT JOIN buyers ON buyers.buyer_id = lots.buyer_id
ORDER BY lots.lot
"""
_MARKETS = """
SELECT tenders.tender_id || '/' || tenders.lot_id AS entity_id, tenders.category AS market
FROM tenders
UNION
SELECT
    contracts.contract_id || '/' || contracts.lot_id || '/' || contracts.supplier_id AS entity_id,
    tenders.category AS market
FROM contracts
LEFT JOIN tenders
    ON tenders.tender_id = contracts.tender_id AND tenders.lot_id = contracts.lot_id
ORDER BY 1, 2
"""


@dataclass(frozen=True, eq=False)
class ContractUnits:
    """The contracts of a study and what indicators say of them.

    Attributes
    ----------
    kind : str
        ``contract``; ``lot`` where the study has no contracts.
    about : pandas.DataFrame
        One row per unit, sorted by ``entity_id``: ``buyer_id``, ``company_id`` (supplier),
        ``on_date``, ``year`` (0 when not known), ``value``, ``currency`` and the categories
        ``value_decile``, ``buyer_type``, ``category``, ``product`` and ``area``.
    values : pandas.DataFrame
        Value of each indicator (columns, by code), missing where it is not computable; rows as
        in ``about``. Indicators of lots and of relations stand with each of their contracts.
    flags : pandas.DataFrame
        1 where the indicator is on, 0 where it is clear, else missing.
    """

    kind: str
    about: pd.DataFrame
    values: pd.DataFrame
    flags: pd.DataFrame


def gather_contract_units(engine: Engine, results: pa.Table) -> ContractUnits:
    """Bring the results of lots, contracts and relations together, one row per contract.

    Parameters
    ----------
    engine : Engine
        Engine with ``tenders``, ``contracts`` and ``buyers``.
    results : pyarrow.Table
        What `compute_indicators` returned; indicators of companies are left out.
    """
    about = engine.frame(_UNITS + _CONTRACTS)
    kind = "contract" if len(about) else "lot"
    if about.empty:
        about = engine.frame(_UNITS + _LOTS)
    about = _describe(about)
    keys = {"contract": "entity_id", "lot": "lot", "relation": "relation"}
    if kind == "lot":
        del keys["contract"]
    codes = sorted(pc.unique(results["indicator"]).to_pylist())
    catalogue = load_catalogue()
    values, flags = {}, {}
    for code in codes:
        if catalogue[code].level in keys:
            rows = results.filter(
                pc.and_(
                    pc.equal(results["indicator"], code),
                    pc.not_equal(results["state"], "not_computable"),
                )
            )
            index = pd.Index(rows["entity_id"].to_pandas())
            place = index.get_indexer(about[keys[catalogue[code].level]])
            values[code] = _take(rows["value"].to_numpy(), place)
            flags[code] = _take(pc.equal(rows["state"], "flag").to_numpy().astype(float), place)
    kept = about.drop(columns=["lot", "relation"])
    return ContractUnits(
        kind, kept, pd.DataFrame(values, about.index), pd.DataFrame(flags, about.index)
    )


def read_markets(engine: Engine) -> pd.Series:
    """Read the kind of purchase of lots and contracts, by ``entity_id`` of their results."""
    rows = engine.frame(_MARKETS).drop_duplicates("entity_id")
    return rows.set_index("entity_id")["market"]


def read_supplier_sections(engine: Engine, units: ContractUnits) -> pd.Series:
    """Read the section of activity of each contract's supplier, rows as in ``units.about``."""
    rows = engine.frame(
        "SELECT companies.company_id AS company_id, sectors.section AS section FROM companies "
        "INNER JOIN sectors ON sectors.sector_id = companies.sector_id "
        "WHERE companies.kind <> 'natural_person' ORDER BY companies.company_id"
    ).drop_duplicates("company_id")
    return units.about["company_id"].map(rows.set_index("company_id")["section"])


def _describe(about: pd.DataFrame) -> pd.DataFrame:
    year = pd.to_datetime(about["on_date"]).dt.year.fillna(0).astype(int)
    value = about["value"].where(about["value"] > 0)
    # deciles within a currency: amounts of different currencies are never compared
    decile = value.groupby(about["currency"]).transform(
        lambda part: np.ceil(10 * part.rank(method="first") / part.notna().sum())
    )
    written = about["currency"].astype(str) + " " + decile.astype("Int64").astype(str)
    about = about.assign(year=year, value_decile=written.where(decile.notna(), _MISSING))
    names = ["buyer_type", "category", "product", "area"]
    return about.assign(**{name: about[name].fillna(_MISSING).astype(str) for name in names})


def _take(values: np.ndarray, place: np.ndarray) -> np.ndarray:
    if not len(values):
        return np.full(len(place), np.nan)
    return np.where(place >= 0, values[place], np.nan)
