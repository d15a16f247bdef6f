"""The page about a validation, made of its notebook as every other page is."""

from __future__ import annotations

from pathlib import Path

from infiltrate.errors import RunFailed
from infiltrate.report.pages import render_notebook
from infiltrate.report.site import Site
from infiltrate.runs.notebook import execute_notebook, failed_path

_PAGES = {
    "recovery": ("80_validation", "Validation on synthetic countries"),
    "ranking": ("81_ranking", "Rankings of synthetic countries"),
}


def make_validation_page(rows: Path, notebooks: Path, out: Path) -> Path | None:
    """Run the notebook about a validation and render it.

    Parameters
    ----------
    rows : Path
        Of the validation, as recovery.csv or ranking.csv.
    notebooks : Path
        Folder of the notebooks.
    out : Path
        Folder of the results; the page goes to ``report`` there.

    Returns
    -------
    Path or None
        The page; None when there is no such notebook.

    Raises
    ------
    RunFailed
        When a cell of the notebook failed.
    """
    if rows.stem not in _PAGES:
        return None
    name, title = _PAGES[rows.stem]
    source = notebooks / f"{name}.ipynb"
    if not source.is_file():
        return None
    executed = out / "notebooks" / source.name
    executed.parent.mkdir(parents=True, exist_ok=True)
    try:
        execute_notebook(
            source,
            executed,
            {rows.stem: str(rows.resolve())},
            cwd=notebooks,
            log=out / "notebooks" / "kernel.log",
        )
    except RunFailed as error:
        raise RunFailed(
            f"The results are in {rows}, but their page could not be made: {error}. "
            f"The notebook as far as it went is {failed_path(executed)}."
        ) from error
    site = Site(title, [(name, "Validation")])
    return render_notebook(executed, out / "report" / f"{name}.html", site=site)
