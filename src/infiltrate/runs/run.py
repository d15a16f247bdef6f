"""Run a study: check, plan, execute what is stale, render, record."""

from __future__ import annotations

import csv
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pytask

from infiltrate.errors import DisclosureError, InfiltrateError, Problem, RunFailed, StoreError
from infiltrate.runs import plan
from infiltrate.runs.check import check_study
from infiltrate.runs.inputs import RunInputs, gather_inputs, write_run_facts
from infiltrate.runs.lock import only_run
from infiltrate.runs.log import log_error, log_unexpected
from infiltrate.runs.manifest import StageOutcome, write_manifest
from infiltrate.runs.notebook import execute_notebook, failed_path
from infiltrate.runs.stages import Stage, read_stages
from infiltrate.tables.files import remove_leftovers, replace_file
from infiltrate.tables.store import TableStore

_WAITING = "not run: a stage it depends on failed"


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
    EngineError
        When the query engine asked for is not installed; nothing has been touched then.
    RunLocked
        When another run writes to the folder.
    RunFailed
        When a stage failed; what was finished is kept, and the message says how to go on.
    KeyboardInterrupt
        When the user stopped the run; what was finished is kept.
    """
    params = check_study(params_file, data_dir, overrides)
    stages = read_stages(notebooks)
    run_dir, data_dir = run_dir.resolve(), data_dir.resolve()
    with only_run(run_dir), log_unexpected(run_dir):
        remove_leftovers(run_dir)
        inputs = gather_inputs(params, params_file, data_dir)
        return _Run(stages, inputs, run_dir, say).go(explain=explain, force=force)


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
        manifest = self.run_dir / "manifest.json"
        if explain or (not reasons and manifest.exists()):
            return RunResult(report, self._outcomes(reasons, {}))
        # absent while it would not be true of the tables, so that a killed run leaves no old one
        manifest.unlink(missing_ok=True)
        write_run_facts(self.inputs, self.run_dir)
        session = plan.build(self._tasks(), self.run_dir, explain=False, force=force)
        failures, interrupted = self._failures(session)
        outcomes = self._outcomes(reasons, failures)
        if interrupted:
            write_manifest(self.inputs, self.stages, outcomes, self.run_dir)
            raise KeyboardInterrupt
        self._finish(outcomes, failures)
        if failures:
            raise _run_failed(failures, {stage.name for stage in self.stages})
        return RunResult(report, outcomes)

    def _finish(self, outcomes: tuple[StageOutcome, ...], failures: dict[str, str]) -> None:
        """Write the pages of what failed, those that were not made, and the manifest."""
        from infiltrate.report.pages import write_site

        try:
            self._render_failures(failures)
            write_site(self._site(), self.run_dir / "report")
            write_manifest(self.inputs, self.stages, outcomes, self.run_dir)
        except StoreError:
            if not failures:
                raise

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
        values: dict[str, Any] = {"params_file": "params.json", "run_dir": "."}
        with self._data_dir() as values["data_dir"]:
            execute_notebook(
                stage.path,
                plan.executed_path(self.run_dir, stage),
                {name: values[name] for name in stage.accepts},
                cwd=self.run_dir,
                log=self.run_dir / ".run" / f"{stage.name}.log",
            )
        if not plan.record_path(self.run_dir, stage).exists():
            raise RunFailed("the notebook ended without study.finish().")
        self.seconds[stage.name] = time.monotonic() - started
        self.say(f"{stage.name}  done in {self.seconds[stage.name]:.0f} s")

    @contextmanager
    def _data_dir(self) -> Iterator[str]:
        """Give a name of the data folder that is the same on every machine and every page."""
        link = self.run_dir / ".run" / "data"
        link.unlink(missing_ok=True)
        link.symlink_to(self.inputs.data_dir, target_is_directory=True)
        try:
            yield ".run/data"
        finally:
            link.unlink(missing_ok=True)

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
                try:
                    self._render(stage, failures[stage.name])
                except DisclosureError as error:
                    failures[f"page {stage.name}"] = str(error)

    def _failures(self, session: pytask.Session) -> tuple[dict[str, str], bool]:
        failures, interrupted = {}, False
        for report in session.execution_reports:
            error = report.exc_info[1] if report.exc_info else None
            if isinstance(error, KeyboardInterrupt):
                interrupted = True
                failures[report.task.name] = "stopped by the user"
            elif report.outcome == pytask.TaskOutcome.FAIL and error:
                failures[report.task.name] = self._message(error)
            elif report.outcome == pytask.TaskOutcome.SKIP_PREVIOUS_FAILED:
                failures[report.task.name] = _WAITING
        return failures, interrupted

    def _message(self, error: BaseException) -> str:
        if isinstance(error, InfiltrateError):
            return str(error)
        log = log_error(error, self.run_dir)
        where = f" The traceback is in {log}." if log else ""
        return f"unexpected {type(error).__name__}: {error}.{where}"

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


def _run_failed(failures: dict[str, str], stages: set[str]) -> RunFailed:
    """Name the steps that failed; those that only wait for them are no problems of their own."""
    problems = [Problem(name, text) for name, text in failures.items() if text != _WAITING]
    waiting = sorted(name for name in failures if name in stages and failures[name] == _WAITING)
    summary = f"{len(problems)} step{'s' * (len(problems) != 1)} did not finish"
    if waiting:
        summary += f", and {', '.join(waiting)} could not follow"
    return RunFailed(
        f"{summary}. The rest is done and kept: mend what is named, then give the same command "
        "again to go on from there.",
        problems,
    )
