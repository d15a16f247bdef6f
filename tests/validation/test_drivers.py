"""The association planted in synthetic countries is the one that follows from their code."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from infiltrate.synth.country.measures import measure_areas
from infiltrate.synth.country.places import REGIONS, draw_places
from infiltrate.validation.drivers import (
    OF_TRUE_SHARES,
    find_planted,
    recover_drivers,
    summarise_drivers,
)
from infiltrate.validation.request import CHOICES

YEARS = range(2018, 2027)
# log measure = signal x effect of the region + noise of each year, as `measure_areas` has it
SIGNAL = {"gdp_per_head_thousand": -0.12, "unemployment_pct": 0.20}
NOISE = {"gdp_per_head_thousand": 0.04, "unemployment_pct": 0.10}


def variance_between_regions() -> float:
    """Mean over countries of the variance of the 20 effects, which `draw_places` centres."""
    grid = np.array([(column, row) for row in range(4) for column in range(5)], dtype=float)
    distance = np.linalg.norm(grid[:, None] - grid[None, :], axis=2)
    covariance = 0.64 * (0.5 * np.exp(-distance / 1.5) + 0.5 * np.eye(20))
    return float((np.trace(covariance) - covariance.sum() / 20) / 20)


def follow(name: str) -> float:
    """Return the slope of the effect of a region on the mean of a log measure."""
    effect, noise = variance_between_regions(), NOISE[name] ** 2 * 0.95 / len(YEARS)
    return SIGNAL[name] * effect / (SIGNAL[name] ** 2 * effect + noise)


@pytest.mark.parametrize("name", sorted(SIGNAL))
def test_effects_of_regions_follow_the_formula(name: str) -> None:
    effort = pd.DataFrame(
        {
            "region": np.repeat(REGIONS, len(YEARS)),
            "year": np.tile(list(YEARS), len(REGIONS)),
            "log_odds": 0.0,
        }
    )
    above = below = 0.0
    for seed in range(150):
        places = draw_places(4_000, seed)
        table = measure_areas(effort, places, seed)
        value = np.log(table[table["measure"] == name].groupby("area")["value"].mean())
        centred = value.to_numpy() - value.mean()
        above += float(centred @ places.region_effect)
        below += float(centred @ centred)
    assert above / below == pytest.approx(follow(name), rel=0.02)


def test_estimates_are_held_against_what_was_planted() -> None:
    rows = pd.DataFrame(
        {
            "term": "gdp",
            "sample": "main",
            "estimator": "one",
            "seed": [1, 2, 3, 4],
            "estimate": [1.0, 2.0, 3.0, 2.0],
            "low": [0.0, 1.0, 2.5, 1.9],
            "high": [2.0, 3.0, 3.5, 2.1],
        }
    )
    planted = pd.DataFrame({"term": ["gdp"], "sample": ["main"], "planted": [2.0], "error": [0.1]})
    one = summarise_drivers(rows, planted).iloc[0]
    assert (one["countries"], one["coverage"], one["bias"]) == (4, 0.75, 0.0)
    assert one["width"] == pytest.approx(1.5)
    assert 0.19 < one["coverage_low"] < 0.75 < one["coverage_high"] < 1


@pytest.mark.validate
def test_true_shares_carry_it_with_what_contagion_adds() -> None:
    """Infiltration that spreads along officers rises with the square of the rate."""
    planted = find_planted("high", 4_000, range(60)).set_index(["term", "sample"])
    for name in SIGNAL:
        ratio = planted.loc[(name, "without effort"), "planted"] / follow(name)
        assert 1.0 < ratio < 1.25, ratio


@pytest.mark.validate
def test_a_country_is_recovered_row_by_row() -> None:
    rows = recover_drivers("high", 6_000, 1, CHOICES)
    assert set(rows["term"]) == set(SIGNAL)
    assert OF_TRUE_SHARES in set(rows["estimator"])
    assert (rows["low"] < rows["estimate"]).all()
    assert (rows["estimate"] < rows["high"]).all()
