"""What a reader of a page sees, and what a finished run must have left."""

from __future__ import annotations

import csv
import hashlib
import html
import json
import re
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from infiltrate.runs.stages import Stage

ESTIMATE_COLUMNS = [
    "estimand",
    "list_id",
    "sector_id",
    "area_id",
    "estimator",
    "value",
    "low",
    "high",
    "interval",
    "n_units",
    "unit",
    "status",
    "reason",
    "definition",
]
FEW_DRAWS = (
    "choices.prevalence.draws=200",
    "choices.risk.bootstrap_draws=50",
    "choices.risk.stability_seeds=2",
    "choices.risk.stability_bootstraps=5",
    "choices.flags.permutations=99",
    "choices.network.contagion.permutations=99",
    "choices.network.contagion.resamples=50",
    "choices.bidding.groups.rewirings=20",
    "choices.bidding.subsets.shuffles=5",
    "choices.bidding.bunching.resamples=50",
    "choices.bidding.splitting.permutations=99",
    "choices.composite.draws=64",
    "choices.impact.placebo_draws=50",
)
"""Enough to run every line: that the answers are right is shown by the tests of each estimator."""
_UNSEEN = re.compile(r"<style\b.*?</style>|data:[a-z/+-]+;base64,[A-Za-z0-9+/=]+", re.DOTALL)


def read_pages(results: Path) -> dict[str, str]:
    """Return the text of every page, alternative texts included, without images and styles."""
    pages = {}
    for path in sorted((results / "report").glob("*.html")):
        text = _UNSEEN.sub("", path.read_text(encoding="utf-8"))
        pages[path.name] = " ".join(html.unescape(text).split())
    return pages


def read_visible(page: str) -> str:
    """Return the words of a page without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def read_estimates(results: Path) -> list[dict[str, str]]:
    with (results / "estimates.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read_manifest(results: Path) -> dict[str, Any]:
    return json.loads((results / "manifest.json").read_text(encoding="utf-8"))


def numbers_of_a_run(results: Path) -> dict[str, str]:
    """Return a hash of every file that must be the same on every run."""
    paths = [results / "estimates.csv", *(results / "tables").glob("*.parquet")]
    paths += [*(results / "report").glob("*.html"), *(results / "notebooks").glob("*.ipynb")]
    return {
        path.relative_to(results).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in paths
    }


def assert_complete(results: Path, stages: list[Stage], data: Path) -> None:
    """Every page, table and entry of the manifest of a finished run is there and true."""
    pages = {f"{'index' if stage.is_report else stage.name}.html" for stage in stages}
    assert {path.name for path in (results / "report").glob("*.html")} == pages
    assert {path.stem for path in (results / "notebooks").iterdir()} == {s.name for s in stages}

    rows = {path.stem: pq.read_metadata(path).num_rows for path in (results / "tables").iterdir()}
    assert set(rows) == {name for stage in stages for name in stage.writes}

    estimates = read_estimates(results)
    assert list(estimates[0]) == ESTIMATE_COLUMNS
    assert len(estimates) == rows["estimates"]
    assert {row["status"] for row in estimates} <= {"use", "caution", "reject", "suppressed"}
    assert all(row["reason"] for row in estimates if row["status"] in ("reject", "suppressed"))

    manifest = read_manifest(results)
    assert manifest["tables"] == rows
    assert [stage["stage"] for stage in manifest["stages"]] == [stage.name for stage in stages]
    for stage in manifest["stages"]:
        assert stage["reason"], stage
        assert stage["seconds"] > 0, stage
        assert stage["failure"] == "", stage
    assert manifest["files"]
    for file in manifest["files"]:
        content = (data / file["name"]).read_bytes()
        assert file["sha256"] == hashlib.sha256(content).hexdigest(), file["name"]
    assert {"python", "infiltrate", "duckdb", "pandas", "scikit-learn"} <= set(
        manifest["environment"]
    )
    assert isinstance(manifest["seed"], int)
    assert manifest["largest_kernel_mib"] > 0
    assert re.fullmatch(r"[0-9a-f]{12}", manifest["pseudonym_key"])
