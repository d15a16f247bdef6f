import numpy as np
import pytest
from scipy.special import expit, logit

from infiltrate.risk import calibration_metrics
from infiltrate.risk.calibration_metrics import measure_probabilities, refuse_calibration
from infiltrate.risk.calibration_quality import measure_calibration


def measure(percentile, is_listed, clusters=None, draws=200, seed=1):
    clusters = np.arange(len(percentile)) if clusters is None else clusters
    metrics = measure_probabilities(
        percentile,
        is_listed,
        clusters,
        design="",
        model="",
        draws=draws,
        rng=np.random.default_rng(seed),
    )
    return {metric.name: metric for metric in metrics}


def simulate(n, rng):
    """Places, and listed firms whose chance rises from 1 to 30 % with them."""
    percentile = (rng.permutation(n) + 0.5) / n
    return percentile, rng.random(n) < 0.01 + 0.29 * percentile**3


def test_probabilities_made_of_places_hold_on_companies_that_had_no_part_in_them():
    found = measure(*simulate(4000, np.random.default_rng(3)))
    slope, brier = found["calibration_slope"], found["brier"]
    assert slope.low < 1 < slope.high
    assert slope.high - slope.low < 0.6
    assert brier.low < brier.value < brier.high < 0.09
    assert found["calibration_error"].value < 0.02
    assert found["calibration_error"].low is None
    assert "chance alone" in found["calibration_error"].reason


def test_draws_of_the_slope_are_those_of_a_regression_of_each_resample(monkeypatch):
    rng = np.random.default_rng(4)
    stated = expit(rng.normal(-2, 1, 600)).round(2)
    happened = rng.random(600) < expit(0.5 * logit(np.clip(stated, 0.01, 1)))
    monkeypatch.setattr(calibration_metrics, "cross_calibrate", lambda *_: stated)
    found = measure(np.arange(600.0), happened, draws=100)
    quality = measure_calibration(stated, happened)
    assert found["calibration_slope"].value == quality.slope
    assert found["brier"].value == quality.brier
    rng = np.random.default_rng(1)
    counts = rng.multinomial(600, np.full(600, 1 / 600), size=100)
    again = [measure_calibration(np.repeat(stated, c), np.repeat(happened, c)) for c in counts]
    for name, values in (
        ("calibration_slope", [one.slope for one in again]),
        ("brier", [one.brier for one in again]),
    ):
        low, high = np.quantile(values, [0.025, 0.975], method="weibull")
        metric = found[name]
        assert (metric.low, metric.high) == pytest.approx((low, high), rel=0.03)
        assert metric.low <= low + 1e-6
        assert metric.high >= high - 1e-6
    assert found["calibration_slope"].high < 1


def test_very_many_probabilities_are_judged_as_well_by_their_neighbours(monkeypatch):
    rng = np.random.default_rng(5)
    stated = expit(rng.normal(-3, 1, 20_000))
    happened = rng.random(20_000) < stated
    monkeypatch.setattr(calibration_metrics, "cross_calibrate", lambda *_: stated)
    found = measure(np.arange(20_000.0), happened)["calibration_slope"]
    assert found.low < found.value < found.high
    assert (found.low + found.high) / 2 == pytest.approx(found.value, abs=0.03)


def test_units_that_come_in_clusters_widen_the_interval():
    percentile, listed = simulate(500, np.random.default_rng(6))
    tiled = np.tile(percentile, 8), np.tile(listed, 8)
    clustered = measure(*tiled, clusters=np.tile(np.arange(500), 8))["brier"]
    naive = measure(*tiled)["brier"]
    assert clustered.high - clustered.low > 2 * (naive.high - naive.low)


def test_too_few_listed_companies_give_reasons_and_no_number():
    percentile, _ = simulate(300, np.random.default_rng(7))
    found = measure(percentile, np.arange(300) < 12)
    assert {metric.value for metric in found.values()} == {None}
    assert all("12 listed" in m.reason or "listed companies" in m.reason for m in found.values())
    assert list(found) == [metric.name for metric in refuse_calibration("", "", "why")]
