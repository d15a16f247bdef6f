"""The effect on one area of a study: what the choices name is compared, what is absent refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from infiltrate.impact.area_effect import fit_area_effect
from infiltrate.params.impact_choices import ImpactChoices

CHOICES = {"area_treated": "P00", "area_treated_on": "2015-04-01", "area_outcome": "gdp"}


@pytest.fixture(scope="module")
def tables() -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(4)
    years = np.arange(1995, 2018)
    names = [f"P{at:02d}" for at in range(12)]
    common = np.cumsum(rng.normal(0, 1, len(years)))
    value = 20 + rng.uniform(0.5, 1.5, (12, 1)) * common + rng.normal(0, 0.2, (12, len(years)))
    value[0] = 0.5 * value[1] + 0.5 * value[2] + rng.normal(0, 0.1, len(years))
    value[0, years >= 2015] -= 4
    long = pd.DataFrame(
        {
            "area_id": np.repeat(names, len(years)),
            "year": np.tile(years, 12),
            "measure": "gdp",
            "value": value.ravel(),
        }
    )
    # the country itself has the same measure and is no area like the others
    whole = long[long["area_id"] == "P00"].assign(area_id="LAND")
    areas = pd.DataFrame({"area_id": [*names, "LAND"], "level": [2] * 12 + [0]})
    return pd.concat([long, whole, long.assign(measure="rain", value=1.0)]), areas


def test_the_planted_effect_comes_back_beside_two_other_estimators(
    tables: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    found = fit_area_effect(*tables, ImpactChoices(**CHOICES), np.random.default_rng(1))
    assert not found.answer.is_refused
    main = found.answer.effects[0]
    assert main.estimate == pytest.approx(-4, abs=0.3)
    assert main.low <= -4 <= main.high
    estimators = {effect.estimator for effect in found.answer.effects}
    assert estimators >= {"synthetic control", "synthetic difference in differences"}
    assert "LAND" not in set(found.weights["unit"])
    assert found.path.loc[found.path["is_effect"], "year"].tolist() == [2015, 2016, 2017]


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"area_treated": ""}, "choices.impact.area_treated stands empty"),
        ({"area_treated_on": None, "area_outcome": ""}, "area_treated_on, choices.impact.area_out"),
        ({"area_treated": "P99"}, "P99 is not among the areas"),
        ({"area_outcome": "wages"}, "wages is not measured of areas; measured are: gdp, rain"),
        ({"area_treated_on": "1995-01-01"}, "before the treatment"),
    ],
)
def test_what_the_choices_or_the_data_lack_is_said(
    tables: tuple[pd.DataFrame, pd.DataFrame], changed: dict, reason: str
) -> None:
    choices = ImpactChoices(**{**CHOICES, **changed})
    answer = fit_area_effect(*tables, choices, np.random.default_rng(1)).answer
    assert answer.is_refused and not answer.effects
    assert reason in answer.findings[0].text
