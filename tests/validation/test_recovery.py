from __future__ import annotations

import pandas as pd
import pytest

from infiltrate.synth import simulate_tables
from infiltrate.validation.recovery import COLUMNS, ESTIMATORS, recover_country
from infiltrate.validation.request import CHOICES
from infiltrate.validation.variants import Variant

FIRMS, SEED = 2000, 5000
QUICK = CHOICES.model_copy(update={"draws": 200})


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return recover_country(Variant("high"), FIRMS, SEED, QUICK)


@pytest.fixture(scope="module")
def country():
    return simulate_tables("high", FIRMS, SEED)


def part(rows: pd.DataFrame, estimator: str, estimand: str, places: bool = False) -> pd.DataFrame:
    kept = rows[(rows["estimator"] == estimator) & (rows["estimand"] == estimand)]
    return kept[(kept["area_id"] != "all") == places]


def test_columns_are_those_of_the_issue(rows):
    first = "scenario seed estimator estimand sector_id area_id " + "truth"
    first += " median lo50 hi50 lo90 hi90 lo95 hi95 status"
    assert list(COLUMNS[:15]) == first.split()
    assert list(rows.columns) == list(COLUMNS)
    assert set(rows["scenario"]) == {"high"}
    assert set(rows["seed"]) == {SEED}


def test_every_estimator_has_one_row_of_the_country(rows):
    national = rows[(rows["estimand"] == "infiltrated_firms") & (rows["area_id"] == "all")]
    assert sorted(national["estimator"]) == sorted(ESTIMATORS)
    refused = national["status"] == "reject"
    assert national.loc[refused, "median"].isna().all()
    assert (national.loc[refused, "reason"] != "").all()
    assert national.loc[~refused, "median"].notna().all()


def test_intervals_lie_within_one_another(rows):
    given = rows[rows["median"].notna()]
    order = ["lo95", "lo90", "lo50", "median", "hi50", "hi90", "hi95"]
    steps = given[order].diff(axis=1).iloc[:, 1:]
    assert (steps >= 0).all().all()


def test_what_is_so_is_counted_from_the_country(rows, country):
    total = country.infiltrated.sum()
    rightly = (country.infiltrated & country.listed.any(axis=1)).sum()
    pool = part(rows, "pool", "infiltrated_firms")
    assert pool.truth.item() == total
    assert pool["firms"].item() == FIRMS
    assert part(rows, "floor", "floor").truth.item() == rightly
    detection = part(rows, "pool", "detection_any_list")
    assert detection.truth.item() == pytest.approx(rightly / total)


@pytest.mark.parametrize("estimator", ["pool", "joint_detection"])
def test_places_add_up_to_the_country(rows, country, estimator):
    areas = part(rows, estimator, "infiltrated_firms", places=True)
    cells = part(rows, estimator, "cell_infiltrated_firms", places=True)
    assert len(areas) == country.firms["region"].nunique()
    for column in ("truth", "firms", "listed"):
        assert areas[column].sum() == cells[column].sum()
    assert areas.truth.sum() == country.infiltrated.sum()
    assert areas["listed"].sum() == country.listed.any(axis=1).sum()
    construction = country.infiltrated[
        ((country.firms["section"] == "F") & (country.firms["region"] == "R01")).to_numpy()
    ].sum()
    cell = cells[(cells["sector_id"] == "F") & (cells["area_id"] == "R01")]
    assert cell.truth.item() == construction
    effort = country.effort.groupby("region")["log_odds"].mean()
    assert cell["effort"].item() == pytest.approx(effort["R01"])


def test_the_same_country_gives_the_same_rows_whatever_is_kept_of_them(rows):
    again = recover_country(Variant("high"), FIRMS, SEED, QUICK, ["pool"])
    assert set(again["estimator"]) == {"floor", "pool"}
    expected = part(rows, "pool", "infiltrated_firms")
    found = part(again, "pool", "infiltrated_firms")
    pd.testing.assert_frame_equal(
        expected.reset_index(drop=True), found.reset_index(drop=True), check_exact=True
    )


def test_one_list_is_refused_with_the_reason():
    rows = recover_country(Variant("one_list"), 600, SEED, QUICK, ["pool", "joint_detection"])
    national = rows[rows["estimand"] == "infiltrated_firms"]
    assert set(national["status"]) == {"reject"}
    assert (national["reason"] != "").all()
    assert (national.truth > 0).all()
