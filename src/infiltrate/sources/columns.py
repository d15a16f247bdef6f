"""The raw columns that a mapping reads."""

from __future__ import annotations

from string import Formatter

from infiltrate.params.sources import Source, TableMapping, Transform


def as_transform(filled_by: str | Transform) -> Transform:
    """Return the full form of a mapping written as the name of a raw column."""
    return filled_by if isinstance(filled_by, Transform) else Transform(column=filled_by)


def template_columns(template: str) -> list[str]:
    """Return the raw columns named in a `combine` template."""
    return [name for _, name, _, _ in Formatter().parse(template) if name]


def raw_columns(transform: Transform) -> list[str]:
    """Return the raw columns that a transformation reads."""
    single = [name for name in (transform.column, transform.equals) if name]
    combined = template_columns(transform.combine) if transform.combine else []
    return [*single, *transform.first_of, *combined, *transform.plus, *transform.minus]


def filter_columns(mapping: TableMapping) -> list[str]:
    """Return the raw columns that the conditions of a mapping read."""
    return [
        name for condition in mapping.where for name in (condition.column, condition.equals) if name
    ]


def needed_columns(source: Source) -> list[str]:
    """Return every raw column that a source reads, each once, sorted."""
    names = set(source.guards)
    for mapping in source.tables.values():
        names.update(filter_columns(mapping))
        for filled_by in mapping.columns.values():
            names.update(raw_columns(as_transform(filled_by)))
    return sorted(names)


def table_name(feeds: str) -> str:
    """Return the canonical table of a key of `tables`, which may be ``table/part``."""
    return feeds.partition("/")[0]
