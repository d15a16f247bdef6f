from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from infiltrate.errors import NotEnoughData
from infiltrate.prevalence.detection_data import DetectionData, DetectionPriors
from infiltrate.prevalence.detection_draws import posterior_cells
from infiltrate.prevalence.detection_fit import DetectionFit, fit_detection_model
from infiltrate.prevalence.detection_likelihood import evaluate_firms
from infiltrate.prevalence.detection_sample import sample_unlisted
from tests.prevalence.toy_country import FALSE_POSITIVES, make_toy_country

FIRMS = 6_000
PRIORS = DetectionPriors(FALSE_POSITIVES)


@pytest.fixture(scope="module")
def data() -> DetectionData:
    return make_toy_country(3, "high", FIRMS, areas=8, sections=5).data


@pytest.fixture(scope="module")
def fit(data: DetectionData) -> DetectionFit:
    return _fit(data)


def _fit(data: DetectionData, priors: DetectionPriors = PRIORS) -> DetectionFit:
    return fit_detection_model(data, priors, np.random.default_rng(0))


def _point(fit: DetectionFit) -> float:
    return float(fit.sample.weight @ evaluate_firms(fit.model, fit.theta).infiltrated)


def test_the_mode_is_found(fit):
    assert fit.gradient_norm < 1e-3


def test_the_truth_of_an_easy_country_is_recovered():
    country = make_toy_country(5, "high", 20_000)
    posterior = posterior_cells(_fit(country.data), np.random.default_rng(1), 300)
    truth = country.infiltrated.sum()
    low, high = posterior.interval(0.95)
    assert low < truth < high
    assert high / low < 2.5
    assert posterior.cells["firms"].sum() == 20_000


def test_order_of_firms_does_not_matter(data, fit):
    order = np.random.default_rng(4).permutation(FIRMS)
    assert _point(_fit(data.take(order))) == pytest.approx(_point(fit), rel=1e-4)


def test_names_of_lists_do_not_matter(data, fit):
    order = np.array([2, 0, 3, 1])
    other = _fit(data.keep_lists(order), PRIORS.keep_lists(order))
    assert _point(other) == pytest.approx(_point(fit), rel=1e-4)


def test_names_of_areas_do_not_matter(data, fit):
    new = np.random.default_rng(5).permutation(len(data.areas))
    other = _fit(replace(data, area=new[data.area]))
    assert _point(other) == pytest.approx(_point(fit), rel=1e-4)


def test_a_list_that_names_nobody_changes_nothing(data, fit):
    nobody = np.zeros((FIRMS, 1), dtype=bool)
    more = replace(
        data,
        listed=np.hstack([data.listed, nobody]),
        exposed=np.hstack([data.exposed, ~nobody]),
        match=np.hstack([data.match, nobody]),
        Z=(*data.Z, np.zeros((FIRMS, 0))),
        lists=(*data.lists, "sanctions"),
    )
    priors = replace(PRIORS, false_positives=(*FALSE_POSITIVES, (1.0, 9.0)))
    assert _point(_fit(more, priors)) == pytest.approx(_point(fit), rel=1e-6)


def test_a_copy_of_a_list_is_left_out_and_said(data, fit):
    again = [0, 1, 2, 3, 2]
    columns = np.array(again)
    copied = replace(data.keep_lists(columns), lists=(*data.lists, "reprint"))
    other = _fit(copied, PRIORS.keep_lists(columns))
    assert _point(other) == pytest.approx(_point(fit), rel=1e-6)
    assert "'reprint'" in other.notes[0]


def test_twice_the_country_keeps_the_share(data, fit):
    twice = data.take(np.tile(np.arange(FIRMS), 2))
    fixed = replace(PRIORS, scale_rounds=0)
    ratio = _point(_fit(twice, fixed)) / _point(_fit(data, fixed))
    # the priors weigh half as much
    assert ratio == pytest.approx(2, rel=0.1)


def test_weights_of_two_are_rows_twice(data):
    fixed = replace(PRIORS, scale_rounds=0)
    twice = _fit(data.take(np.tile(np.arange(FIRMS), 2)), fixed)
    weighted = _fit(replace(data, weight=np.full(FIRMS, 2.0)), fixed)
    assert _point(weighted) == pytest.approx(_point(twice), rel=1e-4)


def test_a_sample_of_the_unlisted_gives_nearly_the_same(data, fit):
    other = fit_detection_model(data, PRIORS, np.random.default_rng(2), max_unlisted=2_500)
    assert len(other.sample.weight) < 0.6 * FIRMS
    assert other.sample.weight.sum() == pytest.approx(FIRMS)
    assert _point(other) == pytest.approx(_point(fit), rel=0.15)
    whole = posterior_cells(fit, np.random.default_rng(3), 400)
    part = posterior_cells(other, np.random.default_rng(3), 400)
    assert part.cells.equals(whole.cells)
    assert np.median(part.total()) == pytest.approx(np.median(whole.total()), rel=0.15)
    assert part.total().std() == pytest.approx(whole.total().std(), rel=0.4)


def test_the_sample_keeps_every_listed_firm_and_the_size_of_every_cell(data):
    sample = sample_unlisted(data, data.X[:, 0], 1_000, np.random.default_rng(1))
    assert sample.listed.sum() == data.listed.sum()
    cell = data.area * 100 + data.section
    sampled = sample.area * 100 + sample.section
    np.testing.assert_allclose(
        np.bincount(sampled, weights=sample.weight), np.bincount(cell), rtol=1e-9
    )


def test_more_wrong_entries_mean_fewer_infiltrated_firms(data):
    none = replace(PRIORS, false_positives=((0.0, 1.0),) * 4)
    many = replace(PRIORS, false_positives=((30.0, 70.0),) * 4)
    assert _point(_fit(data, many)) < _point(_fit(data)) < _point(_fit(data, none))


def test_a_lag_not_yet_over_means_more_infiltrated_firms(data, fit):
    half = _fit(replace(data, ceiling=np.full((FIRMS, 1, 4), 0.5)))
    assert _point(half) > 0.99 * _point(fit)


def test_a_list_outside_its_exposure_rule_is_noticed(data):
    wrong = replace(data, exposed=data.exposed & (np.arange(FIRMS) % 2 == 0)[:, None])
    assert max(_fit(wrong).outside_exposure.values()) > 0.3


def test_draws_never_exceed_the_firms_of_a_cell_nor_fall_below_the_sure(data, fit):
    posterior = posterior_cells(fit, np.random.default_rng(1), 200)
    assert (posterior.draws <= posterior.cells["firms"].to_numpy()).all()
    twice_listed = (data.listed.sum(axis=1) > 1).sum()
    assert posterior.total().min() >= 0.8 * twice_listed


def test_same_seed_same_draws(fit):
    first = posterior_cells(fit, np.random.default_rng(9), 50)
    again = posterior_cells(fit, np.random.default_rng(9), 50)
    np.testing.assert_array_equal(first.draws, again.draws)


def test_the_detectability_factor_enters_where_lists_overlap_enough(data, fit):
    assert not fit.model.has_factor
    other = _fit(data, replace(PRIORS, factor_overlap=0, scale_rounds=0))
    assert other.model.has_factor
    assert other.gradient_norm < 1e-2
    posterior = posterior_cells(other, np.random.default_rng(1), 50)
    assert np.isfinite(posterior.draws).all()


def test_no_entries_no_model(data):
    empty = replace(data, listed=np.zeros_like(data.listed))
    with pytest.raises(NotEnoughData):
        _fit(empty)
