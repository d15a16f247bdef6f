from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from infiltrate.risk.examine import examine_ranking
from infiltrate.risk.model_card import card_text, write_model_card
from infiltrate.risk.score import rank_companies

HEADINGS = [
    "Model details",
    "Intended use",
    "Factors",
    "Metrics",
    "Training data",
    "Evaluation data",
    "Quantitative analyses",
    "Ethical considerations",
    "Caveats and recommendations",
]


@pytest.fixture(scope="module")
def params(make_params):
    return make_params(
        learners=["logistic"],
        folds=2,
        bootstrap_draws=50,
        tuning_folds=0,
        stability_seeds=1,
        stability_bootstraps=20,
    )


@pytest.fixture(scope="module")
def result(make_cohort, params):
    cohort = make_cohort(1200, effect=1.5, features=3)
    traits = pd.DataFrame({"size": np.repeat(["small", "large"], 600)}, cohort.features.index)
    return rank_companies(
        [replace(cohort, traits=traits)], params.choices.risk, np.random.default_rng(1)
    )


@pytest.fixture(scope="module")
def examined(result, params):
    return examine_ranking(result, params, np.random.default_rng(2))


def test_every_question_has_an_answer(examined):
    assert examined.importance.groups["group"].iloc[0] == "x0"
    assert len(examined.counterfactuals.companies) == 60
    assert set(examined.curve["model"]) == {"logistic"}
    assert examined.reliability_reason == ""
    assert set(examined.error_rates["measure"]) == {
        "flagged_unlisted",
        "recall",
        "listed_per_expected",
    }
    assert examined.feedback.warnings == ()


def test_no_group_of_the_reliability_table_is_too_small_to_show(examined, params):
    table = examined.reliability
    assert (table["n_events"] >= params.choices.disclosure.minimum_listed).all()
    assert table["n_units"].sum() == 1200
    assert table["probability"].is_monotonic_increasing


def test_the_same_generator_gives_the_same_answers(result, params, examined):
    again = examine_ranking(result, params, np.random.default_rng(2))
    pd.testing.assert_frame_equal(again.importance.groups, examined.importance.groups)
    pd.testing.assert_frame_equal(again.error_rates, examined.error_rates)
    pd.testing.assert_frame_equal(again.curve, examined.curve)


def test_the_card_has_the_headings_of_the_paper_and_the_numbers_of_the_run(
    result, examined, params
):
    card = write_model_card(params, result, examined, {"x0": "the driver"})
    assert [section.heading for section in card] == HEADINGS
    text = card_text(card, params.title)
    assert text.startswith("# Model card: An invented country\n")
    area = result.metrics.query("name == 'roc_auc' and ranks and design == 'random by firm'")
    assert f"ROC-AUC, random by firm: {area['value'].iloc[0]:.2f} (" in text
    assert "It rests most on the driver" in text
    assert "1,200 companies" in text and "60 of them listed" in text
    assert not any(name in text for name in result.scores["company_id"])


def test_a_refused_ranking_has_a_card_that_says_so(make_cohort, params):
    result = rank_companies(
        [make_cohort(200, prevalence=0)], params.choices.risk, np.random.default_rng(1)
    )
    examined = examine_ranking(result, params, np.random.default_rng(2))
    (section,) = write_model_card(params, result, examined)
    assert "There is no ranking." in section.points
    assert "Companies were not ranked" in " ".join(section.points)
    assert examined.counterfactuals.companies.empty and examined.error_rates.empty
    assert examined.counterfactuals.avoided_by(1) == 0


def test_steered_inspections_are_on_the_card(result, params):
    risk = params.choices.risk.model_copy(update={"scores_used_from": date(2015, 1, 1)})
    choices = params.choices.model_copy(update={"risk": risk})
    steered = params.model_copy(update={"choices": choices})
    examined = examine_ranking(result, steered, np.random.default_rng(2))
    text = card_text(write_model_card(steered, result, examined), "x")
    assert text.count("FEEDBACK LOOP") == 2
