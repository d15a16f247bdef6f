"""Execute one notebook with papermill in a kernel of its own."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

from infiltrate.errors import RunFailed
from infiltrate.report.jupyter import import_jupyter
from infiltrate.runs.memory import MemoryWatch
from infiltrate.tables.files import replace_file


def execute_notebook(
    source: Path,
    target: Path,
    parameters: dict[str, Any],
    *,
    cwd: Path,
    log: Path,
    tell_peak: Callable[[int], None] = lambda mib: None,
) -> None:
    """Run a notebook from the first cell to the last and keep it with its outputs.

    Parameters
    ----------
    source : Path
        The committed notebook.
    target : Path
        Where the executed one goes; it appears there only if every cell ran. A failed one is
        left beside it as ``*.failed.ipynb``.
    parameters : dict
        Values for the parameters cell.
    cwd : Path
        Working folder of the kernel.
    log : Path
        Where the kernel's own messages go, which are not for the user.
    tell_peak : callable
        Gets the most memory that the kernel took, in MiB, however it ended.

    Raises
    ------
    RunFailed
        When a cell raised, the kernel died or the notebook could not be started. The verdict is
        the exception's, never the saved file's: a killed kernel leaves a file that says
        "completed".
    """
    papermill = import_jupyter("papermill")
    # A cell left over from a stopped kernel would be complained of after the run's own message.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    failed = failed_path(target)
    failed.unlink(missing_ok=True)
    try:
        with (
            TemporaryDirectory(prefix="infiltrate-") as sockets,
            log.open("wb") as messages,
            replace_file(target) as temporary,
        ):
            try:
                papermill.execute_notebook(
                    str(source),
                    f"{temporary}.ipynb",
                    parameters=parameters,
                    kernel_name="python3",
                    language="python",
                    cwd=str(cwd),
                    progress_bar=False,
                    log_output=False,
                    config=_kernel_config(sockets, messages, tell_peak),
                )
                _strip_run_traces(Path(f"{temporary}.ipynb"), temporary)
            finally:
                _keep_failed(Path(f"{temporary}.ipynb"), temporary, failed)
    except papermill.PapermillExecutionError as error:
        if error.ename == "KeyboardInterrupt":
            raise KeyboardInterrupt from error
        raise RunFailed(f"cell {error.exec_count} raised {error.ename}: {error.evalue}") from error
    except RuntimeError as error:
        raise RunFailed(
            f"the kernel stopped without an answer ({error}). It was killed or ran out of memory; "
            "lower choices.engine.memory_gib or free memory, then run again. Its last words are "
            f"in {log}."
        ) from error


def failed_path(target: Path) -> Path:
    """Return where a notebook that did not finish is left."""
    return target.with_name(f"{target.stem}.failed.ipynb")


def _kernel_config(sockets: str, messages: BinaryIO, tell_peak: Callable[[int], None]) -> Any:
    manager: Any = import_jupyter("jupyter_client.manager").AsyncKernelManager

    class WatchedKernelManager(manager):
        """Keeps the kernel's messages from the user and notes the memory it takes."""

        _watch: MemoryWatch | None = None

        async def start_kernel(self, **words: Any) -> None:
            await super().start_kernel(stderr=messages, **words)
            self._watch = MemoryWatch(self.provisioner.pid)

        async def shutdown_kernel(self, *words: Any, **options: Any) -> None:
            if self._watch:
                self._watch.look()
            await super().shutdown_kernel(*words, **options)

        async def cleanup_resources(self, *words: Any, **options: Any) -> None:
            if self._watch:
                tell_peak(self._watch.stop())
            await super().cleanup_resources(*words, **options)

    return import_jupyter("traitlets.config").Config(
        {
            "KernelManager": {"transport": "ipc", "ip": f"{sockets}/kernel"},
            "NotebookClient": {"kernel_manager_class": WatchedKernelManager},
        }
    )


def _strip_run_traces(executed: Path, target: Path) -> None:
    nbformat = import_jupyter("nbformat")
    notebook = nbformat.read(executed, as_version=4)
    notebook.metadata.pop("papermill", None)
    for cell in notebook.cells:
        cell.metadata.pop("papermill", None)
        cell.metadata.pop("execution", None)
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell["id"] = "injected-parameters"  # papermill draws one at random
    nbformat.write(notebook, target)
    executed.unlink()


def _keep_failed(executed: Path, finished: Path, failed: Path) -> None:
    if executed.exists() and not finished.exists():
        executed.replace(failed)
