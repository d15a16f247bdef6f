"""Rounding a table so that it adds up."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from infiltrate.params.choices import DisclosureChoices
from infiltrate.protection.rounding import round_additively, round_counts, say_rounding
from tests.protection.additive import two_way


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.lists(st.integers(0, 60), min_size=3, max_size=3), min_size=2, max_size=5),
    st.sampled_from([2, 3, 5, 10]),
)
def test_a_table_of_two_dimensions_adds_up_and_no_count_moves_a_whole_base(body, base):
    counts, equations = two_way(np.array(body))
    rounded = round_additively(counts, equations, base)
    assert rounded.largest_gap == 0
    assert not (equations @ rounded.counts).any()
    assert not (rounded.counts % base).any()
    assert (np.abs(rounded.counts - counts) < base).all()
    assert (rounded.counts[counts % base == 0] == counts[counts % base == 0]).all()


def test_it_takes_the_nearest_of_all_ways_that_add_up():
    """Three times 4 of 12: nearest alone gives 15 of 10; of the others two are 5 away, not 7."""
    counts = np.array([4, 4, 4, 12])
    equations = sparse.csr_array([[1, 1, 1, -1]])
    assert round_counts(counts, 5).tolist() == [5, 5, 5, 10]
    rounded = round_additively(counts, equations, 5).counts
    moved = np.abs(rounded - counts).sum()
    others = [
        np.abs(np.array([a, b, c, a + b + c]) - counts).sum()
        for a in (0, 5)
        for b in (0, 5)
        for c in (0, 5)
        if a + b + c in (10, 15)
    ]
    assert moved == min(others)


def test_a_table_that_cannot_add_up_is_rounded_by_itself_and_says_how_far_it_is_off():
    """Three times 3 is 9: 0 or 15 of the part, but 5 or 10 of the whole."""
    rounded = round_additively(np.array([3, 9]), sparse.csr_array([[3, -1]]), 5)
    assert rounded.counts.tolist() == [5, 10]
    assert rounded.largest_gap == 5


@pytest.mark.parametrize("base", [1, 5])
def test_what_is_round_already_stays(base):
    counts, equations = two_way(np.array([[5, 10], [15, 20]]))
    assert round_additively(counts, equations, base).counts.tolist() == counts.tolist()


def test_the_page_says_whether_counts_add_up():
    assert "need not add up" in say_rounding(DisclosureChoices())
    assert "at most 2" in say_rounding(DisclosureChoices())
    assert "they add up" in say_rounding(DisclosureChoices(rounding="controlled"))
    assert say_rounding(DisclosureChoices(round_to=1)) == "Counts are exact."
