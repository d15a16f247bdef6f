"""Notebooks are thin, stripped and alike, so that the package holds what must be right."""

from __future__ import annotations

import ast
from pathlib import Path

import nbformat
import pytest

from infiltrate.runs.stages import FIRST_THAT_IS_NO_STAGE, read_stages

FOLDER = Path(__file__).parents[2] / "notebooks"
PATHS = sorted(FOLDER.glob("*.ipynb"))
STAGES = [path for path in PATHS if int(path.name[:2]) < FIRST_THAT_IS_NO_STAGE]
MOST_CELLS, MOST_LINES = 14, 140


def code_of(notebook: nbformat.NotebookNode) -> list[str]:
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_notebook_is_stripped(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    assert notebook.metadata.kernelspec.name == "python3"
    assert "papermill" not in notebook.metadata
    for cell in notebook.cells:
        assert not cell.get("outputs"), f"{path.name} was committed with outputs; run nbstripout"
        assert cell.get("execution_count") is None


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_notebook_is_short_and_defines_nothing(path: Path) -> None:
    code = code_of(nbformat.read(path, as_version=4))
    assert len(code) <= MOST_CELLS
    assert sum(len(source.splitlines()) for source in code) <= MOST_LINES
    for node in ast.walk(ast.parse("\n".join(code))):
        assert not isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef), (
            f"{path.name} defines {node.name}; put it into a room of the package and test it there"
        )


@pytest.mark.parametrize("path", STAGES, ids=lambda path: path.stem)
def test_a_stage_ends_with_success(path: Path) -> None:
    code = code_of(nbformat.read(path, as_version=4))
    assert code[-1].rstrip().endswith("study.finish()")


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_notebook_reads_no_file_itself(path: Path) -> None:
    code = code_of(nbformat.read(path, as_version=4))
    assert not any("sys.path" in source or "read_csv" in source for source in code)


def test_the_notebooks_fit_together() -> None:
    assert [stage.name for stage in read_stages(FOLDER)] == [path.stem for path in STAGES]


def test_a_notebook_about_the_method_opens_no_study() -> None:
    others = [path for path in PATHS if path not in STAGES]
    assert others
    for path in others:
        assert "open_study" not in "".join(code_of(nbformat.read(path, as_version=4)))
