"""Economic operators and list entries as they were on a day."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from infiltrate.tables.engine import Engine

NOT_STATED = "not stated"
"""Stands for a missing area or sector: a category of its own."""

_OPERATORS = """
WITH contracting AS (
  SELECT c.supplier_id AS company_id, coalesce(c.signed_on, t.award_on) AS on_day
  FROM contracts AS c
  LEFT JOIN tenders AS t ON t.tender_id = c.tender_id AND t.lot_id = c.lot_id
), bidding AS (
  SELECT b.company_id AS company_id,
    coalesce(b.submitted_on, t.deadline_on, t.award_on) AS on_day
  FROM bids AS b
  LEFT JOIN tenders AS t ON t.tender_id = b.tender_id AND t.lot_id = b.lot_id
), supplying AS (
  SELECT own.company_id AS company_id, own.on_day AS on_day FROM contracting AS own
  UNION ALL
  SELECT m.company_id AS company_id, joint.on_day AS on_day
  FROM contracting AS joint JOIN consortia AS m ON m.consortium_id = joint.company_id
), offering AS (
  SELECT own.company_id AS company_id, own.on_day AS on_day FROM bidding AS own
  UNION ALL
  SELECT m.company_id AS company_id, joint.on_day AS on_day
  FROM bidding AS joint JOIN consortia AS m ON m.consortium_id = joint.company_id
), suppliers AS (
  SELECT s.company_id AS company_id, min(s.on_day) AS first_contract_on
  FROM supplying AS s WHERE s.on_day IS NULL OR s.on_day <= $day GROUP BY s.company_id
), bidders AS (
  SELECT o.company_id AS company_id
  FROM offering AS o WHERE o.on_day IS NULL OR o.on_day <= $day GROUP BY o.company_id
)
SELECT c.company_id AS company_id, c.kind AS kind, c.area_id AS area_id, x.section AS section,
  coalesce(
    c.dissolved_on <= $day,
    c.status IN ('dissolved', 'struck_off') AND coalesce(c.observed_on <= $day, TRUE),
    FALSE
  ) AS is_dissolved,
  c.incorporated_on AS incorporated_on, s.first_contract_on AS first_contract_on,
  s.company_id IS NOT NULL AS is_supplier,
  b.company_id IS NOT NULL OR s.company_id IS NOT NULL AS is_bidder
FROM companies AS c
LEFT JOIN sectors AS x ON x.sector_id = c.sector_id
LEFT JOIN suppliers AS s ON s.company_id = c.company_id
LEFT JOIN bidders AS b ON b.company_id = c.company_id
WHERE c.incorporated_on IS NULL OR c.incorporated_on <= $day
ORDER BY c.company_id
"""

_ENTRIES = """
SELECT e.list_id AS list_id, e.entry_id AS entry_id, e.company_id AS company_id,
  e.listed_on AS listed_on,
  coalesce(e.outcome, 'active') NOT IN ('annulled', 'favourable') AS stands,
  e.match_probability IS NOT NULL AS has_match_probability,
  coalesce(e.match_probability, CAST(1 AS DOUBLE)) AS match
FROM list_entries AS e
WHERE e.listed_on IS NULL OR e.listed_on <= $day
ORDER BY e.list_id, e.entry_id, e.company_id
"""


def read_operators(engine: Engine, day: date) -> pd.DataFrame:
    """Read every economic operator that existed on the day, and what it took part in.

    Returns
    -------
    pandas.DataFrame
        One row per operator, sorted by ``company_id``: ``area_id``, ``section``,
        ``incorporated_on``, ``first_contract_on``, ``is_supplier``, ``is_bidder`` (themselves or
        in a consortium) and
        ``subject`` (in_scope, natural_person, other_kind, dissolved).
    """
    operators = engine.frame(_OPERATORS, {"day": day})
    for column in ("incorporated_on", "first_contract_on"):
        operators[column] = pd.to_datetime(operators[column])
    for column in ("area_id", "section"):
        operators[column] = operators[column].fillna(NOT_STATED)
    subject = np.select(
        [
            operators["kind"] == "natural_person",
            operators["kind"] != "company",
            operators["is_dissolved"].astype(bool),
        ],
        ["natural_person", "other_kind", "dissolved"],
        "in_scope",
    )
    return operators.assign(subject=subject)


def read_entries(engine: Engine, day: date, operators: pd.DataFrame) -> pd.DataFrame:
    """Read the entries up to a day and say what kind of operator each names.

    Returns
    -------
    pandas.DataFrame
        One row per entry: ``list_id``, ``entry_id``, ``company_id``, ``listed_on``, ``stands``,
        ``match`` (1 when not stated), ``has_match_probability`` and ``subject``.
    """
    entries = engine.frame(_ENTRIES, {"day": day})
    subject = entries["company_id"].map(operators.set_index("company_id")["subject"])
    return entries.assign(
        listed_on=pd.to_datetime(entries["listed_on"]),
        stands=entries["stands"].astype(bool),
        subject=subject.astype(object).fillna("unknown_company"),
    )
