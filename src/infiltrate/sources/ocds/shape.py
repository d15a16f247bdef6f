"""Whether a release has lists and objects where the standard has them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

_FIELD = re.compile(r'"(\w+)" ')


def find_misfit(release: Mapping[str, Any], types: Mapping[str, str]) -> str:
    """Say where a release departs from the types it is read with; empty when it fits."""
    for name, kind in types.items():
        if misfit := _compare(release.get(name), kind, name):
            return misfit
    return ""


def _compare(value: Any, kind: str, where: str) -> str:
    if value is None or kind == "JSON":
        return ""
    if kind.endswith("[]"):
        if not isinstance(value, list):
            return f"{where} is no list"
        problems = (_compare(item, kind[:-2], where) for item in value)
        return next(filter(None, problems), "")
    if kind.startswith("STRUCT"):
        if not isinstance(value, dict):
            return f"{where} is no object"
        fields = _fields(kind)
        problems = (_compare(value.get(name), fields[name], f"{where}.{name}") for name in fields)
        return next(filter(None, problems), "")
    return f"{where} is no plain value" if isinstance(value, dict | list) else ""


@cache
def _fields(kind: str) -> dict[str, str]:
    """Split ``STRUCT("a" VARCHAR, "b" STRUCT(...)[])`` into its fields."""
    inner = kind.removeprefix("STRUCT(").removesuffix(")")
    fields, depth, start = {}, 0, 0
    for position, character in enumerate(inner + ","):
        depth += (character == "(") - (character == ")")
        if character == "," and depth == 0:
            text = inner[start:position].strip()
            if match := _FIELD.match(text):
                fields[match[1]] = text[match.end() :]
            start = position + 1
    return fields
