"""One Spark for all parity tests; without pyspark they are skipped, without Java they fail."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import pytest

from infiltrate.tables.engine import DuckDBEngine, Engine

WITHOUT_SPARK = (
    "pyspark is not installed: parity of DuckDB and Spark is NOT tested; make test-spark does"
)


@pytest.fixture(scope="session")
def spark_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("spark")


@pytest.fixture
def spark(spark_folder: Path) -> Iterator[Engine]:
    if importlib.util.find_spec("pyspark") is None:
        pytest.skip(WITHOUT_SPARK)
    from infiltrate.tables.spark_engine import SparkEngine

    with SparkEngine("local[2]", 1.0, spark_folder) as engine:
        yield engine


@pytest.fixture
def duckdb_engine() -> Iterator[Engine]:
    with DuckDBEngine(1.0, 1) as engine:
        yield engine
