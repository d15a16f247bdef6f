"""Have the raw files of a country: fetch them, look at them, start a country."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from infiltrate.cli.app import DataDir, ParamsFile, app, default_data, say, shown
from infiltrate.errors import ParamsError

if TYPE_CHECKING:
    from infiltrate.params.registry import Registry
    from infiltrate.sources.fetch import Fetched
    from infiltrate.sources.fetch_plan import FetchPlan

RegistryFile = Annotated[
    Path | None,
    typer.Option("--registry", help="Registry of data sets [default: the shipped one]."),
]
_MEGABYTE = 1_000_000
_EVERY_SHARE = 0.25


@app.command()
def fetch(
    params_file: Annotated[
        Path | None, typer.Argument(help="The country's YAML file, e.g. params/it.yaml.")
    ] = None,
    *,
    data: DataDir = None,
    names: Annotated[
        str | None,
        typer.Option("--list", help="Only name the data sets of a country, e.g. IT, or of all."),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--everything", help="All the registry has for the country.")
    ] = False,
    only: Annotated[
        list[str] | None, typer.Option(help="Only this data set of the registry; may be repeated.")
    ] = None,
    day: Annotated[
        str | None, typer.Option(help="Day in addresses that name one, e.g. 2025-06-01.")
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Fetch anew and take what is published now.")
    ] = False,
    registry: RegistryFile = None,
) -> None:
    """Download the raw files of a study, and say which of them a person has to get."""
    from infiltrate.params.registry import load_registry

    known = load_registry(registry)
    if names is not None:
        _list(known, names)
        return
    if params_file is None:
        raise ParamsError("fetch: name a parameter file, or a country with --list IT.")
    from infiltrate.params.load import load_params
    from infiltrate.sources.fetch import fetch_files
    from infiltrate.sources.fetch_journal import advise
    from infiltrate.sources.fetch_plan import plan_fetch

    params, folder = load_params(params_file), data or default_data(params_file)
    today = date.today()
    plan = plan_fetch(
        params,
        known,
        folder,
        today=today,
        day=_day(day),
        everything=everything or bool(only),
    )
    downloads = [item for item in plan.downloads if not only or item.data_set.id in only]
    _refuse_unknown(only, plan)
    _tell_by_hand(plan, only)
    if downloads:
        with _watching() as watch:
            files = fetch_files(downloads, folder, today=today, watch=watch, again=again)
        _tell_files(files, folder)
        for line in advise(params, folder):
            say(f"In {shown(params_file)}: {line}")
    else:
        say("There is nothing to download.")


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise ParamsError(f"--day {text}: no day; write it as 2025-06-01.") from None


def _list(registry: Registry, country: str) -> None:
    chosen = registry.data_sets if country == "all" else registry.of_country(country.upper())
    if not chosen:
        raise ParamsError(f"--list {country}: the registry has nothing for it.")
    for item in chosen:
        how = "download" if item.access == "open" else f"by hand ({item.access})"
        say(f"{item.id:34} {how:20} {item.status:9} {item.title}; {item.publisher}")


def _refuse_unknown(only: list[str] | None, plan: FetchPlan) -> None:
    known = {item.data_set.id for item in plan.downloads} | {item.name for item in plan.by_hand}
    unknown = sorted(set(only or ()) - known)
    if unknown:
        raise ParamsError(
            f"--only {', '.join(unknown)}: not among the data sets of this country: "
            f"{', '.join(sorted(known)) or 'there are none'}."
        )


def _tell_by_hand(plan: FetchPlan, only: list[str] | None) -> None:
    missing = [
        item for item in plan.by_hand if not item.is_there and (not only or item.name in only)
    ]
    if missing:
        say(f"To get by hand, as no command can fetch it ({len(missing)}):")
    for item in missing:
        say(f"  {item.name}: {item.why}. {item.how.rstrip('.')}. Put it at {item.path}.")
    there = sum(item.is_there for item in plan.by_hand)
    if there and not only:
        say(f"Got by hand before and there: {there}.")


def _tell_files(files: list[Fetched], folder: Path) -> None:
    for file in files:
        taken = f", {len(file.members)} unpacked" if file.members else ""
        size = f"{file.size / _MEGABYTE:,.1f} MB"
        say(f"  {file.outcome:13} {size:>12}  {file.download.path}{taken}")
    have = "1 file is" if len(files) == 1 else f"{len(files)} files are"
    say(f"{have} in {shown(folder)}; fetched.json there says what came from where.")


@contextmanager
def _watching() -> Iterator[Callable[[str], Callable[[int, int | None], None]]]:
    """Give bars on a terminal, and a line at each quarter anywhere else."""
    if not sys.stdout.isatty():
        yield _plain_lines
        return
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with Progress(*columns, TransferSpeedColumn()) as bars:

        def watch(path: str) -> Callable[[int, int | None], None]:
            bar = bars.add_task(path, total=None)
            return lambda done, total: bars.update(bar, completed=done, total=total)

        yield watch


def _plain_lines(path: str) -> Callable[[int, int | None], None]:
    told = -1

    def tell(done: int, total: int | None) -> None:
        nonlocal told
        quarter = int(done / total / _EVERY_SHARE) if total else 0
        if quarter != told:
            told = quarter
            of_all = f" of {total / _MEGABYTE:,.1f}" if total else ""
            say(f"  {path}: {done / _MEGABYTE:,.1f}{of_all} MB")

    return tell


@app.command(name="new-country")
def new_country(
    country: Annotated[str, typer.Argument(help="Two letters of ISO 3166-1, e.g. CO.")],
    *,
    out: Annotated[
        Path | None, typer.Option(help="The file to write [default: params/<country>.yaml].")
    ] = None,
    name: Annotated[str, typer.Option(help="Name of the country, for the title.")] = "",
    data: DataDir = None,
    registry: RegistryFile = None,
) -> None:
    """Start a country: a parameter file with what is known of it, and a checklist."""
    from infiltrate.params.registry import load_registry
    from infiltrate.sources.checklist import write_checklist
    from infiltrate.sources.drafts import write_drafts
    from infiltrate.sources.new_country import read_start, start_country

    known = load_registry(registry)
    start = start_country(country, known, name=name, today=date.today())
    path = out or Path("params") / f"{country.lower()}.yaml"
    params = read_start(start)
    folder = data or default_data(path)
    list_path = path.with_name(f"{path.stem}_checklist.md")
    to_do = write_checklist(params, known, folder, start.notes, start.missing)
    write_drafts({path: start.text, list_path: to_do})
    say(f"{shown(path)}: {len(params.sources)} sources, {len(params.facts.thresholds)} thresholds.")
    say(f"{shown(list_path)}: what is still to be looked up, fetched and decided.")


@app.command()
def checklist(params_file: ParamsFile, data: DataDir = None, registry: RegistryFile = None) -> None:
    """Print what a country still needs: facts to check, files to have, questions to answer."""
    from infiltrate.params.load import load_params
    from infiltrate.params.registry import load_registry
    from infiltrate.sources.checklist import write_checklist

    params, folder = load_params(params_file), data or default_data(params_file)
    say(write_checklist(params, load_registry(registry), folder).rstrip())


@app.command()
def profile(
    file: Annotated[Path, typer.Argument(help="An unknown file: text in columns, or JSON.")],
    *,
    country: Annotated[
        str, typer.Option(help="Two letters of ISO 3166-1: whose numbers and words are likely.")
    ] = "",
    out: Annotated[
        Path | None, typer.Option(help="Where the draft goes [default: it is printed].")
    ] = None,
    data: DataDir = None,
) -> None:
    """Look at an unknown file and draft the block of `sources` that may read it."""
    from infiltrate.sources.drafts import write_drafts
    from infiltrate.sources.profile import profile_file
    from infiltrate.sources.profile_draft import draft_source
    from infiltrate.sources.profile_summary import describe_profile

    code = country.upper()
    found = profile_file(file, code)
    folder = (data or Path("data")).resolve()
    whole = file.resolve()
    path = whole.relative_to(folder).as_posix() if whole.is_relative_to(folder) else file.name
    draft = draft_source(found, path, code)
    say(describe_profile(found))
    if out is None:
        say(f"\n{draft.rstrip()}")
        return
    write_drafts({out: f"sources:\n{draft}"})
    say(f"{shown(out)}: the draft; copy it into the parameter file and look at every line.")
