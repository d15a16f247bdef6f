"""Goals of the ranking, judged on rows made by hand; and how they are shown."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from infiltrate.errors import StoreError
from infiltrate.validation import ranking as is_
from infiltrate.validation.document import insert_results
from infiltrate.validation.ranking_document import (
    BEGIN,
    END,
    insert_rankings,
    write_ranking_summary,
)
from infiltrate.validation.ranking_goals import hold_ranking_against_goals
from infiltrate.validation.ranking_summary import (
    compare_learners,
    read_ranking,
    summarise_ranking,
)
from tests.validation.ranking_rows import ranked, row, table

ORACLE = "area below the oracle's, ranks"
STATED = "area below the oracle's, probabilities of infiltration"
RECALL = "recall at 1 % / oracle's"
PRECISION = "average precision / logistic on labels"
REGIONS = "area lost in regions never seen"
LIST = "area lost in a list left out"
SLOPE = "calibration slope of the probability of infiltration, mean"
ERROR = "calibration error of the probability of infiltration, mean"
PERMUTED = "95 % interval of the area against permuted lists holds 0.5"
NOTHING = "95 % interval of the area against lists holds 0.5"


def verdicts(*rows: dict) -> pd.DataFrame:
    return hold_ranking_against_goals(table(*rows)).set_index("goal")


@pytest.mark.parametrize(
    ("goal", "facts", "result"),
    [
        (ORACLE, {"oracle": 0.779}, "0.029"),
        (STATED, {"stated_area": 0.741}, "0.029"),
        (RECALL, {"recall": (0.097, 0.12)}, "0.81"),
        (PRECISION, {"precision": (0.067, 0.06)}, "1.12"),
        (REGIONS, {"lost": (0.049, 0)}, "0.049"),
        (LIST, {"lost": (0, 0.049)}, "0.049"),
        (SLOPE, {"calibration": (1.24, 0.1)}, "1.24; within in 1 of 1"),
        (ERROR, {"calibration": (9, 0.0049)}, "0.0049; within in 1 of 1"),
        (PERMUTED, {"permuted": (0.4, 0.5)}, "1 of 1, 100 %; mean 0.450"),
    ],
)
def test_a_goal_that_is_just_reached(goal, facts, result):
    found = verdicts(*ranked(**facts)).loc[goal]
    assert (found["result"], found["reached"]) == (result, "yes")
    assert (found["countries"], found["seeds"]) == ("1", "1 to 1")


@pytest.mark.parametrize(
    ("goal", "facts"),
    [
        (ORACLE, {"oracle": 0.781}),
        (STATED, {"stated_area": 0.739}),
        (RECALL, {"recall": (0.095, 0.12)}),
        (PRECISION, {"precision": (0.065, 0.06)}),
        (REGIONS, {"lost": (0.051, 0)}),
        (LIST, {"lost": (0, 0.051)}),
        (SLOPE, {"calibration": (1.26, 0)}),
        (SLOPE, {"calibration": (0.79, 0)}),
        (ERROR, {"calibration": (1, 0.0051)}),
        (PERMUTED, {"permuted": (0.51, 0.6)}),
    ],
)
def test_a_goal_that_is_just_missed(goal, facts):
    assert verdicts(*ranked(**facts)).loc[goal, "reached"] == "no"


def test_countries_are_paired_and_the_error_of_their_mean_is_said():
    rows = [*ranked(area=0.75, oracle=0.76), *ranked(area=0.60, oracle=0.63, seed=2)]
    found = verdicts(*rows).loc[ORACLE]
    # differences 0.01 and 0.03: mean 0.02, standard error 0.01
    assert (found["result"], found["countries"]) == ("0.020 ± 0.020", "2")


def test_a_ratio_is_that_of_the_means():
    rows = [*ranked(recall=(0.1, 0.1)), *ranked(recall=(0.3, 0.5), seed=2)]
    assert verdicts(*rows).loc[RECALL, "result"].startswith("0.67 ±")


def test_what_was_not_run_is_said_to_be_so():
    found = verdicts(*ranked(scenario="hard"))
    assert (found["reached"] == "not run").all()
    assert (found["result"] == "").all()
    without_oracle = [one for one in ranked() if one["labels"] != is_.TRUTH]
    assert verdicts(*without_oracle).loc[ORACLE, "reached"] == "not run"


def test_where_nobody_is_infiltrated_no_learner_may_tell_the_listed_apart():
    facts = {"scenario": "no_effect", "measure": is_.AREA_LISTED}
    held = [row(seed=seed, value=0.5, low=0.4, high=0.6, **facts) for seed in range(9)]
    missed = row(seed=9, value=0.7, low=0.6, high=0.8, **facts)
    refused = row(seed=10, value=float("nan"), reason="Nothing to learn.", **facts)
    assert verdicts(*held, missed, refused).loc[NOTHING, "reached"] == "yes"
    found = verdicts(*held[:8], missed).loc[NOTHING]
    assert (found["result"], found["reached"]) == ("8 of 9, 89 %; mean 0.522", "no")


def test_the_summary_counts_answers_and_keeps_reasons():
    rows = table(
        row(value=0.7),
        row(value=0.8, seed=2),
        row(value=float("nan"), seed=3, reason="Too few firms on two lists."),
    )
    (found,) = summarise_ranking(rows).to_dict("records")
    assert (found["countries"], found["answered"]) == (3, 2)
    assert found["mean"] == pytest.approx(0.75)
    assert found["error"] == pytest.approx(0.05)
    assert found["reason"] == "Too few firms on two lists."


def test_learners_stand_side_by_side_oracles_first():
    shown = compare_learners(table(*ranked(scenario="hard"), *ranked()))
    assert shown["scenario"].drop_duplicates().tolist() == ["base", "hard"]
    assert shown["labels"].iloc[0] == is_.TRUTH
    assert shown[is_.AREA].iloc[0] == pytest.approx(0.77)


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "results"
    path.mkdir()
    rows = [one for seed in (1, 2) for one in ranked(seed=seed, scenario="base")]
    table(*rows, *ranked(scenario="adversarial")).to_csv(path / "ranking.csv", index=False)
    return path


def test_everything_is_written_and_comes_back(folder):
    summary = write_ranking_summary(folder)
    for name in ("ranking_summary.csv", "ranking_goals.csv"):
        assert (folder / name).stat().st_size > 0
    words = summary.read_text()
    assert "9 reached, 0 missed" in words
    assert "3 synthetic countries of 1,000 firms" in words
    assert "40 % ± 0" in words
    rows = read_ranking(folder / "ranking.csv")
    assert rows["reason"].eq("").all()
    assert rows["value"].dtype == float


def test_results_go_between_their_own_markers(folder, tmp_path):
    document = tmp_path / "validation.md"
    document.write_text(f"Above\n{BEGIN}\nold\n{END}\nbelow\n")
    insert_rankings(folder, document, date(2026, 11, 23))
    text = document.read_text()
    assert text.startswith(f"Above\n{BEGIN}\n3 synthetic")
    assert text.endswith(f"{END}\nbelow\n")
    assert "Run on 2026-11-23" in text
    insert_rankings(folder, document, date(2026, 11, 23))
    assert document.read_text() == text
    with pytest.raises(StoreError, match="there is no such file"):
        insert_results(folder, document, date(2026, 11, 23))
    document.write_text(f"{END} {BEGIN}")
    with pytest.raises(StoreError, match="in this order"):
        insert_rankings(folder, document, date(2026, 11, 23))


def test_another_file_is_no_ranking_file(tmp_path):
    with pytest.raises(StoreError, match="--what ranking"):
        read_ranking(tmp_path / "ranking.csv")
    (tmp_path / "ranking.csv").write_text("scenario,seed\nbase,1\n")
    with pytest.raises(StoreError, match="it is no ranking file"):
        read_ranking(tmp_path / "ranking.csv")
