from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from infiltrate.params.choices import RiskChoices
from infiltrate.risk.designs import DESIGNS, LIST_OUT
from infiltrate.risk.metrics import measure_ranking
from infiltrate.risk.validation import validate_models
from tests.recovery.coverage import Tally

DAYS = [date(2006, 6, 30), date(2010, 12, 31), date(2015, 1, 31)]
CLOSES = [date(2010, 6, 30), date(2014, 12, 31), date(2019, 1, 31)]


def validate(*cohorts, folds=3, seed=1, learners=("logistic",)):
    choices = RiskChoices(folds=folds, learners=list(learners), tuning_folds=0)
    return validate_models(cohorts, choices, np.random.default_rng(seed))


def relabel(cohort, is_listed, rng):
    """Put the listed on one of two lists, a fifth of them on both."""
    lot = rng.random(len(is_listed))
    listed = pd.DataFrame(
        {"a": is_listed & (lot < 0.6), "b": is_listed & (lot > 0.4)}, cohort.features.index
    )
    return replace(
        cohort,
        labels=cohort.labels.assign(is_listed=is_listed),
        listed=listed,
        exposed=pd.DataFrame(True, listed.index, listed.columns),
    )


@pytest.fixture
def over_time(make_cohort):
    """Three days, each window closed on the next, and two lists: every design can be run."""
    cohorts = [
        make_cohort(300, prevalence=0.15, effect=2, seed=n, as_of=day, window_closes=closes)
        for n, (day, closes) in enumerate(zip(DAYS, CLOSES, strict=True))
    ]
    rng = np.random.default_rng(4)
    return [relabel(c, c.labels["is_listed"].to_numpy(), rng) for c in cohorts]


def tally_chance(validation, tally):
    """Count for each design whether the interval of the area holds one half."""
    for design in validation.designs:
        ranked = validation.rankings[validation.rankings["design"] == design.name]
        area = measure_ranking(
            ranked["percentile"].to_numpy(),
            ranked["is_listed"].to_numpy(bool),
            ranked["cluster"].to_numpy(),
            design=design.name,
            model="logistic",
            top_shares=(0.1,),
            draws=100,
            few_labels=1,
            rng=np.random.default_rng(1),
            overlap=design.overlap,
        )[0]
        tally.add(design.name, 0.5, area.low, area.value, area.high)


def test_labels_shuffled_among_companies_give_an_area_of_a_half_in_every_design(over_time):
    rng, shuffled, real = np.random.default_rng(5), Tally(), Tally()
    for seed in range(6):
        permuted = [
            relabel(c, rng.permutation(c.labels["is_listed"].to_numpy()), rng) for c in over_time
        ]
        tally_chance(validate(*permuted, seed=seed, folds=2), shuffled)
    assert set(shuffled.names) == set(DESIGNS)
    assert not shuffled.failures()
    tally_chance(validate(*over_time), real)
    assert {name: real.hits(name) for name in DESIGNS} == dict.fromkeys(DESIGNS, 0)


def test_places_within_a_fold_do_not_depend_on_the_level_of_its_scores(over_time):
    ranked = validate(*over_time).rankings
    means = ranked.groupby(["design", "model", "fold"], observed=True)["percentile"].mean()
    assert means.to_numpy() == pytest.approx(0.5)


def test_rankings_say_whom_they_rank_and_against_which_list(over_time):
    validation = validate(*over_time)
    by_name = {design.name: design for design in validation.designs}
    for name, ranked in validation.rankings.groupby("design", observed=True):
        assert len(ranked) == sum(len(fold.test) for fold in by_name[name].folds)
    left_out = validation.rankings[validation.rankings["design"] == LIST_OUT]
    for name in ("a", "b"):
        ranked = left_out[left_out["held_out"] == name].set_index("company_id")
        expected = over_time[-1].listed[name].reindex(ranked.index)
        assert (ranked["is_listed"] == expected).all()


def test_a_learner_that_cannot_learn_has_no_ranking_and_a_reason(over_time, monkeypatch):
    from infiltrate.risk import validation as module

    asked = []

    def refuse_two_lists(name, rows, choices):
        asked.append(list(rows.listed))
        return "too few lists" if name == "boosting" and len(rows.listed.columns) < 2 else ""

    monkeypatch.setattr(module, "why_not", refuse_two_lists)
    validation = validate(over_time[-1], learners=["logistic", "boosting"], folds=2)
    assert validation.refused == {(LIST_OUT, "boosting"): "too few lists"}
    models = validation.rankings.groupby("design", observed=True)["model"].unique()
    assert {name: len(found) for name, found in models.items() if len(found) == 1} == {LIST_OUT: 1}
    # a list left out does not reach the learner
    assert ["a"] in asked
    assert ["b"] in asked


def test_what_is_known_of_hardly_anybody_stops_no_learner(make_cohort):
    cohort = make_cohort(300, prevalence=0.2)
    sparse = np.full(300, np.nan)
    sparse[[3, 200]] = [1.0, 2.0]
    sparse = replace(cohort, features=cohort.features.assign(F30_mean=sparse, F31_mean=np.nan))
    choices = RiskChoices(folds=2, learners=["logistic", "boosting"])
    validation = validate_models([sparse], choices, np.random.default_rng(1))
    assert not validation.refused
    assert set(validation.rankings["model"]) == {"logistic", "boosting"}
