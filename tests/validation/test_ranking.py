"""Ranks of one synthetic country held against the truth, and many of them by one command."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from infiltrate.errors import ParamsError
from infiltrate.params.choices import RiskChoices
from infiltrate.risk.designs import DESIGNS, RANDOM
from infiltrate.runs.validation_page import make_validation_page
from infiltrate.validation import ranking as is_
from infiltrate.validation import subjects
from infiltrate.validation.ranking import COLUMNS, rank_country
from infiltrate.validation.ranking_goals import hold_ranking_against_goals
from infiltrate.validation.request import CHOICES, RANKING_CHOICES, build_request
from infiltrate.validation.validate import validate_estimators
from infiltrate.validation.variants import Variant
from tests.report.html_checks import find_mistakes
from tests.validation.ranking_rows import ranked, table
from tests.validation.test_page import NOTEBOOKS

QUICK = RiskChoices(learners=["logistic"], folds=2, tuning_folds=0, bootstrap_draws=50)


@pytest.fixture(scope="module")
def rows(module_patch) -> pd.DataFrame:
    return rank_country(Variant("high"), 1500, 5, QUICK, CHOICES)


@pytest.fixture(scope="module")
def module_patch():
    """Leave out how many are infiltrated: it takes longest, and tests of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(is_, "_judge_probabilities", lambda *_: [])
        yield patch


def test_rows_say_which_country_and_what_was_ranked(rows):
    assert tuple(rows) == COLUMNS
    assert (rows["scenario"] == "high").all()
    assert (rows["seed"] == 5).all()
    assert (rows["firms"] == 1500).all()
    assert set(rows["design"]) == {RANDOM}
    assert set(rows["labels"]) == {is_.LISTS, is_.TRUTH}


def test_the_truth_is_that_of_companies_on_no_list(rows):
    against_truth = rows[rows["measure"] == is_.AREA]
    assert against_truth["units"].nunique() == 1
    assert against_truth["positives"].nunique() == 1
    (listed,) = rows[rows["measure"] == is_.AREA_LISTED].itertuples()
    assert listed.units == 1500
    assert against_truth["units"].iloc[0] + listed.positives == 1500
    assert listed.low <= listed.value <= listed.high


def test_types_add_up_to_all_that_are_found(rows):
    own = rows[(rows["labels"] == is_.LISTS)].set_index("measure")
    of_types = own[own.index.str.startswith(f"{is_.RECALL_TENTH}, ")]
    whole = own.loc[is_.RECALL_TENTH]
    assert of_types["positives"].sum() == whole["positives"]
    found = (of_types["value"] * of_types["positives"]).sum()
    assert found == pytest.approx(whole["value"] * whole["positives"])


def test_an_oracle_sees_more_than_chance(rows):
    areas = rows[rows["measure"] == is_.AREA].set_index(["labels", "model"])["value"]
    assert areas[is_.TRUTH, "logistic"] > 0.6


@pytest.mark.usefixtures("module_patch")
def test_the_same_seed_gives_the_same_rows(rows):
    assert_frame_equal(rank_country(Variant("high"), 1500, 5, QUICK, CHOICES), rows)


@pytest.mark.usefixtures("module_patch")
def test_where_nobody_is_infiltrated_there_is_no_truth_to_find_and_no_oracle():
    rows = rank_country(Variant("no_effect"), 6000, 5, QUICK, CHOICES)
    assert set(rows["labels"]) == {is_.LISTS}
    (without,) = rows[rows["measure"] == is_.AREA].itertuples()
    assert np.isnan(without.value)
    assert without.reason == "nobody off the lists is infiltrated"


def test_too_few_lists_for_a_learner_are_a_reason_and_no_error(module_patch):
    latent = QUICK.model_copy(update={"learners": ["latent"]})
    rows = rank_country(Variant("one_list"), 4000, 5, latent, CHOICES)
    refused = rows[(rows["model"] == "latent") & (rows["labels"] == is_.LISTS)]
    assert "at least three are needed" in refused["reason"].iloc[0]
    assert refused["value"].isna().all()


def test_what_can_be_validated_is_said_when_asked_for_something_else():
    with pytest.raises(ParamsError) as error:
        build_request("base", 1, 400, 1, "pool", what="guilt")
    assert "prevalence, ranking" in str(error.value.problems)
    with pytest.raises(ParamsError) as error:
        build_request("base", 1, 400, 1, "pool", what="ranking")
    assert "rankings have none" in str(error.value.problems)
    assert "--what ranking" in build_request("base", 1, 400, 1, what="ranking").command


def test_one_command_ranks_every_country_once_and_goes_on(tmp_path, monkeypatch):
    noted = []

    def rank(variant, firms, seed, risk, prevalence):
        noted.append((variant.name, seed))
        assert (risk, prevalence) == (RANKING_CHOICES, CHOICES)
        return table(*ranked(scenario=variant.name, seed=seed, firms=firms))

    monkeypatch.setattr(subjects, "rank_country", rank)
    asked = build_request("base,hard", 2, 400, 5000, what="ranking")
    said: list[str] = []
    result = validate_estimators(asked, tmp_path, jobs=1, say=said.append)
    assert sorted(noted) == sorted((name, s) for name in ("base", "hard") for s in (5000, 5001))
    assert said[0] == "4 countries: 4 to compute (new)"
    assert "latent on lists 0.750, logistic on the truth 0.770" in said[1]
    assert result.rows.name == "ranking.csv"
    assert asked.command in result.summary.read_text()
    before = result.rows.read_bytes()
    validate_estimators(asked, tmp_path, jobs=1, say=said.append)
    assert said[-1] == "4 countries: 4 already there"
    assert len(noted) == 4
    assert result.rows.read_bytes() == before


@pytest.mark.slow
def test_the_page_is_whole(tmp_path):
    rows = [one for seed in (1, 2) for one in ranked(seed=seed)]
    path = tmp_path / "ranking.csv"
    table(*rows, *ranked(scenario="adversarial")).to_csv(path, index=False)
    html = make_validation_page(path, NOTEBOOKS, tmp_path).read_text(encoding="utf-8")
    assert find_mistakes(html) == []
    for words in ("Are the right firms first?", "0.020 below what knows the truth", "3 synthetic"):
        assert words in html
    assert str(tmp_path) not in html


@pytest.mark.validate
def test_the_published_ranking_is_near_an_oracle_and_beats_labels_on_the_base_card():
    rows = pd.concat(
        [rank_country(Variant("base"), 20_000, s, RANKING_CHOICES, CHOICES) for s in (7000, 7001)]
    )
    assert set(rows.loc[rows["labels"] == is_.PERMUTED, "design"]) == set(DESIGNS)
    goals = hold_ranking_against_goals(rows).set_index("goal")["reached"]
    assert goals["recall at 1 % / oracle's"] == "yes"
    assert goals["average precision / logistic on labels"] == "yes"
    assert goals["area lost in a list left out"] == "yes"
    areas = rows[(rows["measure"] == is_.AREA) & (rows["design"] == RANDOM)]
    means = areas.groupby(["labels", "model"])["value"].mean()
    assert means[is_.TRUTH, "logistic"] - means[is_.LISTS, "latent"] < 0.05
