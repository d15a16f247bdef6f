from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from pytest import approx
from scipy.stats.contingency import odds_ratio

from infiltrate.params.choices import DisclosureChoices
from infiltrate.prevalence.floor import estimate_floor, publish_floor
from infiltrate.prevalence.lists import build_exposure
from infiltrate.prevalence.overlaps import (
    exposure_funnel,
    listing_lags,
    overlap_table,
    pairwise_overlap,
    summarise_lists,
)
from tests.prevalence.examples import lists_data

EXACT = DisclosureChoices(minimum_firms=3, minimum_listed=1, round_to=1)
FEW_CLOSED = DisclosureChoices(minimum_firms=10, minimum_listed=5, round_to=1)
CLOSED = DisclosureChoices(minimum_firms=10, minimum_listed=5, round_to=5)
COARSE = DisclosureChoices(minimum_firms=10, minimum_listed=5, round_to=10)


def test_the_summary_of_a_list_adds_up(open_country, make_params):
    subjects = ["Firm", "Other", "Person", "Joint", "Nobody"]
    engine = open_country(
        companies=[
            {"company_id": "Firm", "kind": "company"},
            {"company_id": "Other", "kind": "company"},
            {"company_id": "Person", "kind": "natural_person"},
            {"company_id": "Joint", "kind": "consortium"},
        ],
        list_entries=[
            {
                "list_id": "court",
                "entry_id": f"{i}",
                "company_id": name,
                "listed_on": date(2015 + i, 1, 1) if i < 4 else None,
                "outcome": "annulled" if name == "Other" else "active",
                "match_probability": None if name == "Firm" else 1.0,
            }
            for i, name in enumerate([*subjects, "Firm"])
        ],
    )
    params = make_params([{"id": "court", "coverage_from": date(2014, 1, 1)}, {"id": "void"}])
    summary = summarise_lists(build_exposure(engine, params), EXACT).set_index("list_id")
    row = summary.loc["court"]
    assert (row["entries"], row["annulled"], row["undated"], row["match_not_stated"]) == (
        6,
        1,
        2,
        2,
    )
    assert (row["subjects"], row["matched"], row["listed"]) == (5, 2, 1)
    assert (row["natural_persons"], row["other"], row["unmatched"]) == (1, 1, 1)
    parts = ["matched", "natural_persons", "other", "unmatched"]
    assert row["subjects"] == row[parts].sum()
    assert (row["first_on"], row["last_on"]) == (
        pd.Timestamp("2015-01-01"),
        pd.Timestamp("2018-01-01"),
    )
    assert row["coverage_from"] == pd.Timestamp("2014-01-01")
    assert summary.loc["void", "entries"] == 0
    assert pd.isna(summary.loc["void", "first_on"])


def test_combinations_of_lists_are_counted_once_each():
    match = [[1, 0]] * 4 + [[1, 1]] * 2 + [[0, 1]] + [[0, 0]] * 9
    table = overlap_table(lists_data(match), EXACT)
    assert table.to_dict("list") == {
        "list_0": [True, True, False],
        "list_1": [False, True, True],
        "lists": [1, 2, 1],
        "companies": [4, 2, 1],
    }


def test_pairs_are_compared_among_companies_exposed_to_both():
    match = [[1, 1]] * 6 + [[1, 0]] * 4 + [[0, 1]] * 2 + [[0, 0]] * 28 + [[1, 0]] * 10
    data = lists_data(match)
    data.exposed[40:, 1] = False
    pair = pairwise_overlap(data, EXACT).loc[0]
    assert (pair["exposed"], pair["listed_a"], pair["listed_b"], pair["both"]) == (40, 10, 8, 6)
    assert pair["expected"] == approx(10 * 8 / 40)
    assert pair["odds_ratio"] == approx((6.5 * 28.5) / (4.5 * 2.5), rel=0.05)
    exact = odds_ratio([[6, 4], [2, 28]]).confidence_interval(0.95)
    assert pair["low"] == approx(exact.low, rel=0.5)
    assert pair["low"] < pair["odds_ratio"] < pair["high"]


def test_no_ratio_of_a_small_overlap_is_shown():
    match = [[1, 1]] * 4 + [[1, 0]] * 20 + [[0, 1]] * 20 + [[0, 0]] * 100
    pair = pairwise_overlap(lists_data(match), CLOSED).loc[0]
    assert pair[["odds_ratio", "low", "high"]].isna().all()
    assert pair["listed_a"] == 25, "rounded"
    assert pair["both"] is pd.NA


@pytest.mark.parametrize("rules", [FEW_CLOSED, CLOSED, COARSE])
def test_small_counts_of_firms_are_closed_whatever_the_rounding(rules):
    data = lists_data([[1, 1]] * 4 + [[1, 0]] * 20 + [[0, 0]] * 100)
    assert overlap_table(data, rules)["companies"].tolist() == [20, pd.NA]
    assert pairwise_overlap(data, rules).loc[0, "both"] is pd.NA
    funnel = exposure_funnel(data, rules)["firms"]
    assert funnel.isna().tolist() == [False] * 6 + [True, False]
    assert funnel.iloc[3] == 0, "nobody is no small count"


def test_a_list_is_closed_where_its_floor_is():
    rng = np.random.default_rng(5)
    for listed in range(8):
        data = lists_data([[1]] * listed + [[0]] * 50)
        floor = publish_floor(estimate_floor(data, 0.95, rng), CLOSED)
        assert bool(exposure_funnel(data, CLOSED)["firms"].isna().any()) == floor.is_closed


@pytest.mark.parametrize(("listed", "shown"), [(4, None), (5, 5)])
def test_a_summary_closes_what_few_firms_make_up(open_country, make_params, listed, shown):
    names = [f"F{i}" for i in range(listed)]
    engine = open_country(
        companies=[{"company_id": name, "kind": "company"} for name in names],
        list_entries=[
            {"list_id": "court", "entry_id": name, "company_id": name, "outcome": "active"}
            for name in names
        ],
    )
    data = build_exposure(engine, make_params([{"id": "court"}]))
    row = summarise_lists(data, CLOSED).iloc[0]
    assert [row["listed"], row["matched"]] == [shown or pd.NA] * 2


def test_independent_lists_have_an_interval_around_one():
    rng = np.random.default_rng(4)
    covered = 0
    for _ in range(200):
        pair = pairwise_overlap(lists_data(rng.random((300, 2)) < 0.3), EXACT).loc[0]
        covered += pair["low"] <= 1 <= pair["high"]
    assert 0.9 <= covered / 200 <= 0.99


def test_the_funnel_shows_firms_listed_outside_the_rule():
    data = lists_data([[1]] * 3 + [[0]] * 5)
    data.exposed[2:4] = False
    assert list(exposure_funnel(data, EXACT)["firms"]) == [8, 6, 2, 1]


def test_lags_run_from_first_contract_to_entry_in_months():
    contracts = pd.to_datetime(["2015-01-01"] * 6 + [None])
    data = lists_data([[1]] * 7)
    data.listed_on[:, 0] = np.array(
        ["2014-01-01", *[f"201{6 + i}-01-01" for i in range(4)], "NaT", "2019-01-01"],
        dtype="datetime64[D]",
    )
    data = replace(data, companies=data.companies.assign(first_contract_on=contracts))
    lags = listing_lags(data, CLOSED).loc[0]
    assert lags["firms"] == 5
    assert lags["listed_before_contract"] == approx(0.2)
    assert lags["p50"] == 24
    assert lags[["p10", "p90"]].is_monotonic_increasing
    few = listing_lags(lists_data([[1]] * 4), CLOSED).loc[0]
    assert few.drop(["list_id", "firms"]).isna().all()


@pytest.mark.parametrize("shape", [(0, 0), (0, 2), (5, 0), (5, 2)])
@pytest.mark.parametrize("show", [overlap_table, pairwise_overlap, exposure_funnel, listing_lags])
def test_empty_lists_give_tables_with_their_columns(show, shape):
    table = show(lists_data(np.zeros(shape)), CLOSED)
    assert len(table.columns) >= 2
