"""The page about a validation, made of its notebook as every other page is."""

from __future__ import annotations

from pathlib import Path

from infiltrate.errors import RunFailed
from infiltrate.report.pages import render_notebook
from infiltrate.report.site import Site
from infiltrate.runs.notebook import execute_notebook, failed_path

_NAME = "80_validation"


def make_validation_page(recovery: Path, notebooks: Path, out: Path) -> Path | None:
    """Run the notebook about a validation and render it.

    Parameters
    ----------
    recovery : Path
        The rows of the validation.
    notebooks : Path
        Folder of the notebooks.
    out : Path
        Folder of the results; the page goes to ``report`` there.

    Returns
    -------
    Path or None
        The page; None when the folder has no such notebook.

    Raises
    ------
    RunFailed
        When a cell of the notebook failed.
    """
    source = notebooks / f"{_NAME}.ipynb"
    if not source.is_file():
        return None
    executed = out / "notebooks" / source.name
    executed.parent.mkdir(parents=True, exist_ok=True)
    try:
        execute_notebook(
            source,
            executed,
            {"recovery": str(recovery.resolve())},
            cwd=notebooks,
            log=out / "notebooks" / "kernel.log",
        )
    except RunFailed as error:
        raise RunFailed(
            f"The results are in {recovery}, but their page could not be made: {error}. "
            f"The notebook as far as it went is {failed_path(executed)}."
        ) from error
    site = Site("Validation on synthetic countries", [(_NAME, "Validation")])
    return render_notebook(executed, out / "report" / f"{_NAME}.html", site=site)
