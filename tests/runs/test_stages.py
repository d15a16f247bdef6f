"""A stage is what its notebook declares."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from infiltrate.errors import RunFailed
from infiltrate.runs.stages import read_stages


def write_notebook(folder: Path, name: str, declaration: str, parameters: str = "") -> None:
    cells = [
        new_markdown_cell(f"# The page of {name}\n\nWhat it shows."),
        new_code_cell(parameters or 'params_file = "p"\nrun_dir = "r"'),
        new_code_cell(
            f"from infiltrate.study import open_study\nstudy = open_study({declaration})"
        ),
    ]
    cells[1].metadata["tags"] = ["parameters"]
    nbformat.write(new_notebook(cells=cells), folder / f"{name}.ipynb")


def declare(stage: str, **lists: list[str]) -> str:
    words = ", ".join(f"{key}={value!r}" for key, value in lists.items())
    return f"params_file, run_dir, stage={stage!r}, {words}"


def test_a_declaration_is_read_without_running_the_notebook(tmp_path: Path) -> None:
    write_notebook(
        tmp_path,
        "01_tables",
        declare("01_tables", writes=["bids"], params=["sources"]),
        'params_file = "p"\nrun_dir = "r"\ndata_dir = "d"',
    )
    write_notebook(tmp_path, "10_report", declare("10_report", reads=["bids"]))
    tables, report = read_stages(tmp_path)
    assert (tables.title, tables.writes, tables.params) == (
        "The page of 01_tables",
        ("bids",),
        ("sources",),
    )
    assert tables.reads_raw_files
    assert not report.reads_raw_files
    assert report.is_report
    assert "infiltrate.study" in report.imports


@pytest.mark.parametrize(
    ("name", "declaration", "parameters", "words"),
    [
        ("02_x", "params_file, run_dir, stage='02_y'", "", "allowed: '02_x'"),
        ("02_x", "params_file, run_dir, stage='02_x', reads=names", "", "written out"),
        ("02_x", declare("02_x", reads=["nothing"]), "", "which no stage writes"),
        ("02_x", declare("02_x"), "colour = 1", "colour is not a parameter"),
    ],
)
def test_a_wrong_declaration_is_named(
    tmp_path: Path, name: str, declaration: str, parameters: str, words: str
) -> None:
    write_notebook(tmp_path, name, declaration, parameters)
    with pytest.raises(RunFailed, match=words):
        read_stages(tmp_path)


def test_two_stages_cannot_write_one_table(tmp_path: Path) -> None:
    for name in ("01_a", "02_b"):
        write_notebook(tmp_path, name, declare(name, writes=["bids"]))
    with pytest.raises(RunFailed, match="writes bids, as 01_a does"):
        read_stages(tmp_path)


def test_an_empty_folder_says_what_is_expected(tmp_path: Path) -> None:
    with pytest.raises(RunFailed, match=r"01_tables\.ipynb"):
        read_stages(tmp_path)


def test_a_notebook_numbered_80_or_higher_is_no_stage(tmp_path: Path) -> None:
    write_notebook(tmp_path, "79_last", declare("79_last", writes=["bids"]))
    for name in ("80_validation", "81_other"):
        cell = new_code_cell("print('about the method')")
        nbformat.write(new_notebook(cells=[cell]), tmp_path / f"{name}.ipynb")
    assert [stage.name for stage in read_stages(tmp_path)] == ["79_last"]
    nbformat.write(new_notebook(cells=[cell]), tmp_path / "03_forgotten.ipynb")
    with pytest.raises(RunFailed, match="no cell calls open_study"):
        read_stages(tmp_path)
