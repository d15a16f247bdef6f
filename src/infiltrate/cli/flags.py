"""Red flags of a file of contracting processes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from infiltrate.cli.app import app, say


@app.command()
def flags(
    inputs: Annotated[list[Path], typer.Argument(help="Files of contracting processes.")],
    *,
    out: Annotated[Path, typer.Option(help="Where the red flags go: .json, .parquet or .csv.")],
    reader: Annotated[str, typer.Option(help="Format of the files: ocds.")] = "ocds",
    settings: Annotated[
        Path | None,
        typer.Option(help="Cardinal's INI file or YAML [default: every red flag as it is]."),
    ] = None,
    layout: Annotated[
        str | None,
        typer.Option(
            "--format",
            help="cardinal (its JSON and its results), parquet or csv [default: by --out].",
        ),
    ] = None,
    maps: Annotated[
        bool, typer.Option("--map", help="With cardinal: organisations of each process.")
    ] = False,
    largest_line: Annotated[
        int, typer.Option(min=32, help="Longer lines are rejected unread; in MiB.")
    ] = 32,
    memory: Annotated[float, typer.Option(min=0.25, help="Memory limit in GiB.")] = 1.0,
    threads: Annotated[int, typer.Option(min=1, help="Threads.")] = 2,
) -> None:
    """Compute the red flags of a file of contracting processes, without a study."""
    from infiltrate.runs.flags import flag_file

    report = flag_file(
        inputs,
        out,
        settings=settings,
        reader=reader,
        layout=layout,
        maps=maps,
        largest_line_mib=largest_line,
        memory_gib=memory,
        threads=threads,
    )
    say(str(report))
