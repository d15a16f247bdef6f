from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from infiltrate.risk.design_rows import stack_rows
from infiltrate.risk.designs import (
    COMBINED,
    CONNECTED,
    DESIGNS,
    FORWARD,
    LIST_OUT,
    RANDOM,
    REGION,
    build_designs,
)

DAYS = [date(2006, 6, 30), date(2010, 12, 31), date(2015, 1, 31)]
CLOSES = [date(2010, 6, 30), date(2014, 12, 31), date(2019, 1, 31)]


def split(*cohorts, folds=4, seed=1):
    """Return the designs by name, and the rows they number."""
    rows = stack_rows(cohorts)
    made = build_designs(rows, folds, np.random.default_rng(seed))
    return {design.name: design for design in made}, rows


def with_groups(cohort, **columns):
    return replace(cohort, groups=cohort.groups.assign(**columns))


def with_lists(cohort, **entries):
    """Put who is on which list; whoever is on any is listed."""
    listed = pd.DataFrame(entries, cohort.features.index)
    return replace(
        cohort,
        labels=cohort.labels.assign(is_listed=listed.any(axis=1)),
        listed=listed,
        exposed=pd.DataFrame(True, listed.index, listed.columns),
    )


@pytest.fixture
def cohort(make_cohort):
    return make_cohort(400, prevalence=0.1)


@pytest.fixture
def two_lists(cohort):
    """Twenty companies on each list alone, five on both."""
    listed = np.flatnonzero(cohort.labels["is_listed"])
    a, b = np.zeros(400, bool), np.zeros(400, bool)
    a[listed[:22]] = b[listed[18:]] = True
    return with_lists(cohort, a=a, b=b)


@pytest.fixture
def over_time(make_cohort):
    """The same companies on three days, each window closed on the next."""
    return [
        make_cohort(400, prevalence=0.1, seed=seed, as_of=day, window_closes=closes)
        for seed, (day, closes) in enumerate(zip(DAYS, CLOSES, strict=True))
    ]


def test_every_design_ranks_each_company_once_and_never_one_it_trained_on(two_lists):
    designs, rows = split(two_lists)
    assert list(designs) == list(DESIGNS)
    for name, design in designs.items():
        assert design.reason == ""
        tested = np.concatenate([fold.test for fold in design.folds])
        if name in (RANDOM, CONNECTED, REGION):
            assert sorted(tested) == list(range(400))
        elif name != LIST_OUT:
            assert len(np.unique(tested)) == len(tested)
        for fold in design.folds:
            assert not set(rows.company[fold.train]) & set(rows.company[fold.test])


def test_only_the_random_design_has_connected_firms_on_both_sides(two_lists):
    designs, rows = split(two_lists)
    for name, design in designs.items():
        for fold in design.folds:
            both = set(rows.group[fold.train]) & set(rows.group[fold.test])
            assert bool(both) == (name == RANDOM)


@pytest.mark.parametrize("name", [REGION, COMBINED])
def test_nobody_is_learnt_from_in_or_dealing_in_a_region_that_is_ranked(two_lists, name):
    region = two_lists.groups["buyer_region"]
    deals = pd.get_dummies(region).astype(bool)
    deals.iloc[:40] = True
    designs, _ = split(replace(two_lists, dealt_regions=deals))
    for fold in designs[name].folds:
        held_out = set(region.iloc[fold.test])
        assert not held_out & set(region.iloc[fold.train])
        assert fold.train.min() >= 40
    assert "deals in the regions ranked" in designs[name].note
    assert len(designs[CONNECTED].folds[0].train) > len(designs[REGION].folds[0].train)


def test_companies_without_region_stay_together(cohort):
    regions = cohort.groups["buyer_region"].where(cohort.groups["buyer_region"] > "C")
    designs, _ = split(with_groups(cohort, buyer_region=regions))
    unknown = set(np.flatnonzero(regions.isna()))
    assert sum(bool(set(fold.test) & unknown) for fold in designs[REGION].folds) == 1


def test_with_one_day_firms_seen_later_are_ranked_by_those_seen_earlier(cohort):
    designs, _ = split(cohort)
    seen = cohort.groups["first_active_on"].to_numpy()
    (fold,) = designs[FORWARD].folds
    assert seen[fold.train].max() < seen[fold.test].min()
    for fold in designs[COMBINED].folds:
        assert seen[fold.train].max() < seen[fold.test].min()
    assert "not a forecast" in designs[FORWARD].note
    assert "not a forecast" in designs[COMBINED].note


def test_forward_in_time_trains_only_on_closed_windows(make_cohort):
    days = [(date(2010, 12, 31), date(2014, 12, 31)), (date(2014, 6, 30), date(2018, 6, 30))]
    last = make_cohort(400, prevalence=0.1, as_of=date(2015, 1, 31))
    closed, still_open = (
        make_cohort(400, prevalence=0.1, seed=seed, as_of=day, window_closes=closes)
        for seed, (day, closes) in enumerate(days, start=2)
    )
    cohorts = [with_groups(c, connected_group=np.arange(400)) for c in (closed, still_open, last)]
    designs, rows = split(*cohorts)
    assert len(designs[FORWARD].folds) == 4
    for name in (FORWARD, COMBINED):
        for fold in designs[name].folds:
            assert fold.train.max() < 400
            assert fold.test.min() >= 800
            assert not set(rows.company[fold.train]) & set(rows.company[fold.test])
        tested = np.concatenate([fold.test for fold in designs[name].folds])
        assert sorted(tested) == list(range(800, 1200))


def test_each_later_day_is_ranked_in_turn_by_what_had_closed_before_it(over_time):
    designs, rows = split(*over_time)
    for name in (FORWARD, COMBINED):
        design = designs[name]
        assert {fold.held_out for fold in design.folds} == {"2010-12-31", "2015-01-31"}
        for fold in design.folds:
            closes = {rows.window_closes[number] for number in np.unique(rows.day[fold.train])}
            assert max(closes) <= date.fromisoformat(fold.held_out)
        assert design.overlap > 1
        assert "in turn as of 2010-12-31 and 2015-01-31" in design.note
    hardly = with_lists(over_time[1], court=np.arange(400) < 4)
    designs, _ = split(over_time[0], hardly, over_time[2])
    assert {fold.held_out for fold in designs[FORWARD].folds} == {"2015-01-31"}


def test_firms_connected_at_any_time_stay_apart_in_time_too(make_cohort):
    early = make_cohort(200, prevalence=0.1, as_of=date(2010, 1, 1), window_closes=date(2014, 1, 1))
    late = make_cohort(200, prevalence=0.1, seed=2)
    designs, _ = split(early, with_groups(late, connected_group=np.arange(200)))
    group = np.r_[early.groups["connected_group"], early.groups["connected_group"]]
    for fold in designs[FORWARD].folds:
        assert not set(group[fold.train]) & set(group[fold.test])


def test_communities_of_different_days_do_not_chain_into_one(over_time):
    chained = [
        with_groups(cohort, connected_group=0, community=(np.arange(400) + 5 * shift) % 400 // 10)
        for shift, cohort in enumerate(over_time)
    ]
    designs, rows = split(*chained)
    assert len(np.unique(rows.group)) == 40
    found = pd.DataFrame({"now": chained[2].groups["community"], "all": rows.group[rows.day == 2]})
    assert (found.groupby("now")["all"].nunique() == 1).all()
    assert designs[FORWARD].reason == ""
    assert "cut into communities" in designs[CONNECTED].note


def test_a_company_that_is_gone_joins_where_most_of_its_old_community_went(make_cohort):
    early = make_cohort(20, prevalence=0.5, as_of=DAYS[0], window_closes=CLOSES[0])
    late = make_cohort(20, prevalence=0.5, as_of=DAYS[1], window_closes=CLOSES[1])
    early = with_groups(early, connected_group=0, community=[0] * 6 + [1] * 14)
    gone = late.features.index[:1]
    late = with_groups(late, connected_group=0, community=[9, 2, 2, 3, 2, 2] + [4] * 14)
    late = replace(
        late,
        **{
            name: getattr(late, name).drop(gone)
            for name in ("features", "labels", "listed", "exposed", "groups", "traits")
        },
    )
    rows = stack_rows([early, late])
    assert rows.group[0] == rows.group[20]
    assert rows.group[0] != rows.group[22] == rows.group[3]


def test_a_list_left_out_does_not_exist_in_training(two_lists):
    designs, rows = split(two_lists)
    folds = designs[LIST_OUT].folds
    assert {fold.without_list for fold in folds} == {"a", "b"}
    for fold in folds:
        other = {"a": "b", "b": "a"}[fold.without_list]
        assert (rows.labels(fold.without_list) == rows.listed[other]).all()
        # whoever the other list names too is no test of whether this one is foreseen
        assert not rows.listed[other].to_numpy()[fold.test].any()
    for name in ("a", "b"):
        tested = np.concatenate([fold.test for fold in folds if fold.without_list == name])
        assert rows.is_listed[tested].sum() == 18
        assert len(tested) == len(np.unique(tested)) == 360 + 18


def test_only_companies_that_the_list_could_have_named_are_ranked_against_its_own(two_lists):
    could = two_lists.listed["a"].to_numpy() | (np.arange(400) < 200)
    exposed = two_lists.exposed.assign(a=could)
    designs, _ = split(replace(two_lists, exposed=exposed))
    for fold in designs[LIST_OUT].folds:
        assert could[fold.test].all() == (fold.without_list == "a")


def test_a_list_that_names_few_alone_is_not_left_out(two_lists):
    few = np.zeros(400, bool)
    few[np.flatnonzero(~two_lists.labels["is_listed"])[:3]] = True
    three = with_lists(two_lists, **two_lists.listed, c=few)
    design = split(three)[0][LIST_OUT]
    assert {fold.without_list for fold in design.folds} == {"a", "b"}
    assert "'c' was not left out: fewer than 5 companies are on it alone" in design.note
    nested = with_lists(two_lists, a=two_lists.listed["a"], b=two_lists.listed["a"])
    assert "fewer than 5 companies are on it alone" in split(nested)[0][LIST_OUT].reason


def test_what_other_lists_named_before_is_learnt_from_where_they_have_ended(over_time):
    _, early, late = over_time
    none = np.zeros(400, bool)
    early = with_lists(early, a=early.labels["is_listed"], b=none)
    late = with_lists(late, a=none, b=late.labels["is_listed"])
    designs, rows = split(early, late)
    design = designs[LIST_OUT]
    assert {fold.without_list for fold in design.folds} == {"b"}
    assert "'a' was not left out: fewer than 5 companies are on it alone" in design.note
    for fold in design.folds:
        assert rows.labels("b")[fold.train].sum() > 5
        assert set(rows.day[fold.test]) == {1}
        assert not set(rows.company[fold.train]) & set(rows.company[fold.test])


def test_a_design_that_cannot_be_run_says_why(cohort):
    one_place = with_groups(
        cohort,
        connected_group=0,
        buyer_region="A",
        first_active_on=pd.Timestamp("2015-01-01"),
    )
    designs, _ = split(one_place)
    assert designs[RANDOM].reason == ""
    assert "listed companies are in fewer than two of the groups" in designs[CONNECTED].reason
    assert "1 region of buyers known" in designs[REGION].reason
    assert "all firms first seen on one day" in designs[FORWARD].reason
    assert "1 list is predicted" in designs[LIST_OUT].reason
    assert "all firms first seen on one day" in designs[COMBINED].reason
    assert all(bool(design.folds) != bool(design.reason) for design in designs.values())


def test_a_giant_group_is_not_split_by_force(cohort):
    giant = with_groups(cohort, connected_group=np.maximum(np.arange(400) - 300, 0))
    assert "holds 75% of the companies" in split(giant)[0][CONNECTED].reason


def test_very_many_groups_are_dealt_out_evenly_and_whole(make_cohort):
    large = make_cohort(9000, prevalence=0.02, features=1, group_size=3)
    designs, rows = split(large)
    listed = [rows.is_listed[fold.test].sum() for fold in designs[CONNECTED].folds]
    tested = [len(fold.test) for fold in designs[CONNECTED].folds]
    assert len(np.unique(rows.group)) == 3000
    assert max(listed) - min(listed) <= 2
    assert max(tested) - min(tested) <= 30
    for fold in designs[CONNECTED].folds:
        assert not set(rows.group[fold.train]) & set(rows.group[fold.test])


def test_a_region_that_all_training_firms_deal_in_leaves_nobody_to_learn_from(cohort):
    everywhere = pd.DataFrame(True, cohort.features.index, list("ABCDEFGHIJKLMNO"))
    designs, _ = split(replace(cohort, dealt_regions=everywhere))
    assert "no training fold holds both" in designs[REGION].reason
    assert "no training fold holds both" in designs[COMBINED].reason


def test_listed_firms_in_one_part_only_are_told(cohort):
    listed = cohort.labels["is_listed"].to_numpy()
    two = with_groups(cohort, buyer_region=np.where(listed, "A", "B"))
    assert "listed companies are in fewer than two of the regions" in split(two)[0][REGION].reason
    early = np.where(listed, pd.Timestamp("2019-01-01"), pd.Timestamp("2015-01-01"))
    late_only = with_groups(cohort, first_active_on=pd.DatetimeIndex(early))
    assert "no listed company on both sides" in split(late_only)[0][FORWARD].reason


def test_folds_without_anybody_listed_to_train_on_are_left_out_and_told(cohort):
    region = np.where(np.arange(400) < 200, "A", "B").astype(object)
    listed = cohort.labels["is_listed"].to_numpy()
    # the listed of B deal in A as well, so that only B can be ranked
    deals = pd.DataFrame({"A": listed, "B": False}, cohort.features.index)
    lopsided = replace(with_groups(cohort, buyer_region=region), dealt_regions=deals)
    design = split(lopsided)[0][REGION]
    assert "1 of 2 folds left out: nobody listed to train on" in design.note
    assert set(region[design.folds[0].test]) == {"B"}


def test_few_regions_do_not_pretend_to_be_clusters(cohort):
    two = with_groups(cohort, buyer_region=np.where(np.arange(400) < 200, "A", "B"))
    for name in (REGION, COMBINED):
        design = split(two)[0][name]
        assert design.clusters == "connected_group"
        assert "fewer than ten regions" in design.note
    assert split(cohort)[0][REGION].clusters == "buyer_region"
