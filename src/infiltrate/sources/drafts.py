"""Files that a person goes on with: never written over."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from infiltrate.errors import ParamsError
from infiltrate.tables.files import replace_file


def write_drafts(drafts: Mapping[Path, str]) -> None:
    """Write drafts, all or none of them.

    Raises
    ------
    ParamsError
        When a file of one of the names is there already; nothing is written then.
    """
    taken = [path for path in drafts if path.exists()]
    if taken:
        names = ", ".join(path.as_posix() for path in taken)
        raise ParamsError(f"{names}: is there already; name another file with --out.")
    for path, text in drafts.items():
        with replace_file(path) as temporary:
            temporary.write_text(text, encoding="utf-8")
