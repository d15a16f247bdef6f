import errno
import string
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infiltrate.errors import CheckFailed, SourceError, StoreError
from infiltrate.sources import intake
from tests.sources.reading import BUYERS, make_source, make_study, read_study

BUYER_FILE = "id,name\n1,North\n2,South\n2,South\n2,Other\n"


def with_rule(duplicates: str) -> dict:
    return make_source(tables={"buyers": {**BUYERS, "duplicates": duplicates}})


@pytest.mark.parametrize(
    ("duplicates", "names", "outcome"),
    [
        ("reject", ["North", "South"], ("rejected", "duplicate_key")),
        ("first", ["North", "South"], ("merged", "first")),
        ("last", ["North", "Other"], ("merged", "last")),
        ("merge", ["North", "South"], ("merged", "merge")),
    ],
)
def test_rows_of_one_key(tmp_path, duplicates, names, outcome):
    reading = read_study(tmp_path, {"buyers.csv": BUYER_FILE}, with_rule(duplicates))
    assert reading.column("buyers", "name") == names
    outcomes = reading.outcomes("buyers")
    assert outcomes[("loaded", "")] == 2
    assert outcomes[outcome] == (2 if duplicates == "last" else 1)
    assert outcomes.get(("merged", "identical"), 0) == (0 if duplicates == "last" else 1)


def test_merging_takes_the_first_value_that_is_there_and_any_yes(tmp_path):
    content = "t,firm,day,won\n1,A,,no\n1,A,2020-01-02,yes\n1,A,2020-01-03,no\n"
    columns = {
        "tender_id": "t",
        "lot_id": {"constant": "1"},
        "company_id": "firm",
        "submitted_on": "day",
        "is_winner": "won",
    }
    source = make_source(tables={"bids": {"columns": columns, "duplicates": "merge"}})
    (row,) = read_study(tmp_path, {"buyers.csv": content}, source).rows("bids")
    assert row["submitted_on"].isoformat() == "2020-01-02"
    assert row["is_winner"] is True


def test_a_buyer_per_folder_is_one_table_and_every_file_is_accounted_for(tmp_path):
    files = {f"{town}/lots.csv": f"lot\n{town}1\n{town}2\n" for town in ("bari", "asti", "como")}
    columns = {
        "tender_id": "lot",
        "lot_id": {"constant": "1"},
        "buyer_id": {"from_path": r"^(\w+)/"},
    }
    source = make_source(path="*/lots.csv", tables={"tenders": {"columns": columns}})
    reading = read_study(tmp_path, files, source)
    assert Counter(reading.column("tenders", "buyer_id")) == {"asti": 2, "bari": 2, "como": 2}
    assert [file.file for file in reading.report.files] == sorted(files)
    assert sum(row["rows"] for row in reading.rows("intake")) == reading.report.raw_rows == 6


def test_one_row_feeds_several_tables_and_several_parts_of_one(tmp_path):
    content = "t,buyer,bidder,winner\n1,B,F1,F2\n2,B,F2,F2\n"
    company = {"kind": {"constant": "company"}}
    tables = {
        "buyers": {"columns": {"buyer_id": "buyer"}},
        "companies/bidders": {
            "duplicates": "merge",
            "columns": {"company_id": "bidder", **company},
        },
        "companies/winners": {
            "duplicates": "merge",
            "columns": {"company_id": "winner", **company},
        },
    }
    reading = read_study(tmp_path, {"buyers.csv": content}, make_source(tables=tables))
    assert reading.column("companies", "company_id") == ["F1", "F2"]
    assert reading.outcomes("companies/bidders") == {("loaded", ""): 2}
    assert reading.outcomes("companies/winners") == {("merged", "identical"): 2}
    assert reading.outcomes("buyers") == {("loaded", ""): 1, ("merged", "identical"): 1}


def test_the_first_source_wins_and_the_later_ones_complement(tmp_path):
    files = {
        "a.csv": "id,name,status\n1,Registered,\n",
        "b.csv": "id,name,status\n1,Typed,active\n",
    }
    columns = {
        "company_id": "id",
        "kind": {"constant": "company"},
        "name": "name",
        "status": "status",
    }
    tables = {"companies": {"columns": columns, "duplicates": "merge"}}
    sources = [make_source(id=name, path=f"{name}.csv", tables=tables) for name in "ab"]
    (row,) = read_study(tmp_path, files, *sources).rows("companies")
    assert (row["name"], row["status"], row["source_id"]) == ("Registered", "active", "a")


@pytest.mark.parametrize(
    ("condition", "kept"),
    [
        ({"column": "name", "keep": ["NÓRTH"]}, ["1"]),
        ({"column": "name", "drop": ["north"]}, ["2", "3"]),
        ({"column": "name", "present": True}, ["1", "2"]),
        ({"column": "name", "present": False}, ["3"]),
        ({"column": "name", "pattern": "S.*"}, ["2"]),
        ({"column": "name", "equals": "id"}, []),
    ],
)
def test_conditions_leave_rows_out_and_count_them(tmp_path, condition, kept):
    content = "id,name\n1,North\n2,South\n3,\n"
    source = make_source(tables={"buyers": {**BUYERS, "where": [condition]}})
    reading = read_study(tmp_path, {"buyers.csv": content}, source)
    assert reading.column("buyers", "buyer_id") == kept
    left_out = reading.outcomes("buyers").get(("filtered", "where:name"), 0)
    assert left_out == 3 - len(kept)
    assert reading.report.rejected == 0


def test_a_row_that_breaks_a_guard_is_listed_once_and_counted_for_every_table(tmp_path):
    tables = {"buyers": BUYERS, "areas": {"columns": {"area_id": "id"}}}
    source = make_source(tables=tables, guards={"id": {"pattern": r"\d+", "may_be_missing": False}})
    reading = read_study(tmp_path, {"buyers.csv": "id,name\nshifted,1\n,x\n3,y\n"}, source)
    assert reading.rejections() == [(2, "guard:id", "id"), (3, "guard:id", "id")]
    assert {row["table"] for row in reading.rows("rejected")} == {""}
    for table in tables:
        assert reading.outcomes(table) == {("rejected", "guard:id"): 2, ("loaded", ""): 1}


@pytest.mark.parametrize(
    ("guard", "broken"),
    [
        ({"one_of": ["NORTH", "South"]}, [4]),
        ({"number": True}, [2, 3, 4]),
        ({"formats": ["%Y"]}, [2, 3, 4]),
        ({"may_be_missing": False}, [5]),
    ],
)
def test_guards(tmp_path, guard, broken):
    content = "id,name\n1,North\n2,South\n3,West\n4,\n"
    source = make_source(guards={"name": guard})
    reading = read_study(tmp_path, {"buyers.csv": content}, source)
    assert [line for line, _, _ in reading.rejections()] == broken


def test_a_key_must_be_there_and_so_must_what_is_required(tmp_path):
    content = "t,buyer\n,B\n1,\n2,B\n"
    columns = {"tender_id": "t", "lot_id": {"constant": "1"}, "buyer_id": "buyer"}
    source = make_source(tables={"tenders": {"columns": columns}})
    reading = read_study(tmp_path, {"buyers.csv": content}, source)
    assert reading.rejections() == [
        (2, "missing_key", "tender_id"),
        (3, "missing_value", "buyer_id"),
    ]


def test_columns_of_a_table_may_be_named_like_those_of_the_accounts(tmp_path):
    content = "id,firm,outcome\n1,F,confirmed\n2,F,annulled\n"
    columns = {
        "list_id": {"constant": "debarred"},
        "entry_id": "id",
        "company_id": "firm",
        "outcome": "outcome",
    }
    source = make_source(tables={"list_entries": {"columns": columns}})
    reading = read_study(tmp_path, {"buyers.csv": content}, source)
    assert reading.column("list_entries", "outcome") == ["confirmed", "annulled"]


def test_raw_names_that_differ_in_case_only_are_kept_apart(tmp_path):
    tables = {"buyers": {"columns": {"buyer_id": "Id", "name": "ID"}}}
    reading = read_study(tmp_path, {"buyers.csv": "Id,ID\n1,one\n"}, make_source(tables=tables))
    assert reading.rows("buyers")[0]["name"] == "one"


def test_suspicions_are_told_and_nothing_is_dropped_for_them(tmp_path):
    content = "id,start,end,buyer\n1,2020-02-01,2020-01-01,B9\n\n"
    columns = {
        "contract_id": "id",
        "lot_id": {"constant": "1"},
        "supplier_id": {"constant": "7", "scheme": "XX-OTHER"},
        "buyer_id": "buyer",
        "start_on": "start",
        "end_on": "end",
    }
    tables = {"contracts": {"columns": columns}, "buyers": {"columns": {"buyer_id": "id"}}}
    reading = read_study(tmp_path, {"buyers.csv": content}, make_source(tables=tables))
    assert reading.report.tables["contracts"] == 1
    assert reading.report.warnings == (
        "buyers.csv: 1 blank line left out",
        "contracts: 1 row with start_on after end_on",
        "contracts: 1 row with buyer_id not in table buyers",
        "XX-OTHER: identifiers are not checked, no rule is known for this scheme",
    )


def test_reading_twice_gives_the_same_bytes_and_leaves_nothing_behind(tmp_path):
    files = {"buyers.csv": BUYER_FILE}
    first = read_study(tmp_path, files, with_rule("reject"))
    before = {path.name: path.read_bytes() for path in first.store.folder.iterdir()}
    second = read_study(tmp_path, files, with_rule("reject"))
    assert {path.name: path.read_bytes() for path in second.store.folder.iterdir()} == before
    assert set(before) == {"buyers.parquet", "intake.parquet", "rejected.parquet"}


def test_a_table_that_no_source_feeds_any_more_is_taken_away(tmp_path):
    files = {"buyers.csv": BUYER_FILE}
    tables = {"areas": {"columns": {"area_id": "id"}, "duplicates": "first"}}
    read_study(tmp_path, files, make_source(tables=tables))
    reading = read_study(tmp_path, files, with_rule("first"))
    assert not reading.store.exists("areas")


def test_a_failed_reading_leaves_the_tables_as_they_were(tmp_path):
    reading = read_study(tmp_path, {"buyers.csv": BUYER_FILE}, with_rule("first"))
    before = reading.rows("buyers")
    with pytest.raises(SourceError, match=r"buyers\.csv is empty"):
        read_study(tmp_path, {"buyers.csv": ""}, with_rule("first"))
    assert reading.rows("buyers") == before


def test_a_full_disk_is_one_clear_message_and_leaves_the_tables(tmp_path, monkeypatch):
    reading = read_study(tmp_path, {"buyers.csv": BUYER_FILE}, with_rule("first"))
    before = reading.rows("buyers")

    def full(*arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(intake, "stage_parts", full)
    with pytest.raises(StoreError, match="No space left on device"):
        read_study(tmp_path, {"buyers.csv": BUYER_FILE}, with_rule("first"))
    assert reading.rows("buyers") == before
    assert not (reading.store.folder / ".staging").exists()


def test_lost_rows_are_noticed(tmp_path, monkeypatch):
    real = intake.stage_parts

    def forgetful(*arguments):
        staged = real(*arguments)
        object.__setattr__(staged.files[0], "rows", staged.files[0].rows + 1)
        return staged

    monkeypatch.setattr(intake, "stage_parts", forgetful)
    with pytest.raises(CheckFailed, match="4 rows accounted for; allowed: all 5 raw rows"):
        read_study(tmp_path, {"buyers.csv": BUYER_FILE}, with_rule("first"))


def test_the_day_of_the_study_is_the_latest_retrieval_when_none_is_chosen(tmp_path):
    content = "id,day\n1,2020-01-01\n2,2020-06-01\n"
    columns = {
        "contract_id": "id",
        "lot_id": {"constant": "1"},
        "supplier_id": {"constant": "F"},
        "buyer_id": {"constant": "B"},
        "signed_on": "day",
    }
    source = make_source(tables={"contracts": {"columns": columns}}, retrieved_on="2020-03-01")
    assert make_study(source, as_of=None).choices.as_of is None
    reading = read_study(tmp_path, {"buyers.csv": content}, source, as_of=None)
    assert reading.rejections() == [(3, "future_date", "signed_on")]


CELL = st.text(string.ascii_letters[:4] + '0123/-., "\n;é', max_size=6)
ROW = st.lists(CELL, min_size=1, max_size=5)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    rows=st.lists(ROW, max_size=12),
    # one line at most: a file with two bad lines of four is refused as a whole
    raw_bytes=st.binary(max_size=20).map(lambda raw: raw.replace(b"\n", b" ")),
    duplicates=st.sampled_from(["reject", "first", "last", "merge"]),
)
def test_every_raw_row_ends_somewhere_exactly_once(tmp_path_factory, rows, raw_bytes, duplicates):
    content = "id,day,amount,kind\n" + "\n".join(",".join(row) for row in rows) + "\n"
    columns = {
        "contract_id": "id",
        "lot_id": {"constant": "1"},
        "supplier_id": {"column": "kind", "map": {"a": "F1", "b": "F2"}},
        "buyer_id": {"constant": "B"},
        "signed_on": {"column": "day", "formats": ["%d/%m/%Y", "%d-%m-%Y"]},
        "value": "amount",
    }
    source = make_source(
        guards={"id": {"pattern": "[^;]*"}},
        tables={
            "contracts": {
                "columns": columns,
                "duplicates": duplicates,
                "where": [{"column": "kind", "drop": ["d"]}],
            },
            "areas": {"columns": {"area_id": "id"}, "duplicates": duplicates},
        },
    )
    reading = read_study(
        tmp_path_factory.mktemp("any"), {"buyers.csv": content.encode() + raw_bytes}, source
    )
    raw_rows = reading.report.raw_rows
    for table in ("contracts", "areas"):
        outcomes = reading.outcomes(table)
        assert sum(outcomes.values()) == raw_rows
        assert outcomes.get(("loaded", ""), 0) == len(reading.rows(table))
        rejected = sum(n for (outcome, _), n in outcomes.items() if outcome == "rejected")
        listed = [row for row in reading.rows("rejected") if row["table"] in ("", table)]
        assert len(listed) == rejected
