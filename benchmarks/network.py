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

from benchmarks.kept import KeptRuns
from benchmarks.part import Options, Part, Section, peak, ratio, seconds
from benchmarks.peer import NETWORKX, find_peer
from benchmarks.programs import keep_program, run_program
from benchmarks.registers import write_ties

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
            write_ties(companies, Path(name))
            keep_program(kept, key, 0, sys.executable, _OURS, name, "all")


def run_beside_networkx(companies: int, turns: int, kept: KeptRuns, python: str) -> None:
    """Measure steps and walks of so many companies, in turns with a Python that has networkx."""
    keys = [network_key(companies, tool) for tool in ("ours", "networkx")]
    missing = kept.missing(keys, turns)
    if not missing:
        return
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        write_ties(companies, Path(name))
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
