from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infiltrate.errors import NotEnoughData
from infiltrate.prevalence.capture_patterns import count_patterns, patterns_from_counts
from infiltrate.prevalence.false_entries import expected_shares, remove_wrong_entries
from infiltrate.prevalence.list_screening import screen_lists


def as_dict(table):
    return {
        " ".join(name for name, on in zip(table.lists, pattern, strict=True) if on): count
        for pattern, count in zip(table.patterns, table.counts, strict=True)
        if count
    }


def test_patterns_of_four_firms():
    listed = np.array([[1, 0], [1, 1], [0, 0], [1, 0]], dtype=bool)
    table = count_patterns(listed, lists=["a", "b"])
    assert as_dict(table) == {"a": 2, "a b": 1}
    assert table.observed == 3
    assert table.list_sizes.tolist() == [3, 1]


def test_repeated_rows_of_a_published_table_add_up_and_empty_lists_leave():
    rows = pd.DataFrame({"a": [1, 1, 0], "b": [0, 0, 0], "c": [1, 1, 1], "n": [2, 3, 4]})
    table = patterns_from_counts(rows)
    assert table.lists == ("a", "c")
    assert as_dict(table) == {"a c": 5, "c": 4}


def test_absence_counts_only_where_the_list_could_have_named_the_firm():
    listed = np.array([[1, 0, 1], [1, 0, 0], [0, 1, 0]], dtype=bool)
    exposed = np.array([[1, 0, 1], [1, 1, 1], [1, 1, 1]], dtype=bool)
    table = count_patterns(listed, exposed)
    assert len(table.exposure) == 2
    assert len(table.patterns) == (2**3 - 1) + (2**2 - 1)
    assert table.counts.sum() == 3


def test_entry_against_the_exposure_rule_is_known_but_unexplained():
    listed = np.array([[0, 1], [1, 1], [1, 0]], dtype=bool)
    exposed = np.array([[1, 0], [1, 0], [1, 1]], dtype=bool)
    table = count_patterns(listed, exposed)
    assert table.unexplained == 1
    assert table.observed == 3


def test_doubtful_match_is_split_between_patterns():
    listed = np.array([[1, 1]], dtype=bool)
    table = count_patterns(listed, match=np.array([[1.0, 0.25]]), lists=["a", "b"])
    assert as_dict(table) == {"a": 0.75, "a b": 0.25}


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6))
def test_keeping_some_lists_equals_counting_only_them(seed):
    rng = np.random.default_rng(seed)
    listed, exposed = rng.random((60, 4)) < 0.3, rng.random((60, 4)) < 0.8
    listed &= exposed
    listed[0], exposed[0] = True, True
    kept = [0, 2, 3]
    smaller = count_patterns(listed, exposed).keep(kept)
    direct = count_patterns(listed[:, kept], exposed[:, kept], lists=["0", "2", "3"])
    assert smaller.lists == direct.lists
    for name in ("patterns", "group", "exposure", "counts"):
        np.testing.assert_array_equal(getattr(smaller, name), getattr(direct, name))


def test_too_many_lists_are_refused_in_words():
    with pytest.raises(NotEnoughData, match="12 lists with entries"):
        count_patterns(np.ones((3, 12), dtype=bool))


def test_wrong_entries_leave_from_firms_on_one_list_only():
    table = patterns_from_counts(pd.DataFrame({"a": [1, 0, 1], "b": [0, 1, 1], "n": [8, 5, 2]}))
    wrong = expected_shares(table, {"a": (2, 8)})
    cleaned = table.with_counts(remove_wrong_entries(table, wrong)[0])
    assert as_dict(cleaned) == pytest.approx({"a": 6, "b": 5, "a b": 2})
    everything = remove_wrong_entries(table, np.array([[1.0, 1.0]]))[0]
    assert everything.sum() == 2


def test_contained_list_is_left_out_with_its_reason():
    listed = np.random.default_rng(1).random((400, 4)) < 0.3
    listed[:, 3] = listed[:, 0] & (np.arange(400) % 2 == 0)
    screening = screen_lists(count_patterns(listed, lists=["a", "b", "c", "d"]))
    assert screening.table.lists == ("a", "b", "c")
    assert "Every firm of list 'd' is also on list 'a'" in screening.cautions[0]
    assert not screening.rejections


def test_list_covering_every_listed_firm_leaves_nothing_to_compare():
    listed = np.random.default_rng(1).random((400, 3)) < 0.3
    listed[:, 0] = True
    screening = screen_lists(count_patterns(listed))
    assert len(screening.table.lists) == 1
    assert "at least 3" in screening.rejections[0]
