"""Files that are either whole or not there: written beside their name and moved into place."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from infiltrate.errors import StoreError

TEMPORARY_SUFFIX = ".being-written"


@contextmanager
def replace_file(path: Path) -> Iterator[Path]:
    """Give a temporary path beside ``path`` and move it into place when the block succeeds.

    Parameters
    ----------
    path : Path
        The file to write; its folder is made when absent.

    Yields
    ------
    Path
        Where to write.

    Raises
    ------
    StoreError
        When the system refuses (disk full, no permission); ``path`` is then as it was before.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}{TEMPORARY_SUFFIX}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        temporary.replace(path)
    except OSError as error:
        raise StoreError(
            f"{path}: could not be written: {error.strerror or error}. What was there before is "
            "untouched; free space or mend the permission, then run the same command again."
        ) from error
    finally:
        # where the folder is a file there is nothing to take away
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def remove_leftovers(folder: Path) -> int:
    """Delete half-written files that a killed run left behind and return their number."""
    leftovers = list(folder.rglob(f".*{TEMPORARY_SUFFIX}*")) if folder.exists() else []
    for leftover in leftovers:
        leftover.unlink(missing_ok=True)
    return len(leftovers)
