"""The invented files in Companies House's own formats, read as params/gb.yaml says."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from infiltrate.params.load import load_params
from infiltrate.sources import check_sources, read_sources
from infiltrate.tables.engine import DuckDBEngine
from infiltrate.tables.store import TableStore
from tests.fixtures.make_gb import FOLDER, N_COMPANIES, make_files, write_files
from tests.sources.reading import KEY, Reading

PARAMS = Path(__file__).parents[2] / "params" / "gb.yaml"


@pytest.fixture(scope="module")
def country(tmp_path_factory) -> Reading:
    params = load_params(PARAMS)
    store = TableStore(tmp_path_factory.mktemp("gb") / "tables")
    with DuckDBEngine(memory_gib=1.0, threads=1) as engine:
        report = read_sources(params, FOLDER, store, engine, key=KEY)
    return Reading(report, store)


def test_the_files_are_those_the_script_makes():
    if os.environ.get("WRITE_FIXTURES"):
        write_files()
    for name, text in make_files().items():
        assert (FOLDER / name).read_text(encoding="utf-8") == text, f"{name} is stale"


def test_the_sources_are_ready_to_be_read():
    assert check_sources(load_params(PARAMS), FOLDER) == []


def test_every_company_of_the_register_is_there(country):
    registered = [row for row in country.rows("companies") if row["in_registry"]]
    assert len(registered) == N_COMPANIES
    assert {row["company_id"].partition(":")[0] for row in registered} == {"GB-COH"}
    statuses = {row["status"] for row in registered}
    assert statuses == {"active", "dormant", "liquidation", "dissolved"}


def test_owners_of_every_kind(country):
    rows = country.rows("ownership")
    kinds = {row["owner_kind"] for row in rows}
    assert kinds == {"natural_person", "company", "unknown"}
    held = {(row["owner_id"], row["company_id"]) for row in rows if row["interest"] == "shares"}
    circle = [f"GB-COH:{99000000 + n}" for n in (43,)]
    assert (circle[0], circle[0]) in held
    assert any(owner.startswith("XI-PSC:CY-") for owner, _ in held)
    assert {row["interest"] for row in rows} == {"shares", "votes", "appointment", "influence"}


def test_suppliers_with_a_number_are_companies_of_the_register(country):
    known = set(country.column("companies", "company_id"))
    suppliers = country.column("contracts", "supplier_id")
    numbered = [supplier for supplier in suppliers if supplier.startswith("GB-COH:")]
    assert len(numbered) > 200 and set(numbered) <= known
    # Contracts Finder classifies the tender as a whole, not its items.
    assert set(country.column("tenders", "product_code")) == {"45000000", "90910000"}


def test_what_is_rejected_is_what_was_planted(country):
    rules = {(row["source_id"], row["rule"]) for row in country.rows("rejected")}
    assert rules == {("officers", "reversed_dates")}


def test_no_name_of_a_person_is_kept(country):
    for name in ("persons", "ownership", "officers", "companies", "rejected"):
        text = str(country.rows(name))
        for part in ("Madeup", "Fictive", "madeup", "fictive"):
            assert part not in text
