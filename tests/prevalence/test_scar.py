"""Comparators that assume selection completely at random, and the test of that assumption."""

from __future__ import annotations

import time
from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from infiltrate.prevalence import scar, scar_assumption
from infiltrate.prevalence.evidence import FirmEvidence
from tests.prevalence.countries import from_toy, random_country, selective_lists
from tests.prevalence.toy_country import make_toy_country

NAMES = ["scar_best_bin", "scar_elkan_noto", "scar_em"]


def estimate(lists, evidence, seed=0, draws=10):
    return scar.estimate_scar(lists, evidence, np.random.default_rng(seed), draws)


def test_every_comparator_says_that_it_is_invalid():
    lists, evidence, _ = random_country(1)
    posteriors = estimate(lists, evidence)
    assert [posterior.estimator for posterior in posteriors] == NAMES
    assert find_spec("pulearn") is None or posteriors[2].status == "caution"
    for posterior in posteriors[: 3 if find_spec("pulearn") else 2]:
        assert posterior.family == "comparator"
        assert posterior.status == "caution"
        assert posterior.reasons[0] == scar.ASSUMPTION
        assert posterior.total().min() >= lists.listed.any(axis=1).sum()
        assert posterior.total().max() <= len(lists.companies)


def test_best_bin_finds_the_truth_where_its_assumptions_hold():
    """One tenth of unlisted firms are infiltrated; signs tell a part of them for certain."""
    rng = np.random.default_rng(3)
    lists, evidence, infiltrated = random_country(3, 6000, chances=(0.3, 0.3), share=0.2)
    signs = np.where(infiltrated & (rng.random(6000) < 0.7), 6.0, 0.0) + rng.normal(size=6000)
    evidence = FirmEvidence(pd.DataFrame({"sign": signs}), pd.DataFrame(), np.arange(6000))
    best_bin = estimate(lists, evidence, draws=20)[0]
    assert np.median(best_bin.total()) / infiltrated.sum() == pytest.approx(1.0, abs=0.12)


@pytest.mark.slow
def test_selection_makes_the_comparators_wrong_by_factors_within_seconds():
    toy = make_toy_country(5)
    lists, evidence = from_toy(toy)
    started = time.process_time()
    posteriors = estimate(lists, evidence, draws=100)
    assert time.process_time() - started < 20
    ratios = [np.median(p.total()) / toy.infiltrated.sum() for p in posteriors[:2]]
    assert min(ratios) > 3


def test_the_same_seed_gives_the_same_draws_and_nothing_is_changed():
    lists, evidence, _ = random_country(2)
    before = evidence.signs.copy()
    first, second = estimate(lists, evidence), estimate(lists, evidence)
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one.draws, other.draws)
    pd.testing.assert_frame_equal(evidence.signs, before)


def test_without_pulearn_its_comparator_is_rejected_with_what_to_install(monkeypatch):
    monkeypatch.setattr(scar, "find_spec", lambda name: None)
    lists, evidence, _ = random_country(1)
    *others, em = estimate(lists, evidence)
    assert [posterior.status for posterior in others] == ["caution", "caution"]
    assert em.status == "reject"
    assert "infiltrate[comparators]" in em.reasons[0]


def test_elkan_noto_is_about_that_of_pulearn():
    pulearn = pytest.importorskip("pulearn", reason="the extra `comparators` is not installed")
    lists, evidence, _ = random_country(3, 3000)
    listed = lists.listed.any(axis=1).astype(int)
    X = evidence.signs.fillna(0.0).to_numpy()
    own = np.median(estimate(lists, evidence, draws=20)[1].total())
    theirs = [
        listed.sum()
        / pulearn.ElkanotoPuClassifier(LogisticRegression(), 0.2, random_state=seed)
        .fit(X, listed)
        .c
        for seed in range(20)
    ]
    assert own == pytest.approx(np.median(theirs), rel=0.1)


def test_too_few_listed_firms_or_no_sign_are_refused_in_words():
    lists, evidence, _ = random_country(1, firms=60, share=0.05)
    assert all("needs 20 listed" in p.reasons[0] for p in estimate(lists, evidence))
    lists, evidence, _ = random_country(1)
    nothing = replace(evidence, signs=pd.DataFrame(index=evidence.signs.index))
    assert all("No sign" in p.reasons[0] for p in estimate(lists, nothing))


def test_random_samples_are_rejected_about_as_rarely_as_they_should_be():
    p_values = []
    for seed in range(80):
        lists, evidence, _ = random_country(seed, 600)
        rng = np.random.default_rng(seed)
        p_values.append(scar_assumption.test_scar(lists, evidence, rng, 199).p_value)
    # of 80 at 5 %, more than 9 has a chance of one in a hundred
    assert np.sum(np.array(p_values) <= 0.05) <= 9
    assert 0.35 < np.mean(p_values) < 0.65


def test_lists_that_look_at_different_firms_are_found_out():
    found = []
    for seed in range(10):
        lists, evidence, _ = selective_lists(seed)
        test = scar_assumption.test_scar(lists, evidence, np.random.default_rng(seed), 199)
        found.append(test.p_value <= 0.05)
    assert np.sum(found) >= 9
    assert "no random sample" in test.words
    assert set(test.by_list["list_id"]) == set(lists.list_ids)
    assert test.by_list["column"].iloc[0] == "size"
    assert test.by_list["difference"].iloc[0] > 0.3


@pytest.mark.slow
def test_the_base_country_is_found_out_most_of_the_time():
    found = []
    for seed in range(8):
        lists, evidence = from_toy(make_toy_country(seed))
        test = scar_assumption.test_scar(lists, evidence, np.random.default_rng(seed), 199)
        found.append(test.p_value <= 0.05)
    assert np.sum(found) >= 6


def test_groups_named_together_do_not_make_the_test_reject():
    """Copies of every listed firm would, if each counted, make chance differences look certain."""
    lists, evidence, _ = random_country(4, 500)
    rows = np.repeat(np.arange(500), 4)
    copies = lists.keep_companies(rows, lists.denominator)
    again = FirmEvidence(
        evidence.signs.iloc[rows].reset_index(drop=True),
        evidence.reach.iloc[rows].reset_index(drop=True),
        evidence.cluster[rows],
    )
    test = scar_assumption.test_scar(copies, again, np.random.default_rng(0), 199)
    assert test.by_list["firms"].max() <= len(np.unique(evidence.cluster))
    assert test.p_value > 0.05


@pytest.mark.parametrize("columns", [[], [0]])
def test_fewer_than_two_lists_cannot_be_tested(columns):
    lists, evidence, _ = random_country(1)
    few = lists.select(lists.list_ids[k] for k in columns)
    test = scar_assumption.test_scar(few, evidence, np.random.default_rng(0))
    assert np.isnan(test.p_value)
    assert "cannot be tested" in test.words
