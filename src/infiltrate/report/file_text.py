"""All the words of a file that might leave, whatever its kind."""

from __future__ import annotations

import base64
import csv
import io
import json
import math
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from html import unescape
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote_to_bytes

import pyarrow as pa
import pyarrow.parquet as pq

from infiltrate.report.grids import Grid, as_grid, read_html_grids
from infiltrate.report.image_text import read_jpeg, read_png
from infiltrate.report.page_text import Passage, normalise, read_passages, undo_escapes
from infiltrate.report.pdf_text import read_pdf
from infiltrate.report.traces import METADATA

_TEXTS = frozenset(
    [
        "",
        ".bib",
        ".cff",
        ".cfg",
        ".css",
        ".ini",
        ".js",
        ".lock",
        ".log",
        ".md",
        ".py",
        ".rst",
        ".sh",
        ".sql",
        ".tex",
        ".toml",
        ".txt",
        ".yaml",
        ".yml",
    ]
)
_EMBEDDED = re.compile(
    r"""data:([a-zA-Z]+/[\w.+-]+)(?:;(?!base64)[\w=.-]+)*(;base64)?,([^"'\s)<>]*)"""
)
_READ_AS_TEXT = ("text/", "image/svg+xml", "application/json", "font/", "application/font")
_AUTHORS = re.compile(
    r"""<meta\b(?=[^>]*\b(?:name|property)=["']?[\w:.]*(?:author|creator)\b)[^>]*?(content=)([^>]*)>"""
    r"""|<(dc:creator|dc:publisher|dc:contributor|author)\b[^>]*>(.*?)</\3>""",
    re.IGNORECASE | re.DOTALL,
)
_PAGES = frozenset([".html", ".htm", ".svg", ".xml", ".xhtml"])
_WITHOUT_WORDS = frozenset([".woff", ".woff2", ".ttf", ".otf"])
_LARGEST_CSV_FIELD = 2**24
_LONG_NUMBER = 10**8


@dataclass(frozen=True)
class FileText:
    """What a file says.

    Attributes
    ----------
    passages : tuple of Passage
        Its texts, those of its metadata with a place that begins with ``metadata``.
    grids : tuple of Grid
        Its tables.
    pages : tuple of str
        Its HTML, when it is or holds some.
    """

    passages: tuple[Passage, ...] = ()
    grids: tuple[Grid, ...] = ()
    pages: tuple[str, ...] = ()


class CannotRead(Exception):
    """The file is of no kind that can be looked into, or damaged."""


def read_file_text(name: str, content: bytes) -> FileText:
    """Read the texts and tables of a file.

    Parameters
    ----------
    name : str
        Its name; the ending tells the kind.
    content : bytes
        What it holds.

    Raises
    ------
    CannotRead
        When it cannot be looked into whole, with the reason in words. Such a file must not leave.
    """
    suffix = PurePosixPath(name).suffix.lower()
    if suffix in _WITHOUT_WORDS:
        return FileText()
    if suffix in _TEXTS:
        return _read_plain(content)
    if suffix in _PAGES:
        return read_page(_decode(content))
    reader = _READERS.get(suffix)
    if reader is None:
        raise CannotRead(f"files '{suffix}' cannot be looked into")
    try:
        return reader(content)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, OSError) as error:
        raise CannotRead(f"is no whole file of its kind ({type(error).__name__})") from error
    except (pa.ArrowException, zipfile.BadZipFile, csv.Error, RecursionError) as error:
        raise CannotRead(f"is no whole file of its kind ({type(error).__name__})") from error


def read_page(html: str) -> FileText:
    """Read a page or a vector drawing: its texts, tables and all that is embedded in it.

    Raises
    ------
    CannotRead
        When something embedded cannot be looked into.
    """
    parts = [FileText(tuple(read_passages(html)), tuple(read_html_grids(html)), (html,))]
    for found in _AUTHORS.finditer(html):
        body = re.sub(r"<[^>]*>|content=", " ", found[2] or found[4] or "")
        words = normalise(unescape(body)).strip(" \"'/>")
        parts.append(FileText((Passage(words, f"{METADATA} author", ""),)))
    for found in _EMBEDDED.finditer(html):
        parts.append(_within(_read_embedded(found), "embedded data"))
    return _join(iter(parts))


def _read_embedded(found: re.Match[str]) -> FileText:
    kind = found[1].lower()
    reader = _EMBEDDED_KINDS.get(kind)
    if reader is None:
        if kind.startswith(_READ_AS_TEXT) or kind == "":
            return FileText()
        raise CannotRead(f"holds embedded data of the kind '{kind[:40]}'")
    try:
        return reader(base64.b64decode(found[3]) if found[2] else unquote_to_bytes(found[3]))
    except (ValueError, KeyError, OSError, csv.Error) as error:
        raise CannotRead(f"holds damaged embedded data ({kind})") from error


def _decode(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _read_plain(content: bytes) -> FileText:
    if b"\0" in content[:4096] and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise CannotRead("holds no text, and its name does not say what else")
    passages = []
    number = 1
    for paragraph in re.split(r"((?:\r?\n[ \t]*){2,})", _decode(content)):
        if paragraph.strip():
            text = normalise(undo_escapes(paragraph))
            passages.append(Passage(text, f"line {number}", ""))
        number += paragraph.count("\n")
    return FileText(tuple(passages))


def _read_json(content: bytes) -> FileText:
    return _walk(_load(_decode(content)))


def _load(text: str) -> Any:
    """Read JSON in which no key stands twice: of two, a reader of the file sees both."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({key for key, _ in pairs}) < len(pairs):
            raise ValueError("a key stands twice")
        return dict(pairs)

    return json.loads(text, object_pairs_hook=once)


def _walk(value: Any, place: str = "") -> FileText:
    passages: list[Passage] = []
    grids: list[Grid] = []
    _collect(value, place, passages, grids)
    return FileText(tuple(passages), tuple(grids))


def _collect(value: Any, place: str, passages: list[Passage], grids: list[Grid]) -> None:
    if isinstance(value, dict):
        for key, inner in value.items():
            passages.append(Passage(normalise(str(key)), f"key in {place or 'the file'}", ""))
            _collect(inner, f"{place}.{key}" if place else str(key), passages, grids)
    elif isinstance(value, list):
        if value and all(isinstance(row, dict) for row in value):
            columns = list(dict.fromkeys(name for row in value for name in row))
            rows = ([row.get(name) for name in columns] for row in value)
            grids.append(as_grid(columns, rows, place))
        for inner in value:
            _collect(inner, place, passages, grids)
    elif isinstance(value, str) and value.strip():
        passages.extend(_read_string(value, place))
    elif isinstance(value, bytes):
        passages.extend(_read_string(value.decode("utf-8", errors="replace"), place))
    elif isinstance(value, (int, float, Decimal)) and _is_long(value):
        passages.append(Passage(str(int(value)), place, ""))


def _is_long(value: float | Decimal) -> bool:
    """Whether a number is whole and long enough to be somebody's."""
    return math.isfinite(value) and abs(int(value)) >= _LONG_NUMBER and value == int(value)


def _read_string(text: str, place: str) -> Iterator[Passage]:
    if ("<" in text and ">" in text) or "data:" in text:
        yield from (
            replace(passage, place=f"{passage.place} in {place}") for passage in read_passages(text)
        )
    else:
        yield Passage(normalise(text), place, "")


def _read_json_lines(content: bytes) -> FileText:
    lines = (_load(line) for line in _decode(content).splitlines() if line.strip())
    return _join(_walk(line) for line in lines)


def _join(parts: Iterator[FileText]) -> FileText:
    kept = list(parts)
    return FileText(
        tuple(passage for part in kept for passage in part.passages),
        tuple(grid for part in kept for grid in part.grids),
        tuple(page for part in kept for page in part.pages),
    )


def _within(part: FileText, place: str) -> FileText:
    passages = tuple(
        passage
        if passage.place.startswith(METADATA)
        else replace(passage, place=f"{place}, {passage.place}")
        for passage in part.passages
    )
    grids = tuple(replace(grid, place=f"{place}, {grid.place}") for grid in part.grids)
    return replace(part, passages=passages, grids=grids)


def _read_notebook(content: bytes) -> FileText:
    notebook = _load(_decode(content))
    parts = [_walk(notebook.get("metadata", {}), f"{METADATA} of the notebook")]
    for number, cell in enumerate(notebook["cells"], start=1):
        place = f"cell {number}"
        source = "".join(cell.get("source", ""))
        parts.append(_walk(cell.get("metadata", {}), f"{METADATA} of {place}"))
        rest = {key: cell[key] for key in cell if key not in ("source", "outputs", "metadata")}
        parts.append(_walk(rest, place))
        parts.append(FileText((Passage(normalise(source), place, ""),)))
        for output in cell.get("outputs", []):
            parts.extend(_within(part, f"output of {place}") for part in _read_output(output))
    known = {"metadata", "cells", "nbformat", "nbformat_minor"}
    parts.append(_walk({key: notebook[key] for key in notebook if key not in known}))
    whole = _join(iter(parts))
    prose = ("".join(cell.get("source", "")) for cell in notebook["cells"])
    return replace(whole, pages=("\n".join([*prose, *whole.pages]),))


def _read_output(output: dict[str, Any]) -> Iterator[FileText]:
    yield _walk(output.get("metadata", {}), METADATA)
    for kind, body in output.get("data", {}).items():
        text = "".join(body) if isinstance(body, list) else body
        if kind in ("text/html", "image/svg+xml"):
            yield read_page(text)
        elif kind.startswith("image/") or kind == "application/pdf":
            yield _EMBEDDED_KINDS[kind](base64.b64decode(text))
        elif isinstance(text, str):
            yield _walk(text, kind)
        else:
            yield _walk(text, kind)
    rest = {name: output[name] for name in output if name not in ("data", "metadata")}
    yield _walk({name: _flat(body) for name, body in rest.items()})


def _flat(body: Any) -> Any:
    is_lines = isinstance(body, list) and all(isinstance(line, str) for line in body)
    return "".join(body) if is_lines else body


def _read_csv(content: bytes) -> FileText:
    csv.field_size_limit(_LARGEST_CSV_FIELD)
    text = _decode(content)
    delimiter = max(",;\t|", key=text.partition("\n")[0].count)
    rows = list(csv.reader(io.StringIO(text), delimiter=delimiter))
    if not rows:
        return FileText()
    grid = as_grid(rows[0], rows[1:], "")
    return FileText(
        tuple(_column_passages(dict(zip(grid.columns, grid.by_column(), strict=True)))), (grid,)
    )


def _column_passages(columns: dict[str, Any]) -> Iterator[Passage]:
    for name, values in columns.items():
        yield Passage(normalise(name), "names of columns", "")
        for value in dict.fromkeys(text for text in values if text):
            yield Passage(normalise(value), f"column {name}", "")


def _read_parquet(content: bytes) -> FileText:
    table = pq.read_table(io.BytesIO(content))
    passages: list[Passage] = []
    for key, value in (table.schema.metadata or {}).items():
        if key == b"ARROW:schema":
            continue
        text = value.decode("utf-8", errors="replace")
        part = _walk(json.loads(text)) if text[:1] in "{[" else _walk(text)
        place = f"{METADATA} {key.decode('utf-8', errors='replace')}"
        passages.extend(replace(passage, place=place) for passage in part.passages)
    for field in table.schema:
        for key, value in (field.metadata or {}).items():
            text = normalise(f"{key.decode(errors='replace')} {value.decode(errors='replace')}")
            passages.append(Passage(text, f"{METADATA} of column {field.name}", ""))
    columns = {name: _texts_of(table.column(name)) for name in table.column_names}
    passages.extend(_column_passages(columns))
    rows = zip(*(table.column(name).to_pylist() for name in table.column_names), strict=True)
    return FileText(tuple(passages), (as_grid(table.column_names, rows, ""),))


def _texts_of(column: pa.ChunkedArray) -> list[str]:
    """Return the words of a column, and of a column of numbers those long enough to be one's."""
    if pa.types.is_nested(column.type):
        return [passage.text for value in column.to_pylist() for passage in _walk(value).passages]
    values = column.unique().to_pylist()
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
        return [str(int(value)) for value in values if value is not None and _is_long(value)]
    if pa.types.is_boolean(column.type) or pa.types.is_temporal(column.type):
        return []
    return [passage.text for value in values for passage in _walk(value).passages]


def _read_zip(content: bytes) -> FileText:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        comment = Passage(archive.comment.decode(errors="replace"), f"{METADATA} comment", "")
        parts = [FileText((comment,) if comment.text else ())]
        for member in archive.infolist():
            parts.append(FileText((Passage(member.filename, "names of files", ""),)))
            if not member.is_dir():
                part = read_file_text(member.filename, archive.read(member))
                parts.append(_within(part, member.filename))
    return _join(iter(parts))


def _image(read: Callable[[bytes], list[Passage]]) -> Callable[[bytes], FileText]:
    return lambda content: FileText(tuple(read(content)))


_READERS: dict[str, Callable[[bytes], FileText]] = {
    ".json": _read_json,
    ".jsonld": _read_json,
    ".geojson": _read_json,
    ".webmanifest": _read_json,
    ".ndjson": _read_json_lines,
    ".jsonl": _read_json_lines,
    ".ipynb": _read_notebook,
    ".csv": _read_csv,
    ".tsv": _read_csv,
    ".parquet": _read_parquet,
    ".zip": _read_zip,
    ".png": _image(read_png),
    ".jpg": _image(read_jpeg),
    ".jpeg": _image(read_jpeg),
    ".pdf": _image(read_pdf),
}
_EMBEDDED_KINDS = {
    "text/csv": _read_csv,
    "image/png": _READERS[".png"],
    "image/jpeg": _READERS[".jpeg"],
    "application/pdf": _READERS[".pdf"],
}
