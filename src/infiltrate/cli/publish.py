"""Hand a finished report on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from infiltrate.cli.app import app, say, shown


@app.command()
def pdf(
    results: Annotated[Path, typer.Argument(help="Folder of the results, e.g. results/pe.")],
    *,
    out: Annotated[
        Path | None, typer.Option(help="The PDF [default: <results>/report.pdf].")
    ] = None,
    browser: Annotated[
        str | None,
        typer.Option(help="Name or path of a Chromium, Chrome or Edge [default: the one found]."),
    ] = None,
    whole: Annotated[
        bool, typer.Option("--whole", help="Print code, long tables and numbers of figures too.")
    ] = False,
) -> None:
    """Print the report of a finished run into one PDF with contents."""
    from infiltrate.runs.pdf import print_report

    written = print_report(results, out or results / "report.pdf", browser=browser, whole=whole)
    say(f"PDF: {shown(written)} ({written.stat().st_size / 1e6:.1f} MB)")
