"""Sums that tell what one contributor contributed."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infiltrate.params.choices import DisclosureChoices
from infiltrate.protection.ages import band_ages
from infiltrate.protection.dominance import is_dominated, measure_dominance

RULES = DisclosureChoices()


def judge(*amounts: float | None) -> bool:
    values = pd.Series(amounts, dtype=float)
    firms = pd.Series([f"firm {n}" for n in range(len(amounts))])
    shares = measure_dominance(values, firms, pd.Series(["a"] * len(amounts)))
    return bool(is_dominated(shares["largest_share"], shares["hidden_share"], RULES).iloc[0])


@pytest.mark.parametrize(
    ("amounts", "dominated"),
    [
        ((76, 12, 12), True),
        ((74, 13, 13), False),
        ((50, 46, 4), True),
        ((50, 40, 10), False),
        ((100,), True),
        ((50, 50), True),
        ((0, 0, 0), True),
        ((None, None), True),
        ((25, 25, 25, 25), False),
    ],
)
def test_worked_cases(amounts, dominated):
    """The second: of 50+46+4 the firm with 46 knows the other has at most 54: 8% too high."""
    assert judge(*amounts) is dominated


def test_contracts_of_one_firm_count_together():
    values = pd.Series([40.0, 40.0, 10.0, 10.0])
    firms = pd.Series(["x", "x", "y", "z"])
    shares = measure_dominance(values, firms, pd.Series(["a"] * 4))
    assert shares.loc["a"].tolist() == pytest.approx([0.8, 10 / 80])


@given(st.lists(st.floats(1, 1000), min_size=2, max_size=8))
def test_an_open_sum_tells_nobody_an_amount_to_within_p_percent(amounts):
    if not judge(*amounts):
        first, second, *_ = sorted(amounts, reverse=True)
        guess = sum(amounts) - second
        assert guess - first >= RULES.p_percent / 100 * first - 1e-9


def test_ages_are_bands_with_open_ends():
    ages = pd.Series([17, 29, 30, 39, 69, 70, 98, None, -1, 200])
    assert band_ages(ages).tolist() == [
        "under 30",
        "under 30",
        "30 to 39",
        "30 to 39",
        "60 to 69",
        "70 or more",
        "70 or more",
        "not stated",
        "not stated",
        "not stated",
    ]
