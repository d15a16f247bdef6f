"""Intervals of average effects on revenue hold what was planted, or nothing where none was."""

import pandas as pd
import pytest

from infiltrate.params.impact_choices import ImpactChoices
from infiltrate.validation.impact import AVERAGE, judge_impact
from infiltrate.validation.impact_goals import ROBUST
from infiltrate.validation.variants import Variant
from tests.recovery.coverage import required_hits

COUNTRIES = 40


@pytest.mark.validate
@pytest.mark.parametrize("card", ["no_impact", "high"])
def test_intervals_hold_the_mean_planted_effect(card):
    # seeds that are no multiple of 4: of those every sample would be studied
    seeds = [4 * number + 1 for number in range(COUNTRIES)]
    rows = pd.concat([judge_impact(Variant(card), 5_000, one, ImpactChoices()) for one in seeds])
    averages = rows[(rows["term"] == AVERAGE) & rows["estimator"].isin(ROBUST)]
    held = averages["planted"].between(averages["low"], averages["high"])
    counts = held.groupby(averages["estimator"]).agg(["sum", "size"])
    assert (counts["size"] == COUNTRIES).all()
    assert (counts["sum"] >= required_hits(COUNTRIES)).all(), counts
