"""The commands of infiltrate: one module a group of commands."""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path
from typing import NoReturn

import typer

from infiltrate import __version__
from infiltrate.cli import (
    compare,
    data,
    flags,
    package,
    publish,
    release,
    run,
    score,
    simulate,
    site,
    trace,
)
from infiltrate.cli.app import app, say
from infiltrate.errors import InfiltrateError
from infiltrate.runs.log import as_refusal

__all__ = [
    "app",
    "compare",
    "data",
    "flags",
    "main",
    "package",
    "publish",
    "release",
    "run",
    "score",
    "simulate",
    "site",
    "trace",
]

DEBUG = "INFILTRATE_DEBUG"
_UNEXPECTED = 70
_INTERRUPTED = 130


@app.command()
def version() -> None:
    """Print the version."""
    say(__version__)


def main() -> None:
    """Run a command and end with a message and an exit code, whatever happens.

    Codes are those of `infiltrate.errors`; 2 for a wrong command line, 70 for what nobody
    foresaw, 130 after Ctrl-C. With ``INFILTRATE_DEBUG=1`` the traceback comes before the message.
    """
    try:
        app()
    except InfiltrateError as error:
        _end(str(error), error.exit_code)
    except SystemExit as stop:
        if stop.code == _INTERRUPTED:
            _end(
                "stopped. What was finished is kept; the same command goes on from there.",
                _INTERRUPTED,
            )
        raise
    except Exception as error:
        if isinstance(error, OSError) and (refusal := as_refusal(error)):
            _end(str(refusal), refusal.exit_code)
        _end(_unexpected(error), _UNEXPECTED)


def _end(message: str, exit_code: int) -> NoReturn:
    if os.environ.get(DEBUG):
        traceback.print_exc()
    typer.echo(f"error: {message}", err=True)
    sys.exit(exit_code)


def _unexpected(error: Exception) -> str:
    where = traceback.extract_tb(error.__traceback__)[-1]
    notes = getattr(error, "__notes__", [f"Set {DEBUG}=1 to see the traceback."])
    return (
        f"unexpected {type(error).__name__}: {error} ({Path(where.filename).name}, line "
        f"{where.lineno}). This is a mistake in infiltrate: please report it. {' '.join(notes)}"
    )
