"""Buyers, markets and areas go the whole way, and nothing is told that may not be."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from infiltrate.indicators.catalogue import CONTRACT_LEVELS, LEVELS, load_catalogue
from infiltrate.indicators.compute import compute_indicators
from infiltrate.indicators.examples import run_example
from infiltrate.indicators.summary import summarise_indicators
from infiltrate.tables.asof import open_as_of
from infiltrate.tables.catalogue import TABLES
from infiltrate.tables.engine import DuckDBEngine
from infiltrate.tables.store import TableStore
from tests.indicators.country import (
    FACTS,
    Rows,
    compute_table,
    draw_country,
    make_params,
    make_table,
)
from tests.indicators.test_properties import OTHER_SETTINGS

DAY = date(2019, 6, 30)
PARAMS = make_params(FACTS, OTHER_SETTINGS)


def compute_as_of(tables: Mapping[str, Rows], folder: Path, day: date) -> pa.Table:
    """Compute every indicator from the tables as they were known on a day."""
    store = TableStore(folder)
    for name, rows in tables.items():
        store.write(name, make_table(name, rows))
    with DuckDBEngine(memory_gib=1.0, threads=1) as engine:
        open_as_of(store, engine, day, TABLES)
        return compute_indicators(engine, PARAMS)


def test_as_of_a_day_the_future_changes_no_level_at_all(tmp_path: Path) -> None:
    country = draw_country(3, lots=60)
    later = DAY + timedelta(days=90)
    extended: dict[str, list[dict[str, Any]]] = {name: list(rows) for name, rows in country.items()}
    extended["tenders"] += [
        {
            **row,
            "tender_id": f"later {row['tender_id']}",
            "call_published_on": later,
            "deadline_on": later,
            "award_on": later,
        }
        for row in country["tenders"]
    ]
    for name in ("bids", "contracts"):
        dated = {"bids": "submitted_on", "contracts": "signed_on"}[name]
        extended[name] += [
            {
                **row,
                **{
                    key: f"later {row[key]}" for key in ("tender_id", "contract_id") if row.get(key)
                },
                dated: later,
            }
            for row in country[name]
        ]
    extended["subcontracts"] += [
        {**row, "contract_id": f"later {row['contract_id']}", "signed_on": later}
        for row in country["subcontracts"]
    ]
    extended["officers"] += [{**row, "valid_from": later} for row in country["officers"]]
    extended["ownership"] += [{**row, "valid_from": later} for row in country["ownership"]]
    extended["list_entries"] += [
        {**row, "entry_id": f"later {row['entry_id']}", "listed_on": later}
        for row in country["list_entries"]
    ]
    before = compute_as_of(country, tmp_path / "before", DAY)
    after = compute_as_of(extended, tmp_path / "after", DAY)
    assert before.num_rows > 0
    assert after.equals(before)


def test_a_value_learnt_later_is_not_known_before(tmp_path: Path) -> None:
    country = draw_country(3, lots=60)
    results = compute_as_of(country, tmp_path, DAY).to_pylist()
    ends = {
        f"{row['contract_id']}/1/{row['supplier_id']}": row.get("final_end_on")
        for row in country["contracts"]
    }
    delays = [row for row in results if row["indicator"] == "C13" and row["value"] is not None]
    assert delays
    assert all(ends[row["entity_id"]] <= DAY for row in delays)


def test_the_summary_knows_every_level() -> None:
    summary = summarise_indicators(compute_table(PARAMS, draw_country(1)))
    assert set(summary["level"]) == set(LEVELS)
    assert {*CONTRACT_LEVELS, "company"} == set(LEVELS)
    assert (summary["units"] > 0).all()


def test_a_list_rate_names_no_company_and_shows_no_small_cell() -> None:
    rows = run_example("A06")
    assert {record.split(":")[0] for row in rows for record in row["evidence"]} == {"areas"}
    country = draw_country(1)
    strict = make_params(FACTS)
    shown = compute_table(strict, country, "A06").to_pylist()
    assert {row["state"] for row in shown} == {"not_computable"}


@pytest.mark.parametrize("code", ["C06", "C26", "C28", "C45"])
def test_contracts_of_natural_persons_are_never_scored(code: str) -> None:
    country = draw_country(1)
    persons = {row["company_id"] for row in country["companies"] if row["kind"] == "natural_person"}
    rows = compute_table(PARAMS, country, code).to_pylist()
    theirs = [row for row in rows if row["company_id"] in persons]
    assert theirs
    assert {row["detail"] for row in theirs} == {"the supplier is a natural person"}


@pytest.mark.parametrize("code", ["P01", "P02", "P03"])
def test_natural_persons_who_bid_are_never_evidence(code: str) -> None:
    country = draw_country(1)
    persons = {row["company_id"] for row in country["companies"] if row["kind"] == "natural_person"}
    rows = compute_table(PARAMS, country, code).to_pylist()
    named = {part for row in rows for record in row["evidence"] for part in record.split("/")}
    assert not named & persons


def test_evidence_names_records_that_exist() -> None:
    country = draw_country(1)
    keys = {name: TABLES[name].key for name in country}
    known = {
        f"{name}:" + "/".join(str(row[key]) for key in keys[name])
        for name, rows in country.items()
        for row in rows
    }
    units = {"buyers", "markets"}
    rows = compute_table(PARAMS, country).to_pylist()
    flagged = [row for row in rows if row["state"] == "flag"]
    assert {row["indicator"] for row in flagged} == set(load_catalogue())
    strange = {
        (row["indicator"], record)
        for row in flagged
        for record in row["evidence"]
        if record.split(":")[0] not in units and record not in known
    }
    assert not strange
