"""A study of one or a few invented files, read into a store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from infiltrate.params.study import StudyParams
from infiltrate.sources import IntakeReport, read_sources
from infiltrate.tables.engine import DuckDBEngine
from infiltrate.tables.store import TableStore

KEY = b"0123456789abcdef0123456789abcdef"
AS_OF = date(2020, 12, 31)

BUYERS: dict[str, Any] = {"columns": {"buyer_id": "id", "name": "name"}}


@dataclass(frozen=True)
class Reading:
    """What came of reading a study."""

    report: IntakeReport
    store: TableStore

    def rows(self, name: str) -> list[dict[str, Any]]:
        return self.store.read(name).to_pylist()

    def column(self, table: str, column: str) -> list[Any]:
        return self.store.read(table)[column].to_pylist()

    def outcomes(self, table: str) -> dict[tuple[str, str], int]:
        counts: dict[tuple[str, str], int] = {}
        for row in self.rows("intake"):
            if row["table"] == table:
                key = (row["outcome"], row["rule"])
                counts[key] = counts.get(key, 0) + row["rows"]
        return counts

    def rejections(self) -> list[tuple[int, str, str]]:
        return [(row["line"], row["rule"], row["column"]) for row in self.rows("rejected")]


def make_source(**changes: Any) -> dict[str, Any]:
    """Return a source that reads the buyers of ``buyers.csv``, with changes."""
    source: dict[str, Any] = {
        "id": "registry",
        "title": "Register of authorities",
        "publisher": "Invented office",
        "licence": "CC0-1.0",
        "path": "buyers.csv",
        "tables": {"buyers": BUYERS},
    }
    return {**source, **changes}


def make_study(*sources: dict[str, Any], as_of: date | None = AS_OF) -> StudyParams:
    """Return the parameters of a study with these sources."""
    return StudyParams.model_validate(
        {
            "country": "XX",
            "title": "An invented country",
            "currency": "XXX",
            "sources": list(sources),
            "choices": {"as_of": as_of},
        }
    )


def write_files(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write raw files and return the data folder."""
    data = folder / "data"
    for name, content in files.items():
        path = data / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return data


def read_study(
    folder: Path,
    files: Mapping[str, str | bytes],
    *sources: dict[str, Any],
    as_of: date | None = AS_OF,
) -> Reading:
    """Write raw files, read them by these sources, and return what came of it."""
    data = write_files(folder, files)
    store = TableStore(folder / "tables")
    with DuckDBEngine(memory_gib=1.0, threads=1) as engine:
        report = read_sources(make_study(*sources, as_of=as_of), data, store, engine, key=KEY)
    return Reading(report, store)
