"""Places inside a parameter file, such as `sources[awards].tables.bids`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

Parts = tuple[str | int, ...]

_STEP = re.compile(r"([^.\[\]]+)|\[([^\[\]]+)\]")
_PATH = re.compile(r"(^|\.)[^.\[\]]+(\[[^\[\]]+\])*")


@dataclass(frozen=True)
class Issue:
    """Something wrong at a place; it becomes a `Problem` once file and line are known."""

    parts: Parts
    found: str
    allowed: str = ""
    fix: str = ""


def nearest(name: str, names: Sequence[str]) -> str | None:
    """Return the known name that a wrong one was probably meant to be, or None."""
    by_lower = {known.lower(): known for known in names}
    close = get_close_matches(name.lower(), sorted(by_lower), n=1, cutoff=0.6)
    if close:
        return by_lower[close[0]]
    inside = sorted(known for known in names if len(name) >= 3 and name.lower() in known.lower())
    return inside[0] if inside else None


def show_path(parts: Parts, data: Any) -> str:
    """Write a place as a user would; an item of a list by its id, if it has one."""
    text = ""
    for part in parts:
        ids = _ids(data)
        data = _step(data, part)
        if isinstance(part, int):
            label = ids[part] if part < len(ids) else None
            text += f"[{label if label and ids.count(label) == 1 else part}]"
        else:
            text += f".{part}" if text else part
    return text


def find_path(text: str, data: Any) -> Parts:
    """Read a place as a user writes it; the last keys need not exist yet.

    Raises
    ------
    LookupError
        When the text is not a path, or names an item that the list does not have.
    """
    if not text or _PATH.sub("", text):
        raise LookupError("is not a path such as choices.risk.folds or sources[id].path")
    parts: list[str | int] = []
    for match in _STEP.finditer(text):
        part = match[1] if match[1] is not None else _item(match[2], data)
        parts.append(part)
        data = _step(data, part)
    return tuple(parts)


def value_at(parts: Parts, data: Any) -> Any:
    """Return what stands at a place; None when nothing does."""
    for part in parts:
        data = _step(data, part)
    return data


def _step(data: Any, part: str | int) -> Any:
    if isinstance(data, Mapping):
        return data.get(part)
    if isinstance(data, list) and isinstance(part, int) and 0 <= part < len(data):
        return data[part]
    return None


def _item(label: str, data: Any) -> int:
    ids = _ids(data)
    if label in ids:
        return ids.index(label)
    if label.isdecimal() and int(label) < len(ids):
        return int(label)
    known = ", ".join(name for name in ids if name)
    raise LookupError(f"names an item [{label}] that is not there; there are: {known or 'none'}")


def _ids(data: Any) -> list[str | None]:
    """Return the id of each item of a list, None for an item without one."""
    items = data if isinstance(data, list) else []
    names = [item.get("id") if isinstance(item, Mapping) else None for item in items]
    return [name if isinstance(name, str) else None for name in names]
