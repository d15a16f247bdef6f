"""Learners of one interface: what they see, what they refuse, what cannot disturb them."""

from collections.abc import Callable
from importlib.util import find_spec

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from infiltrate.errors import ParamsError
from infiltrate.params.choices import RiskChoices
from infiltrate.risk.boosting import LEAVES
from infiltrate.risk.cohorts import Cohort
from infiltrate.risk.columns import thin_unlisted
from infiltrate.risk.learners import LEARNERS, FittedLearner, LearningRows, fit_learner, why_not
from infiltrate.risk.logistic import build_logistic
from infiltrate.risk.normal_scores import NormalScores
from infiltrate.risk.tuning import choose_setting

ALWAYS = ("logistic", "boosting")
UNLABELLED = ("bagging_unlabelled", "nonnegative_unlabelled")


def gather(cohort: Cohort, **columns: object) -> LearningRows:
    return LearningRows(
        cohort.features.assign(**columns),
        cohort.labels["is_listed"].to_numpy(bool),
        cohort.listed,
        cohort.exposed,
        cohort.groups["connected_group"].to_numpy(),
    )


def fit(name: str, rows: LearningRows, **choices: object) -> FittedLearner:
    """Fit without tuning unless told otherwise."""
    settings = RiskChoices.model_validate({"tuning_folds": 0, **choices})
    return fit_learner(name, rows, settings, np.random.default_rng(0))


@pytest.fixture(scope="module")
def rows(make_cohort: Callable[..., Cohort]) -> LearningRows:
    return gather(make_cohort(1500, effect=1.5))


@pytest.fixture(scope="module")
def three_lists(make_cohort: Callable[..., Cohort]) -> LearningRows:
    """Infiltration shifts x0; each list finds those with many contracts best."""
    cohort = make_cohort(4000, effect=1.5, prevalence=0.1)
    rng = np.random.default_rng(1)
    contracts = rng.normal(size=4000)
    infiltrated = cohort.labels["is_listed"].to_numpy()
    chance = 1 / (1 + np.exp(-(1.5 * contracts - 2.5)))
    listed = pd.DataFrame(
        infiltrated[:, None] & (rng.random((4000, 3)) < chance[:, None]),
        cohort.features.index,
        ["court", "police", "tribunal"],
    )
    return LearningRows(
        cohort.features.assign(contracts=contracts),
        listed.any(axis=1).to_numpy(),
        listed,
        listed | True,
        cohort.groups["connected_group"].to_numpy(),
    )


@pytest.mark.parametrize("name", ALWAYS)
def test_the_driver_is_found_and_the_same_rows_give_the_same_bits(
    name: str, rows: LearningRows
) -> None:
    first, second = fit(name, rows), fit(name, rows)
    scores = first.score(rows.features)
    assert roc_auc_score(rows.is_listed, scores) > 0.8
    np.testing.assert_array_equal(scores, second.score(rows.features))


@pytest.mark.parametrize("name", ALWAYS)
def test_constant_repeated_and_unknown_columns_change_no_score(
    name: str, rows: LearningRows
) -> None:
    columns = {"again": rows.features["x0"], "same": 3.0, "none": np.nan, "one": "text"}
    more = LearningRows(
        rows.features.assign(**columns), rows.is_listed, rows.listed, rows.exposed, rows.cluster
    )
    np.testing.assert_array_equal(
        fit(name, more).score(more.features), fit(name, rows).score(rows.features)
    )


@pytest.mark.parametrize("name", ALWAYS)
def test_new_categories_and_missing_values_get_a_score(name: str, rows: LearningRows) -> None:
    new = rows.features.iloc[:5].assign(legal_form="never seen", x0=np.nan)
    assert np.isfinite(fit(name, rows).score(new)).all()
    assert len(fit(name, rows).score(new.iloc[:0])) == 0


@pytest.mark.parametrize("name", ALWAYS)
def test_chances_of_being_seen_rank_nobody_unless_asked_for(name: str, rows: LearningRows) -> None:
    bids = 3.0 * rows.is_listed + np.random.default_rng(2).normal(size=len(rows.is_listed))
    seen = LearningRows(
        rows.features.assign(bids=bids), rows.is_listed, rows.listed, rows.exposed, rows.cluster
    )
    np.testing.assert_array_equal(
        fit(name, seen).score(seen.features), fit(name, rows).score(rows.features)
    )
    asked = fit(name, seen, roles=["infiltration", "exposure"]).score(seen.features)
    assert roc_auc_score(seen.is_listed, asked) > roc_auc_score(
        seen.is_listed, fit(name, rows).score(rows.features)
    )


def test_reasons_not_to_learn(rows: LearningRows) -> None:
    none, one, everyone = (np.zeros(len(rows.is_listed), bool) for _ in range(3))
    one[0], everyone[:] = True, True

    def with_labels(is_listed: np.ndarray) -> LearningRows:
        listed = pd.DataFrame({"court": is_listed}, rows.features.index)
        return LearningRows(rows.features, is_listed, listed, rows.exposed, rows.cluster)

    for name in LEARNERS:
        assert "all listed or all unlisted" in why_not(name, with_labels(none))
        assert "all listed or all unlisted" in why_not(name, with_labels(everyone))
        assert "one listed company" in why_not(name, with_labels(one))
    assert "no learner" in why_not("oracle", rows)
    assert "only one list" in why_not("latent", rows)
    blind = LearningRows(
        rows.features[[]].assign(same=1.0, bids=range(len(rows.is_listed))),
        rows.is_listed,
        rows.listed,
        rows.exposed,
        rows.cluster,
    )
    assert "no feature" in why_not("logistic", blind)
    assert not why_not("logistic", blind, RiskChoices(roles=["exposure"]))
    assert not why_not("logistic", rows)


@pytest.mark.skipif(find_spec("pulearn") is not None, reason="the optional package is installed")
@pytest.mark.parametrize("name", UNLABELLED)
def test_without_the_optional_package_it_says_so(name: str, rows: LearningRows) -> None:
    assert "comparators" in why_not(name, rows)


@pytest.mark.parametrize("name", UNLABELLED)
def test_unlabelled_learners_find_the_driver(name: str, rows: LearningRows) -> None:
    pytest.importorskip("pulearn", reason="the extra 'comparators' is not installed")
    learner = fit(name, rows)
    scores = learner.score(rows.features)
    assert np.isfinite(scores).all()
    assert roc_auc_score(rows.is_listed, scores) > 0.75
    assert learner.contributions(rows.features) is None


def test_a_direction_imposed_holds_whatever_the_data_say(rows: LearningRows) -> None:
    falling = fit("boosting", rows, monotone={"x0": "falling"})
    ladder = rows.features.iloc[[0] * 40].assign(x0=np.linspace(-3, 3, 40))
    assert (np.diff(falling.score(ladder)) <= 0).all()
    assert (np.diff(fit("boosting", rows).score(ladder)) > 0).any()
    fit("boosting", rows, monotone={"not_here": "rising"})
    with pytest.raises(ParamsError, match="direction"):
        fit("boosting", rows, monotone={"legal_form": "rising"})


def test_tuning_bears_a_column_known_in_one_group_only(rows: LearningRows) -> None:
    known = np.where(rows.cluster == rows.cluster[0], np.arange(len(rows.cluster)), np.nan)
    more = LearningRows(
        rows.features.assign(rare=known), rows.is_listed, rows.listed, rows.exposed, rows.cluster
    )
    for name in ALWAYS:
        assert np.isfinite(fit(name, more, tuning_folds=2).score(more.features)).all()


def test_contributions_add_up_and_are_those_of_features(rows: LearningRows) -> None:
    learner = fit("logistic", rows)
    parts = learner.contributions(rows.features)
    assert parts is not None
    assert list(parts) == ["legal_form", "x0", "x1", "x2", "x3", "x4"]
    average = float(learner.estimator[-1].intercept_[0])
    np.testing.assert_allclose(parts.sum(axis=1) + average, learner.score(rows.features))
    assert learner.score(rows.features).mean() == pytest.approx(average)
    assert fit("boosting", rows).contributions(rows.features) is None


def test_ranks_decide_not_the_scale_of_a_number(rows: LearningRows) -> None:
    rows = rows.take(np.arange(900))
    stretched = rows.features.assign(x0=np.exp(3 * rows.features["x0"]))
    other = LearningRows(stretched, rows.is_listed, rows.listed, rows.exposed, rows.cluster)
    np.testing.assert_allclose(
        fit("logistic", other).score(stretched),
        fit("logistic", rows).score(rows.features),
    )


def test_tuning_prefers_the_setting_that_ranks_strangers() -> None:
    """Noise within groups of twins: only tuning that splits twins is fooled by it."""
    rng = np.random.default_rng(4)
    twins = np.repeat(np.arange(200), 2)
    is_listed = np.repeat(rng.random(200) < 0.3, 2)
    noise = pd.DataFrame(np.repeat(rng.normal(size=(200, 60)), 2, axis=0)).add_prefix("n")
    noise["driver"] = is_listed * 0.8 + rng.normal(size=400)
    pipeline = build_logistic(noise)

    def choose(cluster: np.ndarray) -> dict[str, object]:
        values = {"C": (0.01, 100.0)}
        return choose_setting(pipeline, values, noise, is_listed, cluster, folds=4, seed=0)

    assert choose(twins) == {"C": 0.01}
    assert choose(np.arange(400)) == {"C": 100.0}
    few = np.zeros(400, bool)
    few[:6] = True
    assert choose_setting(pipeline, {"C": (1.0,)}, noise, few, twins, folds=3, seed=0) == {}


def test_what_was_chosen_is_said(rows: LearningRows) -> None:
    assert fit("logistic", rows).settings == {"C": 0.1}
    tuned = fit("boosting", rows, tuning_folds=3)
    assert tuned.settings["max_leaf_nodes"] in LEAVES
    np.testing.assert_array_equal(
        tuned.score(rows.features),
        fit("boosting", rows, tuning_folds=3).score(rows.features),
    )


def test_listed_companies_seldom_found_count_more(three_lists: LearningRows) -> None:
    rows = three_lists
    weighted = fit("logistic", rows, weights="inverse_propensity", roles=["exposure"])
    plain = fit("logistic", rows, roles=["exposure"])
    assert weighted.settings["weights"] == "inverse_propensity"
    slopes = [learner.estimator[-1].coef_[0, 0] for learner in (weighted, plain)]
    assert slopes[1] > 0.4
    assert slopes[0] < slopes[1] - 0.15


def test_where_detection_cannot_be_told_nothing_is_weighted(rows: LearningRows) -> None:
    learner = fit("logistic", rows, weights="inverse_propensity")
    assert "only one list" in str(learner.settings["weights"])
    np.testing.assert_array_equal(
        learner.score(rows.features), fit("logistic", rows).score(rows.features)
    )


def test_the_latent_learner_takes_chances_of_being_seen_for_that(
    three_lists: LearningRows,
) -> None:
    assert not why_not("latent", three_lists)
    learner = fit("latent", three_lists)
    many = three_lists.features.assign(contracts=9.0)
    np.testing.assert_array_equal(learner.score(many), learner.score(three_lists.features))
    parts = learner.contributions(three_lists.features)
    assert parts is not None
    assert parts.std().idxmax() == "x0"


def test_a_sample_stands_for_all_unlisted() -> None:
    is_listed = np.arange(1000) % 50 == 0
    rows, stands_for = thin_unlisted(is_listed, 100, np.random.default_rng(0))
    assert is_listed[rows].sum() == 20
    assert len(rows) == 120
    assert stands_for.sum() == pytest.approx(1000)
    rows, stands_for = thin_unlisted(is_listed, 980, np.random.default_rng(0))
    assert len(rows) == 1000
    assert (stands_for == 1).all()


def test_normal_scores_keep_ties_together_and_missing_missing() -> None:
    values = pd.DataFrame({"share": [0.0] * 6 + [0.5, 1.0, np.nan], "none": [np.nan] * 9})
    scores = NormalScores().fit(values).transform(values)
    # ranks 3 of 8 for the tie, 6.5 and 7.5 of 8 for the others
    np.testing.assert_allclose(scores[:8, 0], [-0.31863936] * 6 + [0.88714656, 1.53412054])
    assert np.isnan(scores[8, 0])
    assert np.isnan(scores[:, 1]).all()
    one_value = pd.DataFrame({"flag": [1.0, np.nan, 1.0]})
    assert np.isnan(NormalScores().fit(one_value).transform(one_value)[1, 0])
    new = NormalScores().fit(values[["share"]]).transform(pd.DataFrame({"share": [-5.0, 5.0]}))
    np.testing.assert_allclose(new[:, 0], [-0.31863936, 1.53412054])
