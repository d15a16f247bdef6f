"""Every indicator has a worked example, and computes what was worked out by hand."""

from __future__ import annotations

import pytest

from infiltrate.indicators.catalogue import load_catalogue
from infiltrate.indicators.examples import load_example, run_example


@pytest.mark.parametrize("code", sorted(load_catalogue()))
def test_the_example_comes_out_as_worked_out_by_hand(code: str) -> None:
    results = {row["entity_id"]: row for row in run_example(code)}
    expected = load_example(code).expect
    assert set(expected) <= set(results)
    for unit, verdict in expected.items():
        row = results[unit]
        assert (row["state"], row["detail"] != "") == (verdict["state"], True), row
        value = verdict.get("value")
        close = value if value is None else pytest.approx(value, rel=1e-5, abs=1e-9)
        assert row["value"] == close, row


@pytest.mark.parametrize("code", sorted(load_catalogue()))
def test_the_example_shows_a_flag_and_what_is_not_computable(code: str) -> None:
    states = {verdict["state"] for verdict in load_example(code).expect.values()}
    assert {"flag", "not_computable"} <= states
