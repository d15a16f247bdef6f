from dataclasses import replace

import numpy as np
import pytest

from infiltrate.params.choices import RiskChoices
from infiltrate.risk.importance import measure_importance

CHOICES = RiskChoices(folds=3, tuning_folds=0)


def measure(cohort, name="logistic", seed=1):
    return measure_importance(cohort, name, CHOICES, np.random.default_rng(seed)).groups


@pytest.mark.parametrize("name", ["logistic", "boosting"])
def test_the_driver_costs_most_and_noise_nothing(make_cohort, name):
    groups = measure(make_cohort(1500, effect=1.5, features=4), name).set_index("group")
    assert groups.index[0] == "x0"
    # without the driver the order is random: the loss is about all there was beyond 0.5
    assert groups.loc["x0", "drop"] == pytest.approx(0.34, abs=0.08)
    assert groups.loc["x0", "low"] > 0.1
    noise = groups.drop("x0")
    assert (noise["drop"].abs() < 0.05).all()
    assert (noise["low"] < 0).all() and (noise["high"] > 0).sum() >= 3


def test_a_twin_is_shuffled_with_its_twin(make_cohort):
    cohort = make_cohort(1500, effect=1.5, features=3)
    alone = measure(cohort).set_index("group")
    twins = replace(cohort, features=cohort.features.assign(twin=cohort.features["x0"] ** 3))
    found = measure(twins)
    together = found[found["features"].str.contains("twin")]
    assert set(together["features"].iloc[0].split(", ")) == {"x0", "twin"}
    assert together["drop"].iloc[0] == pytest.approx(alone.loc["x0", "drop"], abs=0.05)


def test_names_and_order_of_columns_do_not_matter(make_cohort):
    cohort = make_cohort(600, features=3)
    turned = replace(cohort, features=cohort.features[cohort.features.columns[::-1]])
    first, again = measure(cohort), measure(turned)
    assert first["group"].iloc[0] == again["group"].iloc[0] == "x0"
    assert first["drop"].iloc[0] == pytest.approx(again["drop"].iloc[0], abs=0.03)


def test_too_few_listed_companies_are_refused_with_a_reason(make_cohort):
    found = measure_importance(
        make_cohort(300, prevalence=3 / 300), "logistic", CHOICES, np.random.default_rng(1)
    )
    assert found.groups.empty
    assert "too few listed companies" in found.reason


@pytest.mark.validate
def test_noise_is_seldom_called_important(make_cohort):
    called = []
    for seed in range(40):
        groups = measure(make_cohort(600, prevalence=0.1, features=4, seed=seed), seed=seed)
        noise = groups[groups["group"].str.startswith("x") & (groups["group"] != "x0")]
        called += (noise["low"] > 0).tolist()
    print(f"noise called important in {np.mean(called):.1%} of {len(called)}")
    assert np.mean(called) < 0.06
