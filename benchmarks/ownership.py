"""Owners of every company of a generated register, beside networkx and scipy on smaller ones.

Ours reads the stakes of a day from Parquet, finds the circles, the integrated shares of every
owner in every company, the ultimate owners at 25 % or by a majority of votes, and the structure
above each company. networkx and scipy get the stakes as arrays and work out integrated shares of
owners whom nobody owns; number and sum of these are checked to be equal in every turn.
"""

from __future__ import annotations

import math
import sys
import tempfile
from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path

from benchmarks.kept import KeptRuns
from benchmarks.part import Options, Part, Section, peak, ratio, seconds
from benchmarks.peer import NETWORKX, find_peer
from benchmarks.programs import keep_program, run_program
from benchmarks.registers import write_stakes

LEAST = 1e-6
"""Shares below this are not compared: tools cut chains at different places."""
_AGREEMENT = 1e-8
_OURS = """
import json, resource, sys, time
from datetime import date
from pathlib import Path
import numpy as np
from infiltrate.ownership.levels import order_levels
from infiltrate.ownership.shares import integrate_shares
from infiltrate.ownership.stakes import read_stakes
from infiltrate.ownership.structure import measure_structures
from infiltrate.ownership.ultimate import rank_ultimate_owners
from infiltrate.tables.engine import DuckDBEngine
folder, parts, least = Path(sys.argv[1]), sys.argv[2], float(sys.argv[3])
start, before, seconds, facts = time.perf_counter(), time.process_time(), {}, {}

def lap(name):
    seconds[name] = round(time.perf_counter() - start - sum(seconds.values()), 2)

with DuckDBEngine(2.5, 2, folder) as engine:
    engine.register("ownership", folder / "ownership.parquet")
    stakes = read_stakes(engine, date(2020, 6, 30))
lap("read")
if parts == "all":
    levels = order_levels(stakes.owner, stakes.company, len(stakes.units))
    facts |= {"units": len(stakes.units), "stakes": len(stakes.owner)}
    facts |= {"circles": int(len(np.unique(levels.circle[levels.size > 1])))}
    facts |= {"largest": int(levels.size.max()), "levels": int(levels.level.max())}
    del levels
    lap("circles")
    shares = integrate_shares(stakes)
    facts |= {"pairs": len(shares.owner)}
    del shares
    lap("integrated shares")
    ultimate = rank_ultimate_owners(stakes, stakes)
    facts |= {"ultimate owners": len(ultimate.owner)}
    del ultimate
    lap("ultimate owners")
    facts |= {"structures": len(measure_structures(stakes))}
    lap("structures")
else:
    shares = integrate_shares(stakes, ends_only=True)
    kept = (shares.owner >= 0) & (shares.low >= least)
    facts |= {"pairs": int(kept.sum()), "sum": float(shares.low[kept].sum())}
    lap("integrated shares")
total, processor = time.perf_counter() - start, time.process_time() - before
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
print(json.dumps({"run": [total, processor, memory], "seconds": seconds, "facts": facts}))
"""
_NETWORKX = """
import json, resource, sys, time
from pathlib import Path
import networkx as nx
import numpy as np
folder, least = Path(sys.argv[1]), float(sys.argv[3])
given = np.load(folder / "stakes.npz")
owner, company, low = (given[name].tolist() for name in ("owner", "company", "low"))
start, before = time.perf_counter(), time.process_time()
graph = nx.DiGraph()
graph.add_weighted_edges_from(zip(owner, company, low))
condensed = nx.condensation(graph)
shares, pairs, total = {}, 0, 0.0
for circle in nx.topological_sort(condensed):
    members = sorted(condensed.nodes[circle]["members"])
    outside = {}
    for member in members:
        column = outside[member] = {}
        for above, _, data in graph.in_edges(member, data=True):
            if above not in condensed.nodes[circle]["members"]:
                for end, share in shares[above].items():
                    column[end] = column.get(end, 0.0) + share * data["weight"]
    if len(members) > 1:
        block = nx.to_numpy_array(graph, nodelist=members)
        inverse = np.linalg.inv(np.eye(len(members)) - block)
        mixed = {member: {} for member in members}
        for i, member in enumerate(members):
            for end, share in outside[member].items():
                for j, other in enumerate(members):
                    mixed[other][end] = mixed[other].get(end, 0.0) + share * inverse[i, j]
        outside = mixed
    for member in members:
        if graph.in_degree(member) == 0:
            outside[member][member] = 1.0
        shares[member] = outside[member]
ends = {node for node, degree in graph.in_degree() if degree == 0}
"""
_SCIPY = """
import json, resource, sys, time
from pathlib import Path
import numpy as np
from scipy import sparse
from scipy.sparse import linalg
folder, least = Path(sys.argv[1]), float(sys.argv[3])
given = np.load(folder / "stakes.npz")
owner, company, low, n = (given[name] for name in ("owner", "company", "low", "n"))
start, before = time.perf_counter(), time.process_time()
direct = sparse.csc_array((low, (owner, company)), shape=(n, n))
solve = linalg.splu(sparse.eye_array(n, format="csc") - direct)
is_end = np.bincount(company, minlength=n) == 0
is_end &= given["is_end"]
pairs, total = 0, 0.0
owned = np.unique(company)
for first in range(0, len(owned), 256):
    some = owned[first : first + 256]
    units = np.zeros((n, len(some)))
    units[some, np.arange(len(some))] = 1
    found = solve.solve(units)[is_end]
    found = found[found >= least]
    pairs += len(found)
    total += float(found.sum())
"""
_ENDS = """
for node in graph:
    if node not in ends:
        for end, share in shares[node].items():
            if share >= least and given["is_end"][end]:
                pairs += 1
                total += share
"""
_TOLD = """
spent, processor = time.perf_counter() - start, time.process_time() - before
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
print(json.dumps({"run": [spent, processor, memory], "facts": {"pairs": pairs, "sum": total}}))
"""
_PEERS = {"networkx": _NETWORKX + _ENDS + _TOLD, "scipy": _SCIPY + _TOLD}


def run_ownership(companies: int, kept: KeptRuns) -> None:
    """Work out owners of so many companies."""
    key = ownership_key(companies, "all")
    if not kept.of(key):
        with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
            write_stakes(companies, Path(name))
            keep_program(kept, key, 0, sys.executable, _OURS, name, "all", LEAST)


def run_beside(tool: str, companies: int, turns: int, kept: KeptRuns, python: str) -> None:
    """Work out integrated shares of so many companies in turns with another tool.

    Parameters
    ----------
    tool : str
        ``networkx`` or ``scipy``.
    companies : int
        Size of the register.
    turns : int
        Turns of both.
    kept : KeptRuns
        Where runs are kept.
    python : str
        A Python that has the tool.
    """
    keys = [ownership_key(companies, what) for what in (f"beside {tool}", tool)]
    missing = kept.missing(keys, turns)
    if not missing:
        return
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        write_stakes(companies, Path(name))
        for turn in missing:
            told = [
                run_program(sys.executable, _OURS, name, "ends", LEAST),
                run_program(python, _PEERS[tool], name, "ends", LEAST),
            ]
            check_shares(tool, *(facts["facts"] for _, facts in told))
            for key, (run, facts) in zip(keys, told, strict=True):
                kept.add(key, turn, run, facts)


def ownership_key(companies: int, what: str) -> str:
    """Return the key of kept runs."""
    return f"ownership {companies} {what}"


def check_shares(tool: str, ours: dict[str, float], theirs: dict[str, float]) -> None:
    """Stop where the number or the sum of shares differs."""
    same = ours["pairs"] == theirs["pairs"]
    if not same or not math.isclose(ours["sum"], theirs["sum"], rel_tol=_AGREEMENT):
        raise AssertionError(f"{tool}: ours {ours}, theirs {theirs}")


def render_ownership(
    companies: list[int], beside: Mapping[str, int], kept: KeptRuns
) -> list[Section]:
    """Return a section for each large register; smaller ones beside other tools in the last."""
    large = [number for number in companies if kept.of(ownership_key(number, "all"))]
    sections = [_section(number, kept) for number in large]
    keys = [
        ownership_key(size, what)
        for tool, size in beside.items()
        for what in (tool, f"beside {tool}")
    ]
    table = _render_beside(beside, kept)
    if not table:
        return sections
    if not sections:
        return [Section("Owners of companies beside other tools", table, keys)]
    last = sections.pop()
    return [*sections, Section(last.heading, [*last.lines, "", *table], [*last.keys, *keys])]


def _section(companies: int, kept: KeptRuns) -> Section:
    key = ownership_key(companies, "all")
    run, told = kept.of(key)[0], kept.facts(key)
    facts, spent = told["facts"], told["seconds"]
    text = (
        f"{facts['stakes']:,} stakes, {facts['circles']:,} circles (the largest of "
        f"{facts['largest']:,} companies), chains of up to {facts['levels']} levels: every "
        f"one of {facts['pairs']:,} integrated shares, {facts['ultimate owners']:,} ultimate "
        f"owners by share or control, circles and structures in {run.seconds:.0f} s, "
        f"{run.processor:.0f} s of processor, {run.memory_gib:.1f} GiB at most (goal: 600 s, "
        f"8 GiB). {', '.join(f'{name} {one:.0f} s' for name, one in spent.items())}."
    )
    return Section(f"Owners of {companies:,} companies", [text], [key])


def _render_beside(beside: Mapping[str, int], kept: KeptRuns) -> list[str]:
    rows = [
        f"| {tool} | {size:,} | {len(theirs)} | {seconds(ours)} | {seconds(theirs)} "
        f"| {ratio(ours, theirs)} | {peak(ours)} | {peak(theirs)} |"
        for tool, size in beside.items()
        if (theirs := kept.of(ownership_key(size, tool)))
        and (ours := kept.of(ownership_key(size, f"beside {tool}")))
    ]
    if not rows:
        return []
    return [
        "Integrated shares of owners whom nobody owns, in all companies; number and sum are "
        "checked to be equal. Ours also reads the stakes from Parquet and carries ranges "
        "(two ends for each share); networkx carries shares down its condensed graph in "
        "Python, scipy factorises I - A and solves for 256 companies at a time.",
        "",
        "| beside | companies | runs | ours, s | theirs, s | ratio of processor time | ours "
        "| theirs |",
        "|---|---:|---:|---|---|---|---:|---:|",
        *rows,
    ]


def _add_options(group: Options) -> None:
    group.add_argument("--companies", type=int, nargs="+", default=[5_000_000], help="with owners")
    group.add_argument("--networkx-companies", type=int, default=20_000)
    group.add_argument("--scipy-companies", type=int, default=10_000)
    group.add_argument("--ownership-runs", type=int, default=3, help="turns with either [3]")


def _run(chosen: Namespace, kept: KeptRuns) -> None:
    for companies in chosen.companies:
        run_ownership(companies, kept)
    networkx = find_peer(NETWORKX, chosen.keep, chosen.networkx)
    if networkx:
        run_beside("networkx", chosen.networkx_companies, chosen.ownership_runs, kept, networkx)
    run_beside("scipy", chosen.scipy_companies, chosen.ownership_runs, kept, sys.executable)


def _render(chosen: Namespace, kept: KeptRuns) -> list[Section]:
    beside = {"networkx": chosen.networkx_companies, "scipy": chosen.scipy_companies}
    return render_ownership(chosen.companies, beside, kept)


PART = Part("ownership", _add_options, _run, _render)
