"""What stands above each company, with the records that prove it: what indicators read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from infiltrate.ownership.above import Chains, OwnersAbove, take_records
from infiltrate.ownership.chains import find_shortest_chains
from infiltrate.ownership.control import pair_control
from infiltrate.ownership.levels import order_levels
from infiltrate.ownership.stakes import Stakes, align_stakes, read_stakes
from infiltrate.params.codes import COUNTRIES
from infiltrate.params.dated import fact_at
from infiltrate.params.study import StudyParams
from infiltrate.tables.engine import Engine

STRUCTURES = pa.schema(
    [
        ("company_id", pa.string()),
        ("on_date", pa.date32()),
        ("stated", pa.int64()),
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
_NOTHING: dict[str, object] = {
    "stated": 0,
    "owners": 0,
    "levels": 0,
    "circle": 1,
    "person_low": 0.0,
    "person_high": 0.0,
    "persons_certain": 0,
    "persons_possible": 0,
    "state_high": 0.0,
    "unknown_low": 0.0,
    "unknown_high": 1.0,
    "trusts": 0,
    "unknown_kinds": 0,
    "longest_chain": [],
    "circle_chain": [],
    "person_chain": [],
    "trust_chain": [],
}
"""What is said of a company that has nobody but declared owners."""
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
  SELECT unit_id AS unit_id, country AS country, is_registered AS is_registered, row_number() OVER (
           PARTITION BY unit_id ORDER BY is_registered DESC, known_on DESC, country ASC
         ) AS place
  FROM stated
)
SELECT unit_id AS unit_id, country AS country, is_registered AS is_registered
FROM ranked WHERE place = 1 ORDER BY unit_id
"""
_ASKED = """
SELECT company_id AS company_id FROM companies WHERE kind IN ('company', 'unknown')
ORDER BY company_id
"""
_DECLARED = """
SELECT company_id AS company_id, count(DISTINCT owner_id) AS persons,
       min('ownership:' || owner_id || '/' || company_id || '/' || interest || '/'
         || CAST(valid_from AS VARCHAR)) AS record_id
FROM ownership
WHERE owner_kind = 'natural_person'
  AND (interest IN ('appointment', 'influence') OR is_beneficial)
  AND valid_from <= $day
  AND (valid_to IS NULL OR valid_to >= $day)
  AND company_id IN (
    SELECT company_id AS company_id FROM companies WHERE kind IN ('company', 'unknown')
  )
GROUP BY company_id
ORDER BY company_id
"""


@dataclass(frozen=True, eq=False)
class Structures:
    """What stands above companies.

    Attributes
    ----------
    structures : pyarrow.Table
        One row per company with an owner on record, by ``company_id``. ``stated`` counts direct
        stakes whose size is known, ``owners`` all units above it; ``levels`` is the longest chain,
        ``circle`` how many companies own each other in its circle (1: none). ``threshold`` is the
        share of an ultimate owner in its country. ``person_low`` and ``person_high`` are the
        greatest integrated shares of one natural person; ``persons_certain`` and
        ``persons_possible`` reach the threshold or control, ``persons_declared`` are declared
        beneficial owners, or appoint or influence. ``person_steps`` is the number of stakes to the
        nearest of all these. ``trusts`` and ``unknown_kinds`` count owners of that kind. Chains
        are records from the company up, at most 21, and empty where there is none.
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
    asked = economic.positions(engine.query(_ASKED)["company_id"].to_numpy(zero_copy_only=False))
    above = OwnersAbove(economic, np.intersect1d(asked, economic.company))
    country, home = _number_countries(economic, engine.query(_COUNTRIES, {"day": day}))
    threshold = _find_thresholds(params, day, home)
    rows = pa.table(
        _describe_owners(above)
        | _describe_persons(above, voting, threshold, params.choices.ownership.control)
    )
    declared = engine.query(_DECLARED, {"day": day})
    rows = _add_declared(rows, declared, params.choices.ownership.share)
    rows = rows.append_column("on_date", pa.array([day] * len(rows), pa.date32()))
    return Structures(
        rows.select(STRUCTURES.names).cast(STRUCTURES), _describe_countries(above, country)
    )


def _describe_owners(above: OwnersAbove) -> dict[str, object]:
    stakes, shares, companies = above.stakes, above.shares, above.companies
    is_held = stakes.high > 0
    levels = order_levels(stakes.owner[is_held], stakes.company[is_held], len(stakes.units))
    farthest = above.nearest(above.is_known, farthest=True)
    trust = above.nearest(above.kind == "trust")
    return {
        "company_id": stakes.units[companies],
        "stated": np.bincount(stakes.company[stakes.is_stated], minlength=len(stakes.units))[
            companies
        ],
        "owners": above.count(above.is_known),
        "levels": (levels.level + (levels.size > 1))[companies],
        "longest_chain": above.chains(farthest).lay_out(companies),
        "circle": levels.size[companies],
        "circle_chain": _close_circles(above, levels.circle).lay_out(companies),
        "state_high": above.greatest(shares.high, above.kind == "state"),
        "unknown_low": above.greatest(shares.low, ~above.is_known),
        "unknown_high": above.greatest(shares.high, ~above.is_known),
        "trusts": above.count(above.kind == "trust"),
        "trust_chain": above.chains(trust).lay_out(companies),
        "unknown_kinds": above.count(above.kind == "unknown"),
    }


def _close_circles(above: OwnersAbove, circle: np.ndarray) -> Chains:
    """Find the shortest way from each company in a circle back to itself."""
    stakes = above.stakes
    is_inner = (circle[stakes.owner] == circle[stakes.company]) & (stakes.high > 0)
    inner = np.flatnonzero(is_inner & above.is_asked[stakes.company])
    owner, company = stakes.owner[inner], stakes.company[inner]
    at = above.find(company, owner)
    steps = np.append(above.shares.steps, np.iinfo(np.int32).max)[at]
    order = np.lexsort((owner, steps, company))
    order = order[np.flatnonzero(np.diff(company[order], prepend=-1))]
    number, stake = find_shortest_chains(stakes, above.shares, company[order], owner[order])
    of_company = np.concatenate([company[order], company[order][number]])
    stake = np.concatenate([inner[order], stake])
    by_company = np.argsort(of_company, kind="stable")
    return Chains(of_company[by_company], take_records(stakes, stake[by_company]))


def _describe_persons(
    above: OwnersAbove, voting: Stakes, threshold: np.ndarray, control: float
) -> dict[str, object]:
    """Describe who reaches the threshold by share, or controls by votes."""
    shares, pairs = above.shares, len(above.shares.owner)
    is_person = above.kind == "natural_person"
    least = threshold[shares.company] - _ROUNDING
    certain, possible = is_person & (shares.low >= least), is_person & (shares.high >= least)
    controller, controlled, is_certain = pair_control(voting, control, ends_only=True)
    kept = (voting.kinds[controller] == "natural_person") & above.is_asked[controlled]
    controller, controlled, is_certain = controller[kept], controlled[kept], is_certain[kept]
    at = above.find(controller, controlled)
    possible[at[at < pairs]] = True
    certain[at[(at < pairs) & is_certain]] = True
    nearest = above.nearest(possible)
    company, steps, chains = shares.company[nearest], shares.steps[nearest], above.chains(nearest)
    by_votes = at == pairs
    is_new = ~np.isin(controlled, company)
    if (by_votes & is_new).any():
        voters = OwnersAbove(voting, np.unique(controlled[by_votes & is_new]))
        chosen = np.zeros(len(voters.shares.owner) + 1, dtype=bool)
        chosen[voters.find(controller[by_votes], controlled[by_votes])] = True
        more = voters.nearest(chosen[:-1])
        company = np.concatenate([company, voters.shares.company[more]])
        steps = np.concatenate([steps, voters.shares.steps[more]])
        chains = chains.join(voters.chains(more))
    n = len(voting.units)
    return {
        "threshold": threshold[above.companies],
        "person_low": above.greatest(shares.low, is_person),
        "person_high": above.greatest(shares.high, is_person),
        "persons_certain": above.count(certain)
        + np.bincount(controlled[by_votes & is_certain], minlength=n)[above.companies],
        "persons_possible": above.count(possible)
        + np.bincount(controlled[by_votes], minlength=n)[above.companies],
        "person_steps": above.lay_out(company, steps.astype(np.int64)),
        "person_chain": chains.lay_out(above.companies),
    }


def _add_declared(rows: pa.Table, declared: pa.Table, share: float) -> pa.Table:
    """Add who is declared, and companies of which nothing else is known."""
    ids = declared["company_id"].to_numpy(zero_copy_only=False).astype(str)
    known = rows["company_id"].to_numpy(zero_copy_only=False).astype(str)
    new = ids[~np.isin(ids, known)]
    blank = {
        field.name: pa.array([_NOTHING.get(field.name)] * len(new), field.type)
        for field in STRUCTURES
        if field.name in rows.column_names
    }
    blank |= {"company_id": pa.array(new, pa.string()), "threshold": pa.array([share] * len(new))}
    shape = pa.schema([field for field in STRUCTURES if field.name in rows.column_names])
    rows = pa.concat_tables(
        [rows.select(shape.names).cast(shape), pa.table(blank).select(shape.names).cast(shape)]
    ).sort_by("company_id")
    if not len(ids):
        return rows.append_column("persons_declared", pa.array(np.zeros(len(rows), np.int64)))
    every = rows["company_id"].to_numpy(zero_copy_only=False).astype(str)
    at = np.minimum(np.searchsorted(ids, every), len(ids) - 1)
    is_there = pa.array(ids[at] == every)
    persons = pc.if_else(is_there, declared["persons"].take(pa.array(at)), 0)
    records = declared["record_id"].combine_chunks().cast(pa.string())
    one_each = pa.ListArray.from_arrays(np.arange(len(ids) + 1, dtype=np.int32), records)
    is_nearer = pc.and_(is_there, pc.fill_null(pc.not_equal(rows["person_steps"], 1), True))
    shown = {
        "person_steps": pc.if_else(is_nearer, 1, rows["person_steps"]),
        "person_chain": pc.if_else(is_nearer, one_each.take(pa.array(at)), rows["person_chain"]),
    }
    for name, values in shown.items():
        rows = rows.set_column(rows.column_names.index(name), name, values)
    return rows.append_column("persons_declared", persons)


def _number_countries(stakes: Stakes, places: pa.Table) -> tuple[np.ndarray, np.ndarray]:
    """Return the country of every unit, and that of registration only, missing as unknown."""
    country = np.full(len(stakes.units), UNKNOWN_COUNTRY, dtype=object)
    ids = places["unit_id"].to_numpy(zero_copy_only=False).astype(str)
    codes = places["country"].to_numpy(zero_copy_only=False)
    is_registered = places["is_registered"].to_numpy() == 1
    at = np.searchsorted(stakes.units, ids)
    is_unit = np.append(stakes.units, "")[at] == ids
    kept = is_unit & np.isin(codes.astype(str), sorted(COUNTRIES))
    country[at[kept]] = codes[kept]
    home = np.full(len(stakes.units), UNKNOWN_COUNTRY, dtype=object)
    home[at[kept & is_registered]] = codes[kept & is_registered]
    return country, home


def _find_thresholds(params: StudyParams, day: date, home: np.ndarray) -> np.ndarray:
    """Return the share of an ultimate owner of each unit, by its country on the day."""
    threshold = np.full(len(home), params.choices.ownership.share)
    facts = params.facts.ownership_thresholds
    known = np.where(home == UNKNOWN_COUNTRY, params.country, home)
    for code in sorted({fact.country for fact in facts}):
        fact = fact_at(facts, day, country=code)
        if fact is not None:
            threshold[known == code] = fact.share
    return threshold


def _describe_countries(above: OwnersAbove, country: np.ndarray) -> pa.Table:
    shares = above.shares
    places = np.flatnonzero(above.is_known & above.is_asked[shares.company])
    names, number = np.unique(country.astype(str), return_inverse=True)
    of_owner = number[shares.owner[places]]
    company = shares.company[places]
    order = np.lexsort((shares.owner[places], shares.steps[places], of_owner, company))
    group = company * np.int64(max(len(names), 1)) + of_owner
    starts = np.flatnonzero(np.diff(group[order], prepend=-1))
    nearest = places[order[starts]]
    # a company has a chain for each country, so chains are laid out over pairs
    number, stake = find_shortest_chains(
        above.stakes, shares, shares.owner[nearest], shares.company[nearest]
    )
    chains = Chains(number, take_records(above.stakes, stake))
    return pa.table(
        {
            "company_id": above.stakes.units[shares.company[nearest]],
            "country": names[of_owner[order[starts]]],
            "owners": np.diff(np.append(starts, len(order))),
            "steps": shares.steps[nearest].astype(np.int64),
            "chain": chains.lay_out(np.arange(len(nearest))),
        },
        schema=COUNTRIES_ABOVE,
    )
