"""What is wrong with the mappings themselves, whatever the files hold."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

import duckdb

from infiltrate.errors import Problem
from infiltrate.params.sources import Source, TableMapping, Transform
from infiltrate.sources.columns import as_transform, table_name
from infiltrate.sources.lookups import plain_text
from infiltrate.tables.catalogue import TABLES
from infiltrate.tables.definition import Table
from infiltrate.tables.engine import quote_text
from infiltrate.tables.identifiers import SCHEME_PATTERN, SCHEMES

_CONSTANTS: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "date": date,
    "integer": int,
    "number": (int, float),
    "money": (int, float),
    "share": (int, float),
    "boolean": bool,
}


def find_mapping_problems(parts: Mapping[str, Mapping[str, Source]]) -> Iterator[Problem]:
    """Yield unknown tables and columns, keys not filled, and transformations that cannot work.

    Parameters
    ----------
    parts : mapping of str to mapping of str to Source
        Id of each source, in order, to the relations it has; that of a delimited file is called
        as its source.
    """
    earlier: list[str] = []
    sources: list[Source] = []
    with duckdb.connect() as connection:
        for source_id, relations in parts.items():
            for name, source in relations.items():
                yield from _check_source(source, earlier, connection)
                earlier.append(name if name == source_id else f"{source_id}_{name}")
                sources.append(source)
    yield from _check_duplicate_rules(sources)


def _check_source(
    source: Source, earlier: Sequence[str], connection: duckdb.DuckDBPyConnection
) -> Iterator[Problem]:
    yield from _check_derived(source, earlier)
    yield from _check_patterns(source, connection)
    for feeds, mapping in source.tables.items():
        where = f"sources.{source.id}.tables.{feeds}"
        table = TABLES.get(table_name(feeds))
        if table is None:
            yield Problem(where, "no such table", fix=_nearest(table_name(feeds), TABLES))
        else:
            yield from _check_mapping(where, table, mapping)


def _check_mapping(where: str, table: Table, mapping: TableMapping) -> Iterator[Problem]:
    for name, filled_by in mapping.columns.items():
        place = f"{where}.columns.{name}"
        if name == "source_id":
            yield Problem(place, "is filled by the reader", fix="Leave it out")
        elif name not in table.column_names:
            yield Problem(place, "no such column", fix=_nearest(name, table.column_names))
        else:
            yield from _check_transform(place, table, name, as_transform(filled_by))
    for name in table.column_names:
        if table.is_required(name) and name not in mapping.columns and name != "source_id":
            part = "part of the key" if name in table.key else "required"
            yield Problem(
                f"{where}.columns",
                f"{name} is not filled, but is {part} of {table.name}",
                fix=f"Name the raw column for {name}: {table.column(name).description}",
            )


def _check_transform(
    where: str, table: Table, name: str, transform: Transform
) -> Iterator[Problem]:
    column = table.column(name)
    canonical = [*transform.map.values(), *transform.patterns.values()]
    canonical += [transform.otherwise] if transform.otherwise is not None else []
    for value in dict.fromkeys(canonical):
        if column.values and value not in column.values and "\\" not in value:
            allowed = ", ".join(column.values)
            yield Problem(where, f"'{value}'", allowed, _nearest(value, column.values))
    seen: dict[str, str] = {}
    for national, value in transform.map.items():
        if seen.setdefault(plain_text(national), value) != value:
            yield Problem(
                f"{where}.map",
                f"'{national}' stands twice, as {seen[plain_text(national)]} and {value}",
                fix="Case, accents and extra spaces do not count; keep one",
            )
    if transform.constant is not None:
        yield from _check_constant(where, column.type, column.values, transform)
    for scheme in (transform.scheme, transform.else_scheme):
        if scheme and not SCHEME_PATTERN.fullmatch(scheme):
            fix = _nearest(scheme, SCHEMES)
            yield Problem(where, f"'{scheme}' is no scheme", "a code such as PE-RUC", fix)
    if (transform.plus or transform.minus) and column.type not in ("money", "number", "integer"):
        yield Problem(where, f"plus and minus on a column of type {column.type}", "numbers only")
    if transform.range_end and column.type != "share":
        yield Problem(where, f"range_end on a column of type {column.type}", "shares only")
    if transform.persons and not transform.scheme:
        yield Problem(where, "persons is set without scheme", fix="Set scheme as well")


def _check_constant(
    where: str, column_type: str, values: tuple[str, ...], transform: Transform
) -> Iterator[Problem]:
    text = str(transform.constant)
    if not isinstance(transform.constant, _CONSTANTS[column_type]):
        yield Problem(where, f"constant {text}", f"a value of type {column_type}")
    elif values and text not in values:
        yield Problem(where, f"constant '{text}'", ", ".join(values), _nearest(text, values))


def _check_derived(source: Source, earlier: Sequence[str]) -> Iterator[Problem]:
    """Find derived columns that use one below them, and lookups in a source not read yet."""
    for name in sorted(set(source.guards) & set(source.derived)):
        yield Problem(
            f"sources.{source.id}.guards.{name}",
            "is a derived column",
            fix="Guard the columns of the file that it is made from",
        )
    not_yet = list(source.derived)
    for name, derived in source.derived.items():
        where = f"sources.{source.id}.derived.{name}"
        for used in derived.inputs:
            if used in not_yet:
                yield Problem(where, f"uses {used}, which is not above it", fix="Change the order")
        not_yet.remove(name)
        if derived.source is not None and derived.source not in earlier:
            yield Problem(
                f"{where}.source",
                f"'{derived.source}' is no source that stands earlier",
                ", ".join(earlier) or "no source stands earlier",
                "Move that source up: files are read in this order",
            )


def _check_patterns(source: Source, connection: duckdb.DuckDBPyConnection) -> Iterator[Problem]:
    """Regular expressions that Python takes but the query engine (RE2) does not."""
    patterns = {f"guards.{name}": guard.pattern for name, guard in source.guards.items()}
    patterns |= {f"derived.{name}": column.from_path for name, column in source.derived.items()}
    for feeds, mapping in source.tables.items():
        for condition in mapping.where:
            patterns[f"tables.{feeds}.where, column {condition.column}"] = condition.pattern
        for name, filled_by in mapping.columns.items():
            transform = as_transform(filled_by)
            patterns[f"tables.{feeds}.columns.{name}"] = transform.extract or transform.from_path
    for place, pattern in patterns.items():
        if pattern is None:
            continue
        try:
            connection.execute(f"SELECT regexp_matches('', {quote_text(pattern)})").fetchone()
        except duckdb.Error:
            yield Problem(
                f"sources.{source.id}.{place}",
                f"the regular expression {pattern} cannot be used",
                "RE2 syntax: no look-ahead, look-behind or back-references",
            )


def _check_duplicate_rules(sources: Sequence[Source]) -> Iterator[Problem]:
    first: dict[str, tuple[str, str]] = {}
    for source in sources:
        for feeds, mapping in source.tables.items():
            name = table_name(feeds)
            here = (mapping.duplicates, f"{source.id}.tables.{feeds}")
            rule, place = first.setdefault(name, here)
            if rule != mapping.duplicates:
                yield Problem(
                    f"sources.{source.id}.tables.{feeds}.duplicates",
                    f"{mapping.duplicates}, but {place} says {rule}",
                    fix=f"The rows of {name} are united first: give all its parts one rule",
                )


def _nearest(name: str, known: Iterable[str]) -> str:
    names = list(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    return f"Nearest name: {near[0]}" if near else f"Known: {', '.join(names)}"
