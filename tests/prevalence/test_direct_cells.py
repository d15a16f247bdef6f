import numpy as np
import pandas as pd
import pytest
from pytest import approx

from infiltrate.prevalence.detection_data import DetectionPriors
from infiltrate.prevalence.detection_draws import posterior_cells
from infiltrate.prevalence.detection_fit import fit_detection_model
from infiltrate.prevalence.direct_cells import smooth_cells
from infiltrate.prevalence.posterior import CellDetection, Posterior
from tests.prevalence.toy_country import FALSE_POSITIVES, make_toy_country


@pytest.fixture(scope="module")
def easy():
    country = make_toy_country(11, "clean", firms=8_000, areas=6, sections=5)
    priors = DetectionPriors(FALSE_POSITIVES, detectability=None)
    fit = fit_detection_model(country.data, priors, np.random.default_rng(1))
    return country, posterior_cells(fit, np.random.default_rng(1), 200)


def test_the_chance_of_being_listed_is_found_where_it_can_be(easy):
    country, posterior = easy
    listed = country.data.listed.any(axis=1)
    chance = posterior.detection.chance
    assert chance.shape == posterior.draws.shape
    assert ((chance > 0) & (chance < 1)).all()
    found = (chance * posterior.draws).sum(axis=1) / posterior.draws.sum(axis=1)
    low, high = np.quantile(found, [0.025, 0.975])
    assert low < listed[country.infiltrated].mean() < high
    assert high - low < 0.45


def test_listed_firms_over_their_chance_count_all_infiltrated_ones(easy):
    country, posterior = easy
    truth = country.infiltrated.sum()
    assert posterior.detection.direct.sum() == approx(truth, rel=0.3)
    # by clusters: no smaller than the squares of firms one by one could be
    assert posterior.detection.direct_variance.sum() > posterior.detection.direct.sum()


def test_smoothing_brings_direct_rates_nearer_to_the_truth(easy):
    country, posterior = easy
    data = country.data
    cells = posterior.cells
    places = pd.MultiIndex.from_arrays(
        [np.array(data.sections)[data.section], np.array(data.areas)[data.area]]
    )
    truth = pd.Series(country.infiltrated, index=places).groupby(level=[0, 1]).mean()
    truth = truth.reindex(pd.MultiIndex.from_frame(cells[["section", "area_id"]])).to_numpy()
    smoothed = smooth_cells(posterior)
    weight = cells["firms"].to_numpy()
    error = np.average((smoothed["rate"] - truth) ** 2, weights=weight)
    assert error < np.average((smoothed["direct"] - truth) ** 2, weights=weight)


def _posterior(direct, firms=500):
    n = len(direct)
    cells = pd.DataFrame({"section": "A", "area_id": [f"r{k}" for k in range(n)], "firms": firms})
    direct = np.array(direct, dtype=float)
    detection = CellDetection(np.full((5, n), 0.5), direct, 2 * direct)
    draws = np.ones((5, n))
    name = "joint_detection"
    return Posterior(name, name, cells, draws, draws[0], {}, "use", detection=detection)


def test_nobody_listed_is_not_a_rate_of_zero():
    smoothed = smooth_cells(_posterior([0, 20, 15, 0, 12, 9]))
    assert (smoothed["rate"] > 0).all()
    assert smoothed["rate"].idxmax() == 1
    assert smooth_cells(_posterior([0] * 6))["rate"].max() < 0.05


def test_two_cells_are_too_few_for_a_model():
    smoothed = smooth_cells(_posterior([5, 9]))
    assert smoothed["rate"].isna().all()
    assert smoothed["direct"].tolist() == approx([0.01, 0.018])
