"""Bids that stand close: chance is left alone, planted cover bids are seen."""

from __future__ import annotations

import numpy as np
import pandas as pd

from infiltrate.indicators.subset_screens import examine_subsets
from infiltrate.params.bidding_choices import SubsetChoices

QUICK = SubsetChoices(most_subsets=20, most_lots=2_000, shuffles=20)


def draw_bids(seed: int, rigged: float, lots: int = 600) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    rows = []
    for lot in range(lots):
        n = int(rng.integers(3, 9))
        bids = rng.lognormal(10, rng.uniform(0.05, 0.3), n)
        if n >= 5 and rng.random() < rigged:
            bids[:3] = bids[0] * (1 + rng.normal(0, 0.002, 3))
        rows += [(f"lot{lot:04}", bid) for bid in bids]
    return pd.DataFrame(rows, columns=["lot", "amount"])


def test_by_chance_one_lot_in_twenty_is_tight() -> None:
    shares = []
    for seed in range(10):
        found = examine_subsets(draw_bids(seed, 0.0), np.random.default_rng(seed), QUICK)
        shares.append(found.tight)
        assert found.lots["p_value"].dropna().between(0, 1).all()
    assert 0.035 <= np.mean(shares) <= 0.065


def test_planted_cover_bids_are_seen_in_their_lots() -> None:
    found = examine_subsets(draw_bids(1, 0.2), np.random.default_rng(1), QUICK)
    assert found.tight_low > 0.08
    assert found.bins["observed"].iloc[0] > found.bins["expected_high"].iloc[0]
    assert found.bins["observed"].sum() == 1
    assert found.tested < found.found == 600
    assert "cv_3_min" in found.lots and found.lots["lot"].is_monotonic_increasing


def test_identical_bids_few_lots_and_a_cap() -> None:
    same = pd.DataFrame({"lot": np.repeat(["a", "b"], 6), "amount": 5.0})
    found = examine_subsets(same, np.random.default_rng(1), QUICK)
    assert found.bins.empty and "2 lots have 5 valid bids" in found.reason
    nothing = examine_subsets(same.head(0), np.random.default_rng(1), QUICK)
    assert "winners only" in nothing.reason
    assert {"lot", "tightness", "p_value"} <= set(nothing.lots)
    capped = SubsetChoices(most_subsets=20, most_lots=300, shuffles=5)
    found = examine_subsets(draw_bids(2, 0.0), np.random.default_rng(1), capped)
    assert len(found.lots) == 300 and found.found == 600


def test_row_order_changes_nothing() -> None:
    bids = draw_bids(3, 0.1)
    one = examine_subsets(bids, np.random.default_rng(1), QUICK)
    other = examine_subsets(bids.sample(frac=1, random_state=1), np.random.default_rng(1), QUICK)
    pd.testing.assert_frame_equal(one.lots, other.lots)
