"""Intervals of every metric of a ranking, and of the base-rate box made of them, hold the truth."""

import numpy as np
import pandas as pd
import pytest

from infiltrate.params.lists import ListDefinition
from infiltrate.risk.base_rate import base_rate_box
from infiltrate.risk.designs import CONNECTED
from infiltrate.risk.metrics import measure_ranking, metrics_frame
from infiltrate.risk.study_box import study_base_rates
from tests.recovery.coverage import Tally
from tests.recovery.rankings import TOP_SHARES, RankedCountry

LISTS = [
    ListDefinition.model_validate(
        {"id": "a", "title": "A list", "nature": "court_final", "organised_crime": True}
        | {"authority": "Office", "legal_basis": "Act 1", "source": "Act 1", "status": "seen"}
    )
]
BOUNDED = pd.DataFrame(
    [{"estimand": "infiltrated_share", "estimator": "detection", "status": "use"}]
).assign(sector_id=None, area_id=None, value=float("nan"), low=0.01, high=0.04)
ASSUMED = (0.005, 0.02, 0.05)
COUNTRIES = {
    "many labels": RankedCountry(500, 0.12, 1.0),
    "few labels": RankedCountry(300, 0.06, 1.0),
    "no signal": RankedCountry(500, 0.12, 0.0),
    "connected firms": RankedCountry(500, 0.12, 1.0, group=2),
}
LARGE_COUNTRIES = {
    "many labels, large": RankedCountry(2000, 0.08, 1.0),
    "few labels, large": RankedCountry(2000, 0.015, 1.5),
    "no signal, large": RankedCountry(2000, 0.05, 0.0),
    "strong signal, large": RankedCountry(1000, 0.1, 3.0),
    "connected firms, large": RankedCountry(1200, 0.08, 1.0, group=3),
}


def measure(country, rng, bootstrap_draws):
    scores, is_listed, groups = country.draw(rng)
    return measure_ranking(
        scores,
        is_listed,
        groups,
        design=CONNECTED,
        model="logistic",
        top_shares=TOP_SHARES,
        draws=bootstrap_draws,
        few_labels=50,
        rng=rng,
    )


def expected_of_100(country, prevalence):
    """Share of the flagged 5 % that would be infiltrated if such a share of all firms were."""
    truth = country.truth()
    return (
        100
        * base_rate_box(
            prevalence, truth["recall_at_5pct"], truth["specificity_at_5pct"]
        ).positive_predictive_value
    )


def tally_metrics(country, draws, bootstrap_draws, seed):
    rng, truth, tally, boxes = np.random.default_rng(seed), country.truth(), Tally(), Tally()
    for _ in range(draws):
        metrics = measure(country, rng, bootstrap_draws)
        for metric in metrics:
            tally.add(metric.name, truth[metric.name], metric.low, metric.value, metric.high)
        rates = study_base_rates(
            metrics_frame(metrics).assign(ranks=True), BOUNDED, LISTS, assumed=ASSUMED
        )
        # the box spans all prevalences inside the bounds, whichever is true
        boxes.add(
            "expected of 100 within bounds",
            expected_of_100(country, rng.uniform(0.01, 0.04)),
            100 * rates.box.positive_predictive_value_low,
            100 * rates.box.positive_predictive_value,
            100 * rates.box.positive_predictive_value_high,
        )
        for row in rates.table.itertuples():
            boxes.add(
                f"expected of 100 at {row.prevalence:g}",
                expected_of_100(country, row.prevalence),
                row.low,
                row.expected_of_100,
                row.high,
            )
    return tally, boxes


@pytest.mark.parametrize("name", COUNTRIES)
def test_every_metric_and_the_box_hold_the_truth(name):
    tally, boxes = tally_metrics(COUNTRIES[name], draws=40, bootstrap_draws=100, seed=21)
    assert not tally.failures()
    assert not boxes.failures()
    assert min(tally.draws(metric) for metric in tally.names) >= 38
    if name == "many labels":
        halved = set(tally.failures(narrowed=0.4))
        assert {"roc_auc", "average_precision", "recall_at_10pct", "precision_at_10pct"} <= halved
        assert {"lift_at_10pct", "specificity_at_10pct"} <= halved


@pytest.mark.validate
@pytest.mark.parametrize("name", [*COUNTRIES, *LARGE_COUNTRIES])
def test_every_metric_and_the_box_hold_the_truth_in_many_draws(name):
    country = (COUNTRIES | LARGE_COUNTRIES)[name]
    tally, boxes = tally_metrics(country, draws=200, bootstrap_draws=300, seed=31)
    tally.report(f"ranking, {name}")
    boxes.report(f"base-rate box, {name}")
    assert not tally.failures()
    assert not boxes.failures()
    assert tally.failures(narrowed=0.5)
