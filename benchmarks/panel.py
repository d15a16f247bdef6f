"""A regression with effects of two columns, ours beside linearmodels' AbsorbingLS.

Contracts of buyers with suppliers, whose effects are taken out; three regressors that go with the
effects, errors clustered by buyer. Ours is `fit_panel` with all that it checks; the other is
AbsorbingLS on columns that are numbers already, with the same correction of errors worked out after
it. Making the contracts is not counted.
"""

from __future__ import annotations

import sys
from argparse import Namespace

from benchmarks.kept import KeptRuns
from benchmarks.part import Options, Part, Section, peak, seconds, span
from benchmarks.programs import keep_program

GOAL_SECONDS = 120.0
GOAL_GIB = 8.0
TOOLS = ("ours", "AbsorbingLS")
_CONTRACTS = """
import json, resource, sys, time, warnings
import numpy as np
import pandas as pd
rows = int(sys.argv[1])
rng = np.random.default_rng(11)
BUYERS, SUPPLIERS = max(rows // 250, 40), max(rows // 25, 100)
buyer, supplier = rng.integers(0, BUYERS, rows), rng.integers(0, SUPPLIERS, rows)
by_buyer, by_supplier = rng.normal(size=BUYERS)[buyer], rng.normal(size=SUPPLIERS)[supplier]
values = rng.normal(size=(3, rows)) + 0.5 * by_buyer + 0.5 * by_supplier
outcome = 0.1 * values[0] - 0.2 * values[1] + 0.05 * values[2] + by_buyer + by_supplier
outcome += rng.normal(size=rows) + 0.3 * rng.normal(size=BUYERS)[buyer] * values[0]
NAMES = ("single_bid", "log_value", "days_open")

def tell(estimates, errors):
    total, processor = time.perf_counter() - start, time.process_time() - before
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(json.dumps({"run": [total, processor, memory], "facts": {
        "estimates": list(estimates), "errors": list(errors), "buyers": BUYERS,
        "suppliers": SUPPLIERS}}))
"""
_OURS = (
    _CONTRACTS
    + """
import scipy.stats
from pyfixest import MapDemeaner, feols, fepois, ssc
from pyfixest.estimation import demean, detect_singletons
from infiltrate.impact.panel import fit_panel
from infiltrate.impact.panel_model import PanelModel
panel = pd.DataFrame({"contract_id": np.arange(rows), "year": 2020, "price": outcome,
    "buyer_id": buyer, "supplier_id": supplier} | dict(zip(NAMES, values)))
del values, outcome, by_buyer, by_supplier
model = PanelModel("price", NAMES, "absorbed effects", unit="contract_id",
    effects=("buyer_id", "supplier_id"), cluster=("buyer_id",))
start, before = time.perf_counter(), time.process_time()
effects = fit_panel(panel, model).effects
tell([effect.estimate for effect in effects], [effect.std_error for effect in effects])
"""
)
_THEIRS = (
    _CONTRACTS
    + """
from linearmodels.iv import AbsorbingLS
groups = pd.DataFrame({"buyer": pd.Categorical(buyer), "supplier": pd.Categorical(supplier)})
panel = pd.DataFrame(dict(zip(NAMES, values)))
price = pd.Series(outcome, name="price")
del values, outcome, by_buyer, by_supplier
start, before = time.perf_counter(), time.process_time()
fitted = AbsorbingLS(price, panel, absorb=groups).fit(cov_type="clustered", clusters=buyer)
# three regressors, the suppliers' effects, and one constant for the buyers', nested in clusters
parameters = 3 + SUPPLIERS
correction = BUYERS / (BUYERS - 1) * (rows - 1) / (rows - parameters)
tell(fitted.params, fitted.std_errors * np.sqrt(correction))
"""
)


def run_panel(rows: int, runs: int, kept: KeptRuns) -> None:
    """Time both on so many contracts, in turn."""
    programs = dict(zip(TOOLS, (_OURS, _THEIRS), strict=True))
    for turn in kept.missing([_key(rows, tool) for tool in TOOLS], runs):
        for tool, program in programs.items():
            keep_program(kept, _key(rows, tool), turn, sys.executable, program, rows)


def render_panel(rows: int, kept: KeptRuns) -> list[Section]:
    """Return the section about the regression; none where it was not run."""
    keys = [_key(rows, tool) for tool in TOOLS]
    times = [kept.of(key) for key in keys]
    if not all(times):
        return []
    ours, theirs = (kept.facts(key)["facts"] for key in keys)
    lines = [
        f"{rows:,} contracts, effects of {ours['buyers']:,} buyers and {ours['suppliers']:,} "
        "suppliers taken out, three regressors, errors clustered by buyer. Ours checks the "
        "contracts first: missing and infinite numbers, repeated rows, lone rows, collinear "
        "regressors, clusters.",
        "",
        "| tool | runs | seconds, min / median / max | of processor | memory |",
        "|---|---|---|---|---|",
        *(
            f"| {tool} | {len(runs)} | {seconds(runs)} | "
            f"{span([run.processor for run in runs.values()])} | {peak(runs)} |"
            for tool, runs in zip(TOOLS, times, strict=True)
        ),
        "",
        f"Largest difference: coefficients {_differ(ours, theirs, 'estimates'):.1e}, standard "
        f"errors {_differ(ours, theirs, 'errors'):.1e}, as shares.",
    ]
    slowest = max(run.seconds for run in times[0].values())
    largest = max(run.memory_gib for run in times[0].values())
    if slowest > GOAL_SECONDS or largest > GOAL_GIB:
        lines += [
            "",
            f"Ours took {slowest:.0f} s and {largest:.1f} GiB: the goal of {GOAL_SECONDS:.0f} s "
            f"and {GOAL_GIB:.0f} GiB was missed.",
        ]
    return [Section(f"Effects of two columns taken out of {rows:,} rows", lines, keys)]


def _differ(ours: dict, theirs: dict, name: str) -> float:
    pairs = zip(ours[name], theirs[name], strict=True)
    return max(abs(one - other) / abs(other) for one, other in pairs)


def _key(rows: int, tool: str) -> str:
    return f"panel {rows} {tool}"


def _add_options(group: Options) -> None:
    group.add_argument("--panel-rows", type=int, default=5_000_000)
    group.add_argument("--panel-runs", type=int, default=3)


def _run(chosen: Namespace, kept: KeptRuns) -> None:
    run_panel(chosen.panel_rows, chosen.panel_runs, kept)


def _render(chosen: Namespace, kept: KeptRuns) -> list[Section]:
    return render_panel(chosen.panel_rows, kept)


PART = Part("panel", _add_options, _run, _render)
