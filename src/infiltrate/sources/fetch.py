"""Download files of the registry that are not there, and check those that are."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

from infiltrate.errors import Problem, RunLocked, SourceError
from infiltrate.sources.download import (
    DownloadFailed,
    Progress,
    ResumingDownloader,
)
from infiltrate.sources.fetch_journal import hash_file, note_fetched, read_journal
from infiltrate.sources.fetch_plan import Download
from infiltrate.sources.partial import Partial
from infiltrate.sources.unpack import unpack_zip

Watch = Callable[[str], Progress]
"""Called with the path of a file before it is downloaded; gives what is told of its progress."""

_LOCK = ".fetching.lock"


@dataclass(frozen=True)
class Fetched:
    """A file that is there now, and how it came."""

    download: Download
    outcome: Literal["fetched", "continued", "there already", "unchanged", "changed"]
    size: int
    members: tuple[str, ...] = ()


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
        if pinned and hash_file(path) != pinned:
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
        before = hash_file(path) if path.is_file() else ""
        arrived.replace(path)
        self.journal = note_fetched(
            self.journal, download, self.data_dir, self.today, downloader.validators or {}
        )
        after = self.journal[download.path]["sha256"]
        if before:
            return "unchanged" if before == after else "changed"
        return "continued" if downloader.resumed else "fetched"

    def _downloader(self, download: Download, path: Path) -> ResumingDownloader:
        attempts, pause, timeout = self.patience
        return ResumingDownloader(
            Partial.of(path),
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


def _refusal(download: Download, found: str, fix: str) -> SourceError:
    where = f"{download.data_set.id}: {download.path}"
    return SourceError(
        "A file could not be had.", [Problem(where, found, fix=f"{fix} ({download.address})")]
    )
