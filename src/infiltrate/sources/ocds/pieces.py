"""What stands in an OCDS file, piece by piece: releases with their line, or why there is none."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

_GZIP = b"\x1f\x8b"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_CHUNK = 1 << 20
_LINE_HEAD = 1 << 12


@dataclass(frozen=True)
class RejectedPiece:
    """A line or release that could not be used: where it is and why, without its content."""

    file: str
    line: int
    rule: str
    found: str


@dataclass(frozen=True)
class Piece:
    """One release, the line it stands on, and whether it is a compiled one."""

    file: str
    line: int
    release: dict[str, Any]
    is_compiled: bool


def is_gzip(path: Path) -> bool:
    """Whether a file is compressed, whatever it is called."""
    with path.open("rb") as file:
        return file.read(2) == _GZIP


def is_one_document(path: Path) -> bool:
    """Whether a file is one JSON document over several lines, and not one document a line."""
    with _open(path) as file:
        start = end = file.readline(_LINE_HEAD)
        while (more := b"" if end.endswith(b"\n") else file.readline(_CHUNK)).strip():
            end = more  # a release is often longer than the head
        start, end = start.removeprefix(_BYTE_ORDER_MARK).strip(), end.strip()
        if not start.startswith((b"{", b"[")):
            return False
        if start in (b"{", b"[") or not end.endswith(b"}"):
            return not file.readline(_LINE_HEAD).lstrip().startswith(b'{"')
    return False


def read_pieces(path: Path, name: str, largest_line: int) -> Iterator[Piece | RejectedPiece]:
    """Read every release of a file.

    Parameters
    ----------
    path : Path
        Compiled releases, releases or packages, one JSON document a line; or one package. Plain
        or gzip.
    name : str
        What the file is called in the pieces.
    largest_line : int
        A longer line is rejected unread; in bytes.

    Yields
    ------
    Piece or RejectedPiece
        In the order of the file. Of a record with a compiled release that one is taken, and its
        releases otherwise. In a file that is one package, the line is the number of the release.
    """
    if is_one_document(path):
        with _open(path) as file:
            pieces = _read_document(file.read(), name, 1)
            yield from (replace(piece, line=at) for at, piece in enumerate(pieces, start=1))
        return
    for line, text in _read_lines(path, largest_line):
        if text is None:
            found = f"more than {largest_line:,} bytes"
            yield RejectedPiece(name, line, "line_too_long", found)
        elif text.strip():
            yield from _read_document(text, name, line)


def _open(path: Path) -> BinaryIO:
    return gzip.open(path, "rb") if is_gzip(path) else path.open("rb")  # type: ignore[return-value]


def _read_lines(path: Path, largest: int) -> Iterator[tuple[int, bytes | None]]:
    with _open(path) as file:
        number = 0
        while text := file.readline(largest + 1):
            number += 1
            if len(text) <= largest or text.endswith(b"\n"):
                yield number, text
                continue
            yield number, None
            while (rest := file.readline(_CHUNK)) and not rest.endswith(b"\n"):
                pass


def _read_document(text: bytes, name: str, line: int) -> Iterator[Piece | RejectedPiece]:
    try:
        document = json.loads(text.removeprefix(_BYTE_ORDER_MARK).decode())
        json.dumps(document, ensure_ascii=False).encode()
    except UnicodeError as error:
        yield RejectedPiece(name, line, "encoding", f"not UTF-8: {error}")
    except RecursionError:
        yield RejectedPiece(name, line, "json", "nested too deeply")
    except ValueError as error:
        yield RejectedPiece(name, line, "json", str(error))
    else:
        for found in _releases_of(document):
            if isinstance(found, str):
                yield RejectedPiece(name, line, "no_release", found)
            else:
                yield Piece(name, line, found, _is_compiled(found))


def _releases_of(document: Any) -> Iterator[dict[str, Any] | str]:
    """Return the releases of a document, or why there is none; a record gives its compiled one."""
    if isinstance(document, list):
        for item in document:
            yield from _releases_of(item)
    elif not isinstance(document, dict):
        yield f"a {_kind(document)}, not an object"
    elif isinstance(document.get("compiledRelease"), dict):
        yield document["compiledRelease"]
    elif "releases" in document or "records" in document:
        parts = document.get("releases", document.get("records"))
        if isinstance(parts, list):
            for part in parts:
                yield from _releases_of(part)
        else:
            yield f"releases are a {_kind(parts)}, not a list"
    elif "versionedRelease" in document:
        yield "a record with only a versioned release"
    elif not document.get("ocid"):
        linked = " (only a link to a release elsewhere)" if "url" in document else ""
        yield f"no ocid{linked}"
    else:
        yield document


def _is_compiled(release: dict[str, Any]) -> bool:
    tag = release.get("tag")
    return not tag or tag == "compiled" or (isinstance(tag, list) and "compiled" in tag)


def _kind(value: Any) -> str:
    kinds = {dict: "object", list: "list", str: "text", bool: "true or false", type(None): "null"}
    return kinds.get(type(value), "number")
