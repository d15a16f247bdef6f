"""Raw files to one Parquet file of text per source, so that nothing has to fit into memory."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from infiltrate.params.sources import Source
from infiltrate.sources.files import RawFile
from infiltrate.sources.records import Batch, read_batches, read_header

# What is known of a raw row besides its columns: running number, place, and why it is no row.
ROW_COLUMNS = ("_row", "_file", "_line", "_rule", "_column", "_found")


@dataclass(frozen=True)
class FileIntake:
    """What one raw file held: rows (header and blank lines left out) and blank lines."""

    source_id: str
    file: str
    rows: int
    blank_lines: int


@dataclass(frozen=True)
class Staged:
    """A source in one Parquet file of text.

    Attributes
    ----------
    source : Source
        The source.
    path : Path
        One row per raw row: ``ROW_COLUMNS`` and the raw columns that the source reads.
    columns : dict
        Raw column to its name in the file.
    files : tuple of FileIntake
        What each raw file held.
    name : str
        What other sources look it up by.
    """

    source: Source
    path: Path
    columns: dict[str, str]
    files: tuple[FileIntake, ...]
    name: str


def stage_source(
    source: Source,
    files: Sequence[RawFile],
    path: Path,
    wanted: Sequence[str],
    may_lack: Collection[str] = (),
) -> Staged:
    """Read the files of a source, in order, into one Parquet file.

    Parameters
    ----------
    source : Source
        The source.
    files : sequence of RawFile
        Its files.
    path : Path
        Parquet file to write.
    wanted : sequence of str
        Columns of the files that are kept.
    may_lack : collection of str
        Those that a file need not have; they are then missing.

    Raises
    ------
    SourceError
        When a file cannot be decoded at all.
    """
    columns = {name: f"raw_{number}" for number, name in enumerate(wanted)}
    intakes = []
    first_row = 0
    with pq.ParquetWriter(path, staged_schema(columns)) as writer:
        for file in files:
            header = read_header(file, source)
            positions = [
                None if name in may_lack and name not in header else header.index(name)
                for name in columns
            ]
            intake = _stage_file(writer, file, source, positions, first_row=first_row)
            intakes.append(intake)
            first_row += intake.rows
    return Staged(source, path, columns, tuple(intakes), source.id)


def staged_schema(columns: Mapping[str, str]) -> pa.Schema:
    """Return the columns of a staged source: those of every row, then the raw ones as text."""
    numbers = {"_row": pa.int64(), "_line": pa.int64()}
    known = [(name, numbers.get(name, pa.string())) for name in ROW_COLUMNS]
    return pa.schema([*known, *((name, pa.string()) for name in columns.values())])


def _stage_file(
    writer: pq.ParquetWriter,
    file: RawFile,
    source: Source,
    positions: Sequence[int | None],
    *,
    first_row: int,
) -> FileIntake:
    rows = blank_lines = 0
    for batch in read_batches(file, source):
        table = _to_table(batch, file.name, positions, first_row + rows, schema=writer.schema)
        writer.write_table(table)
        rows += table.num_rows
        blank_lines += batch.blank_lines
    return FileIntake(source.id, file.name, rows, blank_lines)


def _to_table(
    batch: Batch,
    file_name: str,
    positions: Sequence[int | None],
    first_row: int,
    schema: pa.Schema,
) -> pa.Table:
    read, rejected = len(batch.rows), len(batch.rejects)
    by_column = list(zip(*batch.rows, strict=True)) if read else []
    values = {
        "_row": pa.array(range(first_row, first_row + read + rejected), pa.int64()),
        "_file": pa.array([file_name] * (read + rejected), pa.string()),
        "_line": pa.array([*batch.lines, *(reject.line for reject in batch.rejects)], pa.int64()),
        "_rule": _then(read, [reject.rule for reject in batch.rejects]),
        "_column": _then(read, [""] * rejected),
        "_found": _then(read, [reject.found for reject in batch.rejects]),
    }
    for position, name in zip(positions, schema.names[len(ROW_COLUMNS) :], strict=True):
        text = [None] * read if position is None or not read else list(by_column[position])
        values[name] = pc.utf8_trim_whitespace(pa.array(text + [None] * rejected, pa.string()))
    return pa.table(values, schema=schema)


def _then(missing: int, values: list[str]) -> pa.Array:
    return pa.array([None] * missing + values, pa.string())
