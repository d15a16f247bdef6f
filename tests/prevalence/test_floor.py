from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx

from infiltrate.params.choices import DisclosureChoices
from infiltrate.prevalence.floor import estimate_floor, publish_floor
from tests.prevalence.examples import lists_data


def floor_of(data, interval=0.95, seed=1):
    return estimate_floor(data, interval, np.random.default_rng(seed))


def test_the_floor_counted_by_hand():
    data = lists_data(
        [[1.0, 0.0], [0.0, 0.5], [1.0, 0.5], [0.0, 0.0]], wrong=[(1.0, 9.0), (1.0, 4.0)]
    )
    first, second = 0.9, 0.5 * 0.8
    both = 1 - (1 - 0.9) * (1 - 0.4)
    floor = floor_of(data)
    assert floor.value == approx(first + second + both)
    assert floor.listed == 3
    assert floor.low <= floor.value <= floor.high


def test_certain_entries_and_matches_make_the_floor_the_number_listed():
    floor = floor_of(lists_data([[1.0], [1.0], [0.0]], wrong=[(1e-9, 1e9)]))
    assert (floor.value, floor.low, floor.high) == (approx(2), 2, 2)


@pytest.mark.parametrize("shape", [(0, 0), (0, 2), (4, 0), (4, 2)])
def test_no_entry_gives_a_floor_of_nothing(shape):
    floor = floor_of(lists_data(np.zeros(shape)))
    assert (floor.listed, floor.value, floor.low, floor.high) == (0, 0, 0, 0)


MATCHES = st.lists(
    st.lists(st.sampled_from([0.0, 0.0, 0.3, 0.8, 1.0]), min_size=3, max_size=3),
    min_size=1,
    max_size=12,
)


@settings(max_examples=20, deadline=None)
@given(MATCHES, st.permutations([0, 1, 2]))
def test_the_order_of_lists_changes_nothing(match, order):
    wrong = [(1.0, 9.0), (2.0, 3.0), (1.0, 99.0)]
    one = floor_of(lists_data(match, wrong))
    other = floor_of(lists_data(np.array(match)[:, order], [wrong[k] for k in order]))
    assert other.value == approx(one.value)
    assert other.listed == one.listed


@settings(max_examples=20, deadline=None)
@given(MATCHES)
def test_a_list_without_entries_changes_nothing(match):
    with_empty = np.column_stack([match, np.zeros(len(match))])
    assert floor_of(lists_data(with_empty)) == floor_of(lists_data(match))


@settings(max_examples=20, deadline=None)
@given(MATCHES)
def test_doubling_the_universe_doubles_the_floor(match):
    assert floor_of(lists_data(match + match)).value == approx(
        2 * floor_of(lists_data(match)).value
    )


@settings(max_examples=20, deadline=None)
@given(MATCHES)
def test_the_floor_lies_between_nothing_and_the_number_listed(match):
    floor = floor_of(lists_data(match))
    assert 0 <= floor.low <= floor.high <= floor.listed
    assert 0 <= floor.value <= floor.listed


def test_the_same_generator_gives_the_same_floor():
    data = lists_data(np.random.default_rng(0).choice([0, 0.9], (200, 3)))
    assert floor_of(data, seed=5) == floor_of(data, seed=5)


def test_the_interval_holds_the_firms_rightly_listed_as_often_as_it_says():
    """Known truth: wrong entries and matches are drawn from what the parameters say."""
    rng = np.random.default_rng(20)
    wrong, covered, runs, interval = [(2.0, 18.0), (1.0, 9.0)], 0, 150, 0.8
    for _ in range(runs):
        match = rng.choice([0.0, 0.6, 1.0], size=(120, 2), p=[0.6, 0.2, 0.2])
        wrong_share = np.array([rng.beta(a, b) for a, b in wrong])
        is_right = rng.random(match.shape) < match * (1 - wrong_share)
        floor = floor_of(lists_data(match, wrong), interval)
        covered += floor.low <= is_right.any(axis=1).sum() <= floor.high
    assert 0.72 <= covered / runs <= 0.93


def test_a_published_floor_is_rounded_outwards_or_closed():
    rules = DisclosureChoices(minimum_firms=10, minimum_listed=5, round_to=5)
    floor = replace(floor_of(lists_data(np.ones((12, 1)))), value=11.4, low=9.0, high=12.0)
    shown = publish_floor(floor, rules)
    assert (shown.listed, shown.value, shown.low, shown.high) == (10, 10, 5, 15)
    few = publish_floor(floor_of(lists_data(np.ones((4, 1)))), rules)
    assert few.is_closed
    assert np.isnan([few.listed, few.value, few.low, few.high]).all()
    none = publish_floor(floor_of(lists_data(np.zeros((4, 1)))), rules)
    assert (none.listed, none.is_closed) == (0, False)
