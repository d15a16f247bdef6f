"""The long table in which every indicator answers, whatever room works it out."""

from __future__ import annotations

import pyarrow as pa

RESULT_SCHEMA = pa.schema(
    [
        ("indicator", pa.string()),
        ("level", pa.string()),
        ("entity_id", pa.string()),
        ("buyer_id", pa.string()),
        ("company_id", pa.string()),
        ("on_date", pa.date32()),
        ("state", pa.string()),
        ("value", pa.float64()),
        ("threshold", pa.float64()),
        ("detail", pa.string()),
        ("evidence", pa.list_(pa.string())),
    ]
)
"""One row per indicator and unit, sorted by both; see `compute_indicators`."""
