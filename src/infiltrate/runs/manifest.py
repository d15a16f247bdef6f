"""The record of a run: inputs, versions, what ran and why, how long it took, what it warned of."""

from __future__ import annotations

import json
import resource
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from infiltrate.runs.inputs import RunInputs
from infiltrate.tables.files import replace_file


@dataclass(frozen=True)
class StageOutcome:
    """What became of one stage in one run.

    Attributes
    ----------
    stage : str
        Its name.
    reason : str
        Why it ran; empty when it was up to date.
    seconds : float or None
        Wall time; None when it was not executed to the end.
    failure : str
        Message of the error; empty when there was none.
    peak_memory_mib : int or None
        Most memory that the process of its notebook took, in MiB; known for a failed stage too.
        None when it was not started.
    """

    stage: str
    reason: str
    seconds: float | None
    failure: str
    peak_memory_mib: int | None = None


def write_manifest(inputs: RunInputs, outcomes: Sequence[StageOutcome], run_dir: Path) -> None:
    """Write ``manifest.json`` into the results folder."""
    facts = json.loads((run_dir / "run.json").read_text(encoding="utf-8"))
    records = [
        json.loads(path.read_text(encoding="utf-8"))
        for path in sorted((run_dir / "stages").glob("*.json"))
    ]
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    manifest = {
        **facts,
        "country": inputs.params.country,
        "title": inputs.params.title,
        "seed": inputs.params.choices.seed,
        "finished_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "stages": [vars(outcome) for outcome in outcomes],
        "engines": {record["stage"]: record.get("engine", "") for record in records},
        "tables": {name: rows for record in records for name, rows in record["tables"].items()},
        "warnings": [text for record in records for text in record["warnings"]],
        "largest_kernel_mib": round(usage.ru_maxrss / 1024),
    }
    with replace_file(run_dir / "manifest.json") as temporary:
        temporary.write_text(
            json.dumps(manifest, indent=1, sort_keys=True, ensure_ascii=False), encoding="utf-8"
        )
