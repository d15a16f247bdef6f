"""Completeness is counted by hand on three tenders."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow as pa

from infiltrate.tables.coverage import missing_by_year, summarise_tables
from infiltrate.tables.engine import DuckDBEngine
from infiltrate.tables.store import TableStore


def test_rows_days_and_gaps(tmp_path: Path) -> None:
    store = TableStore(tmp_path)
    store.write(
        "tenders",
        pa.table(
            {
                "tender_id": ["a", "b", "c"],
                "lot_id": ["1"] * 3,
                "buyer_id": ["x"] * 3,
                "call_published_on": [date(2020, 3, 1), date(2020, 5, 1), None],
                "award_on": [None, date(2020, 6, 1), date(2021, 1, 1)],
                "title": ["t", None, None],
                "source_id": ["s"] * 3,
            }
        ),
    )
    with DuckDBEngine() as engine:
        store.open(engine, ["tenders", "areas"])
        tenders, areas = summarise_tables(engine, ["tenders", "areas"]).to_dict("records")
        gaps = missing_by_year(engine, ["tenders", "areas"]).set_index(["field", "year"])
    assert (tenders["rows"], tenders["first"], tenders["last"]) == (
        3,
        date(2020, 3, 1),
        date(2021, 1, 1),
    )
    assert "estimated_value" in tenders["note"]
    assert "title" not in tenders["note"]
    assert areas["rows"] == 0
    assert gaps.loc[("tenders.title", 2020), "missing_share"] == 0.5
    assert gaps.loc[("tenders.award_on", 2020), "missing_share"] == 0.5
    assert gaps.loc[("tenders.title", 2021), "missing_share"] == 1.0
