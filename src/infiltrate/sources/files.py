"""Which files a source names, what is meant when one is not there, and how their bytes read."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path

from infiltrate.errors import Problem
from infiltrate.params.sources import Source

_GLOB_MARKS = frozenset("*?[")


@dataclass(frozen=True)
class RawFile:
    """One raw file: where it is, and its name below the data folder, the same on every machine."""

    path: Path
    name: str


def find_files(source: Source, data_dir: Path) -> list[RawFile]:
    """List the files of a source, sorted by name; empty when none is there."""
    if is_glob(source):
        paths = sorted(path for path in data_dir.glob(source.path) if path.is_file())
    else:
        paths = [path for path in [data_dir / source.path] if path.is_file()]
    return [RawFile(path, path.relative_to(data_dir).as_posix()) for path in paths]


def find_file_problems(source: Source, data_dir: Path) -> list[Problem]:
    """Say which files are missing or empty, and which name may have been meant."""
    where = f"sources.{source.id}.path"
    files = find_files(source, data_dir)
    if not is_glob(source) and (data_dir / source.path).is_dir():
        fix = f"Write {source.path.rstrip('/')}/* to take every file in it"
        return [Problem(where, f"{source.path} is a folder", fix=fix)]
    if not files:
        found = "no file matches" if is_glob(source) else "there is no file"
        return [Problem(where, f"{found} {source.path}", fix=_suggest(source, data_dir))]
    return [
        Problem(where, f"{file.name} is empty", fix="Fetch it again, or take it out of `path`")
        for file in files
        if file.path.stat().st_size == 0
    ]


def is_glob(source: Source) -> bool:
    """Whether the path of a source may name several files."""
    return not _GLOB_MARKS.isdisjoint(source.path)


def _suggest(source: Source, data_dir: Path) -> str:
    fixed = [part for part in Path(source.path).parts if _GLOB_MARKS.isdisjoint(part)]
    top = data_dir / fixed[0] if fixed and (data_dir / fixed[0]).is_dir() else data_dir
    present = sorted(path.relative_to(data_dir).as_posix() for path in top.rglob("*.*"))
    near = difflib.get_close_matches(source.path, present, n=1, cutoff=0.4)
    if near:
        return f"Nearest name in the data folder: {near[0]}"
    return f"Put the file below the data folder ({data_dir}), or correct the path"


def decodes(text: bytes, encoding: str) -> bool:
    """Return whether bytes are text in an encoding."""
    try:
        text.decode(encoding)
    except UnicodeError:
        return False
    return True
