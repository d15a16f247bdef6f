"""The raw columns that a mapping reads."""

from __future__ import annotations

from collections.abc import Sequence
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


def needed_columns(source: Source, sources: Sequence[Source]) -> list[str]:
    """Return every column of its files that a study reads from a source, each once, sorted.

    Parameters
    ----------
    source : Source
        The source.
    sources : sequence of Source
        All sources of the study: another one may look columns up in this one.
    """
    names = set(source.guards)
    for mapping in source.tables.values():
        names.update(filter_columns(mapping))
        for filled_by in mapping.columns.values():
            names.update(raw_columns(as_transform(filled_by)))
    for derived in source.derived.values():
        names.update(derived.inputs)
    for other in sources:
        for derived in other.derived.values():
            if derived.source == source.id and derived.lookup is not None:
                names.update([derived.lookup, *derived.on.values()])
    return sorted(names - set(source.derived))


def table_name(feeds: str) -> str:
    """Return the canonical table of a key of `tables`, which may be ``table/part``."""
    return feeds.partition("/")[0]
