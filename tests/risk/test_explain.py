from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from infiltrate.params.choices import RiskChoices
from infiltrate.risk.explain import choose_learner, explain_scores
from infiltrate.risk.learners import LearningRows

CHOICES = RiskChoices(
    learners=["logistic", "boosting"], stability_seeds=2, stability_bootstraps=15, tuning_folds=0
)


def explain(cohort, **changes):
    choices = CHOICES.model_copy(update=changes)
    return explain_scores(cohort, cohort, choices, np.random.default_rng(1))


@pytest.fixture(scope="module")
def cohort(make_cohort):
    return make_cohort(400, effect=2.0, features=4)


@pytest.fixture(scope="module")
def explained(cohort):
    return explain(cohort)


def test_contributions_add_up_to_the_score_less_its_mean(explained):
    parts = explained.contributions.groupby("company_id")["contribution"].sum()
    scores = explained.scores.set_index("company_id")["risk_score"]
    assert (scores - scores.mean()).sort_index().to_numpy() == pytest.approx(parts.to_numpy())


def test_the_driver_is_what_moves_the_highest(explained):
    head = explained.scores["company_id"].head(10)
    first = explained.contributions.query("place == 1").set_index("company_id").loc[head]
    assert (first["feature"] == "x0").all() and (first["contribution"] > 0).all()


def test_places_hold_more_often_the_farther_they_are_from_the_cut(explained):
    scores = explained.scores
    cut = 20
    assert scores["head_share"].between(0, 1).all()
    assert scores["head_share"].head(3).min() > 0.9
    assert not scores["is_unstable"].tail(300).any()
    near = scores["rank"].between(cut - 5, cut + 5)
    assert scores.loc[near, "is_unstable"].sum() >= 3


def test_boosting_ranks_without_contributions(cohort):
    found = explain(cohort, ranked_by="boosting")
    assert found.learner.name == "boosting" and found.note == ""
    assert found.contributions.empty and found.coefficients.empty
    assert found.scores["head_share"].notna().all()


def test_the_latent_learner_needs_lists_and_the_logistic_one_steps_in(cohort):
    rows = LearningRows(
        cohort.describe(),
        cohort.labels["is_listed"].to_numpy(bool),
        cohort.listed,
        cohort.exposed,
        cohort.groups["connected_group"].to_numpy(),
    )
    name, note = choose_learner(rows, RiskChoices())
    assert name == "logistic"
    assert note.startswith("The ranking is not by the latent learner: ")
    assert choose_learner(rows, RiskChoices(learners=["logistic"])) == ("logistic", "")


def test_with_few_refits_there_is_no_interval_and_nobody_is_called_unstable(cohort):
    found = explain(cohort, stability_seeds=1, stability_bootstraps=5)
    for column in ("rank_low", "rank_high", "head_share", "is_unstable"):
        assert found.scores[column].isna().all()
    assert found.coefficients["low"].isna().all()


def test_what_a_name_is_changes_nothing(cohort, explained):
    names = {name: f"YY:{number:05d}" for number, name in enumerate(cohort.features.index)}
    parts = ("features", "labels", "listed", "exposed", "groups", "traits")
    renamed = replace(cohort, **{part: getattr(cohort, part).rename(index=names) for part in parts})
    again = explain(renamed).scores
    expected = explained.scores.assign(company_id=explained.scores["company_id"].map(names))
    pd.testing.assert_frame_equal(
        again.sort_values("company_id", ignore_index=True),
        expected.sort_values("company_id", ignore_index=True),
        check_exact=True,
    )
