"""Which code made a run's tables, file by file and definition by definition."""

from __future__ import annotations

import ast
import hashlib
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import infiltrate
from infiltrate.runs.fingerprints import PACKAGE, find_code, fingerprint_code, fingerprint_file
from infiltrate.runs.plan import REPORT_CODE
from infiltrate.runs.stages import Stage

MODULE_LEVEL = "module level"
"""Name of the part of a file that stands outside functions, classes and constants."""

PAGES = "pages"
"""Stands among the stages for the code that renders the pages."""

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_DIGITS = 12
_SECONDS = 10


def code_behind(stage: Stage) -> tuple[str, ...]:
    """Return the modules that a stage starts from: what it opens and what it imports."""
    return ("infiltrate.study", *stage.imports)


def describe_code(stages: Sequence[Stage]) -> dict[str, Any]:
    """Say which version of the code ran, and give one fingerprint a room.

    Returns
    -------
    dict
        ``version``; ``commit`` and ``has_changes`` where the package lies in a clone, else None;
        ``rooms``, room to hash, of everything that any stage reaches; ``pages``, the same of
        what renders pages.
    """
    commit, has_changes = _commit()
    modules = tuple(sorted({name for stage in stages for name in code_behind(stage)}))
    return {
        "version": infiltrate.__version__,
        "commit": commit,
        "has_changes": has_changes,
        "rooms": fingerprint_code(modules),
        PAGES: fingerprint_code(REPORT_CODE),
    }


def record_code(stages: Sequence[Stage]) -> dict[str, Any]:
    """Hash every file that a stage reaches, and in Python files every definition.

    A definition's hash leaves out comments, layout and docstrings, so that two runs can be told
    whether a function changed in what it does or only in how it is written down.

    Returns
    -------
    dict
        ``stages``: their names, and `PAGES`; ``files``: path in the package to ``sha256``,
        ``parts`` (name to short hash; empty where the file is not Python) and ``reached_by``
        (places in ``stages``).
    """
    starts = {stage.name: code_behind(stage) for stage in stages} | {PAGES: REPORT_CODE}
    reached = [set(find_code(modules)) for modules in starts.values()]
    return {
        "stages": list(starts),
        "files": {
            path.relative_to(PACKAGE).as_posix(): {
                "sha256": fingerprint_file(path),
                "parts": describe_parts(path),
                "reached_by": [place for place, paths in enumerate(reached) if path in paths],
            }
            for path in sorted(set().union(*reached))
        },
    }


def describe_parts(path: Path) -> dict[str, str]:
    """Return name and short hash of every definition of a Python file; empty for other files.

    What stands outside functions, classes and constants is one part of the name `MODULE_LEVEL`.
    """
    if path.suffix != ".py":
        return {}
    written: dict[str, list[str]] = {}
    for node in ast.parse(path.read_bytes()).body:
        for inner in ast.walk(node):
            _drop_docstring(inner)
        if not _is_docstring(node):
            for name, part in _split(node):
                written.setdefault(name, []).append(ast.dump(part))
    return {
        name: hashlib.sha256("\0".join(dumps).encode()).hexdigest()[:_DIGITS]
        for name, dumps in written.items()
    }


def _split(node: ast.stmt) -> Iterator[tuple[str, ast.stmt]]:
    """Yield the methods of a class one by one and then what is left of it; others as they are."""
    if isinstance(node, ast.ClassDef):
        methods = [inner for inner in node.body if isinstance(inner, _FUNCTIONS)]
        yield from ((f"{node.name}.{method.name}", method) for method in methods)
        node.body = [inner for inner in node.body if not isinstance(inner, _FUNCTIONS)]
    yield _part_name(node), node


def _part_name(node: ast.stmt) -> str:
    if isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
        return node.name
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        return node.targets[0].id
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return node.target.id
    return MODULE_LEVEL


def _drop_docstring(node: ast.AST) -> None:
    if (
        isinstance(node, (*_FUNCTIONS, ast.ClassDef))
        and len(node.body) > 1
        and _is_docstring(node.body[0])
    ):
        node.body = node.body[1:]


def _is_docstring(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _commit() -> tuple[str | None, bool | None]:
    """Return the commit of the clone that the package lies in, and whether files differ from it."""
    commit = _git("rev-parse", "HEAD")
    if commit is None or _git("ls-files", "--error-unmatch", "__init__.py") is None:
        return None, None
    changed = _git("status", "--porcelain", "--untracked-files=no")
    return commit, None if changed is None else bool(changed)


def _git(*words: str) -> str | None:
    try:
        answer = subprocess.run(
            ["git", "-C", str(PACKAGE), *words],
            check=False,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return answer.stdout.strip() if answer.returncode == 0 else None
