"""Small numbers in tables: shown though they may not be, or closed and yet to be worked out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from infiltrate.params.choices import DisclosureChoices
from infiltrate.protection.audit import TOLERANCE, Published, derive_ranges, find_possible
from infiltrate.report.cells_read import Cell, CountTable, read_count_tables
from infiltrate.report.grids import Grid

_FIRMS = frozenset(["firms", "companies", "suppliers"])
_MOST_CLOSED = 100_000.0


@dataclass(frozen=True)
class CellFinding:
    """One number that may not leave.

    Attributes
    ----------
    place : str
        Table, row and column.
    words : str
        What is wrong, without the number.
    """

    place: str
    words: str


def find_open_cells(
    grids: Sequence[Grid], rules: DisclosureChoices, parents: Mapping[str, str] | None = None
) -> Iterator[CellFinding]:
    """Yield numbers of firms that are too small to be shown, and closed ones that leak.

    Three ways are looked at. A count of a sector or area below the smallest allowed. A count that
    one table keeps closed and another one of the same folder shows. A closed count whose range,
    given every published one around it and how they are rounded, is narrower than the smallest
    count allowed: by two linear programs each, over all tables about the same thing together.

    Parameters
    ----------
    grids : sequence of Grid
        All tables of one study or folder.
    rules : DisclosureChoices
        Smallest counts, and what counts are rounded to.
    parents : mapping of str to str, optional
        The area around each area; ``all`` around the largest.
    """
    tables = [table for grid in grids for table in read_count_tables(grid)]
    known = {**(parents or {}), **_find_parents(grids)}
    for table in tables:
        if table.is_by_place:
            yield from _find_small(table, rules)
    for alike in _group(tables):
        whole, contradictions = _unite(alike)
        yield from contradictions
        yield from _find_derivable(whole, rules, known)


def _group(tables: Sequence[CountTable]) -> list[list[CountTable]]:
    """Put tables about the same thing together, where they call its cells by the same names."""
    groups: list[tuple[tuple[str, ...], set[tuple[str, ...]], list[CountTable]]] = []
    for table in tables:
        keys = {cell.key for cell in table.cells}
        for subject, known, alike in groups:
            if subject == table.subject and 2 * len(keys & known) >= min(len(keys), len(known)):
                known.update(keys)
                alike.append(table)
                break
        else:
            groups.append((table.subject, keys, [table]))
    return [alike for _, _, alike in groups]


def _find_parents(grids: Sequence[Grid]) -> dict[str, str]:
    parents = {}
    for grid in grids:
        if {"area_id", "parent_id"} <= set(grid.columns):
            area, parent = grid.columns.index("area_id"), grid.columns.index("parent_id")
            parents.update({row[area]: row[parent] for row in grid.rows if row[parent]})
    return parents


def _find_small(table: CountTable, rules: DisclosureChoices) -> Iterator[CellFinding]:
    least = _least(table, rules)
    for cell in table.cells:
        if cell.value is None:
            continue
        if 0 < cell.value < least:
            yield CellFinding(cell.place, f"a count below {least}")
        elif cell.value % rules.round_to and table.is_counted:
            yield CellFinding(cell.place, f"a count that is not rounded to {rules.round_to}")


def _least(table: CountTable, rules: DisclosureChoices) -> int:
    return rules.minimum_firms if table.measure in _FIRMS else rules.minimum_listed


def _unite(tables: Sequence[CountTable]) -> tuple[CountTable, list[CellFinding]]:
    """Put together what all tables about one thing say; where one shows what another closes."""
    cells: dict[tuple[str, ...], Cell] = {}
    findings = []
    for table in tables:
        for cell in table.cells:
            before = cells.get(cell.key)
            if before is None:
                cells[cell.key] = cell
            elif (before.value is None) != (cell.value is None) and table.is_by_place:
                shown, closed = (cell, before) if before.value is None else (before, cell)
                if closed.is_closed:
                    findings.append(
                        CellFinding(shown.place, f"a count that is closed in {closed.place}")
                    )
                cells[cell.key] = shown
            elif before.value is None and cell.is_closed:
                cells[cell.key] = cell
    first = tables[0]
    return CountTable(first.subject, first.dimensions, tuple(cells.values())), findings


def _find_derivable(
    table: CountTable, rules: DisclosureChoices, parents: Mapping[str, str]
) -> Iterator[CellFinding]:
    closed = np.array([cell.is_closed for cell in table.cells])
    if not closed.any():
        return
    slack = _slack(table, rules)
    low, high = _bounds(table, slack)
    equations = _equations(table, parents, low, high)
    if equations is None:
        return
    published = Published(equations, low, high)
    possible = find_possible(published)
    if possible is None:
        return
    least = _least(table, rules)
    needed = np.full(len(closed), float(least))
    lowest, highest = derive_ranges(published, possible, closed, needed)
    for number in np.flatnonzero(closed & (highest - lowest < needed - TOLERANCE)):
        cell = table.cells[number]
        if cell.is_surely_closed or (lowest[number] > 0 and highest[number] < least):
            yield CellFinding(
                cell.place,
                f"a closed count that can be worked out to within {least - 1} from published ones",
            )


def _slack(table: CountTable, rules: DisclosureChoices) -> tuple[int, int]:
    """Return how far below and above a published count the true one may lie."""
    base = rules.round_to
    shown = [cell.value for cell in table.cells if cell.value is not None]
    if base == 1 or any(value % base for value in shown):
        return 0, 0
    if rules.rounding == "controlled":
        return base - 1, base - 1
    return base // 2, (base - 1) // 2


def _bounds(table: CountTable, slack: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    low = [0.0 if cell.value is None else max(cell.value - slack[0], 0) for cell in table.cells]
    high = [
        _MOST_CLOSED + sum(abs(other.value or 0) for other in table.cells)
        if cell.value is None
        else float(cell.value + slack[1])
        for cell in table.cells
    ]
    return np.array(low), np.array(high)


def _equations(
    table: CountTable, parents: Mapping[str, str], low: np.ndarray, high: np.ndarray
) -> sparse.csr_array | None:
    """Return which cells add up to which, by every dimension; only sums that can be true."""
    place = {cell.key: number for number, cell in enumerate(table.cells)}
    rows: list[tuple[int, list[int]]] = []
    for number, name in enumerate(table.dimensions):
        parts: dict[tuple[str, ...], list[int]] = defaultdict(list)
        for key, cell in place.items():
            if key[number] != "all":
                around = parents.get(key[number], "all") if name == "area_id" else "all"
                parts[(*key[:number], around, *key[number + 1 :])].append(cell)
        rows.extend(
            (place[whole], members)
            for whole, members in parts.items()
            if whole in place and len(members) > 1
        )
    rows = [
        (whole, members)
        for whole, members in rows
        if low[members].sum() <= high[whole] and high[members].sum() >= low[whole]
    ]
    if not rows:
        return None
    matrix = sparse.lil_array((len(rows), len(place)))
    for line, (whole, members) in enumerate(rows):
        matrix[line, members] = 1.0
        matrix[line, whole] = -1.0
    return sparse.csr_array(matrix)
