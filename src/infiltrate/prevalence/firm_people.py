"""What registers say of firms: age, address, those who run them and those who own them."""

from __future__ import annotations

from datetime import date

import pandas as pd

from infiltrate.prevalence.firm_accounts import years_before
from infiltrate.tables.engine import Engine

_YEARS = 5
_DIRECTORS = "('director', 'sole_director', 'chair')"
MANAGERS = "('director', 'sole_director', 'chair', 'attorney', 'secretary')"
"""Roles that bind firms to one another; auditors and liquidators serve many without running any."""
MOST_COMPANIES = 20
"""An officer or owner of more companies is taken as a formation agent or a fund."""

_STANDING = """
standing AS (
  SELECT c.company_id AS company_id, c.address_key AS address_key,
    c.incorporated_on AS incorporated_on
  FROM companies AS c
  WHERE c.kind = 'company' AND coalesce(c.incorporated_on <= $day, TRUE)
    AND NOT coalesce(
      c.dissolved_on <= $day,
      c.status IN ('dissolved', 'struck_off') AND coalesce(c.observed_on <= $day, TRUE), FALSE
    )
)
"""

_REGISTRATION = f"""
WITH {_STANDING}, addresses AS (
  SELECT s.address_key AS address_key, count(*) AS companies
  FROM standing AS s WHERE s.address_key IS NOT NULL GROUP BY s.address_key
)
SELECT c.company_id AS company_id,
  CASE WHEN c.incorporated_on <= $day
    THEN ln((date_diff('day', c.incorporated_on, CAST($day AS DATE)) + 30) / CAST(365.25 AS DOUBLE))
  END AS log_age,
  CASE WHEN c.address_key IS NOT NULL
    THEN greatest(coalesce(a.companies, 0), 1) - 1 END AS companies_at_address
FROM companies AS c LEFT JOIN addresses AS a ON a.address_key = c.address_key
ORDER BY c.company_id
"""

_OFFICERS = f"""
WITH {_STANDING}, serving AS (
  SELECT o.company_id AS company_id, o.officer_id AS officer_id,
    o.role IN {_DIRECTORS} AS directs, min(o.valid_from) AS came_on,
    CASE WHEN count(CASE WHEN o.valid_to <= $day THEN 1 END) = count(*)
      THEN max(o.valid_to) END AS left_on
  FROM officers AS o
  WHERE o.valid_from <= $day AND o.role IN {MANAGERS}
  GROUP BY o.company_id, o.officer_id, o.role IN {_DIRECTORS}
), founding AS (
  SELECT s.company_id AS company_id, min(s.came_on) AS came_on
  FROM serving AS s WHERE s.directs GROUP BY s.company_id
), changes AS (
  SELECT s.company_id AS company_id,
    count(
      CASE WHEN s.left_on > $since OR (s.came_on > $since AND s.came_on > f.came_on) THEN 1 END
    ) AS directors
  FROM serving AS s INNER JOIN founding AS f ON f.company_id = s.company_id
  WHERE s.directs GROUP BY s.company_id
), in_office AS (
  SELECT DISTINCT s.company_id AS company_id, s.officer_id AS officer_id
  FROM serving AS s INNER JOIN standing AS c ON c.company_id = s.company_id
  WHERE s.left_on IS NULL
), mandates AS (
  SELECT u.officer_id AS officer_id, count(*) AS companies FROM in_office AS u GROUP BY u.officer_id
), busiest AS (
  SELECT u.company_id AS company_id, max(m.companies) - 1 AS companies
  FROM in_office AS u INNER JOIN mandates AS m ON m.officer_id = u.officer_id
  GROUP BY u.company_id
), principals AS (
  SELECT s.officer_id AS officer_id
  FROM serving AS s GROUP BY s.officer_id HAVING count(DISTINCT s.company_id) <= {MOST_COMPANIES}
), gone AS (
  SELECT s.company_id AS company_id, s.officer_id AS officer_id, c.dissolved_on AS dissolved_on
  FROM serving AS s
  INNER JOIN principals AS p ON p.officer_id = s.officer_id
  INNER JOIN companies AS c ON c.company_id = s.company_id
  WHERE c.dissolved_on <= $day
), risen AS (
  SELECT s.company_id AS company_id
  FROM serving AS s
  INNER JOIN companies AS c ON c.company_id = s.company_id
  INNER JOIN gone AS g ON g.officer_id = s.officer_id AND g.company_id <> s.company_id
  WHERE date_diff('day', g.dissolved_on, c.incorporated_on) BETWEEN 0 AND 731
  GROUP BY s.company_id
), lives AS (
  SELECT c.company_id AS company_id, least({_YEARS}, greatest(1, coalesce(
    date_diff('day', c.incorporated_on, CAST($day AS DATE)) / CAST(365.25 AS DOUBLE), {_YEARS}
  ))) AS years
  FROM companies AS c
)
SELECT c.company_id AS company_id, h.directors / c.years AS director_changes,
  b.companies AS companies_of_officer,
  CASE WHEN r.company_id IS NOT NULL THEN 1
    WHEN h.company_id IS NOT NULL THEN 0 END AS follows_dissolved
FROM lives AS c
LEFT JOIN changes AS h ON h.company_id = c.company_id
LEFT JOIN busiest AS b ON b.company_id = c.company_id
LEFT JOIN risen AS r ON r.company_id = c.company_id
WHERE h.company_id IS NOT NULL OR b.company_id IS NOT NULL
ORDER BY c.company_id
"""

_OWNERS = """
WITH interests AS (
  SELECT o.company_id AS company_id, o.owner_id AS owner_id, o.owner_kind AS owner_kind,
    max(o.share_low) AS low, max(o.share_high) AS high
  FROM ownership AS o
  WHERE o.valid_from <= $day AND coalesce(o.valid_to > $day, TRUE)
  GROUP BY o.company_id, o.owner_id, o.owner_kind
), stated AS (
  SELECT i.company_id AS company_id, i.owner_kind AS owner_kind, i.high - i.low AS width,
    coalesce((i.low + i.high) / 2, i.low, i.high) AS share
  FROM interests AS i
), weighed AS (
  SELECT s.company_id AS company_id, s.owner_kind AS owner_kind, s.width AS width,
    coalesce(s.share, avg(s.share) OVER (PARTITION BY s.company_id), 1) AS weight
  FROM stated AS s
), summed AS (
  SELECT w.company_id AS company_id, nullif(sum(w.weight), 0) AS total,
    sum(CASE WHEN w.owner_kind = 'trust' THEN w.weight ELSE 0 END) AS trust,
    sum(CASE WHEN w.owner_kind = 'unknown' THEN w.weight ELSE 0 END) AS nobody_known,
    sum(CASE WHEN w.owner_kind = 'company' THEN w.weight ELSE 0 END) AS company,
    avg(w.width) AS width
  FROM weighed AS w GROUP BY w.company_id
)
SELECT s.company_id AS company_id, round(s.trust / s.total, 9) AS owned_by_trusts,
  round(s.nobody_known / s.total, 9) AS owned_by_unknown,
  round(s.company / s.total, 9) AS owned_by_companies, round(s.width, 9) AS width_of_shares
FROM summed AS s
ORDER BY s.company_id
"""


def read_registration(engine: Engine, day: date) -> pd.DataFrame:
    """Read how old each firm is and how many others that stand are registered at its address.

    Infiltrated firms are young (Mirenda, Mocetti and Rizzica 2022), and shells share addresses.

    Returns
    -------
    pandas.DataFrame
        One row per company, indexed by ``company_id``: ``log_age`` (of years),
        ``companies_at_address``.
    """
    return _read(engine, _REGISTRATION, {"day": day})


def read_officers(engine: Engine, day: date) -> pd.DataFrame:
    """Read how often those who run each firm change, and what else they run.

    Turnover of directors, directors with many firms and firms risen from others just dissolved
    are anomalies of management (Transcrime 2024; Savona and Riccardi 2018). Founders who came
    are no change; nor is a director who changes role.

    Returns
    -------
    pandas.DataFrame
        One row per company with a director or manager, indexed by ``company_id``:
        ``director_changes`` (who came or left in the last five years, per year of life),
        ``companies_of_officer`` (other companies that stand of its busiest current officer) and
        ``follows_dissolved`` (an officer of it served in a firm that was dissolved in the two
        years before this one was founded).
    """
    return _read(engine, _OFFICERS, {"day": day, "since": years_before(day, _YEARS)})


def read_owners(engine: Engine, day: date) -> pd.DataFrame:
    """Read by what kind of owner each firm is held, for firms with an owner on record.

    Opaque and indirect ownership is what tells firms under sanction from their peers (Jofre and
    Riccardi 2021). Banded shares count by their middle; an owner without a share counts as the
    mean of the others.

    Returns
    -------
    pandas.DataFrame
        One row per company with an owner on record, indexed by ``company_id``: the shares
        ``owned_by_trusts``, ``owned_by_unknown`` and ``owned_by_companies``, and
        ``width_of_shares`` (mean of the bands).
    """
    return _read(engine, _OWNERS, {"day": day})


def _read(engine: Engine, sql: str, parameters: dict[str, date]) -> pd.DataFrame:
    return engine.frame(sql, parameters).set_index("company_id").astype(float)
