"""Run the benchmarks; ``make bench ARGS="ocds --lines 100000 --runs 5"``.

Runs are kept in a folder as they are made, so that a benchmark that was stopped goes on.
"""

from __future__ import annotations

import argparse
import sys
from datetime import date
from pathlib import Path

from benchmarks.awards import run_awards
from benchmarks.kept import KeptRuns
from benchmarks.matching import run_matching
from benchmarks.network import render_network, run_network
from benchmarks.ocds import run_ocds
from benchmarks.ownership import run_ownership
from benchmarks.page import render_matching, render_ownership, render_page
from benchmarks.peer import find_peer

PARTS = ("ocds", "awards", "ownership", "network", "matching")


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="make bench ARGS=", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)} [all]")
    parser.add_argument("--lines", type=int, nargs="+", default=[100_000, 300_000, 1_000_000])
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000_000])
    parser.add_argument(
        "--names",
        type=int,
        nargs=2,
        default=[200_000, 2_000_000],
        metavar=("SUPPLIERS", "COMPANIES"),
    )
    parser.add_argument("--matching-runs", type=int, default=1, help="turns with splink [1]")
    parser.add_argument("--runs", type=int, default=5, help="turns of the OCDS part [5]")
    parser.add_argument("--award-runs", type=int, default=3, help="turns with pandas [3]")
    parser.add_argument("--companies", type=int, nargs="+", default=[5_000_000], help="with owners")
    parser.add_argument("--networkx-companies", type=int, default=20_000)
    parser.add_argument("--scipy-companies", type=int, default=10_000)
    parser.add_argument("--tied-companies", type=int, default=1_000_000)
    parser.add_argument("--network-runs", type=int, default=3, help="turns with networkx [3]")
    parser.add_argument("--networkx", help="Python that has networkx [one made for it]")
    parser.add_argument("--file", type=Path, help="OCDS lines to use instead of generated ones")
    parser.add_argument("--peer", help="Python that has ocdscardinal [one made for it]")
    parser.add_argument("--keep", type=Path, default=Path("results/benchmarks"))
    parser.add_argument("--fresh", action="store_true", help="forget the runs that were kept")
    parser.add_argument("--out", type=Path, default=Path("docs/benchmarks.md"))
    chosen = parser.parse_args()
    if unknown := set(chosen.parts) - set(PARTS):
        parser.error(f"no part {', '.join(sorted(unknown))}; there is {', '.join(PARTS)}")
    if chosen.file and len(chosen.lines) > 1:
        parser.error("--file needs --lines with its one number of lines")
    parts = chosen.parts or PARTS
    kept = KeptRuns(chosen.keep / "runs.jsonl", chosen.fresh)
    if "ocds" in parts:
        peer = find_peer(chosen.keep / "peer", chosen.peer)
        for lines in chosen.lines:
            run_ocds(lines, chosen.runs, peer, kept, chosen.file)
    if "awards" in parts:
        for rows in chosen.rows:
            run_awards(rows, chosen.award_runs, kept)
    beside = {"networkx": chosen.networkx_companies, "scipy": chosen.scipy_companies}
    if "ownership" in parts:
        for companies in chosen.companies:
            run_ownership(companies, beside, chosen.award_runs, kept, chosen.networkx)
    if "network" in parts:
        peer = chosen.keep / "peer-networkx"
        run_network(chosen.tied_companies, chosen.network_runs, kept, peer, chosen.networkx)
    if "matching" in parts:
        run_matching(*chosen.names, chosen.matching_runs, kept)
    command = " ".join(["make bench", *([f'ARGS="{words}"'] if (words := _words()) else [])])
    more = [
        *render_ownership(kept, chosen.companies, beside),
        *render_network(kept, chosen.tied_companies),
        *render_matching(kept, *chosen.names),
    ]
    text = render_page(kept, chosen.lines, chosen.rows, command, date.today(), more=more)
    print(text)
    chosen.out.write_text(text, encoding="utf-8")
    return 0


def _words() -> str:
    return " ".join(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
