from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from infiltrate.prevalence.capture_patterns import count_patterns
from infiltrate.prevalence.chao import estimate_chao
from infiltrate.prevalence.floor import estimate_floor
from infiltrate.prevalence.loglinear import (
    compare_choices,
    estimate_loglinear,
    loglinear_from_patterns,
)
from infiltrate.prevalence.model_search import search_downhill, search_stepwise
from infiltrate.prevalence.poisson_models import build_model_space, fit_poisson_models
from tests.prevalence.capture_examples import draw_lists, uk_table
from tests.prevalence.examples import lists_data

CHANCES = [0.15, 0.25, 0.2, 0.12]


def coverage(log_odds: float, countries: int, seed: int, firms: int = 600) -> list[bool]:
    covered = []
    for country in range(countries):
        rng = np.random.default_rng([seed, country])
        listed = draw_lists(rng, firms, CHANCES, pair=(0, 3), log_odds=log_odds)
        posterior = loglinear_from_patterns(count_patterns(listed), 20_000, rng, draws=200)
        low, high = posterior.interval(0.95)
        covered.append(low <= firms <= high)
    return covered


@pytest.mark.parametrize("log_odds", [0.0, 1.5])
def test_intervals_cover_planted_numbers(log_odds):
    covered = coverage(log_odds, countries=12, seed=1)
    # with 95 % coverage, fewer would happen once in a thousand
    assert sum(covered) >= stats.binom.ppf(0.001, 12, 0.95)


@pytest.mark.validate
@pytest.mark.parametrize("log_odds", [0.0, 1.5])
def test_intervals_cover_planted_numbers_in_two_hundred_countries(log_odds):
    covered = coverage(log_odds, countries=200, seed=2)
    assert sum(covered) >= stats.binom.ppf(0.01, 200, 0.95)


def test_number_is_recovered_with_one_dependent_pair():
    listed = draw_lists(np.random.default_rng(5), 20_000, CHANCES, pair=(0, 3), log_odds=1.5)
    posterior = loglinear_from_patterns(
        count_patterns(listed), 10**6, np.random.default_rng(0), draws=300
    )
    assert posterior.status == "use" and not posterior.reasons
    assert posterior.point[0] == pytest.approx(20_000, rel=0.06)
    assert posterior.diagnostics["model_bic"] == "main effects + 0:3"
    assert posterior.diagnostics["total_main_effects"] < 0.95 * 20_000


def test_golden_numbers_of_the_uk_table():
    table = uk_table()
    space = build_model_space(table)
    one = table.counts[np.newaxis]
    aic = search_downhill(space, one, "aic", only_shared=True)
    bic = search_downhill(space, one, "bic", only_shared=True)
    stepwise = search_stepwise(space, one)
    assert table.observed + aic.fits.dark[0] == pytest.approx(11_313.0, abs=0.05)
    assert table.observed + bic.fits.dark[0] == pytest.approx(12_262.4, abs=0.05)
    assert table.observed + stepwise.fits.dark[0] == pytest.approx(11_312.99, abs=0.01)
    assert set(space.name(aic.models[0]).split(" + ")[1:]) == {
        "LA:NG", "NG:GP", "PFNCA:GP", "LA:PFNCA", "GO:GP", "NG:GO",
    }  # fmt: skip


@settings(max_examples=15, deadline=None)
@given(st.permutations(range(4)), st.integers(0, 10**6))
def test_order_of_lists_changes_no_estimate(order, seed):
    listed = draw_lists(np.random.default_rng(seed), 1500, CHANCES, log_odds=0.8)
    answers = []
    for columns in (list(range(4)), list(order)):
        table = count_patterns(listed[:, columns], lists=[f"list {k}" for k in columns])
        estimates = compare_choices(build_model_space(table), table.counts)
        answers.append([estimate.total for estimate in estimates])
    assert answers[0] == pytest.approx(answers[1], rel=1e-5)


def test_list_that_names_nobody_changes_nothing():
    listed = draw_lists(np.random.default_rng(6), 1000, CHANCES)
    with_empty = np.insert(listed, 2, False, axis=1)
    names = ["a", "b", "c", "d"]
    plain, empty = (
        loglinear_from_patterns(table, 9000, np.random.default_rng(0), draws=100)
        for table in (
            count_patterns(listed, lists=names),
            count_patterns(with_empty, lists=["a", "b", "empty", "c", "d"]),
        )
    )
    np.testing.assert_array_equal(plain.draws, empty.draws)
    assert plain.reasons == empty.reasons


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6))
def test_copies_of_every_firm_keep_the_share(seed):
    listed = draw_lists(np.random.default_rng(seed), 1000, CHANCES)
    table = count_patterns(listed)
    space = build_model_space(table)
    model = np.zeros((1, len(space.pairs)), dtype=bool)
    once = fit_poisson_models(space, table.counts[np.newaxis], model).dark[0]
    twice = fit_poisson_models(space, 2 * table.counts[np.newaxis], model).dark[0]
    assert twice == pytest.approx(2 * once, rel=1e-6)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10**6))
def test_draws_are_at_least_the_firms_that_are_known(seed):
    rng = np.random.default_rng(seed)
    listed = draw_lists(rng, 500, rng.uniform(0.05, 0.5, size=4).tolist())
    posterior = loglinear_from_patterns(count_patterns(listed), 3000, rng, draws=60)
    if posterior.status != "reject":
        assert posterior.total().min() >= listed.any(axis=1).sum()
        assert posterior.total().max() <= 3000


def test_floor_is_below_what_the_overlaps_say():
    listed = np.zeros((20_000, 4), dtype=bool)
    listed[:1500] = draw_lists(np.random.default_rng(7), 1500, CHANCES)
    data = lists_data(listed.astype(float))
    floor = estimate_floor(data, 0.95, np.random.default_rng(0))
    loglinear = estimate_loglinear(data, np.random.default_rng(0), draws=100)
    bounds = estimate_chao(data, np.random.default_rng(0), draws=100)
    for posterior in (loglinear, *bounds):
        assert floor.value <= posterior.point[0]
        assert floor.low <= posterior.interval(0.95)[0]


def test_wrong_entries_taken_out_lower_the_estimate():
    listed = draw_lists(np.random.default_rng(8), 2000, CHANCES)
    table = count_patterns(listed, lists=["a", "b", "c", "d"])
    plain, cleaned = (
        loglinear_from_patterns(table, 30_000, np.random.default_rng(0), wrong, draws=200)
        for wrong in (None, {"b": (20.0, 80.0)})
    )
    assert cleaned.point[0] < plain.point[0]


def test_contained_list_is_left_out_and_said_so():
    listed = draw_lists(np.random.default_rng(9), 3000, CHANCES)
    listed[:, 3] = listed[:, 1] & (np.arange(3000) % 3 == 0)
    posterior = loglinear_from_patterns(
        count_patterns(listed), 50_000, np.random.default_rng(0), draws=100
    )
    assert posterior.status == "caution"
    assert any("left out as a part of it" in reason for reason in posterior.reasons)
    assert posterior.diagnostics["lists"] == 3


def test_estimate_beyond_the_universe_is_rejected():
    listed = draw_lists(np.random.default_rng(10), 5000, [0.05, 0.06, 0.05, 0.07])
    posterior = loglinear_from_patterns(
        count_patterns(listed), 1200, np.random.default_rng(0), draws=100
    )
    assert posterior.status == "reject"
    assert "exceed the number of firms" in posterior.reasons[0]


def test_exposure_of_a_study_is_used():
    rng = np.random.default_rng(11)
    listed = np.zeros((12_000, 4), dtype=bool)
    listed[:3000] = draw_lists(rng, 3000, CHANCES)
    data = lists_data(listed.astype(float), wrong=[(1.0, 1e6)] * 4)
    data.exposed[:1500, 1] = False
    data.listed[:1500, 1] = False
    posterior = estimate_loglinear(data, rng, draws=200)
    low, high = posterior.interval(0.95)
    assert low < 3000 < high
    assert posterior.cells["firms"].tolist() == [12_000]
