"""What contracts cost against their estimates and signatures, and which contracts are alike.

The quantities are those of the indicators C18 (rebate, its sign turned round) and C12 (overrun).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from infiltrate.tables.engine import Engine

PRICE, OVERRUN, FINAL = "price", "overrun", "final_price"
"""Value at signature over the estimate, final value over that at signature, and final value over
the estimate; less 1."""

MOST = 4.0
LEAST = -0.95
_BANDS = 5
_UNMATCHED = -1
_LADDER = (
    ["category", "product", "procedure", "band", "year", "area"],
    ["category", "product", "procedure", "band", "year"],
    ["category", "division", "procedure", "band", "year"],
    ["category", "division", "procedure", "band"],
    ["category", "division", "band"],
)
_CONTRACTS = """
WITH numbered AS (
    SELECT contracts.*,
        count(*) OVER (PARTITION BY contracts.tender_id, contracts.lot_id) AS contracts_of_lot
    FROM contracts
)
SELECT
    numbered.contract_id || '/' || numbered.lot_id || '/' || numbered.supplier_id AS contract,
    numbered.supplier_id AS company_id,
    CAST(year(coalesce(numbered.signed_on, tenders.award_on)) AS INTEGER) AS year,
    tenders.category AS category,
    tenders.product_code AS product_code,
    tenders.procedure AS procedure,
    coalesce(tenders.area_id, buyers.area_id) AS area,
    numbered.currency AS currency,
    CASE
        WHEN numbered.contracts_of_lot = 1 AND tenders.currency = numbered.currency
            AND tenders.estimated_value > 0
            THEN CAST(tenders.estimated_value AS DOUBLE)
    END AS estimate,
    CASE WHEN numbered.value > 0 THEN CAST(numbered.value AS DOUBLE) END AS value,
    CASE WHEN numbered.final_value > 0 THEN CAST(numbered.final_value AS DOUBLE) END AS final_value
FROM numbered
LEFT JOIN tenders
    ON tenders.tender_id = numbered.tender_id AND tenders.lot_id = numbered.lot_id
LEFT JOIN buyers ON buyers.buyer_id = numbered.buyer_id
ORDER BY 1
"""


def read_contract_prices(engine: Engine) -> pd.DataFrame:
    """Read what each contract was estimated at, signed for and paid.

    Parameters
    ----------
    engine : Engine
        With ``contracts``, ``tenders`` and ``buyers``.

    Returns
    -------
    pandas.DataFrame
        One row per contract, lot and supplier, sorted by ``contract``: ``company_id``, ``year``,
        ``category``, ``product_code``, ``procedure``, ``area``, ``currency``, ``estimate``,
        ``value`` and ``final_value``. The estimate is missing for a lot of several contracts, of
        which each is a part, and where it is in another currency.
    """
    return engine.frame(_CONTRACTS)


def measure_prices(contracts: pd.DataFrame) -> pd.DataFrame:
    """Return price, overrun and final price of contracts, as shares.

    Parameters
    ----------
    contracts : pandas.DataFrame
        ``estimate``, ``value`` and ``final_value``.

    Returns
    -------
    pandas.DataFrame
        Rows as in ``contracts``: ``price``, ``overrun`` and ``final_price``, missing where a part
        is, and where the share is below -95 % or above 400 %, which is taken for a slip of the
        pen (a value of one lot beside the estimate of many, or a lost digit).
    """
    estimate, value, final = (contracts[name] for name in ("estimate", "value", "final_value"))
    shares = pd.DataFrame(
        {PRICE: value / estimate - 1, OVERRUN: final / value - 1, FINAL: final / estimate - 1}
    )
    return shares.where((shares >= LEAST) & (shares <= MOST))


def match_contracts(contracts: pd.DataFrame, fewest: int) -> np.ndarray:
    """Put contracts that are alike into groups, each contract into the closest that is large.

    Alike are contracts of one category, product, procedure, fifth of the value, year and area; of
    one product in any area where those are too few; then of one division of products (the first
    two characters of the code); then of any year; then of any procedure.

    Parameters
    ----------
    contracts : pandas.DataFrame
        As of `read_contract_prices`, of one currency.
    fewest : int
        Contracts that a group must have.

    Returns
    -------
    numpy.ndarray of int
        Number of the group of each row, -1 where none is large enough. Rows that a narrow group
        took are not in wider ones, so that groups share nothing.
    """
    size = contracts["estimate"].fillna(contracts["value"])
    code = contracts["product_code"].astype("str")
    described = pd.DataFrame(
        {
            "category": contracts["category"],
            "product": code.str[:3],
            "division": code.str[:2],
            "procedure": contracts["procedure"],
            "band": _find_bands(size, contracts["category"]),
            "year": contracts["year"],
            "area": contracts["area"],
        }
    ).reset_index(drop=True)
    described = described.astype("str").fillna("missing")
    group, count = np.full(len(described), _UNMATCHED), 0
    for names in _LADDER:
        left = np.flatnonzero(group == _UNMATCHED)
        number = described.iloc[left].groupby(names, sort=True).ngroup().to_numpy()
        large = np.bincount(number, minlength=1)[number] >= fewest if len(left) else number > 0
        group[left[large]] = count + number[large]
        count += int(number.max(initial=-1)) + 1
    return np.unique(group, return_inverse=True)[1] - int((group == _UNMATCHED).any())


def _find_bands(size: pd.Series, category: pd.Series) -> pd.Series:
    """Return fifths of the value within a category."""
    rank = size.groupby(category.astype("str").fillna("missing")).rank(pct=True)
    return np.ceil(_BANDS * rank)
