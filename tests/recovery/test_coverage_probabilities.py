"""Intervals of probabilities hold the truth: of being listed, and of being infiltrated."""

import numpy as np
import pytest
from scipy.special import expit

from infiltrate.params.choices import PrevalenceChoices
from infiltrate.prevalence.estimators import estimate_country
from infiltrate.prevalence.firm_probabilities import estimate_firm_probabilities
from infiltrate.risk.calibration import cross_calibrate, fit_calibrator
from infiltrate.risk.calibration_quality import measure_calibration
from infiltrate.synth import simulate_tables
from infiltrate.validation.country import view_country

PLACES = np.linspace(-2, 2.5, 10)


def draw(n: int, centre: float, group: int, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Firms in groups that share a part of their score and of their luck."""
    groups = np.arange(n) // group
    shared = rng.normal(size=n)[groups] * (group > 1)
    scores = (rng.normal(size=n) + shared) / np.sqrt(1 + (group > 1))
    luck = np.where(rng.random(n) < 0.5 * (group > 1), rng.random(n)[groups], rng.random(n))
    return scores, luck < expit(centre + 1.2 * scores), groups


@pytest.mark.validate
@pytest.mark.parametrize("method", ["venn_abers", "isotonic"])
@pytest.mark.parametrize(
    ("n", "centre", "group"), [(2000, -3.0, 1), (600, -2.5, 1), (2000, -3.0, 3), (5000, -5.0, 1)]
)
def test_intervals_of_the_probability_of_being_listed(method, n, centre, group):
    rng = np.random.default_rng(11)
    truth = expit(centre + 1.2 * PLACES)
    held = []
    for _ in range(120):
        calibrator = fit_calibrator(*draw(n, centre, group, rng), rng, method)
        stated = calibrator.probability(PLACES)
        held.append((stated["low"] <= truth) & (truth <= stated["high"]))
    by_place = np.mean(held, axis=0)
    print(method, n, centre, group, by_place.round(2), np.mean(held).round(3))
    assert np.mean(held) >= 0.93
    assert by_place.min() >= 0.85


@pytest.mark.validate
def test_probabilities_of_firms_not_learnt_from_are_neither_too_far_apart_nor_too_close():
    rng = np.random.default_rng(12)
    qualities = []
    for _ in range(60):
        scores, listed, cluster = draw(4000, -3.0, 3, rng)
        stated = cross_calibrate(scores, listed, cluster, rng)
        qualities.append(measure_calibration(stated, listed))
    slopes = np.array([quality.slope for quality in qualities])
    errors = np.array([quality.expected_error for quality in qualities])
    print("slope", slopes.mean().round(3), "error", errors.mean().round(4))
    assert 0.9 < slopes.mean() < 1.1
    assert errors.mean() < 0.012


@pytest.mark.validate
def test_probabilities_of_infiltration_on_the_base_card():
    slopes, errors = [], []
    for seed in (7005, 7006, 7007):
        country = simulate_tables("base", 20_000, seed)
        view = view_country(country)
        rng = np.random.default_rng(seed)
        estimate = estimate_country(view.lists, view.evidence, PrevalenceChoices(), rng)
        stated = estimate_firm_probabilities(estimate, view.lists, rng)
        assert stated.refusal == ""
        table = stated.table.set_index("company_id").loc[view.lists.companies["company_id"]]
        quality = measure_calibration(
            table["probability"].to_numpy(), np.asarray(country.infiltrated)
        )
        slopes.append(quality.slope)
        errors.append(quality.expected_error)
        print(seed, quality)
    assert all(0.8 < slope < 1.25 for slope in slopes)
    assert np.median(errors) <= 0.005
