"""The calibrator: planted cut points come back, empty indicators leave, signs are told."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from ruamel.yaml import YAML

from infiltrate.errors import NotEnoughData
from infiltrate.indicators.calibrate import Calibration, calibrate_indicator, render_yaml
from infiltrate.params.flag_choices import CriChoices

COUNTRIES = 12


def draw_units(seed: int, count: int = 5_000, buyers: int = 150) -> pd.DataFrame:
    """Draw contracts: single bids are likelier at a deadline below 15 days or a delay from 30."""
    rng = np.random.default_rng(seed)
    buyer, year = rng.integers(0, buyers, count), rng.integers(2016, 2022, count)
    kind = rng.integers(0, 3, count)
    units = pd.DataFrame({"buyer_id": buyer, "year": year, "kind": kind})
    for name in ("deadline", "delay", "both_ends"):
        units[name] = rng.gamma(4, 6, count)
    # an indicator of the buyer's habits only, which are no effect of it
    units["nothing"] = rng.gamma(4, 6, count) + rng.normal(0, 5, buyers)[buyer]
    ends = (units["both_ends"] < 12) | (units["both_ends"] >= 40)
    log_odds = -1.6 + rng.normal(0, 0.5, buyers)[buyer] + 0.4 * kind
    log_odds += 1.0 * (units["deadline"] < 15) + 0.9 * (units["delay"] >= 30) + 0.9 * ends
    units["single_bid"] = (rng.random(count) < 1 / (1 + np.exp(-log_odds))).astype(float)
    hidden = rng.random((count, 3)) < 0.05
    names = ["deadline", "delay", "nothing"]
    return units.assign(**{n: units[n].mask(hidden[:, i]) for i, n in enumerate(names)})


def calibrate(
    seed: int, name: str, expected: str = "+", count: int = 5_000
) -> tuple[Calibration, pd.DataFrame]:
    units = draw_units(seed, count)
    rng = np.random.default_rng(seed)
    return calibrate_indicator(units, name, rng, ["kind"], expected), units


def is_within_one_bin(found: Calibration, planted: float, values: pd.Series) -> bool:
    edges = np.quantile(values.dropna(), np.arange(1, 20) / 20)
    cuts = found.segments["high"].dropna().to_numpy()
    bins = np.searchsorted(edges, cuts)
    return bool((np.abs(bins - np.searchsorted(edges, planted)) <= 1).any())


@pytest.mark.parametrize(
    ("name", "planted", "direction"),
    [("deadline", (15,), "-"), ("delay", (30,), "+"), ("both_ends", (12, 40), "±")],
)
def test_planted_cut_points_come_back_within_one_bin(
    name: str, planted: tuple[float, ...], direction: str
) -> None:
    right = []
    for seed in range(COUNTRIES):
        found, units = calibrate(seed, name, direction)
        inside = all(is_within_one_bin(found, cut, units[name]) for cut in planted)
        right.append(inside and found.status == "validated" and found.direction == direction)
    assert np.mean(right) >= 0.9


def test_an_empty_indicator_leaves_the_index() -> None:
    left = [calibrate(seed, "nothing")[0].status == "not validated" for seed in range(20)]
    assert np.mean(left) >= 0.95


def test_a_sign_against_expectation_is_told() -> None:
    told = [calibrate(seed, "deadline", "+")[0].runs_the_wrong_way for seed in range(COUNTRIES)]
    quiet = [calibrate(seed, "deadline", "-")[0].runs_the_wrong_way for seed in range(3)]
    assert np.mean(told) >= 0.9 and not any(quiet)


def test_an_effect_that_changes_sign_by_year_is_not_validated() -> None:
    units = draw_units(1, count=8_000)
    rng = np.random.default_rng(1)
    good = units["year"] % 3 > 0
    odds = np.where((units["both_ends"] < 15) & good, 0.75, 0.25)
    odds = np.where((units["both_ends"] < 15) & ~good, 0.1, odds)
    units["single_bid"] = (rng.random(len(units)) < odds).astype(float)
    found = calibrate_indicator(units, "both_ends", rng, ["kind"], "-")
    assert found.status == "not validated"
    assert "67% of years" in found.reason


def test_what_one_half_of_buyers_alone_shows_is_not_validated() -> None:
    units = draw_units(2, count=8_000)
    buyers = np.sort(units["buyer_id"].unique())
    drawn = np.random.default_rng(4).permutation(len(buyers)) < len(buyers) / 2
    special = units["buyer_id"].isin(buyers[drawn]) & (units["both_ends"] < 15)
    odds = np.where(special, 0.6, 0.2)
    draws = np.random.default_rng(5).random(len(units))
    units["single_bid"] = (draws < odds).astype(float)
    found = calibrate_indicator(units, "both_ends", np.random.default_rng(4), ["kind"], "-")
    assert (found.status, found.reason) == ("not validated", "not seen again in other buyers")


def test_controls_hold_what_drives_both_fixed() -> None:
    rng = np.random.default_rng(8)
    units = draw_units(3)
    large = rng.integers(0, 2, len(units))
    units["size"] = rng.gamma(4, 6, len(units)) + 25 * large
    units["kind"] = large
    odds = 0.15 + 0.4 * large
    units["single_bid"] = (rng.random(len(units)) < odds).astype(float)
    naive = calibrate_indicator(units, "size", np.random.default_rng(1))
    held = calibrate_indicator(units, "size", np.random.default_rng(1), ["kind"])
    assert naive.status == "validated"
    assert held.status == "not validated"


def test_missing_values_have_an_effect_of_their_own() -> None:
    units = draw_units(6)
    hidden = units["deadline"].isna()
    units.loc[hidden, "single_bid"] = 1.0
    found = calibrate_indicator(units, "deadline", np.random.default_rng(1), ["kind"], "-")
    assert found.missing_effect > 0.5
    assert found.missing_level == 1
    assert np.isnan(calibrate(6, "deadline", "-")[0].missing_level)
    assert found.segments["units"].sum() == units["deadline"].notna().sum()


def test_row_order_changes_nothing() -> None:
    units = draw_units(7)
    one = calibrate_indicator(units, "delay", np.random.default_rng(1), ["kind"])
    mixed = units.sample(frac=1, random_state=1)
    other = calibrate_indicator(mixed, "delay", np.random.default_rng(1), ["kind"])
    assert one.status == other.status == "validated"
    pd.testing.assert_frame_equal(one.segments, other.segments)


def test_the_block_for_the_parameters_can_be_read() -> None:
    found = [calibrate(1, name)[0] for name in ("delay", "deadline", "nothing")]
    block = YAML(typ="safe").load(render_yaml(found))["choices"]["cri"]
    choices = CriChoices.model_validate(block)
    assert list(choices.levels) == ["deadline", "delay"]
    low, high = choices.levels["delay"].ranges
    assert (low.at_least, low.level, high.below, high.level) == (None, 0, None, 0.5)
    assert low.below == high.at_least == pytest.approx(30, abs=3)
    assert "runs the wrong way" in render_yaml(found)
    assert "#   nothing: no cut point beyond chance" in render_yaml(found)
    assert YAML(typ="safe").load(render_yaml([])) == {"choices": {"cri": {"levels": {}}}}


def test_constant_or_missing_indicators_and_few_units() -> None:
    units = draw_units(1, count=1_000).assign(constant=1.0, absent=np.nan)
    for name in ("constant", "absent"):
        found = calibrate_indicator(units, name, np.random.default_rng(1))
        assert (found.status, found.reason) == ("not validated", "the indicator hardly varies")
    with pytest.raises(NotEnoughData, match="500 units of 4 buyers"):
        calibrate_indicator(units.head(499), "delay", np.random.default_rng(1))
