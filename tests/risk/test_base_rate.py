import pytest

from infiltrate.errors import ParamsError
from infiltrate.risk.base_rate import base_rate_box


@pytest.mark.parametrize(
    ("prevalence", "flagged", "predictive"),
    [(0.02, 26.8, 5.7), (0.005, None, 1.5), (0.05, None, 13.4)],
)
def test_published_sensitivity_gives_the_known_box(prevalence, flagged, predictive):
    box = base_rate_box(prevalence, 0.76, 0.742)
    if flagged is not None:
        assert round(100 * box.flagged_share, 1) == flagged
    assert round(100 * box.positive_predictive_value, 1) == predictive
    assert box.missed_share == pytest.approx(0.24)
    assert f"about {predictive} of 100 flagged" in box.sentence


def test_intervals_reach_the_corners():
    box = base_rate_box((0.01, 0.02, 0.05), (0.7, 0.76, 0.8), (0.7, 0.742, 0.8))
    assert (
        box.positive_predictive_value == base_rate_box(0.02, 0.76, 0.742).positive_predictive_value
    )
    assert (
        box.positive_predictive_value_low == base_rate_box(0.01, 0.7, 0.7).positive_predictive_value
    )
    assert (
        box.positive_predictive_value_high
        == base_rate_box(0.05, 0.8, 0.8).positive_predictive_value
    )
    assert box.flagged_share_low == base_rate_box(0.01, 0.7, 0.8).flagged_share
    assert box.flagged_share_high == base_rate_box(0.05, 0.8, 0.7).flagged_share
    assert (box.missed_share_low, box.missed_share_high) == pytest.approx((0.2, 0.3))
    assert "(2.3 to 17.4)" in box.sentence


def test_a_rule_that_flags_nobody_has_no_predictive_value():
    box = base_rate_box(0.02, 0.0, 1.0)
    assert box.positive_predictive_value is None
    assert "flag none" in box.sentence


def test_every_share_that_cannot_be_is_told_at_once():
    with pytest.raises(ParamsError) as caught:
        base_rate_box(2.0, (0.9, 0.76, 0.8), 0.742)
    assert [problem.where for problem in caught.value.problems] == ["prevalence", "sensitivity"]
