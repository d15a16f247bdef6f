"""Programs that are timed, each in a process of its own."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from benchmarks.kept import KeptRuns, Run


def run_program(python: str, program: str, *words: object) -> tuple[Run, dict[str, Any]]:
    """Run a program and return its run and whatever else it tells.

    Parameters
    ----------
    python : str
        The interpreter.
    program : str
        Its text. The last line it prints is a JSON object whose ``run`` has seconds, seconds of
        processor and GiB of memory, timed inside after the imports.
    *words : object
        Arguments of the program.

    Raises
    ------
    RuntimeError
        Where the program fails; says the last line of its error.
    """
    command = [python, "-c", program, *map(str, words)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"A timed program failed: {last_line(done.stderr)}")
    told = json.loads(last_line(done.stdout))
    return Run(*told.pop("run")), told


def keep_program(
    kept: KeptRuns, key: str, turn: int, python: str, program: str, *words: object
) -> None:
    """Run a program and keep its run and what it tells under a key."""
    run, told = run_program(python, program, *words)
    kept.add(key, turn, run, told)


def last_line(text: str) -> str:
    """Return the last line of what a process said."""
    return (text.strip().splitlines() or ["no message"])[-1]
