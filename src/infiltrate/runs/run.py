"""Run a study: check, plan, execute what is stale, render, record."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import chdir, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal

import pytask

from infiltrate.errors import DisclosureError, InfiltrateError, Problem, RunFailed, StoreError
from infiltrate.runs import plan
from infiltrate.runs.advice import advise
from infiltrate.runs.check import check_study
from infiltrate.runs.inputs import RunInputs, gather_inputs, write_run_facts
from infiltrate.runs.kernels import Kernels
from infiltrate.runs.lock import only_run
from infiltrate.runs.log import log_error, log_unexpected
from infiltrate.runs.manifest import StageOutcome, write_manifest
from infiltrate.runs.notebook import execute_notebook, failed_path
from infiltrate.runs.outputs import Outputs
from infiltrate.runs.parallel import explain_tasks, run_tasks
from infiltrate.runs.progress import Progress, StageState
from infiltrate.runs.stages import Stage, read_stages
from infiltrate.tables.files import remove_leftovers

_WAITING = "a stage it depends on failed"
_STOPPED = "stopped by the user"


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
    jobs: int = 1,
    studies_at_once: int = 1,
    say: Callable[[str], None] = print,
    watch: Callable[[StageState], None] | None = None,
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
    jobs : int
        How many notebooks run at once; the engine's memory and threads are divided by it. The
        results do not depend on it.
    studies_at_once : int
        How many studies share the machine, this one and those beside it.
    say : callable
        Where a line of progress goes.
    watch : callable, optional
        Gets the state of each stage whenever it changes, which then goes to ``say`` no more.

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
    stages = read_stages(notebooks.resolve())
    run_dir, data_dir = run_dir.resolve(), data_dir.resolve()
    with only_run(run_dir), log_unexpected(run_dir):
        kernels = Kernels(run_dir / ".run" / "kernels", jobs * studies_at_once)
        _clear_away(run_dir, kernels)
        inputs = gather_inputs(params, params_file, data_dir)
        progress = Progress(say, watch, None if explain else run_dir / ".run" / "run.log")
        run = _Run(stages, inputs, run_dir, kernels, progress, jobs)
        return run.explain(force=force) if explain else run.go(force=force)


def _clear_away(run_dir: Path, kernels: Kernels) -> None:
    """Take away what a killed run left: notebooks that still run, half-written files, spill."""
    kernels.end_leftovers()
    remove_leftovers(run_dir)
    shutil.rmtree(run_dir / ".run" / "spill", ignore_errors=True)


@dataclass
class _Run:
    stages: list[Stage]
    inputs: RunInputs
    run_dir: Path
    kernels: Kernels
    progress: Progress
    jobs: int
    seconds: dict[str, float] = field(default_factory=dict)
    peaks: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.outputs = Outputs(self.stages, self.inputs.params, self.run_dir)
        self.report = self.run_dir / "report" / f"{plan.FIRST_PAGE}.html"

    def explain(self, *, force: bool) -> RunResult:
        """Say what would run and why."""
        reasons = self._plan(force=force)
        return RunResult(self.report, self._outcomes(reasons, {}))

    def go(self, *, force: bool) -> RunResult:
        """Do what is stale and record it."""
        self.progress.note(f"run of {self.inputs.params_file.name}, {self.jobs} at once")
        reasons = self._plan(force=force)
        manifest = self.run_dir / "manifest.json"
        if not reasons and manifest.exists():
            return RunResult(self.report, self._outcomes(reasons, {}))
        # absent while it would not be true of the tables, so that a killed run leaves no old one
        manifest.unlink(missing_ok=True)
        write_run_facts(self.inputs, self.run_dir)
        # papermill changes the working folder of the whole process, and back: threads that do so
        # must find it where they want it
        with self._data_link(), chdir(self.run_dir):
            session = run_tasks(
                self._tasks(),
                self.run_dir,
                force=force,
                jobs=self.jobs,
                stop=self.kernels.stop,
            )
        failures, interrupted = self._failures(session)
        outcomes = self._outcomes(reasons, failures)
        if interrupted:
            self.progress.note(_STOPPED)
            write_manifest(self.inputs, self.stages, outcomes, self.run_dir, complete=False)
            raise KeyboardInterrupt
        self._finish(outcomes, failures)
        if failures:
            error = _run_failed(failures, {stage.name for stage in self.stages})
            self.progress.note(str(error))
            raise error
        return RunResult(self.report, outcomes)

    def _plan(self, *, force: bool) -> dict[str, str]:
        """Say why each stale step would run, and return it; also of pages and the CSV."""
        reasons = plan.explain_reasons(explain_tasks(self._tasks(), self.run_dir, force=force))
        if not reasons:
            self.progress.say(
                "Nothing to do: no notebook, parameter, raw file or line of code changed."
            )
        for stage in self.stages:
            reason = reasons.get(stage.name)
            state = StageState(stage.name, "will run", reason) if reason else None
            self.progress.tell(state or StageState(stage.name, "up to date"))
        return reasons

    def _finish(self, outcomes: tuple[StageOutcome, ...], failures: dict[str, str]) -> None:
        """Write the pages of what failed, those that were not made, and the manifest."""
        try:
            self._render_failures(failures)
            self.outputs.render_missing()
            write_manifest(self.inputs, self.stages, outcomes, self.run_dir, complete=not failures)
        except StoreError:
            if not failures:
                raise

    def _tasks(self) -> list[pytask.TaskWithoutPath]:
        actions = plan.Actions(self._execute, self.outputs.render, self.outputs.export)
        return plan.build_tasks(self.stages, self.inputs, self.run_dir, actions)

    def _execute(self, stage: Stage) -> None:
        started = time.monotonic()
        self.progress.tell(StageState(stage.name, "running"))
        record = plan.record_path(self.run_dir, stage)
        record.unlink(missing_ok=True)
        values: dict[str, Any] = {
            "params_file": "params.json",
            "run_dir": ".",
            "data_dir": ".run/data",
        }
        try:
            execute_notebook(
                stage.path,
                plan.executed_path(self.run_dir, stage),
                {name: values[name] for name in stage.accepts},
                cwd=self.run_dir,
                log=self.run_dir / ".run" / f"{stage.name}.log",
                kernels=self.kernels,
                tell_peak=partial(self.peaks.__setitem__, stage.name),
            )
            if not record.exists():
                raise RunFailed("the notebook ended without study.finish().")
        except BaseException as error:
            # a notebook may finish its study and fail afterwards
            record.unlink(missing_ok=True)
            self._tell_failure(stage, error, time.monotonic() - started)
            raise
        self.seconds[stage.name] = time.monotonic() - started
        self._tell_end(stage, "done", "", self.seconds[stage.name])

    def _tell_failure(self, stage: Stage, error: BaseException, seconds: float) -> None:
        stopped = isinstance(error, KeyboardInterrupt)
        self._tell_end(stage, "failed", _STOPPED if stopped else str(error), seconds)

    def _tell_end(
        self, stage: Stage, state: Literal["done", "failed"], reason: str, seconds: float
    ) -> None:
        peak = self.peaks.get(stage.name)
        self.progress.tell(StageState(stage.name, state, reason, seconds, peak))

    @contextmanager
    def _data_link(self) -> Iterator[None]:
        """Give a name of the data folder that is the same on every machine and every page."""
        link = self.run_dir / ".run" / "data"
        link.unlink(missing_ok=True)
        link.symlink_to(self.inputs.data_dir, target_is_directory=True)
        try:
            yield
        finally:
            link.unlink(missing_ok=True)

    def _render_failures(self, failures: dict[str, str]) -> None:
        for stage in self.stages:
            failed = failed_path(plan.executed_path(self.run_dir, stage))
            if stage.name in failures and failed.exists():
                failure = failures[stage.name]
                advice = advise(failure)
                try:
                    self.outputs.render(
                        stage, f"{failure}\n\nWhat to do: {advice}" if advice else failure
                    )
                except DisclosureError as error:
                    failures[f"page {stage.name}"] = str(error)

    def _failures(self, session: pytask.Session) -> tuple[dict[str, str], bool]:
        failures, interrupted = {}, False
        for report in session.execution_reports:
            error = report.exc_info[1] if report.exc_info else None
            if isinstance(error, KeyboardInterrupt):
                interrupted = True
                failures[report.task.name] = _STOPPED
            elif report.outcome == pytask.TaskOutcome.FAIL and error:
                failures[report.task.name] = self._message(error)
            elif report.outcome == pytask.TaskOutcome.SKIP_PREVIOUS_FAILED:
                failures[report.task.name] = _WAITING
                self._tell_waiting(report.task.name)
        return failures, interrupted

    def _tell_waiting(self, task: str) -> None:
        if task in {stage.name for stage in self.stages}:
            self.progress.tell(StageState(task, "waits in vain", _WAITING))

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
                self.peaks.get(stage.name),
            )
            for stage in self.stages
        )


def _run_failed(failures: dict[str, str], stages: set[str]) -> RunFailed:
    """Name the steps that failed; those that only wait for them are no problems of their own."""
    problems = [
        Problem(name, text.rstrip("."), fix=advise(text))
        for name, text in failures.items()
        if text != _WAITING
    ]
    waiting = sorted(name for name in failures if name in stages and failures[name] == _WAITING)
    summary = f"{len(problems)} step{'s' * (len(problems) != 1)} did not finish"
    if waiting:
        summary += f", and {', '.join(waiting)} could not follow"
    return RunFailed(
        f"{summary}. The rest is done and kept: mend what is named, then give the same command "
        "again to go on from there.",
        problems,
    )
