from __future__ import annotations

import numpy as np
import pytest

from infiltrate.prevalence.transport import estimate_rogan_gladen


def fit(flagged, firms, sensitivity, specificity):
    return estimate_rogan_gladen(
        flagged, firms, sensitivity, specificity, rng=np.random.default_rng(0)
    )


def test_published_error_rates_of_the_base_rate_box_by_hand():
    # 26.8 % of firms flagged at sensitivity 76 % and specificity 74.2 % are 2 % infiltrated
    posterior = fit(26_800, 100_000, (76e6, 24e6), (742e5, 258e5))
    expected = 100_000 * (0.268 + 0.742 - 1) / (0.76 + 0.742 - 1)
    assert posterior.point[0] == pytest.approx(expected, rel=0.03)
    assert "difference of large numbers" in " ".join(posterior.reasons)


def test_uncertain_specificity_widens_the_interval_down_to_none():
    sure = fit(5360, 20_000, (7600, 2400), (7420, 2580))
    unsure = fit(5360, 20_000, (76, 24), (74, 26))
    assert np.diff(unsure.interval(0.95)) > 2 * np.diff(sure.interval(0.95))
    assert unsure.interval(0.95)[0] == 0
    assert any("compatible with no infiltrated firm" in reason for reason in unsure.reasons)


def test_perfect_flag_returns_what_it_flags():
    posterior = fit(500, 10_000, (1e9, 1.0), (1e9, 1.0))
    assert posterior.point[0] == pytest.approx(500, rel=0.05)


@pytest.mark.parametrize(
    ("flagged", "firms", "sensitivity", "reason"),
    [
        (10, 100, (30, 70), "no better than chance"),
        (10, 0, (76, 24), "no firm"),
        (200, 100, (76, 24), "cannot be"),
    ],
)
def test_impossible_inputs_are_rejected(flagged, firms, sensitivity, reason):
    posterior = fit(flagged, firms, sensitivity, (70, 30))
    assert posterior.status == "reject"
    assert reason in " ".join(posterior.reasons)
    assert posterior.draws.shape == (0, 1)
