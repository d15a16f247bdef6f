"""What becomes of each raw row in one table: a candidate, filtered, or rejected with a rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from infiltrate.params.sources import Source
from infiltrate.sources.guards import shown
from infiltrate.sources.persons import close_persons, derive_address_key
from infiltrate.tables.definition import SQL_TYPES, Table
from infiltrate.tables.engine import quote_text

# The analyst extends a map by the values it lacks, so these are kept as they are.
_RULES_THAT_SHOW = "('map', 'value', 'currency')"


@dataclass(frozen=True)
class ReadColumn:
    """The names, in a query, of what was read for one column of a table.

    Attributes
    ----------
    name : str
        Column of the table.
    value, rule, found : str
        The value, the rule it breaks (then there is no value), the text it was read from.
    rejects : bool
        Whether a broken rule rejects the row; otherwise the value is missing.
    """

    name: str
    value: str
    rule: str
    found: str
    rejects: bool


@dataclass(frozen=True)
class _Rejection:
    when: str
    rule: str
    column: str
    found: str


def select_outcomes(
    values: str, table: Table, columns: Sequence[ReadColumn], source: Source, first_order: int
) -> str:
    """Return the query that gives each row of `values` its outcome in a table.

    A row breaks the first of its rules in the order of the table's columns: values that cannot
    be read, then ``missing_key`` and ``missing_value``, then ``reversed_dates``: a role or an
    interest that ends before it begins was held on no day.
    """
    rejections = _rejections(table, columns, source)
    filled = {column.name: column.value for column in columns}
    selected = [
        f"_row + {first_order} AS _order, _file, _line, _rule IS NOT NULL AS _is_raw_reject",
        _case("'rejected'", "'filtered'", [(r.when, "'rejected'") for r in rejections], "_outcome"),
        _case("_rule", "_left_out", [(r.when, r.rule) for r in rejections], "_rule"),
        _case("_column", "''", [(r.when, quote_text(r.column)) for r in rejections], "_column"),
        _case("_found", "''", [(r.when, r.found) for r in rejections], "_found"),
    ]
    for column in table.columns:
        value = filled.get(column.name, "NULL")
        value = quote_text(source.id) if column.name == "source_id" else value
        selected.append(f"CAST({value} AS {SQL_TYPES[column.type]}) AS {column.name}")
    rows = f"SELECT {', '.join(selected)} FROM ({values}) AS read_values"
    return close_persons(derive_address_key(rows, table), table)


def _rejections(table: Table, columns: Sequence[ReadColumn], source: Source) -> list[_Rejection]:
    rejections = [
        _Rejection(f"{column.rule} IS NOT NULL", column.rule, column.name, _found(column, source))
        for column in columns
        if column.rejects
    ]
    filled = {column.name: column.value for column in columns}
    for name in table.column_names:
        if table.is_required(name) and name != "source_id":
            rule = "'missing_key'" if name in table.key else "'missing_value'"
            value = filled.get(name, "NULL")
            rejections.append(_Rejection(f"{value} IS NULL", rule, name, "''"))
    period = ("valid_from", "valid_to")
    if period in table.order and set(period) <= set(filled):
        begins, ends = (filled[name] for name in period)
        found = f"CAST({ends} AS VARCHAR) || ' before ' || CAST({begins} AS VARCHAR)"
        rejections.append(_Rejection(f"{ends} < {begins}", "'reversed_dates'", "valid_to", found))
    return rejections


def _case(raw_reject: str, filtered: str, rejected: Sequence[tuple[str, str]], name: str) -> str:
    whens = " ".join(f"WHEN {condition} THEN {value}" for condition, value in rejected)
    return (
        f"CASE WHEN _rule IS NOT NULL THEN {raw_reject} WHEN _left_out IS NOT NULL "
        f"THEN {filtered} {whens} END AS {name}"
    )


def _found(column: ReadColumn, source: Source) -> str:
    text = f"coalesce({column.found}, '')"
    return (
        f"left(CASE WHEN {column.rule} IN {_RULES_THAT_SHOW} THEN {text} "
        f"ELSE {shown(text, source)} END, 80)"
    )
