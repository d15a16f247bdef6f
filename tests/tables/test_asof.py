"""What is learnt later is not known earlier."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infiltrate.tables.asof import open_as_of
from infiltrate.tables.catalogue import TABLES
from infiltrate.tables.engine import DuckDBEngine
from infiltrate.tables.store import TableStore

DAY = date(2020, 6, 30)
LATER = DAY + timedelta(days=1)


def rows_as_of(store: TableStore, name: str, day: date = DAY) -> list[dict[str, object]]:
    with DuckDBEngine() as engine:
        open_as_of(store, engine, day, [name])
        return engine.query(f"SELECT * FROM {name} ORDER BY ALL").to_pylist()


@pytest.fixture
def store(tmp_path: Path) -> TableStore:
    store = TableStore(tmp_path)
    store.write(
        "tenders",
        pa.table(
            {
                "tender_id": ["early", "late", "undated"],
                "lot_id": ["1", "1", "1"],
                "buyer_id": ["b", "b", "b"],
                "call_published_on": [date(2020, 1, 1), LATER, None],
                "award_on": [LATER, LATER, None],
                "bids_recorded": [3, 3, 3],
                "source_id": ["s", "s", "s"],
            }
        ),
    )
    store.write(
        "bids",
        pa.table(
            {
                "tender_id": ["early", "early", "late"],
                "lot_id": ["1", "1", "1"],
                "company_id": ["a", "c", "a"],
                "submitted_on": [date(2020, 2, 1), None, None],
                "is_winner": [True, False, True],
                "source_id": ["s", "s", "s"],
            }
        ),
    )
    return store


def test_rows_dated_later_or_never_are_absent(store: TableStore) -> None:
    assert [row["tender_id"] for row in rows_as_of(store, "tenders")] == ["early"]


def test_values_known_later_are_missing(store: TableStore) -> None:
    tender = rows_as_of(store, "tenders")[0]
    assert (tender["award_on"], tender["bids_recorded"]) == (None, None)
    assert rows_as_of(store, "tenders", LATER)[0]["bids_recorded"] == 3


def test_a_row_without_a_date_has_its_parents(store: TableStore) -> None:
    assert [row["company_id"] for row in rows_as_of(store, "bids")] == ["a", "c"]


def test_a_value_dated_by_the_parent_is_missing_until_then(store: TableStore) -> None:
    assert {row["is_winner"] for row in rows_as_of(store, "bids")} == {None}
    assert {row["is_winner"] for row in rows_as_of(store, "bids", LATER)} == {True, False}


def test_a_company_founded_later_is_absent_and_one_of_unknown_age_stays(store: TableStore) -> None:
    store.write(
        "companies",
        pa.table(
            {
                "company_id": ["old", "today", "young", "ageless"],
                "kind": ["company"] * 4,
                "incorporated_on": [date(2000, 1, 1), DAY, LATER, None],
                "source_id": ["s"] * 4,
            }
        ),
    )
    found = [row["company_id"] for row in rows_as_of(store, "companies")]
    assert found == ["ageless", "old", "today"]


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(days=st.lists(st.integers(1, 2000), min_size=1, max_size=5))
def test_adding_rows_from_the_future_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory, days: list[int]
) -> None:
    store = TableStore(tmp_path_factory.mktemp("tables"))

    def entries(dates: list[date]) -> pa.Table:
        size = len(dates)
        return pa.table(
            {
                "list_id": ["court"] * size,
                "entry_id": [str(n) for n in range(size)],
                "company_id": ["c"] * size,
                "listed_on": dates,
                "removed_on": [day + timedelta(days=30) for day in dates],
                "source_id": ["s"] * size,
            }
        )

    past = [date(2019, 1, 1), DAY]
    store.write("list_entries", entries(past))
    before = rows_as_of(store, "list_entries")
    store.write("list_entries", entries(past + [DAY + timedelta(days=n) for n in days]))
    assert rows_as_of(store, "list_entries") == before
    assert before[1]["removed_on"] is None


def test_every_definition_names_columns_that_exist() -> None:
    for table in TABLES.values():
        names = set(table.column_names)
        assert {*table.key, *table.known_on, *(n for pair in table.order for n in pair)} <= names
        for column in table.columns:
            assert column.description.endswith(".")
            parent, _, dated = column.known_on.rpartition(".")
            owner = TABLES[parent] if parent else table
            assert not column.known_on or dated in owner.column_names
            if column.references:
                name, _, target = column.references.partition(".")
                assert target in TABLES[name].key
