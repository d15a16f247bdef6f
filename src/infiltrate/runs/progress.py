"""What a run says while it goes on: the state of each stage, and lines in a log."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

State = Literal["up to date", "will run", "running", "done", "failed", "waits in vain"]


@dataclass(frozen=True)
class StageState:
    """Where one stage is.

    Attributes
    ----------
    stage : str
        Its name.
    state : str
        ``waits in vain`` is a stage that could not follow because one before it failed.
    reason : str
        Why it runs, or what failed.
    seconds : float or None
        How long it took, once it has ended.
    peak_memory_mib : int or None
        Most memory its notebook took, in MiB, once it has ended.
    """

    stage: str
    state: State
    reason: str = ""
    seconds: float | None = None
    peak_memory_mib: int | None = None

    @property
    def line(self) -> str:
        """The state as a line of text."""
        match self.state:
            case "will run":
                return f"{self.stage}  will run   {self.reason}"
            case "running":
                return f"{self.stage}  running ..."
            case "done":
                return f"{self.stage}  done in {self.seconds or 0:.0f} s{self._memory}"
            case "failed":
                return f"{self.stage}  failed     {self.reason.partition(chr(10))[0]}"
            case "waits in vain":
                return f"{self.stage}  not run    {self.reason}"
        return f"{self.stage}  up to date"

    @property
    def _memory(self) -> str:
        return f", {self.peak_memory_mib} MiB" if self.peak_memory_mib else ""


class Progress:
    """Tells everyone who listens to a run: the user, a live table, and the log of the folder.

    Parameters
    ----------
    say : callable
        Gets lines for the user.
    watch : callable, optional
        Gets the state of each stage whenever it changes. Without it the user gets a line.
    log : Path, optional
        Where all lines go, each with its time; lines of earlier runs stay before them.
    """

    def __init__(
        self,
        say: Callable[[str], None],
        watch: Callable[[StageState], None] | None = None,
        log: Path | None = None,
    ) -> None:
        self._say = say
        self._watch = watch
        self._log = log
        self._lock = threading.Lock()

    def say(self, line: str) -> None:
        """Tell a line that is about no stage in particular."""
        with self._lock:
            self._write(line)
            self._say(line)

    def tell(self, state: StageState) -> None:
        """Tell where a stage is now."""
        with self._lock:
            self._write(state.line)
            if self._watch:
                self._watch(state)
            else:
                self._say(state.line)

    def note(self, line: str) -> None:
        """Write a line to the log alone."""
        with self._lock:
            self._write(line)

    def _write(self, line: str) -> None:
        if self._log is None:
            return
        # a full disk must not end a run because of a line
        with suppress(OSError):
            self._log.parent.mkdir(parents=True, exist_ok=True)
            now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            with self._log.open("a", encoding="utf-8") as file:
                file.write(f"{now}  {line}\n")
