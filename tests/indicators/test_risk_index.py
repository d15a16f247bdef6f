"""The risk index: what is calibrated, what leaves, and the mean with its ends by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from infiltrate.indicators.contract_units import ContractUnits
from infiltrate.indicators.risk_index import average_by_category, build_risk_index
from infiltrate.params.choices import Choices


def draw_units(seed: int, count: int = 6_000) -> tuple[ContractUnits, pd.Series]:
    """Draw contracts: single bids where C04 is below 15 days, C40 says the same, C12 nothing.

    The suppliers listed later have more bids, not fewer: single bidding is the wrong measure.
    """
    rng = np.random.default_rng(seed)
    days, overrun = rng.gamma(4, 6, count), rng.gamma(2, 1, count)
    listed = rng.random(count) < 0.06
    odds = np.where(days < 15, 0.5, 0.2) * np.where(listed, 0.2, 1.0)
    single = (rng.random(count) < odds).astype(float)
    overrun = overrun + 3 * listed
    about = pd.DataFrame(
        {
            "entity_id": [f"contract{number:05}" for number in range(count)],
            "buyer_id": [f"buyer{number}" for number in rng.integers(0, 120, count)],
            "company_id": [f"firm{number}" for number in range(count)],
            "on_date": pd.Timestamp("2020-05-01"),
            "year": rng.integers(2016, 2022, count),
            "value": 1.0,
            "currency": "EUR",
            **dict.fromkeys(("value_decile", "buyer_type", "product", "area"), "all"),
            "category": np.where(rng.random(count) < 0.5, "goods", "works"),
        }
    )
    values = pd.DataFrame({"C01": 1 + rng.poisson(3, count) * (1 - single), "C04": days})
    values = values.assign(C12=overrun, C40=np.where(days < 15, 1.0, 0.0))
    flags = pd.DataFrame({"C01": single, "C04": days < 14, "C12": overrun > 4, "C40": days < 15})
    known = pd.Series(listed.astype(float), about["entity_id"])
    return ContractUnits("contract", about, values, flags.astype(float)), known


def make_choices(**cri: Any) -> Choices:
    return Choices.model_validate({"cri": cri})


def test_the_right_outcome_is_chosen_and_said() -> None:
    units, known = draw_units(1)
    auto = build_risk_index(units, known, make_choices(), np.random.default_rng(1))
    assert auto.outcome == "listed_supplier"
    assert "suppliers were to be listed; 200 are enough" in auto.reason
    few = build_risk_index(units, known.where(known == 0), make_choices(), np.random.default_rng(1))
    assert few.outcome == "single_bid"
    assert "no supplier was listed" in few.reason and "wrong" in few.reason


@pytest.mark.parametrize(("firms", "said"), [(4, "fewer than 5 suppliers"), (6, "only 6 suppl")])
def test_a_small_number_of_listed_suppliers_is_not_said(firms: int, said: str) -> None:
    units, known = draw_units(1)
    company = units.about.set_index("entity_id")["company_id"]
    chosen = company[known[known == 1].index].unique()[:firms]
    some = known.where((known == 0) | company.reindex(known.index).isin(chosen))
    index = build_risk_index(units, some, make_choices(), np.random.default_rng(1))
    assert said in index.reason
    assert f"only {firms}" not in index.reason or firms >= 5


def test_single_bids_and_listed_suppliers_validate_different_indicators() -> None:
    units, known = draw_units(2)
    rng = np.random.default_rng
    single = build_risk_index(units, known, make_choices(outcome="single_bid"), rng(1))
    status = single.components.set_index("indicator")["status"]
    # what counts bids is never calibrated against the number of bids
    assert status["C01"] == "outcome"
    # listed suppliers bring more bids: what marks them out runs the wrong way here
    assert single.components.set_index("indicator").loc["C12", "direction"] == "-"
    assert any(c.indicator == "C12" and c.runs_the_wrong_way for c in single.calibrations)
    assert {status["C04"], status["C40"]} == {"validated", "repeats another"}
    listed = build_risk_index(units, known, make_choices(outcome="listed_supplier"), rng(1))
    status = listed.components.set_index("indicator")["status"]
    assert status["C12"] == "validated"
    assert not any(c.indicator == "C12" and c.runs_the_wrong_way for c in listed.calibrations)
    assert status["C04"] == "not validated"


def test_a_flag_at_low_values_does_not_run_the_wrong_way() -> None:
    units, known = draw_units(3)
    choices = make_choices(outcome="single_bid", components=["C04"])
    index = build_risk_index(units, known, choices, np.random.default_rng(1))
    (found,) = index.calibrations
    assert found.status == "validated" and found.direction == "-"
    assert not found.runs_the_wrong_way


def test_levels_of_an_earlier_run_are_used_and_averaged_by_hand() -> None:
    units, known = draw_units(4, count=600)
    ranges = [{"below": 15.0, "level": 1.0}, {"at_least": 15.0, "level": 0.0}]
    overrun = [{"below": 2.0, "level": 0.0}, {"at_least": 2.0, "level": 0.5}]
    levels = {"C04": {"ranges": ranges, "missing": 0.5}, "C12": {"ranges": overrun}}
    units.values.iloc[:3] = [[4, 10, 3, 1], [4, np.nan, 1, 1], [4, 20, np.nan, 0]]
    choices = make_choices(outcome="single_bid", components=["C27"], levels=levels)
    index = build_risk_index(units, known, choices, np.random.default_rng(1))
    rows = index.scores.head(3)
    assert rows["cri"].tolist() == [0.75, 0.25, 0.0]
    assert rows["cri_low"].tolist()[:2] == [0.5, 0.0]
    assert rows["cri_high"].tolist()[:2] == [1.0, 0.5]
    assert rows["components"].tolist() == [2, 2, 1]
    # of one component there is nothing to leave out
    assert np.isnan(rows["cri_low"].iloc[2])
    assert set(index.components["status"]) == {"given"}
    group = average_by_category(index, units).set_index("group")
    assert group.loc["all", "mean"] == pytest.approx(index.scores["cri"].mean())
    assert group.loc["all", "low"] < group.loc["all", "mean"] < group.loc["all", "high"]


def test_a_study_without_anything_has_no_index_and_says_so() -> None:
    units, known = draw_units(5, count=100)
    index = build_risk_index(units, known, make_choices(), np.random.default_rng(1))
    assert index.components.set_index("indicator").loc["C04", "reason"].endswith("are needed.")
    empty = ContractUnits("lot", units.about.head(0), units.values.head(0), units.flags.head(0))
    index = build_risk_index(empty, known, make_choices(), np.random.default_rng(1))
    assert index.scores.empty and index.calibrations == ()
    assert "levels: {}" in index.yaml()


def test_row_order_changes_nothing() -> None:
    units, known = draw_units(6, count=2_000)
    order = np.random.default_rng(2).permutation(2_000)
    mixed = ContractUnits(
        "contract", *(part.iloc[order] for part in (units.about, units.values, units.flags))
    )
    one = build_risk_index(units, known, make_choices(), np.random.default_rng(1))
    other = build_risk_index(mixed, known, make_choices(), np.random.default_rng(1))
    pd.testing.assert_frame_equal(one.components, other.components)
    pd.testing.assert_frame_equal(one.scores, other.scores.sort_index())
