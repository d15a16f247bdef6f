from __future__ import annotations

import pandas as pd
import pytest

from infiltrate.prevalence.joint_detection import NONE_BEYOND_ERRORS
from infiltrate.validation.goals import hold_against_goals
from tests.validation.rows import country, refused, table


def verdicts(*rows: dict) -> pd.DataFrame:
    return hold_against_goals(table(*rows)).set_index(["goal", "scenario"])


@pytest.mark.parametrize(("median", "reached"), [(109.0, "yes"), (111.0, "no"), (89.0, "no")])
def test_the_median_ratio_must_lie_within_a_tenth_on_base(median, reached):
    found = verdicts(country(100, median, (5, 20, 30))).loc[("median of pool / truth", "base")]
    assert found["reached"] == reached
    assert (found["countries"], found["seeds"]) == ("1", "1 to 1")


def test_a_card_that_was_not_run_is_said_to_be_so():
    found = verdicts(country(100, 100, (5, 20, 30)))
    assert found.loc[("95 % interval holds the truth", "hard"), "reached"] == "not run"


def test_coverage_of_nine_in_ten_is_enough_and_less_is_not():
    held = [country(100, 100, (5, 20, 30), seed=seed) for seed in range(9)]
    missed = country(100, 200, (5, 20, 30), seed=9)
    goal = ("95 % interval holds the truth", "base")
    assert verdicts(*held, missed).loc[goal, "reached"] == "yes"
    found = verdicts(*held[:8], missed).loc[goal]
    assert found["reached"] == "no"
    assert found["result"].startswith("8 of 9, 89 %")


def test_a_refusal_is_reached_only_when_there_is_always_a_reason():
    goal = ("refused, with the reason", "one_list")
    why = {"scenario": "one_list", "reason": "One list only."}
    both = [refused(90, seed=seed, **why) for seed in (1, 2)]
    found = verdicts(*both)
    assert found.loc[goal, "reached"] == "yes"
    silent = refused(90, seed=3, scenario="one_list")
    assert verdicts(*both, silent).loc[goal, "reached"] == "no"
    given = country(90, 90, (1, 2, 3), seed=3, scenario="one_list")
    assert verdicts(*both, given).loc[goal, "reached"] == "no"


def test_a_card_that_is_always_refused_has_no_interval_to_judge():
    found = verdicts(refused(90, scenario="sparse_overlap", reason="They hardly overlap."))
    goal = found.loc[("95 % interval holds the truth", "sparse_overlap")]
    assert (goal["result"], goal["reached"]) == ("refused in 1 of 1", "no interval")


@pytest.mark.parametrize(("upper", "reached"), [(119.0, "yes"), (121.0, "no")])
def test_no_effect_must_stay_below_three_times_the_firms_listed(upper, reached):
    row = country(0, 5, (1, 2, 3), scenario="no_effect", listed=40) | {"lo95": 0, "hi95": upper}
    row["reason"] = f"joint detection: {NONE_BEYOND_ERRORS}: and so on"
    found = verdicts(row)
    goal = ("upper end of 95 % / false-positive floor", "no_effect")
    assert found.loc[goal, "reached"] == reached
    assert found.loc[("says that there may be none beyond errors", "no_effect"), "reached"] == "yes"
    found = verdicts(row | {"reason": "The estimators disagree."})
    assert found.loc[("says that there may be none beyond errors", "no_effect"), "reached"] == "no"


@pytest.mark.parametrize(("slope", "reached"), [(0.01, "yes"), (0.5, "no")])
def test_errors_of_regions_may_follow_effort_half_as_much_as_lists_do(slope, reached):
    rows = [country(60, 60, (9, 9, 9))]
    noise = [0.1, -0.1, -0.1, 0.1]
    for at, effort in enumerate((-1.5, -0.5, 0.5, 1.5)):
        place = {"area_id": f"R{at}", "effort": effort, "listed": 20 + 5 * effort}
        rows.append(country(20, 20 * (1 + slope * effort + noise[at]), (3, 4, 5), **place))
    goal = ("correlation of area error with effort, against raw listed share", "base")
    assert verdicts(*rows).loc[goal, "reached"] == reached
