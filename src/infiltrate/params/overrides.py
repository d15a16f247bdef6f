"""Values set on the command line, such as `choices.risk.quarantine_months=6`."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from infiltrate.errors import Problem
from infiltrate.params.document import NotYaml, read_document
from infiltrate.params.paths import Parts, find_path, show_path, value_at


def override(
    data: dict[str, Any], overrides: Sequence[str]
) -> tuple[dict[str, Any], tuple[Parts, ...], list[Problem]]:
    """Return the values with those of the command line laid over them.

    Parameters
    ----------
    data : dict
        Raw values of a file; left as they are.
    overrides : sequence of str
        ``choices.risk.folds=3`` or ``sources[awards].path=xx/awards.csv``.

    Returns
    -------
    tuple
        New values, the paths that were set, and what cannot be set.
    """
    data = copy.deepcopy(data)
    places: list[Parts] = []
    problems: list[Problem] = []
    for setting in overrides:
        path, equals, text = setting.partition("=")
        where = f"command line: {path.strip()}"
        if not equals:
            problems.append(Problem(where, "has no =", "path=value", "Write the value after =."))
            continue
        try:
            parts = find_path(path.strip(), data)
            _set(data, parts, read_document(text).data)
            places.append(parts)
        except LookupError as error:
            problems.append(Problem(where, str(error.args[0])))
        except NotYaml as error:
            problems.append(Problem(where, f"'{text}' is not YAML: {error.found}", "", error.fix))
    return data, tuple(places), problems


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
