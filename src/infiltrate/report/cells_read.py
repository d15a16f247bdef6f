"""Counts in a table of words: what was counted, in which cells, and which of them are closed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from infiltrate.report.grids import Grid

_TOTALS = frozenset(
    (
        "all",
        "total",
        "totals",
        "sum",
        "overall",
        "together",
        "whole country",
        "country",
        "all sectors",
        "all areas",
        "all firms",
        "grand total",
        "totale",
    )
)
_CLOSED = frozenset(
    (":c", "c", "suppressed", "not published", "closed", "*", "confidential", "secret", "x")
)
_SMALLER = re.compile(r"(?:[<≤]\s*\d+|(?:fewer|less) than \w+|under \d+)")
_NOTHING = frozenset(["", "–", "—", "-", "..", "na", "nan", "n/a", "none", "null", "<na>"])
_COUNT = re.compile(r"\d{1,3}(?:[,\u202f\u00a0 ]\d{3})+|\d+")
_PLACES = {
    "sector_id": "sector_id",
    "sector": "sector_id",
    "section": "sector_id",
    "area_id": "area_id",
    "area": "area_id",
    "region": "area_id",
}
_GROUPS = frozenset(["list_id", "list", "currency", "year", "period", "country", "estimand"])
_COUNTED = frozenset(["firms", "companies", "suppliers", "listed", "infiltrated", "listed_firms"])
_DESCRIPTIONS = frozenset(
    (
        "status",
        "reason",
        "parent_id",
        "area_level",
        "shown_sector_id",
        "shown_area_id",
        "is_rolled_up",
        "note",
        "n_units",
        "rank",
        "place",
        "interval",
        "level",
    )
)


@dataclass(frozen=True)
class Cell:
    """One count.

    Attributes
    ----------
    key : tuple of str
        Its place in each dimension, ``all`` for totals.
    value : int or None
        None where no number stands.
    is_closed : bool
        Whether it is not shown on purpose, as far as can be told.
    is_surely_closed : bool
        Whether that is said in words or by a sign.
    place : str
        Table, row and column, for messages.
    """

    key: tuple[str, ...]
    value: int | None
    is_closed: bool
    is_surely_closed: bool
    place: str


@dataclass(frozen=True)
class CountTable:
    """Counts of one thing, by one dimension or more.

    Attributes
    ----------
    subject : tuple of str
        Tables of one subject are about the same counts.
    dimensions : tuple of str
        Names of what ``key`` of a cell holds.
    cells : tuple of Cell
        At most one for each key.
    """

    subject: tuple[str, ...]
    dimensions: tuple[str, ...]
    cells: tuple[Cell, ...]

    @property
    def measure(self) -> str:
        """What is counted."""
        return self.subject[0]

    @property
    def is_by_place(self) -> bool:
        """Whether it counts firms by sector or area."""
        return self.measure in _COUNTED and self.dimensions == _BY_PLACE

    @property
    def is_counted(self) -> bool:
        """Whether its numbers are counts of records, rather than estimates."""
        return self.measure != "infiltrated"


_BY_PLACE = ("sector_id", "area_id")


def read_count_tables(grid: Grid) -> Iterator[CountTable]:
    """Yield the counts of a table that can be added up, one table a column and group of rows.

    A table by sector or area is told by the names of its columns. Any other is one whose first
    columns hold words, among them one for a total; its numbers are what the other columns hold.
    Where columns add up to one called a total, each row is a table as well.
    """
    named = [_PLACES.get(name, name) for name in grid.columns]
    counts = [number for number, name in enumerate(named) if _is_count(grid, number, name)]
    if not counts or len(set(named)) < len(named):
        return
    groups = [number for number, name in enumerate(named) if name in _GROUPS]
    labels = [
        number
        for number, name in enumerate(named)
        if number not in counts and number not in groups and _is_label(grid, number, name)
    ]
    if "area_id" in named or "sector_id" in named:
        yield from _read_by_place(grid, named, counts, groups)
        return
    totals = [n for n in labels if any(row[n].casefold() in _TOTALS for row in grid.rows)]
    if len(totals) == 1 and len(labels) == 1:
        yield from _read_rows(grid, counts, totals[0], groups)
    if len(labels) == 1:
        yield from _read_columns(grid, counts, labels[0])


def _read_by_place(
    grid: Grid, named: Sequence[str], counts: Sequence[int], groups: Sequence[int]
) -> Iterator[CountTable]:
    at = {name: named.index(name) for name in _BY_PLACE if name in named}
    for number in counts:
        if named[number] not in _COUNTED:
            continue
        cells: dict[tuple[str, ...], dict[tuple[str, ...], Cell]] = {}
        for row in grid.rows:
            group = tuple(row[place] for place in groups)
            key = tuple(_label(row[at[name]]) if name in at else "all" for name in _BY_PLACE)
            cells.setdefault(group, {}).setdefault(key, _cell(grid, row, number, key, True))
        for group, found in cells.items():
            subject = (named[number], *(named[place] for place in groups), *group)
            yield CountTable(subject, _BY_PLACE, tuple(found.values()))


def _read_rows(
    grid: Grid, counts: Sequence[int], label: int, groups: Sequence[int]
) -> Iterator[CountTable]:
    for number in counts:
        cells: dict[tuple[str, ...], dict[tuple[str, ...], Cell]] = {}
        for row in grid.rows:
            group = tuple(row[place] for place in groups)
            key = (_label(row[label]),)
            cells.setdefault(group, {}).setdefault(key, _cell(grid, row, number, key, False))
        for group, found in cells.items():
            subject = (grid.columns[number], grid.place, *group)
            yield CountTable(subject, (grid.columns[label],), tuple(found.values()))


def _read_columns(grid: Grid, counts: Sequence[int], label: int) -> Iterator[CountTable]:
    whole = [n for n in counts if grid.columns[n].replace("_", " ") in _TOTALS]
    if len(whole) != 1 or len(counts) < 3:
        return
    cells: dict[tuple[str, ...], Cell] = {}
    for row in grid.rows:
        for number in counts:
            column = "all" if number == whole[0] else grid.columns[number]
            key = (_label(row[label]), column)
            cells.setdefault(key, _cell(grid, row, number, key, False))
    subject = ("columns", grid.place)
    yield CountTable(subject, (grid.columns[label], "column"), tuple(cells.values()))


def _cell(
    grid: Grid, row: Sequence[str], number: int, key: tuple[str, ...], by_place: bool
) -> Cell:
    text = row[number].strip()
    value = int(re.sub(r"\D", "", text)) if _COUNT.fullmatch(text) else None
    said = text.casefold()
    sure = said in _CLOSED or bool(_SMALLER.match(said))
    if said in _NOTHING:
        sure = any(
            cell.casefold() in _CLOSED
            for n, cell in enumerate(row)
            if n != number and len(cell) > 1
        )
    place = f"{grid.place}, row {' / '.join(key)}, column {grid.columns[number]}".lstrip(", ")
    is_closed = value is None and (sure or said in _NOTHING)
    return Cell(key, value, is_closed, is_closed and (sure or by_place), place)


def _label(text: str) -> str:
    return "all" if text.casefold() in _TOTALS else text


def _is_count(grid: Grid, number: int, name: str) -> bool:
    if name in _DESCRIPTIONS or name in _GROUPS or name in _PLACES.values():
        return False
    texts = [row[number].strip() for row in grid.rows]
    filled = [text for text in texts if not _is_blank(text)]
    if name in _COUNTED and not filled:
        return bool(texts)
    return bool(filled) and all(_COUNT.fullmatch(text) for text in filled)


def _is_blank(text: str) -> bool:
    said = text.casefold()
    return said in _NOTHING or said in _CLOSED or bool(_SMALLER.match(said))


def _is_label(grid: Grid, number: int, name: str) -> bool:
    if name in _DESCRIPTIONS:
        return False
    texts = [row[number].strip() for row in grid.rows]
    return any(texts) and not all(_is_blank(text) or _COUNT.fullmatch(text) for text in texts)
