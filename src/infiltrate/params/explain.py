"""What a failed validation means, in words a user can act on."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from infiltrate.params.describe import (
    FieldNote,
    fields_of,
    note_at,
    section_at,
    section_names,
    show,
)
from infiltrate.params.document import Spot
from infiltrate.params.paths import Issue, Parts, nearest, value_at

_TOO_LOW = ("greater_than", "greater_than_equal")
_TOO_HIGH = ("less_than", "less_than_equal")
_TOO_SHORT = ("string_too_short", "too_short")
_SWITCHES = {"yes": "true", "on": "true", "no": "false", "off": "false"}
_OTHER_NAMES = {"from": "valid_from", "to": "valid_to", "license": "licence", "url": "address"}


def explain(
    errors: Sequence[Mapping[str, Any]], data: Any, spots: Mapping[Parts, Spot]
) -> list[Issue]:
    """Turn pydantic's error records into one issue per mistake.

    Parameters
    ----------
    errors : sequence of mapping
        What ``ValidationError.errors()`` returns.
    data : object
        The values that were validated.
    spots : mapping
        Spot of each value; unquoted text lets the message show what was written.
    """
    by_place: dict[Parts, list[Mapping[str, Any]]] = defaultdict(list)
    for error in errors:
        by_place[_place(error, data)].append(error)
    unknown = {parts for parts, found in by_place.items() if found[0]["type"] == "extra_forbidden"}
    return [
        _issue(parts, found, data, spots)
        for parts, found in by_place.items()
        if not (found[0]["type"] == "missing" and _is_misspelt(parts, unknown))
    ]


def _place(error: Mapping[str, Any], data: Any) -> Parts:
    """Drop from pydantic's location the names of union members, which no file contains."""
    parts: list[str | int] = []
    for part in error["loc"]:
        known = (isinstance(data, Mapping) and part in data) or (
            isinstance(data, list) and isinstance(part, int)
        )
        if known:
            data = data[part]
            parts.append(part)
    if error["type"] == "missing":
        parts.append(error["loc"][-1])
    return tuple(parts)


def _is_misspelt(parts: Parts, unknown: set[Parts]) -> bool:
    return any(
        other[:-1] == parts[:-1] and _meant(str(other[-1]), section_at(other[:-1])) == parts[-1]
        for other in unknown
    )


def _issue(
    parts: Parts, found: list[Mapping[str, Any]], data: Any, spots: Mapping[Parts, Spot]
) -> Issue:
    error = next((e for e in found if e["type"] == "refused"), found[0])
    kind, note, value = error["type"], note_at(parts), value_at(parts, data)
    if kind == "refused":
        context = error["ctx"]
        return Issue(parts, context["found"], context["allowed"], context["fix"])
    if kind == "missing":
        return _missing(parts, note)
    if kind == "extra_forbidden":
        return _unknown(parts)
    allowed = note.allowed if note else ""
    if kind in _TOO_LOW:
        return Issue(parts, f"{show(value)} is too low", allowed, _default_fix(note))
    if kind in _TOO_HIGH:
        return Issue(parts, f"{show(value)} is too high", allowed, _default_fix(note))
    if kind in _TOO_SHORT:
        found_short = f"{show(value)} is too short" if value else "is empty"
        return Issue(parts, found_short, allowed)
    if kind == "finite_number":
        return Issue(parts, f"{show(value)} is not finite", allowed, _default_fix(note))
    if kind == "literal_error":
        return _not_one_of(parts, value, allowed, note)
    written = spots[parts].text if parts in spots else ""
    return Issue(parts, _found(value, written), allowed, _type_fix(note, value, written))


def _missing(parts: Parts, note: FieldNote | None) -> Issue:
    name = str(parts[-1])
    if name == "source" and parts[0] == "facts":
        found = "is missing; a fact without a source cannot be used"
    else:
        found = "is missing"
    if note is None:
        return Issue(parts, found)
    return Issue(parts, found, note.allowed, f"Add `{name}`: {note.description}")


def _unknown(parts: Parts) -> Issue:
    name, section = str(parts[-1]), section_at(parts[:-1])
    meant = _meant(name, section)
    if meant:
        fix = f"Did you mean `{meant}`?"
    else:
        homes = [home for home in section_names() if name in _names(home)]
        place = _path_of(homes[0]) if homes else ""
        fix = f"It belongs under {place}." if place else "Delete it, or correct the name."
    return Issue(parts, "is not a known key", ", ".join(_names(section)), fix)


def _meant(name: str, section: str) -> str | None:
    names = _names(section)
    other = _OTHER_NAMES.get(name)
    return other if other in names else nearest(name, names)


def _names(section: str) -> list[str]:
    return [note.name for note in fields_of(section)] if section else []


def _path_of(section: str) -> str:
    """Return where a block stands in the file, for example choices.risk."""
    for parent in section_names():
        for note in fields_of(parent):
            if note.section == section:
                outer = _path_of(parent)
                return f"{outer}.{note.name}" if outer else note.name
    return ""


def _not_one_of(parts: Parts, value: Any, allowed: str, note: FieldNote | None) -> Issue:
    names = allowed.removeprefix("one of ").removesuffix(" or null").split(", ")
    meant = nearest(value, names) if isinstance(value, str) else None
    fix = f"Did you mean {meant}?" if meant else _default_fix(note)
    return Issue(parts, f"{show(value)} is not one of the values", allowed, fix)


def _found(value: Any, written: str) -> str:
    kinds = {
        bool: "true or false",
        int: "a number",
        float: "a number",
        str: "text",
        date: "a date",
        list: "a list",
        dict: "a block of keys",
    }
    if value is None:
        return "nothing stands there"
    shown = show(value) if isinstance(value, str) else written or show(value)
    return f"{shown} is {kinds.get(type(value), 'something else')}"


def _type_fix(note: FieldNote | None, value: Any, written: str) -> str:
    if note is None:
        return ""
    if value is None:
        return "Write a value." if note.required else "Write a value, or leave the key out."
    if isinstance(value, int | float | date) and "text" in note.allowed:
        return f'Put it in quotes: "{written or value}".'
    if isinstance(value, str) and (number := _as_number(value)):
        return f"Write it without quotes, and with no mark but a decimal point: {number}."
    if note.container == "list" and not isinstance(value, list | dict | None):
        return f"Write it as a list: [{show(value)}]."
    if isinstance(value, str) and value.lower() in _SWITCHES and "true" in note.allowed:
        return f"Write {_SWITCHES[value.lower()]}."
    return _default_fix(note)


def _as_number(text: str) -> str:
    """Return how a number written as text is meant: 33,600 has a thousands mark, 12,5 has none."""
    if re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?", text):
        return text.replace(",", "")
    return text.replace(",", ".") if re.fullmatch(r"[+-]?\d+([.,]\d+)?", text) else ""


def _default_fix(note: FieldNote | None) -> str:
    if note is None or note.required or note.container or note.default in (None, ""):
        return ""
    return f"Leave it out to use the default, {show(note.default)}."
