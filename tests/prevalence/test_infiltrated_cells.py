from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from pytest import approx

from infiltrate.params.choices import DisclosureChoices, PrevalenceChoices
from infiltrate.prevalence.estimate_rows import ESTIMATE_COLUMNS
from infiltrate.prevalence.estimators import CountryEstimate
from infiltrate.prevalence.infiltrated_cells import (
    COLUMNS,
    estimate_infiltrated_cells,
    infiltrated_cell_estimates,
)
from infiltrate.prevalence.lists import Denominator
from infiltrate.prevalence.pool import PoolChoices, triangulate
from infiltrate.prevalence.posterior import CellDetection, Posterior
from tests.prevalence.examples import lists_data

RULES = DisclosureChoices(minimum_firms=10, minimum_listed=5, round_to=5)
CHOICES = PrevalenceChoices()
# section, area, firms, share infiltrated, spread of the number on the log scale
CELLS = [
    ("A", "east", 400, 0.10, 0.05),
    ("A", "west", 300, 0.05, 0.05),
    ("C", "east", 60, 0.20, 0.05),
    ("C", "west", 300, 0.04, 1.0),
    ("F", "east", 200, 0.002, 0.05),
    ("F", "west", 150, 0.002, 0.05),
]


def country(cells=CELLS, status="use", official=None, chance=0.4):
    """A country whose joint detection model alone is pooled, as it is."""
    rng = np.random.default_rng(4)
    frame = pd.DataFrame(cells, columns=["section", "area_id", "firms", "rate", "spread"])
    expected = (frame["firms"] * frame["rate"]).to_numpy()
    draws = expected * np.exp(rng.normal(0, frame["spread"], (3_000, len(frame))))
    detection = CellDetection(
        chance=rng.uniform(chance - 0.1, chance + 0.1, draws.shape),
        direct=expected,
        direct_variance=expected / chance,
    )
    posterior = Posterior(
        "joint_detection",
        "joint_detection",
        frame[["section", "area_id", "firms"]],
        draws if status != "reject" else draws[:0],
        expected,
        {},
        status,
        detection=detection,
    )
    firms = int(frame["firms"].sum())
    lists = lists_data(np.ones((firms, 1)))
    companies = lists.companies.assign(
        section=np.repeat(frame["section"], frame["firms"]).to_numpy(),
        area_id=np.repeat(frame["area_id"], frame["firms"]).to_numpy(),
    )
    denominator = Denominator(official or firms, "firms", is_official=official is not None)
    lists = replace(lists, companies=companies, denominator=denominator)
    pool = triangulate(
        [posterior], np.zeros(1), firms, rng, PoolChoices(dark_share=None, gamma_log_sd=0.0)
    )
    return CountryEstimate({"joint_detection": posterior}, np.zeros(1), pool), lists


def tabulate(*args, rules=RULES, **kwargs):
    estimate, lists = country(*args, **kwargs)
    return estimate_infiltrated_cells(estimate, lists, rules, CHOICES)


def row(table, sector, area):
    return table[(table["sector_id"] == sector) & (table["area_id"] == area)].squeeze()


def test_a_cell_that_can_carry_it_is_published_by_itself():
    estimate, _ = country()
    cell = row(tabulate(), "A", "east")
    low, high = np.quantile(estimate.pool.cell_draws[:, 0] / 400, [0.025, 0.975])
    assert not cell["is_rolled_up"]
    assert (cell["firms"], cell["infiltrated"], cell["n_units"]) == (400, 40, 400)
    assert cell["share"] == approx(0.1, rel=0.03)
    assert (cell["low"], cell["high"]) == approx((low, high), rel=0.005)
    assert cell["infiltrated_low"] == np.floor(400 * low / 5) * 5
    assert cell["infiltrated_high"] == np.ceil(400 * high / 5) * 5
    assert not cell["is_wide"]
    assert cell["detection"] == approx(0.4, abs=0.01)
    assert 0.3 <= cell["detection_low"] < cell["detection"] < cell["detection_high"] <= 0.5


@pytest.mark.parametrize(
    ("sector", "area", "why"),
    [
        ("C", "east", "fewer than 100 firms;"),
        ("F", "east", "fewer than 5 infiltrated firms expected;"),
        ("C", "west", "coefficient of variation above 0.5;"),
    ],
)
def test_a_cell_that_cannot_carry_it_shows_its_area_and_says_why(sector, area, why):
    table = tabulate()
    cell, around = row(table, sector, area), row(table, "all", area)
    assert cell["is_rolled_up"]
    assert why in cell["reason"]
    assert f"all sectors in area {area}" in cell["reason"]
    assert (cell["shown_sector_id"], cell["shown_area_id"]) == ("all", area)
    assert (cell["share"], cell["low"], cell["high"]) == tuple(around[["share", "low", "high"]])
    assert cell["n_units"] == around["firms"]
    assert pd.isna(cell["infiltrated"])
    assert pd.isna(cell["fay_herriot"])
    assert cell["status"] == "caution"


def test_an_area_that_cannot_carry_it_shows_the_country():
    table = tabulate([*CELLS, ("A", "north", 90, 0.1, 0.05)])
    assert row(table, "A", "north")["shown_area_id"] == "all"
    assert row(table, "all", "north")["shown_area_id"] == "all"
    assert row(table, "F", "all")["shown_sector_id"] == "all"


def test_totals_hold_the_draws_of_their_parts():
    estimate, lists = country()
    table = estimate_infiltrated_cells(estimate, lists, RULES, CHOICES)
    whole = row(table, "all", "all")
    assert whole["share"] == approx(estimate.pool.median / 1410, rel=0.005)
    low, high = estimate.pool.intervals[0.95]
    assert (whole["low"], whole["high"]) == approx((low / 1410, high / 1410), rel=0.005)
    assert whole["infiltrated_low"] <= low <= high <= whole["infiltrated_high"]
    east = np.median(estimate.pool.cell_draws[:, [0, 2, 4]].sum(axis=1))
    assert row(table, "all", "east")["share"] == approx(east / 660, rel=0.005)


def test_small_numbers_of_firms_cannot_be_worked_out():
    table = tabulate([*CELLS[:-1], ("F", "west", 4, 0.05, 0.05)])
    firms = table.set_index(["sector_id", "area_id"])["firms"]
    assert pd.isna(firms["F", "west"])
    assert pd.isna(firms["F", "east"]) or pd.isna(firms["F", "all"])
    assert firms["A", "all"] == 700
    assert (firms.dropna() % 5 == 0).all()
    # the share of a cell that only protects another one is a model's, and stays
    closed = row(table, "A", "west")
    assert pd.isna(closed["firms"])
    assert pd.isna(closed["infiltrated"])
    assert closed["share"] == approx(0.05, rel=0.1)


def test_the_smoothed_direct_rate_stands_beside_it():
    cell = row(tabulate(), "A", "east")
    assert cell["fay_herriot"] == approx(cell["share"], rel=0.4)
    assert cell["difference"] == approx(abs(cell["fay_herriot"] - cell["share"]), abs=1e-3)


def test_a_larger_official_count_is_spread_over_cells_and_said():
    usual, raised = row(tabulate(), "A", "east"), row(tabulate(official=2820), "A", "east")
    assert raised["firms"] == 800
    assert raised["infiltrated"] == usual["infiltrated"]
    assert raised["share"] == approx(usual["share"] / 2, rel=0.01)
    assert "official count" in raised["reason"]
    assert row(tabulate(official=500), "A", "east")["firms"] == 400


def test_who_comes_first_is_a_probability_and_never_a_rank():
    cells = [("A", f"r{k}", 500, 0.02 + 0.01 * k, 0.1) for k in range(9)]
    table = tabulate(cells)
    areas = table[(table["sector_id"] == "all") & (table["area_id"] != "all")]
    assert areas["probability_top5"].sum() == approx(5)
    assert areas["probability_top5"].is_monotonic_increasing
    assert tabulate()["probability_top5"].isna().all()


def test_wide_intervals_are_marked():
    table = tabulate([*CELLS, ("A", "south", 900, 0.05, 0.45)])
    assert row(table, "A", "south")["is_wide"]
    assert not row(table, "A", "south")["is_rolled_up"]


def test_a_rejected_pool_gives_no_cells_but_their_columns():
    table = tabulate(status="reject")
    assert table.empty
    assert list(table.columns) == list(COLUMNS)
    assert dict(table.dtypes.astype(str)) == dict(tabulate().dtypes.astype(str))
    assert infiltrated_cell_estimates(table).columns.tolist() == ESTIMATE_COLUMNS


def test_the_order_of_companies_changes_nothing():
    estimate, lists = country()
    order = np.random.default_rng(1).permutation(len(lists.companies))
    mixed = replace(lists, companies=lists.companies.iloc[order].reset_index(drop=True))
    pd.testing.assert_frame_equal(
        estimate_infiltrated_cells(estimate, lists, RULES, CHOICES),
        estimate_infiltrated_cells(estimate, mixed, RULES, CHOICES),
    )


def test_a_firm_of_unknown_place_is_a_category():
    cells = [("A", "east", 400, 0.1, 0.05), ("unknown", "unknown", 300, 0.1, 0.05)]
    estimate, lists = country(cells)
    companies = lists.companies.replace("unknown", None)
    table = estimate_infiltrated_cells(
        estimate, replace(lists, companies=companies), RULES, CHOICES
    )
    assert row(table, "not stated", "not stated")["infiltrated"] == 30


def test_a_country_too_small_to_be_shown_is_suppressed():
    table = tabulate([("A", "east", 4, 0.5, 0.1), ("C", "west", 3, 0.5, 0.1)])
    assert (table["status"] == "suppressed").all()
    assert table[["firms", "share", "low", "high", "n_units"]].isna().all(axis=None)


def test_estimates_have_every_cell_but_the_country_once():
    table = tabulate()
    estimates = infiltrated_cell_estimates(table)
    assert len(estimates) == len(table) - 1
    assert set(estimates["estimator"]) == {"pool"}
    assert not estimates.duplicated(["estimand", "estimator", "sector_id", "area_id"]).any()
