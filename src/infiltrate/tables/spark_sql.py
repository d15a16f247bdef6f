"""From DuckDB's SQL to Spark's, with the same numbers: what is carried over, and what is not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import cast

from sqlglot import errors as parse_errors
from sqlglot import exp, parse_one
from sqlglot.dialects.duckdb import DuckDB

from infiltrate.errors import EngineError, Problem
from infiltrate.tables.spark_rules import RULES

_CARRIED = """
    Abs And Array ArrayAgg ArrayConcat ArrayContains ArrayOverlaps ArraySize ArraySort Avg Case
    Cast Ceil Coalesce Concat Count DateDiff DateFromParts Exists Explode Extract Floor Greatest
    GroupConcat If Lag Lead Least Length Ln LogicalAnd LogicalOr Lower Max Median Min Month
    Nullif Or Quarter Replace Round RowNumber Split Sqrt Stddev StddevSamp Substring Sum Trim
    Trunc TryCast Upper Year
"""
CARRIED = frozenset(_CARRIED.split())
"""Functions carried over, as sqlglot names them; tests/engines holds each against DuckDB."""


def to_spark(sql: str, parameters: Mapping[str, object] | None = None) -> str:
    """Translate a query of DuckDB into one of Spark that gives the same rows.

    Parameters
    ----------
    sql : str
        A query in DuckDB's dialect.
    parameters : mapping, optional
        Values of the named parameters ``$name``; they are written into the query.

    Raises
    ------
    EngineError
        When the query cannot be read, lacks a parameter, or uses what is not known to give the
        same on both engines.
    """
    return translate(parse_duckdb(sql), parameters)


def parse_duckdb(sql: str) -> exp.Expression:
    """Read a statement of DuckDB into a tree; indexes of lists stay as written, from one."""
    try:
        return cast(exp.Expression, parse_one(sql, read=_AsWritten))
    except parse_errors.SqlglotError as error:
        raise EngineError(f"This query cannot be translated for Spark: {error}") from error


def translate(tree: exp.Expression, parameters: Mapping[str, object] | None = None) -> str:
    """Translate a tree from `parse_duckdb`; the tree itself stays as it is."""
    _refuse(tree)
    filled = tree.transform(_fill, parameters or {})
    return _rewrite(filled).sql("spark")


def unknown_functions(tree: exp.Expression) -> list[str]:
    """Name the functions of a query that are not known to give the same on both engines."""
    found = {
        node.name.lower() if isinstance(node, exp.Anonymous) else type(node).__name__
        for node in tree.find_all(exp.Func)
    }
    return sorted(found - CARRIED)


def order_of_columns(tree: exp.Expression, columns: Sequence[str]) -> str:
    """Return the ORDER BY of a query as one over its result, or nothing when it has none such.

    Rows in such an order need not be sorted by Spark, which would run the query twice for it.
    """
    if not isinstance(tree, exp.Query) or tree.args.get("limit") or not tree.args.get("order"):
        return ""
    made = {item.this: item.alias for item in tree.selects if isinstance(item, exp.Alias)}
    order = tree.args["order"].copy()
    for key in order.expressions:
        name = made.get(key.this) or (key.this.name if isinstance(key.this, exp.Column) else "")
        is_of_result = key.this in made or not getattr(key.this, "table", "")
        if name not in columns or not is_of_result:
            return ""
        key.set("this", exp.column(name, quoted=True))
    return ", ".join(key.sql("duckdb") for key in order.expressions)


class _AsWritten(DuckDB):
    INDEX_OFFSET = 0


def _refuse(tree: exp.Expression) -> None:
    unknown = unknown_functions(tree)
    lists = [node.this for node in tree.find_all(exp.Window)]
    if any(isinstance(node, exp.ArrayAgg) for node in lists):
        unknown.append("array_agg over a window")
    if any(True for _ in tree.find_all(exp.Slice)):
        unknown.append("a slice of a list")
    if unknown:
        raise EngineError(
            "This query cannot be translated for Spark.",
            [
                Problem(
                    name,
                    "not known to give the same on DuckDB and Spark",
                    fix="docs/engines.md says what to write instead.",
                )
                for name in unknown
            ],
        )


def _fill(node: exp.Expression, parameters: Mapping[str, object]) -> exp.Expression:
    if not isinstance(node, exp.Placeholder):
        return node
    if node.name not in parameters:
        raise EngineError(f"The query needs a value for ${node.name}.")
    return _constant(parameters[node.name])


def _constant(value: object) -> exp.Expression:
    if value is None:
        return exp.null()
    if isinstance(value, bool):
        return exp.Boolean(this=value)
    if isinstance(value, int):
        return exp.Literal.number(value) if abs(value) < 2**31 else _cast(value, "BIGINT")
    if isinstance(value, float):
        return _cast(repr(value), "DOUBLE")
    if isinstance(value, Decimal):
        _, digits, exponent = value.as_tuple()
        scale = max(0, -int(exponent))
        return _cast(value, f"DECIMAL({max(len(digits), scale)}, {scale})")
    if isinstance(value, date):
        return _cast(value, "DATE")
    if isinstance(value, str):
        return exp.Literal.string(value)
    raise EngineError(f"A parameter of type {type(value).__name__} cannot be given to Spark.")


def _cast(value: object, kind: str) -> exp.Expression:
    return exp.cast(exp.Literal.string(str(value)), kind)


def _rewrite(tree: exp.Expression) -> exp.Expression:
    """Apply the rules from the leaves up, each node once."""
    for name, value in list(tree.args.items()):
        if isinstance(value, exp.Expression):
            tree.set(name, _rewrite(value))
        elif isinstance(value, list):
            tree.set(name, [_rewrite(v) if isinstance(v, exp.Expression) else v for v in value])
    rule = RULES.get(type(tree))
    return rule(tree) if rule else tree
