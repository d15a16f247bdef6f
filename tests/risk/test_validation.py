from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from infiltrate.params.choices import RiskChoices
from infiltrate.risk.validation import (
    CONNECTED,
    DESIGNS,
    FORWARD,
    RANDOM,
    REGION,
    validate_models,
)


def validate(*cohorts, folds=4, seed=1):
    return validate_models(
        cohorts, RiskChoices(folds=folds, learners=["logistic"]), np.random.default_rng(seed)
    )


def designs_of(validation):
    return {design.name: design for design in validation.designs}


def with_groups(cohort, **columns):
    return replace(cohort, groups=cohort.groups.assign(**columns))


@pytest.fixture
def cohort(make_cohort):
    return make_cohort(400, prevalence=0.1)


def test_every_design_ranks_each_company_once_and_never_one_it_trained_on(cohort):
    validation = validate(cohort)
    assert [design.name for design in validation.designs] == list(DESIGNS)
    for name, design in designs_of(validation).items():
        assert design.reason == ""
        tested = np.concatenate([fold.test for fold in design.folds])
        assert len(np.unique(tested)) == len(tested)
        if name != FORWARD:
            assert len(tested) == len(cohort.features)
        for fold in design.folds:
            assert not set(fold.train) & set(fold.test)
        ranked = validation.rankings.query("design == @name and model == 'logistic'")
        assert sorted(ranked["company_id"]) == sorted(cohort.features.index[tested])


def test_groups_are_never_split(cohort):
    designs = designs_of(validate(cohort))
    for name, column in ((CONNECTED, "connected_group"), (REGION, "buyer_region")):
        group = cohort.groups[column].to_numpy()
        for fold in designs[name].folds:
            assert not set(group[fold.train]) & set(group[fold.test])
    forward = designs[FORWARD].folds[0]
    group = cohort.groups["connected_group"].to_numpy()
    assert not set(group[forward.train]) & set(group[forward.test])


def test_companies_without_region_stay_together(cohort):
    regions = cohort.groups["buyer_region"].where(cohort.groups["buyer_region"] > "C")
    cohort = with_groups(cohort, buyer_region=regions)
    unknown = np.flatnonzero(regions.isna())
    folds = designs_of(validate(cohort))[REGION].folds
    assert sum(bool(set(fold.test) & set(unknown)) for fold in folds) == 1


def test_with_one_day_firms_seen_later_are_ranked_by_a_model_of_those_seen_earlier(cohort):
    design = designs_of(validate(cohort))[FORWARD]
    seen = cohort.groups["first_active_on"].to_numpy()
    (fold,) = design.folds
    assert seen[fold.train].max() < seen[fold.test].min()
    assert "not a forecast" in design.note


def test_forward_in_time_trains_only_on_closed_windows_of_other_firms(make_cohort):
    days = [(date(2010, 12, 31), date(2014, 12, 31)), (date(2014, 6, 30), date(2018, 6, 30))]
    last = make_cohort(400, prevalence=0.1, as_of=date(2015, 1, 31))
    closed, still_open = (
        make_cohort(400, prevalence=0.1, seed=seed, as_of=day, window_closes=closes)
        for seed, (day, closes) in enumerate(days, start=2)
    )
    cohorts = tuple(
        with_groups(cohort, connected_group=np.arange(400)) for cohort in (closed, still_open, last)
    )
    company = np.concatenate([cohort.features.index for cohort in cohorts])
    design = designs_of(validate(*cohorts))[FORWARD]
    assert len(design.folds) == 4
    for fold in design.folds:
        assert (fold.train.max() < 400) and (fold.test.min() >= 800)
        assert not set(company[fold.train]) & set(company[fold.test])
    assert sorted(np.concatenate([fold.test for fold in design.folds])) == list(range(800, 1200))


def test_firms_connected_at_any_time_stay_apart_in_time_too(make_cohort):
    early = make_cohort(200, prevalence=0.1, as_of=date(2010, 1, 1), window_closes=date(2014, 1, 1))
    late = make_cohort(200, prevalence=0.1, seed=2)
    alone = with_groups(late, connected_group=np.arange(200))
    design = designs_of(validate(early, alone))[FORWARD]
    group = np.r_[early.groups["connected_group"], early.groups["connected_group"]]
    for fold in design.folds:
        assert not set(group[fold.train]) & set(group[fold.test])


def test_a_design_that_cannot_be_run_says_why(cohort):
    one_place = with_groups(
        cohort,
        connected_group=0,
        buyer_region="A",
        first_active_on=pd.Timestamp("2015-01-01"),
    )
    validation = validate(one_place)
    reasons = {design.name: design.reason for design in validation.designs}
    assert reasons[RANDOM] == ""
    assert "listed companies are in 1 of the groups" in reasons[CONNECTED]
    assert "1 region of buyers known" in reasons[REGION]
    assert "all firms first seen on one day" in reasons[FORWARD]
    assert set(validation.rankings["design"]) == {RANDOM}


def test_a_giant_group_is_not_split_by_force(cohort):
    giant = with_groups(cohort, connected_group=np.maximum(np.arange(400) - 300, 0))
    assert "holds 75% of the companies" in designs_of(validate(giant))[CONNECTED].reason


def test_a_fold_without_anybody_listed_to_train_on_is_told(cohort):
    listed = cohort.labels["is_listed"].to_numpy()
    two = with_groups(cohort, buyer_region=np.where(listed, "A", "B"))
    assert "listed companies are in 1 of the regions" in designs_of(validate(two))[REGION].reason
    early = np.where(listed, pd.Timestamp("2019-01-01"), pd.Timestamp("2015-01-01"))
    late_only = with_groups(cohort, first_active_on=pd.DatetimeIndex(early))
    assert "no listed company on both sides" in designs_of(validate(late_only))[FORWARD].reason


def test_few_regions_do_not_pretend_to_be_clusters(cohort):
    two = with_groups(cohort, buyer_region=np.where(np.arange(400) < 200, "A", "B"))
    design = designs_of(validate(two))[REGION]
    assert design.clusters == "connected_group"
    assert "fewer than ten regions" in design.note


def test_places_within_a_fold_do_not_depend_on_the_level_of_its_scores(cohort):
    ranked = validate(cohort).rankings
    means = ranked.groupby(["design", "model", "fold"])["percentile"].mean()
    assert means.to_numpy() == pytest.approx(0.5)
