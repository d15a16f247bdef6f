"""The item response model: planted parameters come back, with errors that cover."""

from __future__ import annotations

import numpy as np
import pandas as pd

from infiltrate.indicators.item_response import fit_flags, fit_item_response, tabulate_items

SLOPES = np.array([0.6, 1.0, 1.6, 2.2, 0.0, 1.2])
DIFFICULTIES = np.array([1.0, 0.2, 1.5, 0.5, 0.0, 2.0])


def draw_flags(seed: int, units: int = 3_000, hidden: float = 0.2) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    risk = rng.normal(size=(units, 1))
    line = SLOPES * (risk - DIFFICULTIES)
    line[:, 4] = -1.0
    on = (rng.random(line.shape) < 1 / (1 + np.exp(-line))).astype(float)
    flags = pd.DataFrame(on, columns=[f"F{number}" for number in range(len(SLOPES))])
    return flags.mask(rng.random(line.shape) < hidden)


def test_planted_parameters_come_back_and_errors_cover() -> None:
    covered, slopes = [], []
    for seed in range(20):
        items = fit_item_response(draw_flags(seed)).items
        slopes.append(items["discrimination"].to_numpy())
        off = np.abs(items["discrimination"] - SLOPES) <= 1.96 * items["discrimination_error"]
        others = items.drop(index=4)
        near = np.abs(others["difficulty"] - np.delete(DIFFICULTIES, 4)) <= (
            1.96 * others["difficulty_error"]
        )
        covered += [*off, *near]
    assert np.abs(np.mean(slopes, axis=0) - SLOPES).max() < 0.12
    assert 0.9 <= np.mean(covered) <= 0.99


def test_a_flag_against_the_others_has_a_negative_slope() -> None:
    flags = draw_flags(3)
    flags["F1"] = 1 - flags["F1"]
    slopes = fit_item_response(flags).items["discrimination"]
    assert slopes[1] < -0.7
    assert slopes[3] > 1.5


def test_row_order_and_missing_rows_change_nothing() -> None:
    flags = draw_flags(1, units=800)
    whole = fit_item_response(flags)
    empty = pd.DataFrame(np.nan, index=range(50), columns=flags.columns)
    other = fit_item_response(pd.concat([flags.sample(frac=1, random_state=1), empty]))
    columns = ["discrimination", "difficulty"]
    pd.testing.assert_frame_equal(whole.items[columns], other.items[columns])
    assert whole.log_likelihood == other.log_likelihood


def test_too_few_flags_are_refused_in_words() -> None:
    flags = draw_flags(1)[["F0", "F1"]].assign(F2=0.0)
    found = fit_item_response(flags)
    assert found.items.empty and np.isnan(found.log_likelihood)
    assert "2 are" in found.reason
    assert "turned off" in fit_flags(flags, wanted=False).reason
    assert tabulate_items(found, {}).empty
