"""Years before treatment: tests, their power, and honest bounds, by hand and by simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2

from infiltrate.impact.curves import Curve
from infiltrate.impact.pretrends import bound_relative, bound_smooth, examine_pretrends
from infiltrate.impact.staggered import CALLAWAY

Z = 1.959963984540054


def make_curve(
    estimates: dict[int, float], covariance: np.ndarray | float, weights: dict[int, float]
) -> Curve:
    times = np.array(sorted(estimates))
    points = np.array([estimates[t] for t in times])
    spread = covariance if isinstance(covariance, np.ndarray) else covariance * np.eye(len(times))
    weight = np.array([weights.get(int(t), 0.0) for t in times])
    error = float(np.sqrt(weight @ spread @ weight))
    return Curve(CALLAWAY, times, points, spread, weight, -1, float(weight @ points), error)


def test_bounds_of_one_lead_and_one_lag_by_hand():
    # change before: 0 - 0.01; average 0.1 with standard error 0.02, lead with standard error 0.02
    curve = make_curve({-2: 0.01, 0: 0.1}, 0.0004, {0: 1.0})
    assert bound_relative(curve, 0.0, 0.95) == pytest.approx((0.1 - Z * 0.02, 0.1 + Z * 0.02))
    error = 0.02 * np.sqrt(1 + 2**2)
    expected = (0.1 - 2 * 0.01 - Z * error, 0.1 + 2 * 0.01 + Z * error)
    assert bound_relative(curve, 2.0, 0.95) == pytest.approx(expected)


def test_departures_add_up_year_by_year():
    # without noise the set is the average plus or minus the largest change times 1, 2, 3 years
    curve = make_curve(
        {-3: 0.03, -2: 0.01, 0: 0.1, 1: 0.1, 2: 0.1}, 1e-16, {0: 0.5, 1: 0.3, 2: 0.2}
    )
    reach = 0.02 * (0.5 * 1 + 0.3 * 2 + 0.2 * 3)
    assert bound_relative(curve, 1.0, 0.95) == pytest.approx((0.1 - reach, 0.1 + reach), abs=1e-6)


def test_the_set_without_noise_is_that_of_diff_diff():
    from diff_diff.honest_did import HonestDiD
    from diff_diff.results_base import EventStudyResults

    curve = make_curve({-4: 0.01, -3: -0.02, -2: 0.01, 0: 0.05, 1: 0.08}, 1e-12, {0: 0.6, 1: 0.4})
    times = np.array([*curve.event_times, -1])
    empty = np.full(len(times), np.nan)
    surface = EventStudyResults(
        times, np.append(curve.estimates, 0), np.append(np.full(5, 1e-6), np.nan),
        empty, empty, empty, empty, times == -1, empty,
        vcov=curve.covariance, vcov_index=curve.event_times, source="CallawaySantAnnaResults",
        base_period="universal", reference_event_times=(-1,),
    )  # fmt: skip
    library = HonestDiD("relative_magnitude", l_vec=np.array([0.6, 0.4])).fit(surface, M=1.5)
    assert bound_relative(curve, 1.5, 0.95) == pytest.approx((library.lb, library.ub), abs=1e-5)


def test_a_straight_departure_is_taken_out():
    # the outcome of treated companies grows by 0.02 a year more, before and after; effect 0.1
    trend = {t: 0.02 * (t + 1) + (0.1 if t >= 0 else 0) for t in (-4, -3, -2, 0, 1, 2)}
    curve = make_curve(trend, 1e-8, {0: 1 / 3, 1: 1 / 3, 2: 1 / 3})
    low, high = bound_smooth(curve, 0.0, 0.95)
    assert low < 0.1 < high and high - low < 0.005


def test_breakdown_is_where_the_interval_reaches_nothing():
    curve = make_curve({-3: 0.01, -2: -0.01, 0: 0.1, 1: 0.12}, 0.0001, {0: 0.5, 1: 0.5})
    found = examine_pretrends(curve)
    assert found is not None
    assert found.leads == 2 and found.wald == pytest.approx(2.0)
    assert found.p_value == pytest.approx(np.exp(-1.0))  # of two degrees of freedom
    assert 0 < found.breakdown_relative < 10
    assert bound_relative(curve, found.breakdown_relative, 0.95)[0] == pytest.approx(0, abs=1e-3)
    assert bound_smooth(curve, found.breakdown_smooth, 0.95)[0] == pytest.approx(0, abs=1e-3)
    turned = make_curve({-3: -0.01, -2: 0.01, 0: -0.1, 1: -0.12}, 0.0001, {0: 0.5, 1: 0.5})
    low, high = bound_relative(curve, 1.0, 0.95)
    assert bound_relative(turned, 1.0, 0.95) == pytest.approx((-high, -low))


def test_an_effect_that_could_be_nothing_survives_nothing():
    curve = make_curve({-2: 0.01, 0: 0.01}, 0.0004, {0: 1.0})
    found = examine_pretrends(curve)
    assert found is not None
    assert found.breakdown_relative == 0 and found.breakdown_smooth == 0


def test_without_years_before_there_is_nothing_to_examine():
    assert examine_pretrends(make_curve({0: 0.1, 1: 0.1}, 0.01, {0: 0.5, 1: 0.5})) is None
    assert examine_pretrends(make_curve({-3: 0.1, -2: 0.1, 0: 0.1}, 0.0, {0: 1.0})) is None


def test_the_trend_is_found_four_times_in_five():
    covariance = 0.0004 * (0.5 + 0.5 * np.eye(4))
    curve = make_curve({-4: 0.0, -3: 0.0, -2: 0.0, 0: 0.0}, covariance, {0: 1.0})
    found = examine_pretrends(curve)
    assert found is not None
    rng = np.random.default_rng(7)
    mean = found.slope_found * (curve.event_times[:3] + 1)
    draws = rng.multivariate_normal(mean, covariance[:3, :3], 20_000)
    wald = np.einsum("ij,jk,ik->i", draws, np.linalg.inv(covariance[:3, :3]), draws)
    assert (wald > chi2.ppf(0.95, 3)).mean() == pytest.approx(0.8, abs=0.01)
    assert found.bias_of_slope == pytest.approx(found.slope_found)


def test_the_interval_covers_a_departure_as_large_as_allowed():
    # the change before is 0.03 in one year and goes on at that pace; diff-diff takes the estimated
    # change as known, which does not cover in 19 of 20 cases
    rng = np.random.default_rng(11)
    covariance = 0.02**2 * (0.5 + 0.5 * np.eye(3))
    weights = {0: 0.5, 1: 0.5}
    departure = np.array([-0.03, 0.03, 0.06])
    covered, plugged = [], []
    for draw in rng.multivariate_normal(departure, covariance, 2000):
        curve = make_curve(dict(zip((-2, 0, 1), draw, strict=True)), covariance, weights)
        low, high = bound_relative(curve, 1.0, 0.95)
        covered.append(low <= 0 <= high)
        reach = abs(draw[0]) * 1.5
        plugged.append(abs(curve.average) <= reach + Z * curve.average_error)
    assert np.mean(covered) >= 0.95
    assert np.mean(plugged) < 0.9
