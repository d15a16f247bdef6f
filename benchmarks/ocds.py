"""Reading OCDS lines and computing eleven red flags, against counting their fields in Rust.

The peer is ``ocdscardinal.coverage`` of PyPI's ``ocdscardinal``, which reads every line and counts
fields; its own red flags have no Python interface. Each run is a process of its own; both are
timed inside, after their imports. They take turns, so that a busy machine slows both.
"""

from __future__ import annotations

import sys
import tempfile
from argparse import Namespace
from pathlib import Path
from statistics import median

from benchmarks.kept import KeptRuns
from benchmarks.lines import write_lines
from benchmarks.part import Options, Part, Section, peak, ratio, seconds
from benchmarks.peer import CARDINAL, find_peer
from benchmarks.programs import keep_program, run_program
from infiltrate.errors import InfiltrateError, Problem

# the eleven red flags like the peer's own, and every unit in every state in the long format
LAYOUTS = {
    "cardinal": "eleven red flags, Cardinal's layout",
    "parquet": "every unit in every state, long format",
}
GOALS = {"cardinal": 0.5, "parquet": 1.0}
_OURS = """
import json, resource, sys, time
from pathlib import Path
from infiltrate.runs.flags import flag_file
import infiltrate.tables.engine, pyarrow.parquet
start, before = time.perf_counter(), time.process_time()
flag_file([Path(sys.argv[1])], Path(sys.argv[2]), layout=sys.argv[3], threads=2)
seconds, processor = time.perf_counter() - start, time.process_time() - before
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
print(json.dumps({"run": [seconds, processor, memory]}))
"""
_PEER = """
import json, resource, sys, time
import ocdscardinal
start, before = time.perf_counter(), time.process_time()
ocdscardinal.coverage(sys.argv[1])
seconds, processor = time.perf_counter() - start, time.process_time() - before
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
print(json.dumps({"run": [seconds, processor, memory]}))
"""


def run_ocds(lines: int, turns: int, peer: str | None, kept: KeptRuns, file: Path | None) -> None:
    """Time both on a file of so many lines, in turns after one that warms the disk's cache."""
    keys = {layout: ocds_key(lines, layout) for layout in LAYOUTS}
    peer_key = ocds_key(lines, "peer")
    missing = kept.missing([*keys.values(), *([peer_key] if peer else [])], turns)
    if not missing:
        return
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        path = file or Path(name) / "lines.jsonl"
        if file is None:
            write_lines(lines, path)
        out = Path(name) / "flags"
        run_program(sys.executable, _OURS, path, out, "cardinal")
        for turn in missing:
            for layout, key in keys.items():
                keep_program(kept, key, turn, sys.executable, _OURS, path, out, layout)
            if peer:
                keep_program(kept, peer_key, turn, peer, _PEER, path)


def ocds_key(lines: int, what: str) -> str:
    """Return the key of kept runs."""
    return f"ocds {lines} {what}"


def render_ocds(lines: list[int], kept: KeptRuns) -> list[Section]:
    """Return one section with a row for each number of lines and layout that was run."""
    shown = [(number, layout) for number in lines for layout in LAYOUTS]
    shown = [(number, layout) for number, layout in shown if kept.of(ocds_key(number, layout))]
    if not shown:
        return []
    text = [
        "Reading the lines and computing all red flags (`infiltrate flags`) beside "
        "`ocdscardinal.coverage`, which reads the same lines and only counts fields. Goals: at "
        f"most {GOALS['cardinal']} of its time in Cardinal's layout, {GOALS['parquet']} for every "
        "unit; less than 1.5 GiB at 1,000,000 lines; time in proportion to lines.",
        "",
        "| lines | what | runs | ours, s | `coverage`, s | ratio | ratio of processor time "
        "| s per 100,000 lines | memory |",
        "|---:|---|---:|---|---|---|---|---:|---:|",
        *(_render_row(number, layout, kept) for number, layout in shown),
    ]
    keys = [ocds_key(number, what) for number in lines for what in (*LAYOUTS, "peer")]
    return [Section("Red flags of OCDS lines", text, keys)]


def _render_row(lines: int, layout: str, kept: KeptRuns) -> str:
    ours, peer = kept.of(ocds_key(lines, layout)), kept.of(ocds_key(lines, "peer"))
    per_lines = median(run.processor for run in ours.values()) / lines * 100_000
    return (
        f"| {lines:,} | {LAYOUTS[layout]} | {len(ours)} | {seconds(ours)} | {seconds(peer)} "
        f"| {ratio(ours, peer, 'seconds')} | {ratio(ours, peer)} "
        f"| {per_lines:.2f} of a processor | {peak(ours)} |"
    )


def _add_options(group: Options) -> None:
    group.add_argument("--lines", type=int, nargs="+", default=[100_000, 300_000, 1_000_000])
    group.add_argument("--runs", type=int, default=5, help="turns with ocdscardinal [5]")
    group.add_argument("--file", type=Path, help="OCDS lines to use instead of generated ones")


def _run(chosen: Namespace, kept: KeptRuns) -> None:
    if chosen.file and len(chosen.lines) > 1:
        found = f"{len(chosen.lines)} numbers of lines for one file"
        problem = Problem("--lines", found, "the number of lines of --file")
        raise InfiltrateError("The OCDS part cannot be run.", [problem])
    peer = find_peer(CARDINAL, chosen.keep, chosen.peer)
    for lines in chosen.lines:
        run_ocds(lines, chosen.runs, peer, kept, chosen.file)


def _render(chosen: Namespace, kept: KeptRuns) -> list[Section]:
    return render_ocds(chosen.lines, kept)


PART = Part("ocds", _add_options, _run, _render)
