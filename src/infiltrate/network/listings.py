"""Who is on which list since when, laid out beside the ties."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from infiltrate.network.ties import Ties
from infiltrate.tables.engine import Engine

_MINIMUM_MATCH = 0.9
_UNKNOWN = "unknown"

_ENTRIES = """
SELECT list_id AS list_id, company_id AS company_id, min(listed_on) AS listed_on
FROM list_entries
WHERE listed_on IS NOT NULL AND coalesce(outcome, 'active') NOT IN ('annulled', 'favourable')
    AND coalesce(match_probability, CAST(1 AS DOUBLE)) >= $minimum_match
GROUP BY list_id, company_id
ORDER BY list_id, company_id
"""

_STRATA = """
SELECT companies.company_id AS company_id, companies.area_id AS area,
    coalesce(sectors.section, companies.sector_id) AS sector,
    companies.incorporated_on AS begins_on, companies.dissolved_on AS ends_on
FROM companies
LEFT JOIN sectors ON sectors.sector_id = companies.sector_id
WHERE companies.kind = 'company'
ORDER BY company_id
"""


@dataclass(frozen=True, eq=False)
class Listings:
    """Companies that a list could name, their ties and their entries.

    Attributes
    ----------
    ties : Ties
        Of one day.
    strata : numpy.ndarray of int, shape (n,)
        Number of sector and area together; -1 for a company of the ties that is not in the
        register (an owner abroad, say): it ties others and is counted nowhere.
    begins, ends : numpy.ndarray of datetime64[D], shape (n,)
        First and last day of the company; missing when not known, or not ended.
    entries : pandas.DataFrame
        First entry of each company on each list: ``list_id``, ``company`` (position),
        ``listed_on``.
    """

    ties: Ties
    strata: np.ndarray
    begins: np.ndarray
    ends: np.ndarray
    entries: pd.DataFrame

    @property
    def is_listed(self) -> np.ndarray:
        """Whether a company is on any of the lists, shape (n,)."""
        found = np.zeros(len(self.ties.companies), dtype=bool)
        found[self.entries["company"]] = True
        return found & (self.strata >= 0)


def read_listings(engine: Engine, ties: Ties, lists: Sequence[str], day: date) -> Listings:
    """Read the entries on lists up to a day, with sector and area of every company.

    Parameters
    ----------
    engine : Engine
        Has ``companies``, ``sectors`` and ``list_entries``.
    ties : Ties
        Ties of the day.
    lists : sequence of str
        Lists whose entries count. Entries annulled or ended in the company's
        favour do not, nor those matched with a probability
        below .9, nor those without a date.
    day : date
        Entries later than it do not count.
    """
    entries = engine.frame(_ENTRIES, {"minimum_match": _MINIMUM_MATCH})
    dated = pd.to_datetime(entries["listed_on"]) <= pd.Timestamp(day)
    return lay_out_listings(
        ties, engine.frame(_STRATA), entries[dated & entries["list_id"].isin(list(lists))]
    )


def lay_out_listings(ties: Ties, register: pd.DataFrame, entries: pd.DataFrame) -> Listings:
    """Lay out the register and the entries beside ties.

    Parameters
    ----------
    register : pandas.DataFrame
        One row per company: ``company_id``, ``area``, ``sector``, ``begins_on``, ``ends_on``.
    entries : pandas.DataFrame
        ``list_id``, ``company_id``, ``listed_on``; a company not in the ties is left out.
    """
    known = register.set_index("company_id").reindex(ties.companies)
    cell = known[["sector", "area"]].astype(object).fillna(_UNKNOWN).agg("/".join, axis=1)
    strata = pd.factorize(cell, sort=True)[0]
    strata[~np.isin(ties.companies, register["company_id"].to_numpy(dtype=object))] = -1
    place = pd.Index(ties.companies).get_indexer(pd.Index(entries["company_id"], dtype=object))
    laid = pd.DataFrame(
        {
            "list_id": entries["list_id"].to_numpy(dtype=object),
            "company": place,
            "listed_on": pd.to_datetime(entries["listed_on"]).to_numpy(dtype="datetime64[D]"),
        }
    )
    laid = laid[(place >= 0)].sort_values(["list_id", "company", "listed_on"], ignore_index=True)
    return Listings(
        ties=ties,
        strata=strata,
        begins=_days(known["begins_on"]),
        ends=_days(known["ends_on"]),
        entries=laid.drop_duplicates(["list_id", "company"], ignore_index=True),
    )


def _days(column: pd.Series) -> np.ndarray:
    return pd.to_datetime(column).to_numpy(dtype="datetime64[D]")
