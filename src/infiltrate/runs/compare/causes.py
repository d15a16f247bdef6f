"""What differs in the inputs of two runs, and which stages each difference enters."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from infiltrate.runs.compare.code_differences import find_code_differences, find_page_differences
from infiltrate.runs.compare.results import Results
from infiltrate.runs.manifest import UNTRACED

Kind = Literal["data", "parameters", "code", "environment", "key"]
_ABSENT = "absent"
_DIGITS = 12
_LONGEST = 60
_MACHINE = ("system", "architecture")


@dataclass(frozen=True, order=True)
class Cause:
    """One difference between the inputs of two runs.

    Attributes
    ----------
    kind : str
        ``data``, ``parameters``, ``code``, ``environment`` or ``key``.
    what : str
        A raw file or source, the path of a parameter, a file of code with the functions that
        changed, a library.
    before, after : str
        Value or short hash in each run; ``absent`` where one has none.
    can_move : bool
        False for what changes no number: comments, layout and documentation of code, words of a
        notebook.
    """

    kind: Kind
    what: str
    before: str
    after: str
    can_move: bool = True

    def __str__(self) -> str:
        change = f" ({self.before} to {self.after})" if self.kind != "code" else ""
        return f"{self.what}{change}"


def find_causes(before: Results, after: Results) -> dict[str, tuple[Cause, ...]]:
    """Return, for every stage of either run, the differences that enter it directly.

    What reaches a stage through the tables it reads is not among them.
    """
    names = [*before.stages, *(name for name in after.stages if name not in before.stages)]
    return {name: tuple(sorted(set(_enter(name, before, after)))) for name in names}


def find_page_causes(before: Results, after: Results) -> tuple[Cause, ...]:
    """Return the differences that enter every page: what renders it, in which versions."""
    old, new = before.manifest["machine"], after.manifest["machine"]
    versions = [
        Cause("environment", name, old.get(name, _ABSENT), new.get(name, _ABSENT))
        for name in sorted({*old, *new} - set(_MACHINE))
        if old.get(name) != new.get(name)
    ]
    titles = [[stage["title"] for stage in run.stages.values()] for run in (before, after)]
    if titles[0] != titles[1]:
        versions.append(
            Cause("code", "list of pages, which stands on every page", "one", "another")
        )
    return (*versions, *(Cause("code", *code) for code in find_page_differences(before, after)))


def _enter(name: str, before: Results, after: Results) -> Iterator[Cause]:
    old, new = before.stages.get(name), after.stages.get(name)
    if old is None or new is None:
        found = (_ABSENT, "present") if old is None else ("present", _ABSENT)
        yield Cause("code", f"stage {name}", *found)
        return
    if old["reads_raw_files"] or new["reads_raw_files"]:
        yield from _data(before, after)
    yield from _parameters(old, new, before, after)
    for difference in find_code_differences(name, before, after):
        yield Cause("code", *difference)
    yield from _environment(name, before, after)
    keys = before.manifest["pseudonym_key"], after.manifest["pseudonym_key"]
    if keys[0] != keys[1]:
        yield Cause("key", "pseudonym key", *keys)


def _data(before: Results, after: Results) -> Iterator[Cause]:
    """Yield a difference a file, or a source where it has several: a name may hold a code."""
    old, new = _files_of_sources(before), _files_of_sources(after)
    for source in sorted({*old, *new}):
        was, now = old.get(source, {}), new.get(source, {})
        if was == now:
            continue
        if len({*was, *now}) == 1:
            (name,) = {*was, *now}
            yield Cause("data", f"raw file {name}", _short(was.get(name)), _short(now.get(name)))
            continue
        counts = {
            "changed": sum(name in now and now[name] != was[name] for name in was),
            "only before": len(was.keys() - now.keys()),
            "only after": len(now.keys() - was.keys()),
        }
        said = ", ".join(f"{count} {words}" for words, count in counts.items() if count)
        both = _short(_joined(was)), _short(_joined(now))
        yield Cause("data", f"raw files of source {source}: {said} of {len(was)}", *both)


def _files_of_sources(results: Results) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for file in results.manifest["files"]:
        found.setdefault(file["source_id"], {})[file["name"]] = file["sha256"]
    return found


def _joined(files: dict[str, str]) -> str | None:
    return "".join(sorted(files.values()))[:_DIGITS] or None


def _short(value: str | None) -> str:
    return _ABSENT if value is None else value[:_DIGITS]


def _parameters(
    old: dict[str, Any], new: dict[str, Any], before: Results, after: Results
) -> Iterator[Cause]:
    was, now = old["parameters"], new["parameters"]
    blocks = [block for block in was.keys() & now.keys() if was[block] != now[block]]
    for block in sorted(blocks):
        inside = [
            Cause("parameters", path, _value(one), _value(other))
            for path, one, other in _leaves(before.params, after.params)
            if _is_inside(path, block)
        ]
        yield from inside or [Cause("parameters", f"{block}: order of its keys", "one", "another")]


def _leaves(old: Any, new: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Yield path and both values wherever two trees of parameters differ."""
    one, other = _by_key(old), _by_key(new)
    if one is None or other is None:
        if old != new:
            yield path, old, new
        return
    for key in [*one, *(key for key in other if key not in one)]:
        dot = "." if path and not key.startswith("[") else ""
        yield from _leaves(one.get(key), other.get(key), f"{path}{dot}{key}")


def _by_key(value: Any) -> dict[str, Any] | None:
    if isinstance(value, dict):
        return value
    if isinstance(value, list) and value and all(isinstance(v, dict) and "id" in v for v in value):
        return {f"[{item['id']}]": item for item in value}
    return None


def _is_inside(path: str, block: str) -> bool:
    return path == block or path.startswith((f"{block}.", f"{block}["))


def _value(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _environment(name: str, before: Results, after: Results) -> Iterator[Cause]:
    old, new = dict(before.manifest["environment"]), dict(after.manifest["environment"])
    for run, versions in ((before, old), (after, new)):
        versions |= {part: run.manifest["machine"].get(part, _ABSENT) for part in _MACHINE}
        versions["query engine"] = run.manifest["engines"].get(name, _ABSENT)
    for part in sorted({*old, *new}):
        # the version of infiltrate is a name for its code, which is looked at itself
        if part != "infiltrate" and old.get(part) != new.get(part):
            yield Cause("environment", part, old.get(part, _ABSENT), new.get(part, _ABSENT))
    for block in UNTRACED:
        for path, one, other in _leaves(before.params, after.params):
            if _is_inside(path, block):
                yield Cause("environment", path, _value(one), _value(other))
