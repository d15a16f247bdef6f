"""Synthetic countries as cohorts of the ranking: what is known, and nothing of what is so."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from infiltrate.params.choices import RiskChoices
from infiltrate.risk.roles import role_of, select_features
from infiltrate.synth import simulate_tables
from infiltrate.validation.ranked_country import (
    TRUTH,
    describe_cohort,
    halve_time,
    permute_labels,
    reveal_truth,
)

FRAMES = ("features", "labels", "listed", "exposed", "groups", "traits")


@pytest.fixture(scope="module")
def country():
    return simulate_tables("high", 600, 3)


def test_nothing_of_the_truth_is_in_a_cohort(country):
    blind = replace(
        country,
        infiltrated=~country.infiltrated,
        kind=np.roll(country.kind, 1),
        wrong=~country.wrong,
        effort=country.effort.assign(log_odds=0.0),
    )
    for name in FRAMES:
        assert_frame_equal(
            getattr(describe_cohort(country), name), getattr(describe_cohort(blind), name)
        )


def test_every_entry_counts_and_every_company_is_ranked(country):
    cohort = describe_cohort(country)
    assert cohort.listed.to_numpy().sum() == country.listed.sum()
    assert cohort.features.index.tolist() == country.firms["company_id"].tolist()
    assert (cohort.labels["is_listed"] == cohort.listed.any(axis=1)).all()
    assert not (cohort.listed & ~cohort.exposed).to_numpy().any()
    assert cohort.window_closes == country.observed_on


def test_signs_exposure_and_effort_are_told_apart(country):
    features = describe_cohort(country).features
    roles = {name: role_of(name) for name in features}
    assert {name for name in roles if roles[name] == "exposure"} == {"age_years", "is_supplier"}
    effort = {name for name in roles if roles[name] == "detection"}
    assert {"log_size", "has_bank_debt", "area"} < effort
    assert sum(name.startswith("effort_") for name in effort) == 2
    signs = select_features(features, RiskChoices())
    assert signs == [*country.features, "sector_section"]


def test_who_was_listed_by_the_day_is_not_ranked(country):
    early, late = halve_time(country)
    assert early.window_closes == late.as_of
    assert early.n_listed + late.n_listed == country.listed.any(axis=1).sum()
    gone = early.labels.index[early.labels["is_listed"]]
    assert not late.features.index.isin(gone).any()
    assert len(late.features) == len(early.features) - len(gone)
    assert 0.3 < early.n_listed / (early.n_listed + late.n_listed) < 0.7


def test_entries_outside_the_window_do_not_exist(country):
    days = country.listed_on[country.listed]
    middle = pd.Timestamp(np.sort(days)[len(days) // 2]).date()
    cohort = describe_cohort(country, window_closes=middle)
    assert cohort.listed.to_numpy().sum() == (days <= np.datetime64(middle)).sum()
    assert describe_cohort(country, as_of=date(2100, 1, 1)).n_listed == 0


def test_an_oracle_has_one_list_that_is_the_truth(country):
    known = reveal_truth(describe_cohort(country), country)
    assert list(known.listed) == [TRUTH]
    assert (known.labels["is_listed"].to_numpy() == country.infiltrated).all()
    assert known.exposed.to_numpy().all()
    later = reveal_truth(halve_time(country)[1], country)
    truth = pd.Series(country.infiltrated, country.firms["company_id"])
    assert (later.labels["is_listed"] == truth[later.features.index]).all()


def test_permuted_entries_are_those_of_another_company_together_with_its_exposure(country):
    cohort = describe_cohort(country)
    shuffled = permute_labels(cohort, np.random.default_rng(1))
    assert (shuffled.listed.sum() == cohort.listed.sum()).all()
    assert not shuffled.labels["is_listed"].equals(cohort.labels["is_listed"])
    assert not (shuffled.listed & ~shuffled.exposed).to_numpy().any()
    assert_frame_equal(shuffled.features, cohort.features)
