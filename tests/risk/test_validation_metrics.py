from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from infiltrate.params.choices import RiskChoices
from infiltrate.risk.calibration_metrics import CALIBRATION_METRICS
from infiltrate.risk.comparators import ACTIVITY, COMPARATORS, CRI, ISOLATION, SINGLE_BIDS
from infiltrate.risk.designs import CONNECTED, DESIGNS, LIST_OUT, RANDOM, REGION
from infiltrate.risk.validation import validate_models
from infiltrate.risk.validation_metrics import describe_designs, measure_validation

CHOICES = RiskChoices(
    folds=3, learners=["logistic"], tuning_folds=0, bootstrap_draws=60, recall_at=[0.05, 0.2]
)


@pytest.fixture(scope="module")
def cohort(make_cohort):
    """Single bids tell a little, x0 much; the number of bids tells nothing."""
    cohort = make_cohort(900, prevalence=0.1, effect=2.0)
    rng, listed = np.random.default_rng(3), cohort.labels["is_listed"].to_numpy()
    features = cohort.features.assign(
        C01_flagged_share=(rng.normal(size=900) + 0.5 * listed).round(2),
        bids=rng.integers(1, 40, 900).astype(float),
    )
    return replace(cohort, features=features)


@pytest.fixture(scope="module")
def validation(cohort):
    return validate_models([cohort], CHOICES, np.random.default_rng(1), comparators=True)


@pytest.fixture(scope="module")
def metrics(validation):
    return measure_validation(validation, CHOICES, np.random.default_rng(2))


def test_learners_and_simple_rankings_stand_in_one_table(metrics):
    models = metrics.groupby("design", sort=False)["model"].unique()
    assert list(models.index) == list(DESIGNS)
    for named in models:
        assert list(named) == ["logistic", *COMPARATORS]
    by_model = metrics.groupby("model")["name"].agg(set)
    assert by_model["logistic"] - by_model[CRI] == set(CALIBRATION_METRICS)
    assert not metrics.duplicated(["design", "model", "name"]).any()
    assert {"recall_at_20pct", "lift_at_5pct", "average_precision"} <= by_model[ISOLATION]


def test_all_rank_the_same_companies_and_the_learner_beats_what_knows_less(validation, metrics):
    ranked = validation.rankings
    for (design, fold), part in ranked.groupby(["design", "fold"], observed=True):
        companies = part.groupby("model", observed=True)["company_id"].agg(tuple)
        assert companies.nunique() == 1, (design, fold)
    area = metrics[metrics["name"] == "roc_auc"].set_index(["design", "model"])
    for design in (RANDOM, CONNECTED, REGION):
        assert area.loc[(design, "logistic"), "low"] > area.loc[(design, SINGLE_BIDS), "value"]
        assert area.loc[(design, SINGLE_BIDS), "value"] > 0.56
        assert area.loc[(design, ACTIVITY), "low"] < 0.5 < area.loc[(design, ACTIVITY), "high"]


def test_probabilities_are_judged_for_learners_only(metrics):
    slopes = metrics[metrics["name"] == "calibration_slope"].set_index("design")
    assert (slopes["model"] == "logistic").all()
    assert slopes.loc[CONNECTED, "low"] < 1 < slopes.loc[CONNECTED, "high"]


def test_a_design_that_was_not_run_has_reasons_in_place_of_numbers(metrics, validation):
    refused = metrics[metrics["design"] == LIST_OUT]
    assert refused["value"].isna().all()
    assert refused["reason"].str.contains("1 list is predicted").all()
    designs = describe_designs(validation).set_index("design")
    assert designs.loc[LIST_OUT, ["folds", "n_units", "n_listed"]].tolist() == [0, 0, 0]
    assert designs.loc[CONNECTED, ["folds", "n_units", "n_listed"]].tolist() == [3, 900, 90]


def test_a_model_that_could_not_be_made_has_a_reason_in_every_design(cohort):
    bare = replace(cohort, features=cohort.features.drop(columns=["bids", "C01_flagged_share"]))
    choices = CHOICES.model_copy(update={"learners": ["logistic", "bagging_unlabelled"]})
    validation = validate_models([bare], choices, np.random.default_rng(1), comparators=True)
    found = measure_validation(validation, choices, np.random.default_rng(2))
    for model in (SINGLE_BIDS, CRI, ACTIVITY):
        own = found[(found["model"] == model) & (found["design"] == CONNECTED)]
        assert own["value"].isna().all()
        assert own["reason"].str.contains("nothing it goes by").all()
    area = found[found["name"] == "roc_auc"].set_index(["design", "model"])["value"]
    assert area[CONNECTED, ISOLATION] == pytest.approx(0.5, abs=0.2)
    assert area[CONNECTED, "logistic"] > 0.8


def test_a_list_left_out_gets_no_probability(cohort):
    listed = cohort.labels["is_listed"].to_numpy()
    half = np.cumsum(listed) % 2 == 0
    lists = pd.DataFrame({"a": listed & half, "b": listed & ~half}, cohort.features.index)
    two = replace(cohort, listed=lists, exposed=lists | True)
    found = measure_validation(
        validate_models([two], CHOICES, np.random.default_rng(1)), CHOICES, np.random.default_rng(2)
    )
    own = found[found["design"] == LIST_OUT].set_index("name")
    assert own.loc["roc_auc", "low"] > 0.7
    assert own.loc["roc_auc", "n_listed"] == 90
    assert own.loc["roc_auc", "n_units"] == 90 + 2 * 810
    assert own.loc["brier", "reason"].startswith("refused: a probability of being listed means any")
