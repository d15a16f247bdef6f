"""Publish the reports of several countries as one set of static pages."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from infiltrate.cli.app import app, default_notebooks, say, shown


@app.command()
def site(
    results: Annotated[
        list[Path], typer.Argument(help="Results folders of finished runs, e.g. results/*.")
    ],
    *,
    out: Annotated[Path, typer.Option(help="Folder of the site; an older site is replaced.")],
    title: Annotated[str, typer.Option(help="Title of the site.")] = "infiltrate: countries",
    notebooks: Annotated[Path | None, typer.Option(help="Folder of the notebooks.")] = None,
    docs: Annotated[
        Path | None, typer.Option(help="The documentation, shown as methods [default: docs].")
    ] = None,
) -> None:
    """Write reports, countries side by side, methods and search as pages that open from disk."""
    from infiltrate.site.build import build_site

    folder = notebooks or default_notebooks()
    built = build_site(
        results, out, notebooks=folder, docs=docs or folder.parent / "docs", title=title, say=say
    )
    say(
        f"{built.pages} pages of {built.studies} {'study' if built.studies == 1 else 'studies'}, "
        f"{built.size / 2**20:.1f} MiB. First page: {shown(built.first_page)}"
    )
