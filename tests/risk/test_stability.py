import numpy as np
import pytest

from infiltrate.params.choices import RiskChoices
from infiltrate.risk.learners import LearningRows, fit_learner
from infiltrate.risk.stability import (
    LEAST_REFITS,
    Refits,
    crosses_cut,
    refit_learner,
    share_in_head,
)

CHOICES = RiskChoices(stability_seeds=2, stability_bootstraps=15, tuning_folds=0)


def learning_rows(cohort):
    return LearningRows(
        cohort.describe(),
        cohort.labels["is_listed"].to_numpy(bool),
        cohort.listed,
        cohort.exposed,
        cohort.groups["connected_group"].to_numpy(),
    )


def refits_of(scores):
    return Refits(np.array(scores, dtype=np.float32), np.empty((len(scores[0]), 0)))


def test_the_share_in_the_head_is_counted_over_refits():
    # five companies; the first is always highest, second and third take turns
    turns = [[9.0] * 20, [8, 1] * 10, [1, 8] * 10, [0.5] * 20, [0.2] * 20]
    assert share_in_head(refits_of(turns), 2).tolist() == [1, 0.5, 0.5, 0, 0]
    assert share_in_head(refits_of(turns), 1).tolist() == [1, 0, 0, 0, 0]


def test_ties_at_the_cut_are_all_above_it():
    assert share_in_head(refits_of([[2.0] * 20, [1.0] * 20, [1.0] * 20]), 2).tolist() == [1, 1, 1]


def test_few_refits_say_nothing():
    few = refits_of([[1.0] * (LEAST_REFITS - 1)] * 3)
    assert np.isnan(share_in_head(few, 1)).all()


def test_the_middle_half_of_the_ranks_decides():
    shares = np.array([0, 0.2, 0.3, 0.5, 0.7, 0.8, 1, np.nan])
    assert crosses_cut(shares).tolist() == [False, False, True, True, True, False, False, False]


@pytest.mark.parametrize("name", ["logistic", "boosting"])
def test_a_strong_driver_holds_places_and_noise_does_not(make_cohort, name):
    unstable = {}
    for effect in (0.0, 3.0):
        cohort = make_cohort(400, effect=effect, prevalence=0.1, features=3)
        rows = learning_rows(cohort)
        learner = fit_learner(name, rows, CHOICES, np.random.default_rng(1))
        refits = refit_learner(learner, rows, rows.features, CHOICES, np.random.default_rng(2))
        assert refits.count == 30
        head = np.argsort(-learner.score(rows.features))[:20]
        unstable[effect] = crosses_cut(share_in_head(refits, 20))[head].mean()
    assert unstable[3.0] < unstable[0.0] - 0.1


def test_the_same_generator_gives_the_same_refits(make_cohort):
    rows = learning_rows(make_cohort(300, features=3))
    learner = fit_learner("logistic", rows, CHOICES, np.random.default_rng(1))
    first, again = (
        refit_learner(learner, rows, rows.features, CHOICES, np.random.default_rng(2))
        for _ in range(2)
    )
    assert (first.scores == again.scores).all()
    assert (first.coefficients == again.coefficients).all()
