"""Every function that is carried over gives on Spark what it gives on DuckDB."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pytest

from infiltrate.errors import EngineError
from infiltrate.tables.engine import Engine
from infiltrate.tables.spark_sql import CARRIED, parse_duckdb, to_spark, unknown_functions
from tests.engines.same import differences

ROWS = """
(1, 'a', 2.50::DECIMAL(10, 2), 2.5::DOUBLE, DATE '2020-01-31', ['a', NULL], TRUE, '7'),
(2, 'b', 3.50::DECIMAL(10, 2), 3.5::DOUBLE, DATE '2020-02-01', ['b', 'a'], FALSE, '2.5'),
(3, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
(4, 'a', -0.50::DECIMAL(10, 2), 0.0::DOUBLE, DATE '2019-12-31', [], TRUE, '1e3'),
(5, 'É%\\.', 0.00::DECIMAL(10, 2), -1.5::DOUBLE, DATE '2020-02-29', ['É', 'É'], NULL, '1d'),
(6, 'B', 1e5::DECIMAL(10, 2), 1e300::DOUBLE, DATE '9999-12-31', [NULL], TRUE, ''),
(7, 'it''s', 3.50::DECIMAL(10, 2), 3.5::DOUBLE, DATE '2020-02-01', ['x|y'], FALSE, ' 12 ')
"""
TABLE = f"SELECT * FROM (VALUES {ROWS}) AS given (i, t, m, d, day, l, yes, n)"

OF_ROWS = {
    "division": ["d / 2", "m / 3", "i / d", "d / 0", "0 / d", "m / nullif(m, 0)", "i / i", "7 / 2"],
    "whole numbers": [
        "CAST(d / 1e299 AS BIGINT)",
        "CAST(m AS BIGINT)",
        "CAST(i AS BIGINT)",
        "CAST(yes AS INTEGER)",
        "CAST(floor(m) AS BIGINT)",
        "floor(m)",
        "ceil(m)",
        "trunc(m)",
        "round(m, 1)",
        "round(d / 1e298, 2)",
        "abs(m)",
        "-7 % 3",
    ],
    "numbers from text": [
        "TRY_CAST(n AS DOUBLE)",
        "TRY_CAST(n AS BIGINT)",
        "TRY_CAST(TRY_CAST(trim(n, '\"') AS DOUBLE) AS BIGINT)",
    ],
    "money": ["m + m", "m - 0.25::DECIMAL(4, 2)", "m * m", "CAST(m AS DOUBLE)", "m > d"],
    "roots": ["sqrt(abs(m))", "ln(m)", "ln(d)", "ln(i)", "CAST(d / 1e300 AS DECIMAL(28, 18))"],
    "missing": [
        "coalesce(t, 'none')",
        "nullif(t, 'a')",
        "greatest(i, 3)",
        "greatest(m, NULL)",
        "least(m, d)",
        "t IS DISTINCT FROM 'a'",
        "t IN ('a', NULL)",
        "yes OR t = 'a'",
        "yes AND t = 'a'",
        "CASE WHEN yes THEN 1 WHEN NOT yes THEN 2 END",
    ],
    "text": [
        "t || '-' || i",
        "concat(t, '-', i)",
        "substr(t, 2)",
        "substr(t, 1, 2)",
        "substr(t, 1, $two)",
        "length(t)",
        "trim(n)",
        "lower(t)",
        "upper(t)",
        "replace(t, 'a', 'b')",
        "t LIKE '%\\%'",
        "t LIKE '%.%'",
        "t NOT LIKE '%.%'",
        "t < 'a'",
        "t = $quoted",
        "CAST(i AS VARCHAR)",
        "CAST(day AS VARCHAR)",
        "CAST(m AS VARCHAR)",
    ],
    "lists": [
        "l[1]",
        "l[i]",
        "l[-1]",
        "l[0]",
        "l[99]",
        "list_sort(l)",
        "list_contains(l, 'a')",
        "list_contains(l, t)",
        "list_has_any(l, ['a'])",
        "list_has_any(l, ['a', NULL])",
        "list_concat(l, ['z'])",
        "list_concat(l, NULL)",
        "list_concat(l, l)",
        "coalesce(l, [])",
        "array_length(l)",
        "string_split(t, '|')",
        "list_contains(string_split($names, ','), t)",
        "['t:' || t, 'i:' || i]",
        "l = ['b', 'a']",
    ],
    "days": [
        "date_diff('day', DATE '2020-01-31', day)",
        "date_diff('month', DATE '2020-01-31', day)",
        "date_diff('year', DATE '2019-12-31', day)",
        "date_diff('microsecond', TIMESTAMP '2020-01-01 00:00:00', CAST(day AS TIMESTAMP))",
        "year(day)",
        "month(day)",
        "quarter(day)",
        "extract(year FROM day)",
        "make_date(year(day), 12, 31)",
        "make_date(CAST(2020 AS BIGINT), 2, i)",
        "day + INTERVAL 2 DAY > DATE '2020-02-02'",
        "coalesce(day, DATE '9999-12-31')",
        "day <= $until",
    ],
    "windows": [
        "row_number() OVER (PARTITION BY t ORDER BY m DESC, i)",
        "lag(m) OVER (ORDER BY i)",
        "lead(m) OVER (ORDER BY m, i)",
        "sum(m) OVER (ORDER BY i RANGE BETWEEN 2 PRECEDING AND CURRENT ROW)",
        "min(t) OVER (PARTITION BY yes)",
        "count(*) OVER (PARTITION BY t)",
        "exists(SELECT 1 FROM given AS other WHERE other.t = given.t AND other.i <> given.i)",
    ],
}
OF_GROUPS = [
    "count(*)",
    "count(m)",
    "count(DISTINCT m)",
    "count(*) FILTER (WHERE m > 1)",
    "sum(i)",
    "sum(m)",
    "sum(m * m)",
    "avg(m)",
    "avg(i)",
    "median(CAST(m AS DOUBLE))",
    "min(t)",
    "max(day)",
    "bool_or(yes)",
    "bool_and(yes)",
    "stddev(CAST(m AS DOUBLE))",
    "stddev_samp(i)",
    "list_sort(array_agg(t))",
    "array_agg(t ORDER BY m DESC, i)",
    "array_agg(t ORDER BY m, i DESC)",
    "list(t ORDER BY i)",
    "array_agg(i ORDER BY i) FILTER (WHERE m > 1)",
    "array_agg(DISTINCT t ORDER BY t)",
    "string_agg(t, '|' ORDER BY t, i)",
    "string_agg(DISTINCT t, '|' ORDER BY t)",
    "string_agg(t, '|' ORDER BY i DESC) FILTER (WHERE m > 1)",
]
PARAMETERS = {
    "two": 2,
    "quoted": "it's",
    "names": "a,b",
    "until": date(2020, 2, 1),
}


def run_both(spark: Engine, duckdb_engine: Engine, sql: str) -> list[str]:
    used = {name: value for name, value in PARAMETERS.items() if f"${name}" in sql}
    return differences(duckdb_engine.query(sql, used), spark.query(sql, used))


def register(spark: Engine, duckdb_engine: Engine) -> None:
    rows = duckdb_engine.query(TABLE)
    for engine in (spark, duckdb_engine):
        engine.register("given", rows)


@pytest.mark.slow
@pytest.mark.parametrize("subject", OF_ROWS)
def test_rows_are_the_same(subject: str, spark: Engine, duckdb_engine: Engine) -> None:
    register(spark, duckdb_engine)
    columns = ", ".join(f"{text} AS c{number}" for number, text in enumerate(OF_ROWS[subject]))
    found = run_both(spark, duckdb_engine, f"SELECT i, {columns} FROM given ORDER BY i")
    assert found == [], dict(enumerate(OF_ROWS[subject]))


@pytest.mark.slow
def test_members_of_lists_become_rows(spark: Engine, duckdb_engine: Engine) -> None:
    register(spark, duckdb_engine)
    sql = "SELECT i AS i, unnest(l) AS member FROM given ORDER BY i, member"
    assert run_both(spark, duckdb_engine, sql) == []


@pytest.mark.slow
@pytest.mark.parametrize("groups", ["yes", "t", "i > 100", "none", "empty"])
def test_groups_are_the_same(groups: str, spark: Engine, duckdb_engine: Engine) -> None:
    register(spark, duckdb_engine)
    columns = ", ".join(f"{text} AS c{number}" for number, text in enumerate(OF_GROUPS))
    of_whole = f"SELECT 1 AS unit, {columns} FROM given"
    sql = {"none": of_whole, "empty": f"{of_whole} WHERE i > 100"}.get(
        groups, f"SELECT {groups} AS unit, {columns} FROM given GROUP BY {groups} ORDER BY unit"
    )
    assert run_both(spark, duckdb_engine, sql) == [], dict(enumerate(OF_GROUPS))


def test_every_function_carried_over_is_tried() -> None:
    texts = ["unnest(l)", *OF_GROUPS, *(text for texts in OF_ROWS.values() for text in texts)]
    used = {
        name
        for text in texts
        for name in {type(node).__name__ for node in parse_duckdb(f"SELECT {text}").walk()}
    }
    assert set() == CARRIED - used


@pytest.mark.parametrize(
    "text",
    [
        "hash(t)",
        "any_value(t)",
        "approx_count_distinct(t)",
        "quantile_cont(m, 0.5)",
        "jaro_winkler_similarity(t, n)",
        "array_agg(t) OVER (PARTITION BY i)",
        "l[1:2]",
        "substr(t, 0)",
        "substr(t, i)",
        "date_diff('week', day, day)",
        "log(m)",
        "$absent",
        "regexp_replace(t, 'a', 'b')",
    ],
)
def test_what_is_not_proven_is_refused(text: str) -> None:
    with pytest.raises(EngineError):
        to_spark(f"SELECT {text} AS v FROM given")


def test_what_is_not_sql_is_refused() -> None:
    with pytest.raises(EngineError, match="cannot be translated"):
        to_spark("SELECT FROM WHERE (")


def test_functions_are_named() -> None:
    assert unknown_functions(parse_duckdb("SELECT hash(a), sum(b) FROM t")) == ["hash"]


def test_differences_are_found() -> None:
    one = pa.table({"a": [1.0, 2.0]})
    assert differences(one, pa.table({"a": [1.0, 2.0 + 1e-12]})) == []
    assert differences(one, pa.table({"a": [1.0, 2.1]})) == ["a, row 1: 2.0 and 2.1"]
    assert differences(one, pa.table({"a": [1, 2]})) != []
    assert differences(one, pa.table({"a": [1.0]})) == ["2 rows and 1"]
