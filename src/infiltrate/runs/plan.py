"""The graph of a study's stages as pytask tasks, and why each would run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytask

from infiltrate.runs.fingerprints import fingerprint_code, fingerprint_file, fingerprint_params
from infiltrate.runs.inputs import RunInputs
from infiltrate.runs.stages import Stage
from infiltrate.study import ALWAYS_READABLE

REPORT_CODE = ("infiltrate.report.pages",)
FIRST_PAGE = "index"


@dataclass
class Fingerprint:
    """A dependency that is known by its name and the hash of its content."""

    name: str
    value: str
    attributes: dict[Any, Any] = field(default_factory=dict)

    @property
    def signature(self) -> str:
        """Identity of the node in the graph."""
        return hashlib.sha256(self.name.encode()).hexdigest()

    def state(self) -> str:
        """Return the hash that decides whether the dependency changed."""
        return self.value

    def load(self, is_product: bool = False) -> str:
        """Return the hash; tasks read the real thing themselves."""
        return self.value

    def save(self, value: Any) -> None:
        """Refuse: a fingerprint is only ever read."""
        raise NotImplementedError(f"{self.name} cannot be written")


@dataclass(frozen=True)
class Actions:
    """What the tasks do; planning and doing are kept apart."""

    execute: Callable[[Stage], None]
    render: Callable[[Stage], None]
    export: Callable[[], None]


def build_tasks(
    stages: list[Stage], inputs: RunInputs, run_dir: Path, actions: Actions
) -> list[pytask.TaskWithoutPath]:
    """Turn stages into tasks: one to execute and one to render each, one for ``estimates.csv``.

    Parameters
    ----------
    stages : list of Stage
        In order.
    inputs : RunInputs
        Parameters, raw files, versions.
    run_dir : Path
        Folder of the results, absolute.
    actions : Actions
        What to call when a task has to run.
    """
    tasks = []
    for stage in stages:
        products = [executed_path(run_dir, stage), record_path(run_dir, stage)]
        tables = [table_path(run_dir, name) for name in stage.writes]
        tasks.append(
            _task(
                stage.name,
                partial(actions.execute, stage),
                _stage_dependencies(stage, stages, inputs, run_dir),
                [*products, *tables],
            )
        )
        tasks.append(
            _task(
                f"page {stage.name}",
                partial(actions.render, stage),
                [
                    _file(executed_path(run_dir, stage)),
                    *_code(REPORT_CODE),
                    Fingerprint("list of pages", _hash([[s.name, s.title] for s in stages])),
                ],
                [page_path(run_dir, stage)],
            )
        )
    if any("estimates" in stage.writes for stage in stages):
        tasks.append(
            _task(
                "estimates.csv",
                actions.export,
                [_file(table_path(run_dir, "estimates"))],
                [run_dir / "estimates.csv"],
            )
        )
    return tasks


def explain_reasons(session: pytask.Session) -> dict[str, str]:
    """Say in words why each stale task would run; tasks that are up to date are absent."""
    return {
        report.task.name: _reason(report.task.attributes["explanation"].reasons)
        for report in session.execution_reports
        if report.outcome == pytask.TaskOutcome.WOULD_BE_EXECUTED
    }


def executed_path(run_dir: Path, stage: Stage) -> Path:
    """Return where the executed notebook of a stage is kept."""
    return run_dir / "notebooks" / f"{stage.name}.ipynb"


def record_path(run_dir: Path, stage: Stage) -> Path:
    """Return the mark of success of a stage."""
    return run_dir / "stages" / f"{stage.name}.json"


def page_path(run_dir: Path, stage: Stage) -> Path:
    """Return the page of a stage; the report itself is the first page."""
    return run_dir / "report" / f"{FIRST_PAGE if stage.is_report else stage.name}.html"


def table_path(run_dir: Path, name: str) -> Path:
    """Return the file of a table."""
    return run_dir / "tables" / f"{name}.parquet"


def _stage_dependencies(
    stage: Stage, stages: list[Stage], inputs: RunInputs, run_dir: Path
) -> list[Any]:
    blocks = sorted({*stage.params, *ALWAYS_READABLE} - {"choices.engine"})
    nodes: list[Any] = [
        Fingerprint(f"notebook {stage.name}", fingerprint_file(stage.path)),
        *(Fingerprint(block, fingerprint_params(inputs.params, block)) for block in blocks),
        *_code(("infiltrate.study", *stage.imports)),
        Fingerprint("versions of Python and libraries", _hash(inputs.environment)),
        Fingerprint("pseudonym key", inputs.key),
        *(_file(table_path(run_dir, name)) for name in stage.reads),
    ]
    if stage.reads_raw_files:
        nodes += [Fingerprint(f"raw file {file.name}", file.sha256) for file in inputs.files]
        nodes.append(Fingerprint("list of raw files", _hash([f.name for f in inputs.files])))
    if stage.is_report:
        nodes += [_file(record_path(run_dir, other)) for other in stages if not other.is_report]
        nodes.append(Fingerprint("parameters that differ", _hash(inputs.differences)))
    return nodes


def _code(modules: tuple[str, ...]) -> list[Fingerprint]:
    return [
        Fingerprint(f"code of {room} ({'+'.join(modules)})", value)
        for room, value in fingerprint_code(modules).items()
    ]


def _file(path: Path) -> pytask.PathNode:
    return pytask.PathNode(path=path, name=f"{path.parent.name}/{path.name}")


def _task(
    name: str, action: Callable[[], None], dependencies: list[Any], products: list[Path]
) -> pytask.TaskWithoutPath:
    def run(**_: Any) -> None:
        action()

    return pytask.TaskWithoutPath(
        name=name,
        function=run,
        depends_on={f"input_{number}": node for number, node in enumerate(dependencies)},
        produces={f"output_{number}": _file(path) for number, path in enumerate(products)},
    )


def _hash(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()


def _reason(reasons: list[Any]) -> str:
    if any(reason.node_type == "task" and reason.reason == "cascade" for reason in reasons):
        names = sorted({reason.node_name for reason in reasons if reason.reason == "cascade"})
        return f"{', '.join(names)} runs before it"
    if any(reason.reason == "forced" for reason in reasons):
        return "asked for by --force"
    changed = sorted({_short(r.node_name) for r in reasons if r.reason == "changed"})
    missing = sorted({_short(r.node_name) for r in reasons if r.reason == "missing"})
    if changed:
        return f"changed: {', '.join(changed)}"
    if all(reason.reason in ("missing", "not_in_db") for reason in reasons) and missing:
        known = [r for r in reasons if r.reason == "not_in_db"]
        return "never run" if known else f"missing: {', '.join(missing)}"
    new = sorted({_short(r.node_name) for r in reasons if r.reason == "not_in_db"})
    return f"new: {', '.join(new)}"


def _short(name: str) -> str:
    return name.split(" (", 1)[0] if name.startswith("code of ") else name
