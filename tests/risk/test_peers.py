import numpy as np
import pandas as pd
import pytest

from infiltrate.risk.peers import class_sizes, see_among_peers


def frame(section, **numbers):
    index = pd.Index([f"C{k:04d}" for k in range(len(section))], name="company_id")
    return pd.DataFrame({"sector_section": np.asarray(section, dtype=object), **numbers}, index)


def sizes(features, size="micro"):
    return pd.Series(size, features.index, dtype=object)


def test_size_classes_by_hand():
    size = pd.DataFrame(
        {
            "employees": [0, 9, 10, 49, 50, 250, np.nan, np.nan, np.nan, np.nan, np.nan],
            "revenue": [1, 1, 1, 1, 1, 1, 10, 20, 30, 40, np.nan],
        }
    )
    assert class_sizes(size).tolist() == [
        *("micro", "micro", "small", "small", "medium", "large"),
        *(f"quarter {k} of revenue" for k in (1, 2, 3, 4)),
        "unknown",
    ]
    assert class_sizes(size.iloc[:0]).empty


def test_what_a_whole_sector_has_in_common_is_left_out():
    rng = np.random.default_rng(1)
    section = np.repeat(["F", "G"], 100)
    own = rng.normal(size=200)
    level = np.where(section == "F", 50.0, 0.0)
    found = see_among_peers(
        features := frame(section, cash_to_assets=own + level), sizes(features)
    )["cash_to_assets_among_peers"]
    means = found.groupby(section).mean()
    assert means.tolist() == pytest.approx([0, 0], abs=1e-6)
    for name in ("F", "G"):
        kept = section == name
        assert (np.argsort(found[kept]) == np.argsort(own[kept])).all()


def test_size_classes_are_peers_of_their_own_where_there_are_enough():
    section = np.repeat("F", 90)
    values = np.r_[np.arange(60.0), np.arange(1000.0, 1030.0)]
    features = frame(section, F47_mean=values)
    size = pd.Series(np.repeat(["micro", "large"], [60, 30]), features.index)
    found = see_among_peers(features, size)["F47_mean_among_peers"]
    assert found[:60].mean() == pytest.approx(0, abs=1e-9)
    assert found[60:].mean() == pytest.approx(0, abs=1e-9)
    few = pd.Series(np.repeat(["micro", "large"], [61, 29]), features.index)
    found = see_among_peers(features, few)["F47_mean_among_peers"]
    assert found[61:].min() > 0.4  # 29 large ones are seen among all of the sector


def test_an_outlier_rules_no_scale_and_missing_stays_missing():
    values = np.r_[np.arange(40.0), 1e12, np.nan]
    found = see_among_peers(features := frame(["F"] * 42, F49_mean=values), sizes(features))
    scores = found["F49_mean_among_peers"].to_numpy()
    assert np.isnan(scores[-1])
    assert np.nanmax(np.abs(scores)) < 2.5


def test_shares_of_flags_exposure_and_what_was_compared_already_are_left_alone():
    numbers = {
        "bids": 1.0,
        "log_value": 1.0,
        "log_size": 1.0,
        "effort_police": 1.0,
        "C01_flagged_share": 1.0,
        "C01_unknown_share": 1.0,
        "F36_mean": 1.0,
        "C40_mean": 1.0,
        "follows_dissolved": 1.0,
        "C01_mean": 1.0,
        "age_years": 1.0,
        "win_share": 1.0,
    }
    features = frame(["F"] * 5, **numbers)
    assert list(see_among_peers(features, sizes(features))) == [
        "C01_mean_among_peers",
        "win_share_among_peers",
    ]


def test_order_of_companies_changes_nothing():
    rng = np.random.default_rng(2)
    features = frame(
        rng.choice(["F", "G", "missing"], 300), age_years=rng.exponential(9, 300).round(1)
    )
    size = pd.Series(rng.choice(["micro", "unknown"], 300), features.index)
    order = rng.permutation(300)
    pd.testing.assert_frame_equal(
        see_among_peers(features.iloc[order], size.iloc[order]).sort_index(),
        see_among_peers(features, size),
    )
