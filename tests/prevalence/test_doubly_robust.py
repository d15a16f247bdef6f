from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from infiltrate.prevalence.capture_patterns import count_patterns
from infiltrate.prevalence.doubly_robust import (
    doubly_robust_from_arrays,
    estimate_doubly_robust,
)
from infiltrate.prevalence.doubly_robust_pair import ListedFirms, estimate_pair
from infiltrate.prevalence.poisson_models import build_model_space, fit_poisson_models
from tests.prevalence.examples import lists_data

FIRMS = 3000


def draw_with_covariates(seed, dependence=0.0, firms=FIRMS):
    """Four lists that reach the same kind of firms; the fourth may copy from the first."""
    rng = np.random.default_rng(seed)
    covariates = rng.normal(size=(firms, 2))
    listed = np.zeros((firms, 4), dtype=bool)
    for k, centre in enumerate([-1.2, -1.5, -1.0, -1.8]):
        linear = centre + 0.9 * covariates[:, 0] + (0.4 if k % 2 else -0.4) * covariates[:, 1]
        if k == 3:
            linear = linear + dependence * listed[:, 0]
        listed[:, k] = rng.random(firms) < 1 / (1 + np.exp(-linear))
    return listed, covariates


def fit(listed, covariates, firms=10**5, **settings):
    return doubly_robust_from_arrays(
        listed, covariates, firms, np.random.default_rng(0), **settings
    )


def test_covariates_mend_most_of_what_independence_misses():
    listed, covariates = draw_with_covariates(1)
    posterior = fit(listed, covariates)
    table = count_patterns(listed)
    naive = fit_poisson_models(
        build_model_space(table), table.counts[np.newaxis], np.zeros((1, 6), dtype=bool)
    )
    missing = FIRMS - (table.observed + naive.dark[0])
    low, high = posterior.interval(0.95)
    assert missing > 300
    assert abs(FIRMS - posterior.point[0]) < missing / 2
    assert low < FIRMS < high
    assert posterior.status == "use" and posterior.diagnostics["pairs"] == 6


def test_without_covariates_a_pair_gives_the_lincoln_petersen_number():
    listed, _ = draw_with_covariates(2)
    listed = listed[:, :3]
    nothing = np.zeros((FIRMS, 0))
    everyone = np.ones_like(listed)
    rng = np.random.default_rng(0)
    estimate = estimate_pair(ListedFirms(listed, everyone, nothing, np.ones(FIRMS)), (0, 1), rng)
    on_0, on_1 = listed[:, 0], listed[:, 1]
    assert estimate.total == pytest.approx(on_0.sum() * on_1.sum() / (on_0 & on_1).sum(), rel=0.02)
    assert estimate.shared == (on_0 & on_1).sum()


def test_dependent_pair_is_left_out_with_its_reason():
    listed, covariates = draw_with_covariates(3, dependence=2.0)
    posterior = fit(listed, covariates, names=["a", "b", "c", "d"])
    assert "'a' and 'd' (firms on one are" in posterior.diagnostics["pairs_left_out"]
    assert "total_a:d" not in posterior.diagnostics


def test_firms_that_one_list_could_not_name_are_counted_by_the_other():
    listed, covariates = draw_with_covariates(4)
    exposed = np.ones_like(listed)
    exposed[: FIRMS // 2, 0] = False
    listed &= exposed
    estimate = estimate_pair(
        ListedFirms(listed, exposed, covariates, np.ones(FIRMS)), (0, 2), np.random.default_rng(0)
    )
    assert 0.3 < estimate.share_outside < 0.7
    assert estimate.total == pytest.approx(FIRMS, rel=0.25)


def test_lists_of_one_authority_make_no_pair():
    listed, covariates = draw_with_covariates(5)
    data = lists_data(listed.astype(float))
    posterior = estimate_doubly_robust(data, covariates, np.random.default_rng(0), draws=100)
    assert posterior.status in ("use", "caution", "reject")
    same = [definition.model_copy(update={"authority": "Court"}) for definition in data.lists]
    refused = estimate_doubly_robust(
        replace(data, lists=tuple(same)), covariates, np.random.default_rng(0)
    )
    assert refused.status == "reject" and "one authority wrote all" in refused.reasons[0]


def test_draws_are_at_least_the_listed_firms():
    listed, covariates = draw_with_covariates(6)
    assert fit(listed, covariates).total().min() >= listed.any(axis=1).sum()


def test_boosting_needs_many_firms_and_then_agrees():
    listed, covariates = draw_with_covariates(7, firms=12_000)
    posterior = fit(listed, covariates, pairs=[(0, 2)], learner="boosting")
    assert posterior.point[0] == pytest.approx(12_000, rel=0.2)
    few, their_covariates = draw_with_covariates(7)
    refused = fit(few, their_covariates, pairs=[(0, 2)], learner="boosting")
    assert refused.status == "reject"
    assert "standard error" in refused.reasons[0]


@pytest.mark.parametrize("kind", ["two lists", "apart", "nobody"])
def test_lists_that_say_nothing_are_rejected(kind):
    listed, covariates = draw_with_covariates(8, firms=400)
    listed = {
        "two lists": listed[:, :2],
        "apart": listed & (np.cumsum(listed, axis=1) == 1),
        "nobody": np.zeros_like(listed),
    }[kind]
    posterior = fit(listed, covariates)
    assert posterior.status == "reject" and posterior.reasons
    assert np.isnan(posterior.point[0])


@pytest.mark.validate
def test_intervals_cover_in_a_hundred_countries():
    covered = 0
    for seed in range(100):
        low, high = fit(*draw_with_covariates(seed, firms=1500)).interval(0.95)
        covered += low <= 1500 <= high
    assert covered >= 88
