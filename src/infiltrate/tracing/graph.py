"""A trace as a graph in layers: holders stand above what they hold, buyers below."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

import pandas as pd

from infiltrate.tables.engine import Engine
from infiltrate.tracing.naming import Naming, name_trace
from infiltrate.tracing.scope import Scope
from infiltrate.tracing.trace import Trace, trace_company

NODE_COLUMNS = ["unit_id", "label", "kind", "layer", "is_subject", "is_listed"]
EDGE_COLUMNS = ["upper_id", "lower_id", "relation", "label", "record_id"]

_UPWARDS = {"is owned by": "owns", "is served by": "serves", "has its seat at": "seat"}
_DOWNWARDS = {"owns": "owns", "serves": "serves", "is the seat of": "seat"}
_MOST_CHAINS = 6
_MOST_LISTED = 4
_MOST_OFFICERS = 3
_MOST_OWNED = 4
_MOST_BUYERS = 3
_NOT_RECORDED = "owner not on record"
_CUT = "more owners"


@dataclass(frozen=True, eq=False)
class TraceGraph:
    """What can be drawn of a trace.

    Attributes
    ----------
    nodes : pandas.DataFrame
        One row per unit: ``unit_id``, ``label`` (the name where it is open), ``kind`` (company,
        natural_person, trust, state, unknown, address, buyer), ``layer`` (0 the company, upwards
        its holders), ``is_subject``, ``is_listed``.
    edges : pandas.DataFrame
        One row per tie: ``upper_id`` holds, serves, seats or pays ``lower_id``; ``relation``
        (owns, serves, seat, buys), ``label`` and ``record_id``.
    left_out : tuple of str
        What there is more of than drawn.
    """

    nodes: pd.DataFrame
    edges: pd.DataFrame
    left_out: tuple[str, ...]


def draw_up(trace: Trace, *, for_publication: bool = False) -> TraceGraph:
    """Choose what of a trace is drawn, nearest first, and put it into layers.

    For publication contracts, years and all of a record's id but its table are left out: with them
    a company could be found in public registers although it bears a tag.
    """
    graph = _Graph(trace)
    shown = trace.chains[trace.chains["chain"] <= _MOST_CHAINS]
    for _, chain in shown.groupby("chain"):
        graph.add_chain(chain)
    if trace.chains.empty:
        graph.add_unrecorded(trace.company_id)
    for number in _first(trace.paths["path"], _MOST_LISTED):
        graph.add_steps(trace.paths[trace.paths["path"] == number])
    own = trace.officers[trace.officers["step"] == 1].drop_duplicates("to_id", keep="last")
    graph.add_steps(own.sort_values("valid_from", ascending=False).head(_MOST_OFFICERS))
    for number in _first(trace.owned_chains["chain"], _MOST_OWNED):
        graph.add_owned(trace.owned_chains[trace.owned_chains["chain"] == number])
    buyers = trace.buyers.head(0 if for_publication else _MOST_BUYERS)
    for row in buyers.itertuples():
        graph.add_buyer(row)
    counts = (
        (trace.chains["chain"].nunique() - _MOST_CHAINS, "chains of owners"),
        (trace.paths["path"].nunique() - _MOST_LISTED, "paths to listed companies"),
        (own["to_id"].nunique() - _MOST_OFFICERS, "officers"),
        (trace.owned_chains["chain"].nunique() - _MOST_OWNED, "companies owned"),
        (0 if for_publication else len(trace.buyers) - len(buyers), "buyers"),
    )
    edges = graph.edges()
    if for_publication:
        edges["record_id"] = edges["record_id"].str.partition(":")[0]
        edges["label"] = edges["label"].str.replace(r"until \d+", "ended", regex=True)
    return TraceGraph(
        graph.nodes(),
        edges,
        tuple(f"{more:,} more {what}" for more, what in counts if more > 0),
    )


def draw_example(
    engine: Engine, company_id: str | None, day: date, scope: Scope, naming: Naming
) -> TraceGraph:
    """Trace one company and draw it up for publication; an empty graph when there is none."""
    if company_id is None:
        return TraceGraph(
            pd.DataFrame(columns=NODE_COLUMNS), pd.DataFrame(columns=EDGE_COLUMNS), ()
        )
    trace = name_trace(trace_company(engine, company_id, day, scope), naming)
    return draw_up(trace, for_publication=True)


@dataclass
class _Graph:
    trace: Trace
    layers: dict[str, int] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    ties: dict[tuple[str, str, str], tuple[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._place(self.trace.company_id, "company", 0)

    def add_chain(self, chain: pd.DataFrame) -> None:
        """Add a chain of owners from the company up."""
        for row in chain.iloc[::-1].itertuples():
            self._place(row.owner_id, row.owner_kind, self.layers[row.company_id] + 1)
            self._tie(row.owner_id, row.company_id, "owns", _share(row), row.record_id)
        top, ending = chain["owner_id"].iloc[0], chain["ends_in"].iloc[0]
        if ending == "unknown":
            self.add_unrecorded(top)
        elif ending == "cut":
            name = f"{_CUT}: {top}"
            self._place(name, "unknown", self.layers[top] + 1)
            self._tie(name, top, "owns", "cut", "")

    def add_unrecorded(self, company_id: str) -> None:
        """Show that nobody knows who owns a company."""
        name = f"{_NOT_RECORDED}: {company_id}"
        self._place(name, "unknown", self.layers[company_id] + 1)
        self._tie(name, company_id, "owns", "", "")

    def add_steps(self, steps: pd.DataFrame) -> None:
        """Add the steps of a path; each begins at a unit that is there already."""
        for row in steps.itertuples():
            here = self.layers[row.from_id]
            if row.relation in _UPWARDS:
                self._place(row.to_id, row.to_kind, here + 1)
                ends, relation = (row.to_id, row.from_id), _UPWARDS[row.relation]
            else:
                self._place(row.to_id, row.to_kind, here - 1)
                ends, relation = (row.from_id, row.to_id), _DOWNWARDS[row.relation]
            self._tie(*ends, relation, _role(row, relation), row.record_id)

    def add_owned(self, chain: pd.DataFrame) -> None:
        """Add a chain of what the company owns, from it down."""
        for row in chain.itertuples():
            self._place(row.company_id, "company", self.layers[row.owner_id] - 1)
            self._tie(row.owner_id, row.company_id, "owns", _share(row), row.record_id)

    def add_buyer(self, row: object) -> None:
        """Add a buyer below the company, with what its contracts are worth."""
        buyer, number = str(row.buyer_id), int(row.contracts)  # type: ignore[attr-defined]
        self._place(buyer, "buyer", -1)
        worth = f"{row.value:,.0f} {row.currency}"  # type: ignore[attr-defined]
        label = f"{number} contract{'s' * (number != 1)}, {worth}"
        self._tie(self.trace.company_id, buyer, "buys", label, "")

    def nodes(self) -> pd.DataFrame:
        """Return the units."""
        standing = self.trace.entries[self.trace.entries["outcome"].fillna("") != "annulled"]
        listed = set(standing["company_id"])
        named = self.trace.companies.dropna(subset=["name"])
        names = dict(zip(named["company_id"], named["name"], strict=True))
        rows = [
            (
                unit,
                names.get(unit, _short(unit)),
                self.kinds[unit],
                layer,
                unit == self.trace.company_id,
                unit in listed,
            )
            for unit, layer in self.layers.items()
        ]
        return pd.DataFrame(rows, columns=NODE_COLUMNS)

    def edges(self) -> pd.DataFrame:
        """Return the ties."""
        rows = [(*ends, *about) for ends, about in self.ties.items()]
        return pd.DataFrame(rows, columns=EDGE_COLUMNS)

    def _place(self, unit: str, kind: str, layer: int) -> None:
        self.layers.setdefault(unit, layer)
        self.kinds.setdefault(unit, kind)

    def _tie(self, upper: str, lower: str, relation: str, label: str, record: str) -> None:
        share = self.ties.get((upper, lower, relation), ("", ""))
        self.ties[upper, lower, relation] = (share[0] or label, share[1] or record)


def _short(unit: str) -> str:
    if unit.startswith("address:"):
        return unit.removeprefix("address:").capitalize()
    return unit.partition(": ")[0] if unit.startswith((_NOT_RECORDED, _CUT)) else unit


def _first(numbers: pd.Series, most: int) -> Iterator[int]:
    return iter(sorted(numbers.unique())[:most])


def _share(row: object) -> str:
    low, high = 100 * row.low, 100 * row.high  # type: ignore[attr-defined]
    if high - low < 0.05:
        return f"{low:.3g}%"
    return f"{low:.3g}–{high:.3g}%"


def _role(row: object, relation: str) -> str:
    if relation != "serves":
        return ""
    record = str(row.record_id)  # type: ignore[attr-defined]
    role = record.split("/")[-2].replace("_", " ")
    ended = pd.notna(row.valid_to)  # type: ignore[attr-defined]
    return f"{role}, until {row.valid_to:%Y}" if ended else role  # type: ignore[attr-defined]
