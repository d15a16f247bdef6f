"""Objects of a JSON file: one a line, or the items of one array; plain or gzip."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from infiltrate.sources.files import RawFile
from infiltrate.sources.ocds.pieces import is_gzip

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Unreadable:
    """Why a line or item is no object: the rule it breaks and what was found, not its content."""

    rule: str
    found: str


def read_objects(file: RawFile) -> Iterator[tuple[int, dict[str, Any] | Unreadable]]:
    """Read every object of a file with its line, or its number in an array.

    Blank lines are left out. The rules are ``encoding`` (not UTF-8, or half a character),
    ``json`` and ``no_object``.

    Parameters
    ----------
    file : RawFile
        JSON lines, or one array of objects, which is then read as a whole.
    """
    with _open(file) as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            if number == 1 and line.removeprefix(_BYTE_ORDER_MARK).lstrip().startswith(b"["):
                yield from _read_array(line + lines.read())
                return
            yield number, _as_object(_parse(line))


def _read_array(text: bytes) -> Iterator[tuple[int, dict[str, Any] | Unreadable]]:
    found = _parse(text)
    for number, item in enumerate(found if isinstance(found, list) else [found], start=1):
        yield number, _as_object(item)


def _open(file: RawFile) -> BinaryIO:
    path = file.path
    return gzip.open(path, "rb") if is_gzip(path) else path.open("rb")  # type: ignore[return-value]


def _parse(text: bytes) -> Any:
    try:
        value = json.loads(text.removeprefix(_BYTE_ORDER_MARK).decode())
        if b"\\u" in text:
            # A half of a surrogate pair can be escaped in JSON, and stored nowhere.
            json.dumps(value, ensure_ascii=False).encode()
    except (UnicodeDecodeError, UnicodeEncodeError) as error:
        return Unreadable("encoding", f"not UTF-8: {error.reason}")
    except RecursionError:
        return Unreadable("json", "nested too deeply")
    except ValueError as error:
        return Unreadable("json", str(error))
    return value


def _as_object(value: Any) -> dict[str, Any] | Unreadable:
    if isinstance(value, dict | Unreadable):
        return value
    return Unreadable("no_object", "not an object")
