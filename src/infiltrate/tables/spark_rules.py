"""Where DuckDB and Spark differ: one rule for each construct that would change a number.

Each rule takes a node whose children are already Spark's, and gives back what Spark needs to
return what DuckDB returns.
"""

from __future__ import annotations

import typing
from collections.abc import Callable
from functools import cache

from sqlglot import exp, parse_one

from infiltrate.errors import EngineError

_WHOLE_TYPES = ("TINYINT", "SMALLINT", "INT", "BIGINT")
_ALREADY_WHOLE = (exp.Count, exp.RowNumber, exp.Year, exp.Length, exp.Boolean)


def divide(node: exp.Div) -> exp.Expression:
    """Divide as doubles; by zero gives infinity (0/0 no number), not an error."""
    above, below = _double(node.this), _double(node.expression)
    if _is_never_zero(node.expression):
        return _spark("(:a / :b)", a=above, b=below)
    return _spark(
        "coalesce(try_divide(:a, :b), CASE WHEN :b = 0 THEN :a * CAST('Infinity' AS DOUBLE) END)",
        a=above,
        b=below,
    )


def average(node: exp.Avg) -> exp.Expression:
    """Average decimals as doubles: Spark's would be a decimal of four more digits."""
    return exp.Avg(this=_double(node.this))


def cast(node: exp.Cast) -> exp.Expression:
    """Round to whole numbers (doubles half to even, decimals half up) where Spark cuts off."""
    kind = node.to.sql("spark")
    if kind not in _WHOLE_TYPES or _is_whole(node.this):
        return node
    return _spark(
        f"CASE WHEN typeof(:x) IN ('double', 'float') THEN CAST(rint(CAST(:x AS DOUBLE)) AS {kind})"
        " WHEN typeof(:x) LIKE 'decimal%'"
        f" THEN CAST(round(CAST(:x AS DECIMAL(38, 9))) AS {kind})"
        f" ELSE CAST(:x AS {kind}) END",
        x=node.this,
    )


def try_cast(node: exp.TryCast) -> exp.Expression:
    """Read numbers from text as DuckDB does: fractions are rounded, Java's ``1d`` is no number."""
    kind = node.to.sql("spark")
    if kind in _WHOLE_TYPES:
        return _spark(
            f"CASE WHEN typeof(:x) IN ('double', 'float') THEN TRY_CAST(rint(CAST(:x AS DOUBLE))"
            f" AS {kind}) ELSE TRY_CAST(round(TRY_CAST(:x AS DECIMAL(38, 9))) AS {kind}) END",
            x=node.this,
        )
    if kind == "DOUBLE":
        return _spark(
            "CASE WHEN NOT CAST(:x AS STRING) RLIKE '[0-9.][dDfF]\\\\s*$' "
            "THEN TRY_CAST(:x AS DOUBLE) END",
            x=node.this,
        )
    return node


def pick(node: exp.Bracket) -> exp.Expression:
    """Take a member of a list, counted from one; missing, not an error, where there is none."""
    (place,) = node.expressions
    if isinstance(place, exp.Literal) and place.is_string:
        return node
    return _spark("try_element_at(:l, nullif(CAST(:i AS INT), 0))", l=node.this, i=place)


def collect(node: exp.ArrayAgg, where: exp.Expression | None = None) -> exp.Expression:
    """Gather a list with its missing members, in its order; no list when there is no row."""
    value, keys = node.this, []
    if isinstance(value, exp.Order):
        keys = value.expressions
        value = value.this
    is_distinct = isinstance(value, exp.Distinct)
    if is_distinct:
        (value,) = value.expressions
    fields = [f"(:k{n} IS NULL) AS n{n}, :k{n} AS k{n}" for n in range(len(keys))]
    rows = f"collect_list(struct({', '.join([*fields, ':v AS v'])}))"
    rows += " FILTER (WHERE :w)" if where else ""
    if keys:
        rows = f"array_sort({rows}, (l, r) -> CASE {_compare(keys)} ELSE 0 END)"
    values = f"transform({rows}, member -> member.v)"
    if is_distinct:
        values = f"array_distinct({values})"
    counted = "count(*) FILTER (WHERE :w)" if where else "count(*)"
    nodes = {f"k{n}": key.this for n, key in enumerate(keys)} | {"v": value}
    if where:
        nodes["w"] = where
    return _spark(f"CASE WHEN {counted} > 0 THEN {values} END", **nodes)


def join_texts(node: exp.GroupConcat, where: exp.Expression | None = None) -> exp.Expression:
    """Join texts in their order, without the missing ones; nothing when there is none."""
    gathered = collect(exp.ArrayAgg(this=node.this.copy()), where)
    separator = node.args.get("separator") or exp.Literal.string(",")
    return _spark(
        "CASE WHEN size(filter(:l, one -> one IS NOT NULL)) > 0 THEN array_join(:l, :s) END",
        l=gathered,
        s=separator,
    )


def filter_rows(node: exp.Filter) -> exp.Expression:
    """Pass the condition of what gathers rows into it."""
    gathered = node.this.args.get("gathered")
    if isinstance(gathered, exp.ArrayAgg):
        return collect(gathered, node.expression.this)
    if isinstance(gathered, exp.GroupConcat):
        return join_texts(gathered, node.expression.this)
    return node


def _and_remember(rule: Callable[..., exp.Expression]) -> Callable[..., exp.Expression]:
    def apply(node: exp.Expression) -> exp.Expression:
        made = rule(node)
        made.set("gathered", node)
        return made

    return apply


def contains(node: exp.ArrayContains) -> exp.Expression:
    """Say no when a list with missing members does not hold a value."""
    return _spark(
        "CASE WHEN :l IS NOT NULL AND :x IS NOT NULL "
        "THEN coalesce(array_contains(:l, CAST(:x AS STRING)), FALSE) END"
        if isinstance(node.expression, exp.Null)
        else "CASE WHEN :l IS NOT NULL AND :x IS NOT NULL "
        "THEN coalesce(array_contains(:l, :x), FALSE) END",
        l=node.this,
        x=node.expression,
    )


def overlap(node: exp.ArrayOverlaps) -> exp.Expression:
    """Compare lists without regard to missing members."""
    return _spark(
        "CASE WHEN :l IS NOT NULL AND :r IS NOT NULL "
        "THEN coalesce(arrays_overlap(:l, :r), FALSE) END",
        l=node.this,
        r=node.expression,
    )


def join_lists(node: exp.ArrayConcat) -> exp.Expression:
    """Join lists; a missing one counts as empty."""
    lists = [node.this, *node.expressions]
    names = [f"l{number}" for number in range(len(lists))]
    joined = ", ".join(f"coalesce(:{name}, array())" for name in names)
    return _spark(f"concat({joined})", **dict(zip(names, lists, strict=True)))


def count_between(node: exp.DateDiff) -> exp.Expression:
    """Count days, months or years as the ends that lie between two days, not as full spans."""
    unit = node.text("unit").upper() or "DAY"
    ends = {"a": node.expression, "b": node.this}
    if unit == "DAY":
        return _spark("CAST(datediff(CAST(:b AS DATE), CAST(:a AS DATE)) AS BIGINT)", **ends)
    if unit == "MONTH":
        return _spark("CAST((year(:b) - year(:a)) * 12 + month(:b) - month(:a) AS BIGINT)", **ends)
    if unit == "YEAR":
        return _spark("CAST(year(:b) - year(:a) AS BIGINT)", **ends)
    if unit == "MICROSECOND":
        return _spark("timestampdiff(MICROSECOND, :a, :b)", **ends)
    raise EngineError(
        f"date_diff('{unit.lower()}', …) is not translated for Spark; "
        "write it with day, month, year or microsecond."
    )


def make_date(node: exp.DateFromParts) -> exp.Expression:
    """Make a day from whole numbers of any width."""
    parts = {part: node.args[part] for part in ("year", "month", "day")}
    return _spark("make_date(CAST(:year AS INT), CAST(:month AS INT), CAST(:day AS INT))", **parts)


def substring(node: exp.Substring) -> exp.Expression:
    """Refuse places below one, which the engines count differently."""
    start = node.args.get("start")
    if not (isinstance(start, exp.Literal) and int(start.this) >= 1):
        raise EngineError("substr is translated for Spark only from a constant place, 1 or more.")
    return node


def like(node: exp.Like) -> exp.Expression:
    """Take a backslash in a pattern for itself."""
    pattern = node.expression
    if isinstance(pattern, exp.Literal) and pattern.is_string:
        node.set("expression", exp.Literal.string(pattern.this.replace("\\", "\\\\")))
    return node


def logarithm(node: exp.Ln) -> exp.Expression:
    """Give minus infinity for zero and no number below it, where Spark gives nothing."""
    return _spark(
        "CASE WHEN :x > 0 THEN ln(:x) WHEN :x = 0 THEN CAST('-Infinity' AS DOUBLE) "
        "WHEN :x < 0 THEN CAST('NaN' AS DOUBLE) END",
        x=_double(node.this),
    )


def _double(node: exp.Expression) -> exp.Expression:
    return node.copy() if node.is_type("double") else exp.cast(node.copy(), "DOUBLE")


def _is_never_zero(node: exp.Expression) -> bool:
    inner = node.unnest()
    while isinstance(inner, exp.Cast):
        inner = inner.this.unnest()
    if isinstance(inner, exp.Nullif):
        return inner.expression.sql() == "0"
    return isinstance(inner, exp.Literal) and float(inner.this) != 0


def _is_whole(node: exp.Expression) -> bool:
    return isinstance(node.unnest(), _ALREADY_WHOLE) or node.is_int


def _compare(keys: list[exp.Ordered]) -> str:
    parts = []
    for n, key in enumerate(keys):
        first, last = ("1", "-1") if key.args.get("desc") else ("-1", "1")
        missing, present = ("-1", "1") if key.args.get("nulls_first") else ("1", "-1")
        parts.append(
            f"WHEN l.n{n} AND NOT r.n{n} THEN {missing} WHEN r.n{n} AND NOT l.n{n} THEN {present} "
            f"WHEN l.k{n} < r.k{n} THEN {first} WHEN l.k{n} > r.k{n} THEN {last}"
        )
    return " ".join(parts)


def _spark(template: str, **nodes: exp.Expression) -> exp.Expression:
    """Put nodes in the places ``:name`` of a piece of Spark's SQL."""

    def place(node: exp.Expression) -> exp.Expression:
        return nodes[node.name].copy() if isinstance(node, exp.Placeholder) else node

    return _parse(template).copy().transform(place)


@cache
def _parse(template: str) -> exp.Expression:
    return typing.cast(exp.Expression, parse_one(template, read="spark"))


RULES: dict[type[exp.Expression], Callable[..., exp.Expression]] = {
    exp.Div: divide,
    exp.Avg: average,
    exp.Cast: cast,
    exp.TryCast: try_cast,
    exp.Bracket: pick,
    exp.ArrayAgg: _and_remember(collect),
    exp.GroupConcat: _and_remember(join_texts),
    exp.Filter: filter_rows,
    exp.ArrayContains: contains,
    exp.ArrayOverlaps: overlap,
    exp.ArrayConcat: join_lists,
    exp.DateDiff: count_between,
    exp.DateFromParts: make_date,
    exp.Substring: substring,
    exp.Like: like,
    exp.Ln: logarithm,
}
