"""Features about listed neighbours never see what a model is tested on."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from infiltrate.network.ties import build_ties
from infiltrate.params.choices import RiskChoices
from infiltrate.params.network_choices import NetworkChoices
from infiltrate.risk.cohorts import build_cohort
from infiltrate.risk.designs import CONNECTED, FORWARD, RANDOM, REGION
from infiltrate.risk.nearness import NEARNESS, Nearness, read_nearness
from infiltrate.risk.validation import validate_models

COMPANIES = 1200
CHOICES = RiskChoices(folds=3, learners=["logistic"], tuning_folds=0)


@pytest.fixture
def planted(make_cohort):
    """Firms in groups of four that are listed together; nothing else tells them apart."""
    cohort = make_cohort(COMPANIES, effect=0.0, group_size=4, prevalence=0.1)
    group = cohort.groups["connected_group"].to_numpy()
    is_listed = np.isin(group, np.random.default_rng(5).choice(COMPANIES // 4, 30, replace=False))
    return with_ties(
        replace(cohort, labels=cohort.labels.assign(is_listed=is_listed)), group, is_listed
    )


def with_ties(cohort, group, listed):
    companies = cohort.features.index
    frame = pd.DataFrame(
        {"company_id": companies, "hub_id": [f"P{number}" for number in group], "side": "officer"}
    )
    ties = build_ties(frame, companies)
    nearness = Nearness(ties, companies[listed].to_numpy(dtype=object), NetworkChoices())
    return replace(cohort, nearness=nearness)


def area(cohort, *designs, seed=1):
    """Return the mean AUC of the designs; of that which keeps connected firms apart, if none."""
    rankings = validate_models([cohort], CHOICES, np.random.default_rng(seed)).rankings
    chosen = [rankings[rankings["design"] == design] for design in designs or (CONNECTED,)]
    return np.mean([roc_auc_score(one["is_listed"], one["percentile"]) for one in chosen])


def test_a_leak_through_entries_of_the_fold_itself_is_shut(planted, monkeypatch):
    # everything is as leaky as can be: the entries are the labels themselves
    assert area(planted) == pytest.approx(0.5, abs=0.06)
    columns = Nearness.columns
    monkeypatch.setattr(Nearness, "columns", lambda self, rows, _=(): columns(self, rows))
    assert area(planted) > 0.8


def test_permuted_labels_give_one_half(planted):
    rng = np.random.default_rng(8)
    areas = []
    for _ in range(4):
        mixed = planted.labels["is_listed"].to_numpy()[rng.permutation(COMPANIES)]
        cohort = replace(planted, labels=planted.labels.assign(is_listed=mixed))
        areas.append(area(cohort, RANDOM, CONNECTED, REGION))
    assert np.mean(areas) == pytest.approx(0.5, abs=0.04)


def test_neighbours_listed_earlier_are_a_feature_that_is_found(planted):
    group = planted.groups["connected_group"].to_numpy()
    earlier = planted.labels["is_listed"].to_numpy() & (np.arange(COMPANIES) % 2 == 0)
    # those listed earlier are no longer ranked
    ranked = planted.features.index[~earlier]
    cohort = with_ties(planted, group, earlier)
    cohort = replace(
        cohort,
        features=cohort.features.loc[ranked],
        labels=cohort.labels.loc[ranked],
        groups=cohort.groups.loc[ranked],
    )
    assert area(cohort) > 0.8
    assert area(replace(cohort, nearness=None)) == pytest.approx(0.5, abs=0.08)


def test_held_out_entries_do_not_exist(planted):
    rows = planted.features.index
    listed = planted.nearness.listed
    some, rest = listed[:40], listed[40:]
    pd.testing.assert_frame_equal(
        planted.nearness.columns(rows, some),
        Nearness(planted.nearness.ties, rest, NetworkChoices()).columns(rows),
    )
    assert planted.nearness.columns(rows, listed)["steps_to_listed"].isna().all()


def test_a_day_without_ties_may_stand_beside_one_with_them(planted):
    earlier = replace(
        planted, as_of=date(2014, 12, 31), window_closes=date(2018, 12, 31), nearness=None
    )
    validation = validate_models([earlier, planted], CHOICES, np.random.default_rng(1))
    chosen = validation.rankings[validation.rankings["design"] == FORWARD]
    assert roc_auc_score(chosen["is_listed"], chosen["percentile"]) == pytest.approx(0.5, abs=0.06)


AS_OF = date(2015, 12, 31)


def study(make_store, folder="tables", *, entries=(), officers=()):
    names = ["Ann", "Bob", "Cat", "Dan"]
    return make_store(
        folder,
        companies=[
            {"company_id": name, "kind": "company", "incorporated_on": date(2005, 1, 1)}
            for name in names
        ],
        officers=[
            {"company_id": name, "officer_id": "P", "role": "director",
             "valid_from": date(2010, 1, 1)}
            for name in names[:3]
        ] + list(officers),
        ownership=[], consortia=[], accounts=[], areas=[], sectors=[],
        buyers=[{"buyer_id": "X"}],
        tenders=[{"tender_id": "t", "lot_id": "1", "buyer_id": "X", "award_on": date(2014, 1, 1)}],
        bids=[
            {"tender_id": "t", "lot_id": "1", "company_id": name, "submitted_on": date(2014, 1, 1)}
            for name in names
        ],
        contracts=[],
        list_entries=[
            {"list_id": "court", "entry_id": "1", "company_id": "Ann",
             "listed_on": date(2014, 6, 1)},
            *entries,
        ],
    )  # fmt: skip


def described(store, make_params, **risk):
    nearness = read_nearness(store, make_params(**risk), AS_OF)
    return nearness.columns(pd.Index(["Ann", "Bob", "Cat", "Dan"], name="company_id"))


def test_entries_within_the_quarantine_and_later_change_nothing(make_store, make_params):
    before = described(study(make_store), make_params)
    assert before.loc["Bob", "steps_to_listed"] == 1
    assert np.isnan(before.loc["Dan", "steps_to_listed"])
    late = [
        {"list_id": "court", "entry_id": str(day), "company_id": "Cat", "listed_on": day}
        for day in (date(2017, 6, 1), date(2018, 1, 1))
    ]
    ties = [
        {"company_id": "Dan", "officer_id": "P", "role": "director",
         "valid_from": date(2016, 1, 1)}
    ]  # fmt: skip
    after = described(study(make_store, "later", entries=late, officers=ties), make_params)
    pd.testing.assert_frame_equal(before, after)


def test_an_annulled_entry_is_none(make_store, make_params):
    annulled = [
        {"list_id": "court", "entry_id": "2", "company_id": "Dan", "outcome": "annulled",
         "listed_on": date(2013, 1, 1)},
    ]  # fmt: skip
    pd.testing.assert_frame_equal(
        described(study(make_store, entries=annulled), make_params),
        described(study(make_store, "without"), make_params),
    )


def test_a_longer_quarantine_hides_the_entry(make_store, make_params):
    found = described(study(make_store), make_params, quarantine_months=24)
    assert found["steps_to_listed"].isna().all()


def test_no_feature_where_nobody_is_tied_or_none_is_wanted(make_store, make_params):
    store = study(make_store)
    assert set(NEARNESS) <= set(build_cohort(store, make_params(), AS_OF).describe())
    params = make_params()
    off = params.model_copy(
        update={
            "choices": params.choices.model_copy(
                update={"network": NetworkChoices(in_ranking=False)}
            )
        }
    )
    assert read_nearness(store, off, AS_OF) is None
