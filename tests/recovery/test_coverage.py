"""The gate itself: what it lets pass and what it stops."""

import numpy as np
import pytest

from tests.recovery.coverage import Tally, required_hits


@pytest.mark.parametrize(("draws", "needed"), [(40, 34), (200, 182)])
def test_the_gate_is_that_of_the_protocol(draws, needed):
    assert required_hits(draws) == needed


def _tally(width: float, draws: int = 200) -> Tally:
    tally, rng = Tally(), np.random.default_rng(4)
    for value in rng.normal(size=draws):
        tally.add("mean", 0.0, value - width, value, value + width)
    return tally


def test_intervals_of_the_right_width_pass_and_narrow_ones_do_not():
    assert not _tally(1.96).failures()
    assert list(_tally(1.3).failures()) == ["mean"]
    assert list(_tally(1.96).failures(narrowed=0.5)) == ["mean"]


def test_an_interval_that_is_not_published_is_no_draw():
    tally = _tally(1.96, draws=10)
    tally.add("mean", 0.0, np.nan, 5.0, np.nan)
    tally.add("mean", 0.0, None, 5.0, None)
    assert tally.draws("mean") == 10
    tally.add("mean", 0.0, -np.inf, 5.0, np.inf)
    assert tally.draws("mean") == 11
