"""Relations of text that a reader makes of its lines, and what became of each line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa
import pyarrow.parquet as pq

from infiltrate.params.sources import Source
from infiltrate.sources.staging import FileIntake, Staged, staged_schema

_BATCH_ROWS = 50_000

_DECISION = pa.schema(
    [
        *((name, pa.string()) for name in ("source_id", "feeds", "file")),
        ("line", pa.int64()),
        *((name, pa.string()) for name in ("outcome", "rule", "column", "found")),
        ("is_raw_reject", pa.bool_()),
    ]
)


@dataclass(frozen=True)
class Fault:
    """Why a row of a relation cannot be used: the rule, the column and what was found there."""

    rule: str
    column: str
    found: str


class RelationWriter:
    """Parquet files of the relations of one source, written as its lines are read.

    Parameters
    ----------
    folder : Path
        Where the files go, each called after its relation.
    sources : mapping of str to Source
        Relation to the source that maps it.
    columns : mapping of str to sequence of str
        Relation to its columns.
    """

    def __init__(
        self, folder: Path, sources: Mapping[str, Source], columns: Mapping[str, Sequence[str]]
    ) -> None:
        self._sources = sources
        self._paths = {name: folder / f"{name}.parquet" for name in sources}
        self._columns = {
            name: {column: f"raw_{at}" for at, column in enumerate(columns[name])}
            for name in sources
        }
        # As tuples in the order of the file: rows by name would cost most of the reading.
        self._rows: dict[str, list[tuple[object, ...]]] = {name: [] for name in sources}
        self._counts: dict[str, Counter[str]] = {name: Counter() for name in sources}
        self._totals: Counter[str] = Counter()
        self._stack = ExitStack()
        self._writers = {
            name: self._stack.enter_context(
                pq.ParquetWriter(self._paths[name], staged_schema(self._columns[name]))
            )
            for name in sources
        }

    def add(
        self,
        relation: str,
        file: str,
        line: int,
        values: Mapping[str, str | None],
        fault: Fault | None = None,
    ) -> None:
        """Add one row; a column that is not named is missing, a row with a fault is rejected."""
        why = (None, None, None) if fault is None else (fault.rule, fault.column, fault.found[:80])
        number = self._totals[relation]
        self._totals[relation] += 1
        self._counts[relation][file] += 1
        rows = self._rows[relation]
        rows.append((number, file, line, *why, *map(values.get, self._columns[relation])))
        if len(rows) >= _BATCH_ROWS:
            self._flush(relation)

    def staged(self, relation: str) -> Staged:
        """Return a relation that has been written, once the writer is closed."""
        source = self._sources[relation]
        files = tuple(
            FileIntake(source.id, file, rows, 0) for file, rows in self._counts[relation].items()
        )
        return Staged(
            source, self._paths[relation], self._columns[relation], files, f"{source.id}_{relation}"
        )

    def __enter__(self) -> Self:
        """Open the files."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Write what is left and close the files."""
        if kind is None:
            for relation in self._rows:
                self._flush(relation)
        self._stack.close()

    def _flush(self, relation: str) -> None:
        schema = staged_schema(self._columns[relation])
        self._writers[relation].write_table(_to_table(self._rows[relation], schema))
        self._rows[relation] = []


class LineLog:
    """What became of each line of the files of a source.

    Parameters
    ----------
    path : Path
        Parquet file of decisions, like those on the rows of a table.
    source_id : str
        The source.
    what : str
        What one line is, in the plural: stands where the table of a raw row is told.
    """

    def __init__(self, path: Path, source_id: str, what: str) -> None:
        self.path = path
        self._source_id = source_id
        self._what = what
        self._rows: list[tuple[object, ...]] = []
        self._counts: Counter[str] = Counter()
        self._writer = pq.ParquetWriter(path, _DECISION)

    def add(self, file: str, line: int, outcome: str, rule: str = "", found: str = "") -> None:
        """Note one line: ``loaded``, ``merged``, ``filtered`` or ``rejected`` by a rule."""
        self._counts[file] += 1
        self._rows.append(
            (self._source_id, self._what, file, line, outcome, rule, "", found[:80], True)
        )
        if len(self._rows) >= _BATCH_ROWS:
            self._flush()

    def files(self, names: Sequence[str]) -> tuple[FileIntake, ...]:
        """Return how many lines each file had."""
        return tuple(FileIntake(self._source_id, name, self._counts[name], 0) for name in names)

    def __enter__(self) -> Self:
        """Open the file."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Write what is left and close the file."""
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        self._writer.write_table(_to_table(self._rows, _DECISION))
        self._rows = []


def _to_table(rows: Sequence[tuple[object, ...]], schema: pa.Schema) -> pa.Table:
    columns = zip(*rows, strict=True) if rows else ([] for _ in schema)
    arrays = [pa.array(values, one.type) for values, one in zip(columns, schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)
