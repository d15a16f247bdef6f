"""Hold two runs against each other; run a study again and see whether it comes out the same."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from infiltrate.cli.app import DataDir, app, default_notebooks, say, shown
from infiltrate.errors import CompareFailed

_Layout = Annotated[str, typer.Option("--format", help="text, json or html.")]
_Out = Annotated[
    Path | None, typer.Option(help="Write it to this file [default: print it; html: needed].")
]


@app.command()
def compare(
    before: Annotated[Path, typer.Argument(help="Folder of the results of one run.")],
    after: Annotated[Path, typer.Argument(help="Folder of the results of another.")],
    *,
    layout: _Layout = "text",
    out: _Out = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="End with exit code 12 where something moved.")
    ] = False,
) -> None:
    """Say which tables, flags, scores and estimates moved between two runs, and what did it.

    Data, parameters, code, environment and pseudonym key of both are held against each other, and
    each difference is followed from the step it enters through the tables that moved.
    """
    from infiltrate.runs.compare.compare import compare_results
    from infiltrate.runs.compare.written import check_layout, write_comparison

    check_layout(layout, out)
    comparison = compare_results(before, after)
    text = write_comparison(comparison, layout, out)
    say(f"Comparison: {shown(out)}" if out else text)
    if strict and comparison.verdict == "moved":
        raise CompareFailed(f"{before} and {after} differ.")


@app.command()
def verify(
    results: Annotated[Path, typer.Argument(help="Folder of the results, e.g. results/pe.")],
    *,
    data: DataDir = None,
    notebooks: Annotated[Path | None, typer.Option(help="Folder of the notebooks.")] = None,
    keep: Annotated[
        Path | None, typer.Option(help="Keep the second run in this absent or empty folder.")
    ] = None,
    layout: _Layout = "text",
    out: _Out = None,
) -> None:
    """Run a finished study again in a clean folder and say whether it comes out the same.

    Ends with exit code 12 where a table or page moved. That another key made other pseudonyms, or
    another machine other last digits, is said and is no failure.
    """
    from infiltrate.runs.compare.wording import verdict_sentence
    from infiltrate.runs.compare.written import check_layout, write_comparison
    from infiltrate.runs.verify import verify_results

    check_layout(layout, out)
    places = [data] if data else [Path("data"), Path("data") / results.resolve().name]
    comparison = verify_results(
        results, places, notebooks or default_notebooks(), keep=keep, say=_progress
    )
    text = write_comparison(comparison, layout, out)
    say(f"Comparison: {shown(out)}" if out else text)
    if comparison.verdict == "moved":
        raise CompareFailed(verdict_sentence(comparison))


def _progress(line: str) -> None:
    """Keep what runs apart from the answer, which may be read by a program."""
    typer.echo(line, err=True)
