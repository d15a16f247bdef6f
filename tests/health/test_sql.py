"""SQL files that both engines run keep to the rules that keep their numbers equal."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from infiltrate.errors import EngineError
from infiltrate.tables.spark_sql import to_spark
from tests.health.sql_lint import lint_file, lint_sql

PACKAGE = Path(__file__).parents[2] / "src" / "infiltrate"
# relations of a raw file are read by DuckDB in process, whatever the engine
READ_BY_DUCKDB = PACKAGE / "sources"
FILES = sorted(path for path in PACKAGE.rglob("*.sql") if READ_BY_DUCKDB not in path.parents)


def test_there_are_files() -> None:
    assert len(FILES) > 40


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_a_file_keeps_to_the_rules(path: Path) -> None:
    assert [str(breach) for breach in lint_file(path, PACKAGE)] == []


RULES = {
    "SELECT any_value(a) AS b FROM t": "function anyvalue; write min(x)",
    "SELECT first(a ORDER BY a) AS b FROM t": "function first",
    "SELECT quantile_cont(a, 0.5) AS b FROM t": "function percentilecont; write median",
    "SELECT approx_count_distinct(a) AS b FROM t": "function approxdistinct; write count(DISTINCT",
    "SELECT hash(a) AS b FROM t": "function hash; write the key itself",
    "SELECT upper(a) AS b FROM t": "function upper",
    "SELECT a * 0.5 AS b FROM t": "bare decimal 0.5; write CAST(0.5 AS DOUBLE)",
    "SELECT a FROM t": "column without AS: a",
    "SELECT * FROM t": "a bare *",
    "SELECT t.* FROM t QUALIFY row_number() OVER (ORDER BY a, b) = 1": "QUALIFY; write row_number",
    "SELECT array_agg(a) AS b FROM t": "gathered without order; write list_sort(array_agg(x))",
    "SELECT string_agg(a, ',') AS b FROM t": "gathered without order",
    "SELECT row_number() OVER (PARTITION BY a) AS b FROM t": "a rank without ORDER BY",
    "SELECT row_number() OVER (ORDER BY a) AS b FROM t": "a rank whose order may tie",
    "SELECT t.a AS a FROM t LIMIT 1": "LIMIT without ORDER BY",
    "SELECT sum(CAST(a AS DOUBLE)) AS b FROM t": "a sum of doubles",
    "SELECT signed_on - award_on AS b FROM t": "a day minus a day; write date_diff('day', a, b)",
    "SELECT a // b AS b FROM t": "//; write CAST(floor(a / b) AS BIGINT)",
    "SELECT CAST(a / b AS VARCHAR) AS b FROM t": "a double as text",
    "SELECT FROM": "not read",
}


@pytest.mark.parametrize("sql", RULES)
def test_a_breach_is_named_with_its_line(sql: str) -> None:
    found = [str(breach) for breach in lint_sql(f"\n\n{sql}", "file.sql")]
    line = 1 if sql == "SELECT FROM" else 3
    assert any(text.startswith(f"file.sql:{line}: ") and RULES[sql] in text for text in found), (
        found
    )


def test_a_clean_query_passes() -> None:
    sql = """
    WITH ranked AS (
        SELECT t.*, row_number() OVER (PARTITION BY t.a ORDER BY t.b, t.c) AS place FROM t
    )
    SELECT ranked.a AS a, list_sort(array_agg(ranked.b)) AS b, CAST(0.5 AS DOUBLE) AS share
    FROM ranked
    WHERE ranked.place = 1
    GROUP BY ranked.a
    """
    assert lint_sql(sql, "file.sql") == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_a_file_can_be_translated(path: Path) -> None:
    sql = path.read_text(encoding="utf-8")
    names = set(re.findall(r"\$(\w+)", sql))
    try:
        to_spark(sql, dict.fromkeys(names, 1))
    except EngineError as error:
        pytest.fail(f"{path.relative_to(PACKAGE)}: {error}")
