"""OCDS files with everything that goes wrong: bad lines are named, the rest is read."""

from __future__ import annotations

import gzip
import json
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from infiltrate.errors import SourceError
from infiltrate.sources.ocds import OcdsIntake, OcdsLimits, read_ocds
from infiltrate.sources.ocds.pieces import RejectedPiece, read_pieces
from infiltrate.tables.engine import DuckDBEngine

GOOD = {
    "ocid": "ocds-a",
    "date": "2024-01-02T00:00:00Z",
    "tag": ["compiled"],
    "tender": {"status": "complete", "numberOfTenderers": 2},
    "bids": {
        "details": [
            {
                "id": "1",
                "status": "valid",
                "date": "2024-01-01T10:00:00+01:00",
                "value": {"amount": 10.5, "currency": "EUR"},
                "tenderers": [{"id": "F1"}],
            }
        ]
    },
    "awards": [{"id": "a", "status": "active", "suppliers": [{"id": "F1"}]}],
}


def release(ocid: str, **changes: Any) -> dict[str, Any]:
    return {**GOOD, "ocid": ocid, **changes}


def lines(*documents: Any) -> bytes:
    return b"".join(
        document if isinstance(document, bytes) else json.dumps(document).encode() + b"\n"
        for document in documents
    )


class Reading:
    def __init__(self, intake: OcdsIntake, tables: dict[str, list[dict[str, Any]]]) -> None:
        self.intake, self.tables = intake, tables

    @property
    def ocids(self) -> list[str]:
        return [row["ocid"] for row in self.tables["ocds_processes"]]

    @property
    def rejected(self) -> list[tuple[int, str]]:
        return [(piece.line, piece.rule) for piece in self.intake.rejected]


def read(
    folder: Path, content: bytes, name: str = "file.jsonl", limits: OcdsLimits | None = None
) -> Reading:
    path = folder / name
    path.write_bytes(content)
    return read_all(folder, [path], limits)


def read_all(folder: Path, paths: Iterable[Path], limits: OcdsLimits | None = None) -> Reading:
    with DuckDBEngine(0.5, 1, folder) as engine:
        intake = read_ocds(list(paths), folder, engine, limits=limits)
        tables = {
            name: engine.query(f"SELECT * FROM {name} ORDER BY ALL").to_pylist()
            for name in intake.relations
        }
    return Reading(intake, tables)


BAD_LINES = {
    "truncated": (b'{"ocid": "ocds-x", "tender": {"status"\n', "json"),
    "not JSON": (b"ocid,buyer\n", "json"),
    "two documents": (b'{"ocid": "x"} {"ocid": "y"}\n', "json"),
    "not UTF-8": (b'{"ocid": "\xff"}\n', "encoding"),
    "half a character": (b'{"ocid": "\\ud800"}\n', "encoding"),
    "a number": (b"17\n", "no_release"),
    "no ocid": (b'{"id": "1", "tender": {}}\n', "no_release"),
    "ocid null": (b'{"ocid": null}\n', "no_release"),
    "ocid empty": (b'{"ocid": ""}\n', "no_release"),
    "tender is a list": (b'{"ocid": "x", "tender": []}\n', "shape"),
    "bids are an object": (b'{"ocid": "x", "bids": {"details": {"id": "1"}}}\n', "shape"),
    "tenderers are names": (
        b'{"ocid": "x", "bids": {"details": [{"tenderers": ["Firm"]}]}}\n',
        "shape",
    ),
    "nested deeply": (b'{"ocid": "x", "y": ' + b"[" * 100_000 + b"\n", "json"),
}


@pytest.mark.parametrize("case", BAD_LINES)
def test_a_bad_line_is_named_and_the_rest_is_read(case: str, tmp_path: Path) -> None:
    text, rule = BAD_LINES[case]
    got = read(tmp_path, lines(release("ocds-a"), text, release("ocds-b")))
    assert got.ocids == ["ocds-a", "ocds-b"]
    assert got.rejected == [(2, rule)]
    assert got.intake.rejected[0].file == "file.jsonl"
    assert got.intake.rejected[0].found


def test_a_cut_last_line_is_named(tmp_path: Path) -> None:
    content = lines(release("ocds-a"), release("ocds-b"))
    got = read(tmp_path, content[:-40])
    assert got.ocids == ["ocds-a"]
    assert got.rejected == [(2, "json")]


def test_blank_lines_carriage_returns_and_a_byte_order_mark_are_no_rejects(tmp_path: Path) -> None:
    text = b"\xef\xbb\xbf" + lines(release("ocds-a"), b"\r\n", b"   \n", release("ocds-b"))
    got = read(tmp_path, text.replace(b"}\n", b"}\r\n"))
    assert got.ocids == ["ocds-a", "ocds-b"]
    assert got.rejected == []


def test_a_line_over_the_limit_is_rejected_unread(tmp_path: Path) -> None:
    long = release("ocds-long", title="x" * 40_000_000)
    got = read(tmp_path, lines(release("ocds-a"), long, release("ocds-b")))
    assert got.ocids == ["ocds-a", "ocds-b"]
    assert got.rejected == [(2, "line_too_long")]
    wider = OcdsLimits(largest_line_mib=64)
    got = read(tmp_path, lines(release("ocds-a"), long), limits=wider)
    assert got.ocids == ["ocds-a", "ocds-long"]


@pytest.mark.parametrize("end", [b"", b"\n", b"\n" + lines(GOOD)])
def test_lines_are_counted_past_one_that_is_too_long(end: bytes, tmp_path: Path) -> None:
    path = tmp_path / "file.jsonl"
    path.write_bytes(lines(GOOD) + b'{"ocid": "' + b"x" * 3_000_000 + b'"}' + end)
    found = list(read_pieces(path, "file", 2000))
    assert [piece.line for piece in found] == [1, 2, *([3] if end.endswith(b"}\n") else [])]
    assert [isinstance(piece, RejectedPiece) for piece in found][:2] == [False, True]


def test_numbers_as_text_are_read_and_marked(tmp_path: Path) -> None:
    bids = [
        {"id": 1, "status": "valid", "value": {"amount": "12.50", "currency": "EUR"}},
        {"id": 2, "status": "valid", "value": {"amount": "about 12", "currency": "EUR"}},
        {"id": 3, "status": "valid", "value": {"amount": -4, "currency": "EUR"}},
        {"id": 4, "status": "valid", "value": {"amount": True, "currency": "EUR"}},
        {"id": 5, "status": "won?", "value": None},
        {"id": 6, "status": "valid", "value": {"amount": math.nan, "currency": "EUR"}},
    ]
    got = read(tmp_path, lines(release("ocds-a", bids={"details": bids})))
    rows = got.tables["ocds_bids"]
    assert [row["bid_id"] for row in rows] == ["1", "2", "3", "4", "5", "6"]
    assert [row["amount"] for row in rows] == [12.5, None, -4, None, None, None]
    assert [row["is_amount_text"] for row in rows] == [True, True, False, False, None, False]
    assert rows[4]["status"] == "won?"


def test_a_key_given_twice_counts_with_its_last_value(tmp_path: Path) -> None:
    got = read(tmp_path, lines(b'{"ocid": "ocds-x", "ocid": "ocds-y"}\n'))
    assert got.ocids == ["ocds-y"]


def test_nulls_and_absent_parts_are_missing(tmp_path: Path) -> None:
    bare = [
        {"ocid": "ocds-a"},
        {"ocid": "ocds-b", "tender": None, "bids": None, "awards": None, "buyer": None},
        {"ocid": "ocds-c", "bids": {}, "awards": []},
        {"ocid": "ocds-d", "bids": {"details": [None]}, "awards": [None, {"suppliers": [None]}]},
    ]
    got = read(tmp_path, lines(*bare))
    assert got.ocids == ["ocds-a", "ocds-b", "ocds-c", "ocds-d"]
    assert [row["has_bids"] for row in got.tables["ocds_processes"]] == [False, False, False, True]
    assert [row["has_awards"] for row in got.tables["ocds_processes"]] == [False, False, True, True]
    assert got.tables["ocds_award_suppliers"] == []


def test_dates_are_kept_as_written_and_as_instants(tmp_path: Path) -> None:
    periods = {
        "ocds-a": ("2024-01-01T10:00:00+02:00", "2024-01-01T10:00:00Z"),
        "ocds-b": ("2024-01-01T10:00:00", "2024-01-01"),
        "ocds-c": ("2024-13-01T10:00:00Z", "soon"),
    }
    got = read(
        tmp_path,
        lines(
            *(
                release(ocid, tender={"tenderPeriod": {"startDate": start, "endDate": end}})
                for ocid, (start, end) in periods.items()
            )
        ),
    )
    rows = {row["ocid"]: row for row in got.tables["ocds_processes"]}
    assert rows["ocds-a"]["period_start"] == "2024-01-01T10:00:00+02:00"
    assert str(rows["ocds-a"]["period_start_at"]) == "2024-01-01 08:00:00"
    assert str(rows["ocds-a"]["period_end_at"]) == "2024-01-01 10:00:00"
    assert rows["ocds-a"]["period_start_has_zone"] and rows["ocds-a"]["period_end_has_zone"]
    assert str(rows["ocds-b"]["period_start_at"]) == "2024-01-01 10:00:00"
    assert not rows["ocds-b"]["period_start_has_zone"]
    assert not rows["ocds-b"]["period_end_has_zone"]
    assert rows["ocds-c"]["period_start_at"] is None and rows["ocds-c"]["period_end_at"] is None


def test_of_two_compiled_releases_the_later_is_kept_whatever_the_order(tmp_path: Path) -> None:
    old = release("ocds-a", date="2024-01-02T00:00:00+02:00", buyer={"id": "old"})
    new = release("ocds-a", date="2024-01-01T23:30:00Z", buyer={"id": "new"})
    for order, kept in ((1, [old, new]), (0, [new, old])):
        got = read(tmp_path, lines(*kept))
        assert [row["buyer_id"] for row in got.tables["ocds_processes"]] == ["new"]
        assert got.rejected == [(2 - order, "duplicate_ocid")]
    both = read(tmp_path, lines(old, new), limits=OcdsLimits(duplicates="keep"))
    assert [row["buyer_id"] for row in both.tables["ocds_processes"]] == ["old", "new"]


def test_many_bids_and_an_award_without_tender_are_read(tmp_path: Path) -> None:
    bids = [{"id": str(number), "status": "valid", "tenderers": [{"id": f"F{number}"}]}
            for number in range(500)]  # fmt: skip
    lonely = {"ocid": "ocds-b", "awards": [{"id": "a", "suppliers": [{"id": "F9"}]}]}
    got = read(tmp_path, lines(release("ocds-a", bids={"details": bids}), lonely))
    assert len(got.tables["ocds_bids"]) == 500
    assert [row["bid"] for row in got.tables["ocds_bids"]] == list(range(1, 501))
    assert ("ocds-b", "F9") in {
        (row["ocid"], row["supplier_id"]) for row in got.tables["ocds_awards"]
    }


def test_a_joint_bid_has_a_row_per_tenderer_and_no_single_one(tmp_path: Path) -> None:
    joint = {"id": "1", "status": "valid", "tenderers": [{"id": "F1"}, {"id": "F2"}, {"name": "x"}]}
    got = read(tmp_path, lines(release("ocds-a", bids={"details": [joint]})))
    assert [row["tenderer_id"] for row in got.tables["ocds_bid_tenderers"]] == ["F1", "F2"]
    (bid,) = got.tables["ocds_bids"]
    assert (bid["tenderers"], bid["tenderer_id"]) == (3, None)


def test_gzip_is_told_by_its_first_bytes(tmp_path: Path) -> None:
    content = gzip.compress(lines(release("ocds-a"), release("ocds-b")))
    assert read(tmp_path, content, "file.jsonl.gz").ocids == ["ocds-a", "ocds-b"]
    assert read(tmp_path, content, "file.jsonl").ocids == ["ocds-a", "ocds-b"]
    bad = gzip.compress(lines(release("ocds-a"), b"{\n"))
    assert read(tmp_path, bad, "file.jsonl").rejected == [(2, "json")]


@pytest.mark.parametrize("content", [b"", b"\n\n", b"not json\n", b"\xff\xfe{\x00}\x00\n\x00"])
def test_a_file_without_any_release_is_refused(content: bytes, tmp_path: Path) -> None:
    with pytest.raises(SourceError) as refusal:
        read(tmp_path, content)
    assert "file.jsonl" in str(refusal.value) or "No release" in str(refusal.value)


def test_a_missing_file_is_refused_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"nowhere\.jsonl: there is no such file"):
        read_all(tmp_path, [tmp_path / "nowhere.jsonl"])
