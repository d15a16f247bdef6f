"""Bad and hard input: no crash, no confident nonsense, a status and a reason."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from infiltrate.prevalence.detection_data import DetectionData, DetectionPriors
from infiltrate.prevalence.detection_lists import choose_lists, refuse_detection
from infiltrate.prevalence.joint_detection import NONE_BEYOND_ERRORS, estimate_joint_detection
from infiltrate.prevalence.posterior import Posterior
from tests.prevalence.toy_country import FALSE_POSITIVES, ToyCountry, make_toy_country

PRIORS = DetectionPriors(FALSE_POSITIVES)


@pytest.fixture(scope="module")
def country() -> ToyCountry:
    return make_toy_country(7, "high", 6_000, areas=8, sections=5)


def _estimate(data: DetectionData, priors: DetectionPriors = PRIORS) -> Posterior:
    return estimate_joint_detection(data, priors, np.random.default_rng(0), 200)


def _relist(data: DetectionData, listed: np.ndarray) -> DetectionData:
    return replace(data, listed=listed, match=listed.astype(float))


def test_an_ordinary_country_is_estimated_and_its_checks_are_told(country):
    posterior = _estimate(country.data)
    assert posterior.status in ("use", "caution")
    low, high = posterior.interval(0.95)
    assert low < country.infiltrated.sum() < high
    assert {"pattern_p", "prior_share", "list_out_p_court", "move_at_-3.5"} <= set(
        posterior.diagnostics
    )


def test_one_list_is_refused(country):
    column = np.array([2])
    posterior = _estimate(country.data.keep_lists(column), PRIORS.keep_lists(column))
    assert posterior.status == "reject"
    assert "only one list" in posterior.reasons[0]
    assert posterior.draws.shape == (0, len(posterior.cells))
    assert np.isnan(posterior.interval(0.95)).all()


def test_two_lists_without_an_instrument_are_refused(country):
    two = country.data.keep_lists(np.array([1, 2]))
    none = replace(two, Z=(np.zeros((6_000, 0)), two.X[:, [3]]))
    assert any("at least three" in reason for reason in refuse_detection(none))
    assert not any("at least three" in reason for reason in refuse_detection(two))


def test_lists_that_never_meet_are_refused(country):
    listed = country.data.listed.copy()
    listed[:, 1:] &= ~np.logical_or.accumulate(listed, axis=1)[:, :-1]
    posterior = _estimate(_relist(country.data, listed))
    assert posterior.status == "reject"
    assert "Fewer than 5 firms are on more than one list" in " ".join(posterior.reasons)


def test_a_list_of_everybody_is_refused(country):
    listed = country.data.listed.copy()
    listed[:, 2] = True
    posterior = _estimate(_relist(country.data, listed))
    assert posterior.status == "reject"
    assert "'intelligence' names 100% of all firms" in " ".join(posterior.reasons)


def test_a_list_inside_another_does_not_count(country):
    listed = country.data.listed.copy()
    listed[:, 2] |= listed[:, 0]
    columns, notes = choose_lists(_relist(country.data, listed))
    assert 0 not in columns and "'court'" in notes[0]


def test_no_entries_at_all_are_refused(country):
    posterior = _estimate(_relist(country.data, np.zeros_like(country.data.listed)))
    assert posterior.status == "reject"


def test_more_lists_than_firms_are_refused(country):
    posterior = _estimate(country.data.take(np.flatnonzero(country.data.listed.any(axis=1))[:3]))
    assert posterior.status == "reject"


def test_an_area_without_firms_is_not_a_cell(country):
    rows = np.flatnonzero(country.data.area != 2)
    posterior = _estimate(country.data.take(rows))
    assert "R02" not in set(posterior.cells["area_id"])
    assert len(posterior.cells) == 35


def test_errors_alone_are_recognised_or_nothing_is_said():
    said = 0
    for seed in range(3):
        data = make_toy_country(seed, "no_effect").data
        posterior = _estimate(data)
        if posterior.status == "reject":
            continue
        said += 1
        assert posterior.reasons[0].startswith(NONE_BEYOND_ERRORS)
        assert posterior.interval(0.95)[1] < 3 * data.listed.any(axis=1).sum()
    assert said >= 2


def test_lists_too_short_to_overlap_are_not_called_errors():
    called = 0
    for seed in range(3):
        data = make_toy_country(seed, "base").data
        kept = data.listed & (np.random.default_rng(seed).random(data.listed.shape) < 0.15)
        posterior = _estimate(_relist(data, kept))
        called += posterior.status != "reject"
    assert called <= 1


def test_a_country_with_little_infiltration_is_not_called_clean():
    posterior = _estimate(make_toy_country(1, "base", 10_000).data)
    assert posterior.diagnostics["log_odds_of_none"] < -20


def test_a_list_that_copies_another_in_part_is_noticed(country):
    listed = country.data.listed.copy()
    copied = listed[:, 2] & (np.random.default_rng(1).random(6_000) < 0.8)
    listed[:, 3] |= copied
    # the detectability factor is there to explain such overlaps
    posterior = _estimate(_relist(country.data, listed), replace(PRIORS, detectability=None))
    assert posterior.status == "caution"
    assert "overlap" in " ".join(posterior.reasons)
