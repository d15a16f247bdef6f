"""Drivers of synthetic countries by one command, and their goals, on rows made by hand."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from infiltrate.errors import ParamsError
from infiltrate.impact.drivers import KNOWN, LISTED, MAIN, RUBIN
from infiltrate.validation import drivers_document, subjects
from infiltrate.validation.drivers import COLUMNS, summarise_drivers
from infiltrate.validation.drivers_document import (
    BEGIN,
    END,
    hold_drivers_against_goals,
    insert_drivers,
    read_drivers,
)
from infiltrate.validation.request import build_request
from infiltrate.validation.validate import validate_estimators

PLANTED = pd.DataFrame(
    {"term": ["unemployment_pct"], "sample": [MAIN], "planted": [5.0], "error": [0.05]}
)


def found(seed: int, *, rubin: float = 5.0, naive: float = 3.0, card: str = "high") -> pd.DataFrame:
    """Return the rows of one country; every interval reaches 1 to both sides."""
    middle = {RUBIN: rubin, KNOWN: naive, LISTED: naive}
    rows = [
        {"estimator": name, "estimate": one, "low": one - 1, "high": one + 1}
        for name, one in middle.items()
    ]
    facts = {"scenario": card, "seed": seed, "term": "unemployment_pct", "sample": MAIN}
    return pd.DataFrame(rows).assign(**facts, firms=400)[list(COLUMNS)]


def _goals(rows: pd.DataFrame) -> pd.DataFrame:
    summary = summarise_drivers(rows, PLANTED).assign(scenario="high")
    return hold_drivers_against_goals(summary).set_index("estimator")


def test_intervals_over_draws_must_hold_what_was_planted_and_naive_ones_must_not():
    goals = _goals(pd.concat([found(seed) for seed in range(13)]))
    assert set(goals["reached"]) == {"yes"}
    assert goals.loc[RUBIN, "result"].startswith("13 of 13")
    assert goals.loc[KNOWN, "result"].startswith("0 of 13")
    goals = _goals(pd.concat([found(0, rubin=9.0, naive=5.0), found(1, naive=5.0)]))
    assert set(goals["reached"]) == {"no"}


def test_one_command_recovers_every_country_once(tmp_path, monkeypatch):
    monkeypatch.setattr(
        subjects, "recover_drivers", lambda card, firms, seed, choices: found(seed, card=card)
    )
    monkeypatch.setattr(drivers_document, "find_planted", lambda *_: PLANTED)
    asked = build_request("high", 3, 400, 1, what="drivers")
    said: list[str] = []
    result = validate_estimators(asked, tmp_path, jobs=1, say=said.append)
    assert "unemployment_pct by fractional logit over draws 5.00" in said[1]
    assert len(read_drivers(result.rows)) == 9
    assert "| held by the interval | high | unemployment_pct |" in result.summary.read_text()
    assert validate_estimators(asked, tmp_path, jobs=1, say=said.append).computed == 0
    page = tmp_path / "page.md"
    page.write_text(f"{BEGIN}\n{END}\n")
    insert_drivers(tmp_path, page, date(2026, 11, 23))
    assert "3 synthetic countries of 400 firms" in page.read_text()


def test_what_cannot_be_asked_of_drivers_is_said():
    for scenarios, estimators in (("base", "pool"), ("base:flipped-exposure", None)):
        with pytest.raises(ParamsError):
            build_request(scenarios, 1, 400, 1, estimators, what="drivers")
