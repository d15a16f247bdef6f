"""`infiltrate flags`: red flags of a file, in three layouts, and clear refusals."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from infiltrate.cli import app
from infiltrate.errors import ParamsError, SourceError, StoreError
from infiltrate.runs.flags import flag_file
from tests.indicators.ocds_files import award, bid, process

RELEASES = [
    process("ocds-single", [bid("A", 10)], [award("A")], procurementMethod="open",
            numberOfTenderers=1),
    process("ocds-struck", [bid("A", 10), bid("B", 9, "disqualified")], [award("A")],
            procurementMethod="open", numberOfTenderers=2),
]  # fmt: skip


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "releases.jsonl"
    lines = [json.dumps(release) for release in RELEASES]
    path.write_text("\n".join([lines[0], '{"ocid": ', lines[1]]))
    return path


def test_the_command_writes_cardinals_layout_and_names_what_was_left_out(source: Path) -> None:
    out = source.with_name("flags.json")
    words = ["flags", str(source), "--out", str(out), "--reader", "ocds", "--format", "cardinal"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    assert "2 contracting processes read" in done.output
    assert "json 1" in done.output
    results = json.loads(out.read_text())
    assert results["OCID"] == {
        "ocds-single": {"R018": 1.0},
        "ocds-struck": {"R035": 1.0, "R036": 1.0},
    }
    assert results["Tenderer"] == {"A": {"R025": 1.0, "R035": 0.0}}
    with out.with_name("flags.json.rejected.csv").open() as file:
        (rejected,) = csv.DictReader(file)
    assert (rejected["line"], rejected["rule"]) == ("2", "json")


def test_the_long_layouts_say_the_same(source: Path, tmp_path: Path) -> None:
    settings = tmp_path / "settings.yaml"
    settings.write_text("R018:\nR036:\n")
    flag_file([source], tmp_path / "flags.parquet", settings=settings)
    flag_file([source], tmp_path / "flags.csv", settings=settings)
    rows = pq.read_table(tmp_path / "flags.parquet").to_pylist()
    assert [(row["indicator"], row["entity_id"], row["state"]) for row in rows] == [
        ("R018", "ocds-single", "flag"),
        ("R018", "ocds-struck", "clear"),
        ("R036", "ocds-single", "clear"),
        ("R036", "ocds-struck", "flag"),
    ]
    assert rows[0]["evidence"] == ["processes:ocds-single"]
    with (tmp_path / "flags.csv").open() as file:
        texts = list(csv.DictReader(file))
    assert [row["state"] for row in texts] == [row["state"] for row in rows]
    first = (tmp_path / "flags.parquet").read_bytes()
    flag_file([source], tmp_path / "flags.parquet", settings=settings)
    assert (tmp_path / "flags.parquet").read_bytes() == first


def test_a_clean_rerun_takes_the_list_of_rejects_away(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "flags.json"
    assert flag_file([source], out).rejects is not None
    source.write_text("".join(f"{json.dumps(release)}\n" for release in RELEASES))
    assert flag_file([source], out).rejects is None
    assert not out.with_name("flags.json.rejected.csv").exists()


def test_maps_name_the_organisations_of_each_process(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "flags.json"
    flag_file([source], out, maps=True)
    maps = json.loads(out.read_text())["Maps"]
    assert maps["ocid_tenderer"] == {"ocds-single": ["A"], "ocds-struck": ["A", "B"]}
    assert maps["ocid_tenderer_r035"] == {"ocds-struck": ["A"]}


def test_refusals_are_clear(source: Path, tmp_path: Path) -> None:
    with pytest.raises(ParamsError, match=r"no such format; allowed: cardinal, parquet, csv"):
        flag_file([source], tmp_path / "flags.txt")
    with pytest.raises(ParamsError, match="--reader ted: unknown; allowed: ocds"):
        flag_file([source], tmp_path / "flags.json", reader="ted")
    with pytest.raises(ParamsError, match="--map goes with --format cardinal"):
        flag_file([source], tmp_path / "flags.csv", maps=True)
    with pytest.raises(SourceError, match="there is no such file"):
        flag_file([tmp_path / "nowhere.jsonl"], tmp_path / "flags.json")
    (tmp_path / "occupied").write_text("")
    with pytest.raises(StoreError):
        flag_file([source], tmp_path / "occupied" / "flags.json")
