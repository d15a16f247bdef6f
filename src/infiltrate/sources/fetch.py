"""Fetch the raw files of a study: download what anyone may, say what a person has to get."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from infiltrate.errors import ParamsError, Problem, RunLocked, SourceError, StoreError
from infiltrate.params.paths import nearest
from infiltrate.params.registry import DataSet, Registry, fill_in
from infiltrate.params.sources import Source
from infiltrate.params.study import StudyParams
from infiltrate.sources.download import (
    PARTIAL_SUFFIX,
    DownloadFailed,
    Progress,
    ResumingDownloader,
)
from infiltrate.sources.files import find_files
from infiltrate.sources.unpack import unpack_zip
from infiltrate.tables.files import replace_file

JOURNAL = "fetched.json"
"""What was fetched, below the data folder: address, day, size and SHA-256 of each file."""

Watch = Callable[[str], Progress]
"""Called with the path of a file before it is downloaded; gives what is told of its progress."""

_LOCK = ".fetching.lock"


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


@dataclass(frozen=True)
class Fetched:
    """A file that is there now, and how it came."""

    download: Download
    outcome: Literal["fetched", "continued", "there already", "unchanged", "changed"]
    size: int
    members: tuple[str, ...] = ()


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


def fetch_files(
    downloads: Sequence[Download],
    data_dir: Path,
    *,
    today: date,
    watch: Watch | None = None,
    again: bool = False,
    attempts: int = 5,
    pause: float = 1.0,
    timeout: float = 60.0,
) -> list[Fetched]:
    """Download files that are not there, and check those that are.

    A file is pinned by the registry's checksum, or else by what the journal says came the first
    time. One that is there and was never fetched by this command is left alone. The journal is
    written after each file, so a stopped command goes on where it was.

    Parameters
    ----------
    downloads : sequence of Download
        What to have.
    data_dir : Path
        Folder of the raw files.
    today : date
        Day noted in the journal.
    watch : callable, optional
        Gives what is told of the progress of a file.
    again : bool
        Whether to download all of it again and take what is published now.
    attempts, pause, timeout
        As of `infiltrate.sources.download.ResumingDownloader`.

    Raises
    ------
    SourceError
        With every file that could not be had, after all were tried.
    RunLocked
        When another command fetches into the same folder.
    """
    from filelock import FileLock, Timeout

    data_dir.mkdir(parents=True, exist_ok=True)
    lock = FileLock(data_dir / _LOCK)
    try:
        with lock.acquire(timeout=0):
            fetcher = _Fetcher(data_dir, today, watch, again, (attempts, pause, timeout))
            done = [file for item in downloads if (file := fetcher.have(item)) is not None]
    except Timeout as error:
        raise RunLocked("Another command is fetching into this folder; wait until it ends.") from (
            error
        )
    if fetcher.problems:
        count = len(fetcher.problems)
        raise SourceError(
            f"{count} of {len(downloads)} files could not be had; there are {len(done)}.",
            fetcher.problems,
        )
    return done


def read_journal(data_dir: Path) -> dict[str, dict[str, Any]]:
    """Return what is known of the fetched files by their path below the data folder.

    Raises
    ------
    StoreError
        When the journal is there and cannot be read.
    """
    path = data_dir / JOURNAL
    if not path.is_file():
        return {}
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
        return {entry["path"]: entry for entry in entries}
    except (ValueError, TypeError, KeyError) as error:
        raise StoreError(
            f"{JOURNAL} in the data folder is damaged. Delete it: files that are there stay, and "
            "are no longer compared with what was fetched."
        ) from error


def advise(params: StudyParams, data_dir: Path) -> list[str]:
    """Say what the parameter file still lacks after a download, in sentences.

    A source that finds none of its files has a path that does not match where they went; one
    without day of retrieval takes that of the journal.
    """
    journal = read_journal(data_dir)
    fetched_on = {entry["data_set"]: entry["fetched_on"] for entry in journal.values()}
    said = []
    for source in params.sources:
        days = [fetched_on[name] for name in source.data_sets if name in fetched_on]
        if days and not find_files(source, data_dir):
            said.append(
                f"sources[{source.id}].path: {source.path} matches nothing that was fetched."
            )
        elif days and source.retrieved_on is None:
            said.append(f"sources[{source.id}]: add retrieved_on: {max(days)}")
    return said


class _Fetcher:
    """One run of the command: what is wrong so far, and which hosts do not answer."""

    def __init__(
        self,
        data_dir: Path,
        today: date,
        watch: Watch | None,
        again: bool,
        patience: tuple[int, float, float],
    ) -> None:
        self.data_dir, self.today, self.watch, self.again = data_dir, today, watch, again
        self.patience = patience
        self.journal = read_journal(data_dir)
        self.problems: list[Problem] = []
        self.silent_hosts: set[str] = set()

    def have(self, download: Download) -> Fetched | None:
        """Make sure that a file is there; None when it cannot be, and why is noted."""
        path = self.data_dir / download.path
        try:
            if path.is_file() and not self.again:
                outcome: Any = self._compare(download, path)
            else:
                outcome = self._fetch(download, path)
            members = self._unpack(download, path)
        except SourceError as error:
            self.problems.extend(error.problems)
            return None
        return Fetched(download, outcome, path.stat().st_size, members)

    def _compare(self, download: Download, path: Path) -> str:
        pinned = self._pinned(download)
        if pinned and _sha256(path) != pinned:
            noted = self.journal.get(download.path, {}).get("fetched_on")
            raise _refusal(
                download,
                f"is not the file that was {f'fetched on {noted}' if noted else 'registered'}",
                "Put that one back, or take what is published now: --again",
            )
        return "there already"

    def _fetch(self, download: Download, path: Path) -> str:
        import pooch

        host = download.address.split("/")[2]
        if host in self.silent_hosts:
            raise _refusal(download, f"{host} did not answer before", "Try again later")
        # pooch tells of each step on its own; ours are told by `watch`
        logging.getLogger("pooch").setLevel(logging.WARNING)
        pooch.get_logger().setLevel(logging.WARNING)
        arrived = path.with_name(f".{path.name}.arrived")
        arrived.unlink(missing_ok=True)
        downloader = self._downloader(download, path)
        pinned = self._pinned(download)
        try:
            pooch.retrieve(
                download.address,
                f"sha256:{pinned}" if pinned else None,
                fname=arrived.name,
                path=path.parent,
                downloader=downloader,
            )
        except DownloadFailed as error:
            if error.is_offline:
                self.silent_hosts.add(host)
            raise _refusal(download, error.found, error.fix) from error
        except ValueError as error:
            raise self._changed(download) from error
        before = _sha256(path) if path.is_file() else ""
        arrived.replace(path)
        after = self._note(download, path, downloader.validators or {})
        if before:
            return "unchanged" if before == after else "changed"
        return "continued" if downloader.resumed else "fetched"

    def _downloader(self, download: Download, path: Path) -> ResumingDownloader:
        attempts, pause, timeout = self.patience
        return ResumingDownloader(
            path.with_name(f".{path.name}{PARTIAL_SUFFIX}"),
            self.watch(download.path) if self.watch else lambda done, total: None,
            attempts=attempts,
            pause=pause,
            timeout=timeout,
            binary="html" not in download.data_set.format.lower(),
        )

    def _unpack(self, download: Download, path: Path) -> tuple[str, ...]:
        if not download.data_set.unpack:
            return ()
        members = unpack_zip(path, download.data_set.unpack)
        return tuple(member.relative_to(self.data_dir).as_posix() for member in members)

    def _pinned(self, download: Download) -> str | None:
        registered = download.data_set.sha256.get(download.path)
        if registered or self.again:
            return registered
        return self.journal.get(download.path, {}).get("sha256")

    def _changed(self, download: Download) -> SourceError:
        noted = self.journal.get(download.path, {}).get("fetched_on")
        if download.data_set.sha256.get(download.path):
            return _refusal(
                download,
                "what came does not have the checksum of the registry: cut short, or another file",
                "Try again; if it stays so, look at the page and correct the registry",
            )
        return _refusal(
            download,
            f"the publisher's file is no longer the one fetched on {noted}",
            "Ask whoever fetched it then for that file, or take the new one: --again",
        )

    def _note(self, download: Download, path: Path, validators: dict[str, str | None]) -> str:
        sha256 = _sha256(path)
        entry = download.data_set
        self.journal[download.path] = {
            "path": download.path,
            "data_set": entry.id,
            "address": download.address,
            "publisher": entry.publisher,
            "licence": entry.licence,
            "fetched_on": self.today.isoformat(),
            "bytes": path.stat().st_size,
            "sha256": sha256,
            **validators,
        }
        text = json.dumps(
            [self.journal[name] for name in sorted(self.journal)],
            indent=1,
            ensure_ascii=False,
            sort_keys=True,
        )
        with replace_file(self.data_dir / JOURNAL) as temporary:
            temporary.write_text(text + "\n", encoding="utf-8")
        return sha256


def _sha256(path: Path) -> str:
    import pooch

    return str(pooch.file_hash(path, alg="sha256"))


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


def _refusal(download: Download, found: str, fix: str) -> SourceError:
    where = f"{download.data_set.id}: {PurePosixPath(download.path)}"
    return SourceError(
        "A file could not be had.", [Problem(where, found, fix=f"{fix} ({download.address})")]
    )
