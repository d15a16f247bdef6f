"""Stakes above and below one company: read from the register as far as they are linked to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa

from infiltrate.errors import NotEnoughData
from infiltrate.ownership.control import find_control
from infiltrate.ownership.integrated import UNKNOWN_OWNER, integrate_ownership
from infiltrate.ownership.paths import trace_owners
from infiltrate.ownership.stakes import Stakes, read_stakes
from infiltrate.ownership.ultimate import find_ultimate_owners
from infiltrate.tables.catalogue import TABLES
from infiltrate.tables.engine import DuckDBEngine, Engine
from infiltrate.tracing.scope import Scope

NOBODY_KNOWN = UNKNOWN_OWNER
"""Stands in ``owners`` for whoever holds what no known owner does."""

CHAIN_COLUMNS = [
    "chain",
    "step",
    "owner_id",
    "owner_kind",
    "company_id",
    "low",
    "high",
    "record_id",
    "source_id",
    "valid_from",
    "valid_to",
    "ends_in",
]
OWNER_COLUMNS = ["owner_id", "owner_kind", "low", "high", "steps", "by_share", "by_control"]
OWNED_COLUMNS = ["company_id", "low", "high", "steps", "by_control"]

_SCHEMA = TABLES["ownership"].arrow_schema

_ROWS = """
SELECT ownership.*,
       'ownership:' || owner_id || '/' || company_id || '/' || interest || '/'
         || CAST(valid_from AS VARCHAR) AS record_id
FROM ownership
WHERE valid_from <= $day AND (valid_to IS NULL OR valid_to >= $day)
  AND {end} IN (SELECT unit_id FROM units_asked_for)
ORDER BY ALL
"""


@dataclass(frozen=True, eq=False)
class Above:
    """Who owns and controls one company: ``chains`` of stakes, ``owners`` and ``notes``."""

    chains: pd.DataFrame
    owners: pd.DataFrame
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Below:
    """What one company owns: the shortest of the ``chains``, ``owned`` companies and ``notes``."""

    chains: pd.DataFrame
    owned: pd.DataFrame
    notes: tuple[str, ...]


def trace_above(engine: Engine, company_id: str, day: date, scope: Scope) -> Above:
    """Follow the stakes in a company up to those whom nobody owns.

    Parameters
    ----------
    engine : Engine
        Has ``ownership`` and ``companies``.
    company_id : str
        The company at the lower end.
    day : date
        Stakes held on this day.
    scope : Scope
        Limits, and from which share on somebody is an owner or controls.
    """
    rows, was_cut = _climb(engine, company_id, day, scope.tracing.most_units)
    if rows.empty:
        nothing = pd.DataFrame(columns=CHAIN_COLUMNS), pd.DataFrame(columns=OWNER_COLUMNS)
        return Above(*nothing, ("No owner of the company is on record on this day.",))
    economic, voting = _lay_out(rows, day)
    share = scope.owner_share(_country_of(engine, company_id), day)
    notes = _say_limits(was_cut, scope.tracing.most_units, "owners")
    if company_id in set(economic.overfull):
        notes.append("The shares on record add up to more than the whole; they were scaled down.")
    try:
        chains, more = _list_chains(economic, company_id, scope)
        notes += more
    except NotEnoughData:
        chains = pd.DataFrame(columns=CHAIN_COLUMNS)
        notes.append("Interests are on record, but no share or vote that could be followed.")
    return Above(
        _date_chains(chains, rows),
        _weigh_owners(economic, voting, company_id, share, scope.ownership.control),
        tuple(notes),
    )


def trace_below(engine: Engine, company_id: str, day: date, scope: Scope) -> Below:
    """Follow the stakes of a company down to what it owns, by the shortest chain to each.

    Parameters are those of `trace_above`; the company is at the upper end.
    """
    rows, was_cut = _descend(engine, company_id, day, scope)
    economic, voting = _lay_out(rows, day) if len(rows) else (None, None)
    if economic is None or voting is None or not len(economic.positions(np.array([company_id]))):
        nothing = pd.DataFrame(columns=CHAIN_COLUMNS), pd.DataFrame(columns=OWNED_COLUMNS)
        return Below(*nothing, ())
    notes = _say_limits(was_cut, scope.tracing.most_units, "companies owned")
    chains = _shortest_below(economic, company_id, scope.tracing.most_chain_steps)
    owned = np.unique(chains["company_id"].to_numpy(dtype=str))
    shares = integrate_ownership(economic, owned)
    shares = shares[shares["owner_id"] == company_id].drop(columns=["owner_id", "owner_kind"])
    control = find_control(voting, scope.ownership.control)
    control = control[control["controller_id"] == company_id]
    found = shares.merge(
        control[["company_id", "certainty"]].rename(columns={"certainty": "by_control"}),
        on="company_id",
        how="left",
    ).fillna({"by_control": "no"})
    return Below(_date_chains(chains, rows), found[OWNED_COLUMNS], tuple(notes))


def _country_of(engine: Engine, company_id: str) -> str | None:
    found = engine.query("SELECT country FROM companies WHERE company_id = $id", {"id": company_id})
    return next(iter(found["country"].to_pylist()), None)


def _climb(
    engine: Engine, company_id: str, day: date, most_units: int
) -> tuple[pd.DataFrame, bool]:
    parts, seen, frontier = [], {company_id}, {company_id}
    while frontier and len(seen) <= most_units:
        found = _stakes_of(engine, frontier, "company_id", day)
        parts.append(found)
        frontier = set(found.loc[found["owner_kind"] != "natural_person", "owner_id"]) - seen
        seen |= frontier
    return pd.concat(parts, ignore_index=True), bool(frontier)


def _descend(engine: Engine, company_id: str, day: date, scope: Scope) -> tuple[pd.DataFrame, bool]:
    """Read every stake in each company below: shares that are not stated hang on the others'."""
    seen: set[str] = set()
    frontier = {company_id}
    for _ in range(scope.tracing.most_chain_steps):
        owned = _stakes_of(engine, frontier, "owner_id", day)
        frontier = set(owned["company_id"]) - seen - {company_id}
        seen |= frontier
        if not frontier or len(seen) > scope.tracing.most_units:
            break
    return _stakes_of(engine, seen, "company_id", day), bool(frontier)


def _stakes_of(engine: Engine, units: set[str], end: str, day: date) -> pd.DataFrame:
    engine.register(
        "units_asked_for", pd.DataFrame({"unit_id": pd.Series(sorted(units), dtype=str)})
    )
    return engine.frame(_ROWS.format(end=end), {"day": day})


def _lay_out(rows: pd.DataFrame, day: date) -> tuple[Stakes, Stakes]:
    table = pa.Table.from_pandas(rows, schema=_SCHEMA, preserve_index=False)
    with DuckDBEngine(memory_gib=1.0, threads=1) as engine:
        engine.register("ownership", table)
        return read_stakes(engine, day, "economic"), read_stakes(engine, day, "voting")


def _list_chains(stakes: Stakes, company_id: str, scope: Scope) -> tuple[pd.DataFrame, list[str]]:
    """List the chains; where there are too many, those of fewer steps."""
    for steps in range(scope.tracing.most_chain_steps, 0, -1):
        try:
            chains = trace_owners(
                stakes, company_id, most_steps=steps, most_chains=50 * scope.tracing.most_chains
            )
        except NotEnoughData:
            if steps == 1:
                raise
            continue
        number = chains["chain"].max()
        notes = []
        if steps < scope.tracing.most_chain_steps or number > scope.tracing.most_chains:
            shown = min(number, scope.tracing.most_chains)
            notes.append(
                f"There are too many chains of owners: the {shown:,} shortest of those of at most "
                f"{steps} steps are shown. The integrated shares count all of them."
            )
        return chains[chains["chain"] <= scope.tracing.most_chains], notes
    raise NotEnoughData(f"No stake in {company_id} is known on this day.")


def _weigh_owners(
    economic: Stakes, voting: Stakes, company_id: str, share: float, control_share: float
) -> pd.DataFrame:
    company = np.array([company_id])
    shares = integrate_ownership(economic, company).drop(columns="company_id")
    ultimate = find_ultimate_owners(economic, voting, company, share=share, control=control_share)
    control = find_control(voting, control_share)
    control = control[control["company_id"] == company_id].rename(
        columns={"controller_id": "owner_id", "certainty": "by_control"}
    )
    found = shares.merge(ultimate[["owner_id", "by_share"]], on="owner_id", how="left")
    found = found.merge(control[["owner_id", "by_control"]], on="owner_id", how="left")
    found = found.fillna({"by_share": "no", "by_control": "no"})
    return found.sort_values(["low", "high", "owner_id"], ascending=[False, False, True])[
        OWNER_COLUMNS
    ].reset_index(drop=True)


def _shortest_below(stakes: Stakes, company_id: str, most_steps: int) -> pd.DataFrame:
    """Return the chain of fewest stakes to each company below; of equals, the first by id."""
    top = int(stakes.positions(np.array([company_id]))[0])
    order = np.lexsort((stakes.company, stakes.owner))
    chains: dict[int, list[int]] = {}
    frontier: list[tuple[int, list[int]]] = [(top, [])]
    for _ in range(most_steps):
        reached = []
        for owner, above in frontier:
            first = np.searchsorted(stakes.owner[order], [owner, owner + 1])
            for stake in order[first[0] : first[1]]:
                company = int(stakes.company[stake])
                if company != top and company not in chains:
                    chains[company] = [*above, int(stake)]
                    reached.append((company, chains[company]))
        frontier = reached
    parts = []
    for chain, company in enumerate(sorted(chains, key=lambda c: (len(chains[c]), c)), start=1):
        rows = chains[company]
        owns = np.isin(company, stakes.owner)
        parts.append(
            stakes.records.iloc[rows].assign(
                chain=chain,
                step=np.arange(1, len(rows) + 1),
                owner_id=stakes.units[stakes.owner[rows]],
                owner_kind=stakes.kinds[stakes.owner[rows]],
                company_id=stakes.units[stakes.company[rows]],
                low=stakes.low[rows],
                high=stakes.high[rows],
                ends_in="cut" if owns and len(rows) == most_steps else "company",
            )
        )
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=CHAIN_COLUMNS)


def _date_chains(chains: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    last_days = rows.drop_duplicates("record_id").set_index("record_id")["valid_to"]
    dated = chains.assign(valid_to=chains["record_id"].map(last_days))
    return dated[CHAIN_COLUMNS].reset_index(drop=True)


def _say_limits(was_cut: bool, most: int, what: str) -> list[str]:
    if not was_cut:
        return []
    return [
        f"More than {most:,} {what} are linked; the search stopped there and shares may change."
    ]
