"""Estimate many synthetic countries, each once, and sum up how the estimators did."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
from joblib import Parallel, delayed
from joblib.parallel import get_active_backend
from threadpoolctl import threadpool_limits

from infiltrate.errors import InfiltrateError, Problem, RunFailed, StoreError
from infiltrate.tables.files import remove_leftovers, replace_file
from infiltrate.validation.country_files import (
    country_path,
    read_country,
    why_compute,
    write_country,
)
from infiltrate.validation.request import ValidationRequest
from infiltrate.validation.subjects import SUBJECTS_BY_NAME
from infiltrate.validation.variants import Variant


@dataclass(frozen=True)
class ValidationResult:
    """What a validation left behind.

    Attributes
    ----------
    rows, summary : Path
        All rows, and the summary to read.
    computed : int
        Countries computed by this call; the others were there.
    """

    rows: Path
    summary: Path
    computed: int


@dataclass(frozen=True)
class _Outcome:
    variant: Variant
    seed: int
    seconds: float
    words: str
    error: str = ""


def validate_estimators(
    request: ValidationRequest,
    out: Path,
    *,
    jobs: int | None = None,
    say: Callable[[str], None] = print,
) -> ValidationResult:
    """Estimate every country of a request and write recovery.csv, summary.csv and summary.md.

    Rankings, effects and drivers leave files under their own names. Each country is a task of its
    own that leaves a whole file in the folder of its subject, as ``out/countries``, or none; one
    that is there, and was made of the same firms, choices, code and libraries, is not computed
    again. Tasks are fanned out by joblib, so that another backend is switched in around the call::

        with joblib.parallel_config("dask"):   # or "ray", "spark"
            validate_estimators(request, out)

    Parameters
    ----------
    request : ValidationRequest
        What to estimate.
    out : Path
        Folder of the results, on a disk that every worker sees.
    jobs : int, optional
        Processes; those of the backend when left out. Each uses one thread.
    say : callable
        Where a line of progress goes.

    Raises
    ------
    ParamsError
        When the request cannot be met.
    StoreError
        When ``out`` cannot be written.
    RunFailed
        When a country failed; the others are kept.
    """
    request.check()
    subject = SUBJECTS_BY_NAME[request.what]
    folder = out / subject.folder
    _prepare(folder)
    inputs = subject.describe_inputs(request)
    reasons = {
        task: reason
        for task in request.tasks
        if (reason := why_compute(country_path(folder, *task), inputs))
    }
    _say_plan(reasons.values(), len(request.tasks), say)
    calls = [delayed(_compute)(request, *task, folder, inputs) for task in reasons]
    failures: dict[str, list[str]] = {}
    for at, outcome in enumerate(_fan_out(calls, jobs), start=1):
        name = f"{outcome.variant.name} {outcome.seed}"
        say(f"{at}/{len(calls)} {name}: {outcome.words} ({outcome.seconds:.1f} s)")
        if outcome.error:
            failures.setdefault(outcome.error, []).append(name)
    if failures:
        raise _run_failed(failures, len(calls), folder)
    return replace(_assemble(request, out, folder), computed=len(calls))


def _prepare(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        remove_leftovers(folder)
        with replace_file(folder / "probe") as temporary:
            temporary.touch()
        (folder / "probe").unlink()
    except OSError as error:
        raise StoreError(
            f"{folder}: cannot be written: {error.strerror or error}. Give another --out, or mend "
            "the permission."
        ) from error


def _say_plan(reasons: Iterable[str], total: int, say: Callable[[str], None]) -> None:
    counts = pd.Series(list(reasons), dtype=object).value_counts(sort=False)
    kept = total - int(counts.sum())
    parts = [f"{number} to compute ({reason})" for reason, number in counts.items()]
    if kept:
        parts.append(f"{kept} already there")
    say(f"{total} countries: {', '.join(parts)}")


def _fan_out(calls: Sequence[Any], jobs: int | None) -> Iterable[_Outcome]:
    backend, _ = get_active_backend()
    is_lazy = jobs == 1 or backend.supports_return_generator
    how = "generator_unordered" if is_lazy else "list"
    outcomes: Iterable[_Outcome] = Parallel(n_jobs=jobs, batch_size=1, return_as=how)(calls)
    return outcomes


def _run_failed(failures: dict[str, list[str]], computed: int, folder: Path) -> RunFailed:
    number = sum(len(names) for names in failures.values())
    return RunFailed(
        f"{number} of {computed} countries failed; the others are kept in {folder}, and the same "
        "command goes on from there.",
        [
            Problem(names[0] + (f" and {len(names) - 1} more" if names[1:] else ""), error)
            for error, names in failures.items()
        ],
    )


def _compute(
    request: ValidationRequest, variant: Variant, seed: int, folder: Path, inputs: dict[str, str]
) -> _Outcome:
    start = time.perf_counter()
    try:
        with threadpool_limits(1):
            rows = SUBJECTS_BY_NAME[request.what].compute(request, variant, seed)
        write_country(country_path(folder, variant, seed), rows, inputs)
    except StoreError:
        raise
    except InfiltrateError as error:
        return _Outcome(variant, seed, time.perf_counter() - start, "failed", str(error))
    except Exception as error:
        words = f"{type(error).__name__}: {error}"
        return _Outcome(variant, seed, time.perf_counter() - start, "failed", words)
    words = SUBJECTS_BY_NAME[request.what].in_words(rows)
    return _Outcome(variant, seed, time.perf_counter() - start, words)


def _assemble(request: ValidationRequest, out: Path, folder: Path) -> ValidationResult:
    subject = SUBJECTS_BY_NAME[request.what]
    rows = pd.concat(
        [
            read_country(country_path(folder, *task), subject.columns, subject.words)
            for task in sorted(request.tasks)
        ],
        ignore_index=True,
    )
    path = out / subject.file
    with replace_file(path) as temporary:
        rows.to_csv(temporary, index=False, float_format="%.6g", lineterminator="\n")
    facts = {"command": request.command, "machine": _describe_machine()}
    with replace_file(out / subject.facts) as temporary:
        temporary.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    return ValidationResult(path, subject.write_summary(out), 0)


def _describe_machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores and {memory:.0f} GiB"
