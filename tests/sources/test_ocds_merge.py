"""Packages merge as the standard's own library merges them, and by the rules of its schema."""

from __future__ import annotations

import gzip
import itertools
import json
import resource
from pathlib import Path
from typing import Any

import pytest
from ocdsmerge.merge import CompiledRelease
from ocdsmerge.rules import get_merge_rules

from infiltrate.sources.ocds.merging import MERGE_RULES, merge_releases
from tests.sources.test_ocds_bad_input import lines, read, read_all, release

SCHEMA = {
    "properties": {
        "id": {"type": "string", "omitWhenMerged": True},
        "date": {"type": "string", "omitWhenMerged": True},
        "tag": {"type": "array", "items": {"type": "string"}, "omitWhenMerged": True},
        "parties": {
            "type": "array",
            "items": {
                "properties": {
                    "id": {"type": "string"},
                    "additionalIdentifiers": {
                        "type": "array",
                        "wholeListMerge": True,
                        "items": {"properties": {"id": {"type": "string"}}},
                    },
                }
            },
        },
    }
}
FIRST = {
    "ocid": "ocds-a",
    "id": "1",
    "date": "2024-01-01T00:00:00Z",
    "tag": ["tender"],
    "language": "en",
    "parties": [
        {"id": "B", "name": "Authority", "roles": ["buyer"]},
        {"id": "F", "additionalIdentifiers": [{"id": "1"}, {"id": "2"}]},
    ],
    "tender": {
        "title": "A road",
        "description": "Long",
        "submissionMethod": ["written", "electronic"],
        "items": [
            {"id": "1", "quantity": 2, "additionalClassifications": [{"id": "x"}, {"id": "y"}]},
            {"id": "2", "quantity": 5},
        ],
    },
    "awards": [{"id": 7, "value": {"amount": 10, "currency": "EUR"}}],
}
SECOND = {
    "ocid": "ocds-a",
    "id": "2",
    "date": "2024-02-01T00:00:00Z",
    "tag": ["tenderUpdate"],
    "language": None,
    "parties": [{"id": "F", "additionalIdentifiers": [{"id": "3"}]}, {"id": "G"}],
    "tender": {
        "description": None,
        "submissionMethod": ["electronic"],
        "items": [
            {"id": "2", "quantity": 6},
            {"id": "3", "quantity": 1},
            {"id": "1", "additionalClassifications": [{"id": "z"}]},
        ],
        "amendments": [{"id": "a", "changes": [{"property": "p"}, {"property": "q"}]}],
    },
    "awards": [{"id": 7, "value": {"amount": 12}}],
}
THIRD = {
    "ocid": "ocds-a",
    "id": "3",
    "date": "2024-03-01T00:00:00Z",
    "tag": ["award"],
    "tender": {
        "items": [{"id": "2", "quantity": None}],
        "amendments": [{"id": "a", "changes": [{"property": "r"}]}],
    },
    "awards": [{"id": 8}],
    "empty": [],
}
RELEASES = [FIRST, SECOND, THIRD]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_any_order_gives_what_the_library_gives_in_order(order: tuple[int, ...]) -> None:
    library = CompiledRelease(merge_rules=MERGE_RULES)
    for one in RELEASES:
        library.append(json.loads(json.dumps(one)))
    assert merge_releases([RELEASES[place] for place in order]) == library.asdict()


def test_the_rules_are_written_as_the_library_reads_them_from_a_schema() -> None:
    from_schema = get_merge_rules(SCHEMA)
    assert from_schema
    for path, rule in from_schema.items():
        assert MERGE_RULES[path] == rule, path


def test_each_rule_of_the_standard() -> None:
    merged = merge_releases(RELEASES)
    tender, parties = merged["tender"], {party["id"]: party for party in merged["parties"]}
    assert merged["date"] == "2024-03-01T00:00:00Z" and merged["tag"] == ["compiled"]
    assert "language" not in merged and "description" not in tender  # null takes away
    assert tender["title"] == "A road"  # absent leaves
    assert tender["submissionMethod"] == ["electronic"]  # a list of words is replaced
    items = {item["id"]: item for item in tender["items"]}  # a list of objects merges by id
    assert list(items) == ["1", "2", "3"]
    assert "quantity" not in items["2"] and items["1"]["quantity"] == 2
    assert items["1"]["additionalClassifications"] == [{"id": "z"}]  # wholeListMerge
    assert parties["F"]["additionalIdentifiers"] == [{"id": "3"}] and "G" in parties
    assert tender["amendments"][0]["changes"] == [{"property": "r"}]
    assert merged["awards"][0] == {"id": 7, "value": {"amount": 12, "currency": "EUR"}}
    assert [award["id"] for award in merged["awards"]] == [7, 8]


def test_objects_without_an_id_are_all_kept() -> None:
    first = {**FIRST, "awards": [{"title": "no id"}]}
    second = {**SECOND, "awards": [{"title": "no id"}]}
    assert merge_releases([first, second])["awards"] == [{"title": "no id"}] * 2


@pytest.mark.parametrize("compress", [False, True])
@pytest.mark.parametrize("indent", [None, 2])
def test_record_packages_with_and_without_compiled_releases(
    compress: bool, indent: int | None, tmp_path: Path
) -> None:
    records: list[dict[str, Any]] = [
        {"ocid": "ocds-a", "releases": [THIRD, FIRST, SECOND]},
        {"ocid": "ocds-b", "compiledRelease": release("ocds-b", buyer={"id": "kept"})},
        {"ocid": "ocds-c", "versionedRelease": {"ocid": "ocds-c"}},
    ]
    text = json.dumps({"records": records}, indent=indent).encode()
    got = read(tmp_path, gzip.compress(text) if compress else text, "records.json")
    assert sorted(got.ocids) == ["ocds-a", "ocds-b"]
    assert [piece.found for piece in got.intake.rejected] == [
        "a record with only a versioned release"
    ]
    assert {row["ocid"]: row["buyer_id"] for row in got.tables["ocds_processes"]}["ocds-b"] == (
        "kept"
    )
    awards = [row for row in got.tables["ocds_award_values"] if row["process"] == 1]
    assert [row["amount"] for row in awards] == [12, None]


def test_mixed_currencies_negative_amounts_and_unknown_statuses_are_read_as_they_are(
    tmp_path: Path,
) -> None:
    bids = [
        {"id": "1", "status": "valid", "value": {"amount": 5, "currency": "EUR"}},
        {"id": "2", "status": "perhaps", "value": {"amount": -5, "currency": "usd"}},
        {"id": "3", "value": {"amount": 7}},
        {"status": "valid", "date": "2024-01-01T10:00:00", "value": {"amount": 1e400}},
    ]
    text = json.dumps(release("ocds-a", bids={"details": bids})).replace("Infinity", "1e400")
    got = read(tmp_path, lines(text.encode() + b"\n"))
    rows = got.tables["ocds_bids"]
    assert [row["currency"] for row in rows] == ["EUR", "usd", None, None]
    assert [row["status"] for row in rows] == ["valid", "perhaps", None, "valid"]
    assert [row["amount"] for row in rows] == [5, -5, 7, None]
    assert [row["bid_id"] for row in rows] == ["1", "2", "3", None]
    assert rows[3]["submitted_has_zone"] is False and rows[3]["submitted_at"] is not None


def test_a_line_of_200_megabytes_is_passed_over_in_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "long.jsonl"
    with path.open("wb") as file:
        file.write(lines(release("ocds-a")))
        file.write(b'{"ocid": "ocds-long", "title": "')
        for _ in range(200):
            file.write(b"x" * 1_000_000)
        file.write(b'"}\n')
        file.write(lines(release("ocds-b")))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    got = read_all(tmp_path, [path])
    grown_mib = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert got.ocids == ["ocds-a", "ocds-b"]
    assert got.rejected == [(2, "line_too_long")]
    assert grown_mib < 400
