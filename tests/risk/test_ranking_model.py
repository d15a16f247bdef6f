"""A ranking that is kept: every learner, the same bytes, and what it says of others."""

from __future__ import annotations

import copy
import subprocess
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from infiltrate.errors import StoreError
from infiltrate.params.choices import DriftLimits, RiskChoices
from infiltrate.risk.learners import LearningRows, fit_learner
from infiltrate.risk.ranking_model import SCORE, RankingModel, keep_ranking, warn_of_drift
from infiltrate.risk.score import rank_companies
from infiltrate.study.kept_model import read_model, write_model

CHOICES = RiskChoices(
    folds=2,
    tuning_folds=0,
    bootstrap_draws=50,
    learners=["logistic"],
    ranked_by="logistic",
    stability_seeds=1,
    stability_bootstraps=20,
)


@pytest.fixture(scope="module")
def result(make_cohort):
    return rank_companies([make_cohort(1500)], CHOICES, np.random.default_rng(1))


@pytest.fixture(scope="module")
def model(result) -> RankingModel:
    kept = keep_ranking(result, np.random.default_rng(2))
    assert kept is not None
    return kept


def rows(n: int = 1500) -> LearningRows:
    """Infiltrated firms are shifted in three features; three lists find some of them."""
    rng = np.random.default_rng(3)
    infiltrated = rng.random(n) < 0.15
    features = pd.DataFrame(
        rng.normal(size=(n, 3)) + infiltrated[:, None],
        columns=["C01_flagged_share", "F01_flagged_share", "age_years"],
    )
    features["area"] = rng.choice(["A", "B", "C"], n).astype(object)
    features["sector_section"] = rng.choice(["F", "G"], n).astype(object)
    features["bids"] = rng.poisson(3, n).astype(float)
    features.loc[::9, "F01_flagged_share"] = np.nan
    features.index = pd.Index([f"XX:{number}" for number in range(n)], name="company_id")
    listed = pd.DataFrame({k: infiltrated & (rng.random(n) < 0.4) for k in "abc"}, features.index)
    exposed = pd.DataFrame(True, features.index, listed.columns)
    return LearningRows(features, listed.any(axis=1).to_numpy(), listed, exposed, np.arange(n))


@pytest.mark.parametrize("name", ["logistic", "boosting", "latent"])
def test_every_learner_comes_back_with_the_same_scores_and_the_same_bytes(name, model, tmp_path):
    data = rows()
    learner = fit_learner(name, data, CHOICES, np.random.default_rng(5))
    kept = replace(
        model,
        learner=learner,
        columns=tuple(data.features),
        reference=np.sort(learner.score(data.features)),
    )
    parts = kept.to_parts()
    # other places in memory, as in another process
    hashes = {write_model(tmp_path / f"{k}.skops", copy.deepcopy(parts)) for k in range(2)}
    assert len(hashes) == 1
    back = RankingModel.from_parts(read_model(tmp_path / "0.skops"))
    pd.testing.assert_frame_equal(
        back.score(data.features), kept.score(data.features), check_exact=True
    )
    assert back.as_of == kept.as_of
    assert back.columns == kept.columns
    pd.testing.assert_frame_equal(back.profile, kept.profile, check_dtype=False)
    has_parts = any(column.startswith("contribution_") for column in back.score(data.features))
    assert has_parts == (name != "boosting")


def test_code_that_a_ranking_does_not_need_is_not_run(tmp_path):
    from skops.io import dump

    path = tmp_path / "evil.skops"
    dump({"estimator": subprocess.Popen}, path)
    with pytest.raises(StoreError, match=r"asks for code .*subprocess\.Popen"):
        read_model(path)


def test_a_company_stands_among_the_reference_as_counted_by_hand(model):
    features = pd.DataFrame({"x": [0.0, 1.0, 2.0]}, index=["a", "b", "c"])

    class Known:
        name = "boosting"

        def score(self, frame):
            return np.array([5.0, 2.0, 0.5])

        def contributions(self, frame):
            return None

    small = replace(
        model,
        learner=Known(),
        columns=("x",),
        reference=np.array([1.0, 2.0, 2.0, 4.0]),
        calibrator=None,
    )
    table = small.score(features)
    assert table["company_id"].tolist() == ["a", "b", "c"]
    assert table["rank"].tolist() == [1, 2, 5]
    assert table["percentile"].tolist() == [1.0, 0.5, 0.0]
    assert table[["probability_listed", "low", "high"]].isna().all().all()


def test_the_probability_is_that_of_companies_the_ranking_never_saw(model, result):
    """In sample the head of the ranking looks better than it is."""
    table = model.score(result.scored.describe())
    assert table["probability_listed"].mean() == pytest.approx(0.05, abs=0.015)
    assert model.no_probability == ""


def test_too_few_labels_give_no_probability_and_the_reason(make_cohort):
    result = rank_companies([make_cohort(500, prevalence=0.02)], CHOICES, np.random.default_rng(1))
    kept = keep_ranking(result, np.random.default_rng(2))
    assert kept.calibrator is None
    assert "fewer than the 20 listed companies" in kept.no_probability
    assert kept.score(result.scored.describe())["probability_listed"].isna().all()
    again = RankingModel.from_parts(kept.to_parts())
    assert again.calibrator is None


def test_nobody_ranked_means_nothing_kept(make_cohort):
    refused = rank_companies([make_cohort(100, prevalence=0.0)], CHOICES, np.random.default_rng(1))
    assert keep_ranking(refused, np.random.default_rng(2)) is None
    assert warn_of_drift(refused, DriftLimits()) == ()


def test_a_reader_is_warned_where_the_companies_ranked_differ_from_those_learnt_from(
    make_cohort, result
):
    assert warn_of_drift(result, DriftLimits()) == ()
    later = make_cohort(1500, seed=2, as_of=date(2021, 12, 31), window_closes=date(2025, 1, 1))
    moved = replace(later, features=later.features.assign(x1=later.features["x1"] + 3))
    (warning,) = warn_of_drift(replace(result, scored=moved), DriftLimits())
    assert "as of 2021-12-31" in warning
    assert "x1, population stability index" in warning


def test_new_companies_are_held_against_features_and_scores(model, result):
    features = result.scored.describe()
    assert model.check(features, DriftLimits()) == []
    turned = features.assign(x0=np.sort(features["x0"])[::-1])
    assert model.check(turned, DriftLimits()) == []
    moved = features.assign(x0=features["x0"] + 3, x2=np.nan)
    several = [problem.where for problem in model.check(moved, DriftLimits())]
    assert several == ["x0", "x2"]
    assert SCORE not in several
