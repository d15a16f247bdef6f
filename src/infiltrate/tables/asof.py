"""The tables as they were known on a day: later rows absent, later values missing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from infiltrate.tables.catalogue import TABLES
from infiltrate.tables.definition import Table
from infiltrate.tables.engine import Engine, quote_name
from infiltrate.tables.store import TableStore


def open_as_of(store: TableStore, engine: Engine, day: date, names: Iterable[str]) -> None:
    """Register canonical tables as they were known at the end of a day.

    Parameters
    ----------
    store : TableStore
        Where the tables are.
    engine : Engine
        Where the views are made, under the tables' own names.
    day : date
        The day; a row or value dated later does not exist.
    names : iterable of str
        Canonical tables.

    Notes
    -----
    A row of a dated table without any date is left out: nothing shows that it was known. A
    value whose own date is missing is missing too. A company founded later is absent; one whose
    day of foundation is not known is there.
    """
    wanted = [TABLES[name] for name in names]
    parents = {table.dated_by for table in wanted if table.dated_by}
    for name in sorted({table.name for table in wanted} | parents):
        store.register(engine, name, _all_days(name))
    for table in wanted:
        engine.execute(
            f"CREATE OR REPLACE VIEW {quote_name(table.name)} AS {_as_of_query(table, day)}"
        )


def _as_of_query(table: Table, day: date) -> str:
    until = f"DATE '{day.isoformat()}'"
    columns = ", ".join(_as_of_column(table, name, until) for name in table.column_names)
    query = f"SELECT {columns} FROM {quote_name(_all_days(table.name))} AS own"
    if table.dated_by:
        shared = " AND ".join(f"own.{key} = parent.{key}" for key in table.parent_key)
        query += f" LEFT JOIN {quote_name(_all_days(table.dated_by))} AS parent ON {shared}"
    dates = [f"own.{name}" for name in table.known_on]
    if table.dated_by:
        dates += [f"parent.{name}" for name in TABLES[table.dated_by].known_on]
    conditions = [f"coalesce({', '.join(dates)}) <= {until}"] if dates else []
    if table.begins_on:
        conditions.append(f"(own.{table.begins_on} IS NULL OR own.{table.begins_on} <= {until})")
    return f"{query} WHERE {' AND '.join(conditions)}" if conditions else query


def _as_of_column(table: Table, name: str, until: str) -> str:
    known_on = table.column(name).known_on
    if not known_on:
        return f"own.{quote_name(name)} AS {quote_name(name)}"
    dated = f"parent.{known_on.partition('.')[2]}" if "." in known_on else f"own.{known_on}"
    return f"CASE WHEN {dated} <= {until} THEN own.{quote_name(name)} END AS {quote_name(name)}"


def _all_days(name: str) -> str:
    return f"{name}_all_days"
