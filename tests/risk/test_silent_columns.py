import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from infiltrate.params.choices import RiskChoices
from infiltrate.risk.learners import LearningRows, fit_learner
from infiltrate.risk.roles import is_silent_when_missing
from infiltrate.risk.silent_columns import DrawnWhereSilent

CHOICES = RiskChoices(tuning_folds=0)
CODES = ("C01", "C04", "C10", "C13", "T01")


@pytest.mark.parametrize(
    ("column", "silent"),
    [
        ("C01_flagged_share", True),
        ("C01_unknown_share", True),
        ("C07_mean_among_peers", True),
        ("P01_mean", True),
        ("win_share_among_peers", True),
        ("F47_mean", False),
        ("F08_flagged_share", False),
        ("age_years_among_peers", False),
        ("personnel_to_revenue", False),
        ("x0", False),
    ],
)
def test_what_is_missing_of_companies_that_won_nothing_is_silent(column, silent):
    assert is_silent_when_missing(column) == silent


def simulate(rng, n=4000, strength=0.0):
    """Four in ten have won something; only they can be listed, one in ten of them."""
    won = rng.random(n) < 0.4
    sign = rng.normal(size=n)
    odds = np.exp(strength * sign)
    is_listed = won & (rng.random(n) < 0.1 * odds / np.exp(strength**2 / 2))
    features = pd.DataFrame(
        {
            f"{code}_{part}": np.where(won, rng.random(n).round(1), np.nan)
            for code in CODES
            for part in ("flagged_share", "unknown_share", "mean_among_peers")
        }
    )
    features["C01_mean_among_peers"] = np.where(won, sign, np.nan)
    features["F47_mean"] = rng.normal(size=n)
    rows = LearningRows(
        features,
        is_listed,
        pd.DataFrame({"court": is_listed}),
        pd.DataFrame({"court": True}, features.index),
        np.arange(n),
    )
    return rows, won


@pytest.mark.parametrize("name", ["logistic", "boosting"])
def test_having_won_nothing_is_no_sign(name):
    rng = np.random.default_rng(6)
    (rows, _), (new, won) = simulate(rng), simulate(rng)
    assert roc_auc_score(new.is_listed, won) > 0.75  # what exposure alone would give
    scores = fit_learner(name, rows, CHOICES, rng).score(new.features)
    assert abs(roc_auc_score(new.is_listed, scores) - 0.5) < 0.08
    assert abs(roc_auc_score(won, scores) - 0.5) < 0.08


@pytest.mark.parametrize("name", ["logistic", "boosting"])
def test_a_sign_of_those_who_won_is_found_all_the_same(name):
    rng = np.random.default_rng(7)
    (rows, _), (new, won) = simulate(rng, strength=1.0), simulate(rng, strength=1.0)
    scores = fit_learner(name, rows, CHOICES, rng).score(new.features)
    assert roc_auc_score(new.is_listed[won], scores[won]) > 0.7
    assert np.isfinite(scores).all()


def test_missing_values_are_drawn_from_the_known_ones_only_while_learning():
    frame = pd.DataFrame({"a": [1.0, 2.0, np.nan, np.nan], "b": [np.nan] * 4, "c": range(4)})
    fill = DrawnWhereSilent(seed=3)
    learnt = fill.fit_transform(frame)
    assert set(learnt[2:, 0]) <= {1.0, 2.0}
    assert learnt[:2, 0].tolist() == [1.0, 2.0]
    assert np.isnan(learnt[:, 1]).all()
    assert learnt[:, 2].tolist() == [0, 1, 2, 3]
    np.testing.assert_array_equal(fill.fit_transform(frame), learnt)
    np.testing.assert_array_equal(fill.transform(frame), frame.to_numpy(dtype=float))
    assert frame["a"].isna().sum() == 2
    assert fill.get_feature_names_out().tolist() == ["a", "b", "c"]
