"""Intervals of rankings made out of fold hold what such a model is worth on firms never seen."""

import numpy as np
import pandas as pd
import pytest

from infiltrate.params.choices import RiskChoices
from infiltrate.risk.designs import COMBINED, DESIGNS, FORWARD, LIST_OUT
from infiltrate.risk.logistic import build_logistic
from infiltrate.risk.metrics import measure_ranking
from infiltrate.risk.validation import validate_models
from tests.recovery.cohorts import ScoredCountry
from tests.recovery.coverage import Tally

TOP_SHARES = (0.05, 0.1)
COUNTRIES = {
    "one driver": ScoredCountry(500, 0.12, 1.0),
    "no driver": ScoredCountry(500, 0.12, 0.0),
    "connected firms": ScoredCountry(600, 0.12, 1.0, group=3),
}


def measure(ranked, rng, *, overlap=1.0, draws=100):
    return measure_ranking(
        ranked["percentile"].to_numpy(),
        ranked["is_listed"].to_numpy(bool),
        ranked["cluster"].to_numpy(),
        design="",
        model="logistic",
        top_shares=TOP_SHARES,
        draws=draws,
        few_labels=1,
        rng=rng,
        overlap=overlap,
    )


def expect_values(country, training, *, left_out="", repeats=60):
    """Average each metric over models of so many companies, each ranking companies never seen.

    With a list left out, models learn from the other one, and rank those on the first alone.
    """
    rng, found = np.random.default_rng(1), []
    unseen = country.draw(rng, 20_000)
    is_listed, ranks = unseen.labels["is_listed"].to_numpy(), np.ones(20_000, bool)
    if left_out:
        others = unseen.listed.drop(columns=left_out).to_numpy().any(axis=1)
        is_listed, ranks = is_listed & ~others, ~others
    for _ in range(repeats):
        seen = country.draw(rng, training)
        learnt = seen.listed.drop(columns=left_out or []).to_numpy().any(axis=1)
        model = build_logistic(seen.features).fit(seen.features, learnt)
        ranked = pd.DataFrame(
            {
                "percentile": model.decision_function(unseen.features)[ranks],
                "is_listed": is_listed[ranks],
                "cluster": np.flatnonzero(ranks),
            }
        )
        found.append({metric.name: metric.value for metric in measure(ranked, rng, draws=1)})
    return pd.DataFrame(found).mean().to_dict()


def tally_designs(country, draws, folds, truths):
    """Return the tally, and one of intervals that forget that folds learn from each other."""
    tally, forgetful = Tally(), Tally()
    for seed in range(draws):
        rng = np.random.default_rng(seed)
        choices = RiskChoices(folds=folds, learners=["logistic"], tuning_folds=0)
        validation = validate_models([country.draw(rng)], choices, rng)
        for design in validation.designs:
            ranked = validation.rankings[validation.rankings["design"] == design.name]
            for overlap, found in ((design.overlap, tally), (1.0, forgetful)):
                for metric in measure(ranked, np.random.default_rng(seed), overlap=overlap):
                    truth = truths[design.name][metric.name]
                    name = (design.name, metric.name)
                    found.add(name, truth, metric.low, metric.value, metric.high)
    return tally, forgetful


def worth_nothing(country, *, left_out=""):
    """Return the metrics of a ranking that knows nothing."""
    drawn = country.draw(np.random.default_rng(1), 60_000)
    is_listed = drawn.labels["is_listed"].to_numpy()
    if left_out:
        others = drawn.listed.drop(columns=left_out).to_numpy().any(axis=1)
        is_listed = is_listed[~others]
    share = is_listed.mean()
    truth = {"roc_auc": 0.5, "average_precision": share, "listed_share": share}
    for top in TOP_SHARES:
        at = f"at_{100 * top:g}pct"
        truth |= {f"recall_{at}": top, f"precision_{at}": share}
        truth |= {f"lift_{at}": 1.0, f"specificity_{at}": 1 - top}
    return truth


def all_hits(tally):
    return sum(tally.hits(name) for name in tally.names)


def test_without_signal_every_design_holds_what_a_blind_ranking_is_worth():
    country = ScoredCountry(300, 0.15, 0.0, features=2, by_form=0.0)
    truths = dict.fromkeys(DESIGNS, worth_nothing(country))
    truths[LIST_OUT] = worth_nothing(country, left_out="court")
    tally, forgetful = tally_designs(country, draws=20, folds=3, truths=truths)
    assert not tally.failures()
    assert {design for design, _ in tally.names} == set(DESIGNS)
    assert tally.failures(narrowed=0.4)
    assert all_hits(forgetful) < all_hits(tally)


@pytest.mark.validate
@pytest.mark.parametrize("name", COUNTRIES)
def test_every_design_holds_what_its_models_are_worth_in_many_draws(name):
    country, folds = COUNTRIES[name], 5
    of_folds = expect_values(country, country.companies * (folds - 1) // folds)
    truths = dict.fromkeys(DESIGNS, of_folds)
    # with one day of features, the earlier half of the firms trains
    truths[FORWARD] = expect_values(country, country.companies // 2)
    truths[COMBINED] = expect_values(country, country.companies * (folds - 1) // folds // 2)
    truths[LIST_OUT] = expect_values(
        country, country.companies * (folds - 1) // folds, left_out="court"
    )
    tally, _ = tally_designs(country, draws=200, folds=folds, truths=truths)
    tally.report(f"out of fold, {name}")
    assert not tally.failures()
    assert tally.failures(narrowed=0.5)
