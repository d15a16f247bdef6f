"""Traces of whoever made a file: paths of a machine, mail addresses, authors in metadata."""

from __future__ import annotations

import getpass
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path

from infiltrate.report.page_text import Passage

METADATA = "metadata"
"""How the place of a passage begins that stands in a file's own description of itself."""

_ROOTS = r"home|Users|root|tmp|var|mnt|media|srv|opt|private|Volumes|workspaces?|scratch"
_PATH = re.compile(
    rf"(?<![\w.:/~%<-])/(?:{_ROOTS})/[^\s'\"<>|;,)\]]+"
    r"|(?<![A-Za-z0-9])[A-Za-z]:\\{1,2}[^\s\\/:*?\"<>|]+\\[^\s\"<>|]*"
    r"|(?<![\\\w])\\\\[A-Za-z0-9._-]+\\[^\s\"<>|]+"
    r"|\bfile://[^\s'\"<>]+"
    r"|(?<!\w)~[a-z]\w*/[^\s'\"<>]+"
)
_MAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}")
_AUTHOR = re.compile(
    r"author|artist|creator|owner|last.?modified.?by|photographer|by-?line|user|host|gps|"
    r"serial|location",
    re.IGNORECASE,
)
# programs that sign what they draw, and say nothing of who ran them
_PROGRAMS = re.compile(
    r"matplotlib|chromium|chrome|skia|mozilla|inkscape|infiltrate|nbconvert|pandas|parquet|"
    r"https?://|duckdb|plotly|seaborn|headless",
    re.IGNORECASE,
)
_SHORTEST_FOLDER = 6


def find_traces(
    passages: Sequence[Passage], allowed_texts: Iterable[str] = ()
) -> Iterator[tuple[Passage, str]]:
    """Yield every passage that holds a path of a machine, a mail address or an author.

    Paths are those under the usual roots of Linux, macOS and Windows, and those of this machine:
    its home, working and temporary folders. Authors count where a file describes itself: the
    metadata of a notebook, an image or a document. A mail address in an allowed text may stand.
    """
    allowed = "\n".join(allowed_texts)
    for passage in passages:
        for match in _PATH.finditer(passage.text):
            yield passage, f"path of a machine '{match.group()[:4]}…'"
        for folder in _own_folders():
            if re.search(rf"(?<![\w.-]){re.escape(folder)}(?![\w-])", passage.text):
                yield passage, f"path of this machine '{folder[:4]}…'"
        for match in _MAIL.finditer(passage.text):
            if match.group() not in allowed:
                yield passage, f"mail address '{match.group()[:2]}…'"
        if _names_somebody(passage):
            yield passage, f"somebody named in the metadata ({len(passage.text)} signs)"


def _names_somebody(passage: Passage) -> bool:
    return (
        passage.place.startswith(METADATA)
        and bool(_AUTHOR.search(passage.place))
        and bool(passage.text.strip())
        and not _PROGRAMS.search(passage.text)
    )


@cache
def _own_folders() -> tuple[str, ...]:
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = ""
    folders = {str(Path.home()), str(Path.cwd()), tempfile.gettempdir(), f"/home/{user}"}
    return tuple(sorted(name for name in folders if len(name) >= _SHORTEST_FOLDER))
