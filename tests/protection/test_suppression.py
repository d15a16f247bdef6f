import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from infiltrate.protection.rounding import round_count, round_counts
from infiltrate.protection.suppression import protect
from tests.protection.additive import two_way, widths


def test_a_lone_small_count_takes_others_with_it():
    counts, equations = two_way([[2, 20, 30], [40, 50, 60], [25, 35, 45]])
    primary = (counts < 5) & (counts > 0)
    alone = widths(counts, equations, primary)
    assert alone.max() < 1e-6, "by itself it is found by subtraction"
    closed = protect(counts, equations, primary, 5)
    assert closed[0]
    assert closed.sum() >= 4, "a rectangle at least"
    assert widths(counts, equations, closed).min() >= 5 - 1e-6


def test_nothing_small_closes_nothing():
    counts, equations = two_way([[10, 20], [30, 40]])
    assert not protect(counts, equations, counts < 5, 5).any()


def test_small_counts_that_add_up_to_little_take_a_larger_one_with_them():
    counts, equations = two_way([[0, 1, 90], [80, 70, 60]])
    closed = protect(counts, equations, counts < 5, 5)
    assert closed[2], "0 and 1 alone would be known to lie between 0 and 1"
    assert widths(counts, equations, closed).min() >= 5 - 1e-6


def test_two_blocks_joined_by_one_cell_do_not_give_it_away():
    """Every row and column has two closed cells, and yet one of them is a bridge."""
    body = np.full((5, 5), 50)
    for cell in [
        (0, 0),
        (0, 1),
        (1, 0),
        (1, 1),
        (3, 3),
        (3, 4),
        (4, 3),
        (4, 4),
        (1, 2),
        (2, 2),
        (2, 3),
    ]:
        body[cell] = 3
    counts, equations = two_way(body)
    closed = protect(counts, equations, counts < 5, 5)
    assert widths(counts, equations, closed).min() >= 5 - 1e-6


@settings(max_examples=12, deadline=None)
@example([[0, 0, 0, 0], [0, 5, 0, 0], [5, 5, 0, 0]])
@given(
    st.lists(
        st.lists(st.sampled_from([0, 0, 1, 2, 4, 5, 7, 12, 30, 100]), min_size=3, max_size=3),
        min_size=2,
        max_size=3,
    )
)
def test_no_closed_count_can_be_worked_out(body):
    counts, equations = two_way(body)
    closed = protect(counts, equations, counts < 5, 5)
    assert closed[counts < 5].all()
    if closed.any() and not closed.all():
        assert widths(counts, equations, closed).min() >= 5 - 1e-6


def test_what_a_reader_knows_of_the_highest_count_is_taken_into_account():
    counts, equations = two_way([[1, 9], [8, 40]])
    upper = np.full(len(counts), np.inf)
    free = protect(counts, equations, counts < 5, 5, upper)
    upper[0] = 3.0
    known = protect(counts, equations, counts < 5, 5, upper)
    assert (known | ~free).all()


def test_protecting_is_deterministic_and_leaves_its_input_alone():
    counts, equations = two_way(np.random.default_rng(1).integers(0, 20, (6, 6)))
    primary = counts < 5
    before = primary.copy()
    np.testing.assert_array_equal(
        protect(counts, equations, primary, 5), protect(counts, equations, primary, 5)
    )
    np.testing.assert_array_equal(primary, before)


@pytest.mark.parametrize(
    ("count", "base", "rounded"),
    [(0, 5, 0), (2, 5, 0), (3, 5, 5), (7, 5, 5), (8, 5, 10), (6, 4, 8), (9, 1, 9)],
)
def test_rounding(count, base, rounded):
    assert round_count(count, base) == rounded
    assert round_counts(np.array([count]), base).tolist() == [rounded]
