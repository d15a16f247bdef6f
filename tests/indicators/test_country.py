"""The invented country that other tests judge leaves no indicator without a flag or a clear."""

from __future__ import annotations

from infiltrate.indicators.catalogue import load_catalogue
from tests.indicators.country import compute_table, draw_judged_country


def test_every_indicator_has_every_state() -> None:
    country, params = draw_judged_country()
    results = compute_table(params, country).select(["indicator", "state"]).to_pylist()
    found = {(row["indicator"], row["state"]) for row in results}
    states = ("flag", "clear", "not_computable")
    assert {(code, state) for code in load_catalogue() for state in states} - found == set()
