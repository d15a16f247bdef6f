"""Probabilities of being listed, against a truth that is known."""

import warnings

import numpy as np
import pytest
from scipy.special import expit
from sklearn.isotonic import IsotonicRegression

from infiltrate.risk.calibration import (
    LEAST_LISTED,
    cross_calibrate,
    fit_calibrator,
    why_not_calibrated,
)
from infiltrate.risk.calibration_quality import measure_calibration, reliability


def draw(n: int, seed: int, centre: float = -3.0) -> tuple[np.ndarray, ...]:
    """Draw scores, true chances, outcomes and clusters of two."""
    rng = np.random.default_rng(seed)
    scores = rng.normal(size=n)
    chance = expit(centre + 1.2 * scores)
    return scores, chance, rng.random(n) < chance, np.arange(n) // 2


@pytest.mark.parametrize("method", ["venn_abers", "isotonic"])
def test_probabilities_come_close_to_the_true_ones(method):
    scores, _, listed, cluster = draw(20_000, 1)
    calibrator = fit_calibrator(scores, listed, cluster, np.random.default_rng(2), method)
    new, true, outcome, _ = draw(20_000, 3)
    stated = calibrator.probability(new)
    assert np.abs(stated["probability"] - true).mean() < 0.01
    quality = measure_calibration(stated["probability"].to_numpy(), outcome)
    assert quality.expected_error < 0.01
    assert quality.slope == pytest.approx(1, abs=0.15)
    assert quality.intercept == pytest.approx(0, abs=0.15)
    held = ((stated["low"] <= true) & (true <= stated["high"])).mean()
    assert held > 0.9
    assert (stated["low"] <= stated["probability"]).all()
    assert (stated["probability"] <= stated["high"]).all()


def test_venn_abers_is_two_isotonic_curves_with_the_company_as_listed_and_as_unlisted():
    scores, _, listed, _ = draw(400, 5, centre=-1.0)
    # fewer scores than levels: each is a level of its own
    calibrator = fit_calibrator(scores, listed, np.arange(400), np.random.default_rng(0))
    for place in (3, 50, 211, 399):
        either = []
        for outcome in (0, 1):
            curve = IsotonicRegression().fit(
                np.append(scores, scores[place]), np.append(listed, outcome)
            )
            either.append(float(curve.predict([scores[place]])[0]))
        expected = either[1] / (1 - either[0] + either[1])
        stated = calibrator.probability(scores[[place]])
        assert stated["probability"][0] == pytest.approx(expected, abs=1e-9)
        assert stated["low"][0] <= either[0] + 1e-9
        assert stated["high"][0] >= either[1] - 1e-9


def test_probabilities_rise_with_scores_and_are_never_sure():
    scores, _, listed, cluster = draw(3000, 7)
    calibrator = fit_calibrator(scores, listed, cluster, np.random.default_rng(0))
    stated = calibrator.probability(np.linspace(-9, 9, 200))
    for column in ("probability", "low", "high"):
        assert (np.diff(stated[column]) >= -1e-12).all()
    assert stated["probability"].between(0, 1, inclusive="neither").all()


def test_only_the_order_of_scores_matters():
    scores, _, listed, cluster = draw(1500, 9)
    one = fit_calibrator(scores, listed, cluster, np.random.default_rng(4))
    other = fit_calibrator(np.exp(3 * scores), listed, cluster, np.random.default_rng(4))
    assert np.array_equal(
        one.probability(scores)["probability"],
        other.probability(np.exp(3 * scores))["probability"],
    )


def test_a_ranking_that_knows_nothing_says_the_same_of_everybody():
    rng = np.random.default_rng(11)
    listed = rng.random(4000) < 0.05
    stated = cross_calibrate(rng.random(4000), listed, np.arange(4000), rng)
    assert stated.mean() == pytest.approx(listed.mean(), abs=0.015)
    assert np.quantile(stated, 0.9) < 0.12


def test_nobody_is_judged_by_a_curve_that_saw_it_or_its_cluster():
    scores, _, listed, _ = draw(2000, 13)
    cluster = np.arange(2000) // 40
    first = cross_calibrate(scores, listed, cluster, np.random.default_rng(1))
    # the outcomes of one cluster are turned over, holding its number of listed ones: its own
    # companies get what they got before, for their curve never saw them
    own = cluster == 7
    changed = listed.copy()
    changed[own] = listed[own][::-1]
    assert changed[own].sum() == listed[own].sum()
    again = cross_calibrate(scores, changed, cluster, np.random.default_rng(1))
    assert np.array_equal(first[own], again[own])
    assert not np.array_equal(first, again)


@pytest.mark.parametrize(
    ("listed", "cluster", "words"),
    [
        (np.arange(100) < LEAST_LISTED - 1, np.arange(100), "fewer than the 20"),
        (np.zeros(100, bool), np.arange(100), "0 listed companies"),
        (np.ones(100, bool), np.arange(100), "every company is listed"),
        (np.arange(100) < 50, np.arange(100) // 20, "fewer than the 10 groups of connected firms"),
    ],
)
def test_too_little_to_learn_from_is_refused_with_the_reason(listed, cluster, words):
    assert words in why_not_calibrated(listed, cluster)
    with pytest.raises(ValueError, match="No probability can be learnt"):
        fit_calibrator(np.random.default_rng(0).random(100), listed, cluster, np.random)


def test_a_rare_list_keeps_its_resolution_among_many_companies():
    scores, chance, listed, cluster = draw(60_000, 15, centre=-7.0)
    calibrator = fit_calibrator(scores, listed, cluster, np.random.default_rng(0))
    top = scores > np.quantile(scores, 0.995)
    stated = calibrator.probability(scores[top])["probability"].mean()
    assert stated == pytest.approx(chance[top].mean(), rel=0.5)
    assert len(calibrator.levels) <= 2002


def test_no_warning_reaches_the_reader():
    scores, _, listed, cluster = draw(600, 17, centre=-2.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit_calibrator(scores, listed, cluster, np.random.default_rng(0))


def test_quality_is_that_of_a_case_worked_out_by_hand():
    stated = np.repeat([0.2, 0.6], 10)
    happened = np.r_[np.arange(10) < 4, np.arange(10) < 5]
    quality = measure_calibration(stated, happened)
    assert quality.expected_error == pytest.approx((0.2 + 0.1) / 2)
    assert quality.brier == pytest.approx((4 * 0.64 + 6 * 0.04 + 5 * 0.16 + 5 * 0.36) / 20)
    logits = np.log([0.2 / 0.8, 0.6 / 0.4])
    seen = np.log([0.4 / 0.6, 0.5 / 0.5])
    assert quality.slope == pytest.approx(np.diff(seen)[0] / np.diff(logits)[0], rel=1e-3)
    assert (quality.n_units, quality.n_events) == (20, 9)


def test_probabilities_too_far_apart_have_a_slope_below_one():
    _, chance, happened, _ = draw(20_000, 19)
    doubled = expit(2 * np.log(chance / (1 - chance)))
    assert measure_calibration(doubled, happened).slope == pytest.approx(0.5, abs=0.06)
    shifted = expit(np.log(chance / (1 - chance)) - 1)
    assert measure_calibration(shifted, happened).intercept == pytest.approx(1, abs=0.1)


def test_what_cannot_be_said_is_missing_and_what_is_no_probability_is_refused():
    assert measure_calibration(np.full(20, 0.1), np.zeros(20, bool)).slope is None
    same = measure_calibration(np.full(20, 0.1), np.arange(20) < 4)
    assert same.slope is None
    assert same.intercept == pytest.approx(np.log(0.2 / 0.8) - np.log(0.1 / 0.9), abs=1e-6)
    for wrong in ([0.2, 1.2], [0.2, np.nan], []):
        with pytest.raises(ValueError, match="from 0 to 1"):
            measure_calibration(np.array(wrong), np.zeros(len(wrong), bool))


def test_units_with_one_probability_are_never_parted():
    stated = np.r_[np.full(700, 0.01), np.linspace(0.02, 0.5, 300)]
    table = reliability(stated, np.random.default_rng(0).random(1000) < stated)
    assert table["n_units"].sum() == 1000
    assert table["n_units"].max() >= 700
    assert ((table["low"] <= table["share"]) & (table["share"] <= table["high"])).all()
    assert table["probability"].is_monotonic_increasing
