"""Columns that a file does not have: from its path, from groups of rows, from other files."""

from __future__ import annotations

import re
from typing import Any

import pytest
from pydantic import ValidationError

from infiltrate.errors import SourceError
from infiltrate.params.derived import DerivedColumn
from infiltrate.sources import check_sources
from tests.sources.reading import make_source, make_study, read_study, write_files

FOLDER = {"from_path": "^lots/([^/]+)/"}
GROUP = {"members": ["code", "name"], "by": ["office", "lot", "group"]}


def bidders(**changes: Any) -> dict[str, Any]:
    """Return a source of bidders, one file per office, with groups numbered per file."""
    source = {
        "id": "bidders",
        "path": "lots/*/bidders.csv",
        "derived": {
            "office": FOLDER,
            "group_of": GROUP,
            "bidder": {"first_of": ["group_of", "code"]},
            "bidders": {"count": "bidder", "by": ["office", "lot"]},
        },
        "tables": {
            "bids": {
                "duplicates": "merge",
                "where": [{"column": "bidder", "present": True}],
                "columns": {
                    "tender_id": {"combine": "{office}-{lot}"},
                    "lot_id": {"constant": "1"},
                    "company_id": "bidder",
                },
            }
        },
    }
    return make_source(**{**source, **changes})


HEAD = "lot,code,name,group\n"
FILES = {
    "lots/north/bidders.csv": HEAD + "L1,a1,,0\nL1,b2,,0\nL1,c3,,\nL2,b2,,7\nL2,A 1,,7\n",
    "lots/south/bidders.csv": HEAD + "L1,c3,,\nL1,c3,,\nL9,,,\nL2,,Firm,1\nL2,d4,,1\n",
}


def test_the_path_tells_apart_what_two_files_call_alike(tmp_path):
    read = read_study(tmp_path, FILES, bidders())
    assert set(read.column("bids", "tender_id")) == {"north-L1", "north-L2", "south-L1", "south-L2"}


def test_a_group_is_its_members_however_it_is_numbered_and_ordered(tmp_path):
    read = read_study(tmp_path, FILES, bidders())
    bids = {(row["tender_id"], row["company_id"]) for row in read.rows("bids")}
    (first,) = {bidder for lot, bidder in bids if lot == "north-L1" and bidder != "c3"}
    assert bids == {
        ("north-L1", first),
        ("north-L1", "c3"),
        ("north-L2", first),
        ("south-L1", "c3"),
        ("south-L2", *({bidder for lot, bidder in bids if lot == "south-L2"})),
    }
    assert re.fullmatch("[0-9a-f]{16}", first)


def test_every_raw_row_is_accounted_for(tmp_path):
    read = read_study(tmp_path, FILES, bidders())
    assert read.outcomes("bids") == {
        ("loaded", ""): 5,
        ("merged", "identical"): 4,
        ("filtered", "where:bidder"): 1,
    }
    assert read.report.rejected == 0


def lots(**changes: Any) -> dict[str, Any]:
    source = {
        "id": "lots",
        "path": "lots/*/lots.csv",
        "derived": {
            "office": FOLDER,
            "bidders": {
                "lookup": "bidders",
                "source": "bidders",
                "on": {"office": "office", "number": "lot"},
            },
        },
        "tables": {
            "tenders": {
                "columns": {
                    "tender_id": {"combine": "{office}-{number}"},
                    "lot_id": {"constant": "1"},
                    "buyer_id": "office",
                    "bids_recorded": "bidders",
                }
            }
        },
    }
    return make_source(**{**source, **changes})


def test_a_count_is_of_distinct_values_and_missing_where_there_is_none(tmp_path):
    files = {
        **FILES,
        "lots/north/lots.csv": "number\nL1\nL2\n",
        "lots/south/lots.csv": "number\nL1\nL9\nL8\n",
    }
    read = read_study(tmp_path, files, bidders(), lots())
    found = {row["tender_id"]: row["bids_recorded"] for row in read.rows("tenders")}
    assert found == {
        "north-L1": 2,
        "north-L2": 1,
        "south-L1": 1,
        "south-L9": None,
        "south-L8": None,
    }


def test_a_lookup_takes_the_first_value_that_is_there_and_no_guarded_row(tmp_path):
    first = make_source(
        id="offices",
        path="offices.csv",
        guards={"id": {"pattern": "[a-z]+"}},
        tables={"buyers": {"duplicates": "first", "columns": {"buyer_id": "id"}}},
    )
    second = make_source(
        id="names",
        path="names.csv",
        derived={"title": {"lookup": "title", "source": "offices", "on": {"id": "number"}}},
        tables={"buyers": {"duplicates": "first", "columns": {"buyer_id": "id", "name": "title"}}},
    )
    files = {
        "offices.csv": "id,number,title\nX1,7,Wrong\na,7,\na,7,Right\nb,7,Late\nc,,None\n",
        "names.csv": "id\n7\n8\n",
    }
    read = read_study(tmp_path, files, first, second)
    names = {row["buyer_id"]: row["name"] for row in read.rows("buyers")}
    assert (names["7"], names["8"]) == ("Right", None)


def test_what_is_wrong_with_derived_columns_is_told_before_reading(tmp_path):
    data = write_files(tmp_path, {**FILES, "lots/north/lots.csv": "number,office\nL1,x\n"})
    wrong_order = {"bidder": {"first_of": ["office", "cod"]}, "office": FOLDER}
    study = make_study(
        lots(),
        bidders(derived={**wrong_order, "group_of": GROUP}, guards={"office": {"pattern": ".+"}}),
    )
    told = "\n".join(str(problem) for problem in check_sources(study, data))
    assert "'bidders' is no source that stands earlier" in told
    assert "derived.bidder: uses office, which is not above it" in told
    assert "guards.office: is a derived column" in told
    assert "column cod" in told and "Nearest name: code" in told
    assert "lots/north/lots.csv has a column of that name" in told


def test_a_lookup_of_a_column_that_is_not_in_the_other_file_is_told_there(tmp_path):
    first = make_source(id="first", path="first.csv")
    second = make_source(
        id="second",
        path="second.csv",
        derived={"title": {"lookup": "titel", "source": "first", "on": {"id": "id"}}},
    )
    files = {"first.csv": "id,name,title\n1,a,b\n", "second.csv": "id,name\n1,a\n"}
    with pytest.raises(SourceError) as raised:
        read_study(tmp_path, files, first, second)
    assert "sources.first, column titel: not in first.csv" in str(raised.value)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({}, "filled from nothing"),
        ({"count": "a", "by": ["b"], "first_of": ["c"]}, "first_of and count"),
        ({"count": "a"}, "by is missing beside"),
        ({"lookup": "a", "source": "other"}, "on is missing beside"),
        ({"first_of": ["a"], "by": ["b"]}, "by is set without"),
        ({"combine": "plain"}, "names no column"),
    ],
)
def test_a_derived_column_says_one_thing(wrong, words):
    with pytest.raises(ValidationError, match=words):
        DerivedColumn.model_validate(wrong)


def test_rows_that_are_no_rows_take_part_in_nothing(tmp_path):
    files = {"lots/north/bidders.csv": HEAD + "L1,a1,,0\nL1,b2\nL1,b2,,0,x\n"}
    read = read_study(tmp_path, files, bidders())
    assert read.outcomes("bids") == {("loaded", ""): 1, ("rejected", "field_count"): 2}
