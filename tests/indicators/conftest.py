"""The fixture with which each indicator is computed on a few rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from infiltrate.indicators.compute import STATES
from tests.indicators.country import Rows, compute_table, make_params

Results = dict[str, dict[str, Any]]


@pytest.fixture
def judge() -> Callable[..., Results]:
    """Compute one indicator on tables given as rows and return its rows by unit."""

    def compute(
        code: str,
        facts: Mapping[str, Any] | None = None,
        settings: Mapping[str, Any] | None = None,
        **tables: Rows,
    ) -> Results:
        params = make_params(facts, {code: {"settings": dict(settings or {})}})
        rows = compute_table(params, tables, code).to_pylist()
        said = {state: {r["detail"] for r in rows if r["state"] == state} for state in STATES}
        assert sum(map(len, said.values())) == len(set().union(*said.values())), (
            f"{code} gives one reason for two states: {said}"
        )
        return {row["entity_id"]: row for row in rows}

    return compute
