"""Execute one notebook with papermill in a kernel of its own."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from infiltrate.errors import RunFailed
from infiltrate.report.jupyter import import_jupyter
from infiltrate.runs.kernels import Kernels
from infiltrate.tables.files import replace_file


def execute_notebook(
    source: Path,
    target: Path,
    parameters: dict[str, Any],
    *,
    cwd: Path,
    log: Path,
    kernels: Kernels | None = None,
    tell_peak: Callable[[int], None] = lambda mib: None,
) -> None:
    """Run a notebook from the first cell to the last and keep it with its outputs.

    Several may run at once, each in a thread of its own, if ``cwd`` is the working folder of the
    process already: papermill changes it for all threads.

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
    kernels : Kernels, optional
        The run that the kernel belongs to and is stopped with.
    tell_peak : callable
        Gets the most memory that the kernel took, in MiB, however it ended.

    Raises
    ------
    RunFailed
        When a cell raised, the kernel died or the notebook could not be started. The verdict is
        the exception's, never the saved file's: a killed kernel leaves a file that says
        "completed".
    KeyboardInterrupt
        When the run was stopped.
    """
    papermill = import_jupyter("papermill")
    # A cell left over from a stopped kernel would be complained of after the run's own message.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    kernels = kernels or Kernels()
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
                    config=kernels.config(sockets, messages, tell_peak),
                )
                _keep_finished(Path(f"{temporary}.ipynb"), temporary)
            finally:
                _keep_failed(Path(f"{temporary}.ipynb"), temporary, failed)
    except papermill.PapermillExecutionError as error:
        if error.ename == "KeyboardInterrupt" or kernels.stopped:
            raise KeyboardInterrupt from error
        raise RunFailed(f"cell {error.exec_count} raised {error.ename}: {error.evalue}") from error
    except RuntimeError as error:
        if kernels.stopped:
            raise KeyboardInterrupt from error
        raise RunFailed(
            f"the kernel stopped without an answer ({error}). It was killed or ran out of memory. "
            f"Its last words are in {log}."
        ) from error


def failed_path(target: Path) -> Path:
    """Return where a notebook that did not finish is left."""
    return target.with_name(f"{target.stem}.failed.ipynb")


def _keep_finished(executed: Path, target: Path) -> None:
    """Keep what the cells gave, without when and for how long they ran."""
    nbformat = import_jupyter("nbformat")
    notebook = nbformat.read(executed, as_version=4)
    _check_order(notebook)
    notebook.metadata.pop("papermill", None)
    for cell in notebook.cells:
        cell.metadata.pop("papermill", None)
        cell.metadata.pop("execution", None)
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell["id"] = "injected-parameters"  # papermill draws one at random
    nbformat.write(notebook, target)
    executed.unlink()


def _check_order(notebook: Any) -> None:
    """Raise when a cell was skipped; papermill itself stops at an error, whatever its tags."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]
    for place, cell in enumerate(cells, 1):
        if cell.execution_count != place:
            raise RunFailed(
                f"code cell {place} was not run in its turn. Take tags such as `skip-execution` "
                "out of the notebook."
            )


def _keep_failed(executed: Path, finished: Path, failed: Path) -> None:
    if executed.exists() and not finished.exists():
        executed.replace(failed)
