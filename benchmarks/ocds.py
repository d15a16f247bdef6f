"""Reading OCDS lines and computing eleven red flags, against counting their fields in Rust.

The peer is ``ocdscardinal.coverage`` of PyPI's ``ocdscardinal``, which reads every line and counts
fields; its own red flags have no Python interface. Each run is a process of its own; both are
timed inside, after their imports. They take turns, so that a busy machine slows both.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from statistics import median

from benchmarks.lines import write_lines

_OURS = """
import json, resource, sys, time
from pathlib import Path
from infiltrate.runs.flags import flag_file
import infiltrate.tables.engine, pyarrow.parquet
start, before = time.perf_counter(), time.process_time()
flag_file([Path(sys.argv[1])], Path(sys.argv[2]), layout="cardinal", threads=2)
seconds = time.perf_counter() - start
processor = time.process_time() - before
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
print(json.dumps([seconds, processor, memory]))
"""
_PEER = """
import json, resource, sys, time
import ocdscardinal
start, before = time.perf_counter(), time.process_time()
ocdscardinal.coverage(sys.argv[1])
seconds = time.perf_counter() - start
processor = time.process_time() - before
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
print(json.dumps([seconds, processor, memory]))
"""


@dataclass(frozen=True)
class Run:
    """One run: seconds of the clock, seconds of processor, and GiB of memory at most."""

    seconds: float
    processor: float
    memory_gib: float


@dataclass(frozen=True)
class Comparison:
    """Runs of ours and of the peer on one file, taking turns; the peer's empty when absent."""

    lines: int
    ours: tuple[Run, ...]
    peer: tuple[Run, ...]

    @property
    def ratios(self) -> list[float]:
        """Seconds of ours over those of the peer, by turn, ascending."""
        pairs = zip(self.ours, self.peer, strict=False)
        return sorted(ours.seconds / peer.seconds for ours, peer in pairs)


def compare_ocds(lines: int, runs: int, peer: str, file: Path | None = None) -> Comparison:
    """Time both on a file of so many lines, in turns after a warm-up of the disk's cache."""
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        path = file or Path(name) / "lines.jsonl"
        if file is None:
            write_lines(lines, path)
        out = str(Path(name) / "flags.json")
        has_peer = _has_peer(peer)
        ours, theirs = [], []
        for turn in range(runs + 1):
            mine = _run(sys.executable, _OURS, str(path), out)
            other = _run(peer, _PEER, str(path)) if has_peer else None
            if turn:
                ours.append(mine)
                theirs += [other] if other else []
        return Comparison(lines, tuple(ours), tuple(theirs))


def render_ocds(comparisons: list[Comparison], day: date) -> str:
    """Return the results as a Markdown page."""
    rows = []
    for one in comparisons:
        seconds = [run.seconds for run in one.ours]
        peers = [run.seconds for run in one.peer]
        rows.append(
            f"| {one.lines:,} | {_span(seconds)} | {_span(peers)} | {_span(one.ratios)} "
            f"| {max(run.memory_gib for run in one.ours):.2f} GiB |"
        )
    return "\n".join(
        [
            "# Benchmarks",
            "",
            f"{day.isoformat()}, {os.cpu_count()} cores, {platform.system()} "
            f"{platform.machine()}, Python {platform.python_version()}; load before the end "
            f"{os.getloadavg()[0]:.1f}.",
            "",
            "Reading OCDS lines and computing all eleven red flags (`infiltrate flags --format "
            "cardinal`) beside `ocdscardinal.coverage`, which only counts fields. Minimum, median "
            "and maximum; ratios turn by turn; goal: at most 0.5.",
            "",
            "| lines | ours, s | `coverage`, s | ratio | memory at most |",
            "|---|---|---|---|---|",
            *rows,
            "",
        ]
    )


def _has_peer(python: str) -> bool:
    found = subprocess.run([python, "-c", "import ocdscardinal"], check=False, capture_output=True)
    if found.returncode:
        print("no ocdscardinal: pip install ocdscardinal, or --peer", file=sys.stderr)
    return found.returncode == 0


def _run(python: str, program: str, *words: str) -> Run:
    done = subprocess.run(
        [python, "-c", program, *words], check=True, capture_output=True, text=True
    )
    return Run(*json.loads(done.stdout.strip().splitlines()[-1]))


def _span(values: list[float]) -> str:
    if not values:
        return "not run"
    return f"{min(values):.2f} / {median(values):.2f} / {max(values):.2f}"
