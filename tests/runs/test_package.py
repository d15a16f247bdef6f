"""A replication package holds what it may, says how to get the rest, and runs elsewhere."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from infiltrate.errors import ParamsError, RunFailed, SourceError, StoreError
from infiltrate.runs.licences import lets_copies_be_shared
from infiltrate.runs.package import CHECKSUMS, PackageReport, package_study
from infiltrate.runs.verify import verify_results
from tests.runs.project import PARAMS, Project

HEADINGS = [
    "## Overview",
    "## Data Availability and Provenance Statements",
    "### Statement about Rights",
    "### Summary of Availability",
    "### Details on each Data Source",
    "## Dataset list",
    "## Computational requirements",
    "### Software Requirements",
    "### Controlled Randomness",
    "### Memory, Runtime, Storage Requirements",
    "## Description of programs/code",
    "## Instructions to Replicators",
    "## List of tables and programs",
    "## References",
]
SOURCES = """\
sources:
  - id: open
    title: An open register
    publisher: An invented office
    licence: CC0-1.0
    address: https://example.org/open.csv
    path: open.csv
    tables: {areas: {columns: {area_id: firm}}}
  - id: closed
    title: A register with terms of its own
    publisher: Another office
    licence: on request
    path: closed.csv
    tables: {areas: {columns: {area_id: firm}}}
"""
RAW = """\
import csv
import hmac
import pandas as pd
from pathlib import Path
rows = [row for name in ("open", "closed")
        for row in csv.DictReader((Path(data_dir) / f"{name}.csv").open())]
frame = pd.DataFrame({"key": range(len(rows)), "value": [int(row["value"]) for row in rows]})
secret = study.key("persons")
frame["owner"] = [
    f"XX-ID-P:{hmac.digest(secret, row['firm'].encode(), 'sha256').hex()[:16]}" for row in rows
]
study.publish("numbers", frame, ["key"])
study.finish()
"""


class Shared(Project):
    """A study of two raw files, of which only one may be passed on."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.params.write_text(PARAMS + SOURCES)
        self.data.mkdir()
        (self.data / "open.csv").write_text("firm,value\nA,1\nB,2\n")
        (self.data / "closed.csv").write_text("firm,value\nC,30\n")
        self.stage("01_numbers", 'writes=["numbers"]', RAW, raw=True)

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def run_all(self) -> None:
        from infiltrate.runs.run import run_study

        run_study(self.params, self.data, self.results, self.notebooks, say=lambda line: None)

    def pack(self, **words: object) -> PackageReport:
        out = self.folder / "package.zip"
        return package_study(self.results, [self.data], self.notebooks, out, **words)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Shared:
    project = Shared(tmp_path_factory.mktemp("shared"))
    project.run_all()
    return project


def names(path: Path) -> set[str]:
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return set(archive.namelist())


def readme(path: Path) -> str:
    with zipfile.ZipFile(path) as archive:
        return archive.read("README.md").decode()


def unpack(path: Path, folder: Path) -> Path:
    with zipfile.ZipFile(path) as archive:
        archive.extractall(folder)
    return folder


def test_only_files_that_may_be_passed_on_are_in_it(finished: Shared) -> None:
    report = finished.pack()
    assert [source.facts["id"] for source in report.packed] == ["open"]
    assert [source.facts["id"] for source in report.left_out] == ["closed"]
    held = names(report.path)
    assert "data/open.csv" in held
    assert not {name for name in held if "closed" in name and name.startswith("data")}
    assert not {name for name in held if name.startswith("results/results/tables/")}
    assert {"bootstrap.sh", "requirements.lock", "LICENSE", "params/xx.yaml"} <= held
    assert "results/results/estimates.csv" in held
    assert not [name for name in held if "__pycache__" in name or "/.run/" in name]
    assert len(held) == report.n_files


def test_the_readme_has_the_headings_in_order_and_says_how_to_get_the_rest(
    finished: Shared,
) -> None:
    text = readme(finished.pack().path)
    found = [line for line in text.splitlines() if line in HEADINGS]
    assert found == HEADINGS
    assert "To get it: Another office" in text
    assert "`data/closed.csv`" in text
    digest = hashlib.sha256((finished.data / "closed.csv").read_bytes()).hexdigest()
    assert digest in text
    assert "| Estimates | `notebooks/02_sum.ipynb` |" in text
    assert "The seed is 5" in text
    assert str(finished.folder) not in text
    assert str(Path.home()) not in text


def test_a_source_whose_terms_were_read_can_be_named(finished: Shared) -> None:
    report = finished.pack(may_share=["closed"], with_tables=True)
    assert report.left_out == ()
    assert "data/closed.csv" in names(report.path)
    assert "results/results/tables/numbers.parquet" in names(report.path)
    assert "All data **are** in this package" in readme(report.path)
    with pytest.raises(ParamsError, match=r"--share clsed: no such source; allowed: open, closed"):
        finished.pack(may_share=["clsed"])


def test_checksums_hold_and_the_same_run_gives_the_same_bytes(
    finished: Shared, tmp_path: Path
) -> None:
    path = finished.pack().path
    first = path.read_bytes()
    folder = unpack(path, tmp_path)
    lines = (folder / CHECKSUMS).read_text().splitlines()
    known = dict(reversed(line.split("  ", 1)) for line in lines)
    assert set(known) == names(path) - {CHECKSUMS}
    for name, digest in known.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest, name
    assert finished.pack().path.read_bytes() == first


@pytest.mark.parametrize(
    ("key", "verdict"), [("", "identical"), ("other.key", "identical but for pseudonyms")]
)
def test_what_is_unpacked_elsewhere_verifies_as_identical(
    finished: Shared, tmp_path: Path, key: str, verdict: str
) -> None:
    folder = unpack(finished.pack(may_share=["closed"]).path, tmp_path)
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from infiltrate.cli import main; main()",
            *("verify", "results/results", "--data", "data", "--format", "json"),
        ],
        cwd=folder,
        env={
            **os.environ,
            "PYTHONPATH": str(folder / "src"),
            **({"INFILTRATE_KEY_FILE": str(tmp_path / key)} if key else {}),
        },
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert not list(folder.rglob("*.parquet")), "tables are held back"
    assert json.loads(done.stdout)["verdict"] == verdict


def test_a_changed_raw_file_is_found_by_the_replicator(finished: Shared, tmp_path: Path) -> None:
    folder = unpack(finished.pack(may_share=["closed"], with_tables=True).path, tmp_path)
    (folder / "data" / "open.csv").write_text("firm,value\nA,1\nB,5\n")
    comparison = verify_results(
        folder / "results" / "results", [folder / "data"], folder / "notebooks", say=lambda _: None
    )
    assert comparison.verdict == "moved"
    (folder / "results" / "results" / "tables" / "numbers.parquet").unlink()
    with pytest.raises(StoreError):
        verify_results(folder / "results" / "results", [folder / "data"], folder / "notebooks")


def test_what_does_not_belong_together_is_not_packed(finished: Shared, tmp_path: Path) -> None:
    twin = finished.copied_to(tmp_path)
    (twin.folder / "package.zip").unlink(missing_ok=True)
    (twin.data / "open.csv").write_text("firm,value\nA,9\n")
    with pytest.raises(SourceError, match=r"open\.csv: has another content"):
        twin.pack()
    (twin.data / "open.csv").unlink()
    with pytest.raises(SourceError, match=r"open\.csv: missing"):
        twin.pack()

    twin.stage("02_sum", 'reads=["numbers"], writes=["estimates"]', "study.finish()")
    with pytest.raises(RunFailed, match="notebook 02_sum: changed since the run"):
        twin.pack()
    (twin.results / "estimates.csv").write_text("other")
    with pytest.raises(StoreError, match=r"estimates\.csv: was changed after the run"):
        twin.pack()
    assert not (twin.folder / "package.zip").exists()


@pytest.mark.parametrize(
    ("licence", "allowed"),
    [
        ("CC0-1.0", True),
        ("CC-BY-4.0", True),
        ("OGL-UK-3.0", True),
        ("MIT", True),
        ("CC-BY-NC-4.0", False),
        ("CC-BY-4.0 (to be checked)", False),
        ("state open data", False),
        ("to be checked", False),
        ("no copyright claimed by the publisher (to be checked)", False),
        ("permitted", False),
    ],
)
def test_only_known_licences_let_copies_be_shared(licence: str, allowed: bool) -> None:
    assert lets_copies_be_shared(licence) is allowed
