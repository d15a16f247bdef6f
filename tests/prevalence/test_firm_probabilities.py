"""How likely each firm is infiltrated, where it is known who is."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from infiltrate.params.choices import DisclosureChoices
from infiltrate.prevalence.detection_data import DetectionPriors
from infiltrate.prevalence.estimators import CountryEstimate
from infiltrate.prevalence.firm_probabilities import (
    COLUMNS,
    estimate_firm_probabilities,
    tabulate_bands,
)
from infiltrate.prevalence.joint_detection import estimate_joint_detection
from infiltrate.prevalence.national_posterior import national_posterior
from infiltrate.prevalence.pool import PoolChoices, triangulate
from tests.prevalence.countries import from_toy
from tests.prevalence.toy_country import FALSE_POSITIVES, make_toy_country

NOTHING_DARK = PoolChoices(dark_share=None, gamma_log_sd=0.0)


def pooled(posteriors, lists, choices=NOTHING_DARK):
    floor = np.full(100, float(lists.listed.any(axis=1).sum()))
    pool = triangulate(posteriors, floor, len(lists.companies), np.random.default_rng(1), choices)
    return CountryEstimate({p.estimator: p for p in posteriors}, floor, pool)


@pytest.fixture(scope="module")
def toy():
    return make_toy_country(7, "high", 6_000, areas=8, sections=5)


@pytest.fixture(scope="module")
def posterior(toy):
    priors = DetectionPriors(FALSE_POSITIVES)
    rng = np.random.default_rng(0)
    return estimate_joint_detection(toy.data, priors, rng, 400, with_checks=False)


@pytest.fixture(scope="module")
def lists(toy):
    return from_toy(toy)[0]


@pytest.fixture(scope="module")
def country(posterior, lists):
    return pooled([posterior], lists)


def probabilities(country, lists, seed=3):
    given = estimate_firm_probabilities(country, lists, np.random.default_rng(seed))
    assert given.refusal == ""
    return given.table.set_index("company_id").loc[lists.companies["company_id"]]


@pytest.fixture(scope="module")
def table(country, lists):
    return probabilities(country, lists)


def test_probabilities_agree_with_who_is_infiltrated(table, toy):
    from infiltrate.risk.calibration_quality import measure_calibration

    unlisted = ~toy.data.listed.any(axis=1)
    stated = table["probability"].to_numpy()
    quality = measure_calibration(stated, toy.infiltrated)
    assert quality.slope == pytest.approx(1, abs=0.25)
    assert quality.expected_error < 0.02
    assert roc_auc_score(toy.infiltrated[unlisted], stated[unlisted]) > 0.7
    assert ((table["low"] <= table["probability"]) & (table["probability"] <= table["high"])).all()
    assert table["probability"].between(0, 1).all()


def test_they_add_up_to_the_pool(table, country):
    assert table["probability"].sum() == pytest.approx(country.pool.draws.mean(), rel=0.005)


def test_they_follow_the_pool_where_it_holds_that_infiltration_is_commoner(posterior, lists, table):
    firms = len(lists.companies)
    other = national_posterior(
        "loglinear_bic", "loglinear", firms, 3 * posterior.total(), float("nan")
    )
    country = pooled([posterior, other], lists)
    more = probabilities(country, lists)
    assert more["probability"].sum() == pytest.approx(country.pool.draws.mean(), rel=0.005)
    assert (more["probability"] > table["probability"]).mean() > 0.99
    assert more["probability"].corr(table["probability"], method="spearman") > 0.99


def test_what_no_list_can_see_is_shared_by_all_firms_alike(posterior, lists, table):
    # a dark half: as many again that are like nobody listed
    dark = pooled([posterior], lists, replace(NOTHING_DARK, dark_share=(5e6, 5e6)))
    stated = probabilities(dark, lists)["probability"]
    assert stated.sum() == pytest.approx(2 * table["probability"].sum(), rel=0.01)
    added = (stated - table["probability"]) / (1 - table["probability"])
    assert added.std() < 0.1 * added.mean()


def test_firms_on_several_lists_are_likelier_than_those_on_none(table, toy):
    on = toy.data.listed.sum(axis=1)
    mean = table["probability"].groupby(on).mean()
    assert mean[2] > mean[1] > mean[0]


def test_the_same_seed_gives_the_same_bits(country, lists, table):
    pd.testing.assert_frame_equal(probabilities(country, lists), table, check_exact=True)
    assert dict(table.reset_index().dtypes.astype(str)) == COLUMNS


def test_nobody_can_say_where_the_pool_is_refused(posterior, lists, country):
    none = estimate_firm_probabilities(None, lists, np.random.default_rng(0))
    assert "cannot be said" in none.refusal
    assert none.table.empty
    assert list(none.table) == list(COLUMNS)
    refused = replace(posterior, status="reject", draws=np.empty((0, len(posterior.cells))))
    rejected = pooled([refused], lists)
    given = estimate_firm_probabilities(rejected, lists, np.random.default_rng(0))
    assert given.refusal == " ".join(rejected.pool.reasons)
    assert given.table.empty


def test_nobody_can_say_where_the_number_rests_on_lists_alone(posterior, lists):
    number = posterior.total()
    other = national_posterior(
        "loglinear_bic", "loglinear", len(lists.companies), number, float("nan")
    )
    refused = replace(posterior, status="reject", draws=np.empty((0, len(posterior.cells))))
    given = estimate_firm_probabilities(
        pooled([refused, other], lists), lists, np.random.default_rng(0)
    )
    assert "do not tell one firm from another" in given.refusal
    assert given.table.empty


def test_bands_count_all_firms_and_point_at_none(table):
    rules = DisclosureChoices(minimum_firms=10, round_to=5)
    bands = tabulate_bands(table.reset_index(), rules)
    assert bands["firms"].min() >= 10
    assert bands["firms"].sum() == pytest.approx(len(table), abs=5 * len(bands))
    assert (bands["firms"] % 5 == 0).all()
    assert bands["from"].iloc[-1] == 0
    assert bands["to"].iloc[0] == 1
    assert (bands["to"].iloc[1:].to_numpy() == bands["from"].iloc[:-1].to_numpy()).all()
    assert bands["expected_of_100"].between(100 * bands["from"], 100 * bands["to"]).all()


@pytest.mark.parametrize("n", [0, 1, 9])
def test_too_few_firms_are_not_counted(n):
    table = pd.DataFrame({"probability": np.linspace(0, 1, n)})
    assert tabulate_bands(table, DisclosureChoices(minimum_firms=10)).empty


def test_a_band_of_few_firms_goes_with_the_one_below():
    table = pd.DataFrame({"probability": [0.9] * 3 + [0.3] * 12 + [0.001] * 100 + [0.03] * 4})
    bands = tabulate_bands(table, DisclosureChoices(minimum_firms=10, round_to=1))
    assert bands["firms"].tolist() == [15, 104]
    assert bands["from"].tolist() == [0.2, 0.0]
