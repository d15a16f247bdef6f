"""Values set on the command line, such as `choices.risk.quarantine_months=6`."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from infiltrate.errors import Problem
from infiltrate.params.document import NotYaml, Spot, read_document
from infiltrate.params.paths import Parts, find_path, show_path, value_at


@dataclass(frozen=True)
class Overlay:
    """Values of a file with those of the command line laid over them.

    Attributes
    ----------
    data : dict
        New values; those of the file are left as they were.
    places : tuple of Parts
        Paths that were set.
    spots : dict
        Unquoted text of what was set, by path.
    problems : tuple of Problem
        Settings that cannot be read or placed.
    """

    data: dict[str, Any]
    places: tuple[Parts, ...]
    spots: dict[Parts, Spot]
    problems: tuple[Problem, ...]


def override(data: dict[str, Any], settings: Sequence[str]) -> Overlay:
    """Lay ``choices.risk.folds=3`` or ``sources[awards].path=xx/a.csv`` over a file's values."""
    data = copy.deepcopy(data)
    places: list[Parts] = []
    spots: dict[Parts, Spot] = {}
    problems: list[Problem] = []
    for setting in settings:
        path, equals, text = setting.partition("=")
        where = f"command line: {path.strip()}"
        if not equals:
            problems.append(Problem(where, "has no =", "path=value", "Write the value after =."))
            continue
        try:
            parts, document = find_path(path.strip(), data), read_document(text)
            _set(data, parts, document.data)
        except LookupError as error:
            problems.append(Problem(where, str(error.args[0])))
        except NotYaml as error:
            problems.append(Problem(where, f"'{text}' is not YAML: {error.found}", "", error.fix))
        else:
            places.append(parts)
            spots |= {(*parts, *inner): spot for inner, spot in document.spots.items()}
            problems += [Problem(where, issue.found, issue.allowed) for issue in document.issues]
    return Overlay(data, tuple(places), spots, tuple(problems))


def _set(data: Any, parts: Parts, value: Any) -> None:
    for depth, part in enumerate(parts[:-1], start=1):
        inner = value_at((part,), data)
        if inner is None and isinstance(data, dict):
            inner = data[part] = {}
        if not isinstance(inner, dict | list):
            raise LookupError(f"there is no block {show_path(parts[:depth], {})} to set it in")
        data = inner
    last = parts[-1]
    if isinstance(data, list) and not isinstance(last, int):
        raise LookupError("names a key of a list; write the item in brackets, as in sources[id]")
    old = value_at((last,), data)
    data[last] = _merge(old, value) if isinstance(old, dict) and isinstance(value, dict) else value


def _merge(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    merged = {**old, **new}
    for key in old.keys() & new.keys():
        if isinstance(old[key], dict) and isinstance(new[key], dict):
            merged[key] = _merge(old[key], new[key])
    return merged
