"""Everything on record around one company as of a day, step by step."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pandas as pd

from infiltrate.errors import NotEnoughData
from infiltrate.tables.engine import Engine
from infiltrate.tables.identifiers import is_pseudonym
from infiltrate.tracing.scope import Scope
from infiltrate.tracing.stakes import trace_above, trace_below
from infiltrate.tracing.ties import STEP_COLUMNS, Reached, find_ties, reach_out

TABLES_READ = (
    "companies",
    "ownership",
    "officers",
    "contracts",
    "tenders",
    "consortia",
    "buyers",
    "list_entries",
)
"""Canonical tables that a trace reads, as they were known on its day."""


@dataclass(frozen=True, eq=False)
class Trace:
    """What stands around one company; every row of every path names the record that shows it.

    Attributes
    ----------
    company_id : str
        The company.
    day : date
        As of the end of this day.
    companies : pandas.DataFrame
        One row per company met: ``company_id``, ``name``, ``status``, ``incorporated_on``,
        ``dissolved_on``, ``country``, ``area_id``, ``sector_id``, ``is_listed``, ``source_id``.
    chains : pandas.DataFrame
        One row per chain of owners and step, from the owner down; see `ownership.paths`. With
        ``valid_to``.
    owners : pandas.DataFrame
        One row per direct or indirect owner: ``owner_id``, ``owner_kind``, ``low`` and ``high``
        (integrated share), ``steps``, ``by_share`` and ``by_control`` (certain, possible, no).
    owned_chains, owned : pandas.DataFrame
        The same downwards: the shortest chain to each company, and its integrated share.
    officers : pandas.DataFrame
        One row per role in the company and, from ``step`` 2, per other company of the same
        officer; a path is the rows of one ``path``.
    neighbours : pandas.DataFrame
        The same for the address and the other companies there.
    contracts : pandas.DataFrame
        One row per contract won, alone or in a consortium (``consortium_id``).
    buyers : pandas.DataFrame
        One row per buyer and currency: ``contracts``, ``value`` (``without_value`` are not in it),
        ``first_on``, ``last_on``.
    entries : pandas.DataFrame
        One row per entry on a list of the company or of one reached; ``path`` is 0 for the
        company itself. Annulled entries are there and are said to be.
    paths : pandas.DataFrame
        One row per path to a listed company and step; nearest first.
    notes : tuple of str
        What is unknown, cut or left out.
    """

    company_id: str
    day: date
    companies: pd.DataFrame
    chains: pd.DataFrame
    owners: pd.DataFrame
    owned_chains: pd.DataFrame
    owned: pd.DataFrame
    officers: pd.DataFrame
    neighbours: pd.DataFrame
    contracts: pd.DataFrame
    buyers: pd.DataFrame
    entries: pd.DataFrame
    paths: pd.DataFrame
    notes: tuple[str, ...]


def trace_company(engine: Engine, company_id: str, day: date, scope: Scope) -> Trace:
    """Trace one company: owners, officers, address, what it owns, contracts and lists.

    Parameters
    ----------
    engine : Engine
        Has ``TABLES_READ``, as they were known on the day.
    company_id : str
        The company.
    day : date
        As of the end of this day.
    scope : Scope
        Limits, which ties count, and who is an owner.

    Raises
    ------
    NotEnoughData
        When no table has such a company, or it is a natural person.
    """
    check_subject(engine, company_id)
    above = trace_above(engine, company_id, day, scope)
    below = trace_below(engine, company_id, day, scope)
    reached = reach_out(engine, company_id, day, scope)
    officers, roles_noted = _follow(engine, company_id, day, scope, "is served by")
    neighbours, seats_noted = _follow(engine, company_id, day, scope, "has its seat at")
    contracts = _read_contracts(engine, company_id, day)
    entries, paths = _find_listed(engine, company_id, day, reached)
    met = _list_met(company_id, above.chains, below.chains, officers, neighbours, paths)
    return Trace(
        company_id=company_id,
        day=day,
        companies=_describe(engine, met, entries),
        chains=above.chains,
        owners=above.owners,
        owned_chains=below.chains,
        owned=below.owned,
        officers=officers,
        neighbours=neighbours,
        contracts=contracts,
        buyers=_sum_buyers(contracts),
        entries=entries,
        paths=paths,
        notes=(
            *above.notes,
            *below.notes,
            *roles_noted,
            *seats_noted,
            *_say_reach(reached, scope),
        ),
    )


def check_subject(engine: Engine, company_id: str) -> None:
    """Refuse what cannot be traced: natural persons, and ids that no table has."""
    if is_pseudonym(company_id):
        raise NotEnoughData(
            "This is the pseudonym of a natural person. Only companies are traced; a person is "
            "shown where a company's records name one."
        )
    found = engine.query(
        "SELECT kind FROM companies WHERE company_id = $id "
        "UNION ALL SELECT owner_kind FROM ownership WHERE owner_id = $id "
        "UNION ALL SELECT 'company' FROM ownership WHERE company_id = $id LIMIT 1",
        {"id": company_id},
    ).to_pylist()
    if not found:
        raise NotEnoughData(f"No company {company_id} is on record.")
    if found[0]["kind"] == "natural_person":
        raise NotEnoughData("This is a natural person. Only companies are traced.")


def _follow(
    engine: Engine, company_id: str, day: date, scope: Scope, relation: str
) -> tuple[pd.DataFrame, list[str]]:
    """Return paths of one record to each holder or address, and of two to its other companies."""
    first = find_ties(engine, [company_id], day, scope)
    first = first[first["relation"] == relation].sort_values(
        ["to_id", "valid_from", "record_id"], ignore_index=True
    )
    others = find_ties(engine, list(first["to_id"]), day, scope)
    back = {"is served by": "serves", "has its seat at": "is the seat of"}[relation]
    what = "An officer serves or owns"
    if relation == "has its seat at":
        what = "The address is the seat of"
    notes = [
        f"{what} {companies:,} companies, more than a tie can have: the others are not shown and "
        "nothing is reached through it."
        for companies in others[others["is_common"]].groupby("from_id")["to_id"].nunique()
    ]
    is_other = (others["relation"] == back) & (others["to_id"] != company_id)
    return _number_paths(first, others[is_other & ~others["is_common"]]), notes


def _number_paths(first: pd.DataFrame, others: pd.DataFrame) -> pd.DataFrame:
    """Return one path per holder, and one per other company of it, in the order of their ids."""
    holders = first[["to_id"]].drop_duplicates().rename(columns={"to_id": "holder"})
    further = others[["from_id", "to_id"]].drop_duplicates()
    further = further.rename(columns={"from_id": "holder", "to_id": "other"})
    heads = pd.concat([holders.assign(other=""), further], ignore_index=True)
    heads = heads.sort_values(["holder", "other"], ignore_index=True)
    heads["path"] = heads.index + 1
    last = first.drop_duplicates("to_id", keep="last")
    is_own = heads["other"] == ""
    parts = [
        heads[is_own].merge(first.assign(step=1), left_on="holder", right_on="to_id"),
        heads[~is_own].merge(last.assign(step=1), left_on="holder", right_on="to_id"),
        heads[~is_own].merge(
            others.assign(step=2), left_on=["holder", "other"], right_on=["from_id", "to_id"]
        ),
    ]
    order = ["path", "step", "valid_from", "record_id"]
    found = pd.concat(parts, ignore_index=True).sort_values(order, ignore_index=True)
    return found[["path", *STEP_COLUMNS]]


def _read_contracts(engine: Engine, company_id: str, day: date) -> pd.DataFrame:
    return engine.frame(
        """
        WITH sellers AS (
          SELECT $id AS supplier_id, CAST(NULL AS VARCHAR) AS consortium_id
          UNION ALL
          SELECT consortium_id, consortium_id FROM consortia WHERE company_id = $id
        )
        SELECT contracts.contract_id, contracts.lot_id, contracts.supplier_id,
               sellers.consortium_id, contracts.buyer_id, contracts.signed_on,
               CAST(contracts.value AS DOUBLE) AS value, contracts.currency,
               'contracts:' || contracts.contract_id || '/' || contracts.lot_id || '/'
                 || contracts.supplier_id AS record_id,
               contracts.source_id
        FROM contracts INNER JOIN sellers ON contracts.supplier_id = sellers.supplier_id
        WHERE contracts.signed_on IS NULL OR contracts.signed_on <= $day
        ORDER BY contracts.signed_on, record_id
        """,
        {"id": company_id, "day": day},
    )


def _sum_buyers(contracts: pd.DataFrame) -> pd.DataFrame:
    grouped = contracts.assign(currency=contracts["currency"].fillna("not stated")).groupby(
        ["buyer_id", "currency"], dropna=False
    )
    sums = grouped.agg(
        contracts=("contract_id", "size"),
        value=("value", "sum"),
        without_value=("value", lambda values: int(values.isna().sum())),
        first_on=("signed_on", "min"),
        last_on=("signed_on", "max"),
    ).reset_index()
    return sums.sort_values(["value", "buyer_id"], ascending=[False, True], ignore_index=True)


def _find_listed(
    engine: Engine, company_id: str, day: date, reached: Reached
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return entries of the company and of those reached, and the shortest path to each."""
    near = reached.came_by[reached.came_by["to_kind"] != "natural_person"][["to_id", "step"]]
    near = pd.concat([pd.DataFrame({"to_id": [company_id], "step": [0]}), near])
    engine.register("units_reached", near.astype({"to_id": str, "step": int}))
    entries = engine.frame(
        """
        SELECT entries.company_id, reached.step AS steps, entries.list_id, entries.entry_id,
               entries.listed_on, entries.removed_on, entries.outcome, entries.reason,
               entries.match_probability,
               'list_entries:' || entries.list_id || '/' || entries.entry_id || '/'
                 || entries.company_id AS record_id,
               entries.source_id
        FROM list_entries AS entries
        INNER JOIN units_reached AS reached ON reached.to_id = entries.company_id
        WHERE entries.listed_on IS NULL OR entries.listed_on <= $day
        ORDER BY steps, company_id, listed_on, record_id
        """,
        {"day": day},
    )
    others = [other for other in dict.fromkeys(entries["company_id"]) if other != company_id]
    numbers = {company_id: 0} | {other: n for n, other in enumerate(others, start=1)}
    entries.insert(0, "path", entries["company_id"].map(numbers).astype(int))
    parts = [reached.path(other).assign(path=numbers[other]) for other in others]
    columns = ["path", *STEP_COLUMNS]
    paths = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
    return entries, paths[columns]


def _list_met(company_id: str, *frames: pd.DataFrame) -> list[str]:
    met = {company_id}
    for frame in frames:
        if "owner_id" in frame:
            met |= set(frame.loc[frame["owner_kind"] != "natural_person", "owner_id"])
            met |= set(frame["company_id"])
        else:
            for end in ("from", "to"):
                met |= set(frame.loc[frame[f"{end}_kind"] == "company", f"{end}_id"])
    return sorted(unit for unit in met if not is_pseudonym(unit))


def _describe(engine: Engine, met: list[str], entries: pd.DataFrame) -> pd.DataFrame:
    engine.register("units_asked_for", pd.DataFrame({"unit_id": pd.Series(met, dtype=str)}))
    found = engine.frame(
        """
        SELECT asked.unit_id AS company_id, name, status, incorporated_on, dissolved_on, country,
               area_id, sector_id, source_id
        FROM units_asked_for AS asked
        LEFT JOIN companies ON companies.company_id = asked.unit_id
        ORDER BY asked.unit_id
        """
    )
    standing = entries[entries["outcome"].fillna("active") != "annulled"]
    found.insert(8, "is_listed", found["company_id"].isin(standing["company_id"]))
    return found


def _say_reach(reached: Reached, scope: Scope) -> list[str]:
    notes = []
    if reached.too_common:
        notes.append(
            f"{len(reached.too_common):,} addresses, officers or owners on the way have more "
            "companies than a tie can have; paths do not lead through them."
        )
    if reached.was_cut:
        notes.append(
            f"More than {scope.tracing.most_units:,} companies and persons are linked: listed "
            "companies farther away were not looked for."
        )
    return notes
