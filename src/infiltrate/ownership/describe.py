"""What stands above each company, with the records that prove it: what indicators read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa

from infiltrate.ownership.chains import find_shortest_chains
from infiltrate.ownership.control import pair_control
from infiltrate.ownership.levels import order_levels
from infiltrate.ownership.shares import NOBODY_KNOWN, OwnerShares, integrate_shares
from infiltrate.ownership.stakes import Stakes, align_stakes, read_stakes
from infiltrate.params.codes import COUNTRIES
from infiltrate.params.dated import fact_at
from infiltrate.params.study import StudyParams
from infiltrate.tables.engine import Engine

STRUCTURES = pa.schema(
    [
        ("company_id", pa.string()),
        ("on_date", pa.date32()),
        ("owners", pa.int64()),
        ("levels", pa.int64()),
        ("longest_chain", pa.list_(pa.string())),
        ("circle", pa.int64()),
        ("circle_chain", pa.list_(pa.string())),
        ("threshold", pa.float64()),
        ("person_low", pa.float64()),
        ("person_high", pa.float64()),
        ("persons_certain", pa.int64()),
        ("persons_possible", pa.int64()),
        ("persons_declared", pa.int64()),
        ("person_steps", pa.int64()),
        ("person_chain", pa.list_(pa.string())),
        ("state_high", pa.float64()),
        ("unknown_low", pa.float64()),
        ("unknown_high", pa.float64()),
        ("trusts", pa.int64()),
        ("trust_chain", pa.list_(pa.string())),
        ("unknown_kinds", pa.int64()),
    ]
)
COUNTRIES_ABOVE = pa.schema(
    [
        ("company_id", pa.string()),
        ("country", pa.string()),
        ("owners", pa.int64()),
        ("steps", pa.int64()),
        ("chain", pa.list_(pa.string())),
    ]
)
UNKNOWN_COUNTRY = "unknown"

_ROUNDING = 1e-9
_COUNT = "SELECT count(*) AS stakes, max(valid_from) AS latest FROM ownership"
_COUNTRIES = """
WITH stated AS (
  SELECT owner_id AS unit_id, owner_country AS country, 0 AS is_registered, valid_from AS known_on
  FROM ownership
  WHERE owner_country IS NOT NULL AND valid_from <= $day
  UNION ALL
  SELECT company_id AS unit_id, country AS country, 1 AS is_registered,
         make_date(1, 1, 1) AS known_on
  FROM companies
  WHERE country IS NOT NULL
),
ranked AS (
  SELECT unit_id, country, row_number() OVER (
           PARTITION BY unit_id ORDER BY is_registered DESC, known_on DESC, country ASC
         ) AS place
  FROM stated
)
SELECT unit_id, country FROM ranked WHERE place = 1 ORDER BY unit_id
"""
_DECLARED = """
SELECT company_id, count(DISTINCT owner_id) AS persons,
       min('ownership:' || owner_id || '/' || company_id || '/' || interest || '/'
         || CAST(valid_from AS VARCHAR)) AS record_id
FROM ownership
WHERE owner_kind = 'natural_person'
  AND (interest IN ('appointment', 'influence') OR is_beneficial)
  AND valid_from <= $day
  AND (valid_to IS NULL OR valid_to >= $day)
GROUP BY company_id
ORDER BY company_id
"""


@dataclass(frozen=True, eq=False)
class Structures:
    """What stands above companies.

    Attributes
    ----------
    structures : pyarrow.Table
        One row per company with an owner on record, by ``company_id``. ``owners`` are all units
        above it, ``levels`` the longest chain, ``circle`` how many companies own each other in
        its circle (1: none). ``threshold`` is the share of an ultimate owner in its country.
        ``person_low`` and ``person_high`` are the greatest integrated shares of one natural
        person; ``persons_certain`` and ``persons_possible`` reach the threshold or control,
        ``persons_declared`` are declared beneficial owners, or appoint or influence.
        ``person_steps`` is the number of stakes to the nearest of all these. ``trusts`` and
        ``unknown_kinds`` count owners of that kind. Chains are records from the company up, at
        most 20.
    countries : pyarrow.Table
        One row per company and country of its owners, by both: ``owners`` there, ``steps`` to the
        nearest and the ``chain`` of records up to it. Owners without a country, or with one that
        ISO 3166 does not know, are in the country ``unknown``.
    """

    structures: pa.Table
    countries: pa.Table


def describe_structures(engine: Engine, params: StudyParams, day: date | None) -> Structures:
    """Describe what stands above each company on a day.

    Parameters
    ----------
    engine : Engine
        Has ``ownership`` and ``companies``; as of the same day when nothing later may be known.
    params : StudyParams
        ``facts.ownership_thresholds`` and ``choices.ownership`` are read.
    day : date, optional
        The day; the latest on which a stake on record began when left out.
    """
    (known,) = engine.query(_COUNT).to_pylist()
    day = day or known["latest"]
    if not known["stakes"] or day is None:
        return Structures(STRUCTURES.empty_table(), COUNTRIES_ABOVE.empty_table())
    economic, voting = align_stakes(
        read_stakes(engine, day, "economic"), read_stakes(engine, day, "voting")
    )
    declared = engine.query(_DECLARED, {"day": day})
    places = engine.query(_COUNTRIES, {"day": day})
    above = _Above(economic, integrate_shares(economic))
    country = _number_countries(economic, places)
    structures = _tabulate(above, voting, _find_thresholds(params, day, economic, country), params)
    return Structures(
        _add_declared(structures, declared, day, params),
        _tabulate_countries(above, country),
    )


class _Above:
    """Integrated shares of one day, and the companies they are about."""

    def __init__(self, stakes: Stakes, shares: OwnerShares) -> None:
        self.stakes, self.shares = stakes, shares
        self.n = len(stakes.units)
        self.companies = np.unique(stakes.company)
        self.is_known = shares.owner != NOBODY_KNOWN
        self.kind = np.where(self.is_known, stakes.kinds[shares.owner], "") if self.n else np.array([])

    def count(self, chosen: np.ndarray) -> np.ndarray:
        return np.bincount(self.shares.company[chosen], minlength=self.n)[self.companies]

    def greatest(self, values: np.ndarray, chosen: np.ndarray) -> np.ndarray:
        found = np.zeros(self.n)
        np.maximum.at(found, self.shares.company[chosen], values[chosen])
        return found[self.companies]

    def nearest(self, chosen: np.ndarray, farthest: bool = False) -> tuple[np.ndarray, np.ndarray]:
        """Return the nearest of the chosen owners of each company that has one: owner, company."""
        places = np.flatnonzero(chosen & self.is_known)
        steps = self.shares.steps[places] * (-1 if farthest else 1)
        order = places[np.lexsort((self.shares.owner[places], steps, self.shares.company[places]))]
        order = order[np.flatnonzero(np.diff(self.shares.company[order], prepend=-1))]
        return self.shares.owner[order], self.shares.company[order]

    def chains(self, owner: np.ndarray, company: np.ndarray) -> list[list[str]]:
        chains = find_shortest_chains(self.stakes, self.shares, owner, company)
        return name_records(self.stakes, chains)

    def by_company(self, company: np.ndarray, values: list) -> list:
        """Lay values of some companies out over all, None where there is none."""
        found: list = [None] * len(self.companies)
        for place, value in zip(np.searchsorted(self.companies, company), values, strict=True):
            found[place] = value
        return found


def name_records(stakes: Stakes, chains: list[list[int]]) -> list[list[str]]:
    """Put the records in the place of stakes."""
    records = stakes.records["record_id"]
    wanted = records.iloc[[stake for chain in chains for stake in chain]].tolist()
    named = iter(wanted)
    return [[next(named) for _ in chain] for chain in chains]


def _tabulate(
    above: _Above, voting: Stakes, threshold: np.ndarray, params: StudyParams
) -> dict[str, list]:
    stakes, shares = above.stakes, above.shares
    levels = order_levels(stakes.owner, stakes.company, above.n)
    is_person = above.kind == "natural_person"
    certain = is_person & (shares.low >= threshold[shares.company] - _ROUNDING)
    possible = is_person & (shares.high >= threshold[shares.company] - _ROUNDING)
    controls = _Control(above, voting, params.choices.ownership.control)
    certain |= controls.certain
    possible |= controls.possible
    owner, company = above.nearest(possible)
    steps = shares.steps[np.searchsorted(above_key(above), company * np.int64(above.n + 1) + owner + 1)]
    far_owner, far_company = above.nearest(above.is_known, farthest=True)
    trust_owner, trust_company = above.nearest(above.kind == "trust")
    companies = above.companies
    return {
        "company_id": stakes.units[companies].tolist(),
        "owners": above.count(above.is_known).tolist(),
        "levels": (levels.level + (levels.size > 1))[companies].tolist(),
        "longest_chain": above.by_company(far_company, above.chains(far_owner, far_company)),
        "circle": levels.size[companies].tolist(),
        "circle_chain": _find_circles(above, levels.circle, levels.size),
        "threshold": threshold[companies].tolist(),
        "person_low": above.greatest(shares.low, is_person).tolist(),
        "person_high": above.greatest(shares.high, is_person).tolist(),
        "persons_certain": (above.count(certain) + controls.more_certain).tolist(),
        "persons_possible": (above.count(possible) + controls.more_possible).tolist(),
        "person_steps": above.by_company(company, steps.tolist()),
        "person_chain": above.by_company(company, above.chains(owner, company)),
        "state_high": above.greatest(shares.high, above.kind == "state").tolist(),
        "unknown_low": above.greatest(shares.low, ~above.is_known).tolist(),
        "unknown_high": above.greatest(shares.high, ~above.is_known).tolist(),
        "trusts": above.count(above.kind == "trust").tolist(),
        "trust_chain": above.by_company(trust_company, above.chains(trust_owner, trust_company)),
        "unknown_kinds": above.count(above.kind == "unknown").tolist(),
    }
