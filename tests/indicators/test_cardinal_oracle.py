"""Cardinal's own test cases, and its output on generated files: equal in results and in fences."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.indicators.ocds_files import like_cardinal

ROOT = Path(__file__).parents[2]
ORACLES = (
    Path(os.environ.get("INFILTRATE_ORACLES", ROOT.parent / "shared" / "oracles")) / "cardinal"
)
FIXTURES = [
    "R003",
    "R003-procurement_method_details-x-5-y-10",
    "R003-procurement_methods-open+selective",
    "R003-threshold-10",
    "R018",
    "R024",
    "R025",
    "R028",
    "R030",
    "R035",
    "R036",
    "R038",
    "R038-tenderer",
    "R048-minimum_contracting_processes-1",
    "R058",
]
GENERATED = {
    "1,000 lines, default settings": (1000, "oracle_1k_default", "settings_default"),
    "1,000 lines, tuned settings": (1000, "oracle_1k_tuned", "settings_tuned"),
    "10,000 lines, default settings": (10_000, "oracle_10k_default", "settings_default"),
}


def oracle(name: str) -> Path:
    path = ORACLES / name
    if not path.exists():
        pytest.skip(f"no {name} in {ORACLES}; set INFILTRATE_ORACLES to the folder of the oracles")
    return path


@pytest.mark.parametrize("fixture", FIXTURES)
def test_a_case_of_cardinal(fixture: str, tmp_path: Path) -> None:
    cases = json.loads(oracle("cardinal_fixture_oracle.json").read_text())
    case = next(case for case in cases if case["fixture"] == fixture)
    got = like_cardinal(tmp_path, case["input"], case["settings"])
    meta = got.pop("Meta", {})
    assert got == case["output"]
    assert meta == case["meta"]


def test_no_case_is_left_out() -> None:
    cases = json.loads(oracle("cardinal_fixture_oracle.json").read_text())
    assert sorted(case["fixture"] for case in cases) == sorted(FIXTURES)


@pytest.mark.parametrize("name", GENERATED)
def test_a_generated_file(name: str, tmp_path: Path) -> None:
    lines, results, settings = GENERATED[name]
    path = tmp_path / "generated.jsonl"
    generator = oracle("gen_ocds.py")
    subprocess.run([sys.executable, generator, str(lines), path], check=True)
    wanted = json.loads(gzip.decompress(oracle(f"{results}.json.gz").read_bytes()))
    chosen = json.loads(oracle(f"{settings}.json").read_text())
    got = like_cardinal(tmp_path, [], chosen, path, maps="Maps" in wanted)
    for group, found in wanted.items():
        assert _in_order(got[group]) == _in_order(found), group
    assert set(got) == set(wanted)


def _in_order(value: Any) -> Any:
    """Sort lists of identifiers, whose order Cardinal leaves to chance."""
    if isinstance(value, dict):
        return {key: _in_order(inner) for key, inner in value.items()}
    return sorted(value) if isinstance(value, list) else value
