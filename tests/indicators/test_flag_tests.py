"""Flags as tests: size under the null, power and coverage when planted, verdicts in words."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from infiltrate.indicators.flag_tests import judge_flags, tabulate_base_rates

MARKETS = ("works", "goods")


def draw_country(
    seed: int, lifts: dict[str, float], units: int = 1_000
) -> tuple[pd.DataFrame, pd.Series, pd.Series]:
    """Draw flags with given odds of being on where the outcome is known.

    Base rates and outcomes both differ by market and year: a test that forgets the strata finds
    lifts that are not there.
    """
    rng = np.random.default_rng(seed)
    names = [f"lot{number:05}" for number in range(units)]
    market = rng.integers(0, 2, units)
    year = rng.integers(2018, 2022, units)
    outcome = rng.random(units) < np.where(market == 1, 0.15, 0.05)
    base = np.where(market == 1, 0.45, 0.15) + 0.02 * (year - 2018)
    frames = []
    for code, odds in lifts.items():
        scaled = base / (1 - base) * np.where(outcome, odds, 1.0)
        flag = rng.random(units) < scaled / (1 + scaled)
        state = np.where(flag, "flag", "clear")
        state = np.where(rng.random(units) < 0.1, "not_computable", state)
        frame = pd.DataFrame({"indicator": code, "entity_id": names, "state": state})
        frames.append(frame.assign(on_date=[date(y, 6, 1) for y in year]))
    return (
        pd.concat(frames, ignore_index=True),
        pd.Series(outcome, names),
        pd.Series(np.array(MARKETS)[market], names),
    )


def test_flags_that_know_nothing_are_called_so() -> None:
    codes = {f"N{number}": 1.0 for number in range(10)}
    p_values, wrong = [], []
    for seed in range(12):
        results, outcomes, markets = draw_country(seed, codes)
        rng = np.random.default_rng(seed)
        table = judge_flags(results, outcomes, rng, markets, permutations=199)
        p_values += table["p_value"].tolist()
        wrong.append((table["verdict"] != "uninformative").any())
    assert 0.02 <= np.mean(np.array(p_values) < 0.05) <= 0.09
    assert np.mean(wrong) <= 0.15


def test_planted_flags_are_found_and_a_reversed_one_runs_the_wrong_way() -> None:
    found, wrong, silent = [], [], []
    for seed in range(12):
        results, outcomes, markets = draw_country(seed, {"A": 3.0, "B": 0.3, "C": 1.0})
        table = judge_flags(results, outcomes, np.random.default_rng(1), markets, permutations=199)
        verdict = table.set_index("indicator")["verdict"]
        found.append(verdict["A"] == "informative")
        wrong.append(verdict["B"] == "wrong way")
        silent.append(verdict["C"] == "uninformative")
    assert np.mean(found) >= 0.9 and np.mean(wrong) >= 0.9 and np.mean(silent) >= 0.7


def test_without_strata_an_empty_flag_would_look_informative() -> None:
    results, outcomes, markets = draw_country(3, {"N": 1.0}, units=4_000)
    within = judge_flags(results, outcomes, np.random.default_rng(1), markets).iloc[0]
    across = judge_flags(results, outcomes, np.random.default_rng(1)).iloc[0]
    assert within["verdict"] == "uninformative"
    assert across["verdict"] == "informative" and across["lift"] > 1.15


def test_the_interval_of_the_lift_covers() -> None:
    covered = []
    for seed in range(25):
        results, outcomes, markets = draw_country(seed, {"A": 2.0})
        row = judge_flags(
            results, outcomes, np.random.default_rng(1), markets, permutations=199
        ).iloc[0]
        # what the odds of 2 make of the base rates, weighted by where known units are
        rates = np.array([0.45, 0.15])[:, None] + 0.02 * np.arange(4)
        on = 2 * rates / (1 + rates)
        share = np.array([0.15, 0.05])[:, None] * np.ones(4)
        mixed = share * on + (1 - share) * rates
        covered.append(row["low"] <= (share * on).sum() / (share * mixed).sum() <= row["high"])
    assert np.mean(covered) >= 0.85


def test_units_of_one_company_are_not_independent() -> None:
    # every company is flagged in all its units or none: 30 companies, not 3,000 units, vote
    wrong = {"clustered": 0, "alone": 0}
    for seed in range(12):
        rng = np.random.default_rng([9, seed])
        company = np.repeat(np.arange(60), 30)
        names = [f"lot{number:05}" for number in range(len(company))]
        flag, outcome = rng.random(60) < 0.4, rng.random(60) < 0.3
        results = pd.DataFrame(
            {
                "indicator": "N",
                "entity_id": names,
                "state": np.where(flag[company], "flag", "clear"),
                "on_date": date(2020, 1, 1),
            }
        )
        outcomes = pd.Series(outcome[company], names)
        clusters = pd.Series(company, names)
        for name, given in (("clustered", clusters), ("alone", None)):
            table = judge_flags(results, outcomes, rng, clusters=given, permutations=199)
            wrong[name] += table["verdict"].iloc[0] != "uninformative"
    assert wrong["clustered"] <= 3
    assert wrong["alone"] >= 6


def test_row_order_changes_nothing() -> None:
    results, outcomes, markets = draw_country(1, {"A": 2.0, "B": 1.0}, units=400)
    one = judge_flags(results, outcomes, np.random.default_rng(2), markets, permutations=99)
    mixed = results.sample(frac=1, random_state=1)
    other = judge_flags(mixed, outcomes, np.random.default_rng(2), markets, permutations=99)
    assert one.equals(other)


def test_base_rates_by_hand() -> None:
    states = ["flag", "clear", "clear", "not_computable", "flag"]
    days = [date(2020, 1, 1)] * 4 + [None]
    results = pd.DataFrame(
        {"indicator": "A", "entity_id": list("abcde"), "state": states, "on_date": days}
    )
    rates = tabulate_base_rates(results)
    assert rates["year"].tolist() == ["2020", "missing"]
    first = rates.iloc[0]
    assert (first["units"], first["computable"], first["flags"]) == (4, 3, 1)
    assert first["coverage"] == 0.75
    assert first["base_rate"] == pytest.approx(1 / 3)
    # Wilson's interval for 1 of 3
    assert (first["low"], first["high"]) == pytest.approx((0.0615, 0.7923), abs=1e-3)


@pytest.mark.parametrize(
    ("states", "outcomes", "reason"),
    [
        (["not_computable"] * 4, [True, False] * 2, "not computable for any unit"),
        (["flag"] * 4, [True, False] * 2, "always on"),
        (["clear"] * 4, [True, False] * 2, "never on"),
        (["flag", "clear"] * 2, [False] * 4, "no unit that can be judged has a known outcome"),
        (["flag", "clear"] * 2, [True] * 4, "never differ"),
    ],
)
def test_what_cannot_be_tested_says_why(
    states: list[str], outcomes: list[bool], reason: str
) -> None:
    results = pd.DataFrame(
        {
            "indicator": "A",
            "entity_id": list("abcd"),
            "state": states,
            "on_date": date(2020, 1, 1),
        }
    )
    known = pd.Series(outcomes, list("abcd"))
    row = judge_flags(results, known, np.random.default_rng(1)).iloc[0]
    assert row["verdict"] == "not testable"
    assert reason in row["reason"]


def test_a_missing_outcome_leaves_the_unit_out() -> None:
    results, outcomes, markets = draw_country(1, {"A": 2.0}, units=400)
    some = outcomes.iloc[:200]
    table = judge_flags(results, some, np.random.default_rng(1), markets, permutations=99)
    assert table["known"].iloc[0] <= some.sum()
    assert table["units"].iloc[0] == 400
