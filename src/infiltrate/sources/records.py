"""Delimited text to records: true line numbers, strict decoding, stray quotes noticed."""

from __future__ import annotations

import codecs
import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TextIO

from infiltrate.errors import Problem, SourceError
from infiltrate.params.sources import Source
from infiltrate.sources.files import RawFile

_BATCH_ROWS = 50_000


@dataclass(frozen=True)
class RawReject:
    """A piece of a file that is no row: where it starts and why, without its content."""

    line: int
    rule: str
    found: str


@dataclass
class Batch:
    """Rows of the declared width with the lines they start on, and what was no row."""

    lines: list[int] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    rejects: list[RawReject] = field(default_factory=list)
    blank_lines: int = 0


def read_header(file: RawFile, source: Source) -> list[str]:
    """Return the column names of a file: its header line, or the declared names.

    Raises
    ------
    SourceError
        When the header cannot be decoded.
    """
    with _open(file, source) as text:
        return _read_header(_Lines(text), source, file)


def read_batches(file: RawFile, source: Source) -> Iterator[Batch]:
    """Read a file record by record.

    A line that cannot be decoded is rejected as ``encoding``, a row with too few or too many
    fields as ``field_count``. When a quote is opened and never closed properly, its line is
    rejected as ``quote`` and the lines it swallowed are read again, each on its own.

    Raises
    ------
    SourceError
        When the file cannot be decoded at all (UTF-16 read as such and cut, for example).
    """
    with _open(file, source) as text:
        lines = _Lines(text)
        width = len(_read_header(lines, source, file))
        reader = _reader(lines, source)
        batch = Batch()
        try:
            while _read_record(lines, reader, width, source.delimiter, batch):
                if len(batch.rows) + len(batch.rejects) >= _BATCH_ROWS:
                    yield batch
                    batch = Batch()
        except UnicodeError as error:
            raise _undecodable(file, source, lines.number + 1) from error
        yield batch


def _read_record(
    lines: _Lines, reader: Iterator[list[str]], width: int, delimiter: str, batch: Batch
) -> bool:
    lines.begin()
    start = lines.number + 1
    try:
        values = next(reader, None)
    except csv.Error as error:
        batch.rejects.append(RawReject(start, "quote", str(error)))
        lines.give_back_all_but_first()
        return True
    if values is None:
        return False
    if lines.bad_character:
        batch.rejects.append(RawReject(start, "encoding", lines.bad_character))
    elif not values or (len(values) == 1 and not values[0].strip() and width > 1):
        batch.blank_lines += 1
    elif len(lines.record) > 1 and _swallows_rows(lines.record, width, delimiter):
        batch.rejects.append(RawReject(start, "quote", "a quote is opened and not closed"))
        lines.give_back_all_but_first()
    elif len(values) != width:
        batch.rejects.append(
            RawReject(start, "field_count", f"{len(values)} fields instead of {width}")
        )
    else:
        batch.lines.append(start)
        batch.rows.append(values)
    return True


def _swallows_rows(record: list[str], width: int, delimiter: str) -> bool:
    """Whether the lines of one record look like whole rows joined by a stray quote.

    A quoted text with line breaks has pieces of a row on its lines; a stray quote has whole
    rows on them.
    """
    if width < 2:
        return False
    whole = [line.count(delimiter) == width - 1 for line in record]
    return whole[0] and 2 * sum(whole[1:]) >= len(whole) - 1 and (width > 2 or all(whole))


class _Lines:
    """Lines of a text file that know their number and can be given back."""

    def __init__(self, text: TextIO) -> None:
        self._text = text
        self._returned: deque[str] = deque()
        self.number = 0
        self.record: list[str] = []
        self.bad_character = ""

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._returned.popleft() if self._returned else next(self._text)
        self.number += 1
        self.record.append(line)
        if not line.isascii():
            try:
                line.encode()
            except UnicodeEncodeError as error:
                byte = ord(line[error.start]) & 0xFF
                self.bad_character = f"byte 0x{byte:02X} at character {error.start + 1}"
        return line

    def begin(self) -> None:
        """Start a record."""
        self.record = []
        self.bad_character = ""

    def give_back_all_but_first(self) -> None:
        """Read the lines of this record after its first once more."""
        self._returned.extendleft(reversed(self.record[1:]))
        self.number -= len(self.record) - 1


def _open(file: RawFile, source: Source) -> TextIO:
    is_utf8 = codecs.lookup(source.encoding).name == "utf-8"
    # utf-8-sig drops a byte order mark; surrogateescape carries a byte that cannot be decoded
    # through to its own record
    encoding = "utf-8-sig" if is_utf8 else source.encoding
    return file.path.open(encoding=encoding, errors="surrogateescape", newline="")


def _reader(lines: _Lines, source: Source) -> Iterator[list[str]]:
    return csv.reader(lines, delimiter=source.delimiter, quotechar=source.quote, strict=True)


def _read_header(lines: _Lines, source: Source, file: RawFile) -> list[str]:
    try:
        for _ in range(source.title_lines):
            next(lines, "")
        if source.header:
            return list(source.header)
        lines.begin()
        names = next(_reader(lines, source), [])
    except (csv.Error, UnicodeError) as error:
        raise _undecodable(file, source, lines.number + 1) from error
    if lines.bad_character:
        raise _undecodable(file, source, lines.number)
    return [name.strip() for name in names]


def _undecodable(file: RawFile, source: Source, line: int) -> SourceError:
    return SourceError(
        f"Source {source.id} cannot be read.",
        [
            Problem(
                f"sources.{source.id}.encoding",
                f"{file.name}, line {line} is not {source.encoding}",
                fix="Set the encoding the publisher writes, such as cp1252, latin-1 or utf-16",
            )
        ],
    )
