"""What annual accounts say of firms: ratios, growth and size."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

import pandas as pd

from infiltrate.tables.engine import Engine

_YEARS = 5
_GROWTH_YEARS = 8
_FEWEST_FOR_GROWTH = 3

RATIOS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "personnel_to_revenue": ("personnel", "revenue"),
        "materials_to_revenue": ("materials", "revenue"),
        "services_to_revenue": ("services", "revenue"),
        "revenue_to_assets": ("revenue", "assets"),
        "ebit_to_revenue": ("ebit", "revenue"),
        "cash_to_assets": ("cash", "assets"),
        "inventory_to_assets": ("inventory", "assets"),
        "bank_debt_to_assets": ("bank_debt", "assets"),
        "equity_to_assets": ("equity", "assets"),
    }
)
"""Ratios by name: column above and column below."""

_ACCOUNTS = """
WITH known AS (
  SELECT a.company_id AS company_id, {ratios},
    sum(CASE WHEN {late} AND a.currency = $currency AND a.revenue > 0 THEN a.revenue END)
      AS revenue,
    count(CASE WHEN {late} AND a.currency = $currency AND a.revenue > 0 THEN 1 END)
      AS years_of_revenue,
    avg(CASE WHEN {late} AND a.employees > 0 THEN CAST(a.employees AS DECIMAL(18, 2)) END)
      AS employees,
    max(CASE WHEN {late} THEN a.bank_debt END) AS bank_debt,
    count(CASE WHEN a.revenue > 0 THEN 1 END) AS years_of_growth,
    min(CASE WHEN a.revenue > 0 THEN a.currency END) AS first_currency,
    max(CASE WHEN a.revenue > 0 THEN a.currency END) AS last_currency,
    regr_slope(
      CASE WHEN a.revenue > 0 THEN ln(CAST(a.revenue AS DOUBLE)) END,
      CAST(date_part('year', a.year_end_on) AS DOUBLE)
    ) AS slope,
    min(date_part('year', a.year_end_on)) AS first_year,
    count(
      CASE WHEN date_part('year', a.year_end_on) BETWEEN $last_due - {years} + 1 AND $last_due
        THEN 1 END
    ) AS years_filed
  FROM accounts AS a
  WHERE a.year_end_on <= $day AND coalesce(a.filed_on, a.year_end_on) <= $day
    AND a.year_end_on > $growth_since
  GROUP BY a.company_id
), earliest AS (
  SELECT min(k.first_year) AS year FROM known AS k
), due AS (
  SELECT c.company_id AS company_id, $last_due + 1 - greatest(
      $last_due - {years} + 1, earliest.year, date_part('year', c.incorporated_on) + 1
    ) AS years
  FROM companies AS c CROSS JOIN earliest
  WHERE c.incorporated_on IS NOT NULL
)
SELECT k.company_id AS company_id, {names},
  CASE WHEN k.years_of_growth >= {fewest} AND k.first_currency = k.last_currency
    THEN round(k.slope, 9) END AS revenue_growth,
  CASE WHEN d.years > 0
    THEN CAST(least(k.years_filed, d.years) AS DOUBLE) / d.years END AS filed_share,
  CAST(k.revenue AS DOUBLE) / k.years_of_revenue AS revenue, k.employees AS employees,
  CAST(k.bank_debt > 0 AS DOUBLE) AS has_bank_debt
FROM known AS k
LEFT JOIN due AS d ON d.company_id = k.company_id
ORDER BY k.company_id
"""


def read_accounts(engine: Engine, day: date, currency: str) -> pd.DataFrame:
    """Read what the accounts filed up to a day say of each firm that filed any.

    Ratios are of sums over the last five financial years, so that a year with hardly any revenue
    weighs hardly anything. Mafia firms pay less for personnel and services and more for materials
    (Ravenda, Argilés-Bosch and Valencia-Silva 2015), turn over more for their assets at lower
    profit (De Simoni 2022; Bianchi, Marra, Masciandaro and Pecchiari 2022) and grow without inputs
    (Mirenda, Mocetti and Rizzica 2022); studies disagree on debt and cash (Fabrizi, Malaspina and
    Parbonetti 2017), so no direction is assumed here.

    Parameters
    ----------
    engine : Engine
        With accounts and companies registered.
    day : datetime.date
        What was filed later does not exist.
    currency : str
        Levels are read in this currency; ratios in any.

    Returns
    -------
    pandas.DataFrame
        One row per firm, indexed by ``company_id``: the `RATIOS`, ``revenue_growth`` (slope of log
        revenue by year over eight years, of three or more in one currency), ``filed_share`` (of
        the financial years that had ended a year before), ``revenue`` and ``employees`` (means),
        and ``has_bank_debt`` (0 or 1).
    """
    late = "a.year_end_on > $since"
    ratios = ", ".join(
        f"CAST(sum(CASE WHEN {late} AND a.{below} > 0 THEN a.{above} END) AS DOUBLE) "
        f"/ CAST(sum(CASE WHEN {late} AND a.{below} > 0 AND a.{above} IS NOT NULL "
        f"THEN a.{below} END) AS DOUBLE) AS {name}"
        for name, (above, below) in RATIOS.items()
    )
    names = ", ".join(f"k.{name} AS {name}" for name in RATIOS)
    a_year_ago = pd.Timestamp(years_before(day, 1))
    frame = engine.frame(
        _ACCOUNTS.format(
            ratios=ratios, names=names, late=late, years=_YEARS, fewest=_FEWEST_FOR_GROWTH
        ),
        {
            "day": day,
            "since": years_before(day, _YEARS),
            "growth_since": years_before(day, _GROWTH_YEARS),
            "last_due": (a_year_ago + pd.Timedelta(days=1)).year - 1,
            "currency": currency,
        },
    )
    return frame.set_index("company_id").astype(float)


def years_before(day: date, years: int) -> date:
    """Return the same day of an earlier year; 28 February for 29 February."""
    return (pd.Timestamp(day) - pd.DateOffset(years=years)).date()
