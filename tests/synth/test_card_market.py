"""Purchases of a card's country: exposure, signs of infiltration, bunching, cartels."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from infiltrate.synth.country.bidding import find_cartels
from infiltrate.synth.country.cards import CARDS
from infiltrate.synth.country.market import (
    PROCEDURES,
    direct_award_threshold,
    draw_market,
)
from infiltrate.synth.country.tables import draw_country

DIRECT = PROCEDURES.index("direct_award")


@pytest.fixture(scope="module")
def draw():
    return draw_country(CARDS["high"], 60_000, 5)


@pytest.fixture(scope="module")
def market(draw):
    return draw_market(draw)


def test_who_sells_has_a_contract_and_nobody_else(draw, market):
    suppliers = np.isin(np.arange(draw.active), market.contracts["firm"])
    assert (suppliers == draw.firms["sells"].to_numpy()[: draw.active]).all()


def test_every_supplier_and_bidder_exists_on_the_day(draw, market):
    firms, lots = draw.firms, market.lots
    for rows in (market.bids, market.contracts):
        day = lots["started_on"].to_numpy()[rows["lot"]]
        assert (firms["born_on"].to_numpy()[rows["firm"]] <= day).all()
        gone = firms["dissolved_on"].to_numpy()[rows["firm"]]
        assert (pd.isna(gone) | (gone >= day)).all()
    assert market.contracts["signed_on"].max() < pd.Timestamp(draw.card.observed_on)
    assert (lots["deadline_on"] < lots["award_on"]).all()
    assert (lots["started_on"] < lots["deadline_on"]).all()


def test_every_awarded_lot_has_one_winner(market):
    bids, lots = market.bids, market.lots
    assert not bids.duplicated(["lot", "firm"]).any()
    winners = bids[bids["is_winner"]].set_index("lot")["firm"]
    awarded = lots[(lots["firm"] >= 0) & (lots["procedure"] != DIRECT)]
    assert winners.index.is_unique
    assert winners.reindex(awarded.index).equals(awarded["firm"].astype(winners.dtype))
    assert 0.02 < (lots["firm"] < 0).mean() < 0.04
    single = (lots.loc[(lots["procedure"] == 0) & (lots["firm"] >= 0), "bids"] == 1).mean()
    assert 0.1 < single < 0.45


def _awards(market) -> pd.DataFrame:
    contracts = market.contracts
    lots = market.lots.loc[contracts["lot"]].reset_index(drop=True)
    awards = contracts.assign(
        bids=lots["bids"],
        rebate=1 - contracts["value"] / lots["estimate"],
        overrun=contracts["final_value"] / contracts["value"] - 1,
        is_late=contracts["final_end_on"] > contracts["end_on"],
        works=lots["works"],
    )
    return awards[(lots["procedure"] == 0) & (lots["cartel"] < 0)]


@pytest.mark.parametrize(
    ("measure", "sign"), [("bids", 1), ("rebate", 1), ("overrun", 1), ("is_late", -1)]
)
def test_infiltrated_winners_show_the_published_signs(market, measure, sign):
    """Ravenda et al. (2020): more bids, bigger rebates, more overruns, fewer delays."""
    for _, part in _awards(market).groupby("works"):
        yes, no = part.loc[part["infiltrated"], measure], part.loc[~part["infiltrated"], measure]
        error = np.sqrt(yes.astype(float).var() / len(yes) + no.astype(float).var() / len(no))
        assert sign * (yes.mean() - no.mean()) > 2 * error
        # there, but modest: nobody could tell one contract from another by it
        assert abs(yes.mean() - no.mean()) < 0.8 * part[measure].astype(float).std()


def test_colluding_buyers_bunch_below_the_threshold_of_the_year(market):
    lots = market.lots
    colluding = market.buyers["colluding"].to_numpy()[lots["buyer"]]
    ratio = (lots["estimate"] / lots["threshold"]).to_numpy()

    def below_to_above(chosen: np.ndarray) -> float:
        below = (ratio >= 0.9) & (ratio < 1) & chosen
        return below.sum() / ((ratio >= 1) & (ratio < 1.1) & chosen).sum()

    assert below_to_above(colluding) > 1.5
    assert 0.85 < below_to_above(~colluding) < 1.3
    assert market.buyers["colluding"].mean() == pytest.approx(0.12, abs=0.01)
    direct = lots[lots["procedure"] == DIRECT]
    assert (direct["estimate"] < direct["threshold"]).all()
    assert set(lots.loc[~lots["works"] & (lots["year"] < 2023), "threshold"]) == {40_000.0}
    assert set(lots.loc[~lots["works"] & (lots["year"] >= 2023), "threshold"]) == {50_000.0}


def test_thresholds_are_those_of_the_parameters():
    from infiltrate.params.facts import Threshold
    from infiltrate.synth.country.template import read_template

    for fact in map(Threshold.model_validate, read_template()["facts"]["thresholds"]):
        years = np.arange(fact.valid_from.year, (fact.valid_to or fact.valid_from).year + 1)
        assert (direct_award_threshold(years, fact.category == "works") == fact.amount).all()


def test_infiltrated_firms_sell_more_often_to_colluding_buyers(market):
    contracts = market.contracts
    colluding = market.buyers["colluding"].to_numpy()[market.lots["buyer"].to_numpy()]
    inside = colluding[contracts["lot"]]
    yes = contracts["infiltrated"].to_numpy()
    assert inside[yes].mean() > 1.8 * inside[~yes].mean()
    assert inside[~yes].mean() > 0.03


def test_cover_bids_stand_together_and_away_from_the_winner(market):
    lots, bids = market.lots, market.bids
    amounts = bids[bids["state"] == 0].assign(
        cartel=lots["cartel"].to_numpy()[bids["lot"]][bids["state"] == 0]
    )
    amounts = amounts[lots["on_price"].to_numpy()[amounts["lot"]]]
    many = amounts[amounts.groupby("lot")["lot"].transform("size") >= 4]
    stats = many.groupby("lot")["amount"].agg(["mean", "std"])
    stats["low"] = many.groupby("lot")["amount"].min()
    losing = many[~many["is_winner"]].groupby("lot")["amount"].agg(["min", "std"])
    in_cartel = many.groupby("lot")["cartel"].first() >= 0
    spread = stats["std"] / stats["mean"]
    relative = (losing["min"] - stats["low"]) / losing["std"]
    assert in_cartel.sum() > 30
    assert spread[in_cartel].median() < 0.7 * spread[~in_cartel].median()
    assert relative[in_cartel].median() > 2 * relative[~in_cartel].median()


def test_members_of_a_cartel_take_turns(draw, market):
    members = find_cartels(draw)
    assert members.groupby(members).size().between(3, 5).all()
    won = market.lots[(market.lots["cartel"] >= 0)]
    again = total = 0
    for number, lots in won.groupby("cartel"):
        order = lots.sort_values("started_on", kind="stable")["firm"].to_numpy()
        # while every member still has lots to win, nobody wins twice running
        head = order[: len(members[members == number])]
        again += (head[1:] == head[:-1]).sum()
        total += len(head)
    assert total > 30
    assert again < 0.1 * total


def test_no_supplier_column_of_the_market_gives_the_truth_away(draw, market):
    contracts = market.contracts
    rate = pd.Series(draw.firms["infiltrated"].to_numpy()[contracts["firm"]])
    by_buyer = rate.groupby(market.lots["buyer"].to_numpy()[contracts["lot"]]).agg(["mean", "size"])
    assert by_buyer.loc[by_buyer["size"] >= 20, "mean"].max() < 0.75


def test_market_of_a_country_without_infiltration_has_no_active_winner():
    calm = draw_country(replace(CARDS["no_effect"]), 2_000, 1)
    market = draw_market(calm)
    assert not market.contracts["infiltrated"].any()
    assert len(market.contracts) > 300
