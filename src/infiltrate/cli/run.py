"""Run a study, or check what it would run on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from infiltrate.cli.app import (
    DataDir,
    Overrides,
    ParamsFile,
    app,
    default_data,
    default_notebooks,
    say,
    shown,
)
from infiltrate.errors import ParamsError


@app.command()
def run(
    params_file: ParamsFile,
    *,
    data: DataDir = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder of the results [default: results/<file name>].")
    ] = None,
    notebooks: Annotated[Path | None, typer.Option(help="Folder of the notebooks.")] = None,
    overrides: Overrides = None,
    engine: Annotated[
        str | None,
        typer.Option(help="duckdb or spark: choices.engine.name of the parameters."),
    ] = None,
    master: Annotated[
        str | None,
        typer.Option(help="Where Spark runs, e.g. local[2], spark://host:7077, yarn."),
    ] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Only say what would run.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Run everything again.")] = False,
    internal: Annotated[
        bool,
        typer.Option(
            "--internal",
            help="Also write report_internal/ with the names of companies, for authorised "
            "analysts; it needs the study's key and is written down.",
        ),
    ] = False,
) -> None:
    """Bring a study's tables, estimates and report up to date."""
    from infiltrate.runs.run import run_study

    result = run_study(
        params_file,
        data or default_data(params_file),
        out or Path("results") / params_file.stem,
        notebooks or default_notebooks(),
        overrides=[*(overrides or ()), *_engine_overrides(engine, master)],
        explain=explain,
        force=force,
        say=say,
    )
    if not explain:
        say(f"Report: {shown(result.report)}")
    if internal and not explain:
        from infiltrate.runs.internal import write_internal_report

        page = write_internal_report(params_file, out or Path("results") / params_file.stem)
        say(f"With names, not to be handed on: {shown(page)}")


@app.command()
def check(params_file: ParamsFile, data: DataDir = None, overrides: Overrides = None) -> None:
    """Say everything that is wrong with a parameter file, or what it would run."""
    from infiltrate.runs.check import check_study, summarise_study

    folder = data or default_data(params_file)
    params = check_study(params_file, folder, overrides or ())
    say(summarise_study(params, folder))


def _engine_overrides(engine: str | None, master: str | None) -> list[str]:
    if master is not None and engine == "duckdb":
        raise ParamsError("--master goes with --engine spark; DuckDB runs in process.")
    chosen = {"name": engine, "master": master}
    return [f"choices.engine.{key}={value}" for key, value in chosen.items() if value is not None]
