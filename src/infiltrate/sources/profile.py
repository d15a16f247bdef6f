"""Look at an unknown file and draft how it may be read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from infiltrate.params.sources import Source
from infiltrate.sources.files import RawFile
from infiltrate.sources.known_countries import known_countries
from infiltrate.sources.profile_columns import Column, describe_columns
from infiltrate.sources.profile_keys import find_keys
from infiltrate.sources.profile_layout import Layout, find_layout
from infiltrate.sources.profile_mapping import Proposal, may_name_persons, propose_tables
from infiltrate.sources.records import read_batches, read_header
from infiltrate.tables.identifiers import SCHEMES

_MOST_ROWS = 20_000
# Their form alone says little: eight digits are a day and many other things.
_FORM_ONLY = frozenset(code for code, scheme in SCHEMES.items() if not scheme.module)


@dataclass(frozen=True)
class FileProfile:
    """What an unknown file seems to be.

    Attributes
    ----------
    file : str
        Its name.
    layout : Layout
        How it is written.
    rows : int
        Rows looked at.
    is_whole : bool
        Whether these are all rows.
    rejected : int
        Rows among them that could not be read that way.
    columns : tuple of Column
        Its columns; empty for a format that a reader knows.
    marks : tuple of str
        Decimal and thousands mark of its numbers.
    keys : tuple
        Smallest sets of columns that no two rows share.
    proposals : tuple of Proposal
        Canonical tables it may feed, best first.
    persons : str
        Regular expression of natural persons' numbers, where the country's is known.
    doubts : tuple of str
        What to look at, in sentences.
    """

    file: str
    layout: Layout
    rows: int = 0
    is_whole: bool = True
    rejected: int = 0
    columns: tuple[Column, ...] = ()
    marks: tuple[str, str] = (".", "")
    keys: tuple[tuple[str, ...], ...] = ()
    proposals: tuple[Proposal, ...] = ()
    persons: str = ""
    doubts: tuple[str, ...] = ()


def profile_file(path: Path, country: str = "") -> FileProfile:
    """Find out how a file is written, what its columns hold, and which tables it may feed.

    Nothing of its content is kept but names of columns and, where they are few and no persons'
    names, the values of a column that holds kinds.

    Parameters
    ----------
    path : Path
        The file: text in columns, or JSON of a format that a reader knows.
    country : str
        ISO 3166-1 code: whose registers and encodings are likely.

    Raises
    ------
    SourceError
        When it is empty, packed, a spreadsheet or no text.
    """
    layout = find_layout(path, country)
    if layout.reader != "delimited":
        return FileProfile(path.name, layout, doubts=layout.doubts)
    known = known_countries().get(country, {})
    persons = known.get("persons", "")
    layout = replace(
        layout, header=tuple(read_header(RawFile(path, path.name), _provisional_source(layout)))
    )
    rows, rejected, is_whole = _read(path, layout)
    columns = describe_columns(layout.header, rows, _schemes(known.get("scheme", "")), persons)
    columns = [_without_names(column) for column in columns]
    return FileProfile(
        path.name,
        layout,
        rows=len(rows),
        is_whole=is_whole,
        rejected=rejected,
        columns=tuple(columns),
        marks=_marks(columns),
        keys=tuple(find_keys(columns, rows)),
        proposals=tuple(propose_tables(columns)),
        persons=persons,
        doubts=(*layout.doubts, *_doubts(columns, rejected, country, persons)),
    )


def _provisional_source(layout: Layout) -> Source:
    """Return a source that reads the rows of a file as its layout says."""
    return Source.model_construct(
        id="unknown",
        encoding=layout.encoding,
        delimiter=layout.delimiter,
        quote=layout.quote,
        title_lines=layout.title_lines,
        header=[] if layout.has_header else list(layout.header),
    )


def _read(path: Path, layout: Layout) -> tuple[list[list[str]], int, bool]:
    source = _provisional_source(layout)
    rows: list[list[str]] = []
    rejected = 0
    for batch in read_batches(RawFile(path, path.name), source):
        rows.extend(islice(batch.rows, _MOST_ROWS - len(rows)))
        rejected += len(batch.rejects)
        if len(rows) >= _MOST_ROWS:
            return rows, rejected, False
    return rows, rejected, True


def _schemes(of_country: str) -> list[str]:
    """List registers that may be told by their numbers, the country's own first."""
    others = sorted(code for code in SCHEMES if code != of_country and code not in _FORM_ONLY)
    return [of_country, *others] if of_country else others


def _without_names(column: Column) -> Column:
    return Column(**{**vars(column), "kinds": ()}) if may_name_persons(column) else column


def _marks(columns: Sequence[Column]) -> tuple[str, str]:
    """Return the decimal and thousands marks that fit most columns of numbers."""
    counted = Counter(
        pair for column in columns if not column.is_whole for pair in sorted(column.marks)
    )
    plain = {(".", ""): 0.5, (",", ""): 0.3}
    return max(counted, key=lambda p: (counted[p] + plain.get(p, 0), p)) if counted else (".", "")


def _doubts(columns: Sequence[Column], rejected: int, country: str, persons: str) -> list[str]:
    said = []
    if rejected:
        said.append(
            f"{rejected} rows cannot be read this way (width, quotes, bytes): shifted or cut rows "
            "need guards."
        )
    repeated = [name for name, n in Counter(column.name for column in columns).items() if n > 1]
    if repeated:
        said.append(f"Columns of one name: {', '.join(repeated)}. Name them in `header`.")
    if any(column.format.startswith("%m/") for column in columns):
        said.append("Days are written month first in some columns: compare with a known day.")
    named = [column.name for column in columns if may_name_persons(column)]
    if named:
        said.append(
            f"May hold names of natural persons: {', '.join(named)}. Only the names of companies "
            "and buyers are kept, those of persons are dropped there; map them nowhere else."
        )
    identified = [column for column in columns if column.kind == "identifier"]
    if identified and not persons:
        where = f" of {country}" if country else ""
        said.append(
            f"Which numbers{where} are natural persons' is not known here: say so (`persons`) in "
            "every column that may hold one."
        )
    for column in identified:
        if column.persons_share:
            said.append(
                f"{column.name}: about {column.persons_share:.0%} are natural persons' numbers."
            )
    if not identified and columns:
        said.append("No column holds numbers of a known register; see `scheme`.")
    return said
