"""Whether two tables say the same."""

from __future__ import annotations

import math
from typing import Any

import pyarrow as pa

NEARLY = 1e-9


def differences(one: pa.Table, other: pa.Table) -> list[str]:
    """Name columns, types and rows that differ; doubles may by one in a thousand million."""
    if one.schema != other.schema:
        return [f"columns: {one.schema} and {other.schema}"]
    if one.num_rows != other.num_rows:
        return [f"{one.num_rows} rows and {other.num_rows}"]
    return [
        f"{name}, row {number}: {first!r} and {second!r}"
        for name in one.column_names
        for number, (first, second) in enumerate(
            zip(one[name].to_pylist(), other[name].to_pylist(), strict=True)
        )
        if not _same(first, second)
    ]


def _same(first: Any, second: Any) -> bool:
    if isinstance(first, float) and isinstance(second, float):
        both = math.isnan(first) and math.isnan(second)
        return both or math.isclose(first, second, rel_tol=NEARLY, abs_tol=NEARLY)
    return bool(first == second)
