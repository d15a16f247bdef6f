"""The manifest names everything that decides a table, and hashes everything a run left."""

from __future__ import annotations

from pathlib import Path

import pytest

from infiltrate.errors import StoreError
from infiltrate.params.load import load_params
from infiltrate.runs import plan
from infiltrate.runs.code_record import MODULE_LEVEL, describe_parts
from infiltrate.runs.inputs import gather_inputs
from infiltrate.runs.manifest import find_changes, read_manifest
from infiltrate.runs.stages import read_stages
from tests.runs.graph import Graph

CODE = '''\
"""A module."""
import os

LIMIT = 3

def first(x):
    """Say one thing."""
    return x + 1  # why

def second(x):
    return x

class Third:
    size = 1

    def grow(self):
        """Grow."""
        self.size += 1

    def shrink(self):
        self.size -= 1
'''


def test_it_says_what_was_read_from_whom_and_under_which_licence(first: Graph) -> None:
    manifest = read_manifest(first.results)
    (source,) = manifest["sources"]
    assert (source["id"], source["licence"], source["publisher"]) == ("raw", "CC0-1.0", "Nobody")
    (file,) = manifest["files"]
    assert (file["name"], file["source_id"]) == ("raw.csv", "raw")
    assert {"path": "choices.seed", "value": "5", "default": "20260101"} in manifest["differences"]
    assert manifest["seed"] == 5
    assert manifest["code"]["rooms"].keys() >= {"study", "tables", "params"}
    assert {"python", "duckdb", "numpy", "splink"} <= manifest["environment"].keys()


def test_it_says_how_long_each_stage_took_even_where_a_later_run_skipped_it(
    threshold: Graph,
) -> None:
    stages = {stage["stage"]: stage for stage in read_manifest(threshold.results)["stages"]}
    assert stages["01_numbers"]["seconds"] is None
    assert stages["01_numbers"]["last_seconds"] > 0
    assert stages["02_flags"]["seconds"] > 0
    assert stages["02_flags"]["peak_memory_mib"] > 10


def test_every_file_of_the_folder_is_hashed_and_a_changed_one_is_found(second: Graph) -> None:
    manifest = read_manifest(second.results)
    left = {
        path.relative_to(second.results).as_posix()
        for path in second.results.rglob("*")
        if path.is_file() and ".run" not in path.parts
    }
    assert manifest["outputs"].keys() == left - {"manifest.json", "ro-crate-metadata.json"}
    assert find_changes(second.results) == []
    (second.results / "estimates.csv").write_text("estimand,value\nshare,0.1\n")
    (second.results / "report" / "index.html").unlink(missing_ok=True)
    (second.results / "report" / "02_flags.html").unlink()
    (second.results / "mine.txt").write_text("a note")
    assert [problem.where for problem in find_changes(second.results)] == [
        "estimates.csv",
        "report/02_flags.html",
    ]
    with pytest.raises(StoreError, match="no finished run"):
        find_changes(second.folder)


def test_nothing_that_makes_a_stage_stale_is_missing_from_its_entry(first: Graph) -> None:
    """The runner and the manifest say separately what a stage depends on: they must agree."""
    params = load_params(first.params)
    inputs = gather_inputs(params, first.params, first.folder)
    stages = read_stages(first.notebooks)
    actions = plan.Actions(*[lambda *_: None] * 3)
    tasks = plan.build_tasks(stages, inputs, first.results, actions)
    entries = {stage["stage"]: stage for stage in read_manifest(first.results)["stages"]}
    files = {file["sha256"] for file in read_manifest(first.results)["files"]}
    for task in tasks:
        if task.name not in entries:
            continue
        entry = entries[task.name]
        recorded = {entry["notebook"], *entry["parameters"].values(), *entry["code"].values()}
        apart = {"versions of Python and libraries", "pseudonym key", "list of raw files"}
        for node in task.depends_on.values():
            if isinstance(node, plan.Fingerprint) and node.name not in apart:
                assert node.value in recorded | files, f"{task.name} depends on {node.name}"


def test_no_path_of_the_machine_is_in_what_is_left(first: Graph) -> None:
    for name in ("manifest.json", "code.json", "workflow.json", "ro-crate-metadata.json"):
        text = (first.results / name).read_text()
        assert str(first.folder) not in text
        assert str(Path.home()) not in text


def test_a_run_with_a_failed_stage_is_not_finished(second: Graph) -> None:
    second.flag_stage("raise RuntimeError('no')")
    with pytest.raises(Exception, match="no"):
        second.run()
    with pytest.raises(StoreError, match=r"did not finish \(02_flags, 03_share\)"):
        read_manifest(second.results)
    assert not (second.results / "ro-crate-metadata.json").exists()


@pytest.mark.parametrize(
    ("was", "now", "changed"),
    [
        ("x + 1", "x + 2", {"first"}),
        ("# why", "# because", set()),
        ("Say one thing.", "Say another.", set()),
        ("return x\n", "return  x\n", set()),
        ("LIMIT = 3", "LIMIT = 4", {"LIMIT"}),
        ("import os", "import sys", {MODULE_LEVEL}),
        ("def second", "def third", {"second", "third"}),
        ("self.size += 1", "self.size += 2", {"Third.grow"}),
        ("Grow.", "Become larger.", set()),
        ("    size = 1", "    size = 2", {"Third"}),
    ],
)
def test_a_definition_changes_with_what_it_does(
    tmp_path: Path, was: str, now: str, changed: set[str]
) -> None:
    assert was in CODE
    (tmp_path / "a.py").write_text(CODE)
    (tmp_path / "b.py").write_text(CODE.replace(was, now))
    one, other = (describe_parts(tmp_path / name) for name in ("a.py", "b.py"))
    assert {name for name in {*one, *other} if one.get(name) != other.get(name)} == changed


def test_the_same_code_is_recorded_in_the_same_bytes(first: Graph, threshold: Graph) -> None:
    for name in ("code.json", "workflow.json"):
        assert (first.results / name).read_bytes() == (threshold.results / name).read_bytes()
