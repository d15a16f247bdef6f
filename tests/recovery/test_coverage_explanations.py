"""Intervals of coefficients and of ranks hold those of a model that knows all companies."""

import numpy as np
import pytest

from infiltrate.params.choices import RiskChoices
from infiltrate.risk.explain import explain_scores
from tests.recovery.cohorts import ScoredCountry
from tests.recovery.coverage import Tally

PLACES = {"highest": 1, "tenth": 10, "hundredth": 100}
COUNTRIES = {
    "one driver": ScoredCountry(400, 0.12, 1.0),
    "connected firms": ScoredCountry(400, 0.12, 1.0, group=4),
    "no driver": ScoredCountry(400, 0.12, 0.0),
    "many features, weak driver": ScoredCountry(800, 0.08, 0.4, features=20),
    "many features, no driver": ScoredCountry(800, 0.08, 0.0, features=20),
    "few labels": ScoredCountry(800, 0.03, 1.0),
}


def tally_intervals(country, draws, refits):
    rng, truth = np.random.default_rng(5), country.know_all()
    coefficients, ranks = Tally(), Tally()
    choices = RiskChoices(
        ranked_by="logistic", tuning_folds=0, stability_seeds=1, stability_bootstraps=refits
    )
    for _ in range(draws):
        cohort = country.draw(rng)
        found = explain_scores(cohort, cohort, choices, rng)
        for row in found.coefficients.itertuples():
            if row.term in truth.coefficients:
                coefficients.add(
                    row.term, truth.coefficients[row.term], row.low, row.coefficient, row.high
                )
        true_rank = truth.rank(cohort.features)
        # one company a draw and place: those of one ranking are not independent
        for name, place in PLACES.items():
            row = found.scores.iloc[place - 1]
            ranks.add(name, true_rank[row["company_id"]], row["rank_low"], place, row["rank_high"])
    return coefficients, ranks


def test_coefficients_and_ranks_hold_the_truth():
    coefficients, ranks = tally_intervals(COUNTRIES["one driver"], draws=40, refits=40)
    assert not coefficients.failures()
    assert not ranks.failures()
    assert set(ranks.names) == set(PLACES)
    assert {"x0", "x1", "x2", "legal_form = B"} <= set(coefficients.names)
    assert {"x0", "x1", "x2"} & set(coefficients.failures(narrowed=0.5))
    assert ranks.failures(narrowed=0.2)


@pytest.mark.validate
@pytest.mark.parametrize("name", COUNTRIES)
def test_coefficients_and_ranks_hold_the_truth_in_many_draws(name):
    coefficients, ranks = tally_intervals(COUNTRIES[name], draws=200, refits=100)
    coefficients.report(f"coefficient, {name}")
    ranks.report(f"rank, {name}")
    assert not coefficients.failures()
    assert not ranks.failures()
    assert coefficients.failures(narrowed=0.5)
