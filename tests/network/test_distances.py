"""Cells of distances that may be shown."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from infiltrate.network.distances import distribute_distances
from infiltrate.network.listings import lay_out_listings
from infiltrate.params.choices import DisclosureChoices
from infiltrate.params.network_choices import ContagionChoices

CHOICES = ContagionChoices(resamples=60)


def distances(ties, listed, **disclosure):
    register = pd.DataFrame({"company_id": ties.companies, "area": "X", "sector": "Y",
                             "begins_on": pd.NaT, "ends_on": pd.NaT})  # fmt: skip
    entries = pd.DataFrame({"list_id": "l", "company_id": listed,
                            "listed_on": pd.Timestamp("2020-01-01")})  # fmt: skip
    listings = lay_out_listings(ties, register, entries)
    rules = DisclosureChoices(**disclosure)
    return distribute_distances(listings, CHOICES, rules, np.random.default_rng(1))


@pytest.fixture(scope="module")
def country(tie_at_random):
    ties = tie_at_random(3000, 900, 7)
    return ties, ties.companies[np.random.default_rng(2).choice(3000, 150, replace=False)]


@pytest.mark.parametrize(("listed", "firms"), [(1, 3), (5, 10), (20, 200), (60, 500)])
def test_no_cell_is_smaller_than_may_be_shown(country, listed, firms):
    found = distances(*country, minimum_listed=listed, minimum_firms=firms, round_to=1)
    assert (found[found["group"] == "listed"]["firms"] >= listed).all()
    assert (found[found["group"] == "other"]["firms"] >= firms).all()
    assert found.groupby("group")["firms"].sum().to_dict() == {"listed": 150, "other": 2850}
    listed_words, other_words = found.groupby("group")["distance"].apply(list)
    assert listed_words == other_words


def test_counts_are_rounded_and_intervals_hold_the_share(country):
    found = distances(*country)
    assert (found["firms"] % 5 == 0).all()
    assert (found["low"] - 0.02 <= found["share"]).all()
    assert (found["share"] <= found["high"] + 0.02).all()


def test_what_cannot_be_shown_is_empty(country):
    ties, listed = country
    assert distances(ties, listed[:4]).empty
    assert distances(ties, listed[:0]).empty


def test_distances_put_together_are_named(country):
    words = distances(*country, minimum_listed=60, minimum_firms=100)["distance"].unique()
    assert words[0].startswith("1")
    assert words[-1].endswith("no ties")
