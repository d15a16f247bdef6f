"""Mappings that come with a reader: the package's YAML, filled with an analyst's settings."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from ruamel.yaml import YAML

from infiltrate.errors import Problem
from infiltrate.params.section import Section
from infiltrate.params.sources import Source, TableMapping
from infiltrate.sources.columns import needed_columns, table_name

_SETTING = re.compile(r"\$\{(\w+)\}")
# What an analyst may say of the rows themselves, whatever the format.
_OF_THE_ROWS = ("decimal", "thousands", "formats")


@dataclass(frozen=True)
class Format:
    """A format whose mapping the package knows.

    Attributes
    ----------
    main : str
        The relation that new tables, guards and derived columns of an analyst read.
    columns : dict
        Relation to its columns.
    mappings : dict
        Relation to its part of a source, as in a parameter file; ``${name}`` is a setting.
    """

    main: str
    columns: dict[str, tuple[str, ...]]
    mappings: dict[str, dict[str, Any]]


@cache
def load_format(name: str) -> Format:
    """Read the mapping of a reader from the package."""
    text = (resources.files("infiltrate.sources") / "mappings" / f"{name}.yaml").read_text("utf-8")
    data = YAML(typ="safe", pure=True).load(text)
    relations = data["relations"]
    return Format(
        main=data["main"],
        columns={name: tuple(relation.pop("columns")) for name, relation in relations.items()},
        mappings=relations,
    )


def fill_format(source: Source, settings: Mapping[str, Any]) -> dict[str, Source]:
    """Return the source of each relation of a format, with the analyst's changes.

    Parameters
    ----------
    source : Source
        As the analyst wrote it.
    settings : mapping of str to object
        Value of each ``${name}`` of the mapping; a key whose value is None is dropped.
    """
    known = load_format(source.reader)
    changes = dict(source.tables)
    parts = {}
    for name, mapping in known.mappings.items():
        filled = _fill(copy.deepcopy(mapping), {"id": source.id, **settings})
        given = _differing(source, _OF_THE_ROWS)
        given["missing"] = sorted({*filled.get("missing", ()), *source.missing})
        part = Source.model_validate({**_heading(source), **filled, **given})
        tables = {
            feeds: _changed(feeds, table, changes.pop(feeds, None), source.leave_out)
            for feeds, table in part.tables.items()
            if not {feeds, table_name(feeds)} & set(source.leave_out)
        }
        parts[name] = part.model_copy(update={"tables": tables})
    main = parts[known.main]
    parts[known.main] = main.model_copy(
        update={
            "tables": {**main.tables, **changes},
            "guards": {**main.guards, **source.guards},
            "derived": {**main.derived, **source.derived},
        }
    )
    return parts


def find_unknown_columns(source: Source, parts: Mapping[str, Source]) -> list[Problem]:
    """Say which changes of an analyst name a column or a table that the format does not have."""
    known = load_format(source.reader)
    problems = []
    for name, part in parts.items():
        columns = known.columns[name]
        problems += [
            Problem(
                f"sources.{source.id}, column {wanted}",
                f"is no column of the rows that feed {', '.join(part.tables)}",
                ", ".join([*columns, *part.derived]),
            )
            for wanted in needed_columns(part, [])
            if wanted not in columns
        ]
    fed = {feeds for mapping in known.mappings.values() for feeds in mapping["tables"]}
    tables = {table_name(feeds) for feeds in fed}
    columns_fed = {
        f"{table_name(feeds)}.{column}"
        for mapping in known.mappings.values()
        for feeds, table in mapping["tables"].items()
        for column in table["columns"]
    }
    problems += [
        Problem(f"sources.{source.id}.leave_out", f"'{name}' is not filled", ", ".join(sorted(fed)))
        for name in source.leave_out
        if name not in fed | tables | columns_fed
    ]
    return problems


def _heading(source: Source) -> dict[str, Any]:
    return {
        name: getattr(source, name)
        for name in ("id", "title", "publisher", "licence", "path", "retrieved_on")
    }


def _changed(
    feeds: str, mapping: TableMapping, change: TableMapping | None, leave_out: Sequence[str]
) -> TableMapping:
    columns = {
        name: filled_by
        for name, filled_by in mapping.columns.items()
        if f"{table_name(feeds)}.{name}" not in leave_out
    }
    update: dict[str, Any] = {"columns": columns}
    if change is not None:
        update["columns"] = {**columns, **change.columns}
        update |= _differing(change, ("where", "duplicates"))
    return mapping.model_copy(update=update)


def _differing(section: Section, names: Sequence[str]) -> dict[str, Any]:
    """Return what is not the default; resolved parameters hold every default as if it were set."""
    defaults = {name: type(section).model_fields[name].default for name in names}
    return {
        name: getattr(section, name)
        for name, default in defaults.items()
        if getattr(section, name) != default
    }


def _fill(node: Any, settings: Mapping[str, Any]) -> Any:
    if isinstance(node, dict):
        filled = {_fill(key, settings): _fill(value, settings) for key, value in node.items()}
        return {key: value for key, value in filled.items() if value is not None}
    if isinstance(node, list):
        return [_fill(item, settings) for item in node]
    if not isinstance(node, str):
        return node
    whole = _SETTING.fullmatch(node)
    if whole:
        return settings[whole[1]]
    return _SETTING.sub(lambda found: str(settings[found[1]]), node)
