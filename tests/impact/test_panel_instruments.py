"""Instruments: known effects, weak ones said, and sets that hold however weak they are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from infiltrate.impact.anderson_rubin import (
    ReducedForm,
    invert_anderson_rubin,
    sum_scores,
)
from infiltrate.impact.answer import Effect
from infiltrate.impact.instruments import InstrumentAnswer, fit_instruments
from infiltrate.impact.panel_model import InstrumentModel

MODEL = InstrumentModel(
    "log_revenue",
    ("infiltrated",),
    ("distance", "dismissal"),
    controls=("size",),
    effects=("company_id", "year"),
    cluster=("company_id",),
)


def make_panel(
    strength: float = 0.5,
    right: bool = True,
    seed: int = 5,
    companies: int = 300,
    confounding: float = 1.0,
) -> pd.DataFrame:
    """Infiltration goes with what is not seen; two instruments move it, one of them wrongly."""
    rng = np.random.default_rng(seed)
    company, year = np.repeat(np.arange(companies), 5), np.tile(np.arange(5), companies)
    count = len(company)
    unseen, size = rng.normal(size=count), rng.normal(size=count)
    distance, dismissal = rng.normal(size=(2, count))
    own = rng.normal(size=companies)[company]
    infiltrated = (
        strength * (distance + 0.5 * dismissal)
        + confounding * unseen
        + 0.3 * size
        + own
        + rng.normal(size=count) * (1 + 0.3 * np.abs(distance))
    )
    wrong = 0.0 if right else 0.5
    return pd.DataFrame(
        {
            "company_id": company.astype(str),
            "year": 2000 + year,
            "region": (company % 40).astype(str),
            "distance": distance,
            "dismissal": dismissal,
            "infiltrated": infiltrated,
            "size": size,
            "log_revenue": 0.4 * infiltrated
            + 0.2 * size
            + own
            + 0.1 * year
            + confounding * unseen
            + wrong * dismissal
            + rng.normal(size=count),
        }
    )


@pytest.fixture(scope="module")
def panel() -> pd.DataFrame:
    return make_panel()


def of(answer: InstrumentAnswer, method: str) -> Effect:
    return next(effect for effect in answer.answer.effects if effect.estimator == method)


def texts(answer: InstrumentAnswer) -> list[str]:
    return [finding.text for finding in answer.answer.findings]


def test_every_method_finds_the_planted_effect(panel: pd.DataFrame) -> None:
    answer = fit_instruments(panel, MODEL)
    assert [effect.estimator for effect in answer.answer.effects] == [
        "two-stage least squares",
        "limited information maximum likelihood",
        "two-step GMM",
        "Anderson and Rubin's set",
    ]
    for effect in answer.answer.effects:
        assert effect.low < 0.4 < effect.high
        assert effect.rows == 1500
        assert effect.clusters == 300
    assert answer.first_stage > 50
    assert answer.overidentification > 0.05
    assert texts(answer) == []


def test_two_stage_least_squares_by_hand(panel: pd.DataFrame) -> None:
    model = replace(MODEL, effects=(), cluster=())
    one = np.ones(len(panel))
    z = np.column_stack([panel[["distance", "dismissal", "size"]], one])
    x = np.column_stack([panel[["infiltrated", "size"]], one])
    y = panel["log_revenue"].to_numpy()
    hat = z @ np.linalg.solve(z.T @ z, z.T @ x)
    beta = np.linalg.solve(hat.T @ x, hat.T @ y)
    bread = np.linalg.inv(hat.T @ hat)
    meat = (hat.T * (y - x @ beta) ** 2) @ hat
    error = np.sqrt((bread @ meat @ bread)[0, 0] * len(y) / (len(y) - 3))
    effect = of(fit_instruments(panel, model), "two-stage least squares")
    assert effect.estimate == pytest.approx(beta[0], rel=1e-9)
    assert effect.std_error == pytest.approx(error, rel=1e-9)


def test_effects_taken_out_are_as_good_as_columns_of_them() -> None:
    small = make_panel(companies=30)
    taken = fit_instruments(small, MODEL)
    columns = pd.get_dummies(
        small[["company_id", "year"]].astype(str), drop_first=True, dtype=float
    )
    wide = pd.concat([small, columns], axis=1)
    controls = ("size", *columns.columns)
    spelt = fit_instruments(wide, replace(MODEL, effects=(), controls=controls))
    for method in ("two-stage least squares", "limited information maximum likelihood"):
        assert of(spelt, method).estimate == pytest.approx(of(taken, method).estimate, rel=1e-7)
    assert any("GMM is left out" in text for text in texts(spelt))
    # nested effects count as one constant, their columns one by one
    rows = len(small)
    ratio = np.sqrt((rows - 2 - 34) / (rows - 2 - 5))
    assert of(taken, "two-stage least squares").std_error == pytest.approx(
        of(spelt, "two-stage least squares").std_error * ratio, rel=1e-7
    )
    assert taken.first_stage == pytest.approx(spelt.first_stage / ratio**2, rel=0.02)


def test_one_instrument_has_the_f_of_its_coefficient(panel: pd.DataFrame) -> None:
    from infiltrate.impact.panel import fit_panel
    from infiltrate.impact.panel_model import PanelModel

    answer = fit_instruments(panel, replace(MODEL, instruments=("distance",)))
    stage = fit_panel(
        panel,
        PanelModel(
            "infiltrated", ("distance", "size"), effects=MODEL.effects, cluster=MODEL.cluster
        ),
    ).effects[0]
    assert answer.first_stage == pytest.approx((stage.estimate / stage.std_error) ** 2, rel=1e-6)
    assert len(answer.answer.effects) == 2
    assert np.isnan(answer.overidentification)


def test_with_one_instrument_the_set_solves_fiellers_equation(panel: pd.DataFrame) -> None:
    from scipy.stats import f

    form = ReducedForm(
        np.array([0.6]),
        np.array([1.5]),
        np.array([[[[0.04]], [[0.01]]], [[[0.01]], [[0.09]]]]).reshape(2, 1, 2, 1),
        200.0,
    )
    limit = f.ppf(0.95, 1, 200)
    # (0.6 - 1.5 b)^2 = limit (0.04 - 0.02 b + 0.09 b^2)
    roots = np.roots([1.5**2 - limit * 0.09, -1.8 + 0.02 * limit, 0.36 - 0.04 * limit])
    ((low, high),) = invert_anderson_rubin(form, 0.95)
    assert [low, high] == pytest.approx(sorted(roots), rel=1e-9)
    assert form.effective_f == pytest.approx(1.5**2 / 0.09)


@pytest.mark.parametrize(
    ("endogenous", "outcome", "pieces"),
    [(0.3, 0.05, 1), (0.3, 2.0, 2)],
    ids=["everything", "all but some"],
)
def test_weak_instruments_leave_the_set_without_bounds(
    endogenous: float, outcome: float, pieces: int
) -> None:
    spread = np.zeros((2, 1, 2, 1))
    spread[0, 0, 0, 0] = spread[1, 0, 1, 0] = 0.09
    form = ReducedForm(np.array([outcome]), np.array([endogenous]), spread, 500.0)
    found = invert_anderson_rubin(form, 0.95)
    assert len(found) == pieces
    assert found[0][0] == -np.inf
    assert found[-1][1] == np.inf
    for low, high in found:
        for edge in (low, high):
            if np.isfinite(edge):
                assert form.p_value(edge) == pytest.approx(0.05, abs=1e-9)


def test_instruments_that_contradict_each_other_are_said() -> None:
    answer = fit_instruments(make_panel(right=False), MODEL)
    assert answer.overidentification < 1e-4
    assert any("contradict each other" in text for text in texts(answer))
    assert any("rejects every effect" in text for text in texts(answer))
    assert answer.not_rejected == ()
    assert np.isnan(of(answer, "Anderson and Rubin's set").low)


def test_weak_instruments_are_said_and_the_set_has_no_bounds() -> None:
    answer = fit_instruments(make_panel(strength=0.01), MODEL)
    assert answer.first_stage < 10
    assert any("instruments are weak: effective F" in text for text in texts(answer))
    assert any("has no bounds" in text for text in texts(answer))
    assert not answer.answer.is_refused


def test_clusters_are_summed_two_ways_as_three_one_ways() -> None:
    rng = np.random.default_rng(3)
    scores = rng.normal(size=(200, 2))
    first, second = (pd.Series(rng.integers(0, 12, 200)) for _ in range(2))
    both = first.astype(str) + " " + second.astype(str)
    expected = sum_scores(scores, [first]) + sum_scores(scores, [second])
    expected = expected - sum_scores(scores, [both])
    assert sum_scores(scores, [first, second]) == pytest.approx(expected)
    assert sum_scores(scores, []) == pytest.approx(sum_scores(scores, [pd.Series(np.arange(200))]))


def test_two_endogenous_regressors_take_another_f(panel: pd.DataFrame) -> None:
    model = replace(MODEL, endogenous=("infiltrated", "size"), controls=())
    answer = fit_instruments(panel, model)
    assert answer.first_stage_name == "Kleibergen and Paap's F"
    assert any("instruments are weak" in text for text in texts(answer))
    assert {effect.term for effect in answer.answer.effects} == {"infiltrated", "size"}
    two_ways = replace(model, cluster=("company_id", "year"))
    assert fit_instruments(panel, two_ways).first_stage_name == "Cragg and Donald's F"


def test_two_way_clusters_leave_out_the_moments(panel: pd.DataFrame) -> None:
    answer = fit_instruments(panel, replace(MODEL, cluster=("company_id", "region")))
    assert len(answer.answer.effects) == 3
    one_way = fit_instruments(panel, replace(MODEL, cluster=("region",)))
    # companies lie in regions: the rows in both are the companies
    assert of(answer, "two-stage least squares").std_error == pytest.approx(
        of(one_way, "two-stage least squares").std_error, rel=1e-9
    )


def test_rows_in_any_order_and_other_names_give_the_same(panel: pd.DataFrame) -> None:
    renamed = panel.sample(frac=1, random_state=4)
    renamed["company_id"] = renamed["company_id"].map(lambda name: f"Z{name[::-1]}.{name}")
    before, after = fit_instruments(panel, MODEL), fit_instruments(renamed, MODEL)
    for one, other in zip(before.answer.effects, after.answer.effects, strict=True):
        assert other.low == pytest.approx(one.low, rel=1e-7)
        assert other.high == pytest.approx(one.high, rel=1e-7)


def test_useless_columns_are_refused(panel: pd.DataFrame) -> None:
    same = panel.assign(dismissal=2 * panel["distance"])
    answer = fit_instruments(same, MODEL)
    assert answer.answer.is_refused
    assert answer.answer.effects == ()
    assert "`dismissal` is an exact combination of `distance`" in texts(answer)[0]
    fixed = panel.assign(distance=panel["company_id"].astype(float))
    assert "told by the effects" in texts(fit_instruments(fixed, MODEL))[0]


def test_too_few_instruments_are_an_error() -> None:
    with pytest.raises(ValueError, match="1 instruments for 2 endogenous"):
        replace(MODEL, endogenous=("infiltrated", "size"), instruments=("distance",))
    with pytest.raises(ValueError, match="two columns at most"):
        replace(MODEL, cluster=("company_id", "year", "region"))


@pytest.mark.validate
def test_the_set_covers_with_weak_instruments_where_two_stage_least_squares_does_not() -> None:
    countries, plain, robust = 200, 0, 0
    model = replace(MODEL, effects=(), controls=())
    for seed in range(countries):
        answer = fit_instruments(make_panel(0.1, seed=seed, companies=120, confounding=3), model)
        two_stage = of(answer, "two-stage least squares")
        plain += two_stage.low <= 0.4 <= two_stage.high
        robust += any(low <= 0.4 <= high for low, high in answer.not_rejected)
    print(
        f"covered: two-stage {plain / countries:.3f}, Anderson and Rubin {robust / countries:.3f}"
    )
    # three standard errors of the draws at 95 %
    assert abs(robust / countries - 0.95) < 3 * np.sqrt(0.95 * 0.05 / countries)
    assert plain / countries < 0.85
