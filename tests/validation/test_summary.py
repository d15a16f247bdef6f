"""The summary of a recovery file, against numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from infiltrate.errors import StoreError
from infiltrate.validation.select import select_summary
from infiltrate.validation.summary import (
    coverage_interval,
    describe_countries,
    read_recovery,
    summarise_recovery,
)
from tests.validation.rows import country, refused, table

# truths 100; medians 100, 120, 150 and 80, and one refusal
COUNTRIES = table(
    country(100, 100, (10, 20, 30), seed=1),
    country(100, 120, (10, 15, 30), seed=2),
    country(100, 150, (10, 20, 30), seed=3, status="caution"),
    country(100, 80, (10, 20, 40), seed=4),
    refused(100, seed=5, reason="too few"),
)


def test_coverage_ratio_and_status_are_those_counted_by_hand():
    (row,) = summarise_recovery(COUNTRIES).to_dict("records")
    assert (row["countries"], row["answered"]) == (5, 4)
    assert (row["use"], row["caution"], row["reject"]) == (0.6, 0.2, 0.2)
    assert row["ratio"] == pytest.approx((1.0 + 1.2) / 2)
    # 50 %: the first alone; 90 %: the first and, at its very end, the fourth; 95 %: all but one
    assert row["covered_50"] == 1 / 4
    assert row["covered_90"] == 2 / 4
    assert row["covered_95"] == 3 / 4


def test_width_and_interval_score_are_those_worked_out_by_hand():
    (row,) = summarise_recovery(COUNTRIES).to_dict("records")
    widths = [130 / 70, 150 / 90, 180 / 120, 120 / 40]
    assert row["width"] == pytest.approx(np.median(widths))
    # widths of 60, 60, 60 and 80 firms; the third misses by 20 firms, at 2 / 0.05 each
    assert row["interval_score"] == pytest.approx((60 + 60 + 60 + 40 * 20 + 80) / 4 / 100)


def test_the_interval_of_a_share_is_exact():
    assert coverage_interval(0, 10) == pytest.approx((0.0, 0.3085), abs=1e-4)
    assert coverage_interval(38, 40) == pytest.approx((0.8308, 0.9939), abs=1e-4)
    assert np.isnan(coverage_interval(0, 0)).all()


def test_no_infiltration_has_coverage_but_no_ratio():
    (row,) = summarise_recovery(table(country(0, 3, (2, 3, 3)))).to_dict("records")
    assert np.isnan(row["ratio"])
    assert (row["covered_50"], row["covered_95"]) == (0.0, 1.0)
    assert np.isnan(row["width"])


def _places(seed: int, slope: float, listed_slope: float) -> list[dict]:
    effort = np.array([-1.0, 0.0, 1.0])
    rows = []
    for at, level in enumerate(effort):
        median = 20.5 * np.exp(slope * level) - 0.5
        listed = 20.5 * np.exp(listed_slope * level) - 0.5
        place = {"seed": seed, "area_id": f"R{at}", "effort": level, "listed": listed}
        cell = {"sector_id": "F", "estimand": "cell_infiltrated_firms"}
        rows += [country(20, median, (1, 2, 3), **place | more) for more in ({}, cell)]
    return rows


def test_errors_that_follow_effort_are_seen():
    rows = [country(60, 60, (9, 9, 9)), country(60, 60, (9, 9, 9), seed=2)]
    rows += _places(1, slope=0.5, listed_slope=0.5) + _places(2, slope=-0.5, listed_slope=0.2)
    (row,) = summarise_recovery(table(*rows)).to_dict("records")
    # the log error is proportional to effort: correlations of 1 and -1 in the two countries
    assert row["area_effort"] == pytest.approx(0.0, abs=1e-9)
    assert row["area_effort_listed"] == pytest.approx(1.0)
    assert row["cell_effort_listed"] == pytest.approx(1.0)
    assert (row["areas"], row["cells"]) == (6, 6)
    # the middle region alone is within 3 firms
    assert row["cells_covered"] == pytest.approx(1 / 3)


def test_rows_may_come_in_any_order():
    rows = table(*COUNTRIES.to_dict("records"), *_places(1, 0.3, 0.4), *_places(2, 0.1, 0.2))
    shuffled = rows.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(summarise_recovery(rows), summarise_recovery(shuffled))


def test_scenarios_stand_in_the_order_of_their_cards():
    names = ["hard", "base:wrong-entries-x0", "adversarial", "base"]
    rows = table(*(country(9, 9, (1, 1, 1), scenario=name) for name in names))
    expected = ["base", "base:wrong-entries-x0", "hard", "adversarial"]
    assert list(summarise_recovery(rows)["scenario"]) == expected


def test_what_is_stated_wrongly_is_kept_apart():
    rows = table(
        *(
            country(9, 9, (1, 1, 1), scenario=scenario, estimator=estimator)
            for scenario in ("base", "base:wrong-entries-x0", "hard")
            for estimator in ("pool", "scar_em")
        )
    )
    assert set(select_summary(rows)["scenario"]) == {"base", "hard"}
    assert set(select_summary(rows, changed=True)["scenario"]) == {"base", "base:wrong-entries-x0"}
    assert set(select_summary(rows, comparators=True)["estimator"]) == {"scar_em"}
    assert set(select_summary(rows, comparators=False)["estimator"]) == {"pool"}
    assert select_summary(rows, estimators=["no such"]).empty


def test_countries_are_described():
    words = describe_countries(COUNTRIES)
    assert words == "5 synthetic countries of 1,000 firms, 5 of each scenario, seeds 1 to 5."


def test_a_wrong_file_is_named(tmp_path):
    with pytest.raises(StoreError, match="infiltrate validate"):
        read_recovery(tmp_path / "nothing.csv")
    (tmp_path / "other.csv").write_text("scenario,seed\nbase,1\n")
    with pytest.raises(StoreError, match="no column estimator"):
        read_recovery(tmp_path / "other.csv")
