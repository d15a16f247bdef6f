"""Say whether results, a site or a package may leave."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from infiltrate.cli.app import app, say


@app.command()
def release(
    folder: Annotated[
        Path, typer.Argument(help="Results of a run, a site, or a package: a folder or a file.")
    ],
    *,
    studies: Annotated[
        list[Path] | None,
        typer.Option(
            "--study",
            help="Results whose firms must not be found in it; once for each. Not needed for "
            "results of a run.",
        ),
    ] = None,
    left_out: Annotated[
        list[str] | None,
        typer.Option(help="Files not to look at, e.g. 'data/*' for raw files of an open licence."),
    ] = None,
    files: Annotated[bool, typer.Option("--files", help="Also name every file.")] = False,
) -> None:
    """Look at every file that would leave, and refuse when one holds what must stay closed.

    Identifiers and names, pseudonyms of persons, paths, authors in metadata, numbers too small to
    be shown or closed ones that can be worked out, words that make a score a verdict. What it
    cannot find is said in docs/disclosure.md: it does not replace a person who looks.
    """
    from infiltrate.runs.release import release_results

    scan = release_results(folder, studies or (), left_out=left_out or ())
    say(str(scan))
    if files:
        for name in scan.files:
            say(f"may leave  {name}")
        for name in scan.held_back:
            say(f"must stay  {name}")
