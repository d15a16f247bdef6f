import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest import approx

from infiltrate.prevalence.bounds import (
    Bounds,
    bound_by_detection,
    bound_without_assumptions,
    dark_share_curve,
    scale_hidden,
)


def test_bounds_by_hand():
    assert bound_without_assumptions(20, 1000) == Bounds(0.02, 1.0)
    bounds = bound_by_detection(20, 30, 1000, detection_low=0.25, detection_high=0.5)
    assert (bounds.low, bounds.high) == (approx(0.04), approx(0.12))


def test_a_share_is_never_above_one():
    assert bound_by_detection(90, 90, 100, 0.1, 0.5).high == 1.0


@given(
    st.floats(0, 100),
    st.floats(0, 100),
    st.floats(0.01, 1),
    st.floats(0.01, 1),
    st.integers(100, 10**6),
)
def test_detection_bounds_lie_above_the_floor(a, b, c, d, firms):
    floor_low, floor_high, low, high = min(a, b), max(a, b), min(c, d), max(c, d)
    bounds = bound_by_detection(floor_low, floor_high, firms, low, high)
    assert bound_without_assumptions(floor_low, firms).low <= bounds.low <= bounds.high <= 1


def test_the_dark_share_curve_by_hand():
    curve = dark_share_curve(Bounds(0.1, 0.6), [0.5, 0.0, 0.5, 0.2])
    assert list(curve["dark_share"]) == [0.0, 0.2, 0.5]
    np.testing.assert_allclose(curve["multiplier"], [1, 1.25, 2])
    np.testing.assert_allclose(curve["low"], [0.1, 0.125, 0.2])
    np.testing.assert_allclose(curve["high"], [0.6, 0.75, 1.0])


@given(st.floats(0, 1e6), st.floats(0, 1e6))
def test_gamma_of_one_returns_the_estimate(listed, hidden):
    assert scale_hidden(listed, listed + hidden, 1.0) == approx(listed + hidden)


def test_gamma_scales_only_those_on_no_list():
    assert scale_hidden(listed=40, estimate=100, gamma=2) == 160
    assert scale_hidden(listed=40, estimate=40, gamma=5) == 40


@pytest.mark.parametrize("detection", [0.2, 0.35, 0.5])
def test_detection_bounds_hold_the_truth_when_detection_lies_within_them(detection):
    """Known truth: 3 % of firms infiltrated, found with a chance inside the assumed range."""
    rng = np.random.default_rng(8)
    firms, infiltrated, runs, held = 20_000, 600, 200, 0
    for found in rng.binomial(infiltrated, detection, runs):
        bounds = bound_by_detection(found, found, firms, 0.18, 0.55)
        held += bounds.low <= infiltrated / firms <= bounds.high
    assert held / runs >= 0.9
