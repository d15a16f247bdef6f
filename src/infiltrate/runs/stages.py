"""The stages of a study, read from the notebooks' own declarations."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infiltrate.errors import Problem, RunFailed
from infiltrate.report.jupyter import import_jupyter

RUNNER_PARAMETERS = ("params_file", "run_dir", "data_dir")
FIRST_THAT_IS_NO_STAGE = 80
"""Notebooks with this number or a higher one are about the method, not about a country."""

_BLOCKS = ("reads", "writes", "params")


@dataclass(frozen=True)
class Stage:
    """One notebook and what it declares in its call of ``open_study``.

    Attributes
    ----------
    name : str
        Name of the notebook without its ending, for example ``02_contracts``.
    title : str
        First heading of the notebook.
    reads, writes : tuple of str
        Tables.
    params : tuple of str
        Blocks of the parameters.
    accepts : tuple of str
        Names in its parameters cell; ``data_dir`` means that it reads the raw files.
    imports : tuple of str
        Modules of the package that it imports.
    """

    name: str
    title: str
    path: Path
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    params: tuple[str, ...]
    accepts: tuple[str, ...]
    imports: tuple[str, ...]

    @property
    def reads_raw_files(self) -> bool:
        """Whether the stage depends on the publishers' files."""
        return "data_dir" in self.accepts

    @property
    def is_report(self) -> bool:
        """Whether the stage sums up all others and becomes the first page."""
        return self.name.endswith("_report")


def read_stages(folder: Path) -> list[Stage]:
    """Read every notebook of a folder that is numbered below 80, in order.

    Parameters
    ----------
    folder : Path
        The folder with ``01_tables.ipynb`` and the others.

    Returns
    -------
    list of Stage

    Raises
    ------
    RunFailed
        When there is no notebook, a declaration is missing or not literal, two stages write one
        table, or a table is read that none writes.
    """
    numbered = sorted(folder.glob("[0-9][0-9]_*.ipynb"))
    paths = [path for path in numbered if int(path.name[:2]) < FIRST_THAT_IS_NO_STAGE]
    if not paths:
        raise RunFailed(f"{folder}: no notebook named like 01_tables.ipynb. Give --notebooks.")
    stages = [_read_stage(path) for path in paths]
    _check_tables(stages)
    return stages


def _read_stage(path: Path) -> Stage:
    try:
        notebook = import_jupyter("nbformat").read(path, as_version=4)
        code = [cell for cell in notebook.cells if cell.cell_type == "code"]
        tree = ast.parse("\n".join(cell.source for cell in code))
    except Exception as error:
        raise RunFailed(
            f"{path}: cannot be read as a notebook of plain Python: {str(error)[:200]}"
        ) from error
    declared = _declaration(path, tree)
    return Stage(
        name=path.stem,
        title=_title(path, notebook),
        path=path,
        accepts=_parameter_names(code),
        imports=tuple(sorted(_imported_modules(tree))),
        **{block: tuple(declared.get(block, ())) for block in _BLOCKS},
    )


def _title(path: Path, notebook: Any) -> str:
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and cell.source.startswith("# "):
            return str(cell.source.splitlines()[0][2:].strip())
    return path.stem


def _declaration(path: Path, tree: ast.Module) -> dict[str, list[str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "open_study":
            try:
                declared = {
                    word.arg: ast.literal_eval(word.value) for word in node.keywords if word.arg
                }
            except ValueError as error:
                raise RunFailed(
                    f"{path.name}: `reads`, `writes` and `params` of open_study must be written "
                    "out as lists of names, so that the runner can read them."
                ) from error
            if declared.get("stage") != path.stem:
                raise RunFailed(
                    f"{path.name}: open_study(stage={declared.get('stage')!r}); "
                    f"allowed: {path.stem!r}."
                )
            return declared
    raise RunFailed(f"{path.name}: no cell calls open_study; a stage declares itself there.")


def _parameter_names(code: list[Any]) -> tuple[str, ...]:
    for cell in code:
        if "parameters" in cell.metadata.get("tags", []):
            return tuple(
                target.id
                for node in ast.parse(cell.source).body
                if isinstance(node, ast.Assign)
                for target in node.targets
                if isinstance(target, ast.Name)
            )
    return ()


def _imported_modules(tree: ast.Module) -> set[str]:
    modules = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            modules.add(node.module)
            modules.update(f"{node.module}.{name.name}" for name in node.names)
        elif isinstance(node, ast.Import):
            modules.update(name.name for name in node.names)
    return {name for name in modules if name.split(".")[0] == "infiltrate"}


def _check_tables(stages: list[Stage]) -> None:
    writers: dict[str, str] = {}
    problems = []
    for stage in stages:
        for name in stage.accepts:
            if name not in RUNNER_PARAMETERS:
                problems.append(
                    Problem(
                        f"{stage.path.name}, parameters cell",
                        f"{name} is not a parameter the runner gives",
                        ", ".join(RUNNER_PARAMETERS),
                    )
                )
        for table in stage.writes:
            if table in writers:
                problems.append(
                    Problem(stage.path.name, f"writes {table}, as {writers[table]} does")
                )
            writers[table] = stage.name
    for stage in stages:
        for table in stage.reads:
            if table not in writers:
                problems.append(Problem(stage.path.name, f"reads {table}, which no stage writes"))
    if problems:
        raise RunFailed("The notebooks do not fit together.", problems)
