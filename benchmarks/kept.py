"""Runs that were made, kept in a file, so that a benchmark goes on where it stopped."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Run:
    """One run: seconds of the clock, seconds of processor, and GiB of memory at most."""

    seconds: float
    processor: float
    memory_gib: float


@dataclass(frozen=True)
class Circumstances:
    """The day and machine of a run, and the machine's load as the run ended."""

    day: str
    machine: str
    load: float


class KeptRuns:
    """Runs by key and turn in a file of JSON lines; a key starts with the name of its part."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)

    def of(self, key: str) -> dict[int, Run]:
        """Return the runs of a key by turn."""
        return {entry["turn"]: Run(**entry["run"]) for entry in self._entries([key])}

    def missing(self, keys: Iterable[str], turns: int) -> list[int]:
        """Return the turns in which not every key was run."""
        done = [self.of(key) for key in keys]
        return [turn for turn in range(turns) if any(turn not in one for one in done)]

    def add(self, key: str, turn: int, run: Run, facts: dict[str, Any] | None = None) -> None:
        """Keep a run, what it found, and the day, machine and load."""
        entry = {"key": key, "turn": turn, "run": asdict(run), "facts": facts or {}}
        entry["circumstances"] = asdict(_look_around())
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry, sort_keys=True) + "\n")

    def facts(self, key: str) -> dict[str, Any]:
        """Return what the last run of a key found."""
        found = [entry["facts"] for entry in self._entries([key])]
        return found[-1] if found else {}

    def circumstances(self, keys: Collection[str]) -> list[Circumstances]:
        """Return where and when the runs of the keys were made, as far as it was kept."""
        return [
            Circumstances(**entry["circumstances"])
            for entry in self._entries(keys)
            if "circumstances" in entry
        ]

    def forget(self, part: str) -> None:
        """Drop the runs of a part; those of others stay."""
        if self._path.exists():
            lines = self._path.read_text(encoding="utf-8").splitlines(keepends=True)
            others = [line for line in lines if json.loads(line)["key"].split()[0] != part]
            self._path.write_text("".join(others), encoding="utf-8")

    def _entries(self, keys: Collection[str]) -> list[dict[str, Any]]:
        # a turn that was run again replaces what it was
        if not self._path.exists():
            return []
        lines = self._path.read_text(encoding="utf-8").splitlines()
        entries = [entry for entry in map(json.loads, lines) if entry["key"] in keys]
        return list({(entry["key"], entry["turn"]): entry for entry in entries}.values())


def _look_around() -> Circumstances:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    machine = (
        f"{os.cpu_count()} cores, {memory:.0f} GiB of memory, {platform.system()} "
        f"{platform.machine()}, Python {platform.python_version()}"
    )
    return Circumstances(date.today().isoformat(), machine, round(os.getloadavg()[0], 1))
