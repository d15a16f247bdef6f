"""How an unknown file is written: its encoding, the mark between fields, where its header is."""

from __future__ import annotations

import codecs
import csv
import gzip
import zipfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from infiltrate.errors import Problem, SourceError
from infiltrate.sources.files import decodes
from infiltrate.sources.profile_format import json_reader, table_reader

_SAMPLE_BYTES = 4_000_000
_SAMPLE_LINES = 400
_DELIMITERS = (",", ";", "\t", "|", "^")
_MOST_TITLE_LINES = 12
# Encodings that publishers write, in the order in which they are tried when several fit.
_WESTERN = ("cp1252", "latin-1")
_CENTRAL = ("cp1250", "iso8859-2")
_CENTRAL_EUROPE = frozenset(["HU", "RO", "PL", "CZ", "SK", "SI", "HR", "RS", "BA", "AL"])
_MOST_BAD_LINES = 0.01


@dataclass(frozen=True)
class Layout:
    """How a file is written.

    Attributes
    ----------
    reader : str
        A reader that knows the format, else ``delimited``.
    encoding, delimiter, quote, title_lines
        As in a source of the parameters.
    header : tuple of str
        Names of the columns; invented ones when the file has none.
    has_header : bool
        Whether the names stand in the file.
    doubts : tuple of str
        What could also be otherwise, in sentences.
    """

    reader: str
    encoding: str = "utf-8"
    delimiter: str = ","
    quote: str = '"'
    title_lines: int = 0
    header: tuple[str, ...] = ()
    has_header: bool = True
    doubts: tuple[str, ...] = ()


def find_layout(path: Path, country: str = "") -> Layout:
    """Find out how a file is written from its head.

    Parameters
    ----------
    path : Path
        The file.
    country : str
        ISO 3166-1 code; decides between encodings that both fit.

    Raises
    ------
    SourceError
        When it is empty, packed, a spreadsheet or not text.
    """
    sample = _head(path)
    if (reader := json_reader(sample)) is not None:
        return Layout(reader)
    encoding, doubts = _find_encoding(sample, country, path)
    text = sample.decode(encoding, errors="replace").removeprefix("\ufeff")
    lines = [line.rstrip("\r") for line in text.split("\n")[:_SAMPLE_LINES]]
    delimiter, title_lines = _find_table(lines)
    rows = list(csv.reader(lines[title_lines:], delimiter=delimiter))
    names = tuple(name.strip() for name in rows[0]) if rows else ()
    has_header = _is_header(rows)
    if not has_header:
        names = tuple(f"column_{at}" for at in range(1, len(names) + 1))
        doubts = (*doubts, "The first row looks like data: columns are numbered; name them.")
    if len(names) == 1:
        doubts = (*doubts, "There is one column only: the mark between fields may be another.")
    return Layout(
        table_reader(names),
        encoding=encoding,
        delimiter=delimiter,
        title_lines=title_lines,
        header=names,
        has_header=has_header,
        doubts=doubts,
    )


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            start = file.read(_SAMPLE_BYTES)
    except OSError as error:
        raise _refusal(path, f"cannot be read: {error.strerror}", "Name a file.") from error
    if start.startswith(b"PK"):
        held = _held(path)
        sheet = any(name.startswith(("xl/", "content.xml")) for name in held)
        found, fix = (
            ("is a spreadsheet", "Save the sheet as CSV (UTF-8) and profile that.")
            if sheet
            else (f"is a ZIP of {', '.join(held[:4])}", "Unpack it and profile what is in it.")
        )
        raise _refusal(path, found, fix)
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        raise _refusal(path, "is an old spreadsheet", "Save the sheet as CSV (UTF-8).")
    if start.startswith(b"%PDF"):
        raise _refusal(path, "is a PDF", "Ask the publisher for the table behind it.")
    if start.startswith(b"\x1f\x8b"):
        with gzip.open(path) as packed:
            start = packed.read(_SAMPLE_BYTES)
        if json_reader(start) is None:
            raise _refusal(path, "is packed by gzip", "Unpack it: tables are read unpacked.")
    if not start.strip():
        raise _refusal(path, "is empty", "Fetch it again.")
    if start.lstrip()[:1] == b"<":
        kind = "a web page" if b"<html" in start[:2000].lower() else "XML"
        raise _refusal(path, f"is {kind}", "Turn it into a table, one row per thing, or JSON.")
    return start


def _held(path: Path) -> list[str]:
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.namelist()
    except zipfile.BadZipFile:
        return ["a damaged archive"]


def _find_encoding(sample: bytes, country: str, path: Path) -> tuple[str, tuple[str, ...]]:
    if sample.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16", ()
    if sum(byte < 32 and byte not in b"\t\n\r\f" for byte in sample[:100_000]) > len(sample) / 100:
        raise _refusal(path, "is not text", "Ask the publisher for a table as text.")
    lines = sample.split(b"\n")[:-1] or [sample]
    bad = sum(not decodes(line, "utf-8") for line in lines)
    if bad == 0:
        return "utf-8", ()
    if bad <= _MOST_BAD_LINES * len(lines) and any(_is_written_in_utf8(line) for line in lines):
        return "utf-8", (f"{bad} of {len(lines)} lines are not UTF-8; they will be rejected.",)
    first, second = _CENTRAL if country in _CENTRAL_EUROPE else _WESTERN
    # 0x80 to 0x9F are letters and marks on Windows, and control characters in the ISO tables.
    windows = any(0x80 <= byte <= 0x9F for byte in sample)
    chosen = first if windows and decodes(sample, first) else second
    if not windows:
        chosen = _guess(sample, (first, second)) or second
    return chosen, (
        f"The encoding is taken for {chosen}: look at words with accents before you rely on it.",
    )


def _guess(sample: bytes, candidates: tuple[str, str]) -> str | None:
    """Ask charset-normalizer which of two tables gives likelier words."""
    from charset_normalizer import from_bytes

    rows = [line for line in sample.split(b"\n") if not line.isascii()][:500]
    best = from_bytes(b"\n".join(rows), cp_isolation=list(candidates)).best()
    found = codecs.lookup(best.encoding).name if best else ""
    return next((name for name in candidates if codecs.lookup(name).name == found), None)


def _is_written_in_utf8(line: bytes) -> bool:
    return not line.isascii() and decodes(line, "utf-8")


def _find_table(lines: Sequence[str]) -> tuple[str, int]:
    """Return the mark between fields, and the lines above the header."""
    best = (0.0, ",", 0)
    for delimiter in _DELIMITERS:
        rows = list(csv.reader(lines, delimiter=delimiter))
        widths = Counter(len(row) for row in rows if any(cell.strip() for cell in row))
        if not widths:
            continue
        width, count = max(widths.items(), key=lambda item: (item[1] * min(item[0], 6), item[0]))
        fit = count / sum(widths.values()) * (1 - 1 / width) if width > 1 else 0.0
        if fit > best[0]:
            best = (fit, delimiter, _title_lines(lines, delimiter, width))
    return best[1], best[2]


def _title_lines(lines: Sequence[str], delimiter: str, width: int) -> int:
    for at, line in enumerate(lines[:_MOST_TITLE_LINES]):
        cells = next(csv.reader([line], delimiter=delimiter), [])
        filled = sum(bool(cell.strip()) for cell in cells)
        if len(cells) == width and filled >= 0.6 * width:
            return at
    return 0


def _is_header(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row names columns: hardly a figure in it, and no name twice."""
    if len(rows) < 2:
        return True
    names = [cell.strip() for cell in rows[0] if cell.strip()]
    figures = sum(cell.lstrip("-").replace(".", "").replace(",", "").isdecimal() for cell in names)
    below = [cell.strip() for row in rows[1:21] for cell in row if cell.strip()]
    repeated = sum(name in below for name in names if not name.isdecimal())
    return figures <= 0.1 * len(names) and repeated <= 0.3 * len(names)


def _refusal(path: Path, found: str, fix: str) -> SourceError:
    return SourceError("The file cannot be profiled.", [Problem(path.name, found, fix=fix)])
