"""Execute one notebook with papermill in a kernel of its own."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from infiltrate.errors import RunFailed
from infiltrate.tables.files import replace_file


def execute_notebook(source: Path, target: Path, parameters: dict[str, Any], cwd: Path) -> None:
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

    Raises
    ------
    RunFailed
        When a cell raised, the kernel died or the notebook could not be started. The verdict is
        the exception's, never the saved file's: a killed kernel leaves a file that says
        "completed".
    """
    papermill = _import_papermill()
    failed = failed_path(target)
    failed.unlink(missing_ok=True)
    try:
        with replace_file(target) as temporary:
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
                    config=_kernel_config(),
                )
                _strip_run_metadata(Path(f"{temporary}.ipynb"), temporary)
            finally:
                _keep_failed(Path(f"{temporary}.ipynb"), temporary, failed)
    except papermill.PapermillExecutionError as error:
        raise RunFailed(_cell_message(source, error)) from error
    except RuntimeError as error:
        raise RunFailed(
            f"{source.name}: the kernel stopped without an answer ({error}). It was killed or ran "
            "out of memory; lower choices.engine.memory_gib or free memory, then run again."
        ) from error


def failed_path(target: Path) -> Path:
    """Return where a notebook that did not finish is left."""
    return target.with_name(f"{target.stem}.failed.ipynb")


def _import_papermill() -> Any:
    # jsonschema does without this grammar, which takes two seconds to build at import.
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
    import papermill

    return papermill


def _kernel_config() -> Any:
    from traitlets.config import Config

    return Config(
        {"KernelManager": {"transport": "ipc"}, "AsyncKernelManager": {"transport": "ipc"}}
    )


def _strip_run_metadata(executed: Path, target: Path) -> None:
    import nbformat

    notebook = nbformat.read(executed, as_version=4)
    notebook.metadata.pop("papermill", None)
    for cell in notebook.cells:
        cell.metadata.pop("papermill", None)
        cell.metadata.pop("execution", None)
    nbformat.write(notebook, target)
    executed.unlink()


def _keep_failed(executed: Path, finished: Path, failed: Path) -> None:
    if executed.exists() and not finished.exists():
        executed.replace(failed)


def _cell_message(source: Path, error: Any) -> str:
    return f"{source.name}: cell {error.exec_count} raised {error.ename}: {error.evalue}"
