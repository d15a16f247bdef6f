"""Rows of one key, from one file or several sources: which one is kept, and what the rest adds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from infiltrate.sources.mapping import Mapped
from infiltrate.tables.definition import Table
from infiltrate.tables.engine import Engine, quote_text


def unite_rows(engine: Engine, parts: Sequence[Mapped], duplicates: str, path: Path) -> str:
    """Decide what becomes of each candidate row of a table, and return the query of its rows.

    Rows are compared in the order of the sources, of the parts of a source, and of the lines. A
    row that repeats the kept one in every column is ``merged`` as ``identical``; one that
    differs falls under the rule of the table: ``reject`` (``duplicate_key``), ``first``,
    ``last``, or ``merge``, where each column takes the first value that is not missing and a
    boolean is true when any row says so.

    Parameters
    ----------
    engine : Engine
        Where the rows are joined.
    parts : sequence of Mapped
        Candidate rows of one table.
    duplicates : {'reject', 'first', 'last', 'merge'}
        Rule of the table.
    path : Path
        Parquet file for the decisions, one row per raw row and part: ``source_id``, ``feeds``,
        ``file``, ``line``, ``outcome``, ``rule``, ``column``, ``found``, ``is_raw_reject``.
    """
    table = parts[0].table
    united, groups = f"united_{table.name}", f"groups_{table.name}"
    engine.execute(f"CREATE OR REPLACE TEMP VIEW {united} AS {_union(engine, parts, table)}")
    engine.execute(
        f"CREATE OR REPLACE TEMP TABLE {groups} AS {_select_groups(united, table, duplicates)}"
    )
    engine.write_parquet(_select_decisions(united, groups, table, duplicates), path, [])
    return _select_rows(united, groups, table, duplicates)


def forget_groups(engine: Engine, table: Table) -> None:
    """Give back the memory that the decisions about a table took."""
    engine.execute(f"DROP TABLE IF EXISTS groups_{table.name}")


def _union(engine: Engine, parts: Sequence[Mapped], table: Table) -> str:
    content = ", ".join(name for name in table.column_names if name != "source_id")
    selected = []
    for number, part in enumerate(parts):
        view = f"mapped_{table.name}_{number}"
        engine.register(view, part.path)
        selected.append(
            f"SELECT *, {quote_text(part.feeds)} AS _feeds, hash({content}) AS _content FROM {view}"
        )
    return " UNION ALL ".join(selected)


def _select_groups(united: str, table: Table, duplicates: str) -> str:
    # states of fixed size only: this is what must not fill the memory with ten million keys
    keep = "max" if duplicates == "last" else "min"
    key = ", ".join(table.key)
    return (
        f"SELECT {key}, {keep}(_order) AS _kept, arg_{keep}(_content, _order) AS _kept_content, "
        f"min(_content) <> max(_content) AS _differs "
        f"FROM {united} WHERE _outcome IS NULL GROUP BY {key}"
    )


def _select_decisions(united: str, groups: str, table: Table, duplicates: str) -> str:
    rejects = duplicates == "reject"
    outcome, rule = ("rejected", "duplicate_key") if rejects else ("merged", duplicates)
    key = ", ".join(table.key)
    shown = " || ', ' || ".join(f"CAST({name} AS VARCHAR)" for name in table.key)
    place = "source_id, _feeds AS feeds, _file AS file, _line AS line"

    def decide(loaded: str, repeated: str, differing: str, name: str) -> str:
        return (
            f"CASE WHEN _order = _kept THEN {loaded} WHEN _content = _kept_content THEN {repeated} "
            f"ELSE {differing} END AS {name}"
        )

    return (
        f"SELECT {place}, _outcome AS outcome, _rule AS rule, _column AS column, "
        f"_found AS found, _is_raw_reject AS is_raw_reject "
        f"FROM {united} WHERE _outcome IS NOT NULL UNION ALL SELECT {place}, "
        f"{decide(quote_text('loaded'), quote_text('merged'), quote_text(outcome), 'outcome')}, "
        f"{decide(quote_text(''), quote_text('identical'), quote_text(rule), 'rule')}, "
        f"{decide(quote_text(''), quote_text(''), quote_text(key), 'column')}, "
        f"{decide(quote_text(''), quote_text(''), f'left({shown}, 80)', 'found')}, "
        f"false AS is_raw_reject FROM {united} INNER JOIN {groups} USING ({key}) "
        f"WHERE _outcome IS NULL"
    )


def _select_rows(united: str, groups: str, table: Table, duplicates: str) -> str:
    columns = ", ".join(f"{united}.{name} AS {name}" for name in table.column_names)
    kept = f"SELECT {columns} FROM {united} INNER JOIN {groups} ON _order = _kept"
    if duplicates != "merge":
        return kept
    key = ", ".join(table.key)
    merged = ", ".join(
        column.name
        if column.name in table.key
        else f"bool_or({column.name}) AS {column.name}"
        if column.type == "boolean"
        else f"arg_min({column.name}, _order) AS {column.name}"
        for column in table.columns
    )
    return (
        f"{kept} WHERE NOT _differs UNION ALL SELECT {merged} "
        f"FROM {united} INNER JOIN {groups} USING ({key}) "
        f"WHERE _outcome IS NULL AND _differs GROUP BY {key}"
    )
