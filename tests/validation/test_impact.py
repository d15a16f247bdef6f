"""Effects of one synthetic country held against those planted in it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from infiltrate.errors import ParamsError
from infiltrate.impact.event_study import ESTIMATORS
from infiltrate.impact.staggered import TWO_WAY
from infiltrate.params.impact_choices import ImpactChoices
from infiltrate.validation import impact as is_
from infiltrate.validation import subjects
from infiltrate.validation.impact import COLUMNS, judge_impact
from infiltrate.validation.impact_country import (
    KNOWN,
    LAGGED,
    STATED,
    ImpactCountry,
    build_planted_panel,
    draw_impact_country,
)
from infiltrate.validation.impact_goals import ROBUST
from infiltrate.validation.request import build_request
from infiltrate.validation.validate import validate_estimators
from infiltrate.validation.variants import Variant

FIRMS, SEED = 3_000, 1004


@pytest.fixture(scope="module")
def country() -> ImpactCountry:
    return draw_impact_country("high", FIRMS, SEED)


@pytest.fixture(scope="module")
def known(country) -> pd.DataFrame:
    return build_planted_panel(country, KNOWN).rows


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return judge_impact(Variant("high"), FIRMS, SEED, ImpactChoices())


def _is_treated(rows: pd.DataFrame) -> np.ndarray:
    since = (rows["year"] >= rows["first_treated"]).fillna(False)
    ended = (rows["year"] > rows["treated_until"]).fillna(False)
    return (since & ~ended).to_numpy(dtype=bool)


def test_the_panel_of_all_infiltrated_has_the_effect_where_it_says_treated_and_nowhere_else(known):
    treated = _is_treated(known)
    begun = (known["year"] >= known["first_treated"]).fillna(False).to_numpy(dtype=bool)
    assert treated.sum() > 200
    assert (known["own"].to_numpy()[treated] > 0).all()
    assert (known["own"].to_numpy()[~begun] == 0).all()
    assert (known["infiltrated"] == known["first_treated"].notna()).all()


def test_nobody_is_treated_without_an_entry_and_controls_may_be_infiltrated(country):
    stated, lagged = (build_planted_panel(country, name).rows for name in (STATED, LAGGED))
    entries = country.draw.detection.entries
    number = country.draw.firms["number"].to_numpy()[entries["firm"]]
    listed = set("XX-REG:" + pd.Series(number).astype(str).str.zfill(8))
    for rows in (stated, lagged):
        treated = rows["first_treated"].notna()
        assert set(rows.loc[treated, "company_id"]) <= listed
        assert rows.loc[~treated, "infiltrated"].any()
        assert not rows.loc[~treated, "infiltrated"].all()
    assert stated.loc[stated["first_treated"].notna(), "has_stated_date"].all()
    count = {len(r[r["first_treated"].notna()]["company_id"].unique()) for r in (stated, lagged)}
    assert min(count) > 10
    assert len(count) == 2


def _exact(rows: pd.DataFrame, sample: str) -> pd.DataFrame:
    chosen = rows[(rows["sample"] == sample) & (rows["term"] == is_.AVERAGE)]
    return chosen.set_index("estimator")


def test_the_mean_effects_that_parameters_state_are_those_planted(country, rows):
    stated = country.params.choices.impact.planted
    found = _exact(rows, KNOWN)["planted"].mean()
    assert stated["revenue"] == pytest.approx(found, abs=0.01)
    assert stated["rivals"] == -0.01


def test_rows_say_which_country_and_every_sample(rows):
    assert tuple(rows) == COLUMNS
    assert (rows["scenario"] == "high").all()
    assert (rows["seed"] == SEED).all()
    assert (rows["firms"] == FIRMS).all()
    averages = rows[rows["term"] == is_.AVERAGE]
    for sample in (*is_.SAMPLES, is_.NEARBY):
        assert set(averages.loc[averages["sample"] == sample, "estimator"]) == set(ESTIMATORS)
    answered = averages[averages["reason"] == ""]
    assert (answered["low"] < answered["estimate"]).all()
    assert (answered["estimate"] < answered["high"]).all()


@pytest.mark.parametrize("sample", [KNOWN, is_.NEARBY])
def test_without_noise_estimators_give_the_mean_of_what_was_planted(rows, sample):
    found = _exact(rows, sample).loc[list(ROBUST)]
    ratio = found["of_own"] / found["planted"]
    assert ratio.to_numpy() == pytest.approx(1, abs=0.01)


def test_without_noise_two_way_fixed_effects_fail_among_infiltrated_companies(rows):
    """Those treated early, whose effect still grows, are controls of those treated late."""
    found = _exact(rows, is_.ALONE)
    ratio = found["of_own"] / found["planted"]
    assert ratio[TWO_WAY] < 0.95
    assert ratio[list(ROBUST)].to_numpy() == pytest.approx(1, abs=0.04)


def test_dates_that_are_wrong_move_effects_towards_nothing(rows):
    right = _exact(rows, KNOWN)["of_own"]
    for months in (12, 24):
        moved = _exact(rows, f"{KNOWN}, dates {months} months earlier")["of_own"]
        assert (moved < right.loc[moved.index] * 0.9).all()
    lagged = _exact(rows, LAGGED)
    assert (lagged["of_own"] < 0.8 * lagged["planted"]).all()


def test_controls_of_the_same_market_lose_to_those_they_are_held_against(rows):
    near, far = (_exact(rows, name)["of_rivals"] for name in (is_.NEARBY, KNOWN))
    assert (near.loc[list(ROBUST)] > 0.001).all()
    assert (far.abs() < 0.6 * near).all()


def test_rivals_are_found_to_lose(rows):
    (found,) = rows[rows["term"] == is_.RIVALS].itertuples()
    assert found.planted < found.of_rivals < 0


def test_where_nothing_is_planted_nothing_is_wanted():
    rows = judge_impact(Variant("no_impact"), 2_000, SEED, ImpactChoices())
    averages = rows[rows["term"] == is_.AVERAGE]
    assert set(averages["sample"]) == {KNOWN}
    assert (averages["planted"] == 0).all()
    assert (averages["of_own"] == 0).all()
    assert averages["estimate"].abs().max() > 0


def test_the_same_seed_gives_the_same_rows():
    one, other = (judge_impact(Variant("no_impact"), 1_000, 3, ImpactChoices()) for _ in range(2))
    pd.testing.assert_frame_equal(one, other)


def test_a_country_with_too_few_treated_companies_gives_reasons_and_no_numbers():
    choices = ImpactChoices(fewest_treated=5_000)
    rows = judge_impact(Variant("base"), 1_000, 3, choices)
    averages = rows[rows["term"] == is_.AVERAGE]
    assert averages["estimate"].isna().all()
    assert averages["reason"].str.contains("at least 5000|at least 5,000").all()


def test_what_cannot_be_asked_of_effects_is_said():
    for scenarios, estimators in (
        ("drift", None),
        ("base", "pool"),
        ("base:flipped-exposure", None),
    ):
        with pytest.raises(ParamsError):
            build_request(scenarios, 1, 400, 1, estimators, what="impact")
    with pytest.raises(ParamsError):
        build_request("no_impact", 1, 400, 1)
    asked = build_request("all", 1, 400, 1, what="impact")
    assert [variant.name for variant in asked.variants] == ["base", "high", "no_impact"]
    assert asked.command.endswith("--what impact")


def test_one_command_judges_every_country_once_and_goes_on(tmp_path, monkeypatch, rows):
    noted = []

    def judge(variant, firms, seed, choices):
        noted.append((variant.name, seed))
        return rows.assign(scenario=variant.name, seed=seed, firms=firms)

    monkeypatch.setattr(subjects, "judge_impact", judge)
    asked = build_request("high,base", 2, 400, 50, what="impact")
    said: list[str] = []
    result = validate_estimators(asked, tmp_path, jobs=1, say=said.append)
    assert sorted(noted) == sorted((name, seed) for name in ("high", "base") for seed in (50, 51))
    assert "Gardner, two stages" in said[1]
    assert result.rows.name == "impact.csv"
    assert "Goals of the effects" in result.summary.read_text()
    assert validate_estimators(asked, tmp_path, jobs=1, say=said.append).computed == 0
