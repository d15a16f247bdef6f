"""Bunching: planted excess comes back with coverage, a smooth density stays clear."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from infiltrate.errors import NotEnoughData
from infiltrate.indicators.bunching import BunchingSettings, measure_bunching
from infiltrate.indicators.density_jump import measure_density_jump
from infiltrate.indicators.threshold_tests import chart_thresholds, examine_thresholds
from infiltrate.params.facts import Threshold

LIMIT = 40_000.0
QUICK = BunchingSettings(resamples=60, bins=25)


def draw_amounts(rng: np.random.Generator, planted: float, count: int = 4_000) -> np.ndarray:
    """Draw amounts; of those just below the limit a planted share was moved there from above."""
    amounts = rng.lognormal(np.log(35_000), 1.0, count)
    if planted:
        below = ((amounts < LIMIT) & (amounts >= 0.88 * LIMIT)).sum()
        above = np.flatnonzero((amounts >= LIMIT) & (amounts < 1.3 * LIMIT))
        moved = rng.choice(above, round(planted / (1 - planted) * below), replace=False)
        amounts[moved] = LIMIT * (1 - 0.1 * rng.beta(1.2, 6, len(moved))) - 0.01
    return amounts


@pytest.mark.parametrize("planted", [0.0, 0.12, 0.3])
def test_the_interval_covers_the_planted_share(planted: float) -> None:
    covered, errors = [], []
    for seed in range(25):
        rng = np.random.default_rng(seed)
        found = measure_bunching(draw_amounts(rng, planted), LIMIT, rng, settings=QUICK)
        covered.append(found.low <= planted <= found.high)
        errors.append(found.share - planted)
    assert np.mean(covered) >= 0.85
    assert abs(np.mean(errors)) < 0.03


def test_a_flat_density_with_a_known_heap_by_hand() -> None:
    # 50 per bin of log amounts, and 100 more in the last bin below the threshold
    settings = BunchingSettings(reach=1.0, bins=50, order=1, resamples=20)
    middles = np.linspace(-1, 1, 101)[:-1] + 0.01
    amounts = LIMIT * np.exp(np.repeat(middles, 50))
    heap = np.full(100, LIMIT * np.exp(-0.01))
    found = measure_bunching(
        np.concatenate([amounts, heap]), LIMIT, np.random.default_rng(1), settings=settings
    )
    # ln 0.88 = -0.128: the six bins with middles from -0.11 to -0.01
    assert (found.observed, found.contracts) == (400, 5_100)
    assert found.expected == pytest.approx(300, rel=1e-6)
    assert found.excess == pytest.approx(100, rel=1e-5)
    assert found.relative == pytest.approx(2, rel=1e-5)
    assert found.missing_above == pytest.approx(0, abs=1e-3)


def test_buyers_are_drawn_whole() -> None:
    rng = np.random.default_rng(3)
    amounts = draw_amounts(rng, 0.0)
    buyers = rng.integers(0, 8, len(amounts))
    heap = np.full(150, LIMIT * 0.99)
    clusters = np.concatenate([buyers, np.full(150, 3)])
    every = np.concatenate([amounts, heap])
    alone = measure_bunching(every, LIMIT, np.random.default_rng(1), settings=QUICK)
    grouped = measure_bunching(every, LIMIT, np.random.default_rng(1), clusters, QUICK)
    assert grouped.share == alone.share
    assert grouped.high - grouped.low > 1.2 * (alone.high - alone.low)


def test_row_order_changes_no_estimate() -> None:
    amounts = draw_amounts(np.random.default_rng(1), 0.12)
    one = measure_bunching(amounts, LIMIT, np.random.default_rng(2), settings=QUICK)
    other = measure_bunching(np.sort(amounts), LIMIT, np.random.default_rng(2), settings=QUICK)
    assert (one.share, one.low, one.high) == (other.share, other.low, other.high)


def test_too_few_contracts_are_refused() -> None:
    with pytest.raises(NotEnoughData, match="200 are needed"):
        measure_bunching(np.full(199, LIMIT), LIMIT, np.random.default_rng(1))
    with pytest.raises(NotEnoughData, match="40 are needed"):
        measure_density_jump(np.arange(10.0), 5.0)
    with pytest.raises(NotEnoughData, match="20 are needed on each side"):
        measure_density_jump(np.arange(100.0), 99.5)


def test_the_jump_agrees_with_rddensity() -> None:
    # rddensity 3.0 for Python: rddensity(x, c=0, h=[0.6, 0.6]) on the same numbers
    rng = np.random.default_rng(7)
    values = np.round(rng.normal(0.2, 1, 1_500), 6)
    values = np.concatenate([values, -np.round(rng.random(60) * 0.15, 6) - 1e-6])
    jump = measure_density_jump(values, 0.0, 0.6)
    assert (jump.used_left, jump.used_right) == (376, 385)
    assert jump.left == pytest.approx(0.827034, abs=1e-6)
    assert jump.right == pytest.approx(0.507676, abs=1e-6)
    assert jump.statistic == pytest.approx(-2.621217, abs=1e-6)
    assert jump.p_value == pytest.approx(0.008762, abs=1e-6)


@pytest.mark.parametrize("count", [400, 2_000])
def test_a_smooth_density_is_rejected_as_often_as_stated(count: int) -> None:
    p_values = np.array(
        [
            measure_density_jump(np.random.default_rng(seed).normal(0.3, 1, count), 0.0).p_value
            for seed in range(250)
        ]
    )
    assert 0.02 <= np.mean(p_values < 0.05) <= 0.085
    assert 0.06 <= np.mean(p_values < 0.1) <= 0.145


def test_a_planted_jump_is_found() -> None:
    found = [
        measure_density_jump(np.log(draw_amounts(np.random.default_rng(s), 0.3)), np.log(LIMIT))
        for s in range(20)
    ]
    assert np.mean([jump.p_value < 0.05 and jump.left > jump.right for jump in found]) >= 0.8


def make_threshold(**changes: Any) -> Threshold:
    facts = {
        "regime": "direct_award",
        "category": "works",
        "amount": LIMIT,
        "currency": "EUR",
        "valid_from": "2020-01-01",
        "source": "an invented law",
    }
    return Threshold.model_validate({**facts, **changes})


def draw_contracts(planted_buyers: tuple[str, ...]) -> pd.DataFrame:
    parts = []
    for number in range(12):
        rng = np.random.default_rng([5, number])
        buyer = f"buyer{number:02}"
        planted = 0.5 if buyer in planted_buyers else 0.0
        amounts = draw_amounts(rng, planted, 1_200)
        parts.append(pd.DataFrame({"buyer_id": buyer, "amount": amounts}))
    contracts = pd.concat(parts, ignore_index=True)
    return contracts.assign(currency="EUR", category="works", signed_on=date(2021, 5, 1))


def test_the_buyers_that_bunch_are_named() -> None:
    bunching = ("buyer02", "buyer07")
    table = examine_thresholds(
        draw_contracts(bunching), [make_threshold()], np.random.default_rng(1), settings=QUICK
    )
    assert table["buyer_id"].isna().tolist() == [True] + [False] * 12
    buyers = table.iloc[1:]
    flagged = set(buyers.loc[buyers["state"] == "flag", "buyer_id"])
    assert flagged >= set(bunching)
    assert len(flagged) <= 3  # false discoveries are controlled, not excluded
    whole = table.iloc[0]
    assert whole["state"] == "flag" and 0 < whole["low"] < whole["share"] < whole["high"]


def test_a_threshold_sees_only_contracts_under_its_rule() -> None:
    contracts = draw_contracts(())
    others = [{"currency": "USD"}, {"category": "goods"}, {"valid_from": "2022-01-01"}]
    others.append({"valid_from": "2019-01-01", "valid_to": "2020-12-31"})
    for change in others:
        table = examine_thresholds(
            contracts, [make_threshold(**change)], np.random.default_rng(1), settings=QUICK
        )
        assert table["contracts"].tolist() == [0]
        assert table["state"].tolist() == ["not_computable"]
        assert table["detail"].str.contains("needed").all()
    tried = [make_threshold(), make_threshold(currency="USD")]
    (chart,) = chart_thresholds(contracts, tried, np.random.default_rng(1), QUICK)
    assert chart.threshold.currency == "EUR"
    assert chart.bunching.bins["observed"].sum() == chart.bunching.contracts
    assert len(examine_thresholds(contracts, [], np.random.default_rng(1))) == 0
