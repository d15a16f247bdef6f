"""What each parameter is, in words, read from the JSON schema of the models.

One description serves the messages, the generated defaults and the documentation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from infiltrate.params.study import StudyParams

ROOT = "StudyParams"


@dataclass(frozen=True)
class FieldNote:
    """One parameter.

    Attributes
    ----------
    name : str
        Key in the file.
    description : str
        One sentence.
    allowed : str
        Type, bounds, unit and allowed values in words.
    unit : str
        Unit of a number, 1 when it has none; empty for anything else.
    required : bool
        Whether it has no default.
    default : object
        JSON value; None also when required.
    example : object
        A value that may stand there.
    section : str
        Name of the block that stands there, or in each item; empty for plain values.
    container : str
        ``list`` or ``map`` when several values stand there.
    key : str
        An example of a key in a ``map``.
    """

    name: str
    description: str
    allowed: str
    unit: str
    required: bool
    default: Any
    example: Any
    section: str
    container: str
    key: str


@cache
def section_names(section: str = ROOT) -> tuple[str, ...]:
    """Return the names of a block and of those inside it, each before what it contains."""
    inner = [
        name for note in fields_of(section) if note.section for name in section_names(note.section)
    ]
    return tuple(dict.fromkeys([section, *inner]))


@cache
def fields_of(section: str) -> tuple[FieldNote, ...]:
    """Describe the parameters of one block, in the order of the model."""
    schema = _section_schema(section)
    needed = schema.get("required", [])
    return tuple(_note(name, node, name in needed) for name, node in schema["properties"].items())


def section_summary(section: str) -> str:
    """Return the sentence that says what a block is."""
    return str(_section_schema(section)["description"]).split("\n\n", 1)[0]


def note_at(parts: Sequence[str | int]) -> FieldNote | None:
    """Describe what may stand at a place, an item of a list too; None where nothing may."""
    node: dict[str, Any] = {"$ref": ROOT}
    unit, is_required = "", True
    for part in parts:
        section = _inside(node)[0]
        needed = _section_schema(section).get("required", []) if section else []
        inner = _step(node, part)
        if inner is None:
            return None
        node = inner
        is_required = part in needed or "description" not in node
        unit = node.get("unit", "" if "description" in node else unit)
    return _note(str(parts[-1]), {"unit": unit, **node}, is_required) if parts else None


def section_at(parts: Sequence[str | int]) -> str:
    """Name of the block that stands at a place; empty when none does."""
    if not parts:
        return ROOT
    note = note_at(parts)
    return note.section if note and not note.container else ""


def show(value: Any) -> str:
    """Write a value the way it is written in a parameter file, shortened."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"'{value}'" if len(value) <= 60 else f"'{value[:57]}...'"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return f"{value:.0f}"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {show(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(show(item) for item in value) + "]"
    return str(value)


@cache
def _schema() -> dict[str, Any]:
    return StudyParams.model_json_schema()


def _section_schema(section: str) -> dict[str, Any]:
    return _schema() if section == ROOT else _schema()["$defs"][section]


def _note(name: str, node: dict[str, Any], is_required: bool) -> FieldNote:
    default = node.get("default")
    section, container = _inside(node)
    unit = node.get("unit", "")
    return FieldNote(
        name=name,
        description=node.get("description", ""),
        allowed=_words(node, unit),
        unit=unit,
        required=is_required,
        default=default,
        example=node.get("examples", [default])[0],
        section=section,
        container=container,
        key=node.get("key", ""),
    )


def _step(node: dict[str, Any], part: str | int) -> dict[str, Any] | None:
    for choice in node.get("anyOf", node.get("oneOf", [node])):
        inner = _section_schema(choice["$ref"].rsplit("/", 1)[-1]) if "$ref" in choice else choice
        if part in inner.get("properties", {}):
            return inner["properties"][part]
        if inner.get("type") == "array" and isinstance(part, int):
            return inner["items"]
        if inner.get("type") == "object" and "properties" not in inner:
            return _values(inner)
    return None


def _inside(node: dict[str, Any]) -> tuple[str, str]:
    if "$ref" in node:
        return node["$ref"].rsplit("/", 1)[-1], ""
    if node.get("type") == "array":
        return _inside(node["items"])[0], "list"
    if node.get("type") == "object":
        return _inside(_values(node))[0], "map"
    choices = [_inside(choice)[0] for choice in node.get("anyOf", node.get("oneOf", []))]
    return next(filter(None, choices), ""), ""


def _values(node: dict[str, Any]) -> dict[str, Any]:
    return node.get("additionalProperties") or next(iter(node["patternProperties"].values()))


def _words(node: dict[str, Any], unit: str = "") -> str:
    if "$ref" in node:
        return "a block of keys"
    if "const" in node:
        return str(node["const"])
    if "enum" in node:
        return "one of " + ", ".join(v if v.isidentifier() else f'"{v}"' for v in node["enum"])
    choices = node.get("anyOf", node.get("oneOf"))
    if choices:
        return _choice_words(choices, unit)
    if node["type"] == "array":
        least = ", at least one" if node.get("minItems") else ""
        return f"a list{least}, each item {_words(node['items'], unit)}"
    if node["type"] == "object":
        return f"keys of your own, each with {_words(_values(node), unit)}"
    return _plain_words(node, unit)


def _choice_words(choices: list[dict[str, Any]], unit: str) -> str:
    kinds = {choice.get("type") for choice in choices}
    unsaid = {"null", "integer"} if "number" in kinds else {"null"}
    words = [_words(choice, unit) for choice in choices if choice.get("type") not in unsaid]
    return " or ".join(words + (["null"] if "null" in kinds else []))


def _plain_words(node: dict[str, Any], unit: str) -> str:
    kind = node["type"]
    if kind == "boolean":
        return "true or false"
    if kind == "string":
        return _text_words(node)
    noun = "a whole number" if kind == "integer" else "a share" if unit == "share" else "a number"
    bounds = _bounds(node)
    in_unit = "" if unit in ("", "1", "share") else f", in {unit}"
    return noun + (f" {bounds}" if bounds else "") + in_unit


def _text_words(node: dict[str, Any]) -> str:
    if node.get("format") == "date":
        return "a date (YYYY-MM-DD)"
    if node.get("maxLength") == 1:
        return "one character"
    if "pattern" in node:
        return f"text matching {node['pattern']}"
    least = node.get("minLength", 0)
    if least > 1:
        return f"text of {least} characters or more"
    return "text, not empty" if least else "text"


def _bounds(node: dict[str, Any]) -> str:
    least, most = node.get("minimum"), node.get("maximum")
    above, below = node.get("exclusiveMinimum"), node.get("exclusiveMaximum")
    if least is not None and most is not None:
        return f"from {show(least)} to {show(most)}"
    words = []
    if least is not None:
        words.append(f"of {show(least)} or more")
    if above is not None:
        words.append(f"above {show(above)}")
    if most is not None:
        words.append(f"up to {show(most)}")
    if below is not None:
        words.append(f"below {show(below)}")
    return " and ".join(words)
