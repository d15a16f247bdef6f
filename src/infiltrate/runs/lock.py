"""One run at a time writes to a results folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from infiltrate.errors import RunLocked, StoreError


@contextmanager
def only_run(run_dir: Path) -> Iterator[None]:
    """Hold the lock of a results folder, which the system gives back when a process dies.

    Raises
    ------
    RunLocked
        When another process holds it; the message names the process.
    StoreError
        When the folder cannot be made or written to.
    """
    folder = run_dir / ".run"
    owner = folder / "owner"
    lock = FileLock(folder / "lock", timeout=0)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire()
        owner.write_text(str(os.getpid()))
    except Timeout as error:
        process = owner.read_text() if owner.exists() else "unknown"
        raise RunLocked(
            f"{run_dir}: process {process} is writing to this folder. Wait until it has ended, "
            "or give another folder with --out."
        ) from error
    except OSError as error:
        raise StoreError(
            f"{run_dir}: cannot be written to: {error.strerror or error}. Mend it or give another "
            "folder with --out."
        ) from error
    try:
        yield
    finally:
        lock.release()
