"""Composites: planted orders come back, indices say which choice matters, refusals in words."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from infiltrate.indicators.composite import FACTORS, rank_groups
from infiltrate.indicators.contract_units import ContractUnits
from infiltrate.params.flag_choices import CompositeChoices

CODES = ("C01", "C02", "C04", "C10", "C12", "C27")
QUICK = CompositeChoices(draws=128)


def draw_units(
    rates: np.ndarray, each: int = 400, seed: int = 1
) -> tuple[ContractUnits, pd.Series]:
    """Draw contracts of groups with given chances of each flag, groups x flags."""
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(len(rates)), each)
    on = (rng.random((len(group), len(CODES))) < rates[group]).astype(float)
    flags = pd.DataFrame(on, columns=list(CODES))
    about = pd.DataFrame({"entity_id": [f"c{n}" for n in range(len(group))]})
    return ContractUnits("contract", about, flags, flags), pd.Series(group).map("area{:02}".format)


def test_an_order_in_every_flag_holds_whatever_is_chosen() -> None:
    levels = np.linspace(0.05, 0.5, 8)
    units, groups = draw_units(np.tile(levels[:, None], (1, len(CODES))), each=3_000)
    found = rank_groups(units, groups, np.random.default_rng(1), QUICK)
    assert found.ranks["group"].tolist() == [f"area{n:02}" for n in range(7, -1, -1)]
    assert (found.ranks["high"] - found.ranks["low"]).max() <= 1
    assert found.shift < 0.2
    assert found.ranks["index"].iloc[0] == 100 and found.ranks["index"].iloc[-1] == 0


def test_the_choice_that_matters_is_named() -> None:
    rng = np.random.default_rng(3)
    rates = rng.uniform(0.05, 0.5, (12, len(CODES)))
    # one area has most of one flag and none of the others: means of either kind disagree
    rates[0] = [0.55, 0.01, 0.01, 0.01, 0.5, 0.5]
    units, groups = draw_units(rates)
    found = rank_groups(units, groups, np.random.default_rng(1), QUICK)
    assert set(found.sensitivity["factor"]) == set(FACTORS)
    first = found.sensitivity.set_index("factor")
    assert first["total"].max() > 0.3
    assert first.loc["outliers cut", "total"] < 0.1
    assert (first["total"] >= first["first"] - 0.15).all()
    assert (found.ranks["low"] <= found.ranks["median_rank"]).all()
    assert (found.ranks["median_rank"] <= found.ranks["high"]).all()
    assert found.ranks["median_rank"].is_monotonic_increasing


def test_flags_from_the_same_columns_count_as_one_theme() -> None:
    rates = np.random.default_rng(1).uniform(0.05, 0.5, (6, len(CODES)))
    units, groups = draw_units(rates)
    screens = {f"T0{n}": units.flags["C01"] for n in range(1, 8)}
    more = units.flags.assign(**screens)
    wide = ContractUnits("contract", units.about, more, more)
    found = rank_groups(wide, groups, np.random.default_rng(1), QUICK)
    plain = rank_groups(units, groups, np.random.default_rng(1), QUICK)
    assert len(found.themes) <= len(plain.themes) + 2
    assert any("like it" in theme for theme in found.themes)


def test_missing_cells_carry_no_weight_and_little_data_is_refused() -> None:
    rates = np.random.default_rng(2).uniform(0.05, 0.5, (7, len(CODES)))
    units, groups = draw_units(rates)
    hidden = units.flags.copy()
    hidden.loc[groups == "area03", "C12"] = np.nan
    found = rank_groups(
        ContractUnits("contract", units.about, hidden, hidden), groups,
        np.random.default_rng(1), QUICK,
    )  # fmt: skip
    assert len(found.ranks) == 7
    few = rank_groups(units, groups.where(groups < "area04"), np.random.default_rng(1), QUICK)
    assert few.ranks.empty and few.sensitivity.empty
    assert few.reason.startswith("4 of them have contracts enough")
    never = ContractUnits("contract", units.about, units.values, units.flags * 0)
    assert rank_groups(never, groups, np.random.default_rng(1), QUICK).ranks.empty


def test_row_order_changes_nothing() -> None:
    rates = np.random.default_rng(2).uniform(0.05, 0.5, (6, len(CODES)))
    units, groups = draw_units(rates)
    order = np.random.default_rng(5).permutation(len(groups))
    mixed = ContractUnits(
        "contract", *(part.iloc[order] for part in (units.about, units.values, units.flags))
    )
    one = rank_groups(units, groups, np.random.default_rng(1), QUICK)
    other = rank_groups(mixed, groups.iloc[order], np.random.default_rng(1), QUICK)
    pd.testing.assert_frame_equal(one.ranks, other.ranks)
    pd.testing.assert_frame_equal(one.sensitivity, other.sensitivity)


def test_the_design_must_be_a_power_of_two() -> None:
    with pytest.raises(ValueError, match="draws 100"):
        CompositeChoices(draws=100)
