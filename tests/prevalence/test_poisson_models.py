from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infiltrate.prevalence.capture_patterns import count_patterns, patterns_from_counts
from infiltrate.prevalence.existence import check_existence
from infiltrate.prevalence.poisson_models import build_model_space, fit_poisson_models
from tests.prevalence.capture_examples import draw_lists

ALL, ONE, TWO = [("A", "B"), ("A", "C"), ("B", "C")], [("A", "B")], [("A", "C"), ("B", "C")]


@pytest.fixture
def artificial():
    # Chan, Silverman and Vincent (2021), table 2
    rows = [[1, 0, 0, 40], [0, 1, 0, 30], [0, 0, 1, 20], [1, 1, 0, 6]]
    return patterns_from_counts(pd.DataFrame(rows, columns=["A", "B", "C", "n"]))


@pytest.mark.parametrize(
    ("pairs", "exists", "is_identified"),
    [(ALL, True, False), (ONE, False, True), (TWO, True, True)],
)
def test_existence_as_in_table_3_of_chan_silverman_and_vincent(
    artificial, pairs, exists, is_identified
):
    space = build_model_space(artificial)
    model = space.mask(pairs)
    answer = check_existence(space, artificial.counts, model)
    assert (answer.exists, answer.is_identified) == (exists, is_identified)
    fits = fit_poisson_models(space, artificial.counts[np.newaxis], model[np.newaxis])
    assert fits.exists[0] == (exists and is_identified)
    assert np.isnan(fits.dark[0]) == (not fits.exists[0])


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10**9))
def test_newton_and_linear_programme_agree_on_existence(seed):
    rng = np.random.default_rng(seed)
    lists = int(rng.integers(3, 5))
    counts = rng.poisson(rng.choice([0.3, 1.0, 3.0]), size=2**lists - 1).astype(float)
    counts[[0, 1, 3]] += 1
    if lists == 4:
        counts[7] += 1
    names = [str(k) for k in range(lists)]
    patterns = (np.arange(1, 2**lists)[:, np.newaxis] >> np.arange(lists)[::-1]) & 1
    table = patterns_from_counts(
        pd.DataFrame(np.column_stack([patterns, counts]), columns=[*names, "n"])
    )
    space = build_model_space(table)
    model = rng.random(len(space.pairs)) < 0.5
    answer = check_existence(space, table.counts, model)
    fits = fit_poisson_models(space, table.counts[np.newaxis], model[np.newaxis])
    assert fits.exists[0] == (answer.exists and answer.is_identified)


def test_two_by_two_by_two_of_independent_lists_by_hand():
    # a perfect table of 1,000 firms with chances 1/2, 1/5, 1/10: 360 firms are on no list
    chances = np.array([0.5, 0.2, 0.1])
    rows = [[a, b, c] for a in (0, 1) for b in (0, 1) for c in (0, 1)][1:]
    counts = [1000 * np.prod(np.where(row, chances, 1 - chances)) for row in rows]
    table = patterns_from_counts(pd.DataFrame(np.column_stack([rows, counts])))
    space = build_model_space(table)
    fits = fit_poisson_models(space, table.counts[np.newaxis], np.zeros((1, 3), dtype=bool))
    assert fits.dark[0] == pytest.approx(360)
    assert fits.fitted[0] == pytest.approx(table.counts)


def test_many_tables_at_once_are_each_fitted_as_alone():
    rng = np.random.default_rng(3)
    table = count_patterns(draw_lists(rng, 800, [0.2, 0.3, 0.25, 0.15]))
    space = build_model_space(table)
    tables = rng.poisson(table.counts, size=(50, len(table.counts))).astype(float)
    models = rng.random((50, len(space.pairs))) < 0.4
    together = fit_poisson_models(space, tables, models)
    for at in range(0, 50, 7):
        alone = fit_poisson_models(space, tables[[at]], models[[at]])
        assert alone.dark[0] == pytest.approx(together.dark[at], rel=1e-6, nan_ok=True)
        assert alone.log_sd[0] == pytest.approx(together.log_sd[at], rel=1e-6, nan_ok=True)


def test_groups_of_different_exposure_share_the_lists_and_not_their_numbers():
    rng = np.random.default_rng(4)
    listed = draw_lists(rng, 60_000, [0.2, 0.3, 0.25])
    exposed = np.ones_like(listed)
    exposed[:20_000, 0] = False
    listed &= exposed
    table = count_patterns(listed, exposed)
    space = build_model_space(table)
    fits = fit_poisson_models(space, table.counts[np.newaxis], np.zeros((1, 3), dtype=bool))
    assert table.observed + fits.dark[0] == pytest.approx(60_000, rel=0.03)
    ignoring = count_patterns(listed)
    naive = fit_poisson_models(
        build_model_space(ignoring), ignoring.counts[np.newaxis], np.zeros((1, 3), dtype=bool)
    )
    assert abs(fits.dark[0] + table.observed - 60_000) < abs(
        naive.dark[0] + ignoring.observed - 60_000
    )
