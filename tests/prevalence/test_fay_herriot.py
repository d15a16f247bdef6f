import numpy as np
import pytest
from pytest import approx

from infiltrate.errors import CheckFailed
from infiltrate.prevalence.fay_herriot import fit_fay_herriot, smooth_rates

# Fresh milk expenditure by small area (data set `milk` of R package sae; Arora & Lahiri 1997, You
# & Chapman 2006): direct value, its standard deviation, major area.
MILK = np.array([
    (1.099, 0.163, 1), (1.075, 0.080, 1), (1.105, 0.083, 1), (0.628, 0.109, 1), (0.753, 0.119, 1),
    (0.981, 0.141, 1), (1.257, 0.202, 1), (1.095, 0.127, 2), (1.405, 0.168, 2), (1.356, 0.178, 2),
    (0.615, 0.100, 2), (1.460, 0.201, 2), (1.338, 0.148, 2), (0.854, 0.143, 2), (1.176, 0.149, 3),
    (1.111, 0.145, 3), (1.257, 0.135, 3), (1.430, 0.172, 3), (1.278, 0.137, 3), (1.292, 0.163, 3),
    (1.002, 0.125, 3), (1.183, 0.247, 3), (1.044, 0.140, 3), (1.267, 0.171, 3), (1.193, 0.106, 3),
    (0.791, 0.121, 4), (0.795, 0.121, 4), (0.759, 0.259, 4), (0.796, 0.106, 4), (0.565, 0.089, 4),
    (0.886, 0.225, 4), (0.952, 0.205, 4), (0.807, 0.119, 4), (0.582, 0.067, 4), (0.684, 0.106, 4),
    (0.787, 0.126, 4), (0.440, 0.092, 4), (0.759, 0.132, 4), (0.770, 0.100, 4), (0.800, 0.113, 4),
    (0.756, 0.083, 4), (0.865, 0.121, 4), (0.640, 0.129, 4),
])  # fmt: skip
# What the R package gives for them, as kept in the tests of the Python package samplics.
MILK_BETA = [0.9681890, 0.1327801, 0.2269462, -0.2413011]
MILK_ESTIMATES = {0: 1.0219703, 3: 0.7608170, 10: 0.7852155, 27: 0.7338443, 36: 0.5298867}
MILK_MSE = {0: 0.013460220, 3: 0.008541740, 10: 0.007694262, 27: 0.016476912, 36: 0.006404335}


def test_reproduces_the_milk_data_of_the_r_package():
    direct, deviation, major = MILK.T
    X = np.column_stack([np.ones(43), *(major == k for k in (2, 3, 4))])
    fit = fit_fay_herriot(direct, deviation**2, X)
    assert fit.beta == approx(MILK_BETA, abs=1e-5)
    for cell, value in MILK_ESTIMATES.items():
        assert fit.estimate[cell] == approx(value, abs=1e-5)
        assert fit.mse[cell] == approx(MILK_MSE[cell], abs=1e-6)


def test_equal_variances_have_the_closed_form():
    direct = np.array([1.0, 2.0, 4.0, 9.0])
    fit = fit_fay_herriot(direct, np.full(4, 2.0), np.ones((4, 1)))
    # sample variance 38/3 about the mean 4: 2 of it is sampling
    assert fit.area_variance == approx(38 / 3 - 2)
    assert fit.beta == approx([4.0])
    assert fit.shrinkage == approx(np.full(4, 2 / (38 / 3)))
    assert fit.estimate == approx(4 + (1 - 6 / 38) * (direct - 4))
    own, line, unsure = 2 * (1 - 6 / 38), (6 / 38) ** 2 * (38 / 3) / 4, 2 * (6 / 38) ** 2 / 4
    assert fit.mse == approx(np.full(4, own + line + 2 * unsure * (38 / 3)))


def test_no_variance_between_cells_leaves_the_line():
    fit = fit_fay_herriot(np.array([1.0, 1.1, 0.9]), np.ones(3), np.ones((3, 1)))
    assert fit.area_variance == 0
    assert fit.estimate == approx(np.ones(3))
    assert fit.shrinkage == approx(np.ones(3))


def test_recovers_the_variance_between_cells_and_its_own_error():
    rng = np.random.default_rng(3)
    found, squared, claimed = [], [], []
    for _ in range(60):
        variance = rng.uniform(0.2, 2.0, 80)
        X = np.column_stack([np.ones(80), rng.normal(size=80)])
        truth = X @ [1.0, 0.5] + rng.normal(0, 0.8, 80)
        fit = fit_fay_herriot(truth + rng.normal(0, np.sqrt(variance)), variance, X)
        found.append(fit.area_variance)
        squared.append(np.mean((fit.estimate - truth) ** 2))
        claimed.append(fit.mse.mean())
    assert np.mean(found) == approx(0.64, rel=0.12)
    assert np.mean(claimed) == approx(np.mean(squared), rel=0.06)


def test_order_and_unit_change_nothing():
    rng = np.random.default_rng(1)
    direct, variance = rng.normal(size=30), rng.uniform(0.1, 1, 30)
    X = np.column_stack([np.ones(30), rng.normal(size=30)])
    fit, order = fit_fay_herriot(direct, variance, X), rng.permutation(30)
    mixed = fit_fay_herriot(direct[order], variance[order], X[order])
    assert mixed.estimate == approx(fit.estimate[order])
    scaled = fit_fay_herriot(10 * direct, 100 * variance, X)
    assert scaled.estimate == approx(10 * fit.estimate)
    assert scaled.mse == approx(100 * fit.mse)


def test_smoothed_rates_are_rates_and_unbiased_on_average():
    rng = np.random.default_rng(5)
    truth = np.sin(np.clip(rng.normal(0.35, 0.06, 300), 0.05, 1)) ** 2
    firms = rng.integers(50, 400, 300)
    rate = rng.binomial(firms, truth) / firms
    smoothed = smooth_rates(rate, firms.astype(float), np.full(300, 0.12), np.ones((300, 1)))
    assert smoothed.rate.mean() == approx(truth.mean(), rel=0.04)
    assert np.mean((smoothed.rate - truth) ** 2) < 0.7 * np.mean((rate - truth) ** 2)
    covered = (smoothed.low <= truth) & (truth <= smoothed.high)
    assert 0.9 <= covered.mean() <= 0.99
    assert ((smoothed.low >= 0) & (smoothed.high <= 1)).all()


def test_rates_of_rare_things_are_smoothed_without_losing_where_they_are():
    rng = np.random.default_rng(8)
    firms, truth = rng.integers(5, 40, 400).astype(float), 0.02 * np.exp(rng.normal(0, 0.8, 400))
    rate = np.minimum(rng.poisson(firms * truth) / firms, 1.0)
    smoothed = smooth_rates(rate, firms, np.full(400, 0.027), np.ones((400, 1)))
    assert smoothed.rate.mean() == approx(truth.mean(), rel=0.25)
    assert np.mean((smoothed.rate - truth) ** 2) < 0.6 * np.mean((rate - truth) ** 2)


def test_a_cell_where_nobody_was_found_is_drawn_above_zero():
    rate = np.array([0.0, 0.1, 0.2, 0.15, 0.05])
    smoothed = smooth_rates(rate, np.array([5.0, 50, 50, 50, 50]), np.full(5, 0.1), np.ones((5, 1)))
    assert 0 < smoothed.rate[0] < 0.2


@pytest.mark.parametrize(
    ("direct", "variance", "X"),
    [
        ([1.0, 2.0, 3.0], [0.0, 0.0, 0.0], np.ones((3, 1))),
        ([1.0, 2.0, 3.0], [1.0, -1.0, 1.0], np.ones((3, 1))),
        ([1.0], [1.0], np.ones((1, 1))),
        ([1.0, 2.0, 3.0, 4.0], [1.0] * 4, np.ones((4, 2))),
        ([1.0, np.nan, 3.0], [1.0] * 3, np.ones((3, 1))),
        ([1.0, 2.0, 3.0], [1.0, 1.0], np.ones((3, 1))),
        ([1.0, 2.0, 3.0], [1.0] * 3, np.ones(3)),
    ],
)
def test_broken_input_is_refused_in_words(direct, variance, X):
    with pytest.raises(CheckFailed):
        fit_fay_herriot(np.array(direct), np.array(variance), X)


def test_rates_outside_zero_to_one_are_refused():
    with pytest.raises(CheckFailed):
        smooth_rates(np.array([0.1, 1.2, 0.3]), np.full(3, 9.0), np.full(3, 0.1), np.ones((3, 1)))
