"""What must be true of a canonical table before it is stored."""

from __future__ import annotations

from infiltrate.errors import Problem
from infiltrate.tables.definition import Table
from infiltrate.tables.engine import Engine, quote_name, quote_text


def find_table_problems(engine: Engine, table: Table, relation: str) -> list[Problem]:
    """List everything in a relation that contradicts the table's definition.

    Parameters
    ----------
    engine : Engine
        Where the relation is registered.
    table : Table
        The definition; the relation already has its columns and types.
    relation : str
        Name of the relation.

    Returns
    -------
    list of Problem
        Missing required values, values outside a code list, shares outside 0 to 1 and
        repeated keys, each with the number of rows concerned; empty when all is well.
    """
    problems = [
        Problem(
            where=f"table {table.name}, {what}",
            found=f"{count} row{'s' if count > 1 else ''}",
            allowed=allowed,
            fix="Reject or mend these rows where the table is made",
        )
        for what, allowed, count in _count_violations(engine, table, relation)
        if count
    ]
    return problems


def _count_violations(engine: Engine, table: Table, relation: str) -> list[tuple[str, str, int]]:
    rules = _rules(table)
    counts = ", ".join(
        f"count(*) FILTER (WHERE {condition}) AS n{number}"
        for number, (_, _, condition) in enumerate(rules)
    )
    row = engine.query(f"SELECT {counts} FROM {quote_name(relation)}").to_pylist()[0]
    violations = [(what, allowed, row[f"n{i}"]) for i, (what, allowed, _) in enumerate(rules)]
    key = ", ".join(quote_name(name) for name in table.key)
    repeated = engine.query(
        f"SELECT count(*) AS n FROM (SELECT {key} FROM {quote_name(relation)} "
        f"GROUP BY {key} HAVING count(*) > 1) AS repeated"
    ).to_pylist()[0]["n"]
    return [*violations, (f"key ({', '.join(table.key)})", "each key once", repeated)]


def _rules(table: Table) -> list[tuple[str, str, str]]:
    rules = []
    for column in table.columns:
        name = quote_name(column.name)
        if table.is_required(column.name):
            rules.append((column.name, "a value in every row", f"{name} IS NULL"))
        if column.values:
            allowed = ", ".join(quote_text(value) for value in column.values)
            rules.append((column.name, ", ".join(column.values), f"{name} NOT IN ({allowed})"))
        if column.type == "share":
            rules.append((column.name, "0 to 1", f"{name} < 0 OR {name} > 1"))
    return rules
