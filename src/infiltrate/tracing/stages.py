"""From listed firms to the contracts they reach: each contract once, at its nearest stage."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import igraph
import numpy as np
import pandas as pd

from infiltrate.ownership.control import find_control
from infiltrate.ownership.stakes import Stakes, read_stakes
from infiltrate.params.choices import DisclosureChoices
from infiltrate.params.network_choices import TieKind
from infiltrate.protection.dominance import is_dominated, measure_dominance
from infiltrate.tables.engine import Engine
from infiltrate.tracing.scope import Scope
from infiltrate.tracing.ties import ROLES, SEATS, STAKES, tie_settings

STAGES = {
    "listed": "The listed firm itself",
    "same_owner": "Same owner as a listed firm",
    "same_officer": "Same officer as a listed firm",
    "control": "Controls a listed firm, or is controlled by one",
    "same_address": "Same address as a listed firm",
}
"""Stages by code, nearest first."""

_RECORDS = {
    "listed": "one entry on a list",
    "same_owner": "two rows of ownership: the owner in each firm",
    "same_officer": "two rows of officers: the same person or company in each firm",
    "control": "the stakes from the one that controls down to the other",
    "same_address": "two rows of the register: the same normalised address in each",
}
_NEEDS = {
    "same_owner": ("ownership", "ownership"),
    "same_officer": ("officers", "officers"),
    "control": ("ownership", "ownership"),
    "same_address": ("companies", "addresses"),
}

_LISTED = """
SELECT company_id, listed_on, record_id
FROM (
  SELECT company_id, listed_on,
         'list_entries:' || list_id || '/' || entry_id || '/' || company_id AS record_id,
         row_number() OVER (
           PARTITION BY company_id ORDER BY listed_on, list_id, entry_id
         ) AS place
  FROM list_entries
  WHERE coalesce(outcome, 'active') <> 'annulled' AND listed_on <= $day
) AS entries
WHERE place = 1
ORDER BY company_id
"""
_SHARED = """
WITH ties AS ({ties}),
counted AS (
  SELECT holder, count(DISTINCT company_id) AS companies FROM ({everything}) AS held
  GROUP BY holder
),
kept AS (
  SELECT ties.company_id, ties.{holder} AS holder, min(ties.record_id) AS record_id
  FROM ties INNER JOIN counted
    ON counted.holder = ties.{holder} AND counted.companies BETWEEN 2 AND $most
  GROUP BY ties.company_id, ties.{holder}
)
SELECT other.company_id, listed.company_id AS listed_id, listed.record_id AS first_record,
       other.record_id AS second_record
FROM kept AS listed
INNER JOIN listed_firms ON listed_firms.company_id = listed.company_id
INNER JOIN kept AS other ON other.holder = listed.holder AND other.company_id <> listed.company_id
ORDER BY ALL
"""
_HELD = f"""
SELECT owner_id AS holder, company_id FROM ({STAKES}) AS stakes
UNION ALL
SELECT officer_id AS holder, company_id FROM ({ROLES}) AS roles
"""
_SEATED = f"SELECT address_id AS holder, company_id FROM ({SEATS}) AS seats"
_SHARING = {
    "owner": ("same_owner", STAKES, "owner_id", _HELD),
    "officer": ("same_officer", ROLES, "officer_id", _HELD),
    "address": ("same_address", SEATS, "address_id", _SEATED),
}
_SOLD = """
WITH sellers AS (
  SELECT contract_id, lot_id, supplier_id, supplier_id AS company_id,
         CAST(NULL AS VARCHAR) AS member_record
  FROM contracts
  UNION ALL
  SELECT contracts.contract_id, contracts.lot_id, contracts.supplier_id, consortia.company_id,
         'consortia:' || consortia.consortium_id || '/' || consortia.company_id
  FROM contracts INNER JOIN consortia ON consortia.consortium_id = contracts.supplier_id
)
SELECT sellers.*, contracts.buyer_id, contracts.signed_on,
       CAST(contracts.value AS DOUBLE) AS value, contracts.currency,
       'contracts:' || contracts.contract_id || '/' || contracts.lot_id || '/'
         || contracts.supplier_id AS record_id
FROM sellers INNER JOIN contracts USING (contract_id, lot_id, supplier_id)
INNER JOIN reached_firms USING (company_id)
WHERE contracts.signed_on IS NULL OR contracts.signed_on <= $day
"""


@dataclass(frozen=True, eq=False)
class ReachedContracts:
    """Contracts reached from listed firms.

    Attributes
    ----------
    contracts : pandas.DataFrame
        One row per contract, lot and supplier: ``contract_id``, ``lot_id``, ``supplier_id``,
        ``buyer_id``, ``signed_on``, ``value``, ``currency``, ``stage``, ``steps`` (records of the
        path between the listed firm and the winner), ``listed_id``, ``listed_on`` (first entry),
        ``is_after_entry`` (missing without a day) and ``path`` (record ids, from the entry on
        the list to the contract).
    value_at_stake : pandas.DataFrame
        One row per stage and currency: ``contracts``, ``suppliers``, ``value`` (of those that
        state one), ``without_value``, ``after_entry`` (contracts signed after the first entry),
        ``largest_share`` (of one supplier in the value) and ``hidden_share`` (of all but the two
        largest, as a share of the largest).
    gaps : tuple of str
        Stages that nobody can be reached by here, and why; ``is_computable`` is false for them.
    """

    contracts: pd.DataFrame
    value_at_stake: pd.DataFrame
    gaps: tuple[str, ...]


def reach_contracts(engine: Engine, day: date, scope: Scope) -> ReachedContracts:
    """Reach contracts from the firms that were on a list on a day.

    Parameters
    ----------
    engine : Engine
        Has ``companies``, ``ownership``, ``officers``, ``list_entries``, ``contracts`` and
        ``consortia``.
    day : date
        Entries, ties and contracts up to this day. An annulled entry is none.
    scope : Scope
        Which ties count, what is too common, and what is control.

    Notes
    -----
    A contract that several listed firms reach, or one reaches in several ways, counts once: at
    the first of `STAGES`, then by the fewest records. Members of a consortium stand for it.
    """
    listed = engine.frame(_LISTED, {"day": day})
    engine.register("listed_firms", listed)
    firms = [
        _list_itself(listed),
        *(_share(engine, kind, day, scope) for kind in scope.network.kinds),
        _control(engine, listed, day, scope),
    ]
    reached = pd.concat(firms, ignore_index=True)
    reached = reached.sort_values(["rank", "steps", "listed_id", "company_id"], kind="stable")
    reached = reached.drop_duplicates("company_id", ignore_index=True)
    contracts = _sell(engine, reached, listed, day)
    gaps = _find_gaps(engine, listed, scope)
    sums = _sum_stages(contracts)
    sums["is_computable"] = ~sums["stage"].isin(gaps) & bool(len(listed))
    return ReachedContracts(contracts, sums, tuple(gaps.values()))


def count_steps(
    contracts: pd.DataFrame, value_at_stake: pd.DataFrame, rules: DisclosureChoices
) -> pd.DataFrame:
    """Return contracts by the number of records between the listed firm and the winner.

    One row per number of ``steps``: ``contracts`` and ``suppliers``, rounded; missing where there
    are too few suppliers, or a stage is counted in that is closed elsewhere on the page.
    """
    found = contracts.groupby("steps").agg(
        contracts=("contract_id", "size"), suppliers=("supplier_id", "nunique")
    )
    closed_stages = value_at_stake.loc[_is_closed(value_at_stake, rules), "stage"]
    opened = contracts.loc[contracts["stage"].isin(closed_stages), "steps"]
    is_closed = (found["suppliers"] < rules.minimum_listed) | found.index.isin(opened)
    rounded = (found + rules.round_to // 2) // rules.round_to * rules.round_to
    return rounded.astype("Int64").mask(is_closed).reset_index()


def choose_example(contracts: pd.DataFrame) -> str | None:
    """Return a winner to draw: reached by the most records, of several by the greatest value."""
    others = contracts[contracts["stage"] != "listed"]
    others = others if len(others) else contracts
    others = others.sort_values(
        ["steps", "value", "supplier_id"], ascending=[False, False, True], kind="stable"
    )
    return next((str(winner) for winner in others["supplier_id"]), None)


def describe_stages() -> pd.DataFrame:
    """Return what each stage is and which records show it."""
    return pd.DataFrame(
        {
            "stage": list(STAGES.values()),
            "records": [_RECORDS[code] for code in STAGES],
        }
    )


def protect_stages(table: pd.DataFrame, rules: DisclosureChoices) -> pd.DataFrame:
    """Return values by stage as a page may show them.

    Rows of few suppliers, or of one that holds most of the value, lose value and counts; counts
    are rounded. No total is given, from which a closed row could be worked out. ``state`` is
    shown, closed or not_computable.
    """
    is_closed = _is_closed(table, rules)
    shown = table.assign(
        stage=[STAGES[code] for code in table["stage"]],
        value=table["value"].mask(is_closed | (table["contracts"] == 0)),
    )
    for name in ("contracts", "suppliers", "after_entry"):
        rounded = (shown[name] + rules.round_to // 2) // rules.round_to * rules.round_to
        shown[name] = rounded.astype("Int64").mask(is_closed | ~table["is_computable"])
    shown["state"] = np.select(
        [~table["is_computable"], is_closed], ["not_computable", "closed"], "shown"
    )
    return shown[["stage", "currency", "contracts", "suppliers", "value", "after_entry", "state"]]


def _is_closed(table: pd.DataFrame, rules: DisclosureChoices) -> pd.Series:
    is_small = table["suppliers"] < rules.minimum_listed
    dominated = is_dominated(table["largest_share"], table["hidden_share"], rules)
    return (is_small | dominated) & (table["contracts"] > 0)


def _list_itself(listed: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "company_id": listed["company_id"],
            "listed_id": listed["company_id"],
            "stage": "listed",
            "rank": 0,
            "steps": 0,
            "records": [[] for _ in range(len(listed))],
        }
    )


def _share(engine: Engine, kind: TieKind, day: date, scope: Scope) -> pd.DataFrame:
    stage, ties, holder, everything = _SHARING[kind]
    query = _SHARED.format(ties=ties, holder=holder, everything=everything)
    rules = scope.network
    most = rules.most_at_address if kind == "address" else rules.most_of_holder
    settings = tie_settings(day, scope) | {"most": most}
    used = {name: value for name, value in settings.items() if f"${name}" in query}
    found = engine.frame(query, used)
    return pd.DataFrame(
        {
            "company_id": found["company_id"],
            "listed_id": found["listed_id"],
            "stage": stage,
            "rank": list(STAGES).index(stage),
            "steps": 2,
            "records": found[["first_record", "second_record"]].to_numpy().tolist(),
        }
    )


def _control(engine: Engine, listed: pd.DataFrame, day: date, scope: Scope) -> pd.DataFrame:
    stakes = read_stakes(engine, day, "voting")
    pairs = find_control(stakes, scope.ownership.control)
    pairs = pairs[(pairs["certainty"] == "certain") & (pairs["controller_kind"] == "company")]
    names = set(listed["company_id"])
    graph = igraph.Graph(
        n=len(stakes.units),
        edges=np.column_stack([stakes.owner, stakes.company]).tolist(),
        directed=True,
    )
    rows = []
    for controller, company in zip(pairs["controller_id"], pairs["company_id"], strict=True):
        path = _path_of(stakes, graph, controller, company) if names & {controller, company} else []
        rows += [(company, controller, path)] * (controller in names)
        rows += [(controller, company, path)] * (company in names)
    return pd.DataFrame(
        {
            "company_id": [row[0] for row in rows],
            "listed_id": [row[1] for row in rows],
            "stage": "control",
            "rank": list(STAGES).index("control"),
            "steps": [len(row[2]) for row in rows],
            "records": [row[2] for row in rows],
        }
    )


def _path_of(stakes: Stakes, graph: igraph.Graph, controller: str, company: str) -> list[str]:
    """Return the records of the fewest stakes from a controller down to a company."""
    start, end = (int(stakes.positions(np.array([unit]))[0]) for unit in (controller, company))
    path = graph.get_shortest_path(start, end, output="epath")
    return [str(record) for record in stakes.records["record_id"].iloc[path]]


def _sell(engine: Engine, reached: pd.DataFrame, listed: pd.DataFrame, day: date) -> pd.DataFrame:
    engine.register("reached_firms", reached[["company_id"]].astype(str))
    sold = engine.frame(_SOLD, {"day": day}).merge(reached, on="company_id")
    sold["steps"] = sold["steps"] + sold["member_record"].notna()
    order = ["rank", "steps", "listed_id", "company_id"]
    key = ["contract_id", "lot_id", "supplier_id"]
    sold = sold.sort_values([*key, *order], kind="stable").drop_duplicates(key, ignore_index=True)
    entries = listed.rename(columns={"company_id": "listed_id", "record_id": "entry_record"})
    sold = sold.merge(entries, on="listed_id", how="left")
    member = sold["member_record"].map(lambda record: [record] if isinstance(record, str) else [])
    sold["path"] = [
        [first, *middle, *through, last]
        for first, middle, through, last in zip(
            sold["entry_record"], sold["records"], member, sold["record_id"], strict=True
        )
    ]
    after = (sold["signed_on"] > sold["listed_on"]).astype("boolean")
    sold["is_after_entry"] = after.mask(sold["signed_on"].isna() | sold["listed_on"].isna())
    columns = [*key, "buyer_id", "signed_on", "value", "currency", "stage", "steps", "listed_id"]
    return sold[[*columns, "listed_on", "is_after_entry", "path"]]


def _sum_stages(contracts: pd.DataFrame) -> pd.DataFrame:
    stated = contracts.assign(currency=contracts["currency"].fillna("not stated"))
    sums = stated.groupby(["stage", "currency"]).agg(
        contracts=("contract_id", "size"),
        suppliers=("supplier_id", "nunique"),
        value=("value", "sum"),
        without_value=("value", lambda values: int(values.isna().sum())),
        after_entry=("is_after_entry", lambda flags: int(flags.fillna(False).sum())),
    )
    cells = pd.Series(zip(stated["stage"], stated["currency"], strict=True), dtype=object)
    shares = measure_dominance(stated["value"], stated["supplier_id"], cells)
    sums = sums.join(shares.reindex(sums.index).fillna({"largest_share": 1.0, "hidden_share": 0.0}))
    currencies = sorted(stated["currency"].unique())
    every = pd.MultiIndex.from_product([list(STAGES), currencies], names=["stage", "currency"])
    filled = sums.reindex(every).fillna(0.0).reset_index()
    whole = ["contracts", "suppliers", "without_value", "after_entry"]
    return filled.astype(dict.fromkeys(whole, int))


def _find_gaps(engine: Engine, listed: pd.DataFrame, scope: Scope) -> dict[str, str]:
    """Return in words, by stage, what the study has no records for."""
    if listed.empty:
        return {
            "listed": "No firm stands on a list on this day, so nothing can be reached from one."
        }
    counts = engine.frame(
        "SELECT (SELECT count(*) FROM ownership) AS ownership, "
        "(SELECT count(*) FROM officers) AS officers, "
        "(SELECT count(address_key) FROM companies) AS companies"
    ).iloc[0]
    left_out = {
        stage: f"`choices.network.kinds` leaves it out: '{STAGES[stage]}' is not computable."
        for kind, (stage, *_) in _SHARING.items()
        if kind not in scope.network.kinds
    }
    return left_out | {
        stage: f"The study has no {what}: '{STAGES[stage]}' is not computable."
        for stage, (table, what) in _NEEDS.items()
        if not counts[table]
    }
