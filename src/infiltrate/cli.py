"""The commands of infiltrate."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from infiltrate import __version__
from infiltrate.errors import InfiltrateError

app = typer.Typer(
    help="Estimate how far organised crime has infiltrated the legal sectors of a country.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

ParamsFile = Annotated[Path, typer.Argument(help="The country's YAML file, e.g. params/pe.yaml.")]
DataDir = Annotated[Path, typer.Option("--data", help="Folder of the raw files.")]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", help="Override a parameter, e.g. choices.risk.quarantine_months=6."),
]


@app.command()
def run(
    params_file: ParamsFile,
    *,
    data: DataDir = Path("data"),
    out: Annotated[
        Path | None, typer.Option(help="Folder of the results [default: results/<file name>].")
    ] = None,
    notebooks: Annotated[Path | None, typer.Option(help="Folder of the notebooks.")] = None,
    overrides: Overrides = None,
    explain: Annotated[bool, typer.Option("--explain", help="Only say what would run.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Run everything again.")] = False,
) -> None:
    """Bring a study's tables, estimates and report up to date."""
    from infiltrate.runs.run import run_study

    result = run_study(
        params_file,
        data,
        out or Path("results") / params_file.stem,
        notebooks or _default_notebooks(),
        overrides=overrides or (),
        explain=explain,
        force=force,
        say=_say,
    )
    if not explain:
        _say(f"Report: {_shown(result.report)}")


@app.command()
def check(
    params_file: ParamsFile, data: DataDir = Path("data"), overrides: Overrides = None
) -> None:
    """Say everything that is wrong with a parameter file, or what it would run."""
    from infiltrate.runs.check import check_study, summarise_study

    params = check_study(params_file, data, overrides or ())
    _say(summarise_study(params, data))


@app.command()
def simulate(
    scenario: Annotated[str, typer.Argument(help="Name of the invented country: demo.")] = "demo",
    out: Annotated[Path, typer.Option(help="Folder the raw files go to.")] = Path("data/demo"),
    firms: Annotated[int, typer.Option(min=200, help="Number of firms.")] = 6000,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the random draws.")] = 7,
) -> None:
    """Write the raw files of an invented country whose truth is known."""
    from infiltrate.synth import SCENARIOS, simulate_country

    if scenario not in SCENARIOS:
        raise InfiltrateError(f"simulate {scenario}: unknown; allowed: {', '.join(SCENARIOS)}.")
    report = simulate_country(scenario, out, firms=firms, seed=seed)
    _say(str(report))


@app.command()
def version() -> None:
    """Print the version."""
    _say(__version__)


def main() -> None:
    """Run a command; a mistake of the user ends with its message and exit code, not a traceback."""
    try:
        app()
    except InfiltrateError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(error.exit_code)


def _default_notebooks() -> Path:
    here = Path("notebooks")
    return here if here.is_dir() else Path(__file__).parents[2] / "notebooks"


def _say(line: str) -> None:
    typer.echo(line)


def _shown(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
