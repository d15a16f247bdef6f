from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score

from infiltrate.params.choices import RiskChoices
from infiltrate.risk.designs import LIST_OUT
from infiltrate.risk.metrics import MINIMUM_LISTED
from infiltrate.risk.score import fit_and_score, rank_companies

CHOICES = RiskChoices(
    folds=2,
    bootstrap_draws=60,
    learners=["logistic", "boosting"],
    tuning_folds=0,
    stability_seeds=1,
    stability_bootstraps=20,
)


def rank(*cohorts, seed=1, choices=CHOICES):
    return rank_companies(cohorts, choices, np.random.default_rng(seed))


def areas(result, model="logistic"):
    chosen = result.metrics.query("name == 'roc_auc' and model == @model")
    return chosen.dropna(subset="value").set_index("design")


@pytest.fixture(scope="module")
def truth():
    return stats.norm.cdf(1.5 / np.sqrt(2))


def test_a_known_driver_is_found_about_as_well_as_it_can_be(make_cohort, truth):
    cohort = make_cohort(4000, effect=1.5)
    best = roc_auc_score(cohort.labels["is_listed"], cohort.features["x0"])
    assert best == pytest.approx(truth, abs=0.04)
    result = rank(cohort)
    for model, loss in (("logistic", 0.03), ("boosting", 0.06)):
        found = areas(result, model)
        assert len(found) == 5
        within_a_day = found.drop("forward in time")
        assert within_a_day["value"].between(best - loss, best + 0.005).all()
        # boosting pays for what it must find out, so only the simpler model reaches the truth
        if model == "logistic":
            assert ((within_a_day["low"] < truth) & (truth < within_a_day["high"])).all()
        assert (found["reason"] == "").all()
    strongest = result.coefficients.sort_values("coefficient").iloc[-1]
    assert strongest["feature"] == "x0"
    assert strongest["low"] > 0
    assert strongest["same_sign_share"] == 1
    (refusal,) = result.refusals
    assert "1 list is predicted" in refusal
    assert result.warnings == ()


def test_a_driver_of_the_other_sign_is_found_as_well(make_cohort, truth):
    result = rank(make_cohort(2000, effect=-1.5))
    assert (areas(result)["value"] > truth - 0.08).all()
    assert result.coefficients.set_index("term").loc["x0", "high"] < 0


def test_few_labels_are_called_indicative(make_cohort):
    result = rank(make_cohort(400, prevalence=0.03))
    assert result.warnings[0].startswith("Indicative only: 12 listed companies")
    numbers = result.metrics.dropna(subset="value")
    assert numbers["reason"].str.contains("indicative only").all()


@pytest.mark.parametrize("n_listed", [0, 1, MINIMUM_LISTED - 1])
def test_with_hardly_any_label_nothing_is_ranked(make_cohort, n_listed):
    result = rank(make_cohort(400, prevalence=n_listed / 400))
    assert result.scores.empty
    assert result.metrics.empty
    said = "none enters a list" if n_listed == 0 else "fewer than 5 enter a list"
    assert said in result.refusals[0]
    assert result.cohorts["n_listed"].tolist() == [n_listed]


def test_no_cohort_at_all_is_refused_too():
    assert "none enters a list" in rank().refusals[0]


@pytest.fixture(scope="module")
def cohort(make_cohort):
    return make_cohort(400, features=4)


@pytest.fixture(scope="module")
def first(cohort):
    return rank(cohort)


def test_the_same_seed_gives_the_same_result(cohort, first):
    again = rank(cohort)
    for name in ("scores", "contributions", "coefficients", "metrics", "designs"):
        pd.testing.assert_frame_equal(getattr(first, name), getattr(again, name), check_exact=True)


def test_new_names_in_another_order_change_nothing_but_the_names(cohort, first):
    rng = np.random.default_rng(9)
    order = rng.permutation(400)
    names = dict(
        zip(cohort.features.index, [f"YY:{n:04d}" for n in rng.permutation(400)], strict=True)
    )
    renamed = replace(
        cohort,
        features=cohort.features.iloc[order].rename(index=names),
        labels=cohort.labels.iloc[order].rename(index=names),
        listed=cohort.listed.iloc[order].rename(index=names),
        exposed=cohort.exposed.iloc[order].rename(index=names),
        traits=cohort.traits.iloc[order].rename(index=names),
        groups=cohort.groups.iloc[order].rename(index=names),
    )
    again = rank(renamed)
    for name in ("metrics", "coefficients"):
        pd.testing.assert_frame_equal(getattr(first, name), getattr(again, name), check_exact=True)
    expected = first.scores.assign(company_id=first.scores["company_id"].map(names))
    expected = expected.sort_values(["rank", "company_id"], ignore_index=True)
    pd.testing.assert_frame_equal(again.scores, expected, check_exact=True)


def test_arguments_are_left_as_they_were(cohort):
    before = cohort.features.copy(), cohort.labels.copy(), cohort.groups.copy()
    rank(cohort)
    pd.testing.assert_frame_equal(cohort.features, before[0])
    pd.testing.assert_frame_equal(cohort.labels, before[1])
    pd.testing.assert_frame_equal(cohort.groups, before[2])


def test_contributions_add_up_to_the_score(first):
    # there are five features, so the five shown are all there are
    result = first
    total = result.contributions.groupby("company_id")["contribution"].sum()
    scores = result.scores.set_index("company_id")["risk_score"].sort_index()
    assert (scores - total).to_numpy() == pytest.approx((scores - total).iloc[0])
    assert (scores - total).iloc[0] == pytest.approx(scores.mean())
    assert result.contributions.query("feature == 'x1' and value == 'missing'").size > 0


def test_ranks_start_at_one_and_lie_in_their_interval(first):
    scores = first.scores
    assert scores["rank"].iloc[0] == 1
    assert scores["risk_score"].is_monotonic_decreasing
    head = scores[scores["rank_low"].notna()]
    assert len(head) == 200
    assert (head["rank_low"] <= head["rank"]).all()
    assert (head["rank"] <= head["rank_high"]).all()
    assert scores["percentile"].between(0, 1).all()
    assert scores["held_out_percentile"].between(0, 1).all()


def test_the_last_day_is_scored_by_a_model_of_the_last_day_with_labels(make_cohort):
    learning = make_cohort(400)
    scored = replace(
        make_cohort(300, prevalence=0, seed=3),
        as_of=date(2023, 1, 1),
        window_closes=date(2027, 1, 1),
    )
    scored = replace(scored, features=scored.features.assign(extra=1.0, legal_form="Z"))
    result = rank(scored, learning)
    assert (result.as_of, result.learnt_on) == (scored.as_of, learning.as_of)
    assert len(result.scores) == 300
    assert result.scores["held_out_percentile"].isna().all()
    assert "learnt from companies as of 2018-12-31" in result.warnings[-1]


def simulate_study(n, rng):
    """Companies that win alone are listed more often, three years later."""
    numbers = range(n)
    alone = rng.random(n) < 0.3
    listed = rng.random(n) < np.where(alone, 0.4, 0.05)
    day = date(2018, 3, 1)
    tables = {
        "companies": [{"company_id": f"C{i:04d}", "kind": "company"} for i in numbers],
        "buyers": [{"buyer_id": f"B{i}", "area_id": f"A{i % 12}"} for i in range(24)],
        "tenders": [
            {
                "tender_id": f"T{i:04d}",
                "lot_id": "1",
                "buyer_id": f"B{i % 24}",
                "procedure": "open",
                "call_published_on": day + timedelta(days=i % 200),
                "award_on": day + timedelta(days=i % 200 + 30),
                "bids_recorded": 1 if alone[i] else 4,
            }
            for i in numbers
        ],
        "bids": [
            {
                "tender_id": f"T{i:04d}",
                "lot_id": "1",
                "company_id": f"C{i:04d}",
                "is_winner": True,
            }
            for i in numbers
        ],
        "list_entries": [
            {
                "list_id": "court",
                "entry_id": str(i),
                "company_id": f"C{i:04d}",
                "listed_on": date(2021, 6, 1),
            }
            for i in np.flatnonzero(listed)
        ],
    }
    return tables, alone, listed


def test_from_tables_to_ranking_and_no_leak_from_the_future(make_store, make_params):
    tables, alone, listed = simulate_study(600, np.random.default_rng(8))
    params = make_params(
        lists=({"organised_crime": False, "nature": "debarment", "coverage_to": date(2023, 1, 1)},),
        learners=["logistic"],
        bootstrap_draws=60,
        folds=3,
        tuning_folds=0,
        stability_seeds=1,
        stability_bootstraps=20,
    )
    result = fit_and_score(make_store(**tables), params, np.random.default_rng(1))
    odds = np.bincount(alone * 2 + listed, minlength=4).astype(float)
    best = (odds[3] / odds[[1, 3]].sum() + odds[0] / odds[[0, 2]].sum()) / 2
    found = areas(result)
    assert LIST_OUT not in found.index  # there is one list
    assert (abs(found["value"] - best) < 0.07).all()
    assert result.contributions.query("place == 1")["feature"].str.startswith("C01").mean() > 0.8
    assert "'court' is not about organised crime" in result.warnings[0]
    assert result.cohorts["n_listed"].tolist() == [listed.sum()]
    assert result.as_of <= date(2019, 12, 31)

    # afterwards the listed, and only they, bid for a lot of their own: as of the day it is unknown
    after = date(2022, 1, 1)
    leak = {name: list(rows) for name, rows in tables.items()}
    for i in np.flatnonzero(listed):
        lot = {"tender_id": f"L{i}", "lot_id": "1"}
        leak["tenders"].append({**lot, "buyer_id": "B1", "award_on": after})
        leak["bids"].append({**lot, "company_id": f"C{i:04d}", "is_winner": True})
    params = params.model_copy(
        update={
            "choices": params.choices.model_copy(
                update={"risk": params.choices.risk.model_copy(update={"as_of": [result.as_of]})}
            )
        }
    )
    leaking = fit_and_score(make_store("leak", **leak), params, np.random.default_rng(1))
    pd.testing.assert_frame_equal(leaking.metrics, result.metrics, check_exact=True)
    pd.testing.assert_frame_equal(leaking.scores, result.scores, check_exact=True)
