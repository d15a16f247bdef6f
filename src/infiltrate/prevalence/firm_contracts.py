"""What contracts and bids say of firms: whether, how much and how often they win."""

from __future__ import annotations

from datetime import date

import pandas as pd

from infiltrate.tables.engine import Engine

_CONTRACTS = """
WITH signed AS (
  SELECT c.supplier_id AS company_id,
    CASE WHEN coalesce(c.currency, $currency) = $currency AND c.value > 0 THEN c.value END AS value
  FROM contracts AS c
  LEFT JOIN tenders AS t ON t.tender_id = c.tender_id AND t.lot_id = c.lot_id
  WHERE coalesce(c.signed_on, t.award_on, $day) <= $day
), supplying AS (
  SELECT s.company_id AS company_id, s.value AS value FROM signed AS s
  UNION ALL
  SELECT m.company_id AS company_id, CAST(NULL AS DECIMAL(20, 2)) AS value
  FROM signed AS s INNER JOIN consortia AS m ON m.consortium_id = s.company_id
)
SELECT s.company_id AS company_id, CAST(sum(s.value) AS DOUBLE) AS contract_value
FROM supplying AS s GROUP BY s.company_id ORDER BY s.company_id
"""

_BIDS = """
WITH known AS (
  SELECT b.tender_id AS tender_id, b.lot_id AS lot_id, b.company_id AS company_id,
    b.is_winner AS is_winner
  FROM bids AS b
  LEFT JOIN tenders AS t ON t.tender_id = b.tender_id AND t.lot_id = b.lot_id
  WHERE coalesce(b.submitted_on, t.deadline_on, t.award_on, $day) <= $day
    AND coalesce(t.award_on <= $day, TRUE)
), decided AS (
  SELECT k.tender_id AS tender_id, k.lot_id AS lot_id
  FROM known AS k WHERE k.is_winner GROUP BY k.tender_id, k.lot_id
), offering AS (
  SELECT k.company_id AS company_id, k.is_winner AS is_winner
  FROM known AS k
  INNER JOIN decided AS d ON d.tender_id = k.tender_id AND d.lot_id = k.lot_id
), bidding AS (
  SELECT o.company_id AS company_id, o.is_winner AS is_winner FROM offering AS o
  UNION ALL
  SELECT m.company_id AS company_id, o.is_winner AS is_winner
  FROM offering AS o INNER JOIN consortia AS m ON m.consortium_id = o.company_id
)
SELECT b.company_id AS company_id,
  CAST(count(CASE WHEN b.is_winner THEN 1 END) AS DOUBLE) / nullif(count(b.is_winner), 0)
    AS win_share
FROM bidding AS b GROUP BY b.company_id ORDER BY b.company_id
"""


def read_contracting(engine: Engine, day: date, currency: str) -> pd.DataFrame:
    """Read what each supplier and bidder won up to a day, itself or in a consortium.

    Infiltrated firms seek sectors that live on public demand (Mirenda, Mocetti and Rizzica 2022);
    winning far more often than peers is a sign of arranged tenders.

    Returns
    -------
    pandas.DataFrame
        One row per supplier or bidder, indexed by ``company_id``: ``is_supplier`` (0 or 1),
        ``contract_value`` (of its own contracts in the study's currency; missing when none has a
        value) and ``win_share`` (of its bids on lots that somebody won).
    """
    contracts = engine.frame(_CONTRACTS, {"day": day, "currency": currency})
    bids = engine.frame(_BIDS, {"day": day})
    frame = contracts.assign(is_supplier=1.0).merge(bids, how="outer", on="company_id")
    frame["is_supplier"] = frame["is_supplier"].fillna(0.0)
    return frame.set_index("company_id").astype(float).sort_index()
