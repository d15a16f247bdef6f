"""The store keeps what its definitions promise, or keeps what was there before."""

from __future__ import annotations

import errno
import hashlib
import os
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from infiltrate.errors import CheckFailed, SchemaError, StoreError
from infiltrate.tables.catalogue import TABLES
from infiltrate.tables.engine import DuckDBEngine
from infiltrate.tables.files import remove_leftovers, replace_file
from infiltrate.tables.store import TableStore


def tenders(**columns: list[object]) -> pa.Table:
    rows = len(next(iter(columns.values())))
    base = {
        "tender_id": [f"T{n}" for n in range(rows)],
        "lot_id": ["1"] * rows,
        "buyer_id": ["XX-B:1"] * rows,
        "source_id": ["made_up"] * rows,
    }
    return pa.table({**base, **columns})


@pytest.fixture
def store(tmp_path: Path) -> TableStore:
    return TableStore(tmp_path / "tables")


def test_rows_come_back_sorted_by_key_with_every_column(store: TableStore) -> None:
    store.write("tenders", tenders(tender_id=["B", "A"], estimated_value=[2.5, None]))
    stored = store.read("tenders")
    assert stored.column_names == list(TABLES["tenders"].column_names)
    assert stored["tender_id"].to_pylist() == ["A", "B"]
    assert [None if v is None else float(v) for v in stored["estimated_value"].to_pylist()] == [
        None,
        2.5,
    ]


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"tender_id": ["A", "A"]}, "key (tender_id, lot_id)"),
        ({"buyer_id": ["x", None]}, "buyer_id"),
        ({"procedure": ["open", "opne"]}, "procedure"),
    ],
)
def test_rows_that_break_a_rule_are_refused_and_the_old_file_stays(
    store: TableStore, columns: dict[str, list[object]], words: str
) -> None:
    store.write("tenders", tenders(title=["kept"]))
    before = store.path("tenders").read_bytes()
    with pytest.raises(CheckFailed, match="1 row") as refusal:
        store.write("tenders", tenders(**columns))
    assert words in str(refusal.value)
    assert store.path("tenders").read_bytes() == before


def test_an_unknown_column_is_refused_with_the_allowed_names(store: TableStore) -> None:
    with pytest.raises(SchemaError, match="deadline_on"):
        store.write("tenders", tenders(deadline=["2020-01-01"]))


def test_a_derived_table_may_not_repeat_its_key(store: TableStore) -> None:
    with pytest.raises(SchemaError, match="repeated"):
        store.write("scores", pa.table({"company_id": ["a", "a"]}), ["company_id"])


def test_writing_twice_in_any_row_order_gives_the_same_bytes(store: TableStore) -> None:
    generator = np.random.default_rng(1)
    keys = np.arange(300_000)
    table = pa.table({"key": keys, "value": generator.random(len(keys))})
    digests = set()
    for _ in range(3):
        store.write("derived", table.take(generator.permutation(len(keys))), ["key"])
        digests.add(hashlib.sha256(store.path("derived").read_bytes()).hexdigest())
    assert len(digests) == 1


def test_a_table_no_source_feeds_is_empty_with_all_columns(store: TableStore) -> None:
    with DuckDBEngine() as engine:
        store.open(engine, TABLES)
        for name, table in TABLES.items():
            frame = engine.query(f"SELECT * FROM {name}")
            assert frame.num_rows == 0
            assert frame.column_names == list(table.column_names)


def test_a_derived_table_that_was_not_written_says_what_to_do(store: TableStore) -> None:
    with DuckDBEngine() as engine, pytest.raises(StoreError, match="Run the stage"):
        store.open(engine, ["risk_scores"])


def test_a_full_disk_leaves_the_old_file_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "estimates.csv"
    path.write_text("old")

    def fill_the_disk() -> None:
        with replace_file(path) as temporary:
            temporary.write_text("half")
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(StoreError, match=r"No space left on device.*untouched"):
        fill_the_disk()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_under_parquet_leaves_the_old_file(store: TableStore) -> None:
    import resource

    rng = np.random.default_rng(2)
    store.write("derived", pa.table({"key": [1]}), ["key"])
    before = store.path("derived").read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, hard))
    try:
        with pytest.raises(StoreError, match="could not be written"):
            store.write("derived", pa.table({"key": rng.random(1_000_000)}), ["key"])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert store.path("derived").read_bytes() == before
    assert [path.name for path in store.folder.iterdir()] == ["derived.parquet"]


def test_leftovers_of_a_killed_run_are_removed_and_nothing_else(tmp_path: Path) -> None:
    kept = tmp_path / "tables" / "bids.parquet"
    kept.parent.mkdir()
    kept.write_text("whole")
    (kept.parent / ".bids.parquet.123.being-written").write_text("half")
    (tmp_path / ".01_tables.ipynb.123.being-written.ipynb").write_text("half")
    assert remove_leftovers(tmp_path) == 2
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [kept]


def test_money_is_exact(store: TableStore) -> None:
    store.write("tenders", tenders(estimated_value=[0.1] * 10))
    with DuckDBEngine() as engine:
        store.open(engine, ["tenders"])
        total = engine.query("SELECT sum(estimated_value) AS total FROM tenders").to_pylist()
    assert str(total[0]["total"]) == "1.00"


def test_dates_are_dates(store: TableStore) -> None:
    store.write("tenders", tenders(award_on=[date(2020, 2, 29)]))
    assert store.read("tenders")["award_on"].to_pylist() == [date(2020, 2, 29)]
