"""The real Peruvian files, read by ``params/pe.yaml``."""

import os
from collections import defaultdict
from pathlib import Path

import pytest

from infiltrate.params.load import load_params
from infiltrate.sources import check_sources, read_sources
from infiltrate.tables.engine import DuckDBEngine
from infiltrate.tables.store import TableStore
from tests.sources.reading import KEY, Reading

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("INFILTRATE_DATA", ROOT.parent / "shared" / "data"))
AWARDS = 14_532

pytestmark = pytest.mark.skipif(
    not (DATA / "pe").is_dir(), reason=f"the real Peruvian files are not in {DATA}"
)


@pytest.fixture(scope="module")
def peru(tmp_path_factory) -> Reading:
    folder = tmp_path_factory.mktemp("peru")
    params = load_params(ROOT / "params" / "pe.yaml")
    assert check_sources(params, DATA) == []
    store = TableStore(folder)
    with DuckDBEngine(memory_gib=1.0) as engine:
        return Reading(read_sources(params, DATA, store, engine, key=KEY), store)


def test_every_award_row_ends_somewhere_in_every_table(peru):
    totals = defaultdict(int)
    for row in peru.rows("intake"):
        if row["source_id"] == "osce":
            totals[row["table"]] += row["rows"]
    assert {"buyers", "tenders", "bids", "contracts", "consortia"} <= set(totals)
    assert set(totals.values()) == {AWARDS}


def test_shifted_and_cut_rows_are_rejected_with_the_guard_that_shows_them(peru):
    rules = defaultdict(int)
    for row in peru.rows("rejected"):
        rules[row["source_id"], row["rule"], row["table"]] += 1
    assert rules == {
        ("osce", "guard:entidad_ruc", ""): 241,
        ("osce", "guard:n_item", ""): 44,
        ("osce", "guard:moneda", ""): 86,
        ("penalties", "guard:ruc_proveedor", ""): 2,
    }


def test_rows_of_each_table(peru):
    assert peru.report.tables == {
        "areas": 33,
        "bids": 7851,
        "buyers": 153,
        "companies": 6576,
        "consortia": 1370,
        "contracts": 2994,
        "list_entries": 158,
        "sectors": 157,
        "tenders": 2972,
    }


def test_no_reference_points_to_nothing(peru):
    assert not [warning for warning in peru.report.warnings if "not in table" in warning]


def test_natural_persons_are_pseudonyms_without_name_or_address(peru):
    for row in peru.rows("companies"):
        is_person = row["company_id"].startswith("PE-RUC-P:")
        assert is_person == (row["kind"] == "natural_person")
        if is_person:
            assert row["name"] is row["address"] is row["address_key"] is None
        else:
            assert row["company_id"].startswith(("PE-RUC:20", "PE-OSCE:"))


def test_every_item_has_its_dates_in_2019_or_later(peru):
    called = peru.column("tenders", "call_published_on")
    assert {day.year for day in called} == {2019}
    assert min(day for day in peru.column("tenders", "deadline_on") if day).year == 2019


def test_consortia_have_members_among_the_companies(peru):
    companies = set(peru.column("companies", "company_id"))
    for row in peru.rows("consortia"):
        assert row["consortium_id"].startswith("PE-OSCE:")
        assert {row["consortium_id"], row["company_id"]} <= companies


def test_lists_keep_their_own_rows(peru):
    entries = defaultdict(set)
    for row in peru.rows("list_entries"):
        entries[row["list_id"]].add(row["company_id"])
    assert {name: len(firms) for name, firms in entries.items()} == {
        "tce_debarment": 76,
        "contract_penalty": 72,
    }
