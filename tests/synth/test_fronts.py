"""Planted chains: owners in order, a person who serves a listed firm, and nothing else moved."""

import numpy as np
import pandas as pd
import pytest

from infiltrate.synth.country.cards import CARDS
from infiltrate.synth.country.owners import list_owners, plant_fronts
from infiltrate.synth.country.register import describe_register
from infiltrate.synth.country.tables import Draw, draw_country, find_standing


@pytest.fixture(scope="module")
def draw() -> Draw:
    return draw_country(CARDS["base"], 4_000, 3)


@pytest.fixture(scope="module")
def register(draw) -> pd.DataFrame:
    return describe_register(draw)


@pytest.fixture(scope="module")
def chains(draw, register) -> pd.DataFrame:
    return plant_fronts(draw, register)


def test_each_chain_leads_from_a_person_to_an_infiltrated_functional_firm(draw, register, chains):
    firms = draw.firms.set_index("number")
    assert chains["chain"].nunique() >= 3
    for _, steps in chains.groupby("chain"):
        assert steps["kind"].tolist() == ["person", *["company"] * (len(steps) - 1)]
        assert 3 <= len(steps) <= 5
        assert (steps["owner"].to_numpy()[1:] == steps["company"].to_numpy()[:-1]).all()
        front = steps["front"].iloc[0]
        assert steps["company"].iloc[-1] == front
        assert firms.loc[front, "infiltrated"] and firms.loc[front, "type"] == 0
        listed = steps["listed"].iloc[0]
        director = register.set_index("number").loc[listed, "director"]
        assert steps["owner"].iloc[0] == director
        assert listed in set(draw.firms["number"].iloc[find_standing(draw)["firm"]])


def test_the_owners_of_a_front_are_those_of_its_chain_and_no_holding_serves_two(
    draw, register, chains
):
    owners = list_owners(draw, register).to_pandas()
    fronts = "XX-REG:" + chains["front"].astype(str).str.zfill(8)
    last = chains.groupby("chain").tail(1)
    held = owners[owners["company"].isin(fronts)]
    assert len(held) == len(last)
    assert set(held["owner"]) == set(last["owner"].astype(str).str.zfill(8))
    holdings = chains.loc[chains["kind"] == "company", ["owner_register", "owner"]]
    assert not holdings.duplicated().any()
    assert not owners.duplicated(["company", "register", "owner"]).any()


def test_most_fronts_have_a_director_of_several_firms(register, chains):
    served = register["director"].value_counts()
    nominees = chains.drop_duplicates("chain")["nominee"].map(served)
    assert (nominees > 1).mean() >= 0.5


def test_the_same_seed_plants_the_same(draw, register, chains):
    pd.testing.assert_frame_equal(plant_fronts(draw, register), chains)
    other = draw_country(CARDS["base"], 4_000, 4)
    moved = plant_fronts(other, describe_register(other))
    assert not np.array_equal(moved["owner"].to_numpy(), chains["owner"].to_numpy())
