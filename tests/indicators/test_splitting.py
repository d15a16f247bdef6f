"""Splitting: a regular calendar is left alone, planted pieces are found."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from infiltrate.indicators.splitting import examine_splitting
from infiltrate.params.bidding_choices import SplittingChoices
from infiltrate.params.facts import Threshold

QUICK = SplittingChoices(permutations=99, window_days=60)


def make_threshold(**change: Any) -> Threshold:
    fixed = {"regime": "direct_award", "category": "goods", "amount": 100.0, "currency": "EUR"}
    law = {"valid_from": date(2020, 1, 1), "source": "an invented law"}
    return Threshold.model_validate({**fixed, **law, **change})


def draw_contracts(seed: int, split: int) -> pd.DataFrame:
    """Draw purchases of 20 to 80 over three years; some come as three pieces within a month."""
    rng = np.random.default_rng(seed)
    rows = []
    for buyer in range(20):
        for purchase in range(60):
            supplier = rng.integers(0, 12)
            rows.append((buyer, supplier, rng.uniform(20, 80), rng.integers(0, 1_000), purchase))
    for number in range(split):
        buyer, supplier, first = rng.integers(0, 20), rng.integers(0, 12), rng.integers(0, 950)
        for piece in range(3):
            place = (buyer, supplier, 45.0, first + 10 * piece, 1_000 + 3 * number + piece)
            rows.append(place)
    frame = pd.DataFrame(rows, columns=["buyer_id", "supplier_id", "amount", "day", "purchase"])
    day = pd.Timestamp("2020-01-01") + pd.to_timedelta(frame["day"].astype(int), unit="D")
    return frame.assign(signed_on=day, currency="EUR", category="goods", product="33100000").drop(
        columns="day"
    )


def test_a_calendar_without_pieces_is_left_alone() -> None:
    p_values = [
        examine_splitting(
            draw_contracts(seed, 0), [make_threshold()], np.random.default_rng(seed), QUICK
        )["p_value"].iloc[0]
        for seed in range(20)
    ]
    assert np.mean(np.array(p_values) <= 0.05) <= 0.15
    assert 0.25 <= np.mean(p_values) <= 0.75


def test_planted_pieces_are_found() -> None:
    found = [
        examine_splitting(
            draw_contracts(seed, 80), [make_threshold()], np.random.default_rng(seed), QUICK
        ).iloc[0]
        for seed in range(8)
    ]
    assert np.mean([row["state"] == "flag" for row in found]) >= 0.9
    assert all(row["observed"] > row["expected"] for row in found if row["state"] == "flag")


def test_sums_by_hand() -> None:
    fill = [("b", "s", 10.0, f"2020-{m:02}-01", f"f{m}{k}") for m in range(1, 13) for k in range(5)]
    rows = [
        ("a", "s", 60.0, "2020-01-01", "p1"),
        ("a", "s", 50.0, "2020-02-01", "p2"),  # completes 110 within 60 days
        ("a", "s", 60.0, "2020-06-01", "p3"),
        ("a", "s", 30.0, "2020-06-10", "p4"),
        ("a", "s", 9.0, "2020-06-11", "p4"),  # one purchase of 39: 99 together
        ("a", "s", 500.0, "2020-06-12", "p5"),  # above the threshold: no piece
        ("a", "t", 60.0, "2020-06-12", "p6"),  # another supplier
    ]
    names = ["buyer_id", "supplier_id", "amount", "signed_on", "purchase"]
    frame = pd.DataFrame(fill + rows, columns=names)
    frame = frame.assign(currency="EUR", category="goods", product="33")
    found = examine_splitting(frame, [make_threshold()], np.random.default_rng(1), QUICK).iloc[0]
    # five purchases of 10 a month: 10 or more within 60 days from the second month on
    monthly = 5 * 11
    assert found["observed"] == 1 + monthly
    assert found["purchases"] == len(fill) + 5


@pytest.mark.parametrize("change", [{"currency": "USD"}, {"category": "works"}])
def test_other_rules_see_nothing_and_say_so(change: dict[str, str]) -> None:
    found = examine_splitting(
        draw_contracts(1, 5), [make_threshold(**change)], np.random.default_rng(1), QUICK
    ).iloc[0]
    assert (found["state"], found["purchases"]) == ("not_computable", 0)
    assert "50 are needed" in found["detail"]
    assert examine_splitting(draw_contracts(1, 5), [], np.random.default_rng(1)).empty
