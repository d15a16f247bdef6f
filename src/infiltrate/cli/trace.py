"""What is on record around a company, printed, drawn or written for other tools."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from infiltrate.cli.app import app, say

_StudyFile = Annotated[
    Path, typer.Option("--params", help="The country's YAML file, e.g. params/pe.yaml.")
]
_AsOf = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d"], help="As known on this day [default: the study's]."),
]
_Key = Annotated[
    Path | None,
    typer.Option(
        "--key",
        help="The pseudonym key that the study was run with: shows ids and names of companies "
        "instead of tags, and writes that down in the results folder.",
    ),
]
_Internal = Annotated[
    bool,
    typer.Option(
        "--internal",
        help="The same as --key, with the key where it usually is: INFILTRATE_KEY_FILE, or else "
        "~/.config/infiltrate/pseudonym.key.",
    ),
]


@app.command()
def trace(
    *,
    company: Annotated[
        str, typer.Option(help="Id of the company, or its tag in the report: 'Firm K3QM7-T2XA9'.")
    ],
    params_file: _StudyFile,
    results: Annotated[
        Path | None,
        typer.Option(
            "--results",
            "--out",
            help="Folder of the results of a run [default: results/<file name>].",
        ),
    ] = None,
    day: _AsOf = None,
    depth: Annotated[
        int | None,
        typer.Option(
            min=1, max=20, help="Longest chain of owners, in stakes [default: the study's]."
        ),
    ] = None,
    key: _Key = None,
    internal: _Internal = False,
    draw: Annotated[
        Path | None, typer.Option(help="Also draw it: a file .svg, .png or .html.")
    ] = None,
    layout: Annotated[str, typer.Option("--format", help="text or json.")] = "text",
) -> None:
    """Print what is on record around one company: owners, officers, contracts, lists.

    Reads a finished run. Companies appear under the tags of its report unless --key or --internal
    is given; natural persons are pseudonyms always. A tie says that two names stand in one record,
    nothing of what anybody did.
    """
    from infiltrate.runs.trace import trace_study

    found = trace_study(
        company,
        params_file,
        results or Path("results") / params_file.stem,
        day=day.date() if day else None,
        depth=depth,
        key_file=key,
        internal=internal,
        draw=draw,
        layout=layout,
    )
    say(found)


@app.command()
def export(
    *,
    to: Annotated[
        str,
        typer.Option(
            help="bods (Beneficial Ownership Data Standard 0.4, JSON), ftm (FollowTheMoney, JSON "
            "lines) or graphml."
        ),
    ],
    out: Annotated[Path, typer.Option(help="The file to write; one of that name is replaced.")],
    params_file: _StudyFile,
    results: Annotated[
        Path | None,
        typer.Option(help="Folder of the results of a run [default: results/<file name>]."),
    ] = None,
    company: Annotated[
        str, typer.Option(help="Only what is around this company: its id or tag; or all.")
    ] = "all",
    day: _AsOf = None,
    key: _Key = None,
    internal: _Internal = False,
) -> None:
    """Write owners, officers, entries and contracts of a finished run for other tools.

    Companies appear under the tags of the report unless --key or --internal is given; natural
    persons are pseudonyms always.
    """
    from infiltrate.runs.export import export_study

    report = export_study(
        to,
        out,
        params_file,
        results or Path("results") / params_file.stem,
        company=company,
        day=day.date() if day else None,
        key_file=key,
        internal=internal,
    )
    say(str(report))
