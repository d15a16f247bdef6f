"""The commands of infiltrate."""

from __future__ import annotations

import os
import sys
import traceback
from datetime import datetime
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from infiltrate import __version__
from infiltrate.errors import InfiltrateError, ParamsError
from infiltrate.runs.log import as_refusal

app = typer.Typer(
    help="Estimate how far organised crime has infiltrated the legal sectors of a country.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

DEBUG = "INFILTRATE_DEBUG"
_UNEXPECTED = 70
_INTERRUPTED = 130

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
) -> None:
    """Bring a study's tables, estimates and report up to date."""
    from infiltrate.runs.run import run_study

    result = run_study(
        params_file,
        data or _default_data(params_file),
        out or Path("results") / params_file.stem,
        notebooks or _default_notebooks(),
        overrides=[*(overrides or ()), *_engine_overrides(engine, master)],
        explain=explain,
        force=force,
        say=_say,
    )
    if not explain:
        _say(f"Report: {_shown(result.report)}")


@app.command()
def check(params_file: ParamsFile, data: DataDir = None, overrides: Overrides = None) -> None:
    """Say everything that is wrong with a parameter file, or what it would run."""
    from infiltrate.runs.check import check_study, summarise_study

    folder = data or _default_data(params_file)
    params = check_study(params_file, folder, overrides or ())
    _say(summarise_study(params, folder))


@app.command()
def simulate(
    scenario: Annotated[
        str, typer.Argument(help="Name of a scenario; --list names them.")
    ] = "demo",
    out: Annotated[
        Path | None, typer.Option(help="Folder of the raw files [default: data/<scenario>].")
    ] = None,
    firms: Annotated[
        int | None, typer.Option(min=200, help="Number of firms [default: the scenario's].")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the random draws.")] = 7,
    names: Annotated[bool, typer.Option("--list", help="Only name the scenarios.")] = False,
) -> None:
    """Write the raw files of an invented country whose truth is known."""
    from infiltrate.synth import SCENARIOS, simulate_country

    if names:
        for name, meaning in SCENARIOS.items():
            _say(f"{name:14} {meaning}")
        return
    if scenario not in SCENARIOS:
        raise ParamsError(f"simulate {scenario}: unknown; allowed: {', '.join(SCENARIOS)}.")
    report = simulate_country(scenario, out or Path("data") / scenario, firms=firms, seed=seed)
    _say(str(report))


@app.command()
def validate(
    *,
    scenarios: Annotated[
        str,
        typer.Option(
            help="Scenarios between commas, or 'all'; what an analyst may get wrong comes after a "
            "colon, as in base:wrong-entries-x3."
        ),
    ] = "all",
    countries: Annotated[int, typer.Option(help="Countries of each scenario.")] = 40,
    firms: Annotated[int, typer.Option(help="Firms of each country.")] = 20_000,
    seed: Annotated[int, typer.Option(help="Seed of the first country; the others follow.")] = 1000,
    jobs: Annotated[int, typer.Option(min=1, help="Processes, of one thread each.")] = 2,
    out: Annotated[Path, typer.Option(help="Folder of the results.")] = Path("results/validation"),
    estimators: Annotated[
        str | None, typer.Option(help="Estimators to keep, between commas [default: every one].")
    ] = None,
    notebooks: Annotated[Path | None, typer.Option(help="Folder of the notebooks.")] = None,
    report: Annotated[bool, typer.Option(help="Whether a page is made of the results.")] = True,
) -> None:
    """Hold estimates against the truth of many synthetic countries; go on where it stopped."""
    from infiltrate.validation.request import build_request
    from infiltrate.validation.validate import validate_estimators

    request = build_request(scenarios, countries, firms, seed, estimators)
    result = validate_estimators(request, out, jobs=jobs, say=_say)
    _say(f"Summary: {_shown(result.summary)}")
    if report:
        from infiltrate.runs.validation_page import make_validation_page

        page = make_validation_page(result.recovery, notebooks or _default_notebooks(), out)
        _say(f"Report: {_shown(page)}" if page else "No page: there is no notebook 80_validation.")


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
    _say(str(report))


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
    _say(found)


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
    _say(str(report))


@app.command()
def version() -> None:
    """Print the version."""
    _say(__version__)


def main() -> None:
    """Run a command and end with a message and an exit code, whatever happens.

    Codes are those of `infiltrate.errors`; 2 for a wrong command line, 70 for what nobody
    foresaw, 130 after Ctrl-C. With ``INFILTRATE_DEBUG=1`` the traceback comes before the message.
    """
    try:
        app()
    except InfiltrateError as error:
        _end(str(error), error.exit_code)
    except SystemExit as stop:
        if stop.code == _INTERRUPTED:
            _end(
                "stopped. What was finished is kept; the same command goes on from there.",
                _INTERRUPTED,
            )
        raise
    except Exception as error:
        if isinstance(error, OSError) and (refusal := as_refusal(error)):
            _end(str(refusal), refusal.exit_code)
        _end(_unexpected(error), _UNEXPECTED)


def _end(message: str, exit_code: int) -> NoReturn:
    if os.environ.get(DEBUG):
        traceback.print_exc()
    typer.echo(f"error: {message}", err=True)
    sys.exit(exit_code)


def _unexpected(error: Exception) -> str:
    where = traceback.extract_tb(error.__traceback__)[-1]
    notes = getattr(error, "__notes__", [f"Set {DEBUG}=1 to see the traceback."])
    return (
        f"unexpected {type(error).__name__}: {error} ({Path(where.filename).name}, line "
        f"{where.lineno}). This is a mistake in infiltrate: please report it. {' '.join(notes)}"
    )


def _engine_overrides(engine: str | None, master: str | None) -> list[str]:
    if master is not None and engine == "duckdb":
        raise ParamsError("--master goes with --engine spark; DuckDB runs in process.")
    chosen = {"name": engine, "master": master}
    return [f"choices.engine.{key}={value}" for key, value in chosen.items() if value is not None]


def _default_data(params_file: Path) -> Path:
    if params_file.resolve().parent.name == "params":
        return Path("data")
    beside = params_file.parent / "data"
    return beside if beside.is_dir() else params_file.parent


def _default_notebooks() -> Path:
    here = Path("notebooks")
    return here if here.is_dir() else Path(__file__).parents[2] / "notebooks"


def _say(line: str) -> None:
    try:
        typer.echo(line)
    except BrokenPipeError:  # nobody reads on, as after `| head`; the run goes on all the same
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _shown(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
