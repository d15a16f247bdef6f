from datetime import date

import numpy as np
import pandas as pd
import pytest
from pytest import approx
from scipy.stats import beta

from infiltrate.prevalence.cell_counts import ALL
from infiltrate.prevalence.cells import (
    cell_estimates,
    detection_by_area,
    estimate_cells,
    jeffreys_interval,
)
from infiltrate.prevalence.estimate_rows import ESTIMATE_COLUMNS
from tests.protection.additive import widths

AREAS = [
    {"area_id": "XX", "level": 0},
    *({"area_id": f"0{i}", "level": 1, "parent_id": "XX"} for i in (1, 2, 3)),
    *({"area_id": f"0{i}{j}", "level": 2, "parent_id": f"0{i}"} for i in (1, 2) for j in (1, 2)),
    {"area_id": "0111", "level": 3, "parent_id": "011"},
]
SECTORS = [{"sector_id": f"ISIC4:{letter}", "section": letter} for letter in "ACF"]
RULES = {"minimum_firms": 10, "minimum_listed": 5, "round_to": 5}


def firms(number, listed, area, section, start):
    companies = [
        {
            "company_id": f"{start}-{i:04d}",
            "kind": "company",
            "area_id": area,
            "sector_id": section and f"ISIC4:{section}",
        }
        for i in range(number)
    ]
    entries = [
        {"list_id": "court", "entry_id": c["company_id"], "company_id": c["company_id"]}
        | {"listed_on": date(2019, 1, 1), "match_probability": 1.0}
        for c in companies[:listed]
    ]
    return companies, entries


def country(open_country, blocks):
    parts = [firms(*block, start=f"block {i}") for i, block in enumerate(blocks)]
    return open_country(
        companies=[row for companies, _ in parts for row in companies],
        list_entries=[row for _, entries in parts for row in entries],
        areas=AREAS,
        sectors=SECTORS,
    )


BLOCKS = [
    (200, 40, "0111", "F"),
    (100, 10, "012", "F"),
    (150, 12, "011", "C"),
    (80, 2, "012", "C"),
    (120, 9, "021", "F"),
    (60, 6, "022", "C"),
    (7, 5, "022", "A"),
    (90, 8, "02", "F"),
    (40, 0, "03", "C"),
    (30, 3, None, None),
]


@pytest.fixture
def cells(open_country, make_params):
    engine = country(open_country, BLOCKS)
    params = make_params([{"id": "court"}], disclosure=RULES)
    return estimate_cells(engine, params, np.random.default_rng(1))


def cell(cells, sector, area):
    return cells[(cells["sector_id"] == sector) & (cells["area_id"] == area)].squeeze()


def test_counts_of_open_cells_are_the_hand_counts_rounded(cells):
    total = cell(cells, ALL, ALL)
    assert (total["firms"], total["listed"]) == (875, 95)
    assert total["share"] == approx(95 / 875)
    assert total["status"] == "use"
    deep = cell(cells, ALL, "011")
    assert (deep["firms"], deep["parent_id"], deep["area_level"]) == (350, "01", 2)
    assert not cells.duplicated(["list_id", "sector_id", "area_id"]).any()


def test_every_firm_is_somewhere_even_without_area_or_sector(cells):
    missing = cell(cells, "not stated", "not stated")
    assert missing["parent_id"] == ALL
    unspecific = cell(cells, ALL, "02, not stated further")
    assert (unspecific["parent_id"], unspecific["area_level"]) == ("02", 2)
    assert cell(cells, "not stated", ALL)["area_level"] == 0


def test_small_cells_are_rolled_up_to_all_sectors_then_to_the_area_around(cells):
    no_listed = cell(cells, "C", "03")
    assert no_listed["status"] == "caution"
    assert no_listed["is_rolled_up"]
    assert (no_listed["shown_sector_id"], no_listed["shown_area_id"]) == (ALL, ALL)
    assert no_listed["share"] == cell(cells, ALL, ALL)["share"]
    assert "fewer than 10 firms or 5 listed ones" in no_listed["reason"]
    few_firms = cell(cells, "A", "02")
    assert pd.isna(few_firms["firms"])
    assert pd.isna(few_firms["listed"])
    assert few_firms["shown_sector_id"] == ALL


def truth(cells):
    """Count every cell from the blocks, by hand as it were."""
    parents = {a["area_id"]: a.get("parent_id") for a in AREAS}
    listed, number = {}, {}
    for size, on_list, area, section in BLOCKS:
        path = [area or "not stated"]
        while parents.get(path[0]) not in (None, "XX"):
            path.insert(0, parents[path[0]])
        if len(path) == 1 and path[0] in ("01", "02"):
            path.append(f"{path[0]}, not stated further")
        for where in (ALL, *path[:2]):
            for what in (section or "not stated", ALL):
                number[what, where] = number.get((what, where), 0) + size
                listed[what, where] = listed.get((what, where), 0) + on_list
    keys = list(zip(cells["sector_id"], cells["area_id"], strict=True))
    return np.array([number[key] for key in keys]), np.array([listed[key] for key in keys])


def attack(cells, counts, closed):
    """Widths of what a reader can derive who knows each shown count exactly."""
    keys = list(zip(cells["sector_id"], cells["area_id"], strict=True))
    rows = []
    for i, (sector, area) in enumerate(keys):
        same_area = [j for j, key in enumerate(keys) if key[1] == area and key[0] != ALL]
        inside = [
            j
            for j, key in enumerate(keys)
            if key[0] == sector and cells["parent_id"][j] == area and key[1] != ALL
        ]
        for parts in ([same_area] if sector == ALL else []) + [inside]:
            if parts:
                row = np.zeros(len(keys))
                row[parts], row[i] = 1, -1
                rows.append(row)
    equations = np.array(rows)
    assert not (equations @ counts).any(), "the table is additive"
    return widths(counts, equations, closed, most=10**4)


def test_a_linear_program_cannot_work_out_a_suppressed_cell(cells):
    number, listed = truth(cells)
    closed_firms, closed_listed = cells["firms"].isna(), cells["listed"].isna()
    assert closed_firms[number < 10].all()
    assert closed_listed[(listed < 5) | closed_firms].all()
    assert attack(cells, number, closed_firms.to_numpy()).min() >= 10 - 1e-6
    assert attack(cells, listed, closed_listed.to_numpy()).min() >= 5 - 1e-6
    assert not closed_listed.all(), "something is shown"


def test_the_attack_finds_cells_when_only_small_ones_are_closed(cells):
    """Shows that the audit above can fail."""
    _, listed = truth(cells)
    assert attack(cells, listed, listed < 5).min() < 1e-6


def test_listed_firms_stay_closed_where_there_are_few_firms(open_country, make_params):
    blocks = [(9, 9, "01", "A"), (400, 90, "01", "C"), (500, 100, "01", "F")]
    params = make_params([{"id": "court"}], disclosure=RULES)
    cells = estimate_cells(country(open_country, blocks), params, np.random.default_rng(1))
    few = cell(cells, "A", "01")
    assert few["firms"] is pd.NA
    assert few["listed"] is pd.NA
    assert cell(cells, "F", "01")["firms"] == 500


def test_shares_come_from_rounded_counts_alone(cells):
    own = cells[cells["status"] == "use"]
    assert (own["share"] == own["listed"].astype(float) / own["firms"].astype(float)).all()
    assert (own["low"] <= own["share"]).all()
    assert (own["share"] <= own["high"]).all()
    assert (own["firms"] % 5 == 0).all()


def test_counts_rounded_together_add_up_and_their_intervals_are_wider(open_country, make_params):
    blocks = [(202, 41, "01", "F"), (102, 12, "02", "F"), (153, 14, "01", "C"), (83, 11, "02", "C")]
    engine = country(open_country, blocks)
    nearest, together = (
        estimate_cells(
            engine,
            make_params([{"id": "court"}], disclosure=RULES | {"rounding": rounding}),
            np.random.default_rng(1),
        ).set_index(["sector_id", "area_id"])
        for rounding in ("nearest", "controlled")
    )
    for name in ("firms", "listed"):
        for area in ("01", "02", ALL):
            assert (
                together[name]["F", area] + together[name]["C", area] == together[name][ALL, area]
            )
        assert together[name]["F", "01"] + together[name]["F", "02"] == together[name]["F", ALL]
    alone = nearest["firms"]
    assert alone["F", "01"] + alone["F", "02"] == 300 != alone["F", ALL] == 305
    assert (together["high"] - together["low"]).mean() > (nearest["high"] - nearest["low"]).mean()


def test_the_jeffreys_interval_by_reference():
    low, high = jeffreys_interval(np.array([7.0]), np.array([50.0]), 0.95)
    assert low[0] == approx(beta.ppf(0.025, 7.5, 43.5))
    assert high[0] == approx(beta.ppf(0.975, 7.5, 43.5))
    assert jeffreys_interval(np.array([0.0]), np.array([9.0]), 0.95)[0][0] == 0
    assert jeffreys_interval(np.array([9.0]), np.array([9.0]), 0.95)[1][0] == 1


def test_an_interval_of_rounded_counts_holds_that_of_every_count_behind_them():
    shown_low, shown_high = jeffreys_interval(np.array([10.0]), np.array([60.0]), 0.95, 5)
    for listed in range(8, 13):
        for number in range(58, 63):
            low, high = jeffreys_interval(np.array([listed]), np.array([number]), 0.95)
            assert shown_low[0] <= low[0]
            assert high[0] <= shown_high[0]


def test_an_interval_of_counts_rounded_together_holds_that_of_every_count_behind_them():
    shown = jeffreys_interval(np.array([10.0]), np.array([60.0]), 0.95, 5, is_controlled=True)
    for listed in range(6, 15):
        for number in range(56, 65):
            low, high = jeffreys_interval(np.array([listed]), np.array([number]), 0.95)
            assert shown[0][0] <= low[0]
            assert high[0] <= shown[1][0]


@pytest.mark.parametrize(("number", "share"), [(100, 0.1), (400, 0.03), (60, 0.3)])
def test_the_interval_covers_the_share_as_often_as_it_says(number, share):
    listed = np.random.default_rng(3).binomial(number, share, 4000).astype(float)
    low, high = jeffreys_interval(listed, np.full(4000, float(number)), 0.95)
    assert 0.925 <= ((low <= share) & (share <= high)).mean() <= 0.98


def test_ranks_are_probabilities_and_add_up_to_five(open_country, make_params):
    areas = [{"area_id": f"{i:02d}", "level": 1} for i in range(8)]
    parts = [firms(200, 10 + 5 * i, f"{i:02d}", "F", f"block {i}") for i in range(8)]
    engine = open_country(
        companies=[row for companies, _ in parts for row in companies],
        list_entries=[row for _, entries in parts for row in entries],
        areas=areas,
        sectors=SECTORS,
    )
    params = make_params([{"id": "court"}], disclosure=RULES)
    cells = estimate_cells(engine, params, np.random.default_rng(2))
    areas = cells[(cells["sector_id"] == ALL) & (cells["area_level"] == 1)]
    assert areas["probability_top5"].sum() == approx(5, abs=0.01)
    assert areas["probability_top5"].is_monotonic_increasing
    assert 0.2 < areas["probability_top5"].iloc[3] < 0.8, "no bare rank: neighbours may swap"
    again = estimate_cells(engine, params, np.random.default_rng(2))
    pd.testing.assert_frame_equal(cells, again)


def test_no_rank_among_five_or_fewer(cells):
    assert cells["probability_top5"].isna().all()


def test_detection_shows_the_same_cells_per_thousand(open_country, make_params, cells):
    params = make_params([{"id": "court"}], disclosure=RULES)
    detection = detection_by_area(country(open_country, BLOCKS), params)
    areas = cells[cells["sector_id"] == ALL].reset_index(drop=True)
    assert list(detection["area_id"]) == list(areas["area_id"])
    pd.testing.assert_series_equal(detection["listed"], areas["listed"])
    shown = detection["status"] == "use"
    np.testing.assert_allclose(
        detection.loc[shown, "listed_per_1000"], 1000 * areas.loc[shown, "share"].astype(float)
    )
    assert detection.loc[~shown, "listed_per_1000"].isna().all()


def test_only_firms_a_list_could_have_named_are_counted(open_country, make_params):
    companies, entries = firms(100, 50, "01", "F", "firm")
    contracts = [
        {"contract_id": c["company_id"], "lot_id": "1", "supplier_id": c["company_id"]}
        | {"buyer_id": "buyer", "signed_on": date(2018, 1, 1)}
        for c in companies[20:80]
    ]
    engine = open_country(
        companies=companies, list_entries=entries, contracts=contracts, areas=AREAS, sectors=SECTORS
    )
    params = make_params([{"id": "court", "exposure": "public_suppliers"}], disclosure=RULES)
    total = cell(estimate_cells(engine, params, np.random.default_rng(0)), ALL, ALL)
    assert (total["firms"], total["listed"]) == (60, 30)


def test_two_crime_lists_are_also_taken_together_but_never_instead(open_country, make_params):
    companies, entries = firms(100, 20, "01", "F", "firm")
    entries += [{**row, "list_id": "prefect"} for row in firms(100, 30, "01", "F", "firm")[1]]
    entries += [{**row, "list_id": "tax"} for row in firms(100, 60, "01", "F", "firm")[1]]
    engine = open_country(companies=companies, list_entries=entries, areas=AREAS, sectors=SECTORS)
    lists = [{"id": "court"}, {"id": "prefect"}, {"id": "tax", "organised_crime": False}]
    params = make_params(lists, disclosure=RULES)
    cells = estimate_cells(engine, params, np.random.default_rng(0))
    totals = cells[(cells["sector_id"] == ALL) & (cells["area_id"] == ALL)].set_index("list_id")
    assert totals["listed"].to_dict() == {
        "court": 20,
        "organised-crime": 30,
        "prefect": 30,
        "tax": 60,
    }


def test_cells_fit_the_table_of_estimates(cells, make_params):
    params = make_params([{"id": "court"}], disclosure=RULES)
    estimates = cell_estimates(cells, params)
    assert list(estimates.columns) == ESTIMATE_COLUMNS
    assert set(estimates["status"]) <= {"use", "caution", "suppressed"}
    assert estimates["definition"].str.contains("List court").all()


@pytest.mark.parametrize("lists", [[], [{"id": "court"}]])
def test_a_country_without_companies_or_entries_has_no_cells(open_country, make_params, lists):
    params = make_params(lists, disclosure=RULES)
    cells = estimate_cells(open_country(), params, np.random.default_rng(0))
    assert cells.empty
    assert list(cell_estimates(cells, params).columns) == ESTIMATE_COLUMNS
    assert detection_by_area(open_country(), params).empty


def test_a_circle_of_areas_does_not_hang(open_country, make_params):
    companies, entries = firms(50, 20, "a", "F", "firm")
    circle = [
        {"area_id": "a", "level": 2, "parent_id": "b"},
        {"area_id": "b", "level": 1, "parent_id": "a"},
    ]
    engine = open_country(companies=companies, list_entries=entries, areas=circle, sectors=SECTORS)
    params = make_params([{"id": "court"}], disclosure=RULES)
    cells = estimate_cells(engine, params, np.random.default_rng(0))
    assert cell(cells, ALL, ALL)["firms"] == 50
