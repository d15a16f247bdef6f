"""What infiltrated suppliers cost: invented markets whose differences are known."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from infiltrate.impact.price_residuals import (
    match_contracts,
    measure_prices,
    read_contract_prices,
)
from infiltrate.impact.probability_draws import draw_probabilities
from infiltrate.impact.procurement_cost import (
    CONTRAST,
    DIFFERENCE,
    MATCHED,
    TOTAL,
    ProcurementCost,
    estimate_procurement_cost,
)
from infiltrate.params.impact_choices import ImpactChoices
from infiltrate.synth.country.cards import CARDS
from infiltrate.tables.engine import DuckDBEngine
from tests.impact.invented_market import InventedMarket, draw_invented_market

CHOICES = ImpactChoices()
REBATE = 0.035
"""How much more infiltrated suppliers take off the estimate in a synthetic country."""


def estimate(market: InventedMarket, **changes: Any) -> ProcurementCost:
    market = replace(market, **changes)
    return estimate_procurement_cost(
        market.contracts,
        market.probabilities,
        market.infiltrated,
        CHOICES,
        np.random.default_rng(1),
    )


def pick(cost: ProcurementCost, outcome: str, term: str, estimator: str = MATCHED) -> Any:
    found = [
        effect
        for effect in cost.answer.effects
        if (effect.outcome, effect.term, effect.estimator) == (outcome, term, estimator)
    ]
    assert len(found) == 1
    return found[0]


def saved(market: InventedMarket) -> float:
    """What buyers saved at signature because suppliers were infiltrated."""
    return -REBATE * float(market.contracts.loc[market.active, "estimate"].sum())


@pytest.fixture(scope="module")
def market() -> InventedMarket:
    return draw_invented_market(5)


@pytest.fixture(scope="module")
def cost(market: InventedMarket) -> ProcurementCost:
    return estimate(market)


def test_cheaper_at_signature_and_dearer_later(
    market: InventedMarket, cost: ProcurementCost
) -> None:
    price, overrun = pick(cost, "price", TOTAL), pick(cost, "overrun", TOTAL)
    assert price.high < 0 < overrun.low
    assert price.low < saved(market) < price.high
    assert price.unit == cost.currency == "EUR"
    assert cost.totals["price"].median() == price.estimate


def test_taking_likely_for_infiltrated_finds_too_little(cost: ProcurementCost) -> None:
    right = pick(cost, "price", DIFFERENCE)
    contrast = pick(cost, "price", DIFFERENCE, CONTRAST)
    assert right.estimate < contrast.estimate < 0


def test_money_in_cents_gives_a_hundred_times_the_total(
    market: InventedMarket, cost: ProcurementCost
) -> None:
    """Differences are shares and stay."""
    money = ["estimate", "value", "final_value"]
    cents = estimate(
        market,
        contracts=market.contracts.assign(**{name: 100 * market.contracts[name] for name in money}),
    )
    assert pick(cents, "price", TOTAL).estimate == pytest.approx(
        100 * pick(cost, "price", TOTAL).estimate
    )
    assert pick(cents, "overrun", DIFFERENCE).estimate == pytest.approx(
        pick(cost, "overrun", DIFFERENCE).estimate
    )


def test_order_and_names_change_nothing(market: InventedMarket, cost: ProcurementCost) -> None:
    shuffled = market.contracts.sample(frac=1, random_state=1)
    names = {name: f"Z{name}" for name in market.probabilities["company_id"]}
    again = estimate(
        market,
        contracts=shuffled.assign(company_id=shuffled["company_id"].map(names)),
        probabilities=market.probabilities.assign(
            company_id=market.probabilities["company_id"].map(names)
        ).sample(frac=1, random_state=2),
    )
    for outcome in ("price", "overrun", "final_price"):
        here, there = pick(again, outcome, TOTAL), pick(cost, outcome, TOTAL)
        assert here.estimate == pytest.approx(there.estimate, rel=1e-9)


def test_probabilities_that_say_nothing_give_no_number(market: InventedMarket) -> None:
    alike = market.probabilities.assign(probability=0.1)
    cost = estimate(market, probabilities=alike)
    assert cost.answer.is_refused
    assert cost.answer.effects == ()
    assert any("all as likely" in finding.text for finding in cost.answer.findings)


def test_nothing_known_is_a_refusal(market: InventedMarket) -> None:
    unpriced = market.contracts.assign(estimate=np.nan, value=np.nan, final_value=np.nan)
    for changes in (
        {"probabilities": market.probabilities.head(0)},
        {"infiltrated": np.empty(0)},
        {"contracts": market.contracts.head(0)},
        {"contracts": unpriced},
        {"contracts": market.contracts.assign(company_id="XX-REG:none")},
    ):
        cost = estimate(market, **changes)
        assert cost.answer.is_refused, changes
        assert cost.answer.effects == ()


def test_without_estimates_overruns_are_still_given(market: InventedMarket) -> None:
    cost = estimate(market, contracts=market.contracts.assign(estimate=np.nan))
    assert {effect.outcome for effect in cost.answer.effects} == {"overrun"}
    assert any(f.text.startswith("Prices: fewer than 20") for f in cost.answer.findings)


def test_contracts_in_other_money_are_left_out_and_counted(market: InventedMarket) -> None:
    half = np.where(np.arange(len(market.contracts)) % 3 == 0, "USD", "EUR")
    cost = estimate(market, contracts=market.contracts.assign(currency=half))
    assert cost.currency == "EUR"
    assert any("not in EUR" in finding.text for finding in cost.answer.findings)


def test_a_missing_column_is_named(market: InventedMarket) -> None:
    with pytest.raises(ValueError, match="final_value"):
        estimate(market, contracts=market.contracts.drop(columns="final_value"))


def test_probabilities_add_up_to_each_draw() -> None:
    probability = np.linspace(0.01, 0.9, 50)
    drawn = draw_probabilities(probability, np.array([30.0, 5.0, 10.0]), 3, np.arange(50))
    assert drawn.sum(axis=1) == pytest.approx([5, 10, 30], abs=1e-3)
    assert (np.diff(drawn, axis=1) > 0).all()
    part = draw_probabilities(probability, np.array([30.0, 5.0, 10.0]), 3, np.array([7, 2]))
    assert part == pytest.approx(drawn[:, [7, 2]])


def test_slips_of_the_pen_are_not_prices() -> None:
    contracts = pd.DataFrame(
        {
            "estimate": [100.0, 100.0, 100.0, np.nan],
            "value": [90.0, 900.0, 1.0, 80.0],
            "final_value": [99.0, 900.0, 1.0, np.nan],
        }
    )
    shares = measure_prices(contracts)
    assert shares["price"].round(6).tolist()[0] == -0.1
    assert shares["overrun"].round(6).tolist()[:3] == [0.1, 0.0, 0.0]
    assert shares["final_price"].round(6).tolist()[0] == -0.01
    assert shares["price"].isna().tolist() == [False, True, True, True]


def test_contracts_join_the_closest_group_that_is_large_enough() -> None:
    """Ten alike in all, four more of another area, one of another category."""
    rows = [("works", "R1")] * 3 + [("works", "R2")] * 2 + [("goods", "R1")]
    contracts = pd.DataFrame(rows, columns=["category", "area"]).assign(
        product_code="45210000", procedure="open", year=2024, estimate=100.0, value=90.0
    )
    group = match_contracts(contracts, 3)
    assert group.tolist() == [0, 0, 0, -1, -1, -1]
    assert match_contracts(contracts, 2).tolist() == [0, 0, 0, 1, 1, -1]
    wide = match_contracts(contracts.iloc[[0, 3, 4, 5]], 3)
    assert wide.tolist() == [0, 0, 0, -1]
    assert match_contracts(contracts.head(0), 3).tolist() == []


def test_prices_are_read_from_tables() -> None:
    with DuckDBEngine(memory_gib=0.5, threads=1) as engine:
        engine.register(
            "tenders",
            pd.DataFrame(
                {
                    "tender_id": ["T1", "T2"],
                    "lot_id": ["1", "1"],
                    "award_on": pd.to_datetime(["2023-01-02", None]),
                    "category": ["works", "goods"],
                    "product_code": ["45210000", None],
                    "procedure": ["open", "open"],
                    "area_id": [None, "R2"],
                    "estimated_value": [100.0, 200.0],
                    "currency": ["EUR", "EUR"],
                }
            ),
        )
        engine.register("buyers", pd.DataFrame({"buyer_id": ["B1"], "area_id": ["R1"]}))
        engine.register(
            "contracts",
            pd.DataFrame(
                {
                    "contract_id": ["K1", "K2", "K3", "K4"],
                    "lot_id": ["1", "1", "1", "1"],
                    "supplier_id": ["S1", "S2", "S3", "S4"],
                    "tender_id": ["T1", "T2", "T2", None],
                    "buyer_id": ["B1", "B1", "B1", "B1"],
                    "signed_on": pd.to_datetime([None, "2024-05-01", "2024-05-01", "2024-06-01"]),
                    "value": [90.0, 80.0, 70.0, 0.0],
                    "currency": ["EUR", "EUR", "EUR", "EUR"],
                    "final_value": [95.0, None, None, 10.0],
                }
            ),
        )
        read = read_contract_prices(engine)
    assert read["contract"].tolist() == ["K1/1/S1", "K2/1/S2", "K3/1/S3", "K4/1/S4"]
    assert read["estimate"].fillna(-1).tolist() == [100.0, -1, -1, -1]  # a lot of two contracts
    assert read["value"].fillna(-1).tolist() == [90.0, 80.0, 70.0, -1]
    assert read["area"].tolist() == ["R1", "R2", "R2", "R1"]
    assert read["year"].tolist() == [2023, 2024, 2024, 2024]


@pytest.mark.validate
def test_intervals_cover_what_buyers_saved_in_forty_countries() -> None:
    hits, errors = 0, []
    for seed in range(100, 140):
        market = draw_invented_market(seed)
        found = pick(estimate(market), "price", TOTAL)
        hits += found.low < saved(market) < found.high
        errors.append(found.estimate / saved(market) - 1)
    print(f"covered {hits} of 40, mean error {np.mean(errors):+.3f}")
    assert hits >= 34
    assert abs(np.mean(errors)) < 0.15


@pytest.mark.validate
def test_no_cost_is_seldom_found_where_nobody_is_infiltrated() -> None:
    """Signs that mean nothing: intervals leave out 0 about once in twenty."""
    wrong = 0
    for seed in range(200, 240):
        market = draw_invented_market(seed, card=CARDS["no_effect"])
        found = pick(estimate(market), "price", DIFFERENCE)
        wrong += not found.low < 0 < found.high
    print(f"wrong {wrong} of 40")
    assert wrong <= 6
