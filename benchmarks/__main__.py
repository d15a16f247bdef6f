"""Run the benchmarks; ``make bench ARGS="ocds --lines 100000 --runs 5"``.

Runs are kept in a folder as they are made, so that a benchmark that was stopped goes on. The page
keeps the sections of parts that are not run.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks import awards, matching, network, ocds, ownership, panel, ranking, runner
from benchmarks.kept import KeptRuns
from benchmarks.page import read_page, render_section, write_page
from benchmarks.peer import PEERS
from infiltrate.errors import InfiltrateError

PARTS = (
    ocds.PART,
    awards.PART,
    ownership.PART,
    network.PART,
    matching.PART,
    ranking.PART,
    panel.PART,
    runner.PART,
)
NAMES = tuple(part.name for part in PARTS)


def main(words: Sequence[str] | None = None) -> int:
    """Run the parts that are named, and replace their sections of the page."""
    words = sys.argv[1:] if words is None else words
    chosen = _read_words(words)
    try:
        _run(chosen, _show_command(words))
    except InfiltrateError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


def _run(chosen: argparse.Namespace, command: str) -> None:
    # a page that cannot be written to is said before hours of runs, not after
    read_page(chosen.out, NAMES)
    kept = KeptRuns(chosen.keep / "runs.jsonl")
    for part in PARTS:
        if part.name not in chosen.parts:
            continue
        if chosen.fresh:
            kept.forget(part.name)
        part.run(chosen, kept)
        texts = [
            render_section(part.name, section, command, kept)
            for section in part.render(chosen, kept)
        ]
        print("\n".join(texts))
        write_page(chosen.out, read_page(chosen.out, NAMES).replace({part.name: texts}, NAMES))


def _show_command(words: Sequence[str]) -> str:
    # folders are those of one machine: the page names what lies in them
    shown = " ".join(re.sub(r"[^=]*/", "", word) for word in words)
    return f'make bench ARGS="{shown}"' if shown else "make bench"


def _read_words(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make bench ARGS=", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(NAMES)} [all]")
    parser.add_argument("--keep", type=Path, default=Path("results/benchmarks"))
    parser.add_argument("--fresh", action="store_true", help="forget kept runs of these parts")
    parser.add_argument("--out", type=Path, default=Path("docs/benchmarks.md"))
    for peer in PEERS:
        text = f"Python that has {peer.module} [one made for it]"
        parser.add_argument(peer.option, metavar="PYTHON", help=text)
    for part in PARTS:
        part.add_options(parser.add_argument_group(part.name))
    chosen = parser.parse_args(words)
    if unknown := set(chosen.parts) - set(NAMES):
        parser.error(f"no part {', '.join(sorted(unknown))}; there is {', '.join(NAMES)}")
    chosen.parts = chosen.parts or list(NAMES)
    return chosen


if __name__ == "__main__":
    sys.exit(main())
