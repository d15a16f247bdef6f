from __future__ import annotations

import numpy as np
import pytest

from infiltrate.prevalence.capture_patterns import count_patterns
from infiltrate.prevalence.latent_class import (
    estimate_latent_class,
    fit_classes,
    latent_class_from_patterns,
)
from infiltrate.prevalence.poisson_models import build_model_space, fit_poisson_models
from tests.prevalence.capture_examples import draw_lists
from tests.prevalence.examples import lists_data


def two_kinds(seed, firms=6000):
    rng = np.random.default_rng(seed)
    easy = draw_lists(rng, firms // 2, [0.6, 0.5, 0.6, 0.5, 0.6])
    hard = draw_lists(rng, firms // 2, [0.15, 0.1, 0.2, 0.1, 0.15])
    return np.concatenate([easy, hard])


def test_one_class_is_the_model_of_independent_lists():
    table = count_patterns(draw_lists(np.random.default_rng(1), 4000, [0.3, 0.2, 0.25]))
    one = table.counts[np.newaxis]
    independent = fit_poisson_models(build_model_space(table), one, np.zeros((1, 3), dtype=bool))
    fits = fit_classes(table, one, 1, np.random.default_rng(0))
    assert fits.unlisted[0] == pytest.approx(independent.dark[0], rel=0.02)


def test_two_kinds_of_firms_are_found_and_counted():
    table = count_patterns(two_kinds(2))
    rng = np.random.default_rng(0)
    posterior = latent_class_from_patterns(table, 10**5, rng, draws=60)
    one = fit_classes(table, table.counts[np.newaxis], 1, rng)
    assert posterior.diagnostics["classes"] == 2
    assert posterior.point[0] == pytest.approx(6000, rel=0.08)
    assert table.observed + one.unlisted[0] < 5500
    low, high = posterior.interval(0.95)
    assert low < 6000 < high


def test_it_is_a_comparator_and_never_plain_use():
    posterior = latent_class_from_patterns(
        count_patterns(two_kinds(3)), 10**5, np.random.default_rng(0), draws=30
    )
    assert posterior.status == "caution"
    assert "A comparator" in posterior.reasons[0]


def test_three_lists_cannot_tell_two_classes_apart():
    listed = draw_lists(np.random.default_rng(4), 2000, [0.3, 0.2, 0.25])
    posterior = estimate_latent_class(
        lists_data(listed.astype(float)), np.random.default_rng(0), draws=20
    )
    assert posterior.status == "reject"
    assert "cannot be told apart" in posterior.reasons[0]


def test_exposure_groups_have_unlisted_firms_of_their_own():
    rng = np.random.default_rng(5)
    listed = draw_lists(rng, 20_000, [0.3, 0.2, 0.25, 0.3])
    exposed = np.ones_like(listed)
    exposed[:10_000, 0] = False
    table = count_patterns(listed & exposed, exposed)
    fits = fit_classes(table, table.counts[np.newaxis], 1, rng)
    assert table.observed + fits.unlisted[0] == pytest.approx(20_000, rel=0.03)
