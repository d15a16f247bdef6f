"""The store: one folder of Parquet files, one file a table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from infiltrate.errors import CheckFailed, Problem, SchemaError, StoreError
from infiltrate.tables.catalogue import TABLES
from infiltrate.tables.checks import find_table_problems
from infiltrate.tables.definition import SQL_TYPES, Table
from infiltrate.tables.engine import DuckDBEngine, Engine, quote_name


class TableStore:
    """The tables of one study.

    Parameters
    ----------
    folder : Path
        Where the Parquet files are.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, name: str) -> Path:
        """Return the file of a table, whether it exists or not."""
        return self.folder / f"{name}.parquet"

    def exists(self, name: str) -> bool:
        """Whether the table has been written."""
        return self.path(name).exists()

    def read(self, name: str) -> pa.Table:
        """Read a whole table.

        Raises
        ------
        StoreError
            When the table has not been written.
        """
        if not self.exists(name):
            raise StoreError(
                f"table {name}: not in {self.folder}. Run the stage that writes it first."
            )
        return pq.read_table(self.path(name))

    def write(self, name: str, data: pa.Table | pd.DataFrame, key: Sequence[str] = ()) -> int:
        """Write a table from memory and return its number of rows.

        Parameters
        ----------
        name : str
            A canonical table, or the name of a derived one.
        data : pyarrow.Table or pandas.DataFrame
            The rows, in any order.
        key : sequence of str
            Key of a derived table; rows are sorted by it and it must not repeat.
        """
        table = pa.Table.from_pandas(data, preserve_index=False) if _is_frame(data) else data
        with DuckDBEngine() as engine:
            engine.register("rows_in_memory", table)
            return self.write_query(engine, name, "SELECT * FROM rows_in_memory", key)

    def write_query(self, engine: Engine, name: str, sql: str, key: Sequence[str] = ()) -> int:
        """Write the rows of a query, out of core, and return their number.

        Columns of a canonical table that the query does not give are stored as missing.

        Raises
        ------
        SchemaError
            When the query gives a column that the table does not have, or repeats a derived
            table's key.
        CheckFailed
            When values contradict the definition of a canonical table.
        StoreError
            When the disk refuses.
        """
        if name not in TABLES:
            _check_derived_key(engine, name, sql, key)
            return engine.write_parquet(sql, self.path(name), key)
        table = TABLES[name]
        canonical = f"{name}_to_write"
        engine.execute(
            f"CREATE OR REPLACE TEMP VIEW {quote_name(canonical)} AS {_cast(engine, table, sql)}"
        )
        problems = find_table_problems(engine, table, canonical)
        if problems:
            raise CheckFailed(f"Table {name} was not written: its rows break its rules.", problems)
        return engine.write_parquet(
            f"SELECT * FROM {quote_name(canonical)}", self.path(name), table.key
        )

    def open(self, engine: Engine, names: Iterable[str]) -> None:
        """Register tables with an engine under their names.

        A canonical table that no source feeds is an empty relation with all its columns.

        Raises
        ------
        StoreError
            When a derived table has not been written.
        """
        for name in names:
            self.register(engine, name, name)

    def register(self, engine: Engine, name: str, alias: str) -> None:
        """Register one table under another name."""
        if self.exists(name):
            engine.register(alias, self.path(name))
        elif name in TABLES:
            engine.register(alias, TABLES[name].arrow_schema.empty_table())
        else:
            raise StoreError(
                f"table {name}: not in {self.folder}. Run the stage that writes it first."
            )


def _is_frame(data: pa.Table | pd.DataFrame) -> bool:
    return isinstance(data, pd.DataFrame)


def _cast(engine: Engine, table: Table, sql: str) -> str:
    given = engine.query(f"SELECT * FROM ({sql}) AS given LIMIT 0").column_names
    unknown = [name for name in given if name not in table.column_names]
    if unknown:
        raise SchemaError(
            f"Table {table.name} was not written.",
            [
                Problem(
                    f"table {table.name}, column {name}", "unknown", ", ".join(table.column_names)
                )
                for name in unknown
            ],
        )
    columns = ", ".join(
        f"CAST({quote_name(c.name) if c.name in given else 'NULL'} AS {SQL_TYPES[c.type]}) "
        f"AS {quote_name(c.name)}"
        for c in table.columns
    )
    return f"SELECT {columns} FROM ({sql}) AS given"


def _check_derived_key(engine: Engine, name: str, sql: str, key: Sequence[str]) -> None:
    if not key:
        return
    columns = ", ".join(quote_name(column) for column in key)
    repeated = engine.query(
        f"SELECT {columns} FROM ({sql}) AS given GROUP BY {columns} "
        f"HAVING count(*) > 1 ORDER BY {columns} LIMIT 1"
    ).to_pylist()
    if repeated:
        raise SchemaError(
            f"Table {name} was not written.",
            [Problem(f"table {name}, key ({', '.join(key)})", f"repeated: {repeated[0]}")],
        )
