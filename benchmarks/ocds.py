"""Reading OCDS lines and computing eleven red flags, against counting their fields in Rust.

The peer is ``ocdscardinal.coverage`` of PyPI's ``ocdscardinal``, which reads every line and counts
fields; its own red flags have no Python interface. Each run is a process of its own; both are
timed inside, after their imports. They take turns, so that a busy machine slows both.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.kept import KeptRuns, Run
from benchmarks.lines import write_lines

# the eleven red flags like the peer's own, and every unit in every state in the long format
LAYOUTS = ("cardinal", "parquet")
_OURS = """
import json, resource, sys, time
from pathlib import Path
from infiltrate.runs.flags import flag_file
import infiltrate.tables.engine, pyarrow.parquet
start, before = time.perf_counter(), time.process_time()
flag_file([Path(sys.argv[1])], Path(sys.argv[2]), layout=sys.argv[3], threads=2)
seconds, processor = time.perf_counter() - start, time.process_time() - before
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
print(json.dumps([seconds, processor, memory]))
"""
_PEER = """
import json, resource, sys, time
import ocdscardinal
start, before = time.perf_counter(), time.process_time()
ocdscardinal.coverage(sys.argv[1])
seconds, processor = time.perf_counter() - start, time.process_time() - before
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
print(json.dumps([seconds, processor, memory]))
"""


@dataclass(frozen=True)
class Comparison:
    """Runs of ours and of the peer on one file, by turn; the peer's empty when absent."""

    lines: int
    layout: str
    ours: dict[int, Run]
    peer: dict[int, Run]

    def ratios(self, measure: str) -> list[float]:
        """Ours over the peer's ``seconds`` or ``processor``, turn by turn, ascending."""
        turns = self.ours.keys() & self.peer.keys()
        return sorted(
            getattr(self.ours[turn], measure) / getattr(self.peer[turn], measure) for turn in turns
        )


def run_ocds(lines: int, turns: int, peer: str | None, kept: KeptRuns, file: Path | None) -> None:
    """Time both on a file of so many lines, in turns after one that warms the disk's cache."""
    keys = {layout: _key(lines, layout) for layout in LAYOUTS}
    wanted = [*keys.values(), *([_key(lines, "peer")] if peer else [])]
    missing = [turn for turn in range(turns) if any(turn not in kept.of(key) for key in wanted)]
    if not missing:
        return
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        path = file or Path(name) / "lines.jsonl"
        if file is None:
            write_lines(lines, path)
        out = str(Path(name) / "flags")
        _run(sys.executable, _OURS, str(path), out, "cardinal")
        for turn in missing:
            for layout, key in keys.items():
                kept.add(key, turn, _run(sys.executable, _OURS, str(path), out, layout))
            if peer:
                kept.add(_key(lines, "peer"), turn, _run(peer, _PEER, str(path)))


def read_ocds_runs(lines: int, kept: KeptRuns) -> list[Comparison]:
    """Return what was kept of a file of so many lines, by layout."""
    peer = kept.of(_key(lines, "peer"))
    found = [(layout, kept.of(_key(lines, layout))) for layout in LAYOUTS]
    return [Comparison(lines, layout, ours, peer) for layout, ours in found if ours]


def _key(lines: int, what: str) -> str:
    return f"ocds {lines} {what}"


def _run(python: str, program: str, *words: str) -> Run:
    done = subprocess.run(
        [python, "-c", program, *words], check=True, capture_output=True, text=True
    )
    return Run(*json.loads(done.stdout.strip().splitlines()[-1]))
