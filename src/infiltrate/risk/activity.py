"""What each company bid for and contracted, as it was known on a day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import pandas as pd

from infiltrate.params.study import StudyParams
from infiltrate.tables.asof import open_as_of
from infiltrate.tables.engine import Engine
from infiltrate.tables.store import TableStore

_TABLES = ("companies", "consortia", "buyers", "tenders", "bids", "contracts")

# The register has no day on which a row became known: a company exists once it is incorporated,
# seen in the register, or seen at work. `companies_dated` is what tables.asof made of it.
_KNOWN_COMPANIES = """
CREATE OR REPLACE VIEW companies AS
SELECT companies_dated.*
FROM companies_dated AS companies_dated
WHERE companies_dated.incorporated_on <= $as_of
    OR companies_dated.observed_on <= $as_of
    OR companies_dated.company_id IN (
        SELECT bids.company_id AS company_id FROM bids AS bids
        UNION
        SELECT contracts.supplier_id AS company_id FROM contracts AS contracts
        UNION
        SELECT consortia.company_id AS company_id
        FROM consortia AS consortia
        INNER JOIN bids AS bids ON bids.company_id = consortia.consortium_id
        UNION
        SELECT consortia.company_id AS company_id
        FROM consortia AS consortia
        INNER JOIN contracts AS contracts ON contracts.supplier_id = consortia.consortium_id
    )
"""

# What a consortium does counts for each of its members; money is shared out equally among them.
_PARTIES = """
CREATE OR REPLACE TEMP VIEW parties AS
SELECT
    operators.company_id AS party_id,
    companies.company_id AS company_id,
    count(*) OVER (PARTITION BY operators.company_id) AS members
FROM companies AS operators
LEFT JOIN consortia AS consortia ON consortia.consortium_id = operators.company_id
INNER JOIN companies AS companies
    ON companies.company_id = coalesce(consortia.company_id, operators.company_id)
WHERE companies.kind = 'company'
"""

_COMPANY_BIDS = """
CREATE OR REPLACE TEMP VIEW company_bids AS
SELECT
    parties.company_id AS company_id,
    bids.tender_id AS tender_id,
    bids.lot_id AS lot_id,
    tenders.buyer_id AS buyer_id,
    min(coalesce(buyers.area_id, tenders.area_id)) AS area_id,
    bool_or(bids.is_winner) AS is_winner,
    min(coalesce(
        bids.submitted_on, tenders.deadline_on, tenders.award_on, tenders.call_published_on
    )) AS active_on
FROM bids AS bids
INNER JOIN parties AS parties ON parties.party_id = bids.company_id
LEFT JOIN tenders AS tenders
    ON tenders.tender_id = bids.tender_id AND tenders.lot_id = bids.lot_id
LEFT JOIN buyers AS buyers ON buyers.buyer_id = tenders.buyer_id
WHERE coalesce(
    bids.submitted_on, tenders.deadline_on, tenders.award_on, tenders.call_published_on
) <= $as_of
GROUP BY parties.company_id, bids.tender_id, bids.lot_id, tenders.buyer_id
"""

# A contract without a date of signature is known from the award on, and a bid without a date from
# the deadline on; the call came before both.
_COMPANY_CONTRACTS = """
CREATE OR REPLACE TEMP VIEW company_contracts AS
SELECT
    parties.company_id AS company_id,
    contracts.contract_id AS contract_id,
    contracts.lot_id AS lot_id,
    contracts.supplier_id AS supplier_id,
    contracts.buyer_id AS buyer_id,
    coalesce(buyers.area_id, tenders.area_id) AS area_id,
    CASE WHEN contracts.currency = $currency THEN contracts.value END AS value,
    parties.members AS members,
    coalesce(contracts.signed_on, tenders.award_on) AS active_on
FROM contracts AS contracts
INNER JOIN parties AS parties ON parties.party_id = contracts.supplier_id
LEFT JOIN tenders AS tenders
    ON tenders.tender_id = contracts.tender_id AND tenders.lot_id = contracts.lot_id
LEFT JOIN buyers AS buyers ON buyers.buyer_id = contracts.buyer_id
WHERE coalesce(contracts.signed_on, tenders.award_on) <= $as_of
"""

_ACTIVE_COMPANIES = """
CREATE OR REPLACE TEMP VIEW active_companies AS
SELECT
    activity.company_id AS company_id,
    min(activity.active_on) AS first_active_on,
    max(activity.active_on) AS last_active_on
FROM (
    SELECT company_bids.company_id AS company_id, company_bids.active_on AS active_on
    FROM company_bids AS company_bids
    UNION ALL
    SELECT company_contracts.company_id AS company_id, company_contracts.active_on AS active_on
    FROM company_contracts AS company_contracts
) AS activity
GROUP BY activity.company_id
"""


def open_activity(
    store: TableStore,
    engine: Engine,
    params: StudyParams,
    as_of: date,
    more_tables: Iterable[str] = (),
) -> None:
    """Register the tables as of a day, and on top of them what each company did.

    Views made: ``company_bids`` (one row per company and lot it bid for, alone or in a
    consortium; ``is_winner`` is missing before the award), ``company_contracts`` (one row per
    company and contract, lot and supplier; ``value`` in the study's currency only, of the whole
    contract, to be shared among ``members``), each with the ``area_id`` of the buyer (or of
    performance, if the buyer's is unknown); ``active_companies`` (one row per company that
    bid or contracted by then, with the first and the last day). Natural persons, consortia and
    public bodies are in none of them. ``companies`` itself holds only those known by then.
    """
    open_as_of(store, engine, as_of, sorted({*_TABLES, *more_tables}))
    engine.execute("DROP VIEW IF EXISTS companies_dated")
    engine.execute("ALTER VIEW companies RENAME TO companies_dated")
    for statement in (
        _KNOWN_COMPANIES,
        _PARTIES,
        _COMPANY_BIDS,
        _COMPANY_CONTRACTS,
        _ACTIVE_COMPANIES,
    ):
        dated = statement.replace("$as_of", f"DATE '{as_of.isoformat()}'")
        engine.execute(dated.replace("$currency", f"'{params.currency}'"))


def read_active_companies(
    store: TableStore, engine: Engine, params: StudyParams, as_of: date
) -> pd.DataFrame:
    """Return one row per active company as of a day, with its first and last day of activity."""
    open_activity(store, engine, params, as_of)
    return engine.frame(
        "SELECT active.company_id AS company_id, active.first_active_on AS first_active_on, "
        "active.last_active_on AS last_active_on FROM active_companies AS active "
        "ORDER BY company_id"
    )


def read_suppliers(
    store: TableStore, engine: Engine, params: StudyParams, as_of: date
) -> pd.Series:
    """Return the ids of the companies with a contract by a day, alone or in a consortium."""
    open_activity(store, engine, params, as_of)
    return engine.frame(
        "SELECT DISTINCT contracts.company_id AS company_id "
        "FROM company_contracts AS contracts ORDER BY company_id"
    )["company_id"]
