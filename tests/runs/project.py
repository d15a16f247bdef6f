"""A study of two small notebooks, made for one test."""

from __future__ import annotations

import copy
import shutil
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from infiltrate.runs.run import RunResult, run_study

PARAMS = """\
country: XX
title: A study of nothing
currency: EUR
choices:
  seed: 5
  risk: {quarantine_months: 12}
"""
FIRST = """\
import pandas as pd
study.publish("numbers", pd.DataFrame({"key": [1, 2], "value": [3, 4]}), ["key"])
study.warn("two numbers only")
study.finish()
"""
SECOND = """\
import pandas as pd
months = study.params.choices.risk.quarantine_months
total = study.frame("SELECT sum(value) AS total FROM numbers").total[0] + months
study.publish(
    "estimates", pd.DataFrame({"estimand": ["sum"], "value": [float(total)]}), ["estimand"]
)
study.finish()
"""


class Project:
    """Notebooks, parameters and results of a study made for one test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.notebooks.mkdir()
        self.params.write_text(PARAMS)
        self.lines: list[str] = []
        self.stage("01_numbers", 'writes=["numbers"]', FIRST)
        self.stage(
            "02_sum", 'reads=["numbers"], writes=["estimates"], params=["choices.risk"]', SECOND
        )

    @property
    def notebooks(self) -> Path:
        return self.folder / "notebooks"

    @property
    def results(self) -> Path:
        return self.folder / "results"

    @property
    def params(self) -> Path:
        return self.folder / "xx.yaml"

    def copied_to(self, folder: Path) -> Project:
        shutil.copytree(self.folder, folder, symlinks=True, dirs_exist_ok=True)
        twin = copy.copy(self)
        twin.folder = folder
        return twin

    def stage(self, name: str, declaration: str, code: str, *, raw: bool = False) -> None:
        opening = (
            "from infiltrate.study import open_study\n"
            f"study = open_study(params_file, run_dir, stage={name!r}, {declaration})"
        )
        cells = [
            new_markdown_cell(f"# {name}"),
            new_code_cell(
                'params_file = "xx.yaml"\nrun_dir = "results"' + '\ndata_dir = "data"' * raw
            ),
            new_code_cell(opening),
            new_code_cell(code),
        ]
        cells[1].metadata["tags"] = ["parameters"]
        for number, cell in enumerate(cells):
            cell["id"] = f"cell-{number}"
        notebook = new_notebook(cells=cells)
        notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
        nbformat.write(notebook, self.notebooks / f"{name}.ipynb")

    def run(self, *overrides: str, **words: bool) -> RunResult:
        self.lines.clear()
        return run_study(
            self.params,
            self.folder,
            self.results,
            self.notebooks,
            overrides=overrides,
            say=self.lines.append,
            **words,
        )

    @property
    def said(self) -> str:
        return "\n".join(self.lines)

    @property
    def estimates(self) -> str:
        return (self.results / "estimates.csv").read_text()
