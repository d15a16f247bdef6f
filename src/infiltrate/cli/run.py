"""Run studies, or check what one would run on."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

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
from infiltrate.cli.live import LiveTable, is_terminal
from infiltrate.errors import ParamsError

if TYPE_CHECKING:
    from infiltrate.runs.countries import StudyFiles


@app.command()
def run(
    params_files: Annotated[
        list[Path],
        typer.Argument(
            metavar="PARAMS_FILE...",
            help="The country's YAML file, e.g. params/pe.yaml; several are run side by side.",
        ),
    ],
    *,
    data: DataDir = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder of the results [default: results/<file name>]; of several countries, the "
            "folder that holds one folder each [default: results]."
        ),
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
    jobs: Annotated[
        int,
        typer.Option(
            "--jobs",
            "-j",
            min=1,
            max=256,
            help="How many notebooks run at once, of all countries together; memory and threads "
            "of the engine are divided among them. The results are the same.",
        ),
    ] = 1,
    explain: Annotated[bool, typer.Option("--explain", help="Only say what would run.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Run everything again.")] = False,
) -> None:
    """Bring the tables, estimates and report of one or several studies up to date."""
    from infiltrate.runs.countries import run_countries
    from infiltrate.runs.run import run_study

    studies = _studies(params_files, data, out)
    options: dict[str, Any] = {
        "overrides": [*(overrides or ()), *_engine_overrides(engine, master)],
        "explain": explain,
        "force": force,
        "jobs": jobs,
    }
    with _progress([study.name for study in studies]) as (tell, watch), _stoppable():
        if len(studies) == 1:
            (study,) = studies
            result = run_study(
                study.params_file,
                study.data_dir,
                study.run_dir,
                notebooks or default_notebooks(),
                say=lambda line: tell(study.name, line),
                watch=watch and (lambda state: watch(study.name, state)),
                **options,
            )
            reports = {study.name: result.report}
        else:
            reports = run_countries(
                studies, notebooks or default_notebooks(), say=tell, watch=watch, **options
            )
    if not explain:
        for report in reports.values():
            say(f"Report: {shown(report)}")


@app.command()
def check(params_file: ParamsFile, data: DataDir = None, overrides: Overrides = None) -> None:
    """Say everything that is wrong with a parameter file, or what it would run."""
    from infiltrate.runs.check import check_study, summarise_study

    folder = data or default_data(params_file)
    params = check_study(params_file, folder, overrides or ())
    say(summarise_study(params, folder))


def _studies(params_files: list[Path], data: Path | None, out: Path | None) -> list[StudyFiles]:
    from infiltrate.runs.countries import StudyFiles

    if len(params_files) == 1:
        (file,) = params_files
        return [StudyFiles(file, data or default_data(file), out or Path("results") / file.stem)]
    return [
        StudyFiles(file, _data_of(file, data), (out or Path("results")) / file.stem)
        for file in params_files
    ]


def _data_of(params_file: Path, data: Path | None) -> Path:
    """Return the folder of one of several studies: below the one given, if it has one."""
    folder = data or default_data(params_file)
    own = folder / params_file.stem
    return own if data and own.is_dir() else folder


@contextmanager
def _progress(names: list[str]) -> Iterator[tuple[Callable[[str, str], None], Any]]:
    """Give what tells the user of a run: a table on a terminal, lines elsewhere."""
    if is_terminal():
        with LiveTable(names) as table:
            yield table.say, table.watch
    elif len(names) == 1:
        yield (lambda name, line: say(line)), None
    else:
        yield (lambda name, line: say(f"{name}  {line}")), None


@contextmanager
def _stoppable() -> Iterator[None]:
    """Let a polite request to end, as of `timeout` or a cluster, do what Ctrl-C does."""
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def _engine_overrides(engine: str | None, master: str | None) -> list[str]:
    if master is not None and engine == "duckdb":
        raise ParamsError("--master goes with --engine spark; DuckDB runs in process.")
    chosen = {"name": engine, "master": master}
    return [f"choices.engine.{key}={value}" for key, value in chosen.items() if value is not None]
