"""Errors that nobody foresaw: a short message for the user, the traceback in the results folder."""

from __future__ import annotations

import errno
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infiltrate.errors import InfiltrateError, StoreError

_REFUSALS = frozenset(
    {errno.EACCES, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.ENOSPC, errno.EPERM, errno.EROFS}
)


def as_refusal(error: OSError, folder: Path | None = None) -> StoreError | None:
    """Return the error to show when the system refused: disk full, no permission and the like.

    Parameters
    ----------
    error : OSError
        What the system said.
    folder : Path, optional
        What to name when the error names no file.

    Returns
    -------
    StoreError or None
        None for any other error, such as a file that is not where the program put it.
    """
    if error.errno not in _REFUSALS:
        return None
    place = error.filename or folder
    return StoreError(
        f"{f'{place}: ' if place else ''}{error.strerror}. What was finished is kept; free space "
        "or mend the permission, then give the same command again."
    )


def log_error(error: BaseException, run_dir: Path) -> Path | None:
    """Add the traceback of an error to the log of a results folder and return the log.

    The log is among what stays with the researcher (``.run``): a traceback may show values.
    """
    log = run_dir / ".run" / "error.log"
    try:
        with log.open("a", encoding="utf-8") as file:
            file.writelines(traceback.format_exception(error))
    except OSError:
        return None
    return log


@contextmanager
def log_unexpected(run_dir: Path) -> Iterator[None]:
    """Log what is not an `InfiltrateError`, note on it where the log is, and raise it again."""
    try:
        yield
    except InfiltrateError:
        raise
    except Exception as error:
        if isinstance(error, OSError) and (refusal := as_refusal(error, run_dir)):
            raise refusal from error
        if log := log_error(error, run_dir):
            error.add_note(f"The traceback is in {log}.")
        raise
