"""Bids and contracts as the methods about bidding take them."""

from __future__ import annotations

import pandas as pd

from infiltrate.params.bidding_choices import GroupChoices
from infiltrate.tables.engine import Engine

_VALID = """
WITH losing AS (
    SELECT bids.source_id AS source_id
    FROM bids
    WHERE NOT coalesce(bids.is_winner, FALSE)
    GROUP BY bids.source_id
),
valid AS (
    SELECT
        bids.tender_id || '/' || bids.lot_id AS lot,
        bids.tender_id AS tender_id,
        bids.lot_id AS lot_id,
        bids.company_id AS company_id,
        bids.amount AS amount,
        bids.currency AS currency,
        coalesce(bids.is_winner, FALSE) AS is_winner
    FROM bids
    INNER JOIN losing
        ON losing.source_id = bids.source_id
    WHERE coalesce(bids.status, 'unknown') NOT IN ('disqualified', 'withdrawn')
)
"""
_AMOUNTS = """
SELECT valid.lot AS lot, valid.company_id AS company_id, CAST(valid.amount AS DOUBLE) AS amount
FROM valid
INNER JOIN (
    SELECT valid.lot AS lot
    FROM valid
    GROUP BY valid.lot
    HAVING count(*) >= 3 AND count(valid.amount) = count(*) AND min(valid.amount) > 0
        AND count(valid.currency) = count(*) AND min(valid.currency) = max(valid.currency)
) AS screened
    ON screened.lot = valid.lot
ORDER BY lot, amount, company_id
"""
_MEETINGS = """
SELECT
    valid.tender_id AS lot,
    valid.company_id AS company_id,
    bool_or(valid.is_winner) AS is_winner,
    min(coalesce(tenders.award_on, tenders.deadline_on, tenders.call_published_on)) AS on_date,
    min(tenders.product_code) AS product,
    min(coalesce(tenders.area_id, buyers.area_id)) AS area
FROM valid
INNER JOIN tenders
    ON tenders.tender_id = valid.tender_id AND tenders.lot_id = valid.lot_id
LEFT JOIN buyers
    ON buyers.buyer_id = tenders.buyer_id
LEFT JOIN companies
    ON companies.company_id = valid.company_id
WHERE coalesce(companies.kind, 'unknown') <> 'natural_person'
GROUP BY valid.tender_id, valid.company_id
ORDER BY lot, company_id
"""
_CONTRACTS = """
SELECT
    contracts.contract_id || '/' || contracts.lot_id || '/' || contracts.supplier_id AS contract,
    coalesce(contracts.tender_id, contracts.contract_id) AS purchase,
    contracts.buyer_id AS buyer_id,
    contracts.supplier_id AS supplier_id,
    CAST(contracts.value AS DOUBLE) AS amount,
    contracts.currency AS currency,
    tenders.category AS category,
    tenders.product_code AS product,
    contracts.signed_on AS signed_on
FROM contracts
LEFT JOIN tenders
    ON tenders.tender_id = contracts.tender_id AND tenders.lot_id = contracts.lot_id
WHERE contracts.value > 0 AND contracts.currency IS NOT NULL AND contracts.signed_on IS NOT NULL
ORDER BY contract
"""

_ESTIMATES = """
SELECT
    tenders.tender_id || '/' || tenders.lot_id AS contract,
    tenders.buyer_id AS buyer_id,
    CAST(tenders.estimated_value AS DOUBLE) AS amount,
    tenders.currency AS currency,
    tenders.category AS category,
    coalesce(tenders.call_published_on, tenders.award_on) AS signed_on
FROM tenders
WHERE
    tenders.estimated_value > 0
    AND tenders.currency IS NOT NULL
    AND coalesce(tenders.call_published_on, tenders.award_on) IS NOT NULL
ORDER BY contract
"""


def read_bid_amounts(engine: Engine) -> pd.DataFrame:
    """Read the amounts of lots with three valid bids or more, all known, in one currency.

    Sources without a losing bid are left out: they list winners only.

    Returns
    -------
    pandas.DataFrame
        One row per bid, sorted: ``lot``, ``company_id``, ``amount``.
    """
    return engine.frame(_VALID + _AMOUNTS)


def read_meetings(engine: Engine, choices: GroupChoices) -> pd.DataFrame:
    """Read who bid in which tender, with its market.

    Lots of one tender are one meeting: who bids on one of them bids on others.

    Returns
    -------
    pandas.DataFrame
        One row per tender and bidder, sorted: ``market`` (beginning of the product code, and
        area), ``lot`` (the tender), ``company_id``, ``is_winner`` (of any of its lots),
        ``on_date``. Natural persons are left out.
    """
    rows = engine.frame(_VALID + _MEETINGS)
    parts = []
    if choices.product_digits:
        product = rows["product"].astype(object).str.slice(0, choices.product_digits)
        parts.append(product.where(product.notna(), "no product"))
    if choices.by_area:
        parts.append(rows["area"].astype(object).where(rows["area"].notna(), "no area"))
    # bidders of one tender saw the same product and area, whichever lot they bid on
    parts = [part.groupby(rows["lot"]).transform("min") for part in parts]
    market = parts[0] if parts else pd.Series("all", rows.index, dtype=object)
    for part in parts[1:]:
        market = market + ", " + part
    return rows.assign(market=market.astype(str)).drop(columns=["product", "area"])


def read_contract_amounts(engine: Engine) -> pd.DataFrame:
    """Read contracts with an amount, its currency and a day.

    Returns
    -------
    pandas.DataFrame
        One row per contract, sorted by ``contract``: ``purchase`` (its tender, or itself),
        ``buyer_id``, ``supplier_id``, ``amount``, ``currency``, ``category``, ``product``,
        ``signed_on``.
    """
    return engine.frame(_CONTRACTS)


def read_estimated_amounts(engine: Engine) -> pd.DataFrame:
    """Read lots with an estimated value, its currency and a day: what rules of procurement look at.

    Returns
    -------
    pandas.DataFrame
        One row per lot, sorted by ``contract`` (tender and lot): ``buyer_id``, ``amount``,
        ``currency``, ``category``, ``signed_on`` (the day of the call, or of the award where
        there was no call).
    """
    return engine.frame(_ESTIMATES)
