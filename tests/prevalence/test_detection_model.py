from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import approx_fprime

from infiltrate.errors import CheckFailed
from infiltrate.prevalence.detection_data import (
    DetectionData,
    DetectionPriors,
    check_detection_data,
)
from infiltrate.prevalence.detection_likelihood import (
    evaluate_firms,
    evaluate_information,
    evaluate_objective,
)
from infiltrate.prevalence.detection_model import build_model
from tests.prevalence.toy_country import FALSE_POSITIVES, make_toy_country


def _hard_to_write_down() -> DetectionData:
    """Doubtful matches, uneven weights and lags, all at once."""
    data = make_toy_country(0, "base", 800, areas=4, sections=3).data
    rng = np.random.default_rng(1)
    return replace(
        data,
        match=np.where(data.listed, 0.8, 0.0),
        weight=rng.uniform(0.5, 3, len(data.weight)),
        ceiling=rng.uniform(0.2, 1, (len(data.listed), 2, data.listed.shape[1])),
    )


@pytest.mark.parametrize("detectability", [None, (0.5, 0.5)])
def test_gradient_and_information_are_the_derivatives(detectability):
    priors = DetectionPriors(FALSE_POSITIVES, detectability=detectability)
    model = build_model(_hard_to_write_down(), priors)
    theta = model.centre + np.random.default_rng(2).normal(0, 0.4, len(model.centre))
    _, gradient = evaluate_objective(model, theta)
    numerical = approx_fprime(theta, lambda at: evaluate_objective(model, at)[0], 1e-6)
    np.testing.assert_allclose(gradient, numerical, atol=1e-3)
    step = 1e-5
    second = np.array(
        [
            (evaluate_objective(model, theta + step * e)[1])
            - (evaluate_objective(model, theta - step * e)[1])
            for e in np.eye(len(theta))
        ]
    ) / (2 * step)
    np.testing.assert_allclose(evaluate_information(model, theta), second, atol=1e-6)


def test_likelihood_of_one_firm_by_hand():
    # one area, one section, two lists that see everybody; firm 0 is on the first
    listed = np.array([[True, False], [False, False]])
    data = DetectionData(
        listed=listed,
        exposed=np.ones((2, 2), dtype=bool),
        match=listed.astype(float),
        X=np.zeros((2, 0)),
        Z=(np.zeros((2, 0)), np.zeros((2, 0))),
        area=np.zeros(2, dtype=int),
        section=np.zeros(2, dtype=int),
        weight=np.ones(2),
        cluster=np.arange(2),
        areas=("A",),
        sections=("F",),
        lists=("court", "media"),
    )
    model = build_model(data, DetectionPriors(((1.0, 9.0), (1.0, 9.0))))
    theta = np.zeros(len(model.centre))
    theta[model.slices[0].start] = np.log(0.25)  # one in five is infiltrated
    theta[model.slices[1].start] = np.log(1.0)  # half of them on the first list
    theta[model.slices[2].start] = np.log(1 / 3)  # a quarter on the second
    theta[-2:] = np.log(1 / 9)  # one entry in ten is wrong
    wrong = 0.1 * np.array([0.5, 0.25])  # entries per firm: 1 of 2, and half an entry at least
    terms = evaluate_firms(model, theta)
    by_hand = 0.2 * 0.5 * 0.75 + 0.8 * wrong[0] * (1 - wrong[1])
    assert np.exp(terms.loglik[0]) == pytest.approx(by_hand)
    assert terms.infiltrated[0] == pytest.approx(0.2 * 0.5 * 0.75 / by_hand)


def test_a_certain_match_is_the_limit_of_a_likely_one():
    data = make_toy_country(0, "base", 800, areas=4, sections=3).data
    priors = DetectionPriors(FALSE_POSITIVES)
    sure = build_model(data, priors)
    nearly = build_model(replace(data, match=data.listed * (1 - 1e-9)), priors)
    at = sure.centre
    assert evaluate_objective(nearly, at)[0] == pytest.approx(evaluate_objective(sure, at)[0])


def test_all_that_is_wrong_with_the_data_is_said_at_once():
    data = make_toy_country(0, "base", 200).data
    X = data.X.copy()
    X[3, 1] = np.nan
    broken = replace(data, X=X, weight=data.weight * 0, area=data.area + 20)
    with pytest.raises(CheckFailed) as caught:
        check_detection_data(broken, DetectionPriors(FALSE_POSITIVES))
    text = str(caught.value)
    assert "missing" in text and "weight" in text and "code without a name" in text
