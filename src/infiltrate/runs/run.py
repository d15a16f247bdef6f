"""Run a study: check, plan, execute what is stale, render, record."""

from __future__ import annotations

import csv
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pytask
from filelock import FileLock, Timeout

from infiltrate.errors import DisclosureError, Problem, RunFailed, RunLocked
from infiltrate.runs import plan
from infiltrate.runs.check import check_study
from infiltrate.runs.inputs import RunInputs, gather_inputs, write_run_facts
from infiltrate.runs.manifest import StageOutcome, write_manifest
from infiltrate.runs.notebook import execute_notebook, failed_path
from infiltrate.runs.stages import Stage, read_stages
from infiltrate.tables.files import remove_leftovers, replace_file
from infiltrate.tables.store import TableStore


@dataclass(frozen=True)
class RunResult:
    """What a run did.

    Attributes
    ----------
    report : Path
        First page of the report.
    outcomes : tuple of StageOutcome
        One a stage.
    """

    report: Path
    outcomes: tuple[StageOutcome, ...]

    @property
    def ran(self) -> tuple[str, ...]:
        """Names of the stages that were executed."""
        return tuple(outcome.stage for outcome in self.outcomes if outcome.seconds is not None)


def run_study(
    params_file: Path,
    data_dir: Path,
    run_dir: Path,
    notebooks: Path,
    *,
    overrides: Sequence[str] = (),
    explain: bool = False,
    force: bool = False,
    say: Callable[[str], None] = print,
) -> RunResult:
    """Bring a study's results up to date.

    Parameters
    ----------
    params_file : Path
        The country's YAML file.
    data_dir : Path
        Folder of the raw files.
    run_dir : Path
        Folder of the results; made when absent.
    notebooks : Path
        Folder of the stages.
    overrides : sequence of str
        ``path=value`` settings of the command line.
    explain : bool
        Only say what would run and why.
    force : bool
        Run every stage whether it is stale or not.
    say : callable
        Where a line of progress goes.

    Raises
    ------
    ParamsError, SourceError
        When something is wrong before the start; nothing has been touched then.
    RunLocked
        When another run writes to the folder.
    RunFailed
        When a stage failed; what was finished is kept, and the message says how to go on.
    """
    params = check_study(params_file, data_dir, overrides)
    stages = read_stages(notebooks)
    run_dir, data_dir = run_dir.resolve(), data_dir.resolve()
    with _only_run(run_dir):
        remove_leftovers(run_dir)
        inputs = gather_inputs(params, params_file, data_dir)
        write_run_facts(inputs, run_dir)
        return _Run(stages, inputs, run_dir, say).go(explain=explain, force=force)


class _only_run:  # noqa: N801 - used as a context manager, like a verb
    """Hold the lock of a results folder, or say who does."""

    def __init__(self, run_dir: Path) -> None:
        folder = run_dir / ".run"
        folder.mkdir(parents=True, exist_ok=True)
        self._owner = folder / "owner"
        self._lock = FileLock(folder / "lock", timeout=0)
        self._run_dir = run_dir

    def __enter__(self) -> None:
        try:
            self._lock.acquire()
        except Timeout as error:
            owner = self._owner.read_text() if self._owner.exists() else "unknown"
            raise RunLocked(
                f"{self._run_dir.name}: process {owner} is writing to this folder. Wait until it "
                "has ended, or give another folder with --out."
            ) from error
        self._owner.write_text(str(os.getpid()))

    def __exit__(self, *_: object) -> None:
        self._lock.release()


@dataclass
class _Run:
    stages: list[Stage]
    inputs: RunInputs
    run_dir: Path
    say: Callable[[str], None]
    seconds: dict[str, float] = field(default_factory=dict)

    def go(self, *, explain: bool, force: bool) -> RunResult:
        reasons = plan.explain_reasons(
            plan.build(self._tasks(), self.run_dir, explain=True, force=force)
        )
        self._say_plan(reasons)
        report = self.run_dir / "report" / f"{plan.FIRST_PAGE}.html"
        if explain or not reasons:
            return RunResult(report, self._outcomes(reasons, {}))
        from infiltrate.report.pages import write_site

        session = plan.build(self._tasks(), self.run_dir, explain=False, force=force)
        failures = _failures(session)
        outcomes = self._outcomes(reasons, failures)
        self._render_failures(failures)
        write_site(self._site(), self.run_dir / "report")
        write_manifest(self.inputs, outcomes, self.run_dir)
        if failures or session.exit_code != pytask.ExitCode.OK:
            raise RunFailed(
                f"{len(failures)} of {len(self._tasks())} steps did not finish; the others are "
                "kept. Mend what is named and give the same command again to go on from there.",
                [Problem(name, message) for name, message in failures.items()],
            )
        return RunResult(report, outcomes)

    def _tasks(self) -> list[pytask.TaskWithoutPath]:
        actions = plan.Actions(self._execute, self._render, self._export)
        return plan.build_tasks(self.stages, self.inputs, self.run_dir, actions)

    def _say_plan(self, reasons: dict[str, str]) -> None:
        if not reasons:
            self.say("Nothing to do: no notebook, parameter, raw file or line of code changed.")
        for stage in self.stages:
            if stage.name in reasons:
                self.say(f"{stage.name}  will run   {reasons[stage.name]}")
            else:
                self.say(f"{stage.name}  up to date")

    def _execute(self, stage: Stage) -> None:
        started = time.monotonic()
        self.say(f"{stage.name}  running ...")
        plan.record_path(self.run_dir, stage).unlink(missing_ok=True)
        values: dict[str, Any] = {
            "params_file": "params.json",
            "run_dir": ".",
            "data_dir": os.path.relpath(self.inputs.data_dir, self.run_dir),
        }
        execute_notebook(
            stage.path,
            plan.executed_path(self.run_dir, stage),
            {name: values[name] for name in stage.accepts},
            self.run_dir,
        )
        if not plan.record_path(self.run_dir, stage).exists():
            raise RunFailed(f"{stage.name}: the notebook ended without study.finish().")
        self.seconds[stage.name] = time.monotonic() - started
        self.say(f"{stage.name}  done in {self.seconds[stage.name]:.0f} s")

    def _render(self, stage: Stage, failure: str = "") -> None:
        from infiltrate.report.pages import render_notebook

        executed = plan.executed_path(self.run_dir, stage)
        failed = failed_path(executed)
        page = render_notebook(
            failed if failure and failed.exists() else executed,
            plan.page_path(self.run_dir, stage),
            site=self._site(),
            failed=failure or None,
        )
        self._check_disclosure(page)

    def _check_disclosure(self, page: Path) -> None:
        from infiltrate.report.disclosure import check_page

        ids, names = self._closed
        try:
            check_page(
                page.read_text(encoding="utf-8"),
                ids,
                names,
                page=page.name,
                allowed_texts=self._open,
            )
        except DisclosureError:
            page.unlink()
            raise

    @cached_property
    def _closed(self) -> tuple[set[str], set[str]]:
        """Identifiers and names of firms and buyers, which no page may show."""
        ids, names = set(), set()
        for table, key in (("companies", "company_id"), ("buyers", "buyer_id")):
            ids.update(self._texts(table, key))
            names.update(self._texts(table, "name"))
        return ids, names

    @cached_property
    def _open(self) -> set[str]:
        """Names of places, sectors and authorities, which a firm or buyer may happen to bear."""
        params = self.inputs.params
        texts = {params.title, params.question, params.universe}
        texts.update(text for source in params.sources for text in (source.title, source.publisher))
        texts.update(text for item in params.lists for text in (item.title, item.authority))
        for table, column in (("areas", "name"), ("areas", "area_id"), ("sectors", "name")):
            texts.update(self._texts(table, column))
        return texts

    def _texts(self, table: str, column: str) -> set[str]:
        store = TableStore(self.run_dir / "tables")
        values = store.read(table)[column].to_pylist() if store.exists(table) else []
        return {value for value in values if value}

    def _site(self) -> Any:
        from infiltrate.report.pages import Site

        return Site(
            title=self.inputs.params.title,
            country=self.inputs.params.country,
            pages=tuple(
                (plan.page_path(self.run_dir, stage).stem, stage.title) for stage in self.stages
            ),
        )

    def _export(self) -> None:
        rows = TableStore(self.run_dir / "tables").read("estimates")
        with (
            replace_file(self.run_dir / "estimates.csv") as temporary,
            temporary.open("w", newline="", encoding="utf-8") as file,
        ):
            writer = csv.DictWriter(file, rows.column_names, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows.to_pylist())

    def _render_failures(self, failures: dict[str, str]) -> None:
        for stage in self.stages:
            failed = failed_path(plan.executed_path(self.run_dir, stage))
            if stage.name in failures and failed.exists():
                self._render(stage, failures[stage.name])

    def _outcomes(
        self, reasons: dict[str, str], failures: dict[str, str]
    ) -> tuple[StageOutcome, ...]:
        return tuple(
            StageOutcome(
                stage.name,
                reasons.get(stage.name, ""),
                self.seconds.get(stage.name),
                failures.get(stage.name, ""),
            )
            for stage in self.stages
        )


def _failures(session: pytask.Session) -> dict[str, str]:
    failures = {}
    for report in session.execution_reports:
        if report.outcome == pytask.TaskOutcome.FAIL and report.exc_info:
            failures[report.task.name] = str(report.exc_info[1])
        elif report.outcome == pytask.TaskOutcome.SKIP_PREVIOUS_FAILED:
            failures[report.task.name] = "not run: a stage it depends on failed"
    return failures
