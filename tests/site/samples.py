"""Results of finished studies of invented countries, written in a moment for one test."""

from __future__ import annotations

import json
import math
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from infiltrate.params.dump import dump_params
from infiltrate.params.load import load_params
from infiltrate.report.pages import render_notebook
from infiltrate.report.site import Site
from infiltrate.report.tables import show_table
from infiltrate.runs.fingerprints import fingerprint_file
from infiltrate.runs.manifest import FORMAT
from infiltrate.site.build import BuiltSite, build_site

OFFICIAL = "active firms by the official count in force on {day}"
NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
DOCS = Path(__file__).parents[2] / "docs"
PARAMS = """\
country: {country}
title: {title}
currency: EUR
lists:
  - {{id: courts, title: Confiscations, authority: Courts, legal_basis: Law 1, nature: court_final,
     organised_crime: true, source: invented, status: seen}}
  - {{id: tax, title: Tax list, authority: Tax office, legal_basis: Law 2, nature: tax,
     organised_crime: false, source: invented}}
choices:
  as_of: {day}
  {choices}
"""
NUMBERS = ["value", "low", "high", "interval"]


def estimate(
    estimator: str,
    value: float | None,
    low: float | None,
    high: float | None,
    **changes: Any,
) -> dict[str, Any]:
    """One row of the table of estimates; ``among`` and ``day`` word its definition."""
    day, among = changes.pop("day", "2026-06-30"), changes.pop("among", OFFICIAL)
    what = changes.pop("what", "infiltrated firms, those on no list included")
    row = {
        "estimand": "infiltrated_share",
        "list_id": "organised-crime",
        "sector_id": None,
        "area_id": None,
        "estimator": estimator,
        "value": value,
        "low": low,
        "high": high,
        "interval": 0.95,
        "n_units": 4000,
        "unit": "share",
        "status": "use",
        "reason": "",
        "definition": f"{what}, on {day}; of 4,000 {among.format(day=day)}",
    }
    return row | changes


def flag(code: str, title: str, rate: float, **changes: Any) -> dict[str, Any]:
    """One row of a summary of red flags: ``rate`` of 1,000 units that are all computable."""
    row = {
        "indicator": code,
        "title": title,
        "level": "lot",
        "on": True,
        "units": 1000,
        "flag": 0 if math.isnan(rate) else round(1000 * rate),
        "clear": 0 if math.isnan(rate) else 1000 - round(1000 * rate),
        "not_computable": 0,
        "coverage": 1.0,
        "base_rate": rate,
        "low": max(0.0, rate - 0.05),
        "high": min(1.0, rate + 0.05),
        "reasons": "",
    }
    return row | changes


DEFAULT_ESTIMATES = (
    estimate("pool", 0.075, 0.04, 0.14, status="caution"),
    estimate("floor", 0.03, 0.025, 0.035, what="firms with an entry that stands"),
    estimate("pool", 300, 160, 560, estimand="infiltrated_firms", unit="firms"),
)
DEFAULT_FLAGS = (flag("C01", "Single bid", 0.5), flag("C03", "Closed procedure", 0.2))


def write_results(
    folder: Path,
    *,
    title: str = "Northland, purchases, 2025",
    country: str = "XX",
    day: str = "2026-06-30",
    choices: str = "seed: 5",
    estimates: tuple[dict[str, Any], ...] = DEFAULT_ESTIMATES,
    flags: tuple[dict[str, Any], ...] = DEFAULT_FLAGS,
    said: str = "Nothing more.",
    with_pages: bool = True,
) -> Path:
    """Write what a run leaves: parameters, tables, pages, manifest with the hash of each."""
    folder.mkdir(parents=True)
    yaml = folder.parent / f"{folder.name}.yaml"
    yaml.write_text(PARAMS.format(country=country, title=title, day=day, choices=choices))
    dump_params(load_params(yaml), folder / "params.json")
    (folder / "run.json").write_text("{}")
    rows = pd.DataFrame(estimates).astype(dict.fromkeys(NUMBERS, float))
    kinds = {"list_id": "string", "sector_id": "string", "area_id": "string"}
    _write_table(folder, "estimates", rows.astype(kinds))
    pool = next((row for row in estimates if row["estimator"] == "pool"), None)
    answer = {
        "status": pool["status"] if pool else "reject",
        "verdict": "Answered with caution" if pool else "Not answered, and why",
        "headline": "Between 40 and 140 per 1,000 firms are infiltrated."
        if pool
        else "No estimate.",
        "findings": ["A finding."],
        "reasons": [] if pool else ["No list is about organised crime."],
        "notes": ["A note."],
    }
    _write_table(folder, "prevalence_answer", pd.DataFrame([answer]))
    _write_table(folder, "contract_indicator_summary", pd.DataFrame(flags))
    rows.to_csv(folder / "estimates.csv", index=False, lineterminator="\n")
    (folder / "report").mkdir()
    if with_pages:
        _write_pages(folder, title, country, said)
    else:
        (folder / "report" / "index.html").write_text('<header class="site"></header>')
    finish(folder, title=title, country=country)
    return folder


def finish(folder: Path, **facts: Any) -> None:
    """Write the manifest anew, as a run does at its end."""
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text()) if path.exists() else {}
    path.unlink(missing_ok=True)
    manifest |= {
        "format": FORMAT,
        "finished": True,
        "finished_at": "2026-11-22T10:00:00+00:00",
        "stages": [{"stage": "10_report", "failure": ""}],
        "environment": {"infiltrate": "0.1.0"},
        "tables": {"companies": 4000, "contracts": 900},
        "warnings": ["A warning of the run."],
        "seed": 5,
        **facts,
    }
    manifest["outputs"] = {
        file.relative_to(folder).as_posix(): {"sha256": fingerprint_file(file), "size": 1}
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }
    path.write_text(json.dumps(manifest))


def some_docs(folder: Path) -> Path:
    """Copy a few pages of the documentation that link to each other."""
    names = ("how_to_read_a_report.md", "prevalence.md", "methods/prevalence.md", "red_flags.md")
    for name in (*names, "indicators/index.md", "indicators/c01_single_bid.md"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(DOCS / name, folder / name)
    return folder


def _write_table(folder: Path, name: str, rows: pd.DataFrame) -> None:
    (folder / "tables").mkdir(exist_ok=True)
    table = pa.Table.from_pandas(rows, preserve_index=False)
    pq.write_table(table, folder / "tables" / f"{name}.parquet")


def _write_pages(folder: Path, title: str, country: str, said: str) -> None:
    places = pd.DataFrame(
        {
            "place": [f"Province {letter}" for letter in "ABCDEFGHIJKLMNOP"],
            "contracts": [100 * number for number in range(16)],
        }
    )
    table = show_table(places, caption="One row per province")
    site = Site(title, [("index", "Report"), ("07_prevalence", "How many")], country)
    for slug, heading in (("index", "The answer"), ("07_prevalence", "How many")):
        cells = [
            new_markdown_cell(f"# {heading}\n\n## Provinces\n\n{said}"),
            new_code_cell(
                "show_table(places)",
                outputs=[new_output("display_data", {"text/html": table._repr_html_()})],
                execution_count=1,
            ),
        ]
        for number, cell in enumerate(cells):
            cell["id"] = f"cell-{number}"
        notebook = folder.parent / f"{folder.name}-{slug}.ipynb"
        nbformat.write(new_notebook(cells=cells), notebook)
        render_notebook(notebook, folder / "report" / f"{slug}.html", site=site)
        notebook.unlink()


@dataclass(frozen=True)
class SamplePair:
    """Two finished studies and the site of both."""

    folder: Path

    @property
    def results(self) -> list[Path]:
        return [self.folder / "results" / "north", self.folder / "results" / "south"]

    @property
    def docs(self) -> Path:
        return self.folder / "docs"

    @property
    def site(self) -> Path:
        return self.folder / "site"

    def build(self, out: Path | None = None, *, only: slice = slice(None)) -> BuiltSite:
        return build_site(
            self.results[only],
            out or self.site,
            notebooks=NOTEBOOKS,
            docs=self.docs,
            say=lambda line: None,
        )


def write_pair(folder: Path) -> SamplePair:
    """Write two studies that agree in all but one number, and a few pages of documentation."""
    pair = SamplePair(folder)
    other = (estimate("pool", 0.02, 0.01, 0.05, status="use"), *DEFAULT_ESTIMATES[1:])
    flags = (flag("C01", "Single bid", 0.3), flag("C03", "Closed procedure", 0.25, coverage=0.2))
    write_results(pair.results[0], said="The quetzal nests in the cloud forest.")
    write_results(pair.results[1], title="Southland, 2025", estimates=other, flags=flags)
    some_docs(pair.docs)
    return pair
