"""Several countries side by side: one process each, and one that fails stops no other."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, NoReturn

from infiltrate.errors import InfiltrateError, ParamsError, Problem, RunFailed, SourceError
from infiltrate.runs.check import check_study
from infiltrate.runs.log import log_error
from infiltrate.runs.progress import StageState
from infiltrate.runs.run import run_study
from infiltrate.runs.stages import read_stages

_SECONDS_TO_STOP = 30


@dataclass(frozen=True)
class StudyFiles:
    """What one of several studies reads and where it writes.

    Attributes
    ----------
    params_file : Path
        The country's YAML file; its name without the ending names the study.
    data_dir : Path
        Folder of the raw files.
    run_dir : Path
        Folder of the results.
    """

    params_file: Path
    data_dir: Path
    run_dir: Path

    @property
    def name(self) -> str:
        """Name of the study."""
        return self.params_file.stem


def run_countries(
    studies: Sequence[StudyFiles],
    notebooks: Path,
    *,
    overrides: Sequence[str] = (),
    explain: bool = False,
    force: bool = False,
    jobs: int = 1,
    say: Callable[[str, str], None],
    watch: Callable[[str, StageState], None] | None = None,
) -> dict[str, Path]:
    """Bring the results of several studies up to date.

    Parameters
    ----------
    studies : sequence of StudyFiles
        In the order in which they are started.
    notebooks : Path
        Folder of the stages.
    overrides, explain, force
        As for `run_study`; for every study alike.
    jobs : int
        How many notebooks run at once, of all studies together.
    say, watch : callable
        As for `run_study`, with the name of the study before.

    Returns
    -------
    dict
        First page of each report, by name of the study.

    Raises
    ------
    ParamsError, SourceError
        With the problems of all studies, before anything has been touched.
    RunFailed
        When a study failed; the others are done, and the message names each that is not.
    KeyboardInterrupt
        When the user stopped the run; what was finished is kept.
    """
    _check(studies, overrides)
    read_stages(notebooks)
    side_by_side = min(jobs, len(studies))
    options = {
        "overrides": tuple(overrides),
        "explain": explain,
        "force": force,
        "jobs": max(1, jobs // side_by_side),
        "studies_at_once": side_by_side,
    }
    crew = _Crew(list(studies), notebooks.resolve(), options, say, watch)
    crew.work(side_by_side)
    if crew.failures:
        raise _run_failed(crew.failures, len(studies))
    return {study.name: crew.reports[study.name] for study in studies}


def _check(studies: Sequence[StudyFiles], overrides: Sequence[str]) -> None:
    problems: list[Problem] = []
    kind: type[InfiltrateError] = SourceError
    writers: dict[Path, Path] = {}
    for study in studies:
        other = writers.setdefault(study.run_dir.resolve(), study.params_file)
        if other is not study.params_file:
            found = f"would write to {study.run_dir}, as {other} does"
            problems.append(Problem(str(study.params_file), found, "a file of another name"))
            kind = ParamsError
        try:
            check_study(study.params_file, study.data_dir, overrides)
        except (ParamsError, SourceError) as error:
            problems.extend(error.problems or [Problem(study.name, error.summary)])
            kind = ParamsError if isinstance(error, ParamsError) else kind
    if problems:
        raise kind(
            f"{len(problems)} problem{'s' * (len(problems) != 1)} in {len(studies)} studies; "
            "nothing was run.",
            problems,
        )


@dataclass(frozen=True)
class _End:
    """How a study ended: with a report, or with a message."""

    report: Path | None
    message: str = ""


@dataclass
class _Worker:
    """One study's process; it ends when the other end of its lifeline closes."""

    name: str
    process: Any
    lifeline: Connection


class _Crew:
    def __init__(
        self,
        studies: list[StudyFiles],
        notebooks: Path,
        options: dict[str, Any],
        say: Callable[[str, str], None],
        watch: Callable[[str, StageState], None] | None,
    ) -> None:
        self._waiting = studies
        self._notebooks = notebooks
        self._options = options
        self._say = say
        self._watch = watch
        self._working: dict[Connection, _Worker] = {}
        self.reports: dict[str, Path] = {}
        self.failures: dict[str, str] = {}

    def work(self, side_by_side: int) -> None:
        """Keep so many studies going until none is left."""
        try:
            while self._waiting or self._working:
                while self._waiting and len(self._working) < side_by_side:
                    self._start(self._waiting.pop(0))
                for ready in wait(list(self._working)):
                    assert isinstance(ready, Connection)
                    self._hear(ready)
        except BaseException:
            self._stop()
            raise

    def _start(self, study: StudyFiles) -> None:
        # a fresh interpreter: a fork would carry threads and locks of this one along
        context = multiprocessing.get_context("spawn")
        told, telling = context.Pipe(duplex=False)
        held, lifeline = context.Pipe(duplex=False)
        process = context.Process(
            target=_run_one, args=(study, self._notebooks, self._options, telling, held)
        )
        process.start()
        telling.close()
        held.close()
        self._working[told] = _Worker(study.name, process, lifeline)

    def _hear(self, told: Connection) -> None:
        worker = self._working[told]
        try:
            word = told.recv()
        except (EOFError, OSError):
            worker.process.join()
            killed = f"its process was killed (exit code {worker.process.exitcode})"
            word = _End(None, f"{killed}. Give the same command again to go on from there.")
        if isinstance(word, _End):
            del self._working[told]
            worker.process.join()
            worker.lifeline.close()
            if word.report:
                self.reports[worker.name] = word.report
            else:
                self.failures[worker.name] = word.message
        elif isinstance(word, str):
            self._say(worker.name, word)
        elif self._watch:
            self._watch(worker.name, word)
        else:
            self._say(worker.name, word.line)

    def _stop(self) -> None:
        for worker in self._working.values():
            worker.process.terminate()
        for told, worker in self._working.items():
            worker.process.join(_SECONDS_TO_STOP)
            worker.process.kill()
            told.close()
            worker.lifeline.close()


def _run_one(
    study: StudyFiles,
    notebooks: Path,
    options: dict[str, Any],
    telling: Connection,
    lifeline: Connection,
) -> None:
    """Run a study in a process of its own and tell how it goes."""
    # Ctrl-C reaches every process of a terminal; only the first of them decides what to do
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _interrupt)
    threading.Thread(target=_end_with, args=(lifeline,), daemon=True).start()
    try:
        result = run_study(
            study.params_file,
            study.data_dir,
            study.run_dir,
            notebooks,
            say=telling.send,
            watch=telling.send,
            **options,
        )
        end = _End(result.report)
    except KeyboardInterrupt:
        end = _End(None, "stopped by the user")
    except InfiltrateError as error:
        end = _End(None, str(error))
    except Exception as error:
        log = log_error(error, study.run_dir)
        where = f" The traceback is in {log}." if log else ""
        end = _End(None, f"unexpected {type(error).__name__}: {error}.{where}")
    telling.send(end)
    sys.stdout.flush()


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def _end_with(lifeline: Connection) -> None:
    """End this process at once when the one that started it is gone."""
    try:
        lifeline.recv()
    except (EOFError, OSError):
        os._exit(1)


def _run_failed(failures: dict[str, str], of: int) -> RunFailed:
    problems = [Problem(name, text.rstrip(".")) for name, text in sorted(failures.items())]
    return RunFailed(
        f"{len(problems)} of {of} studies did not finish; the others are done. Mend what is named, "
        "then give the same command again to go on from there.",
        problems,
    )
