"""Ties of every company of a generated register, beside networkx on a smaller one.

Ours reads the ties of a day from Parquet, counts steps to the nearest listed company, walks from
listed companies, and listed companies within two steps. networkx gets the memberships as arrays,
and works out steps (breadth first, as Dijkstra's lengths) and personalised PageRank on the same
ties; steps, and the ranks of companies that are not listed, are checked to be equal in every turn.
"""

from __future__ import annotations

import sys
import tempfile
from argparse import Namespace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.kept import KeptRuns
from benchmarks.part import Options, Part, Section, peak, ratio, seconds
from benchmarks.peer import NETWORKX, find_peer
from benchmarks.programs import keep_program, run_program

_AGREEMENT = 1e-6
_OURS = """
import json, resource, sys, time
from datetime import date
from pathlib import Path
import numpy as np
from infiltrate.network.proximity import measure_proximity
from infiltrate.network.steps import count_steps
from infiltrate.network.ties import read_ties
from infiltrate.network.walks import visit_from
from infiltrate.tables.engine import DuckDBEngine
folder, parts = Path(sys.argv[1]), sys.argv[2]
start, before, seconds = time.perf_counter(), time.process_time(), {}

def lap(name):
    seconds[name] = round(time.perf_counter() - start - sum(seconds.values()), 2)

with DuckDBEngine(2.0, 2, folder) as engine:
    for name in ("companies", "officers", "ownership"):
        engine.register(name, folder / f"{name}.parquet")
    ties = read_ties(engine, date(2020, 6, 30))
lap("read")
listed = ties.positions(np.load(folder / "listed.npy", allow_pickle=True))
facts = {"companies": len(ties.companies), "memberships": len(ties.company),
         "hubs": len(ties.hubs), "listed": len(listed)}
if parts == "peer":
    begun = time.process_time()
    np.savez(folder / "ties.npz", company=ties.company, hub=ties.hub, listed=listed)
    before += time.process_time() - begun
steps = count_steps(ties, listed)
lap("steps")
walks = visit_from(ties, listed, 0.15, 1e-8)
lap("walks")
if parts == "all":
    ties.within_two
    lap("neighbourhoods")
    near = measure_proximity(ties, ties.companies[listed])
    lap("all measures of another fold")
total, processor = time.perf_counter() - start, time.process_time() - before
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
if parts == "peer":
    np.savez(folder / "ours.npz", steps=steps, walks=walks)
print(json.dumps({"run": [total, processor, memory], "seconds": seconds, "facts": facts}))
"""
_NETWORKX = """
import json, resource, sys, time
from pathlib import Path
import networkx as nx
import numpy as np
folder = Path(sys.argv[1])
given = np.load(folder / "ties.npz")
company, hub, listed = (given[name].tolist() for name in ("company", "hub", "listed"))
start, before = time.perf_counter(), time.process_time()
graph = nx.Graph()
graph.add_edges_from((one, ("hub", other)) for one, other in zip(company, hub))
tied = [one for one in listed if one in graph]
lengths = nx.multi_source_dijkstra_path_length(graph, set(tied))
walk = nx.DiGraph()
for one in set(company):
    hubs = list(graph[one])
    for place in hubs:
        members = list(graph[place])
        for other in members:
            weight = 1 / len(hubs) / len(members)
            if walk.has_edge(one, other):
                walk[one][other]["weight"] += weight
            else:
                walk.add_edge(one, other, weight=weight)
ranks = nx.pagerank(walk, alpha=0.85, personalization=dict.fromkeys(tied, 1.0), tol=1e-14,
                    max_iter=500)
total, processor = time.perf_counter() - start, time.process_time() - before
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
ours = np.load(folder / "ours.npz")
steps, walks = ours["steps"], ours["walks"]
others = [one for one in ranks if one not in set(tied)]
found = np.array([lengths.get(one, np.nan) / 2 for one in others])
assert np.array_equal(found, steps[others], equal_nan=True), "steps differ"
worst = np.abs(np.array([ranks[one] for one in others]) * len(tied) - walks[others]).max()
assert worst < float(sys.argv[2]), f"walks differ by {worst}"
print(json.dumps({"run": [total, processor, memory], "facts": {"compared": len(others)}}))
"""


def run_network(companies: int, kept: KeptRuns) -> None:
    """Measure the ties of so many companies, with about three memberships each."""
    key = network_key(companies, "all")
    if not kept.of(key):
        with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
            write_register(companies, Path(name))
            keep_program(kept, key, 0, sys.executable, _OURS, name, "all")


def run_beside_networkx(companies: int, turns: int, kept: KeptRuns, python: str) -> None:
    """Measure steps and walks of so many companies, in turns with a Python that has networkx."""
    keys = [network_key(companies, tool) for tool in ("ours", "networkx")]
    missing = kept.missing(keys, turns)
    if not missing:
        return
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        write_register(companies, Path(name))
        for turn in missing:
            told = [
                run_program(sys.executable, _OURS, name, "peer"),
                run_program(python, _NETWORKX, name, _AGREEMENT),
            ]
            for key, (run, facts) in zip(keys, told, strict=True):
                kept.add(key, turn, run, facts)


def network_key(companies: int, what: str) -> str:
    """Return the key of kept runs."""
    return f"network {companies} {what}"


def render_network(companies: int, peer_companies: int, kept: KeptRuns) -> list[Section]:
    """Return the section about ties; none where neither size was run."""
    keys = [network_key(companies, "all")]
    text = _render_all(keys[0], kept)
    table = _render_beside(peer_companies, kept)
    if table:
        keys += [network_key(peer_companies, tool) for tool in ("ours", "networkx")]
    lines = [*text, *([""] if text and table else []), *table]
    heading = f"Ties of {companies if text else peer_companies:,} companies"
    return [Section(heading, lines, keys)] if lines else []


def write_register(companies: int, folder: Path, seed: int = 5) -> None:
    """Write a register: officers, owners, addresses, and one company in two hundred listed.

    Officers and owners serve few companies and some of them many; a tenth of owners are
    companies; an agent's address has a hundredth of all companies.
    """
    draw = np.random.default_rng(seed)
    everyone = np.arange(companies)
    person = _holders(companies, int(1.2 * companies), draw)
    served = draw.integers(0, companies, len(person))
    owner = _holders(companies, int(0.8 * companies), draw)
    owned = draw.integers(0, companies, len(owner))
    is_company = draw.random(len(owner)) < 0.1
    owner = np.where(is_company, draw.integers(0, companies, len(owner)), companies + owner)
    address = draw.integers(0, int(0.6 * companies), companies)
    address = np.where(draw.random(companies) < 0.01, companies, address)
    since = pa.array([16_000] * companies, pa.int32()).cast(pa.date32())
    _write(
        folder / "companies.parquet",
        company_id=_name("XX-REG", everyone),
        kind=pa.array(["company"] * companies),
        address_key=_name("STREET", address),
        incorporated_on=since,
        dissolved_on=pa.nulls(companies, pa.date32()),
        observed_on=since,
    )
    for name, held, holder, columns in (
        ("officers", served, companies + person, {"role": "director"}),
        ("ownership", owned, owner, {"interest": "shares"}),
    ):
        _, first = np.unique(held * (4 * companies) + holder, return_index=True)
        more = {key: pa.array([value] * len(first)) for key, value in columns.items()}
        if name == "ownership":
            kinds = np.where(is_company[first], "company", "natural_person")
            more["owner_kind"] = pa.array(kinds)
        _write(
            folder / f"{name}.parquet",
            company_id=_name("XX-REG", held[first]),
            **{"officer_id" if name == "officers" else "owner_id": _name("XX-REG", holder[first])},
            valid_from=pa.array([16_000] * len(first), pa.int32()).cast(pa.date32()),
            valid_to=pa.nulls(len(first), pa.date32()),
            **more,
        )
    listed = np.sort(draw.choice(companies, companies // 200, replace=False))
    np.save(folder / "listed.npy", np.array([f"XX-REG:{n}" for n in listed], dtype=object))


def _holders(companies: int, count: int, draw: np.random.Generator) -> np.ndarray:
    """Draw holders: two thirds anybody, the others of a few busy ones."""
    anybody = draw.integers(0, companies, count)
    busy = (0.05 * companies * draw.random(count) ** 2).astype(np.int64)
    return np.where(draw.random(count) < 0.67, anybody, busy)


def _name(prefix: str, numbers: np.ndarray) -> pa.Array:
    return pc.binary_join_element_wise(prefix, pa.array(numbers).cast(pa.string()), ":")


def _write(path: Path, **columns: pa.Array) -> None:
    rows = len(next(iter(columns.values())))
    pq.write_table(pa.table({**columns, "source_id": pa.array(["generated"] * rows)}), path)


def _render_all(key: str, kept: KeptRuns) -> list[str]:
    if not kept.of(key):
        return []
    run, told = kept.of(key)[0], kept.facts(key)
    sizes, spent = told["facts"], told["seconds"]
    return [
        f"{sizes['memberships']:,} memberships of {sizes['hubs']:,} officers, owners and addresses "
        f"that tie companies, {sizes['listed']:,} companies listed: {run.seconds:.0f} s, "
        f"{run.processor:.0f} s of processor, {run.memory_gib:.2f} GiB at most. "
        f"{', '.join(f'{name} {one:.1f} s' for name, one in spent.items())}."
    ]


def _render_beside(companies: int, kept: KeptRuns) -> list[str]:
    ours = kept.of(network_key(companies, "ours"))
    theirs = kept.of(network_key(companies, "networkx"))
    if not ours or not theirs:
        return []
    return [
        f"Of {companies:,} companies, steps and walks beside networkx, which is given the "
        "memberships (ours reads the tables and numbers them too); steps are equal, and ranks to "
        f"{_AGREEMENT:g}, in every turn.",
        "",
        "| runs | ours, s | networkx, s | ratio of processor time | ours | networkx |",
        "|---:|---|---|---|---:|---:|",
        f"| {len(ours.keys() & theirs.keys())} | {seconds(ours)} | {seconds(theirs)} "
        f"| {ratio(ours, theirs)} | {peak(ours)} | {peak(theirs)} |",
    ]


def _add_options(group: Options) -> None:
    group.add_argument("--tied-companies", type=int, default=1_000_000)
    group.add_argument("--network-companies", type=int, default=50_000, help="beside networkx")
    group.add_argument("--network-runs", type=int, default=3, help="turns with networkx [3]")


def _run(chosen: Namespace, kept: KeptRuns) -> None:
    run_network(chosen.tied_companies, kept)
    python = find_peer(NETWORKX, chosen.keep, chosen.networkx)
    if python:
        run_beside_networkx(chosen.network_companies, chosen.network_runs, kept, python)


def _render(chosen: Namespace, kept: KeptRuns) -> list[Section]:
    return render_network(chosen.tied_companies, chosen.network_companies, kept)


PART = Part("network", _add_options, _run, _render)
