"""How far one table of two runs differs: rows, columns, cells, largest difference."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from infiltrate.tables.catalogue import TABLES
from infiltrate.tables.engine import DuckDBEngine, quote_name, quote_text

ROUNDING = 1e-9
"""Numbers that differ by less than this part of themselves differ in arithmetic only."""

_NEAR_ZERO = 1e-12
_PSEUDONYM = r"([A-Z0-9-]+-P):[0-9a-f]{16}"
_TAG = r"\b([A-Z][a-z]+) [0-9A-Z]{5}-[0-9A-Z]{5}\b"


@dataclass(frozen=True)
class ColumnChange:
    """What moved in one column, over the rows that both runs have.

    Attributes
    ----------
    column : str
        Its name.
    cells : int
        Cells with another value; missing is a value.
    cells_beyond_rounding : int
        Those that differ by more than arithmetic in another order.
    largest_difference : float or None
        After minus before, by its size; None where nothing is a number.
    """

    column: str
    cells: int
    cells_beyond_rounding: int
    largest_difference: float | None


@dataclass(frozen=True)
class TableChange:
    """How one table of the second run differs from that of the first.

    Attributes
    ----------
    table : str
        Its name.
    rows_before, rows_after : int
        Number of rows; 0 where a run has no such table.
    key : tuple of str
        Columns by which rows were matched; empty where no columns tell the rows apart, so that
        a changed row counts as one removed and one added.
    rows_added, rows_removed, rows_changed : int
        By the key.
    columns_added, columns_removed : tuple of str
        Columns that only one run has, or that have another type (in both then).
    columns : tuple of ColumnChange
        Those in which a cell differs.
    is_new, is_gone : bool
        Whether only the second or only the first run has the table.
    """

    table: str
    rows_before: int
    rows_after: int
    key: tuple[str, ...] = ()
    rows_added: int = 0
    rows_removed: int = 0
    rows_changed: int = 0
    columns_added: tuple[str, ...] = ()
    columns_removed: tuple[str, ...] = ()
    columns: tuple[ColumnChange, ...] = ()
    is_new: bool = False
    is_gone: bool = False

    @property
    def moved(self) -> bool:
        """Whether anything differs at all."""
        return bool(
            self.is_new
            or self.is_gone
            or self.rows_added
            or self.rows_removed
            or self.rows_changed
            or self.columns_added
            or self.columns_removed
        )

    @property
    def rounding_only(self) -> bool:
        """Whether what differs is the last digits of numbers and nothing else."""
        shape = self.is_new or self.is_gone or self.columns_added or self.columns_removed
        return bool(
            self.rows_changed
            and not (shape or self.rows_added or self.rows_removed)
            and all(not column.cells_beyond_rounding for column in self.columns)
        )


def compare_tables(
    name: str, before: Path, after: Path, spill: Path, *, without_pseudonyms: bool = False
) -> TableChange:
    """Compare two Parquet files of one table, out of core.

    Parameters
    ----------
    name : str
        The table; the key of a canonical one is known, of another the shortest found in the data.
    before, after : Path
        The files.
    spill : Path
        Folder for what does not fit into memory.
    without_pseudonyms : bool
        Take all pseudonyms of persons, and all tags, for one: the runs had different keys.
    """
    old, new = pq.read_schema(before), pq.read_schema(after)
    common = [field.name for field in old if _same_type(field, new)]
    added = tuple(column for column in new.names if column not in common)
    removed = tuple(column for column in old.names if column not in common)
    with DuckDBEngine(temp_dir=spill) as engine:
        for alias, path in (("file_before", before), ("file_after", after)):
            engine.register(alias, path)
        for alias, given in (("rows_before", "file_before"), ("rows_after", "file_after")):
            chosen = _columns(old, common, without_pseudonyms)
            engine.execute(f"CREATE TEMP VIEW {alias} AS SELECT {chosen} FROM {given}")
        key = _find_key(engine, name, old, common)
        found = _by_key(engine, old, common, key) if key else _as_a_whole(engine)
    return TableChange(
        name,
        rows_before=pq.read_metadata(before).num_rows,
        rows_after=pq.read_metadata(after).num_rows,
        key=key,
        columns_added=added,
        columns_removed=removed,
        **found,
    )


def digest_rows(path: Path, spill: Path) -> str:
    """Return a digest of a table's rows that depends on neither their order nor the pseudonym key.

    Two tables with one digest have the same rows once all pseudonyms of persons, and all tags, are
    taken for one. It is told to whoever may not have the table itself.

    Parameters
    ----------
    path : Path
        The Parquet file.
    spill : Path
        Folder for what does not fit into memory.
    """
    schema = pq.read_schema(path)
    chosen = _columns(schema, schema.names, without_pseudonyms=True)
    halves = ", ".join(
        f"sum(CAST(md5_number_{half}(CAST(rows AS VARCHAR)) AS HUGEINT))"
        for half in ("lower", "upper")
    )
    with DuckDBEngine(temp_dir=spill) as engine:
        engine.register("file", path)
        sums = engine.query(
            f"SELECT concat_ws('-', count(*), {halves}) AS digest"
            f" FROM (SELECT {chosen} FROM file) AS rows"
        )
    return str(sums["digest"][0])


def _same_type(field: pa.Field, schema: pa.Schema) -> bool:
    return field.name in schema.names and schema.field(field.name).type == field.type


def _columns(schema: pa.Schema, names: Sequence[str], without_pseudonyms: bool) -> str:
    return ", ".join(
        f"{_masked(schema, name) if without_pseudonyms else quote_name(name)} AS {quote_name(name)}"
        for name in names
    )


def _masked(schema: pa.Schema, name: str) -> str:
    """Return a column without pseudonyms; a list in an order that does not depend on them."""
    kind, column = schema.field(name).type, quote_name(name)
    if pa.types.is_list(kind) and _is_text(kind.value_type):
        return f"list_sort(list_transform({column}, lambda item: {_without_pseudonyms('item')}))"
    return _without_pseudonyms(column) if _is_text(kind) else column


def _without_pseudonyms(text: str) -> str:
    for pattern in (_PSEUDONYM, _TAG):
        text = f"regexp_replace({text}, {quote_text(pattern)}, '\\1 *', 'g')"
    return text


def _find_key(
    engine: DuckDBEngine, name: str, schema: pa.Schema, common: Sequence[str]
) -> tuple[str, ...]:
    """Return columns that tell the rows of both files apart, as few as can be."""
    known = TABLES[name].key if name in TABLES else ()
    if known and set(known) <= set(common) and _tells_apart(engine, known):
        return tuple(known)
    kept = [column for column in common if _may_be_key(schema.field(column).type)]
    if not kept or not _tells_apart(engine, kept):
        return ()
    # numbers first, then from the right: what identifies a row stands on the left of a table
    order = sorted(reversed(kept), key=lambda column: _is_text(schema.field(column).type))
    for column in order:
        fewer = [other for other in kept if other != column]
        if fewer and _tells_apart(engine, fewer):
            kept = fewer
    return tuple(kept)


def _may_be_key(kind: pa.DataType) -> bool:
    return not (
        pa.types.is_floating(kind)
        or pa.types.is_decimal(kind)
        or pa.types.is_nested(kind)
        or pa.types.is_boolean(kind)
    )


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _tells_apart(engine: DuckDBEngine, columns: Sequence[str]) -> bool:
    names = ", ".join(quote_name(column) for column in columns)
    return all(
        engine.query(f"SELECT 1 FROM {rows} GROUP BY {names} HAVING count(*) > 1 LIMIT 1").num_rows
        == 0
        for rows in ("rows_before", "rows_after")
    )


def _as_a_whole(engine: DuckDBEngine) -> dict[str, Any]:
    counts = {}
    for name, one, other in (
        ("rows_removed", "rows_before", "rows_after"),
        ("rows_added", "rows_after", "rows_before"),
    ):
        left = f"SELECT * FROM {one} EXCEPT ALL SELECT * FROM {other}"
        counts[name] = engine.query(f"SELECT count(*) AS n FROM ({left}) AS left_over")["n"][
            0
        ].as_py()
    return counts


def _by_key(
    engine: DuckDBEngine, schema: pa.Schema, common: Sequence[str], key: Sequence[str]
) -> dict[str, Any]:
    values = [column for column in common if column not in key]
    match = " AND ".join(
        f"b.{quote_name(column)} IS NOT DISTINCT FROM a.{quote_name(column)}" for column in key
    )
    both = "b.is_there AND a.is_there"
    differs = [f"b.{quote_name(c)} IS DISTINCT FROM a.{quote_name(c)}" for c in values]
    wanted = [
        "count(*) FILTER (b.is_there IS NULL) AS rows_added",
        "count(*) FILTER (a.is_there IS NULL) AS rows_removed",
        f"count(*) FILTER ({both} AND ({' OR '.join(differs) or 'false'})) AS rows_changed",
    ]
    for place, column in enumerate(values):
        wanted += _of_column(place, column, schema.field(column).type, differs[place], both)
    row = engine.query(
        f"SELECT {', '.join(wanted)} FROM (SELECT *, true AS is_there FROM rows_before) AS b "
        f"FULL OUTER JOIN (SELECT *, true AS is_there FROM rows_after) AS a ON {match}"
    ).to_pylist()[0]
    columns = (
        ColumnChange(
            column,
            row[f"cells_{place}"],
            row[f"beyond_{place}"],
            _finite(row.get(f"difference_{place}")),
        )
        for place, column in enumerate(values)
    )
    counts = {name: row[name] for name in ("rows_added", "rows_removed", "rows_changed")}
    return {**counts, "columns": tuple(column for column in columns if column.cells)}


def _of_column(place: int, column: str, kind: pa.DataType, differs: str, both: str) -> list[str]:
    counted = f"count(*) FILTER ({both} AND {differs})"
    if not (pa.types.is_floating(kind) or pa.types.is_decimal(kind) or pa.types.is_integer(kind)):
        return [f"{counted} AS cells_{place}", f"{counted} AS beyond_{place}"]
    before, after = (f"CAST({side}.{quote_name(column)} AS DOUBLE)" for side in ("b", "a"))
    size = f"abs({after} - {before})"
    allowed = f"greatest({ROUNDING} * greatest(abs({after}), abs({before})), {_NEAR_ZERO})"
    beyond = f"{both} AND {differs} AND NOT coalesce({size} <= {allowed}, false)"
    return [
        f"{counted} AS cells_{place}",
        f"count(*) FILTER ({beyond}) AS beyond_{place}",
        f"arg_max({after} - {before}, {size}) FILTER ({both} AND isfinite({size})) "
        f"AS difference_{place}",
    ]


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
