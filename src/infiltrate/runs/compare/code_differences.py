"""Which functions and cells differ between the code of two runs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from infiltrate.runs.code_record import PAGES
from infiltrate.runs.compare.results import Results

_ABSENT = "absent"
_DIGITS = 12
_MOST_NAMES = 6


class CodeDifference(NamedTuple):
    """One file of code that differs: what changed in it, both hashes, and if it can matter."""

    what: str
    before: str
    after: str
    can_move: bool


def find_code_differences(stage: str, before: Results, after: Results) -> Iterator[CodeDifference]:
    """Yield what differs in the notebook of a stage and in the code that it reaches.

    A file in which only comments, layout or documentation differ cannot move a number; neither
    can the words of a notebook.
    """
    old, new = before.stages[stage], after.stages[stage]
    if old["notebook"] != new["notebook"]:
        what, can_move = _cells(stage, before, after)
        hashes = old["notebook"][:_DIGITS], new["notebook"][:_DIGITS]
        yield CodeDifference(f"notebook {stage}{what}", *hashes, can_move)
    if old["code"] != new["code"]:
        yield from _differences(stage, before, after)


def find_page_differences(before: Results, after: Results) -> Iterator[CodeDifference]:
    """Yield what differs in the code that renders pages."""
    if before.manifest["code"][PAGES] != after.manifest["code"][PAGES]:
        yield from _differences(PAGES, before, after)


def _differences(stage: str, before: Results, after: Results) -> Iterator[CodeDifference]:
    was, now = _reached(stage, before), _reached(stage, after)
    for path in sorted({*was, *now}):
        one, other = was.get(path), now.get(path)
        if one is None or other is None:
            found = (_ABSENT, "present") if one is None else ("present", _ABSENT)
            yield CodeDifference(path, *found, can_move=True)
        elif one["sha256"] != other["sha256"]:
            what, can_move = _parts(one["parts"], other["parts"])
            hashes = one["sha256"][:_DIGITS], other["sha256"][:_DIGITS]
            yield CodeDifference(f"{path}{what}", *hashes, can_move)


def _reached(stage: str, results: Results) -> dict[str, dict[str, Any]]:
    place = results.code["stages"].index(stage)
    return {
        path: file for path, file in results.code["files"].items() if place in file["reached_by"]
    }


def _parts(one: dict[str, str], other: dict[str, str]) -> tuple[str, bool]:
    if not one and not other:
        return "", True
    names = [name for name in sorted({*one, *other}) if one.get(name) != other.get(name)]
    if not names:
        return ": comments, layout or documentation only", False
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return f": {', '.join(names[:_MOST_NAMES])}{more}", True


def _cells(stage: str, before: Results, after: Results) -> tuple[str, bool]:
    one, other = _code_cells(stage, before), _code_cells(stage, after)
    if one is None or other is None:
        return "", True
    if one == other:
        return ": words only", False
    if len(one) != len(other):
        return f": {len(one)} code cells, now {len(other)}", True
    places = [str(i + 1) for i, pair in enumerate(zip(one, other, strict=True)) if len({*pair}) > 1]
    return f": code cell {', '.join(places)}", True


def _code_cells(stage: str, results: Results) -> list[str] | None:
    path = results.folder / "notebooks" / f"{stage}.ipynb"
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    except (OSError, ValueError, KeyError):
        return None
    return [
        "".join(cell["source"])
        for cell in cells
        if cell["cell_type"] == "code"
        and "injected-parameters" not in cell["metadata"].get("tags", [])
    ]
