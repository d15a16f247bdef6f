"""The record of a run: inputs, code, versions, what ran and why, how long, what it left."""

from __future__ import annotations

import json
import resource
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from infiltrate.errors import Problem, StoreError
from infiltrate.runs.code_record import code_behind, describe_code, record_code
from infiltrate.runs.crate import CRATE, write_crate, write_workflow
from infiltrate.runs.fingerprints import fingerprint_code, fingerprint_file, fingerprint_params
from infiltrate.runs.inputs import RunInputs, describe_machine, describe_sources
from infiltrate.runs.stages import Stage
from infiltrate.study import ALWAYS_READABLE
from infiltrate.tables.files import replace_file

MANIFEST = "manifest.json"
CODE_RECORD = "code.json"
WITHHELD = "withheld.json"
"""Lists files that a replication package holds back: their hashes are known, they are not there."""

FORMAT = 2
"""Raised when a reader of older manifests would misread a newer one."""

UNTRACED = ("choices.engine",)
"""Blocks of parameters that change how a stage computes, not what."""

_TIMINGS = Path(".run") / "timings.json"
_APART = {MANIFEST, CRATE}
_APART_FOLDERS = {".run", "report_internal"}


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


def write_manifest(
    inputs: RunInputs,
    stages: Sequence[Stage],
    outcomes: Sequence[StageOutcome],
    run_dir: Path,
    *,
    complete: bool,
) -> None:
    """Write ``manifest.json`` into the results folder, with what stands beside it.

    These are ``code.json``, ``workflow.json`` and, when every stage finished, the research object
    ``ro-crate-metadata.json``.

    A stage's entry names everything that decides what it writes: its notebook, its blocks of
    parameters and rooms of code, each with a hash, and the tables it reads. ``outputs`` hashes
    every file of the folder but the manifest itself and what stays with the researcher.

    Parameters
    ----------
    inputs : RunInputs
        What the run was given.
    stages : sequence of Stage
        All stages of the study.
    outcomes : sequence of StageOutcome
        What became of each, in the same order.
    run_dir : Path
        Folder of the results.
    complete : bool
        Whether every stage and every page was made.
    """
    facts = json.loads((run_dir / "run.json").read_text(encoding="utf-8"))
    records = [
        json.loads(path.read_text(encoding="utf-8"))
        for path in sorted((run_dir / "stages").glob("*.json"))
    ]
    _write_json(run_dir / CODE_RECORD, record_code(stages), indent=None)
    timings = _remember_timings(outcomes, run_dir)
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    manifest = {
        **facts,
        "format": FORMAT,
        "country": inputs.params.country,
        "title": inputs.params.title,
        "seed": inputs.params.choices.seed,
        "finished_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "finished": complete,
        "code": describe_code(stages),
        "machine": describe_machine(),
        "sources": describe_sources(inputs.params),
        "stages": [
            {**vars(outcome), **_inputs_of(stage, inputs), **timings.get(stage.name, {})}
            for stage, outcome in zip(stages, outcomes, strict=True)
        ],
        "engines": {record["stage"]: record.get("engine", "") for record in records},
        "tables": {name: rows for record in records for name, rows in record["tables"].items()},
        "warnings": [text for record in records for text in record["warnings"]],
        "largest_kernel_mib": round(usage.ru_maxrss / 1024),
    }
    write_workflow(manifest, run_dir)
    (run_dir / CRATE).unlink(missing_ok=True)
    manifest["outputs"] = _outputs(run_dir)
    if manifest["finished"]:
        write_crate(manifest, run_dir)
    _write_json(run_dir / MANIFEST, manifest)


def read_manifest(run_dir: Path) -> dict[str, Any]:
    """Return the manifest of a finished run.

    Raises
    ------
    StoreError
        When there is none, it cannot be read, an older version wrote it, or the run it tells of
        did not finish; with what to do.
    """
    path = run_dir / MANIFEST
    again = "Run the study into this folder first: `infiltrate run PARAMS --out FOLDER`."
    if not path.exists():
        raise StoreError(f"{run_dir}: there is no finished run, for it has no {MANIFEST}. {again}")
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        written = manifest.get("format", 1)
    except (OSError, ValueError, AttributeError) as error:
        raise StoreError(f"{path}: cannot be read as a manifest. {again}") from error
    if written != FORMAT:
        raise StoreError(
            f"{path}: written by another version of infiltrate (format {written}; this one reads "
            f"{FORMAT}). {again}"
        )
    if not manifest["finished"]:
        failed = [stage["stage"] for stage in manifest["stages"] if stage["failure"]]
        which = f" ({', '.join(failed)})" if failed else ""
        raise StoreError(f"{run_dir}: the run did not finish{which}. {again}")
    return dict(manifest)


def find_changes(run_dir: Path, manifest: dict[str, Any] | None = None) -> list[Problem]:
    """Find files of a results folder that are no longer what its run wrote.

    Parameters
    ----------
    run_dir : Path
        Folder of the results.
    manifest : dict, optional
        Its manifest, when it was read already.

    Returns
    -------
    list of Problem
        One a file that is missing or has another content; empty when the folder is as it was
        left. Files that the run did not write are no problem, nor are those that a replication
        package says it holds back.

    Raises
    ------
    StoreError
        As `read_manifest`.
    """
    known = (manifest or read_manifest(run_dir))["outputs"]
    withheld = read_withheld(run_dir)
    problems = []
    for name, output in known.items():
        path = run_dir / name
        if name in withheld and not path.exists():
            continue
        if not path.is_file():
            problems.append(Problem(name, "was written by the run and is not there"))
        elif fingerprint_file(path) != output["sha256"]:
            problems.append(Problem(name, "was changed after the run"))
    return problems


def read_withheld(run_dir: Path) -> dict[str, str]:
    """Return what a replication package holds back: each file, with the digest of its rows."""
    path = run_dir / WITHHELD
    told = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return {name: file["rows"] for name, file in told.items()}


def _inputs_of(stage: Stage, inputs: RunInputs) -> dict[str, Any]:
    blocks = sorted({*stage.params, *ALWAYS_READABLE} - set(UNTRACED))
    return {
        "title": stage.title,
        "notebook": fingerprint_file(stage.path),
        "parameters": {block: fingerprint_params(inputs.params, block) for block in blocks},
        "code": fingerprint_code(code_behind(stage)),
        "reads": list(stage.reads),
        "writes": list(stage.writes),
        "reads_raw_files": stage.reads_raw_files,
        "sums_up": stage.is_report,
    }


def _outputs(run_dir: Path) -> dict[str, dict[str, Any]]:
    files = {
        path.relative_to(run_dir): path
        for path in run_dir.rglob("*")
        if path.is_file() and not path.is_symlink()
    }
    return {
        name.as_posix(): {"sha256": fingerprint_file(path), "size": path.stat().st_size}
        for name, path in sorted(files.items())
        if not _stands_apart(name)
    }


def _stands_apart(name: Path) -> bool:
    is_failed = name.name.endswith(".failed.ipynb") or name.name.startswith(".")
    return is_failed or name.parts[0] in _APART_FOLDERS or name.as_posix() in _APART


def _remember_timings(outcomes: Sequence[StageOutcome], run_dir: Path) -> dict[str, Any]:
    """Return what each stage took when it last ran, which may have been in an earlier run."""
    path = run_dir / _TIMINGS
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        known = {}
    for outcome in outcomes:
        record = run_dir / "stages" / f"{outcome.stage}.json"
        if outcome.seconds is not None and record.exists():
            ended = datetime.fromtimestamp(record.stat().st_mtime, UTC)
            known[outcome.stage] = {
                "last_seconds": round(outcome.seconds, 3),
                "last_peak_memory_mib": outcome.peak_memory_mib,
                "last_ended_at": ended.isoformat(timespec="seconds"),
            }
    _write_json(path, known)
    return dict(known)


def _write_json(path: Path, value: Any, indent: int | None = 1) -> None:
    text = json.dumps(value, indent=indent, sort_keys=True, ensure_ascii=False)
    with replace_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
