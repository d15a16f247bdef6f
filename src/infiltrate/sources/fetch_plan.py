"""What there is to fetch for a study: files to download, and files that a person gets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from infiltrate.errors import ParamsError, Problem
from infiltrate.params.paths import nearest
from infiltrate.params.registry import DataSet, Registry, fill_in
from infiltrate.params.sources import Source
from infiltrate.params.study import StudyParams
from infiltrate.sources.files import find_files


@dataclass(frozen=True)
class Download:
    """One file to be had.

    Attributes
    ----------
    data_set : DataSet
        Entry of the registry.
    address : str
        Where it is.
    path : str
        Where it goes, below the data folder.
    """

    data_set: DataSet
    address: str
    path: str


@dataclass(frozen=True)
class ByHand:
    """Something that no command can fetch: what, why, how to have it, and where to put it."""

    name: str
    why: str
    how: str
    path: str
    is_there: bool = False


@dataclass(frozen=True)
class FetchPlan:
    """What a study needs: files to download, and files that a person gets."""

    downloads: tuple[Download, ...]
    by_hand: tuple[ByHand, ...]


def plan_fetch(
    params: StudyParams,
    registry: Registry,
    data_dir: Path,
    *,
    today: date,
    day: date | None = None,
    everything: bool = False,
) -> FetchPlan:
    """Say what there is to fetch for a study.

    Parameters
    ----------
    params : StudyParams
        The study; its sources name their entry of the registry in ``data_sets``.
    registry : Registry
        Where each data set is.
    data_dir : Path
        Folder of the raw files.
    today : date
        Day put into addresses that name one, where nothing else is said.
    day : date, optional
        Day put into all of them; by default that on which the source was retrieved.
    everything : bool
        Whether all that the registry holds for the country is meant, not the study's sources only.

    Raises
    ------
    ParamsError
        When a source names an entry that the registry does not have.
    """
    entries = _entries(params, registry)
    downloads: dict[str, Download] = {}
    by_hand: dict[str, ByHand] = {}
    for source, entry in entries:
        if entry is not None and entry.access == "open":
            for download in downloads_of(entry, day or source.retrieved_on or today):
                downloads[download.path] = download
        else:
            item = _by_hand(source, entry, data_dir)
            by_hand[item.name] = _together(by_hand.get(item.name), item)
    for entry in registry.of_country(params.country) if everything else ():
        if entry.access == "open":
            for download in downloads_of(entry, day or today):
                downloads.setdefault(download.path, download)
        else:
            by_hand.setdefault(entry.id, _entry_by_hand(entry, day or today, data_dir))
    return FetchPlan(tuple(downloads.values()), tuple(by_hand.values()))


def downloads_of(entry: DataSet, day: date) -> list[Download]:
    """List the files of an entry of the registry as of a day."""
    return [
        Download(entry, fill_in(entry.address or "", day, part), fill_in(entry.path, day, part))
        for part in entry.parts or [""]
    ]


def _entries(params: StudyParams, registry: Registry) -> list[tuple[Source, DataSet | None]]:
    """Pair each source with its entries, or with none."""
    unknown = [
        _unknown_entry(source, name, registry)
        for source in params.sources
        for name in source.data_sets
        if registry.named(name) is None
    ]
    if unknown:
        raise ParamsError("The registry does not have everything that is named.", unknown)
    return [
        (source, registry.named(name) if name else None)
        for source in params.sources
        for name in source.data_sets or [""]
    ]


def _by_hand(source: Source, entry: DataSet | None, data_dir: Path) -> ByHand:
    is_there = bool(find_files(source, data_dir))
    if entry is not None:
        return ByHand(entry.id, _why(entry), _how(entry), source.path, is_there)
    how = f"Get it from {source.address or source.publisher}"
    return ByHand(source.id, "it names no entry of the registry", how, source.path, is_there)


def _together(first: ByHand | None, second: ByHand) -> ByHand:
    if first is None:
        return second
    paths = dict.fromkeys([*first.path.split(", "), second.path])
    return replace(second, path=", ".join(paths), is_there=first.is_there and second.is_there)


def _entry_by_hand(entry: DataSet, day: date, data_dir: Path) -> ByHand:
    path = fill_in(entry.path, day, "*")
    is_there = any(data_dir.glob(path))
    return ByHand(entry.id, _why(entry), _how(entry), path, is_there)


def _why(entry: DataSet) -> str:
    reasons = {
        "page": "files are chosen on a page",
        "interface": "it is queried through an interface",
        "login": "it asks for a login",
        "request": "it is given on request",
    }
    return reasons[entry.access]


def _how(entry: DataSet) -> str:
    return f"{entry.by_hand} ({entry.page})" if entry.page else entry.by_hand


def _unknown_entry(source: Source, name: str, registry: Registry) -> Problem:
    meant = nearest(name, [item.id for item in registry.data_sets])
    return Problem(
        f"sources[{source.id}].data_sets",
        f"the registry has no entry {name}",
        fix=f"Did you mean {meant}?" if meant else "infiltrate fetch --list all names them.",
    )
