"""Run the benchmarks: ``python -m benchmarks [--lines 100000] [--runs 5] [--out FILE]``."""

from __future__ import annotations

import argparse
import sys
from datetime import date
from pathlib import Path

from benchmarks.ocds import compare_ocds, render_ocds


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--lines", type=int, nargs="*", default=[10_000, 100_000])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--file", type=Path, help="OCDS lines to use instead of generated ones")
    parser.add_argument("--peer", help="Python that has ocdscardinal [default: this one]")
    parser.add_argument("--out", type=Path, help="write the results as Markdown")
    chosen = parser.parse_args()
    results = [
        compare_ocds(lines, chosen.runs, chosen.peer or sys.executable, chosen.file)
        for lines in chosen.lines
    ]
    text = render_ocds(results, date.today())
    print(text)
    if chosen.out:
        chosen.out.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
