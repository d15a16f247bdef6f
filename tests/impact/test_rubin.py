"""Rubin's rules against arithmetic done by hand, a simulation, and their own properties."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from infiltrate.impact.rubin import combine_draws

# Means and standard errors of oxygen intake in the first five imputations that the SAS/STAT 13.2
# user's guide prints in its example 76.1 (31 runners, so 30 degrees of freedom).
OXYGEN = np.array([47.0120, 47.2407, 47.4995, 47.1485, 47.0042])
ERRORS = np.array([0.95984, 0.93540, 1.00766, 0.95439, 0.96528])


def test_an_example_worked_by_hand() -> None:
    one = combine_draws(OXYGEN, ERRORS**2, complete_degrees=30)
    within = (0.921293 + 0.874973 + 1.015379 + 0.910860 + 0.931765) / 5
    between = (0.16898**2 + 0.05972**2 + 0.31852**2 + 0.03248**2 + 0.17678**2) / 4
    assert one.estimate == pytest.approx(235.9049 / 5)
    assert one.within == pytest.approx(within, abs=1e-6)
    assert one.between == pytest.approx(between, rel=1e-4)
    total = within + 1.2 * between
    assert one.std_error == pytest.approx(np.sqrt(total), rel=1e-5)
    share = 1.2 * between / total
    rubin, observed = 4 / share**2, 31 / 33 * 30 * (1 - share)
    assert one.degrees == pytest.approx(rubin * observed / (rubin + observed), rel=1e-4)
    assert one.degrees == pytest.approx(26.3, abs=0.05)
    reach = stats.t(one.degrees).ppf(0.975) * one.std_error
    assert (one.low, one.high) == pytest.approx((47.18098 - reach, 47.18098 + reach))


def test_nothing_missing_gives_the_usual_interval() -> None:
    one = combine_draws(np.full(200, 1.5), np.full(200, 0.25))
    assert (one.std_error, one.degrees, one.missing_share) == (0.5, np.inf, 0.0)
    assert one.high == pytest.approx(1.5 + 0.5 * stats.norm.ppf(0.975))


def test_nothing_known_but_draws_leaves_rubins_degrees() -> None:
    one = combine_draws(np.array([1.0, 2.0, 3.0]), np.zeros(3))
    assert one.degrees == pytest.approx(2.0)
    assert one.missing_share == 1.0


def test_no_spread_at_all_is_a_point() -> None:
    one = combine_draws(np.ones(3), np.zeros(3))
    assert (one.low, one.high, one.p_value) == (1.0, 1.0, 0.0)


def test_the_order_of_draws_changes_nothing() -> None:
    there = combine_draws(OXYGEN, ERRORS**2, 30)
    back = combine_draws(OXYGEN[::-1], ERRORS[::-1] ** 2, 30)
    assert there.low == pytest.approx(back.low, abs=1e-12)


def test_intervals_of_means_with_values_drawn_anew_cover() -> None:
    """Half of 40 normal values are missing and drawn from their posterior."""
    rng, hits = np.random.default_rng(5), 0
    for _ in range(400):
        seen = rng.normal(size=20)
        variance = 19 * seen.var(ddof=1) / rng.chisquare(19, 30)
        centre = seen.mean() + np.sqrt(variance / 20) * rng.normal(size=30)
        drawn = centre[:, None] + np.sqrt(variance)[:, None] * rng.normal(size=(30, 20))
        whole = np.hstack([np.tile(seen, (30, 1)), drawn])
        one = combine_draws(whole.mean(axis=1), whole.var(axis=1, ddof=1) / 40, 39)
        hits += one.low <= 0 <= one.high
    assert stats.binomtest(hits, 400, 0.95).pvalue > 0.005


@pytest.mark.parametrize(
    ("estimates", "variances", "word"),
    [
        (np.ones(3), np.ones(2), "shape"),
        (np.ones(1), np.ones(1), "1 draws"),
        (np.array([1.0, np.nan]), np.ones(2), "missing"),
        (np.ones(2), np.array([1.0, -1.0]), "below 0"),
    ],
)
def test_what_cannot_be_combined_is_said(
    estimates: np.ndarray, variances: np.ndarray, word: str
) -> None:
    with pytest.raises(ValueError, match=word):
        combine_draws(estimates, variances)
