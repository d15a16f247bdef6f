"""What can be worked out of closed numbers: worked by hand, and held against brute force."""

from itertools import product

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from infiltrate.protection.audit import Published, derive_ranges, find_possible

SUM_OF_THREE = sparse.csr_array([[1.0, 1.0, 1.0, -1.0]])


def ranges(equations, low, high, wide=1e6):
    table = Published(equations, np.array(low, float), np.array(high, float))
    possible = find_possible(table)
    assert possible is not None
    everything = np.ones(len(low), dtype=bool)
    return derive_ranges(table, possible, everything, np.full(len(low), wide))


def test_one_closed_number_beside_its_total_is_known():
    low, high = ranges(SUM_OF_THREE, [60, 37, 0, 100], [60, 37, 999, 100])
    np.testing.assert_allclose([low[2], high[2]], [3, 3], atol=1e-6)


def test_two_closed_numbers_hide_in_each_other():
    low, high = ranges(SUM_OF_THREE, [60, 0, 0, 100], [60, 999, 999, 100])
    np.testing.assert_allclose(low[1:3], 0, atol=1e-6)
    np.testing.assert_allclose(high[1:3], 40, atol=1e-6)


def test_rounding_hides_as_much_as_it_may():
    """60, 35 and 100 rounded to 5: the third is from 102 - 62 - 37 less, to 102 - 58 - 33."""
    low, high = ranges(SUM_OF_THREE, [58, 33, 0, 98], [62, 37, 999, 102])
    np.testing.assert_allclose([low[2], high[2]], [0, 11], atol=1e-6)


def test_numbers_that_contradict_each_other_agree_with_nothing():
    table = Published(SUM_OF_THREE, np.array([60.0, 50, 0, 100]), np.array([60.0, 50, 9, 100]))
    assert find_possible(table) is None


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.integers(0, 4), min_size=4, max_size=4),
    st.lists(st.booleans(), min_size=9, max_size=9),
)
def test_ranges_are_those_of_trying_every_table(body, closed):
    """Two by two with totals: the ends by linear programs are those of all whole numbers."""
    full = np.zeros((3, 3), dtype=int)
    full[:2, :2] = np.array(body).reshape(2, 2)
    full[2, :2] = full[:2, :2].sum(axis=0)
    full[:, 2] = full[:, :2].sum(axis=1)
    place = np.arange(9).reshape(3, 3)
    equations = np.zeros((6, 9))
    for i in range(3):
        equations[i, place[i, :2]], equations[i, place[i, 2]] = 1, -1
        equations[3 + i, place[:2, i]], equations[3 + i, place[2, i]] = 1, -1
    counts, hidden = full.ravel(), np.array(closed)
    top = 6
    low, high = ranges(
        sparse.csr_array(equations),
        np.where(hidden, 0, counts),
        np.where(hidden & (counts <= top), top, counts),
    )
    tried = []
    for a, b, c, d in product(range(top + 1), repeat=4):
        table = np.array([a, b, a + b, c, d, c + d, a + c, b + d, a + b + c + d])
        fits = np.where(hidden, table <= np.maximum(top, counts), table == counts)
        if fits.all():
            tried.append(table)
    np.testing.assert_allclose(low, np.min(tried, axis=0), atol=1e-6)
    np.testing.assert_allclose(high, np.max(tried, axis=0), atol=1e-6)
