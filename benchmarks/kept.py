"""Runs that were made, kept in a file, so that a benchmark goes on where it stopped."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Run:
    """One run: seconds of the clock, seconds of processor, and GiB of memory at most."""

    seconds: float
    processor: float
    memory_gib: float


class KeptRuns:
    """Runs by key and turn in a file of JSON lines."""

    def __init__(self, path: Path, fresh: bool = False) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        if fresh:
            path.unlink(missing_ok=True)

    def of(self, key: str) -> dict[int, Run]:
        """Return the runs of a key by turn."""
        return {
            entry["turn"]: Run(**entry["run"]) for entry in self._entries() if entry["key"] == key
        }

    def add(self, key: str, turn: int, run: Run, facts: dict[str, object] | None = None) -> None:
        """Keep a run, and what it found."""
        entry = {"key": key, "turn": turn, "run": asdict(run), "facts": facts or {}}
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry, sort_keys=True) + "\n")

    def facts(self, key: str) -> dict[str, object]:
        """Return what the last run of a key found."""
        found = [entry["facts"] for entry in self._entries() if entry["key"] == key]
        return found[-1] if found else {}

    def _entries(self) -> list[dict[str, object]]:
        if not self._path.exists():
            return []
        return [json.loads(line) for line in self._path.read_text(encoding="utf-8").splitlines()]
