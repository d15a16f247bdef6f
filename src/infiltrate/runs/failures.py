"""What failed in a run, in words: which steps, why, and what could not follow."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

import pytask

from infiltrate.errors import InfiltrateError, Problem, RunFailed
from infiltrate.runs.advice import advise
from infiltrate.runs.log import log_error

WAITING = "a stage it depends on failed"
"""Stands for the failure of a step that could not follow."""
STOPPED = "stopped by the user"
"""Stands for the failure of a step that ran when the user stopped the run."""


def read_failures(session: pytask.Session, run_dir: Path) -> tuple[dict[str, str], bool]:
    """Return the message of each step that did not finish, and whether the user stopped the run.

    Parameters
    ----------
    session : Session
        What pytask did.
    run_dir : Path
        Folder of the results, whose log gets the tracebacks that are not for the user.
    """
    failures, stopped = {}, False
    for report in session.execution_reports:
        error = report.exc_info[1] if report.exc_info else None
        if isinstance(error, KeyboardInterrupt):
            stopped = True
            failures[report.task.name] = STOPPED
        elif report.outcome == pytask.TaskOutcome.FAIL and error:
            failures[report.task.name] = _message(error, run_dir)
        elif report.outcome == pytask.TaskOutcome.SKIP_PREVIOUS_FAILED:
            failures[report.task.name] = WAITING
    return failures, stopped


def run_failed(failures: Mapping[str, str], stages: Collection[str]) -> RunFailed:
    """Name the steps that failed; those that only wait for them are no problems of their own.

    Parameters
    ----------
    failures : mapping
        Message by step.
    stages : collection of str
        The steps that are stages, not pages or exports.
    """
    problems = [
        Problem(name, text.rstrip("."), fix=advise(text))
        for name, text in failures.items()
        if text != WAITING
    ]
    waiting = sorted(name for name in failures if name in stages and failures[name] == WAITING)
    summary = f"{len(problems)} step{'s' * (len(problems) != 1)} did not finish"
    if waiting:
        summary += f", and {', '.join(waiting)} could not follow"
    return RunFailed(
        f"{summary}. The rest is done and kept: mend what is named, then give the same command "
        "again to go on from there.",
        problems,
    )


def _message(error: BaseException, run_dir: Path) -> str:
    if isinstance(error, InfiltrateError):
        return str(error)
    log = log_error(error, run_dir)
    where = f" The traceback is in {log}." if log else ""
    return f"unexpected {type(error).__name__}: {error}.{where}"
