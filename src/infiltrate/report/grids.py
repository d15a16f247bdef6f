"""Tables of a page or a file as rows of words, so that their numbers can be added up."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from html.parser import HTMLParser

CONTINUED = re.compile(r"\s*\(rows \d[\d,]* to \d[\d,]* of \d[\d,]*\)\s*$")


@dataclass(frozen=True)
class Grid:
    """One table.

    Attributes
    ----------
    columns : tuple of str
        Names, lower case, with ``_`` between words.
    rows : tuple of tuple of str
        As many cells as columns each; an empty one has no text.
    place : str
        Caption, or where it stands.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    place: str

    def by_column(self) -> list[list[str]]:
        """Return the cells of each column."""
        return [[row[number] for row in self.rows] for number in range(len(self.columns))]


def as_grid(columns: Sequence[object], rows: Iterable[Sequence[object]], place: str) -> Grid:
    """Put rows of values into a grid; what is missing becomes empty, short rows are filled."""
    names = tuple(re.sub(r"[\s_]+", "_", _say(name).strip()).casefold() for name in columns)
    width = len(names)
    filled = (
        tuple([_say(value) for value in row][:width] + [""] * (width - len(row))) for row in rows
    )
    return Grid(names, tuple(filled), place)


def read_html_grids(html: str) -> Iterator[Grid]:
    """Yield the tables of a page; one that goes on under the same caption is one table."""
    if "<table" not in html.casefold():
        return
    reader = _TableReader()
    reader.feed(html)
    reader.close()
    open_grid: Grid | None = None
    for caption, lines in reader.tables:
        if not lines:
            continue
        grid = as_grid(lines[0], lines[1:], f"table '{caption}'" if caption else "table")
        goes_on = CONTINUED.search(caption) is not None
        grid = replace(grid, place=f"table '{CONTINUED.sub('', caption)}'")
        if (
            open_grid
            and goes_on
            and (grid.columns, grid.place)
            == (
                open_grid.columns,
                open_grid.place,
            )
        ):
            open_grid = replace(open_grid, rows=open_grid.rows + grid.rows)
            continue
        if open_grid:
            yield open_grid
        open_grid = grid
    if open_grid:
        yield open_grid


def _say(value: object) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


class _TableReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[tuple[str, list[list[str]]]] = []
        self._caption: list[str] = []
        self._lines: list[list[str]] = []
        self._cell: list[str] | None = None
        self._in_caption = False
        self._depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self._depth += 1
            if self._depth == 1:
                self._caption, self._lines = [], []
        elif self._depth != 1:
            return
        elif tag == "caption":
            self._in_caption = True
        elif tag == "tr":
            self._lines.append([])
        elif tag in ("td", "th"):
            self._end_cell()
            self._cell = []

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th", "tr") and self._depth == 1:
            self._end_cell()
        elif tag == "caption":
            self._in_caption = False
        elif tag == "table" and self._depth:
            self._depth -= 1
            if self._depth == 0:
                self._end_cell()
                words = " ".join("".join(self._caption).split())
                self.tables.append((words, [line for line in self._lines if line]))

    def handle_data(self, data: str) -> None:
        if self._in_caption:
            self._caption.append(data)
        elif self._cell is not None:
            self._cell.append(data)

    def _end_cell(self) -> None:
        if self._cell is not None:
            if not self._lines:
                self._lines.append([])
            self._lines[-1].append(" ".join("".join(self._cell).split()))
            self._cell = None
