"""The rules of SQL that two engines run, over the tree that sqlglot reads."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlglot import errors as parse_errors
from sqlglot import exp

from infiltrate.errors import EngineError
from infiltrate.tables.spark_sql import CARRIED, parse_duckdb

INSTEAD = {
    "anyvalue": "min(x), or a total ORDER BY and row_number()",
    "any_value": "min(x), or a total ORDER BY and row_number()",
    "first": "row_number() OVER (… total ORDER BY …) = 1",
    "last": "row_number() OVER (… total ORDER BY …) = 1",
    "approxdistinct": "count(DISTINCT x)",
    "approxquantile": "median(CAST(x AS DOUBLE)), or row_number() and count(*)",
    "percentilecont": "median(CAST(x AS DOUBLE)), or row_number() and count(*)",
    "quantile": "median(CAST(x AS DOUBLE)), or row_number() and count(*)",
    "percentiledisc": "row_number() and count(*)",
    "argmax": "row_number() OVER (… total ORDER BY …) = 1",
    "argmin": "row_number() OVER (… total ORDER BY …) = 1",
    "hash": "the key itself",
    "round": "CAST(x AS DECIMAL(p, s)), or round in Python",
    "upper": "a normalised column of the reader",
    "lower": "a normalised column of the reader",
}
# carried over, but not for every input: letters such as ß, or the last digit
NOT_IN_FILES = frozenset({"Upper", "Lower", "Round", "Stddev", "StddevSamp"})
ALLOWED = CARRIED - NOT_IN_FILES
_RANKS = (exp.RowNumber, exp.Lag, exp.Lead)


@dataclass(frozen=True)
class Breach:
    """What a file breaks, where, and what to write instead."""

    file: str
    line: int
    rule: str
    instead: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.rule}; write {self.instead}"


def lint_file(path: Path, root: Path) -> list[Breach]:
    """Find what a file breaks; its header, a comment, is skipped but its lines are counted."""
    text = path.read_text(encoding="utf-8")
    header = re.match(r"/\*.*?\*/", text, re.DOTALL)
    above = header[0] if header else ""
    return lint_sql(text[len(above) :], str(path.relative_to(root)), above.count("\n"))


def lint_sql(sql: str, name: str, lines_above: int = 0) -> list[Breach]:
    """Find what a query breaks, by line."""
    try:
        tree = parse_duckdb(sql)
    except (EngineError, parse_errors.SqlglotError) as error:
        return [Breach(name, 1, f"not read: {error}", "SQL of DuckDB that sqlglot reads")]
    found = {
        Breach(name, lines_above + _line(node), rule, instead)
        for check in _CHECKS
        for node, rule, instead in check(tree)
    }
    return sorted(found, key=lambda breach: (breach.line, breach.rule))


Found = Iterator[tuple[exp.Expression, str, str]]


def _functions(tree: exp.Expression) -> Found:
    for node in tree.find_all(exp.Func):
        name = node.name.lower() if isinstance(node, exp.Anonymous) else type(node).__name__
        if name not in ALLOWED:
            instead = INSTEAD.get(name.lower(), "only functions that docs/engines.md lists")
            yield node, f"function {name.lower()}", instead


def _decimals(tree: exp.Expression) -> Found:
    for node in tree.find_all(exp.Literal):
        is_cast = isinstance(node.parent, exp.Cast)
        if not node.is_string and not node.this.isdigit() and not is_cast:
            yield node, f"bare decimal {node.this}", f"CAST({node.this} AS DOUBLE)"


def _aliases(tree: exp.Expression) -> Found:
    for select in tree.find_all(exp.Select):
        if isinstance(select.parent, exp.Exists | exp.In):
            continue
        for item in select.expressions:
            is_star = isinstance(item, exp.Star)
            is_all_of_one = isinstance(item, exp.Column) and isinstance(item.this, exp.Star)
            if is_star:
                yield select, "a bare *", "relation.* or the columns"
            elif not isinstance(item, exp.Alias) and not is_all_of_one:
                yield item, f"column without AS: {item.sql('duckdb')[:40]}", "… AS name"


def _qualify(tree: exp.Expression) -> Found:
    for node in tree.find_all(exp.Qualify):
        yield node, "QUALIFY", "row_number() in a step of its own, and WHERE place = 1"


def _order(tree: exp.Expression) -> Found:
    for node in tree.find_all(exp.ArrayAgg, exp.GroupConcat):
        is_sorted = isinstance(node.parent, exp.ArraySort) or node.find(exp.Order)
        if not is_sorted:
            yield node, "a list or text gathered without order", "list_sort(array_agg(x))"
    for node in tree.find_all(exp.Window):
        keys = node.args["order"].expressions if node.args.get("order") else []
        parts = node.args.get("partition_by") or []
        if isinstance(node.this, _RANKS) and not keys:
            yield node, "a rank without ORDER BY", "ORDER BY value, key"
        elif isinstance(node.this, _RANKS) and len(keys) + len(parts) < 2:
            yield node, "a rank whose order may tie", "ORDER BY value, key"
    for node in tree.find_all(exp.Limit):
        if not node.parent.args.get("order"):
            yield node, "LIMIT without ORDER BY", "a total ORDER BY"


def _sums(tree: exp.Expression) -> Found:
    for node in tree.find_all(exp.Sum, exp.Avg):
        inner = node.this
        is_double = isinstance(inner, exp.Cast) and inner.is_type("double")
        if is_double or isinstance(inner, exp.Div):
            yield (
                node,
                "a sum of doubles, whose last digits depend on the order of rows",
                "sum(x) of money, or sum(CAST(x AS DECIMAL(28, 18)))",
            )


def _days(tree: exp.Expression) -> Found:
    for node in tree.find_all(exp.Sub):
        if _is_day(node.this) and _is_day(node.expression):
            yield node, "a day minus a day", "date_diff('day', a, b)"


def _is_day(node: exp.Expression) -> bool:
    if isinstance(node, exp.Cast):
        return bool(node.is_type("date"))
    return isinstance(node, exp.Column) and node.name.endswith("_on")


def _quotients(tree: exp.Expression) -> Found:
    for node in tree.find_all(exp.IntDiv):
        yield node, "//", "CAST(floor(a / b) AS BIGINT)"
    for node in tree.find_all(exp.Cast):
        inner = node.this.unnest()
        is_double = isinstance(inner, exp.Cast) and inner.is_type("double")
        if node.is_type("text", "varchar") and (is_double or isinstance(inner, exp.Div)):
            yield node, "a double as text", "CAST(CAST(x AS DECIMAL(18, 2)) AS VARCHAR)"


def _line(node: exp.Expression) -> int:
    """Return the first line that any part of a node remembers, or that of what holds it."""
    here: exp.Expression | None = node
    while here is not None:
        lines = [part.meta["line"] for part in here.walk() if "line" in part.meta]
        if lines:
            return min(lines)
        here = here.parent
    return 1


_CHECKS: tuple[Callable[[exp.Expression], Found], ...] = (
    _functions,
    _decimals,
    _aliases,
    _qualify,
    _order,
    _sums,
    _days,
    _quotients,
)
