from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from infiltrate.prevalence.detection_checks import DetectionChecks, check_detection
from infiltrate.prevalence.detection_data import DetectionData, DetectionPriors
from infiltrate.prevalence.detection_fit import fit_detection_model
from infiltrate.prevalence.detection_null import weigh_no_infiltration
from tests.prevalence.toy_country import FALSE_POSITIVES, make_toy_country

PRIORS = DetectionPriors(FALSE_POSITIVES)


@pytest.fixture(scope="module")
def data() -> DetectionData:
    return make_toy_country(2, "high", 5_000, areas=6, sections=4).data


def _check(data: DetectionData, priors: DetectionPriors = PRIORS) -> DetectionChecks:
    fit = fit_detection_model(data, priors, np.random.default_rng(0))
    return check_detection(fit, np.random.default_rng(1))


def test_priors_that_decide_the_answer_are_noticed(data):
    checks = _check(data, replace(PRIORS, detection_sd=0.15))
    assert checks.status in ("caution", "reject")
    assert any("prior on detection" in reason for reason in checks.reasons)
    assert abs(_check(data).diagnostics["move_at_-3.5"]) < 0.35


def test_an_exposure_rule_that_is_wrong_is_noticed(data):
    half = np.arange(len(data.weight)) % 2 == 0
    checks = _check(replace(data, exposed=data.exposed & half[:, None]))
    assert any("outside its exposure rule" in reason for reason in checks.reasons)
    assert checks.status == "caution"


def test_lists_that_follow_one_another_are_noticed(data):
    listed = data.listed.copy()
    follows = listed[:, 2] & (np.random.default_rng(1).random(len(listed)) < 0.7)
    listed[:, 0] |= follows
    checks = _check(replace(data, listed=listed, match=listed.astype(float)))
    assert checks.diagnostics["list_out_p_court"] < 0.02


def test_more_wrong_entries_than_believed_are_noticed():
    # a list that also names a hundred firms at random
    data = make_toy_country(4, "high", 5_000, areas=6, sections=4).data
    listed = data.listed.copy()
    listed[np.random.default_rng(1).choice(5_000, 100, replace=False), 3] = True
    priors = replace(PRIORS, false_positives=(*FALSE_POSITIVES[:3], (2.0, 60.0)))
    checks = _check(replace(data, listed=listed, match=listed.astype(float)), priors)
    assert checks.diagnostics["move_with_loose_errors"] < -0.35
    assert any("shares of wrong entries" in reason for reason in checks.reasons)


def test_entries_at_random_speak_for_errors(data):
    rng = np.random.default_rng(5)
    listed = rng.random(data.listed.shape) < 0.004
    errors = replace(data, listed=listed, exposed=listed | True, match=listed.astype(float))
    fit = fit_detection_model(errors, PRIORS, rng)
    assert weigh_no_infiltration(fit) > 3
    assert weigh_no_infiltration(fit_detection_model(data, PRIORS, rng)) < -20
