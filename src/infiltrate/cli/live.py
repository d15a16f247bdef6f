"""A table on the terminal that says while a run goes on where each stage is."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from infiltrate.runs.progress import StageState

_STYLES = {"running": "bold", "done": "green", "failed": "bold red", "not run": "red"}
_REFRESHES_PER_SECOND = 2


def is_terminal() -> bool:
    """Whether someone watches who can see a table change."""
    return sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"


class LiveTable:
    """One row a stage with its time and memory; of several studies one row each.

    Parameters
    ----------
    studies : sequence of str
        Names of the studies.
    """

    def __init__(self, studies: list[str]) -> None:
        from rich.console import Console
        from rich.live import Live

        self._stages: dict[str, dict[str, StageState]] = {name: {} for name in studies}
        self._started: dict[tuple[str, str], float] = {}
        self._live = Live(
            get_renderable=self._table,
            console=Console(),
            refresh_per_second=_REFRESHES_PER_SECOND,
        )

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._live.stop()

    def say(self, study: str, line: str) -> None:
        """Print a line above the table."""
        text = line if len(self._stages) == 1 else f"{study}  {line}"
        self._live.console.print(text, markup=False, highlight=False)

    def watch(self, study: str, state: StageState) -> None:
        """Show where a stage is now."""
        if state.state == "running":
            self._started[study, state.stage] = time.monotonic()
        before = self._stages[study].get(state.stage)
        if before and not state.reason:
            state = replace(state, reason=before.reason)
        self._stages[study][state.stage] = state

    def _table(self) -> Any:
        from rich.table import Table

        table = Table(box=None, pad_edge=False, header_style="dim")
        if len(self._stages) == 1:
            ((study, stages),) = self._stages.items()
            for heading in ("stage", "state", "time", "memory", "why"):
                table.add_column(heading, justify="right" if heading in _NUMBERS else "left")
            for state in stages.values():
                table.add_row(*self._stage_row(study, state))
            return table
        for heading in ("study", "stages", "running", "failed"):
            table.add_column(heading)
        for study, stages in self._stages.items():
            table.add_row(*self._study_row(study, stages))
        return table

    def _stage_row(self, study: str, state: StageState) -> tuple[str, ...]:
        memory = f"{state.peak_memory_mib} MiB" if state.peak_memory_mib else ""
        word = "not run" if state.state == "waits in vain" else state.state
        style = _STYLES.get(word)
        shown = f"[{style}]{word}[/]" if style else word
        reason = state.reason.partition("\n")[0].replace("[", r"\[")
        return (state.stage, shown, _clock(self._seconds(study, state)), memory, reason)

    def _study_row(self, study: str, stages: dict[str, StageState]) -> tuple[str, ...]:
        ended = [state for state in stages.values() if state.state in ("done", "up to date")]
        running = [
            f"{state.stage} {_clock(self._seconds(study, state))}"
            for state in stages.values()
            if state.state == "running"
        ]
        failed = [state.stage for state in stages.values() if state.state == "failed"]
        done = f"{len(ended)} of {len(stages)}" if stages else "waiting"
        return (study, done, ", ".join(running), f"[bold red]{', '.join(failed)}[/]")

    def _seconds(self, study: str, state: StageState) -> float | None:
        if state.state == "running":
            return time.monotonic() - self._started[study, state.stage]
        return state.seconds


_NUMBERS = ("time", "memory")


def _clock(seconds: float | None) -> str:
    if seconds is None:
        return ""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
