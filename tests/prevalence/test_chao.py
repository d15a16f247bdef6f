from __future__ import annotations

import numpy as np
import pytest

from infiltrate.prevalence.capture_patterns import count_patterns
from infiltrate.prevalence.chao import (
    bound_from_patterns,
    bound_with_equal_lists,
    bound_with_list_effects,
    estimate_chao,
)
from tests.prevalence.capture_examples import draw_lists, uk_table
from tests.prevalence.examples import lists_data


def test_golden_numbers_of_the_uk_table():
    table = uk_table()
    once, twice = table.numbers_by_lists()[:2]
    assert table.observed == 2744
    assert bound_with_list_effects(table).total == pytest.approx(13_384, abs=0.5)
    equal = bound_with_equal_lists(once, twice, table.observed)
    assert equal.total == pytest.approx(17_542, abs=0.5)


def test_list_effects_by_hand():
    # 6 on a only, 4 on b only, 1 on c only, 3 on two: 14 + (24 + 6 + 4) / 4
    listed = np.repeat([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0]], [6, 4, 1, 3], axis=0).astype(
        bool
    )
    bound = bound_with_list_effects(count_patterns(listed))
    assert bound.total == pytest.approx(14 + 34 / 4)
    assert 14 < bound.low < bound.total < bound.high


def test_no_firm_on_one_list_only_means_no_unlisted_firm_is_seen():
    listed = np.repeat([[1, 1, 0], [0, 1, 1], [1, 1, 1]], 10, axis=0).astype(bool)
    bound = bound_with_list_effects(count_patterns(listed))
    assert (bound.low, bound.total, bound.high) == (30, 30, 30)


def test_order_and_names_of_lists_do_not_matter():
    listed = draw_lists(np.random.default_rng(1), 2000, [0.2, 0.1, 0.3, 0.05])
    bounds = [
        bound_with_list_effects(count_patterns(listed[:, order])).total
        for order in ([0, 1, 2, 3], [3, 1, 0, 2])
    ]
    assert bounds[0] == pytest.approx(bounds[1])


def test_wrong_entries_lower_the_bound_and_status_is_never_plain_use():
    listed = draw_lists(np.random.default_rng(2), 3000, [0.2, 0.1, 0.3, 0.15])
    table = count_patterns(listed, lists=["a", "b", "c", "d"])
    rng = np.random.default_rng
    clean, equal = bound_from_patterns(table, 50_000, rng(0))
    fewer, _ = bound_from_patterns(table, 50_000, rng(0), {"a": (10, 90), "c": (10, 90)})
    assert fewer.point[0] < clean.point[0]
    assert clean.family == "heuristic" and equal.family == "comparator"
    assert clean.status == "caution" and "heuristic lower bound" in clean.reasons[0]
    assert (clean.total() >= table.observed).all()
    assert fewer.interval(0.95)[0] < fewer.point[0] < fewer.interval(0.95)[1]


def test_study_with_two_lists_is_rejected_without_a_number():
    listed = draw_lists(np.random.default_rng(3), 500, [0.3, 0.3])
    bound, _ = estimate_chao(lists_data(listed.astype(float)), np.random.default_rng(0))
    assert bound.status == "reject"
    assert bound.draws.shape == (0, 1) and np.isnan(bound.point[0])
