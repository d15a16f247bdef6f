"""Tests of contagion on countries where it is known whether there is any."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from infiltrate.network.assortativity import assess_assortativity
from infiltrate.network.autologistic import fit_autologistic
from infiltrate.network.contagion import CASE_LINKED, NOT_LINKED, RECENT, follow_neighbours
from infiltrate.network.listings import lay_out_listings
from infiltrate.network.ties import build_ties
from infiltrate.params.network_choices import ContagionChoices
from infiltrate.synth.country.cards import CARDS, Card
from infiltrate.synth.country.tables import draw_country

CHOICES = ContagionChoices(permutations=199, resamples=100, case_linked_lists=["intelligence"])


def country(card: Card, seed: int, firms: int = 4000):
    """Draw a country whose firms are tied by the officer they share; all firms of its draw."""
    draw = draw_country(card, firms, seed)
    frame = draw.firms
    ids = "F" + frame["number"].astype(str).str.zfill(8)
    tied = pd.DataFrame({"company_id": ids, "hub_id": "P" + frame["group"].astype(str),
                         "side": "officer"})  # fmt: skip
    register = pd.DataFrame(
        {
            "company_id": ids,
            "area": draw.places.province_region[frame["province"].to_numpy()].astype(str),
            "sector": frame["division"].astype(str),
            "begins_on": frame["born_on"],
            "ends_on": frame["dissolved_on"],
        }
    )
    found = draw.detection.entries
    found = found[found["annulled_on"].isna()]
    entries = pd.DataFrame(
        {
            "list_id": found["list_id"],
            "company_id": ids.to_numpy()[found["firm"]],
            "listed_on": found["listed_on"],
        }
    )
    return lay_out_listings(build_ties(tied, ids), register, entries)


def without_spreading(prevalence: float = 0.08) -> Card:
    base = CARDS["base"]
    lists = tuple(replace(one, cascade=0.0) for one in base.lists)
    return replace(base, contagion=0.0, lists=lists, prevalence=prevalence)


def follow(listings, seed=1, choices=CHOICES):
    lists = sorted(listings.entries["list_id"].unique())
    found = follow_neighbours(listings, lists, choices, np.random.default_rng(seed))
    return found.set_index(["lists", "lag"])


@pytest.fixture(scope="module")
def spreading():
    card = replace(CARDS["base"], contagion=0.5, prevalence=0.05, lag_months=3.0)
    return country(card, 4, 12_000)


def test_listed_companies_gather_where_infiltration_spreads(spreading):
    found = assess_assortativity(spreading, CHOICES, np.random.default_rng(1))
    assert found.p_value == pytest.approx(1 / 200)
    assert found.low < found.share < found.high
    assert found.share > 1.5 * found.null.mean()
    assert found.low > found.null.mean()


def test_the_share_is_that_of_pairs_counted_by_hand(tie_up):
    ties = tie_up("abc cd de fg")
    register = pd.DataFrame({"company_id": list("ABCDEFG"), "area": "X", "sector": "Y",
                             "begins_on": pd.NaT, "ends_on": pd.NaT})  # fmt: skip
    entries = pd.DataFrame({"list_id": "l", "company_id": list("ABDEF"),
                            "listed_on": pd.Timestamp("2020-01-01")})  # fmt: skip
    found = assess_assortativity(
        lay_out_listings(ties, register, entries), CHOICES, np.random.default_rng(1)
    )
    # ties of A: B, C; B: A, C; D: C, E; E: D; F: G; of these A-B, B-A, D-E and E-D
    assert (found.share, found.ties) == (4 / 8, 8)


def test_entries_follow_those_of_neighbours_where_infiltration_spreads(spreading):
    found = follow(spreading)
    assert found.loc[(NOT_LINKED, RECENT), "low"] > 1
    assert found.loc[(CASE_LINKED, RECENT), "low"] > 1


def test_neighbours_count_where_infiltration_spreads(spreading):
    found = fit_autologistic(spreading, CHOICES, np.random.default_rng(1))
    assert found.low > 0


def test_the_term_of_neighbours_is_that_of_the_draw():
    rng = np.random.default_rng(12)
    pairs = 15_000
    ids = [f"C{number:05d}" for number in range(2 * pairs)]
    ties = build_ties(
        pd.DataFrame({"company_id": ids, "hub_id": [f"P{n // 2:05d}" for n in range(2 * pairs)],
                      "side": "officer"}),
        ids,
    )  # fmt: skip
    # of a pair both are listed with odds that give a log odds ratio of 2
    weights = np.array([1.0, 0.08, 0.08, 0.08 * 0.08 * np.exp(2.0)])
    state = rng.choice(4, pairs, p=weights / weights.sum())
    listed = np.column_stack([state % 2, state // 2]).ravel().astype(bool)
    register = pd.DataFrame({"company_id": ids, "area": "X", "sector": "Y",
                             "begins_on": pd.NaT, "ends_on": pd.NaT})  # fmt: skip
    entries = pd.DataFrame({"list_id": "l", "company_id": np.array(ids)[listed],
                            "listed_on": pd.Timestamp("2020-01-01")})  # fmt: skip
    listings = lay_out_listings(ties, register, entries)
    found = fit_autologistic(listings, CHOICES, np.random.default_rng(1))
    assert found.odds_ratio_low < np.exp(2.0) < found.odds_ratio_high


@pytest.mark.parametrize("seed", range(3))
def test_nothing_is_found_where_nothing_spreads(seed):
    listings = country(without_spreading(), 700 + seed)
    rng = np.random.default_rng(seed)
    assert assess_assortativity(listings, CHOICES, rng).p_value > 0.005
    found = fit_autologistic(listings, CHOICES, rng)
    assert found.low < 5 and found.high > -5


def test_draws_that_keep_ties_keep_their_number():
    listings = country(without_spreading(), 9)
    found = assess_assortativity(listings, CHOICES, np.random.default_rng(1))
    assert 0 <= found.fixed < 0.5
    assert len(found.null) == 199


def test_few_listed_companies_give_reasons_not_numbers(tie_up):
    ties = tie_up("ab cd")
    register = pd.DataFrame({"company_id": list("ABCD"), "area": "X", "sector": "Y",
                             "begins_on": pd.NaT, "ends_on": pd.NaT})  # fmt: skip
    entries = pd.DataFrame({"list_id": ["l"], "company_id": ["A"],
                            "listed_on": [pd.Timestamp("2020-01-01")]})  # fmt: skip
    for some in (entries, entries.iloc[:0]):
        listings = lay_out_listings(ties, register, some)
        rng = np.random.default_rng(1)
        assert "5 are the least" in assess_assortativity(listings, CHOICES, rng).reason
        assert "20 are the least" in fit_autologistic(listings, CHOICES, rng).reason
        found = follow_neighbours(listings, ["l"], CHOICES, rng)
        assert found["hazard_ratio"].isna().all()
        assert found["reason"].str.contains("too few").all()


@pytest.mark.validate
def test_forty_countries_without_spreading_reject_no_more_than_one_in_twenty():
    results = [examine(without_spreading(), 1000 + seed) for seed in range(40)]
    found = pd.DataFrame(results)
    # 97.5 % of binomial draws of 40 at 5 % are at most this
    most = stats.binom.ppf(0.975, 40, 0.05)
    print(found.sum())
    assert (found.sum() <= most).all(), found.sum()


def examine(card: Card, seed: int) -> dict[str, bool]:
    listings = country(card, seed)
    rng = np.random.default_rng(seed)
    hazards = follow(listings, seed)
    ratios = {f"{lists}, {lag}": bool(row["low"] > 1) for (lists, lag), row in hazards.iterrows()}
    return {
        "assortativity": assess_assortativity(listings, CHOICES, rng).p_value <= 0.05,
        "autologistic": fit_autologistic(listings, CHOICES, rng).low > 0,
        **ratios,
    }
