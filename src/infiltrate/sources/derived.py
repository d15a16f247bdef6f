"""Columns that are added to the raw ones: from the path, from a group of rows, from other files."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa

from infiltrate.params.derived import DerivedColumn
from infiltrate.params.sources import Transform
from infiltrate.sources.expressions import RawValues
from infiltrate.sources.staging import ROW_COLUMNS, Staged
from infiltrate.tables.engine import Engine


@dataclass(frozen=True)
class Readable:
    """A source whose rows are guarded and whose columns are complete.

    Attributes
    ----------
    staged : Staged
        The source; its ``columns`` include the derived ones.
    view : str
        Its rows in the engine.
    """

    staged: Staged
    view: str

    @property
    def values(self) -> RawValues:
        """Its columns as SQL."""
        return RawValues(self.staged.source, self.staged.columns)


@dataclass(frozen=True)
class _Step:
    derived: DerivedColumn
    values: RawValues
    earlier: Mapping[str, Readable]
    key: bytes


def derive_columns(
    engine: Engine,
    staged: Staged,
    view: str,
    earlier: Mapping[str, Readable],
    *,
    key: bytes,
    path: Path,
) -> Readable:
    """Add the derived columns of a source to its guarded rows.

    Rows that broke a guard take no part in groups, counts and lookups. A group of rows is named
    by its members alone: 16 hexadecimal digits of HMAC-SHA256 over their sorted names under the
    user's key, because a member may be a natural person.

    Parameters
    ----------
    engine : Engine
        Where `view` is registered.
    staged : Staged
        The source.
    view : str
        Its rows, guarded.
    earlier : mapping of str to Readable
        Sources that can be looked up, by id.
    key : bytes
        Key of the pseudonyms of natural persons.
    path : Path
        Parquet file to write, when there is something to derive.
    """
    readable = Readable(staged, view)
    if not staged.source.derived:
        return readable
    names = [*ROW_COLUMNS, *staged.columns.values()]
    rows = f"SELECT {', '.join(names)} FROM {view}"
    for number, (name, derived) in enumerate(staged.source.derived.items()):
        column = f"derived_{number}"
        rows = _add_column(engine, rows, column, _Step(derived, readable.values, earlier, key))
        columns = {**readable.staged.columns, name: column}
        readable = replace(readable, staged=replace(readable.staged, columns=columns))
    engine.write_parquet(rows, path, [])
    engine.register(f"{view}_derived", path)
    return replace(readable, view=f"{view}_derived")


def _add_column(engine: Engine, rows: str, column: str, step: _Step) -> str:
    derived, values = step.derived, step.values
    if derived.lookup is not None:
        assert derived.source is not None
        other = step.earlier[derived.source]
        theirs = [other.values.text(name) for name in derived.on.values()]
        found = f"arg_min({other.values.text(derived.lookup)}, _row)"
        mine = [values.text(name) for name in derived.on]
        return _joined(rows, _grouped(other.view, theirs, found), mine, column)
    by = [values.text(name) for name in derived.by]
    if derived.count is not None:
        counted = f"nullif(count(DISTINCT {values.text(derived.count)}), 0)"
        number = f"CAST({counted} AS VARCHAR)"
        return _joined(rows, _grouped(f"({rows})", by, number), by, column)
    if derived.members:
        named = ", ".join(values.text(name) for name in derived.members)
        member = rf"regexp_replace(upper(coalesce({named})), '[\s.\-/]', '', 'g')"
        members = f"string_agg(DISTINCT {member}, chr(10) ORDER BY {member})"
        groups = _grouped(f"({rows})", by, members)
        engine.register(f"names_{column}", _name_groups(engine, groups, step.key))
        named_groups = (
            f"SELECT {_keys(len(by))}, names.name AS _value FROM ({groups}) AS groups "
            f"INNER JOIN names_{column} AS names ON names.members = groups._value"
        )
        return _joined(rows, named_groups, by, column)
    given = {"from_path", "first_of", "combine"} & derived.model_fields_set
    filled = values.filled(Transform(**{name: getattr(derived, name) for name in given}))
    return f"SELECT *, {filled} AS {column} FROM ({rows}) AS {column}_rows"


def _grouped(rows: str, by: Sequence[str], aggregate: str) -> str:
    keys = ", ".join(f"{text} AS _key_{number}" for number, text in enumerate(by))
    present = " AND ".join(f"_key_{number} IS NOT NULL" for number in range(len(by)))
    return (
        f"SELECT {keys}, {aggregate} AS _value FROM {rows} AS grouped_rows "
        f"WHERE _rule IS NULL GROUP BY {_keys(len(by))} HAVING {present}"
    )


def _joined(rows: str, values: str, by: Sequence[str], column: str) -> str:
    agrees = " AND ".join(f"found._key_{number} = {text}" for number, text in enumerate(by))
    return (
        f"SELECT {column}_rows.*, found._value AS {column} FROM ({rows}) AS {column}_rows "
        f"LEFT JOIN ({values}) AS found ON {column}_rows._rule IS NULL AND {agrees}"
    )


def _keys(number: int) -> str:
    return ", ".join(f"_key_{at}" for at in range(number))


def _name_groups(engine: Engine, groups: str, key: bytes) -> pa.Table:
    found = engine.query(
        f"SELECT DISTINCT _value AS members FROM ({groups}) AS groups WHERE _value IS NOT NULL"
    )
    members = sorted(found["members"].to_pylist())
    names = [hmac.new(key, text.encode(), hashlib.sha256).hexdigest()[:16] for text in members]
    return pa.table(
        {"members": pa.array(members, pa.string()), "name": pa.array(names, pa.string())}
    )
