"""Score new firms by the ranking of a finished run."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from infiltrate.cli.app import app, default_notebooks, say, shown


@app.command()
def score(
    results: Annotated[Path, typer.Argument(help="Folder of the results, e.g. results/pe.")],
    *,
    out: Annotated[Path, typer.Option(help="Where the scores go: .parquet or .csv.")],
    data: Annotated[
        Path | None,
        typer.Option(
            "--data", help="Folder of raw files with the new firms, laid out as the run's."
        ),
    ] = None,
    tables: Annotated[
        Path | None,
        typer.Option(help="Folder of canonical tables with the new firms, instead of raw files."),
    ] = None,
    as_of: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            help="What was known of the firms on this day [default: the day of the run's ranking].",
        ),
    ] = None,
    notebooks: Annotated[Path | None, typer.Option(help="Folder of the notebooks.")] = None,
) -> None:
    """Score other firms of the same country by the ranking that a run kept.

    Refuses, with every reason, when the firms are too unlike those that the ranking learnt from,
    when something it needs is missing, or when its code changed. The file holds identifiers: it
    is for those who may see them.
    """
    from infiltrate.runs.scoring import NewFirms, score_firms

    day = as_of.date() if as_of else None
    firms = NewFirms(tables, data, notebooks or default_notebooks(), day)
    scored = score_firms(results, firms, out, say=lambda line: typer.echo(line, err=True))
    say(
        f"{len(scored.table):,} firms as of {scored.as_of}, ranked among the "
        f"{scored.reference:,} of the run: {shown(out)}"
    )
    for note in scored.notes:
        say(note)
