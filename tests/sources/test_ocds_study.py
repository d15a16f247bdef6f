"""Open Contracting files as a source of a study: the canonical tables, and what was left out."""

from __future__ import annotations

import gzip
import json
import os
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from infiltrate.errors import SourceError
from infiltrate.params.load import load_params
from infiltrate.sources import check_sources, read_sources
from infiltrate.tables.engine import DuckDBEngine
from infiltrate.tables.identifiers import pseudonymise
from infiltrate.tables.store import TableStore
from tests.sources.reading import KEY, Reading, make_source, make_study, read_study, write_files

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("INFILTRATE_DATA", ROOT.parent / "shared" / "data"))


def party(number: str, **changes: Any) -> dict[str, Any]:
    return {
        "id": f"P-{number}",
        "name": f"Firm {number} Ltd",
        "identifier": {"scheme": "XX-REG", "id": number},
        **changes,
    }


WINNER, LOSER, THIRD = "00000001", "00000002", "00000003"


def release(ocid: str = "ocds-1", **changes: Any) -> dict[str, Any]:
    """Return a release of one lot, two bids, one award and one contract."""
    return {
        "ocid": ocid,
        "id": "1",
        "date": "2018-05-01T00:00:00Z",
        "tag": ["compiled"],
        "buyer": {"id": "B", "name": "Invented office"},
        "parties": [
            {"id": "B", "name": "Office", "identifier": {"scheme": "XX-GOV", "id": "0007"}},
            party(WINNER),
            party(LOSER),
            party(THIRD),
        ],
        "tender": {
            "id": "T",
            "title": "Chairs",
            "status": "complete",
            "procurementMethod": "open",
            "mainProcurementCategory": "goods",
            "awardCriteria": "priceOnly",
            "value": {"amount": 1000, "currency": "XXX"},
            "tenderPeriod": {
                "startDate": "2018-01-01T00:00:00Z",
                "endDate": "2018-02-01T23:30:00+02:00",
            },
            "numberOfTenderers": 2,
            "items": [{"classification": {"scheme": "CPV", "id": "39110000"}}],
        },
        "bids": {"details": [bid(1, WINNER, 900), bid(2, LOSER, 950)]},
        "awards": [award("A1", WINNER)],
        "contracts": [
            {
                "id": "C1",
                "awardID": "A1",
                "dateSigned": "2018-03-05T10:00:00Z",
                "value": {"amount": "900.50", "currency": "XXX"},
                "period": {"startDate": "2018-04-01", "endDate": "2018-12-31"},
                "status": "active",
            }
        ],
        **changes,
    }


def bid(number: int, *firms: str, **changes: Any) -> dict[str, Any]:
    amount = None
    if len(firms) > 1 and not isinstance(firms[-1], str):
        *firms, amount = firms
    return {
        "id": str(number),
        "status": "valid",
        "date": "2018-01-20T12:00:00Z",
        "tenderers": [{"id": f"P-{firm}"} for firm in firms],
        "value": {"amount": amount, "currency": "XXX"},
        **changes,
    }


def award(award_id: str, *firms: str, **changes: Any) -> dict[str, Any]:
    return {
        "id": award_id,
        "status": "active",
        "date": "2018-03-01T00:00:00Z",
        "suppliers": [{"id": f"P-{firm}"} for firm in firms],
        "value": {"amount": 899, "currency": "XXX"},
        **changes,
    }


def source(path: str = "ocds.jsonl", **settings: Any) -> dict[str, Any]:
    changed = make_source(id="ocds", path=path, reader="ocds", ocds=settings)
    del changed["tables"]
    return changed


def read(folder: Path, *releases: Any, **settings: Any) -> Reading:
    lines = [item if isinstance(item, str) else json.dumps(item) for item in releases]
    text = "\n".join(lines) + "\n"
    return read_study(folder, {"ocds.jsonl": text}, source(**settings))


@pytest.fixture(scope="module")
def plain(tmp_path_factory) -> Reading:
    return read(tmp_path_factory.mktemp("ocds"), release())


def test_a_tender_without_lots_is_one_lot(plain):
    (tender,) = plain.rows("tenders")
    assert (tender["tender_id"], tender["lot_id"], tender["buyer_id"]) == (
        "ocds-1",
        "1",
        "XX-GOV:0007",
    )
    assert (tender["procedure"], tender["category"], tender["criteria"]) == (
        "open",
        "goods",
        "price",
    )
    assert (tender["estimated_value"], tender["product_code"]) == (Decimal("1000.00"), "39110000")
    assert (tender["call_published_on"], tender["award_on"]) == (date(2018, 1, 1), date(2018, 3, 1))
    # the publisher's own day, not that of UTC
    assert tender["deadline_on"] == date(2018, 2, 1)
    assert (tender["bids_recorded"], tender["is_cancelled"]) == (2, False)


def test_bids_have_amounts_and_winners(plain):
    rows = {row["company_id"]: row for row in plain.rows("bids")}
    assert rows[f"XX-REG:{WINNER}"]["is_winner"] is True
    assert rows[f"XX-REG:{LOSER}"]["is_winner"] is False
    assert rows[f"XX-REG:{LOSER}"]["amount"] == Decimal("950.00")
    assert {row["status"] for row in rows.values()} == {"valid"}


def test_a_contract_takes_the_value_that_was_signed(plain):
    (contract,) = plain.rows("contracts")
    assert contract["contract_id"] == "ocds-1/C1"
    assert (contract["supplier_id"], contract["value"]) == (
        f"XX-REG:{WINNER}",
        Decimal("900.50"),
    )
    assert (contract["signed_on"], contract["end_on"]) == (date(2018, 3, 5), date(2018, 12, 31))
    assert contract["amendments"] == 0


def test_only_bidders_and_suppliers_are_companies(plain):
    names = {row["company_id"]: (row["kind"], row["name"]) for row in plain.rows("companies")}
    assert names == {
        f"XX-REG:{WINNER}": ("company", f"Firm {WINNER} Ltd"),
        f"XX-REG:{LOSER}": ("company", f"Firm {LOSER} Ltd"),
    }
    assert plain.column("buyers", "name") == ["Office"]


LOTS = [
    {"id": "L1", "value": {"amount": 600, "currency": "XXX"}},
    {"id": "L2", "status": "cancelled"},
]


def test_bids_and_awards_belong_to_the_lots_they_name_in_any_spelling(tmp_path):
    reading = read(
        tmp_path,
        release(
            tender={**release()["tender"], "lots": LOTS},
            bids={
                "details": [
                    bid(1, WINNER, 500, relatedLots=["L1"]),
                    bid(2, LOSER, 550, relatedLot="L1"),
                    bid(3, THIRD, 50, relatedLots=[{"lotId": "L2"}]),
                ]
            },
            awards=[award("A1", WINNER, relatedLots=[{"id": "L1"}])],
        ),
    )
    lots = {row["lot_id"]: row for row in reading.rows("tenders")}
    assert (lots["L1"]["estimated_value"], lots["L2"]["estimated_value"]) == (Decimal(600), None)
    assert (lots["L1"]["is_cancelled"], lots["L2"]["is_cancelled"]) == (False, True)
    rows = {
        (row["lot_id"], row["company_id"][-1]): row["is_winner"] for row in reading.rows("bids")
    }
    assert rows == {("L1", "1"): True, ("L1", "2"): False, ("L2", "3"): None}
    assert reading.column("contracts", "lot_id") == ["L1"]


def test_one_amount_for_several_lots_is_nobodys(tmp_path):
    reading = read(
        tmp_path,
        release(
            tender={**release()["tender"], "lots": LOTS},
            awards=[award("A1", WINNER, relatedLots=["L1", "L2"])],
        ),
    )
    rows = [(row["lot_id"], row["value"]) for row in reading.rows("contracts")]
    assert rows == [("L1", None), ("L2", None)]


def test_joint_bids_and_awards_are_one_group_in_any_order(tmp_path):
    reading = read(
        tmp_path,
        release(
            bids={"details": [bid(1, WINNER, THIRD, 900), bid(2, LOSER, 950)]},
            awards=[award("A1", THIRD, WINNER)],
        ),
    )
    (group,) = set(reading.column("consortia", "consortium_id"))
    assert reading.column("consortia", "company_id") == [f"XX-REG:{WINNER}", f"XX-REG:{THIRD}"]
    winners = {row["company_id"]: row["is_winner"] for row in reading.rows("bids")}
    assert winners == {group: True, f"XX-REG:{LOSER}": False}
    assert reading.column("contracts", "supplier_id") == [group]
    kinds = {row["company_id"]: row["kind"] for row in reading.rows("companies")}
    assert kinds[group] == "consortium"
    assert group.startswith("XI-OCDS:GROUP_")


def test_amendments_move_the_last_day_and_the_value(tmp_path):
    changed = {**release()["contracts"][0], "amendments": [{"id": "1"}, {"id": "2"}]}
    (contract,) = read(tmp_path, release(contracts=[changed])).rows("contracts")
    assert (contract["amendments"], contract["value"]) == (2, Decimal("899.00"))
    assert (contract["final_value"], contract["final_end_on"]) == (
        Decimal("900.50"),
        date(2018, 12, 31),
    )
    assert contract["end_on"] is None


def test_awards_without_contract_and_cancelled_ones(tmp_path):
    reading = read(
        tmp_path,
        release("ocds-1", contracts=None),
        release("ocds-2", awards=[award("A1", WINNER, status="cancelled")]),
        release("ocds-3", awards=[award("A1", WINNER, status="pending")]),
        release("ocds-4", tender={"id": "T", "status": "unsuccessful"}, bids=None, awards=None,
                contracts=None),
    )  # fmt: skip
    (contract,) = reading.rows("contracts")
    assert (contract["tender_id"], contract["signed_on"]) == ("ocds-1", date(2018, 3, 1))
    tenders = {row["tender_id"]: row for row in reading.rows("tenders")}
    assert tenders["ocds-4"]["is_cancelled"] is True
    winners = {(row["tender_id"], row["is_winner"]) for row in reading.rows("bids")}
    assert winners == {("ocds-1", True), ("ocds-1", False), ("ocds-2", None), ("ocds-3", None)}


def test_the_words_of_a_publisher_are_settings(tmp_path):
    mine = release(
        tender={**release()["tender"], "procurementMethodDetails": "Compra menor"},
        bids={"details": [bid(1, LOSER, 5, status="fuera")]},
        awards=[award("A1", WINNER, status="firme")],
        parties=[party(WINNER, identifier={"scheme": "RUC", "id": WINNER})],
    )
    reading = read(
        tmp_path,
        mine,
        procedures={"compra menor": "direct_award"},
        bid_statuses={"fuera": "disqualified"},
        award_statuses={"firme": "won"},
        schemes={"RUC": "XX-REG"},
    )
    assert reading.column("tenders", "procedure") == ["direct_award"]
    statuses = {row["company_id"]: row["status"] for row in reading.rows("bids")}
    assert statuses == {"XI-OCDS:P-00000002": "disqualified", f"XX-REG:{WINNER}": None}
    assert reading.report.tables["contracts"] == 1


def test_days_may_be_counted_in_a_zone(tmp_path):
    reading = read(tmp_path, release(), time_zone="America/Lima")
    (tender,) = reading.rows("tenders")
    assert tender["call_published_on"] == date(2017, 12, 31)
    assert tender["deadline_on"] == date(2018, 2, 1)


def test_times_without_a_zone_are_taken_as_written_and_said(tmp_path):
    changed = {**release()["tender"], "datePublished": "2018-01-02T23:59:59"}
    reading = read(tmp_path, release(tender=changed), time_zone="Asia/Tokyo")
    assert reading.column("tenders", "call_published_on") == [date(2018, 1, 2)]
    assert any("times without a time zone" in warning for warning in reading.report.warnings)


def test_natural_persons_are_pseudonyms_without_names(tmp_path):
    somebody = {
        "id": "P-x",
        "name": "Somebody Invented",
        "identifier": {"scheme": "XX-DNI", "id": "5"},
    }
    reading = read(
        tmp_path,
        release(parties=[somebody, party(LOSER)], awards=[award("A1", "x")], bids=None),
        person_schemes=["XX-DNI"],
        company_names=".*Ltd",
    )
    assert reading.column("contracts", "supplier_id") == [pseudonymise("XX-DNI", "5", KEY)]
    (row,) = reading.rows("companies")
    assert (row["kind"], row["name"]) == ("natural_person", None)
    for name in reading.report.tables:
        assert "Somebody" not in str(reading.rows(name))


def test_names_that_need_not_be_a_companys_are_not_kept(tmp_path):
    parties = [party(WINNER), party(LOSER, name="Somebody Invented")]
    reading = read(tmp_path, release(parties=parties), company_names=".*Ltd")
    rows = {row["company_id"][-1]: (row["kind"], row["name"]) for row in reading.rows("companies")}
    assert rows == {"1": ("company", f"Firm {WINNER} Ltd"), "2": ("unknown", None)}


def test_packages_records_and_compressed_files_hold_releases(tmp_path):
    parts = [
        {**release("ocds-2"), "tag": ["tender"], "awards": [], "contracts": [], "bids": None},
        {**release("ocds-2"), "tag": ["award"], "date": "2018-06-01T00:00:00Z"},
    ]
    files = {
        "in/lines.jsonl": json.dumps(release("ocds-1")) + "\n",
        "in/package.json": json.dumps({"releases": parts}, indent=1),
        "in/records.json.gz": gzip.compress(
            json.dumps(
                {"records": [{"ocid": "ocds-3", "compiledRelease": release("ocds-3")}]}
            ).encode()
        ),
    }
    reading = read_study(tmp_path, files, source("in/*"))
    assert reading.column("tenders", "tender_id") == ["ocds-1", "ocds-2", "ocds-3"]
    assert reading.outcomes("releases") == {("loaded", ""): 3, ("merged", "release"): 1}
    assert reading.report.raw_rows == 4


BAD = [
    '{"ocid": "ocds-1", "tender": {"id"',
    '{"id": "no ocid", "tag": ["compiled"]}',
    "[1]",
    json.dumps(release("ocds-9", date="2017-01-01T00:00:00Z")),
]


def test_bad_lines_are_rejected_with_number_and_reason_and_add_up(tmp_path):
    reading = read(tmp_path, release("ocds-9"), *BAD, release("ocds-10", bids=None))
    assert [(row["line"], row["rule"]) for row in reading.rows("rejected")] == [
        (2, "json"),
        (3, "no_release"),
        (4, "no_release"),
        (5, "duplicate_ocid"),
    ]
    outcomes = reading.outcomes("releases")
    assert sum(outcomes.values()) == reading.report.raw_rows == 6
    assert outcomes[("loaded", "")] == len(set(reading.column("tenders", "tender_id"))) == 2


UNUSABLE = [
    ({"bids": {"details": [bid(1, WINNER, -5)]}}, "bids", "negative_amount", "amount"),
    ({"bids": {"details": [bid(1, WINNER, value={"amount": "?"})]}}, "bids", "number", "amount"),
    ({"bids": {"details": [bid(1, tenderers=[])]}}, "bids", "missing_key", "company_id"),
    ({"bids": {"details": [bid(1, LOSER, value={"amount": 6, "currency": "gold"})]}},
     "bids", "currency", "currency"),
    ({"awards": [award("A1")]}, "contracts", "missing_key", "supplier_id"),
    ({"buyer": None}, "tenders", "missing_value", "buyer_id"),
]  # fmt: skip


def test_a_row_that_cannot_be_used_is_rejected_with_the_line_of_its_release(tmp_path):
    bad = [release(f"ocds-{n}", **changes) for n, (changes, *_) in enumerate(UNUSABLE, start=1)]
    reading = read(tmp_path, release("ocds-0"), *bad)
    found = {
        (row["line"], row["table"], row["rule"], row["column"]) for row in reading.rows("rejected")
    }
    expected = {(line, *reason) for line, (_, *reason) in enumerate(UNUSABLE, start=2)}
    assert found >= expected
    # without its buyer a contract is none either, without supplier an award names no winner
    assert found - expected == {
        (7, "contracts", "missing_value", "buyer_id"),
        (6, "bids/winners", "missing_key", "company_id"),
    }
    assert reading.outcomes("releases") == {("loaded", ""): 7}


def test_a_contract_without_its_award_has_no_supplier_and_is_rejected(tmp_path):
    reading = read(tmp_path, release(awards=None))
    assert reading.report.tables["contracts"] == 0
    assert reading.outcomes("contracts") == {("rejected", "missing_key"): 1}


def test_rows_of_one_release_rejected_alike_are_listed_once_with_their_number(tmp_path):
    nobody = {"tenderers": []}
    bids = [bid(1, **nobody), bid(2, **nobody), bid(3, LOSER, 5)]
    reading = read(tmp_path, release(bids={"details": bids}))
    (row,) = [row for row in reading.rows("rejected") if row["table"] == "bids"]
    assert (row["rule"], row["rows"]) == ("missing_key", 2)
    assert reading.outcomes("bids")[("rejected", "missing_key")] == 2


def test_a_tender_with_500_bids_is_read_whole(tmp_path):
    bids = [bid(n, f"{n:08}", n) for n in range(1, 501)]
    assert len(read(tmp_path, release(bids={"details": bids})).rows("bids")) == 500


def test_a_release_whose_parts_have_odd_shapes_is_read_as_far_as_it_goes(tmp_path):
    odd = {**release()["tender"], "lots": "none", "items": [None], "tenderPeriod": "soon"}
    reading = read(tmp_path, release(tender=odd, bids=[], parties={"id": "x"}))
    assert reading.report.tables["tenders"] == 1
    assert reading.column("tenders", "deadline_on") == [None]


def test_the_order_of_lines_changes_nothing(tmp_path):
    releases = [release(f"ocds-{n}") for n in range(4)]
    one = read(tmp_path / "a", *releases)
    other = read(tmp_path / "b", *reversed(releases))
    for name in ("tenders", "bids", "contracts", "companies"):
        assert one.rows(name) == other.rows(name)


def test_columns_and_tables_can_be_changed_and_left_out(tmp_path):
    changed = source()
    changed["tables"] = {"tenders": {"columns": {"title": {"constant": "Changed"}}}}
    changed["leave_out"] = ["consortia", "tenders.estimated_value", "companies/others"]
    reading = read_study(tmp_path, {"ocds.jsonl": json.dumps(release())}, changed)
    (tender,) = reading.rows("tenders")
    assert (tender["title"], tender["estimated_value"]) == ("Changed", None)
    assert "consortia" not in reading.report.tables
    assert reading.report.tables["companies"] == 2


@pytest.mark.parametrize(
    ("changes", "text", "said"),
    [
        ({}, "a,b\n1,2\n", "does not start like JSON"),
        ({"path": "nowhere.jsonl"}, "{}", "there is no file nowhere.jsonl"),
        ({"tables": {"tenders": {"columns": {"title": "titel"}}}}, "{}", "column titel"),
        ({"leave_out": ["tender"]}, "{}", "'tender' is not filled"),
        ({"reader": "ftm"}, "{}", "its reader is ftm"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_read(tmp_path, changes, text, said):
    data = write_files(tmp_path, {"ocds.jsonl": text})
    problems = check_sources(make_study({**source(), **changes}), data)
    assert any(said in str(problem) for problem in problems), problems


def test_a_compressed_file_that_is_cut_short_is_named(tmp_path):
    releases = "".join(json.dumps(release(f"ocds-{n}")) + "\n" for n in range(50))
    whole = gzip.compress(releases.encode())
    with pytest.raises(SourceError, match="cannot be read") as caught:
        read_study(tmp_path, {"ocds.jsonl.gz": whole[:-40]}, source("ocds.jsonl.gz"))
    assert "ocds.jsonl.gz is cut short" in str(caught.value)


def test_a_folder_is_said_to_be_one(tmp_path):
    data = write_files(tmp_path, {"in/a.jsonl": "{}"})
    (problem,) = check_sources(make_study(source("in")), data)
    assert "in is a folder" in str(problem) and "in/*" in str(problem)


real = pytest.mark.skipif(
    not (DATA / "ocds").is_dir(), reason=f"the real Open Contracting files are not in {DATA}"
)


@real
def test_every_real_release_ends_somewhere(tmp_path):
    params = load_params(ROOT / "params" / "am.yaml")
    store = TableStore(tmp_path)
    with DuckDBEngine(memory_gib=1.0) as engine:
        armenia = Reading(read_sources(params, DATA, store, engine, key=KEY), store)
    assert armenia.outcomes("releases") == {
        ("loaded", ""): 99,
        ("filtered", "no tender or award"): 201,
    }
    assert armenia.report.tables["tenders"] == 172
    assert armenia.report.tables["contracts"] == 69
    assert armenia.report.rejected == 0
