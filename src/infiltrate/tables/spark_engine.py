"""The Spark engine: the same SQL files, for tables that outgrow one machine."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import pandas as pd
import pyarrow as pa
from sqlglot import exp

from infiltrate.errors import EngineError
from infiltrate.tables.engine import DuckDBEngine, Parameters, quote_name, quote_text
from infiltrate.tables.spark_session import make_folder, open_session
from infiltrate.tables.spark_sql import order_of_columns, parse_duckdb, translate


class SparkEngine:
    """Spark behind the same door, with DuckDB's types and order.

    Every statement is first given to a DuckDB without rows. It refuses what DuckDB would
    refuse, and says which columns and types DuckDB would return; Spark's rows are cast to these.

    Parameters
    ----------
    master : str
        Where Spark runs: ``local[2]``, ``spark://host:7077``, ``yarn``. Other settings of a
        cluster come from ``SPARK_CONF_DIR``.
    memory_gib : float
        Memory of the driver, when Spark runs on this machine.
    temp_dir : Path, optional
        Folder for what does not fit into memory; on a cluster one that all its machines share.
    """

    def __init__(
        self, master: str = "local[2]", memory_gib: float = 4.0, temp_dir: Path | None = None
    ) -> None:
        self._session = open_session(master, memory_gib, temp_dir)
        self._master = master
        self._folder = make_folder(self._session, temp_dir)
        self._shape = DuckDBEngine(memory_gib=1.0, threads=1, temp_dir=self._folder)
        self._made = itertools.count()
        self._queries: dict[str, str] = {}

    @property
    def description(self) -> str:
        """Name, version and master."""
        return f"Spark {self._session.version} ({self._master})"

    def register(self, name: str, data: Path | pa.Table | pd.DataFrame) -> None:
        """Make a Parquet file or a table in memory known under a name."""
        if isinstance(data, Path):
            path = data.resolve()
        else:
            path = self._new_path()
            with DuckDBEngine(memory_gib=1.0, threads=1) as writer:
                writer.register("given", data)
                writer.write_parquet("SELECT * FROM given", path, [])
        self._shape.execute(
            f"CREATE OR REPLACE TEMP TABLE {quote_name(name)} AS "
            f"SELECT * FROM read_parquet({quote_text(str(path))}) LIMIT 0"
        )
        self._name(name, _of_file(path))

    def execute(self, sql: str, parameters: Parameters | None = None) -> None:
        """Run a statement that returns no rows: make, rename or drop a view or a table.

        Raises
        ------
        EngineError
            When it is another statement, or its query cannot be translated.
        """
        tree = parse_duckdb(sql)
        kind = str(tree.args.get("kind") or "").upper()
        if not isinstance(tree, exp.Create | exp.Drop | exp.Alter) or kind not in ("VIEW", "TABLE"):
            raise EngineError(f"Spark is given no such statement: {sql.strip()[:60]}")
        self._shape.execute(sql, parameters)
        if isinstance(tree, exp.Create):
            self._create(tree, kind, parameters)
        elif isinstance(tree, exp.Drop):
            for table in tree.args.get("tables") or [tree.this]:
                self._session.catalog.dropTempView(table.name)
                self._queries.pop(table.name, None)
        else:
            (renamed,) = tree.args["actions"]
            self._rename(tree.this.name, renamed.this.name)

    def query(self, sql: str, parameters: Parameters | None = None) -> pa.Table:
        """Run a query with named parameters (``$name``) and return its rows."""
        schema = self._shape.query(sql, parameters).schema
        tree = parse_duckdb(sql)
        order = order_of_columns(tree, schema.names)
        if order:
            tree.set("order", None)
        with _asking():
            rows = self._session.sql(translate(tree, parameters)).toArrow()
        rows = _cast(rows, schema)
        if not order:
            return rows
        self._shape.register("rows_to_sort", rows)
        return self._shape.query(f"SELECT * FROM rows_to_sort ORDER BY {order}")

    def frame(self, sql: str, parameters: Parameters | None = None) -> pd.DataFrame:
        """Run a query and return a data frame; money becomes float."""
        rows = self.query(sql, parameters)
        self._shape.register("rows_of_frame", rows)
        return self._shape.frame("SELECT * FROM rows_of_frame")

    def write_parquet(self, sql: str, path: Path, order_by: Sequence[str]) -> int:
        """Write the rows of a query, in a fixed order, and return their number.

        Spark writes the parts into the temporary folder; DuckDB joins them, so that the file is
        the same as the other engine's.
        """
        schema = self._shape.query(sql).schema
        parts = self._keep(translate(parse_duckdb(sql)))
        try:
            with DuckDBEngine(temp_dir=self._folder) as writer:
                writer.register("shape", schema.empty_table())
                return writer.write_parquet(
                    "SELECT * FROM shape UNION ALL BY NAME SELECT * FROM read_parquet("
                    f"{quote_text(str(parts / '*.parquet'))})",
                    path,
                    order_by,
                )
        finally:
            shutil.rmtree(parts, ignore_errors=True)

    def close(self) -> None:
        """Give back the memory; Spark itself stays until the process ends."""
        for table in self._session.catalog.listTables():
            self._session.catalog.dropTempView(table.name)
        self._shape.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _create(self, tree: exp.Create, kind: str, parameters: Parameters | None) -> None:
        name = tree.this.name
        query = translate(tree.expression, parameters)
        self._name(name, query if kind == "VIEW" else _of_file(self._keep(query)))

    def _name(self, name: str, query: str) -> None:
        with _asking():
            self._session.sql(f"CREATE OR REPLACE TEMPORARY VIEW `{name}` AS {query}")
        self._queries[name] = query

    def _rename(self, old: str, new: str) -> None:
        # views made of one that Spark itself has renamed look for it under its old name
        self._name(new, self._queries.pop(old))
        self._session.catalog.dropTempView(old)

    def _keep(self, query: str) -> Path:
        """Write the rows of a query of Spark into the folder."""
        path = self._new_path()
        with _asking():
            self._session.sql(query).write.parquet(str(path))
        return path

    def _new_path(self) -> Path:
        return self._folder / f"rows_{next(self._made)}.parquet"


@contextmanager
def _asking() -> Iterator[None]:
    """Turn what Spark or Java throw into an error of one sentence.

    Raises
    ------
    EngineError
        When the query fails.
    """
    try:
        yield
    except Exception as error:
        room = type(error).__module__.partition(".")[0]
        if room not in ("pyspark", "py4j"):
            raise
        said, *trace = str(error).splitlines() or [type(error).__name__]
        causes = [line for line in trace if line.startswith("Caused by: ")]
        if causes and room == "py4j":
            said = causes[-1]
        raise EngineError(f"Spark could not run a query: {said}") from error


def _of_file(path: Path) -> str:
    quoted = str(path).replace("`", "``")
    return f"SELECT * FROM parquet.`{quoted}`"


def _cast(rows: pa.Table, schema: pa.Schema) -> pa.Table:
    columns = [
        # a whole number of Spark may have to pass through the widest decimal
        column.cast(pa.decimal128(38, field.type.scale)).cast(field.type)
        if pa.types.is_decimal(field.type)
        else column.cast(field.type)
        for column, field in zip(rows.columns, schema, strict=True)
    ]
    return pa.Table.from_arrays(columns, schema=schema)
