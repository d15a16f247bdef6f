"""Release packages and record packages become compiled releases, without any network."""

from __future__ import annotations

import json
import random
import socket
from pathlib import Path
from typing import Any

import pytest

from infiltrate.sources.ocds.merging import NotMergeable, merge_releases
from infiltrate.sources.ocds.pieces import is_one_document
from tests.sources.test_ocds_bad_input import lines, read, read_all, release

TENDER = {
    "ocid": "ocds-a",
    "id": "1",
    "date": "2024-01-01T00:00:00Z",
    "tag": ["tender"],
    "buyer": {"id": "B", "name": "Authority"},
    "tender": {
        "status": "active",
        "numberOfTenderers": 3,
        "tenderPeriod": {"startDate": "2024-01-01T00:00:00Z", "endDate": "2024-02-01T00:00:00Z"},
    },
}
AWARD = {
    "ocid": "ocds-a",
    "id": "2",
    "date": "2024-03-01T00:00:00Z",
    "tag": ["award"],
    "tender": {"status": "complete", "numberOfTenderers": 2},
    "bids": {"details": [{"id": "1", "status": "pending", "tenderers": [{"id": "F1"}]}]},
    "awards": [{"id": "a", "status": "pending", "suppliers": [{"id": "F1"}]}],
}
UPDATE = {
    "ocid": "ocds-a",
    "id": "3",
    "date": "2024-04-01T01:00:00+02:00",
    "tag": ["awardUpdate"],
    "bids": {"details": [{"id": "1", "status": "valid"}, {"id": "2", "status": "disqualified"}]},
    "awards": [{"id": "a", "status": "active"}],
}
OTHER = {**TENDER, "ocid": "ocds-b", "id": "4"}


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("a reader opened a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)


def check_merged(tables: dict[str, list[dict[str, Any]]]) -> None:
    process = next(row for row in tables["ocds_processes"] if row["ocid"] == "ocds-a")
    assert process["buyer_id"] == "B"
    assert process["tender_status"] == "complete"
    assert process["number_of_tenderers"] == "2"
    assert process["period_end"] == "2024-02-01T00:00:00Z"
    bids = [row for row in tables["ocds_bids"] if row["ocid"] == "ocds-a"]
    assert [(row["bid_id"], row["status"], row["tenderer_id"]) for row in bids] == [
        ("1", "valid", "F1"),
        ("2", "disqualified", None),
    ]
    awards = [row for row in tables["ocds_awards"] if row["ocid"] == "ocds-a"]
    assert [(row["status"], row["supplier_id"]) for row in awards] == [("active", "F1")]


def test_a_release_package_in_any_order_is_merged(tmp_path: Path) -> None:
    releases = [TENDER, AWARD, UPDATE, OTHER]
    for seed in range(4):
        random.Random(seed).shuffle(releases)
        package = {"uri": "x", "publishedDate": "2024-05-01T00:00:00Z", "releases": releases}
        for indent in (None, 2):
            content = json.dumps(package, indent=indent).encode()
            got = read(tmp_path, content, "package.json")
            assert sorted(got.ocids) == ["ocds-a", "ocds-b"]
            check_merged(got.tables)


def test_releases_one_a_line_are_merged_across_lines_and_files(tmp_path: Path) -> None:
    got = read(tmp_path, lines(UPDATE, OTHER, TENDER, AWARD))
    assert sorted(got.ocids) == ["ocds-a", "ocds-b"]
    check_merged(got.tables)
    first, second = tmp_path / "1.jsonl", tmp_path / "2.json"
    first.write_bytes(lines(UPDATE, TENDER))
    second.write_text(json.dumps({"releases": [AWARD]}, indent=1))
    check_merged(read_all(tmp_path, [first, second]).tables)


def test_packages_one_a_line_are_read(tmp_path: Path) -> None:
    got = read(tmp_path, lines({"releases": [TENDER, AWARD]}, {"releases": [UPDATE]}))
    check_merged(got.tables)


def test_a_record_gives_its_compiled_release_or_its_releases(tmp_path: Path) -> None:
    compiled = release("ocds-c", buyer={"id": "C"})
    linked = {"ocid": "ocds-d", "releases": [{"url": "https://example.org/1", "date": "2024"}]}
    records = [
        {"ocid": "ocds-c", "compiledRelease": compiled, "releases": [TENDER]},
        {"ocid": "ocds-a", "releases": [AWARD, UPDATE, TENDER]},
        linked,
    ]
    got = read(tmp_path, json.dumps({"records": records}, indent=2).encode(), "records.json")
    assert sorted(got.ocids) == ["ocds-a", "ocds-c"]
    check_merged(got.tables)
    assert [piece.found for piece in got.intake.rejected] == [
        "no ocid (only a link to a release elsewhere)"
    ]


def test_releases_that_cannot_be_ordered_are_rejected_together(tmp_path: Path) -> None:
    undated = {**AWARD, "date": None}
    got = read(tmp_path, lines(TENDER, undated, OTHER))
    assert got.ocids == ["ocds-b"]
    assert got.rejected == [(1, "merge"), (2, "merge")]


def test_a_single_release_needs_no_date() -> None:
    merged = merge_releases([{**TENDER, "date": None}])
    assert merged["tender"] == TENDER["tender"]


def test_contradicting_releases_are_named() -> None:
    with pytest.raises(NotMergeable):
        merge_releases([TENDER, {**AWARD, "tender": [{"id": "x"}]}])


def test_lists_that_the_standard_replaces_are_replaced() -> None:
    first = {
        **TENDER,
        "parties": [{"id": "B", "additionalIdentifiers": [{"id": "1"}, {"id": "2"}]}],
    }
    later = {**AWARD, "parties": [{"id": "B", "additionalIdentifiers": [{"id": "3"}]}]}
    merged = merge_releases([later, first])
    assert merged["parties"] == [{"id": "B", "additionalIdentifiers": [{"id": "3"}]}]
    assert merged["tag"] == ["compiled"]


def test_a_null_in_a_later_release_takes_the_value_away() -> None:
    merged = merge_releases([TENDER, {**AWARD, "buyer": {"id": "B", "name": None}}])
    assert merged["buyer"] == {"id": "B"}


@pytest.mark.parametrize("size", [10, 4_083, 4_084, 5_000, 3_000_000])
def test_releases_of_any_length_one_a_line_are_no_single_document(
    tmp_path: Path, size: int
) -> None:
    written = json.dumps({"ocid": "a", "title": "x" * size})
    path = tmp_path / "file.json"
    path.write_text(f"{written}\n" * 3)
    assert not is_one_document(path)
    path.write_text(written)
    assert not is_one_document(path)
    path.write_text(written.replace("{", "{\n ").replace(", ", ",\n "))
    assert is_one_document(path)
    path.write_text(f"[{written}, {written}]")
    assert is_one_document(path)
