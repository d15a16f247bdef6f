"""Firms that are not like those a ranking learnt from."""

import numpy as np
import pandas as pd
import pytest

from infiltrate.params.choices import DriftLimits
from infiltrate.risk.drift import find_drift, profile_columns

LIMITS = DriftLimits()


def draw(n: int, seed: int, **changes: object) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "score": rng.normal(size=n),
            "share": np.where(rng.random(n) < 0.7, 0.0, rng.random(n)),
            "flag": (rng.random(n) < 0.02).astype(float),
            "gaps": np.where(rng.random(n) < 0.3, np.nan, rng.normal(size=n)),
            "form": rng.choice(["LTD", "PLC", "COOP", "missing"], n, p=[0.6, 0.2, 0.1, 0.1]),
        }
    )
    return frame.assign(**changes)


@pytest.fixture(scope="module")
def profile():
    return profile_columns(draw(5000, 1))


def found(profile, frame):
    return {problem.where: str(problem) for problem in find_drift(profile, frame, LIMITS)}


@pytest.mark.parametrize("n", [1, 20, 2000])
def test_firms_of_the_same_kind_are_let_through_however_few(profile, n):
    alarms = sum(bool(found(profile, draw(n, seed))) for seed in range(25))
    assert alarms <= 1


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("score", np.random.default_rng(2).normal(1, 1, 800)),
        ("share", np.random.default_rng(2).random(800)),
        ("flag", (np.random.default_rng(2).random(800) < 0.3).astype(float)),
        ("form", np.random.default_rng(2).choice(["PLC", "COOP"], 800)),
        ("form", np.full(800, "SRL")),
        ("score", np.full(800, 1e9)),
        ("score", np.full(800, -np.inf)),
    ],
)
def test_a_column_that_moved_is_named_with_its_index_and_no_other(profile, column, values):
    problems = found(profile, draw(800, 3, **{column: values}))
    assert list(problems) == [column]
    assert "population stability index" in problems[column]
    assert "at most 0.25" in problems[column]


def test_the_index_is_that_worked_out_by_hand():
    before = pd.DataFrame({"form": ["A"] * 500 + ["B"] * 500})
    after = pd.DataFrame({"form": ["A"] * 900 + ["B"] * 100})
    expected = 0.4 * np.log(0.9 / 0.5) + (-0.4) * np.log(0.1 / 0.5)
    problem = find_drift(profile_columns(before), after, LIMITS)[0]
    assert float(problem.found.split()[-1]) == pytest.approx(expected, abs=0.02)
    assert find_drift(profile_columns(before), after, DriftLimits(stability_index=1.0)) == []


def test_firms_with_one_value_that_move_a_little_together_have_not_drifted():
    rng = np.random.default_rng(8)
    flagged = rng.random(1000) < 0.2
    before = pd.DataFrame({"rank": np.where(flagged, 1.4, -0.28)})
    after = pd.DataFrame({"rank": np.where(rng.random(1000) < 0.2, 1.38, -0.27)})
    assert find_drift(profile_columns(before), after, LIMITS) == []
    more = pd.DataFrame({"rank": np.where(rng.random(1000) < 0.6, 1.38, -0.27)})
    assert len(find_drift(profile_columns(before), more, LIMITS)) == 1


def test_a_column_missing_more_often_is_named_and_its_known_values_do_not_matter(profile):
    gaps = np.where(np.random.default_rng(5).random(800) < 0.7, np.nan, 0.1)
    gaps[~np.isnan(gaps)] = np.random.default_rng(6).normal(size=(~np.isnan(gaps)).sum())
    problems = found(profile, draw(800, 4, gaps=gaps))
    assert list(problems) == ["gaps"]
    assert "missing for 7" in problems["gaps"]
    assert "for 30" in problems["gaps"] or "for 29" in problems["gaps"]
    assert found(profile, draw(800, 4, form="missing")).keys() == {"form"}


def test_a_column_missing_less_often_is_no_reason_to_refuse(profile):
    gaps = np.random.default_rng(6).normal(size=800)
    assert found(profile, draw(800, 4, gaps=gaps)) == {}


def test_a_column_that_nobody_had_before_and_nobody_has_now():
    empty = pd.DataFrame({"x": np.full(50, np.nan)})
    profile = profile_columns(empty)
    assert profile["known"].tolist() == [0]
    assert find_drift(profile, empty, LIMITS) == []


def test_text_where_there_were_numbers_is_said(profile):
    assert "text" in found(profile, draw(800, 4, score="high"))["score"]


def test_every_reason_is_given_at_once(profile):
    frame = draw(800, 4, score=5.0, form="SRL", gaps=np.nan)
    assert list(found(profile, frame)) == ["score", "gaps", "form"]


def test_the_order_of_rows_changes_nothing(profile):
    frame = draw(300, 9, score=np.random.default_rng(1).normal(0.6, 1, 300))
    assert found(profile, frame) == found(profile, frame.sample(frac=1, random_state=1))
    again = profile_columns(draw(5000, 1).sample(frac=1, random_state=2))
    pd.testing.assert_frame_equal(again, profile)
