"""What the tables hold that is possible but suspicious: counted and told, never mended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from infiltrate.params.sources import Source, Transform
from infiltrate.sources.staging import FileIntake
from infiltrate.tables.catalogue import TABLES
from infiltrate.tables.definition import Table
from infiltrate.tables.engine import Engine
from infiltrate.tables.identifiers import SCHEMES
from infiltrate.tables.store import TableStore


def find_suspicions(
    engine: Engine,
    store: TableStore,
    names: Sequence[str],
    sources: Sequence[Source],
    files: Sequence[FileIntake],
) -> list[str]:
    """Count dates in the wrong order, references to nothing, unchecked schemes, blank lines.

    Returns
    -------
    list of str
        One sentence each.
    """
    for name in TABLES:
        store.register(engine, name, name)
    return [
        *(
            f"{file.file}: {_count(file.blank_lines, 'blank line')} left out"
            for file in files
            if file.blank_lines
        ),
        *(sentence for name in names for sentence in _reversed_dates(engine, TABLES[name])),
        *(sentence for name in names for sentence in _dangling(engine, TABLES[name], names)),
        *_unchecked_schemes(sources),
    ]


def _reversed_dates(engine: Engine, table: Table) -> Iterator[str]:
    for earlier, later in table.order:
        rows = _rows(engine, f"SELECT count(*) AS n FROM {table.name} WHERE {earlier} > {later}")
        if rows:
            yield f"{table.name}: {_count(rows, 'row')} with {earlier} after {later}"


def _dangling(engine: Engine, table: Table, names: Sequence[str]) -> Iterator[str]:
    for column in table.columns:
        target, _, target_column = column.references.partition(".")
        if target not in names:
            continue
        rows = _rows(
            engine,
            f"SELECT count(*) AS n FROM {table.name} AS rows_here WHERE {column.name} IS NOT NULL "
            f"AND NOT EXISTS (SELECT 1 FROM {target} AS target "
            f"WHERE target.{target_column} = rows_here.{column.name})",
        )
        if rows:
            yield f"{table.name}: {_count(rows, 'row')} with {column.name} not in table {target}"


def _unchecked_schemes(sources: Sequence[Source]) -> Iterator[str]:
    used = {
        scheme
        for source in sources
        for mapping in source.tables.values()
        for filled_by in mapping.columns.values()
        if isinstance(filled_by, Transform)
        for scheme in (filled_by.scheme, filled_by.else_scheme)
        if scheme and scheme not in SCHEMES
    }
    for scheme in sorted(used):
        yield f"{scheme}: identifiers are not checked, no rule is known for this scheme"


def _rows(engine: Engine, sql: str) -> int:
    return int(engine.query(sql)["n"][0].as_py())


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
