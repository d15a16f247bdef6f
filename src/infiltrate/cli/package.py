"""Pack a finished study so that others can run it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from infiltrate.cli.app import DataDir, app, default_notebooks, say, shown


@app.command()
def package(
    results: Annotated[Path, typer.Argument(help="Folder of the results, e.g. results/pe.")],
    *,
    out: Annotated[Path, typer.Option(help="The archive, e.g. pe.zip.")],
    data: DataDir = None,
    notebooks: Annotated[Path | None, typer.Option(help="Folder of the notebooks.")] = None,
    share: Annotated[
        list[str] | None,
        typer.Option(
            help="Id of a source whose terms you read and which may be passed on; repeat it."
        ),
    ] = None,
    with_tables: Annotated[
        bool,
        typer.Option(
            "--with-tables",
            help="Pack the tables too, which have rows on single firms: only for an archive "
            "with restricted access.",
        ),
    ] = False,
) -> None:
    """Write a replication package: program, raw files that may be shared, results, README.

    Its README has the headings that data editors of journals ask for, and two commands that run
    the study elsewhere and say whether it comes out identical.
    """
    from infiltrate.runs.package import package_study

    places = [data] if data else [Path("data"), Path("data") / results.resolve().name]
    report = package_study(
        results,
        places,
        notebooks or default_notebooks(),
        out,
        may_share=share or (),
        with_tables=with_tables,
    )
    say(f"Package: {shown(report.path)}; {report.n_files:,} files")
    say(f"  raw files packed   {_names(report.packed)}")
    for source in report.left_out:
        name, licence = source.facts["id"], source.facts["licence"]
        say(f"  raw files left out {name}: {licence}; the README says how to get it")
    if report.withheld:
        say(f"  tables left out    {len(report.withheld)}, known by their hashes; --with-tables")


def _names(sources: tuple) -> str:
    return ", ".join(source.facts["id"] for source in sources) or "none"
