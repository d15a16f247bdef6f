"""What the Spark engine does behind the door of every engine, and what it refuses."""

from __future__ import annotations

import importlib.util
from datetime import date
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from typer.testing import CliRunner

from infiltrate.cli import app
from infiltrate.errors import EngineError, ParamsError
from infiltrate.params.choices import EngineChoices
from infiltrate.tables.engine import DuckDBEngine, Engine, check_engine, open_engine
from infiltrate.tables.spark_sql import order_of_columns, parse_duckdb
from tests.engines.same import differences

ROWS = pa.table(
    {
        "id": ["b", "a", None, "É"],
        "amount": pa.array([Decimal("1.50"), None, Decimal("-2.00"), Decimal("9.99")]),
        "day": [date(2020, 2, 29), None, date(1900, 1, 1), date(9999, 12, 31)],
        "number": pa.array([1, 2, 3, None], pa.int64()),
        "share": [0.1, None, 1e300, -0.0],
        "is_won": [True, None, False, True],
        "records": [["x", None], [], None, ["y"]],
    }
)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["arrow", "frame", "parquet", "no rows"])
def test_rows_come_back_with_their_types(
    kind: str, spark: Engine, duckdb_engine: Engine, tmp_path: Path
) -> None:
    data: Path | pa.Table | pd.DataFrame = ROWS.slice(0, 0) if kind == "no rows" else ROWS
    if kind == "frame":
        data = ROWS.to_pandas()
    if kind == "parquet":
        duckdb_engine.register("rows", ROWS)
        data = tmp_path / "rows.parquet"
        duckdb_engine.write_parquet("SELECT * FROM rows", data, ["id"])
    for engine in (spark, duckdb_engine):
        engine.register("given", data)
    sql = "SELECT given.*, number / 2 AS half FROM given ORDER BY id DESC, day"
    assert differences(duckdb_engine.query(sql), spark.query(sql)) == []
    frames = [engine.frame(sql) for engine in (duckdb_engine, spark)]
    pd.testing.assert_frame_equal(*frames)


@pytest.mark.slow
def test_a_written_file_is_the_same_byte_for_byte(
    spark: Engine, duckdb_engine: Engine, tmp_path: Path
) -> None:
    paths = []
    for number, engine in enumerate((spark, duckdb_engine)):
        engine.register("given", ROWS)
        path = tmp_path / f"{number}.parquet"
        assert engine.write_parquet("SELECT given.* FROM given", path, ["id", "day"]) == 4
        paths.append(path.read_bytes())
    assert paths[0] == paths[1]


@pytest.mark.slow
def test_views_follow_what_they_are_made_of(spark: Engine, duckdb_engine: Engine) -> None:
    for engine in (spark, duckdb_engine):
        engine.register("given", pa.table({"a": [1, 2]}))
        engine.execute("CREATE OR REPLACE VIEW sums AS SELECT sum(a) AS s FROM given")
        engine.execute(
            "CREATE OR REPLACE TEMP TABLE kept AS SELECT a + $b AS c FROM given", {"b": 1}
        )
        engine.execute("ALTER VIEW sums RENAME TO totals")
        engine.register("given", pa.table({"a": [10, 20]}))
        assert engine.query("SELECT s AS s FROM totals")["s"].to_pylist() == [30]
        assert engine.query("SELECT c AS c FROM kept ORDER BY c")["c"].to_pylist() == [2, 3]
        engine.execute("DROP VIEW IF EXISTS totals")
        with pytest.raises(Exception, match="totals"):
            engine.query("SELECT s AS s FROM totals")


@pytest.mark.slow
def test_a_renamed_view_can_be_replaced_by_one_made_of_it(
    spark: Engine, duckdb_engine: Engine
) -> None:
    for engine in (spark, duckdb_engine):
        engine.register("rows", pa.table({"a": [1, 2, 3]}))
        engine.execute("CREATE OR REPLACE VIEW known AS SELECT a AS a FROM rows WHERE a > 1")
        engine.execute("DROP VIEW IF EXISTS every")
        engine.execute("ALTER VIEW known RENAME TO every")
        engine.execute("CREATE OR REPLACE VIEW known AS SELECT every.* FROM every WHERE a > 2")
        engine.execute("CREATE OR REPLACE VIEW sums AS SELECT sum(a) AS s FROM known")
        assert engine.query("SELECT s AS s FROM sums")["s"].to_pylist() == [3]


@pytest.mark.slow
def test_what_spark_is_not_given(spark: Engine) -> None:
    assert spark.description.startswith("Spark ")
    for statement in ("COPY (SELECT 1 AS a) TO 'a.csv'", "INSERT INTO t VALUES (1)"):
        with pytest.raises(EngineError, match="no such statement"):
            spark.execute(statement)
    with pytest.raises(EngineError, match=r"under the master local\[2\]"):
        open_engine(EngineChoices(name="spark", master="local[1]"))


@pytest.mark.slow
def test_a_query_that_fails_on_spark_says_why(spark: Engine) -> None:
    spark.register("given", pa.table({"a": ["1", "x"]}))
    with pytest.raises(EngineError, match=r"Spark could not run a query: .*'x'"):
        spark.query("SELECT CAST(a AS DOUBLE) AS v FROM given")


def test_without_pyspark_the_install_line_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(EngineError, match=r'pip install "infiltrate\[spark\]"'):
        check_engine(EngineChoices(name="spark"))
    check_engine(EngineChoices())


def test_without_java_its_install_line_is_shown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(EngineError, match="needs Java 17 or newer, and there is none"):
        check_engine(EngineChoices(name="spark"))
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text("#!/bin/sh\necho 'openjdk version \"1.8.0_402\"' >&2\n")
    java.chmod(0o755)
    with pytest.raises(EngineError, match="is Java 8"):
        check_engine(EngineChoices(name="spark"))


@pytest.mark.parametrize("master", ["local[0]", "local[]", "host:7077", "spark://", "local[2", ""])
def test_a_wrong_master_is_refused(master: str) -> None:
    with pytest.raises(ValueError, match="master"):
        EngineChoices(name="spark", master=master)


def test_a_master_goes_with_spark(tmp_path: Path) -> None:
    params = tmp_path / "xx.yaml"
    params.write_text("country: XX\n")
    answer = CliRunner().invoke(
        app, ["run", str(params), "--engine", "duckdb", "--master", "local[2]"]
    )
    assert isinstance(answer.exception, ParamsError)
    assert "--engine spark" in str(answer.exception)


def test_engines_describe_themselves() -> None:
    with DuckDBEngine() as engine:
        assert engine.description.startswith("DuckDB 2")


@pytest.mark.parametrize(
    ("sql", "order"),
    [
        ("SELECT t.a AS b FROM t ORDER BY t.a DESC, b", '"b" DESC, "b"'),
        ("SELECT t.a AS b FROM t ORDER BY t.c", ""),
        ("SELECT t.a AS b FROM t ORDER BY b LIMIT 1", ""),
        ("SELECT t.a AS b FROM t", ""),
    ],
)
def test_only_an_order_of_the_result_is_taken_from_spark(sql: str, order: str) -> None:
    assert order_of_columns(parse_duckdb(sql), ["b"]) == order
