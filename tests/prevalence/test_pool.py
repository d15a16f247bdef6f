from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infiltrate.prevalence.joint_detection import NONE_BEYOND_ERRORS
from infiltrate.prevalence.pool import Pool, PoolChoices, triangulate
from infiltrate.prevalence.pool_wording import word_pool
from infiltrate.prevalence.posterior import Posterior
from infiltrate.prevalence.stacking import stack_families

FIRMS = 10_000
AS_IT_IS = PoolChoices(dark_share=None, gamma_log_sd=0.0, n_draws=20_000)
FLOOR = np.array([40.0])


def _national(name: str, family: str, centre: float, sd: float, status: str = "use") -> Posterior:
    draws = np.exp(np.random.default_rng(1).normal(np.log(centre), sd, (2_000, 1)))
    cells = pd.DataFrame({"section": ["all"], "area_id": ["all"], "firms": [FIRMS]})
    reasons = () if status == "use" else (f"{name} is doubtful.",)
    kept = draws if status != "reject" else draws[:0]
    return Posterior(name, family, cells, kept, np.array([centre]), {}, status, reasons)


def _by_area(shares: tuple[float, ...], status: str = "use") -> Posterior:
    rng = np.random.default_rng(2)
    draws = rng.poisson(1_000 * np.array(shares), (2_000, len(shares))).astype(float)
    cells = pd.DataFrame(
        {
            "section": "F",
            "area_id": [f"R{k}" for k in range(len(shares))],
            "firms": [1_000] * len(shares),
        }
    )
    return Posterior(
        "joint_detection", "joint_detection", cells, draws, np.median(draws, 0), {}, status
    )


def _pool(*posteriors: Posterior, choices: PoolChoices = AS_IT_IS, seed: int = 0) -> Pool:
    return triangulate(posteriors, FLOOR, FIRMS, np.random.default_rng(seed), choices)


def test_one_estimator_without_further_doubt_is_itself():
    alone = _national("dr", "doubly_robust", 200, 0.2)
    pool = _pool(alone)
    assert pool.median == pytest.approx(np.median(alone.total()), rel=0.01)
    np.testing.assert_allclose(pool.intervals[0.95], alone.interval(0.95), rtol=0.02)
    assert set(np.round(pool.draws, 6)) <= set(np.round(alone.total(), 6))


def test_families_weigh_the_same_whatever_their_number_of_estimators():
    pool = _pool(
        _national("bic", "loglinear", 100, 0.01),
        _national("aic", "loglinear", 100, 0.01),
        _national("dr", "doubly_robust", 300, 0.01),
    )
    assert (pool.draws > 200).mean() == pytest.approx(0.5, abs=0.02)
    assert pool.members.set_index("estimator")["weight"].to_dict() == {
        "dr": 0.5,
        "aic": 0.25,
        "bic": 0.25,
    }


@pytest.mark.parametrize(
    ("family", "status"), [("loglinear", "reject"), ("comparator", "use"), ("heuristic", "use")]
)
def test_what_may_not_be_pooled_is_shown_without_weight(family, status):
    pool = _pool(
        _national("other", family, 3_000, 0.1, status), _national("dr", "doubly_robust", 200, 0.1)
    )
    assert pool.draws.max() < 400
    assert pool.members.set_index("estimator").loc["other", "weight"] == 0


def test_within_a_family_caution_gives_way_to_use():
    pool = _pool(
        _national("bic", "loglinear", 100, 0.01),
        _national("step", "loglinear", 900, 0.01, "caution"),
    )
    assert pool.draws.max() < 200


def test_nothing_to_pool_is_refused():
    pool = _pool(_national("bic", "loglinear", 100, 0.1, "reject"))
    assert pool.status == "reject"
    assert len(pool.draws) == 0 and np.isnan(pool.median)
    assert "cannot be said" in pool.reasons[0]


@settings(max_examples=25, deadline=None)
@given(dark=st.floats(1.0, 20.0), gamma=st.floats(0.0, 0.5), centre=st.floats(60.0, 9_000.0))
def test_draws_stay_between_floor_and_all_firms(dark, gamma, centre):
    choices = PoolChoices((1.0, dark), gamma, 500)
    pool = _pool(_national("dr", "doubly_robust", centre, 0.3), choices=choices)
    assert pool.draws.min() >= min(40.0, np.exp(np.log(centre) - 0.3 * 5))
    assert pool.draws.max() <= FIRMS


def test_a_dark_share_only_adds():
    alone = _national("dr", "doubly_robust", 200, 0.2)
    with_dark = _pool(alone, choices=PoolChoices((1.0, 9.0), 0.0, 20_000))
    without = _pool(alone)
    assert (with_dark.draws >= without.draws - 1e-9).all()
    assert with_dark.median / without.median == pytest.approx(1.08, abs=0.03)


def test_cells_add_up_to_the_country():
    pool = _pool(_by_area((0.05, 0.02, 0.01)), _national("bic", "loglinear", 160, 0.1))
    np.testing.assert_allclose(pool.cell_draws.sum(axis=1), pool.draws)
    assert list(pool.cells["area_id"]) == ["R0", "R1", "R2"]


def test_estimators_that_disagree_are_said_to():
    apart = _pool(
        _national("bic", "loglinear", 100, 0.1), _national("dr", "doubly_robust", 400, 0.1)
    )
    near = _pool(
        _national("bic", "loglinear", 190, 0.3), _national("dr", "doubly_robust", 200, 0.3)
    )
    assert apart.disagreement > 0.9 and near.disagreement < 0.1
    assert apart.status == "caution"
    assert "the estimators disagree" in word_pool(apart, FIRMS, 4, 0.95).headline
    assert near.status == "use"


def test_tipping_points_by_hand():
    pool = _pool(_national("dr", "doubly_robust", 200, 1e-6))
    # 40 + gamma * 160 = 400
    assert pool.tipping.gamma_doubles == pytest.approx(2.25, rel=1e-3)
    assert pool.tipping.dark_share_doubles == 0.5
    by_area = _pool(_by_area((0.05, 0.04, 0.01)))
    assert by_area.tipping.gamma_reorders == pytest.approx(1.25, abs=0.03)
    assert by_area.tipping.dark_share_reorders == pytest.approx(0.2, abs=0.03)


def test_a_bound_above_the_interval_is_noticed():
    pool = triangulate(
        [_national("dr", "doubly_robust", 200, 0.05)],
        FLOOR,
        FIRMS,
        np.random.default_rng(0),
        AS_IT_IS,
        heuristic_bound=500.0,
    )
    assert any("Chao" in reason for reason in pool.reasons)


def test_the_interval_is_said_per_thousand():
    pool = _pool(_by_area((0.05, 0.02, 0.01)), _national("bic", "loglinear", 80, 0.1))
    words = word_pool(pool, FIRMS, 4, 0.95)
    low, high = (f"{end / 10:.2g}" for end in np.quantile(pool.draws, [0.025, 0.975]))
    assert f"Between {low} and {high} per 1,000 firms are infiltrated" in words.headline
    assert "95% interval, 4 lists" in words.headline
    assert "the joint detection model (weight 50%) and bic (weight 50%)" in words.findings[0]


def test_errors_alone_are_said():
    none = _by_area((0.0, 0.0))
    reason = f"{NONE_BEYOND_ERRORS}: the firms they name look like any others."
    none = Posterior(
        none.estimator, none.family, none.cells, none.draws, none.point, {}, "caution", (reason,)
    )
    pool = _pool(none)
    assert word_pool(pool, FIRMS, 4, 0.95).headline.startswith(NONE_BEYOND_ERRORS)
    assert pool.intervals[0.95][1] == 0


def test_stacking_finds_the_better_family():
    rng = np.random.default_rng(3)
    truths = rng.uniform(100, 300, 40)
    countries = [
        {
            "joint_detection": truth * np.exp(rng.normal(rng.normal(0, 0.2), 0.2, 500)),
            "loglinear": truth * np.exp(rng.normal(rng.normal(0, 0.8), 0.2, 500)),
        }
        for truth in truths
    ]
    weights = stack_families(countries, truths)
    assert weights["joint_detection"] > 0.8
    assert sum(weights.values()) == pytest.approx(1)
