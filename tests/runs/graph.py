"""A study of four small notebooks in which what is changed reaches some tables and not others."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.runs.project import PARAMS, Project

RAW = """\
import csv
import pandas as pd
from pathlib import Path
rows = list(csv.DictReader((Path(data_dir) / "raw.csv").open()))
frame = pd.DataFrame(rows, columns=["firm", "value"]).astype({"value": float})
study.publish("numbers", frame, ["firm"])
study.publish("constants", pd.DataFrame({"name": ["pi"], "value": [3.0]}), ["name"])
study.finish()
"""
FLAGS = """\
import pandas as pd
least = study.params.choices.risk.quarantine_months
rows = study.frame("SELECT firm, value FROM numbers")
state = ["flag" if value >= least else "clear" for value in rows.value]
study.publish(
    "firm_indicators",
    pd.DataFrame({"indicator": "F01", "entity_id": rows.firm, "state": state, "value": rows.value}),
    ["indicator", "entity_id"],
)
study.finish()
"""
ESTIMATE = """\
import pandas as pd
share = study.frame("SELECT avg((state = 'flag')::INT) AS share FROM firm_indicators").share[0]
study.publish("estimates", pd.DataFrame({"estimand": ["share"], "value": [share]}), ["estimand"])
study.finish()
"""
APART = """\
import pandas as pd
name = study.frame("SELECT name FROM constants").name[0]
study.publish("apart", pd.DataFrame({"name": [name]}), ["name"])
study.finish()
"""
SOURCES = """\
sources:
  - id: raw
    title: Raw numbers
    publisher: Nobody
    licence: CC0-1.0
    path: raw.csv
    tables:
      areas: {columns: {area_id: {column: firm}}}
"""


class Graph(Project):
    """01 reads a raw file; 02 flags by a threshold; 03 sums up; 04 stands apart."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        (self.notebooks / "02_sum.ipynb").unlink()
        self.params.write_text(PARAMS + SOURCES)
        self.raw.write_text("firm,value\n" + "".join(f"F{i},{i}\n" for i in range(1, 21)))
        self.stage("01_numbers", 'writes=["numbers", "constants"]', RAW, raw=True)
        self.flag_stage(FLAGS)
        self.stage("03_share", 'reads=["firm_indicators"], writes=["estimates"]', ESTIMATE)
        self.stage("04_apart", 'reads=["constants"], writes=["apart"]', APART)

    @property
    def raw(self) -> Path:
        return self.folder / "raw.csv"

    def flag_stage(self, code: str) -> None:
        declared = 'reads=["numbers"], writes=["firm_indicators"], params=["choices.risk"]'
        self.stage("02_flags", declared, code)


def retell(results: Path, file: str, change: Callable[[Any], None]) -> None:
    """Change a JSON file of a results folder as if its run had written it so."""
    content = json.loads((results / file).read_text())
    change(content)
    text = json.dumps(content)
    (results / file).write_text(text)
    manifest = json.loads((results / "manifest.json").read_text())
    if file in manifest["outputs"]:
        manifest["outputs"][file]["sha256"] = hashlib.sha256(text.encode()).hexdigest()
        (results / "manifest.json").write_text(json.dumps(manifest))
