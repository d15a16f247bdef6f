"""Intervals of listed shares by sector and area hold the truth, among the cells that are shown."""

import numpy as np
import pytest

from infiltrate.prevalence.cells import detection_by_area, estimate_cells, jeffreys_interval
from infiltrate.protection.rounding import round_counts
from tests.recovery.cell_tables import ListedCountry, make_study, open_tables
from tests.recovery.coverage import Tally, required_hits

ROUNDED = {"minimum_firms": 10, "minimum_listed": 5, "round_to": 5}
EXACT = {"minimum_firms": 10, "minimum_listed": 5, "round_to": 1}
COUNTRIES = {
    "small, rounded": (ListedCountry(1500, 0.06), ROUNDED),
    "small, exact": (ListedCountry(1500, 0.06), EXACT),
    "larger, rounded": (ListedCountry(5000, 0.03), ROUNDED),
    "larger, exact": (ListedCountry(5000, 0.03), EXACT),
}


def name_kind(sector_id: str, area_id: str) -> str:
    """Cells of one kind share no firm, so that their intervals are independent."""
    if sector_id == area_id:
        return "country"
    return {sector_id: "area", area_id: "sector"}.get("all", "cell")


def tally_cells(country, disclosure, draws):
    rng, params, tally = np.random.default_rng(8), make_study(disclosure), Tally()
    for _ in range(draws):
        tables, truth = country.draw(rng)
        with open_tables(tables) as engine:
            cells = estimate_cells(engine, params, rng)
            detection = detection_by_area(engine, params)
        for row in cells[cells["status"] == "use"].itertuples():
            kind = name_kind(row.sector_id, row.area_id)
            tally.add(kind, truth[row.sector_id, row.area_id], row.low, row.share, row.high)
        for row in detection[detection["status"] == "use"].itertuples():
            kind = "detection, country" if row.area_id == "all" else "detection, area"
            per_1000 = 1000 * truth["all", row.area_id]
            tally.add(kind, per_1000, row.low_per_1000, row.listed_per_1000, row.high_per_1000)
        # a closed cell shows the share of a total around it, and its interval
        for row in cells[cells["is_rolled_up"].astype(bool)].head(1).itertuples():
            shown = truth[row.shown_sector_id, row.shown_area_id]
            tally.add("total shown for a closed cell", shown, row.low, row.share, row.high)
    return tally


def test_cells_and_detection_per_1000_hold_the_truth():
    tally = tally_cells(*COUNTRIES["small, exact"], draws=10)
    assert not tally.failures()
    assert tally.draws("cell") >= 50
    assert {"country", "area", "sector", "detection, area"} <= set(tally.names)
    assert {"cell", "detection, area"} & set(tally.failures(narrowed=0.5))


@pytest.mark.parametrize("round_to", [1, 5])
@pytest.mark.parametrize(
    ("firms", "share"), [(40, 0.15), (100, 0.1), (300, 0.01), (300, 0.03), (1000, 0.01)]
)
def test_shares_that_are_shown_hold_the_truth(firms, share, round_to):
    """Where few listed firms are expected, shares are shown by luck and look too high."""
    listed = np.random.default_rng(6).binomial(firms, share, 2000)
    shown = listed[listed >= 5]
    counts = round_counts(shown, round_to).astype(float)
    number = np.full(len(shown), float(firms))
    low, high = jeffreys_interval(counts, number, 0.95, round_to, is_selected=True)
    hits = np.count_nonzero((low <= share) & (share <= high))
    # Jeffreys' coverage swings around its level with the share (Brown, Cai and DasGupta 2001)
    assert hits >= required_hits(len(shown), coverage=0.93)
    # rounded shares take few values: half of their interval may still hold the truth
    if round_to == 1:
        middle = counts / number
        halved = (middle - (middle - low) / 2 <= share) & (share <= middle + (high - middle) / 2)
        assert np.count_nonzero(halved) < required_hits(len(shown), coverage=0.93)


@pytest.mark.validate
@pytest.mark.parametrize("name", COUNTRIES)
def test_cells_and_detection_per_1000_hold_the_truth_in_many_draws(name):
    tally = tally_cells(*COUNTRIES[name], draws=200)
    tally.report(f"listed share, {name}")
    assert not tally.failures()
    assert "cell" in tally.failures(narrowed=0.5)
