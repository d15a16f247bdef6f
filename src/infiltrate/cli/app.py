"""What every command shares: the application, its options, and how it speaks."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    help="Estimate how far organised crime has infiltrated the legal sectors of a country.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

ParamsFile = Annotated[Path, typer.Argument(help="The country's YAML file, e.g. params/pe.yaml.")]
DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data",
        help="Folder of the raw files [default: data for a file in a folder called params; "
        "otherwise the folder data beside the parameter file, or else its own].",
    ),
]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", help="Override a parameter, e.g. choices.risk.quarantine_months=6."),
]


def say(line: str) -> None:
    """Print a line; that nobody reads it, as after `| head`, ends nothing."""
    try:
        typer.echo(line)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def shown(path: Path) -> str:
    """Return a path as seen from the working folder."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def default_data(params_file: Path) -> Path:
    """Return the folder of raw files of a study when none is named."""
    if params_file.resolve().parent.name == "params":
        return Path("data")
    beside = params_file.parent / "data"
    return beside if beside.is_dir() else params_file.parent


def default_notebooks() -> Path:
    """Return the folder of notebooks when none is named."""
    here = Path("notebooks")
    return here if here.is_dir() else Path(__file__).parents[3] / "notebooks"
