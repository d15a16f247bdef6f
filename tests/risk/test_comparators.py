import numpy as np
import pandas as pd
import pytest

from infiltrate.params.choices import RiskChoices
from infiltrate.risk.comparators import (
    ACTIVITY,
    COMPARATORS,
    CRI,
    ISOLATION,
    SINGLE_BIDS,
    score_comparators,
)


def score(features, **choices):
    return score_comparators(features, RiskChoices(**choices), np.random.default_rng(1))


@pytest.fixture
def features():
    rng = np.random.default_rng(2)
    frame = pd.DataFrame(
        {
            "bids": rng.integers(1, 50, 200).astype(float),
            "contracts": rng.integers(1, 9, 200).astype(float),
            "C01_flagged_share": rng.random(200),
            "C02_flagged_share": rng.random(200),
            "C30_flagged_share": rng.random(200),
            "win_share": rng.normal(10, 2, 200),
        },
        index=[f"XX:{number}" for number in range(200)],
    )
    frame.iloc[0] = np.nan
    frame.loc["XX:7", "win_share"] = 90.0
    return frame


def test_each_orders_companies_by_what_its_name_says(features):
    found = score(features)
    assert list(found) == list(COMPARATORS)
    known = features.index[1:]
    for name, values in (
        (SINGLE_BIDS, features["C01_flagged_share"]),
        (CRI, features[["C01_flagged_share", "C02_flagged_share"]].mean(axis=1)),
        (ACTIVITY, features["bids"]),
    ):
        assert (found.loc[known, name].rank() == values[known].rank()).all()
        assert found.loc["XX:0", name] == 0.5
    assert found.loc[known, ISOLATION].idxmax() == "XX:7"
    # to the forest, not to be known is a trait like others
    assert found[ISOLATION].idxmax() == "XX:0"


def test_a_component_of_the_index_that_is_not_known_is_left_out_of_the_mean(features):
    features.loc["XX:3", ["C01_flagged_share", "C02_flagged_share"]] = [np.nan, 2.0]
    assert score(features)[CRI].idxmax() == "XX:3"


def test_what_tells_nobody_apart_makes_no_ranking(features):
    alike = features.assign(C01_flagged_share=0.3, bids=np.nan)
    found = score(alike)
    assert SINGLE_BIDS not in found
    order = features["contracts"].iloc[1:].rank()
    assert (found[ACTIVITY].iloc[1:].rank() == order).all()
    assert score(features[["win_share"]]).columns.tolist() == [ISOLATION]
    assert score(features[[]]).empty


def test_the_forest_does_not_see_what_does_not_rank(features):
    seen = score(features)
    other = score(features.assign(bids=features["bids"] ** 3))
    assert (seen[ISOLATION] == other[ISOLATION]).all()
    assert (seen[ISOLATION] != score(features, roles=["infiltration", "exposure"])[ISOLATION]).any()
