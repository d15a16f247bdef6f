"""Download one file over HTTP: go on where it stopped, try again, and never take half for whole."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import infiltrate
from infiltrate.sources.partial import Partial, Version

if TYPE_CHECKING:
    from requests import Response

Progress = Callable[[int, int | None], None]
"""Called with the bytes there are and those announced, None when the server does not say."""

_CHUNK = 1 << 18
_TRY_LATER = frozenset({408, 425, 429, 500, 502, 503, 504})
_LONGEST_WAIT = 120.0
_IN_WORDS = {
    401: "asks for a login",
    403: "refuses to give the file",
    404: "has no such file",
    410: "no longer has the file",
    451: "may not give the file for legal reasons",
}
_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")


class DownloadFailed(Exception):
    """A file could not be had; the message is a sentence for the user.

    Attributes
    ----------
    found : str
        What happened.
    fix : str
        What to do about it.
    is_offline : bool
        Whether the host could not be reached at all.
    """

    def __init__(self, found: str, fix: str, is_offline: bool = False) -> None:
        super().__init__(found)
        self.found, self.fix, self.is_offline = found, fix, is_offline


class _Interrupted(Exception):
    """The transfer broke off, or the server is busy; what came is kept."""

    def __init__(self, found: str, wait: float | None = None) -> None:
        super().__init__(found)
        self.wait = wait


@dataclass
class ResumingDownloader:
    """A downloader as pooch calls it, which keeps what came until the file is whole.

    What has come stays in its `Partial` with the version of the file beside it. A transfer that
    broke off asks for the rest, on the condition that the file is still that version (RFC 9110,
    If-Range); when it changed in between, all of it comes again.

    Attributes
    ----------
    partial : Partial
        Where what came is kept.
    progress : callable
        Told how far it is.
    attempts : int
        Attempts in a row that bring nothing before it gives up.
    pause : float
        Seconds before the second attempt; doubled each time, unless the server names a wait.
    timeout : float
        Seconds without a byte after which a connection counts as broken.
    binary : bool
        Whether a web page in place of the file is a mistake.
    resumed : bool
        Set when a part that was there before went into the file.
    validators : mapping
        Set to what the server says of the version: ``etag`` and ``last_modified``.
    """

    partial: Partial
    progress: Progress
    attempts: int = 5
    pause: float = 1.0
    timeout: float = 60.0
    binary: bool = True
    resumed: bool = False
    validators: dict[str, str | None] | None = None

    def __call__(self, url: str, output_file: str, pooch: object, check_only: bool = False) -> None:
        """Download ``url`` to ``output_file``.

        Raises
        ------
        DownloadFailed
            When it cannot be had.
        """
        self.partial.path.parent.mkdir(parents=True, exist_ok=True)
        failures, before = 0, self.partial.size
        while True:
            try:
                self._attempt(url)
                break
            except _Interrupted as broken:
                now = self.partial.size
                failures = 1 if now > before else failures + 1
                before = max(now, before)
                if failures >= self.attempts:
                    raise DownloadFailed(
                        f"{broken}, {self.attempts} times in a row",
                        "Run the same command later; it goes on from what has come",
                    ) from broken
                time.sleep(self._wait(broken, failures))
        self.partial.finish(Path(output_file))

    def _attempt(self, url: str) -> None:
        import requests
        from urllib3.exceptions import HTTPError, ProtocolError, ReadTimeoutError

        version, have = self.partial.version(url), self.partial.size
        headers = {
            "Accept-Encoding": "identity",
            "User-Agent": f"infiltrate/{infiltrate.__version__}",
        }
        if have and version is not None:
            headers["Range"] = f"bytes={have}-"
            headers["If-Range"] = version.condition or ""
        try:
            with requests.get(url, headers=headers, stream=True, timeout=self.timeout) as answer:
                self._receive(url, answer, have if "Range" in headers else 0, version)
        except requests.exceptions.SSLError as error:
            raise DownloadFailed(
                f"{_host(url)} does not show a certificate that can be trusted",
                "Fetch it by hand if you trust the host; the check is never switched off",
            ) from error
        except requests.exceptions.ProxyError as error:
            raise DownloadFailed(
                "the proxy does not answer",
                "Correct HTTPS_PROXY, HTTP_PROXY or NO_PROXY of the environment",
                is_offline=True,
            ) from error
        except (requests.exceptions.ReadTimeout, ReadTimeoutError) as error:
            raise _Interrupted(f"{_host(url)} sent nothing for {self.timeout:g} s") from error
        except (requests.exceptions.ChunkedEncodingError, ProtocolError) as error:
            raise _Interrupted("the connection broke off") from error
        except requests.exceptions.ConnectionError as error:
            raise _unreachable(url, error, self.partial.size) from error
        except (requests.exceptions.RequestException, HTTPError) as error:
            raise DownloadFailed(
                f"{_host(url)} cannot be asked ({type(error).__name__})", "Correct the address"
            ) from error

    def _receive(self, url: str, answer: Response, have: int, version: Version | None) -> None:
        if answer.status_code == 416 and have:
            self.partial.forget()
            raise _Interrupted("what came is longer than the file is now")
        _refuse_status(url, answer)
        if url.startswith("https:") and not answer.url.startswith("https:"):
            raise DownloadFailed("the address leads to an unprotected one", "Fetch it by hand")
        if self.binary and "text/html" in answer.headers.get("Content-Type", ""):
            raise DownloadFailed(
                "a web page came instead of the file",
                "Open the address: it may ask for a login, or have moved",
            )
        start, total = _extent(answer)
        if answer.headers.get("Content-Encoding", "identity") != "identity":
            # Packed on the way though asked not to: the length announced is not the file's.
            total = None
        if have and start != have:
            self.partial.forget()
            start, total = (0, total) if start == 0 else _refuse_place(start, have)
        seen = Version(url, answer.headers.get("ETag"), answer.headers.get("Last-Modified"), total)
        if start and version and seen != version:
            # A server that does not know If-Range sends the rest of another file.
            self.partial.forget()
            raise _Interrupted("the file changed while it was fetched")
        self.partial.keep(seen)
        self.resumed = self.resumed or bool(start)
        self.validators = {"etag": seen.etag, "last_modified": seen.modified}
        with self.partial.path.open("ab" if start else "wb") as file:
            self.progress(start, total)
            # What arrived is written at once: a larger read that breaks off would lose it.
            while chunk := answer.raw.read1(_CHUNK, decode_content=True):
                file.write(chunk)
                start += len(chunk)
                self.progress(start, total)
        if total is not None and start != total:
            raise _Interrupted(f"{start:,} of {total:,} announced bytes came")

    def _wait(self, broken: _Interrupted, failures: int) -> float:
        own = self.pause * 2 ** (failures - 1)
        return min(max(own, broken.wait or 0.0), _LONGEST_WAIT)


def _refuse_status(url: str, answer: Response) -> None:
    status = answer.status_code
    if status in (200, 206):
        return
    if status in _TRY_LATER:
        raise _Interrupted(f"{_host(url)} answers with error {status}", _asked_wait(answer.headers))
    words = _IN_WORDS.get(status, "does not give the file")
    raise DownloadFailed(
        f"{_host(url)} {words} (status {status})",
        "Look the address up on the page of the data set and correct the registry",
    )


def _asked_wait(headers: Any) -> float | None:
    """Return the seconds that a server asks to wait, as a number or until a moment."""
    asked = headers.get("Retry-After", "")
    if asked.isdecimal():
        return float(asked)
    try:
        return max(0.0, parsedate_to_datetime(asked).timestamp() - time.time())
    except (TypeError, ValueError):
        return None


def _extent(answer: Response) -> tuple[int, int | None]:
    """Return where the body begins in the file, and how long the file is."""
    if answer.status_code == 206:
        match = _RANGE.fullmatch(answer.headers.get("Content-Range", ""))
        if match is None:
            raise DownloadFailed("the server sent a part without saying which", "Try again later")
        return int(match[1]), None if match[2] == "*" else int(match[2])
    announced = answer.headers.get("Content-Length", "")
    return 0, int(announced) if announced.isdecimal() else None


def _refuse_place(start: int, have: int) -> tuple[int, int | None]:
    raise DownloadFailed(
        f"the server sent bytes from {start:,} when asked for those from {have:,}",
        "Run the same command again; it begins anew",
    )


def _unreachable(url: str, error: Exception, have: int) -> Exception:
    """Tell a host that cannot be reached from a connection that broke."""
    text = str(error)
    if any(word in text for word in ("NameResolution", "Failed to resolve", "unreachable")):
        return DownloadFailed(
            f"{_host(url)} cannot be reached: there is no network, or no such host",
            "Offline, bring the file on a medium and put it where the path says",
            is_offline=True,
        )
    if "refused" in text or "ConnectTimeout" in type(error).__name__:
        return DownloadFailed(
            f"{_host(url)} does not accept connections",
            "Try again later, or set HTTPS_PROXY where a proxy is needed",
            is_offline=True,
        )
    return _Interrupted("the connection broke off")


def _host(url: str) -> str:
    return urlsplit(url).netloc
