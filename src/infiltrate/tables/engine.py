"""The query engine: DuckDB in process, behind a door that Spark goes through too."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import duckdb
import pandas as pd
import pyarrow as pa

from infiltrate.errors import StoreError
from infiltrate.params.choices import EngineChoices
from infiltrate.tables.files import replace_file

Parameters = Mapping[str, object]

JOBS_VARIABLE = "INFILTRATE_JOBS"
"""Says to a notebook's kernel how many run at once, so that all keep within the limits."""
_LEAST_MEMORY_GIB = 0.5


class Engine(Protocol):
    """Runs the SQL files of the package over tables in Parquet files or in memory."""

    @property
    def description(self) -> str:
        """Name and version, and where it runs."""

    def register(self, name: str, data: Path | pa.Table | pd.DataFrame) -> None:
        """Make a Parquet file or a table in memory known under a name."""

    def execute(self, sql: str, parameters: Parameters | None = None) -> None:
        """Run a statement that returns no rows, such as CREATE VIEW."""

    def query(self, sql: str, parameters: Parameters | None = None) -> pa.Table:
        """Run a query with named parameters (``$name``) and return its rows."""

    def frame(self, sql: str, parameters: Parameters | None = None) -> pd.DataFrame:
        """Run a query and return a data frame; money becomes float."""

    def write_parquet(self, sql: str, path: Path, order_by: Sequence[str]) -> int:
        """Write the rows of a query, in a fixed order, and return their number."""

    def close(self) -> None:
        """Give back the memory."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


def open_engine(choices: EngineChoices, temp_dir: Path | None = None) -> Engine:
    """Open the engine that the parameters name, within their limits.

    Parameters
    ----------
    choices : EngineChoices
        Which engine; memory limit in GiB; threads of DuckDB, master of Spark.
    temp_dir : Path, optional
        Folder for what does not fit into memory.

    Raises
    ------
    EngineError
        When Spark is asked for and cannot be had.
    """
    if choices.name == "spark":
        check_engine(choices)
        from infiltrate.tables.spark_engine import SparkEngine

        return SparkEngine(choices.master, choices.memory_gib, temp_dir)
    shared = _share(choices, int(os.environ.get(JOBS_VARIABLE, "1")))
    return DuckDBEngine(shared.memory_gib, shared.threads, temp_dir)


def _share(choices: EngineChoices, jobs: int) -> EngineChoices:
    """Divide the limits among connections that are open at once; results do not depend on it."""
    memory = max(choices.memory_gib / jobs, min(choices.memory_gib, _LEAST_MEMORY_GIB))
    threads = max(choices.threads // jobs, 1)
    return choices.model_copy(update={"memory_gib": memory, "threads": threads})


def check_engine(choices: EngineChoices) -> None:
    """Say what the engine of the parameters lacks, before anything is started.

    Raises
    ------
    EngineError
        When Spark is asked for, and pyspark or Java is not installed.
    """
    if choices.name == "spark":
        from infiltrate.tables.spark_session import check_spark

        check_spark()


class DuckDBEngine:
    """DuckDB in process: out of core under a memory limit, nothing to set up.

    Parameters
    ----------
    memory_gib : float
        Memory limit in GiB.
    threads : int
        Number of threads; results do not depend on it.
    temp_dir : Path, optional
        Folder for what does not fit into memory.
    """

    def __init__(
        self, memory_gib: float = 4.0, threads: int = 2, temp_dir: Path | None = None
    ) -> None:
        self._connection = duckdb.connect(":memory:")
        self._connection.execute(f"SET memory_limit = '{int(memory_gib * 1024)}MiB'")
        self._connection.execute(f"SET threads = {int(threads)}")
        self._connection.execute("SET preserve_insertion_order = true")
        if temp_dir is not None:
            self._connection.execute(f"SET temp_directory = {quote_text(str(temp_dir))}")

    @property
    def description(self) -> str:
        """Name and version."""
        return f"DuckDB {duckdb.__version__}"

    def register(self, name: str, data: Path | pa.Table | pd.DataFrame) -> None:
        """Make a Parquet file or a table in memory known under a name."""
        if isinstance(data, Path):
            # a table in memory would hide the view of the same name
            self._connection.unregister(name)
            self._connection.execute(
                f"CREATE OR REPLACE VIEW {quote_name(name)} AS "
                f"SELECT * FROM read_parquet({quote_text(str(data))})"
            )
        else:
            self._connection.register(name, data)

    def execute(self, sql: str, parameters: Parameters | None = None) -> None:
        """Run a statement that returns no rows, such as CREATE VIEW."""
        self._connection.execute(sql, dict(parameters) if parameters else None)

    def query(self, sql: str, parameters: Parameters | None = None) -> pa.Table:
        """Run a query with named parameters (``$name``) and return its rows."""
        return self._relation(sql, parameters).to_arrow_table()

    def frame(self, sql: str, parameters: Parameters | None = None) -> pd.DataFrame:
        """Run a query and return a data frame; money becomes float."""
        return self._relation(sql, parameters).df()

    def write_parquet(self, sql: str, path: Path, order_by: Sequence[str]) -> int:
        """Write the rows of a query, in a fixed order, and return their number.

        The file appears under its name only when it is complete.

        Raises
        ------
        StoreError
            When the disk is full or the folder cannot be written to.
        """
        order = f" ORDER BY {', '.join(quote_name(name) for name in order_by)}" if order_by else ""
        with replace_file(path) as temporary:
            try:
                written = self._connection.execute(
                    f"COPY (SELECT * FROM ({sql}) AS rows_to_write{order}) "
                    f"TO {quote_text(str(temporary))} (FORMAT parquet, COMPRESSION zstd)"
                ).fetchone()
            except (duckdb.IOException, duckdb.FatalException) as error:
                raise StoreError(
                    f"{path}: could not be written: {_reason(error)}. What was there before is "
                    "untouched; free space or mend the permission, then run the same command again."
                ) from error
        return int(written[0]) if written else 0

    def close(self) -> None:
        """Give back the memory."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _relation(self, sql: str, parameters: Parameters | None) -> duckdb.DuckDBPyRelation:
        return self._connection.sql(sql, params=dict(parameters) if parameters else None)


def _reason(error: duckdb.Error) -> str:
    """Return what the system said, where DuckDB wraps it in a report for machines."""
    number = re.search(r'"errno":"(\d+)"', str(error))
    return os.strerror(int(number[1])) if number else str(error)


def quote_name(name: str) -> str:
    """Quote an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def quote_text(text: str) -> str:
    """Quote an SQL string literal."""
    return "'" + text.replace("'", "''") + "'"
