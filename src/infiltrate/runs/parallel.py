"""Tasks of one study side by side: pytask decides what is stale, threads do it."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytask

from infiltrate.errors import RunFailed


def explain_tasks(
    tasks: Sequence[pytask.TaskWithoutPath], run_dir: Path, *, force: bool
) -> pytask.Session:
    """Let pytask say what is stale and why, and do nothing.

    Raises
    ------
    RunFailed
        When pytask's record of earlier runs cannot be used.
    """
    return _build(tasks, run_dir, (), explain=True, force=force)


def run_tasks(
    tasks: Sequence[pytask.TaskWithoutPath],
    run_dir: Path,
    *,
    force: bool,
    jobs: int,
    stop: Callable[[], None],
) -> pytask.Session:
    """Do what is stale, several tasks at once where none waits for the other.

    Parameters
    ----------
    tasks : sequence of task
        All tasks of the study, in order.
    run_dir : Path
        Folder of the results.
    force : bool
        Do them whether they are stale or not.
    jobs : int
        How many run at once.
    stop : callable
        Ends what is running, after Ctrl-C.

    Returns
    -------
    Session
        With a report on each task; a task that failed stops only those that wait for it.

    Raises
    ------
    RunFailed
        When pytask itself failed, for example because its record is damaged.
    """
    plugin = _SideBySide([task.name for task in tasks], jobs, stop)
    return _build(tasks, run_dir, (plugin,), explain=False, force=force)


def _build(
    tasks: Sequence[pytask.TaskWithoutPath],
    run_dir: Path,
    plugins: Sequence[Any],
    *,
    explain: bool,
    force: bool,
) -> pytask.Session:
    state = run_dir / ".run"
    state.mkdir(parents=True, exist_ok=True)
    config = state / "pyproject.toml"
    if not config.exists():
        config.write_text("[tool.pytask.ini_options]\n")
    # the way of pytask's own command line, which is the one that takes plugins
    manager = pytask.storage.create()
    for plugin in plugins:
        manager.register(plugin)
    options = _default_options() | {
        "command": "build",
        "tasks": list(tasks),
        "paths": [run_dir],
        "root": state,
        "config": config,
        "ignore": ("*",),  # tasks are given; no file is searched for more
        "explain": explain,
        "force": force,
        "capture": "no",
        "verbose": 0,
    }
    with pytask.console.capture() as printed:
        session = pytask.build(**options)
    outcomes = {report.outcome for report in session.execution_reports}
    if session.exit_code != pytask.ExitCode.OK and pytask.TaskOutcome.FAIL not in outcomes:
        said = printed.get().strip()
        (state / "error.log").write_text(f"{said}\n", encoding="utf-8")
        last = said.rpartition("\n")[2].rstrip(".")
        raise RunFailed(
            f"The record of earlier runs in {state} cannot be used: {last}. "
            "Delete that folder and give the same command again: everything is then run."
        )
    return session


def _default_options() -> dict[str, Any]:
    commands: dict[str, Any] = pytask.cli.commands
    return {
        option.name: option.default for command in commands.values() for option in command.params
    }


@dataclass
class _SideBySide:
    """What pytask asks to execute a build.

    pytask looks at a task only when everything before it is done, and here too: whether it is
    stale is decided, and what it made is recorded, in one thread in the order of the tasks. Only
    the doing is spread over threads. They wait for kernels, which are processes of their own.

    Parameters
    ----------
    order : sequence of str
        Names of the tasks; of those that are ready the first of them is started first.
    jobs : int
        How many tasks run at once.
    stop : callable
        Ends what is running, after Ctrl-C.
    """

    order: Sequence[str]
    jobs: int
    stop: Callable[[], None]
    _running: dict[Future[Any], pytask.PTask] = field(default_factory=dict)

    @pytask.hookimpl(tryfirst=True)
    def pytask_execute_build(self, session: pytask.Session) -> bool:
        """Run the tasks of a session until all are done or the user stops."""
        # libraries warn of themselves while pages are rendered; that is not for the user
        with warnings.catch_warnings(), ThreadPoolExecutor(self.jobs) as pool:
            warnings.simplefilter("ignore")
            try:
                self._go(session, pool)
            except KeyboardInterrupt:
                self._stop(session)
        return True

    def _go(self, session: pytask.Session, pool: ThreadPoolExecutor) -> None:
        scheduler: Any = session.scheduler
        ready: list[pytask.PTask] = []
        while scheduler.is_active():
            names = scheduler.get_ready(len(scheduler.dag.nodes))
            ready += [task for task in session.tasks if task.signature in names]
            ready.sort(key=self._place)
            if ready and len(self._running) < self.jobs:
                self._start(session, ready.pop(0), pool)
            else:
                self._finish(session)

    def _place(self, task: pytask.PTask) -> int:
        return self.order.index(task.name)

    def _start(self, session: pytask.Session, task: pytask.PTask, pool: ThreadPoolExecutor) -> None:
        session.hook.pytask_execute_task_log_start(session=session, task=task)
        try:
            session.hook.pytask_execute_task_setup(session=session, task=task)
        except Exception:
            self._report(session, task, sys.exc_info())
        else:
            work = session.hook.pytask_execute_task
            self._running[pool.submit(work, session=session, task=task)] = task

    def _finish(self, session: pytask.Session) -> None:
        """Wait for one of the running tasks and record it."""
        done, _ = wait(self._running, return_when=FIRST_COMPLETED)
        for future in sorted(done, key=lambda one: self._place(self._running[one])):
            task = self._running[future]
            error = future.exception()
            if isinstance(error, KeyboardInterrupt):
                raise error
            del self._running[future]
            try:
                future.result()
                session.hook.pytask_execute_task_teardown(session=session, task=task)
            except Exception:
                self._report(session, task, sys.exc_info())
            else:
                self._report(session, task, None)

    def _report(self, session: pytask.Session, task: pytask.PTask, error: Any) -> None:
        if error is None:
            report = pytask.ExecutionReport.from_task(task)
        else:
            report = pytask.ExecutionReport.from_task_and_exception(task, error)
        session.hook.pytask_execute_task_process_report(session=session, report=report)
        session.hook.pytask_execute_task_log_end(session=session, task=task, report=report)
        session.execution_reports.append(report)
        scheduler: Any = session.scheduler
        scheduler.done(task.signature)

    def _stop(self, session: pytask.Session) -> None:
        """End what is running and note it as stopped by the user."""
        self.stop()
        wait(self._running)
        stopped = KeyboardInterrupt()
        for task in self._running.values():
            error = (KeyboardInterrupt, stopped, None)
            report = pytask.ExecutionReport.from_task_and_exception(task, error)
            session.execution_reports.append(report)
        session.should_stop = True
