"""Read every source of a study into the canonical tables, and account for every raw row."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa

from infiltrate.errors import CheckFailed, Problem, SourceError, StoreError
from infiltrate.params.study import StudyParams
from infiltrate.sources.check import check_sources
from infiltrate.sources.derived import Readable, derive_columns
from infiltrate.sources.duplicates import forget_groups, unite_rows
from infiltrate.sources.files import find_files
from infiltrate.sources.guards import guard_rows
from infiltrate.sources.mapping import Mapped, MappingSettings, map_rows
from infiltrate.sources.readers import stage_parts
from infiltrate.sources.staging import FileIntake, Staged
from infiltrate.sources.suspicions import find_suspicions
from infiltrate.tables.catalogue import TABLES
from infiltrate.tables.engine import Engine
from infiltrate.tables.store import TableStore

# Rows of one table are ordered by source, then part, then row: room for 10^12 rows in each part.
_ROWS_PER_PART = 10**12

# One line may hold several rows of a table, as a release holds several bids.
_REJECTED_KEY = ("source_id", "file", "line", "table", "rule", "column", "found")


@dataclass(frozen=True)
class IntakeReport:
    """What the sources gave.

    Attributes
    ----------
    tables : dict
        Canonical table to its number of rows.
    files : tuple of FileIntake
        Raw files read, with their rows and blank lines.
    rejected : int
        Rows of the table ``rejected``.
    warnings : tuple of str
        What is possible but suspicious: dates in the wrong order, references to nothing,
        identifiers of schemes without a check.
    """

    tables: dict[str, int]
    files: tuple[FileIntake, ...]
    rejected: int
    warnings: tuple[str, ...]

    @property
    def raw_rows(self) -> int:
        """Rows of all raw files together."""
        return sum(file.rows for file in self.files)


def read_sources(
    params: StudyParams, data_dir: Path, store: TableStore, engine: Engine, *, key: bytes
) -> IntakeReport:
    """Fill the canonical tables from the raw files that the parameters name.

    Besides the tables, ``intake`` says how many raw rows of each file ended how in each table
    (``loaded``, ``merged``, ``filtered``, ``rejected``, by rule), and ``rejected`` lists each
    rejected row with its file, line and rule; of the rows of one line that were rejected alike it
    lists one, with their number. A row that is unusable as a whole is listed once,
    with an empty ``table``, and counted for every table its source feeds.

    Parameters
    ----------
    params : StudyParams
        The study.
    data_dir : Path
        Folder below which the paths of the sources lie.
    store : TableStore
        Where the tables go; one that no source feeds any more is taken away.
    engine : Engine
        Runs the queries.
    key : bytes
        Key of the pseudonyms of natural persons.

    Raises
    ------
    SourceError
        When files or columns are not what the parameters say.
    CheckFailed
        When the outcomes of a file do not add up to its rows; nothing is then written.
    """
    problems = check_sources(params, data_dir)
    if problems:
        raise SourceError("The sources cannot be read.", problems)
    with _staging_folder(store) as folder:
        read = [
            stage_parts(
                source,
                find_files(source, data_dir),
                folder / f"source_{number}",
                params.sources,
                engine,
            )
            for number, source in enumerate(params.sources)
        ]
        files = tuple(file for source in read for file in source.files)
        staged = [part for source in read for part in source.parts]
        mapped = _map_all(engine, staged, MappingSettings(_day_of_study(params), key), folder)
        rows = _unite_all(engine, mapped, folder)
        decisions = [folder / f"decided_{name}.parquet" for name in sorted(rows)]
        decisions += [path for source in read for path in source.decisions]
        intake, rejected = _account(engine, decisions)
        _check_complete(intake, mapped)
        counts = _write_tables(engine, store, rows)
        store.write("intake", intake, ["source_id", "file", "table", "outcome", "rule"])
        n_rejected = store.write("rejected", rejected, _REJECTED_KEY)
    mappings = [part.source for part in staged]
    suspicions = find_suspicions(engine, store, sorted(counts), mappings, files)
    warnings = [warning for source in read for warning in source.warnings]
    return IntakeReport(counts, files, n_rejected, (*suspicions, *warnings))


@contextmanager
def _staging_folder(store: TableStore) -> Iterator[Path]:
    folder = store.folder / ".staging"
    shutil.rmtree(folder, ignore_errors=True)
    try:
        folder.mkdir(parents=True)
        yield folder
    except OSError as error:
        raise StoreError(
            f"{error.filename or folder}: {error.strerror or error}. The tables are as they were; "
            "free space or mend the permission, then run the same command again."
        ) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _day_of_study(params: StudyParams) -> date | None:
    retrieved = [source.retrieved_on for source in params.sources if source.retrieved_on]
    return params.choices.as_of or max(retrieved, default=None)


def _map_all(
    engine: Engine, staged: Sequence[Staged], settings: MappingSettings, folder: Path
) -> list[Mapped]:
    mapped: list[Mapped] = []
    readable: dict[str, Readable] = {}
    for number, raw in enumerate(staged):
        view = f"source_{number}"
        guard_rows(engine, raw, view)
        path = folder / f"derived_{number}.parquet"
        readable[raw.name] = derive_columns(
            engine, raw, view, readable, key=settings.key, path=path
        )
        source, view = readable[raw.name].staged, readable[raw.name].view
        for feeds in source.source.tables:
            path = folder / f"mapped_{len(mapped)}.parquet"
            order = len(mapped) * _ROWS_PER_PART
            mapped.append(
                map_rows(
                    engine, source, view, feeds, settings=settings, path=path, first_order=order
                )
            )
    return mapped


def _unite_all(engine: Engine, mapped: Sequence[Mapped], folder: Path) -> dict[str, str]:
    rules = {part.table.name: part.duplicates for part in mapped}
    return {
        name: unite_rows(
            engine,
            [part for part in mapped if part.table.name == name],
            rule,
            folder / f"decided_{name}.parquet",
        )
        for name, rule in rules.items()
    }


def _account(engine: Engine, paths: Sequence[Path]) -> tuple[pa.Table, pa.Table]:
    for number, path in enumerate(paths):
        engine.register(f"decided_{number}", path)
    decided = " UNION ALL ".join(f"SELECT * FROM decided_{at}" for at in range(len(paths)))
    intake = engine.query(
        "SELECT source_id, file, feeds AS table, outcome, rule, count(*) AS rows "
        f"FROM ({decided}) AS decided GROUP BY ALL"
    )
    rejected = engine.query(
        'SELECT source_id, file, line, "table", rule, "column", found, '
        "CASE WHEN \"table\" = '' THEN fewest ELSE most END AS rows FROM ("
        'SELECT source_id, file, line, "table", rule, "column", found, min(rows) AS fewest, '
        "max(rows) AS most FROM (SELECT source_id, file, line, "
        "CASE WHEN is_raw_reject THEN '' ELSE feeds END AS \"table\", "
        'feeds, rule, "column", found, count(*) AS rows '
        f"FROM ({decided}) AS decided WHERE outcome = 'rejected' GROUP BY ALL) AS counted "
        "GROUP BY ALL) AS listed"
    )
    return intake, rejected


def _check_complete(intake: pa.Table, mapped: Sequence[Mapped]) -> None:
    counted: dict[tuple[str, str, str], int] = {}
    for row in intake.to_pylist():
        place = (row["source_id"], row["file"], row["table"])
        counted[place] = counted.get(place, 0) + row["rows"]
    problems = [
        Problem(
            f"source {part.source_id}, {file.file}, table {part.feeds}",
            f"{counted.get((part.source_id, file.file, part.feeds), 0)} rows accounted for",
            f"all {file.rows} raw rows",
            "This is a mistake in infiltrate: please report it",
        )
        for part in mapped
        for file in part.files
        if counted.get((part.source_id, file.file, part.feeds), 0) != file.rows
    ]
    if problems:
        raise CheckFailed("Raw rows were lost or counted twice; no table was written.", problems)


def _write_tables(engine: Engine, store: TableStore, rows: dict[str, str]) -> dict[str, int]:
    counts = {name: store.write_query(engine, name, rows[name]) for name in sorted(rows)}
    for name in rows:
        forget_groups(engine, TABLES[name])
    for name in TABLES:
        if name not in rows:
            store.path(name).unlink(missing_ok=True)
    return counts
