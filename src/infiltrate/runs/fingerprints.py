"""What a stage depends on, each with a name and a hash of its content."""

from __future__ import annotations

import ast
import hashlib
from functools import cache
from pathlib import Path

import infiltrate
from infiltrate.params.dump import fingerprint
from infiltrate.params.study import StudyParams

PACKAGE = Path(infiltrate.__file__).parent


def fingerprint_params(params: StudyParams, block: str) -> str:
    """Hash one block of the resolved parameters, for example ``choices.risk``."""
    return fingerprint(params, [block])


def fingerprint_file(path: Path) -> str:
    """Hash a file's content without reading it into memory whole."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fingerprint_code(modules: tuple[str, ...]) -> dict[str, str]:
    """Hash the package's code behind some modules, one hash a room.

    Parameters
    ----------
    modules : tuple of str
        Dotted names; everything that they import inside the package counts too, and so do the
        SQL, templates and styles that lie beside it.
    """
    rooms: dict[str, list[Path]] = {}
    for path in find_code(modules):
        rooms.setdefault(path.relative_to(PACKAGE).parts[0].removesuffix(".py"), []).append(path)
    return {
        room: _digest(b"\0".join(_contents(path) for path in paths))
        for room, paths in rooms.items()
    }


def find_code(modules: tuple[str, ...]) -> list[Path]:
    """Return the files of the package behind some modules, those that lie beside them included.

    Takes what `fingerprint_code` takes.
    """
    files: set[Path] = set()
    waiting = [path for name in modules if (path := _module_file(name))]
    while waiting:
        path = waiting.pop()
        if path not in files:
            files.add(path)
            waiting.extend(_imported_files(path))
    return sorted(files | _data_beside(files))


@cache
def _contents(path: Path) -> bytes:
    return path.relative_to(PACKAGE).as_posix().encode() + b"\0" + path.read_bytes()


@cache
def _imported_files(path: Path) -> tuple[Path, ...]:
    names = set()
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names.update(f"{node.module}.{name.name}" for name in node.names)
        elif isinstance(node, ast.Import):
            names.update(name.name for name in node.names)
    return tuple(file for name in sorted(names) if (file := _module_file(name)))


def _module_file(name: str) -> Path | None:
    parts = name.split(".")
    if parts[0] != "infiltrate":
        return None
    base = PACKAGE.joinpath(*parts[1:])
    candidates = (base / "__init__.py", base.with_suffix(".py"))
    return next((path for path in candidates if path.is_file()), None)


def _data_beside(files: set[Path]) -> set[Path]:
    rooms = {path.parent for path in files if path.parent != PACKAGE}
    return {
        path
        for room in rooms
        for path in room.rglob("*")
        if path.is_file() and path.suffix not in (".py", ".pyc")
    }


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
