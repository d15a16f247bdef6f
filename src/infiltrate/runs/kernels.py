"""The processes that run the notebooks: their limits, their end, and none left by a killed run."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

import psutil

from infiltrate.report.jupyter import import_jupyter
from infiltrate.runs.memory import MemoryWatch
from infiltrate.tables.engine import JOBS_VARIABLE

_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_SECONDS_TO_END = 10
_CLOCK_TOLERANCE = 1.0


class Kernels:
    """The kernels of one run.

    Each is noted in a folder while it lives, so that the next run can end those that a killed
    run left: they would go on writing tables.

    Parameters
    ----------
    folder : Path, optional
        Where kernels are noted; without one they are not.
    jobs : int
        How many notebooks run at once; the memory and threads of the engine are divided by it.
    """

    def __init__(self, folder: Path | None = None, jobs: int = 1) -> None:
        self._folder = folder
        self._jobs = jobs
        self._live: set[int] = set()
        self._stopped = False
        self._lock = threading.Lock()

    def end_leftovers(self) -> int:
        """End kernels that an earlier run left behind, and return how many there were."""
        ended = 0
        for note in sorted(self._folder.glob("*.json")) if self._folder else ():
            ended += _end_noted(note)
            note.unlink(missing_ok=True)
        return ended

    def stop(self) -> None:
        """End all kernels now, and every one that is started from now on."""
        with self._lock:
            self._stopped = True
            live = list(self._live)
        for process in live:
            _kill(process)

    @property
    def stopped(self) -> bool:
        """Whether `stop` was called."""
        return self._stopped

    def config(self, sockets: str, messages: BinaryIO, tell_peak: Callable[[int], None]) -> Any:
        """Return what makes nbclient start one kernel of this run.

        Parameters
        ----------
        sockets : str
            Folder of the kernel's sockets: files, since ports that are free now may be taken
            by another run before the kernel opens them.
        messages : binary file
            Where the kernel's own messages go.
        tell_peak : callable
            Gets the most memory that the kernel took, in MiB, however it ended.
        """
        return import_jupyter("traitlets.config").Config(
            {
                "KernelManager": {"transport": "ipc", "ip": f"{sockets}/kernel"},
                "NotebookClient": {"kernel_manager_class": _manager(self, messages, tell_peak)},
            }
        )

    def environment(self) -> dict[str, str]:
        """Return the variables of a kernel: those of the run, and its share of the machine.

        Libraries of linear algebra take one thread unless the user says otherwise: with more,
        the last digits of a result would depend on how many cores a machine has.
        """
        return {
            **dict.fromkeys(_THREAD_VARIABLES, "1"),
            **os.environ,
            JOBS_VARIABLE: str(self._jobs),
        }

    def started(self, process: int) -> None:
        """Note a kernel that was started."""
        if self._folder:
            _write_note(self._folder, process)
        with self._lock:
            self._live.add(process)
            stopped = self._stopped
        if stopped:
            _kill(process)

    def ended(self, process: int) -> None:
        """Forget a kernel that has ended."""
        with self._lock:
            self._live.discard(process)
        if self._folder:
            (self._folder / f"{process}.json").unlink(missing_ok=True)


def _manager(kernels: Kernels, messages: BinaryIO, tell_peak: Callable[[int], None]) -> Any:
    manager: Any = import_jupyter("jupyter_client.manager").AsyncKernelManager

    class NotedKernelManager(manager):
        _watch: MemoryWatch | None = None

        async def start_kernel(self, **words: Any) -> None:
            words["env"] = {**(words.get("env") or {}), **kernels.environment()}
            await super().start_kernel(stderr=messages, **words)
            self._process = int(self.provisioner.pid)
            kernels.started(self._process)
            self._watch = MemoryWatch(self._process)

        async def shutdown_kernel(self, *words: Any, **options: Any) -> None:
            if self._watch:
                self._watch.look()
            await super().shutdown_kernel(*words, **options)

        async def cleanup_resources(self, *words: Any, **options: Any) -> None:
            if self._watch:
                tell_peak(self._watch.stop())
                kernels.ended(self._process)
                self._watch = None
            await super().cleanup_resources(*words, **options)

    return NotedKernelManager


def _write_note(folder: Path, process: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with suppress(psutil.Error):
        note = {"process": process, "started": psutil.Process(process).create_time()}
        (folder / f"{process}.json").write_text(json.dumps(note), encoding="ascii")


def _end_noted(note: Path) -> bool:
    try:
        noted = json.loads(note.read_text(encoding="ascii"))
        process = psutil.Process(noted["process"])
        # the system may have given the number to another process since
        if abs(process.create_time() - noted["started"]) > _CLOCK_TOLERANCE:
            return False
        _kill(process.pid)
        process.wait(_SECONDS_TO_END)
    except (ValueError, KeyError, psutil.Error):
        return False
    return True


def _kill(process: int) -> None:
    """End a kernel and what it started; a kernel leads a group of its own."""
    with suppress(OSError):
        if hasattr(os, "killpg") and os.getpgid(process) == process:
            os.killpg(process, signal.SIGKILL)
        else:
            os.kill(process, signal.SIGTERM)
