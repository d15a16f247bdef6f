"""What figures and tables about a ranking say, and what they must not."""

from __future__ import annotations

import pandas as pd

from infiltrate.report import figures
from infiltrate.report.disclosure import Tags
from infiltrate.report.labels import name_features
from infiltrate.report.risk_overviews import (
    say_designs,
    show_model_card,
    show_worth,
    tabulate_designs,
    tabulate_head,
)
from infiltrate.risk.model_card import CardSection
from infiltrate.risk.study_box import StudyBaseRates
from tests.report import risk_samples, samples
from tests.report.html_checks import PageReader

NAN = float("nan")


def test_findings_are_computed_from_the_data():
    titles = {name: draw().title for name, draw in risk_samples.FIGURES.items()}
    assert titles["reliability_curve"] == (
        "Where 9% was stated, 14% (10% to 19%) were listed; 2 of 3 groups hold what was stated"
    )
    assert titles["feature_importance"] == (
        "Shuffling 'Single bid, share flagged' costs most, 0.061 (0.030 to 0.090) of the area "
        "under the curve; 1 of 3 groups clearly matter"
    )
    assert titles["removable_flags"] == "50% of the flags hang on one sign, 80% on two at most"
    assert titles["error_rates"] == (
        "1 of 5 comparisons between kinds of firms shows a difference beyond chance"
    )
    assert titles["head_stability"].startswith("50% of the firms above the cut are unstable")


def test_features_are_named_in_words():
    terms = ["C01", "C01_mean", "C01_unknown_share", "F30_mean_among_peers is missing"]
    named = name_features(
        pd.DataFrame({"term": terms}),
        {"C01": "Single bid", "F30": "Leverage"},
        pd.DataFrame({"area_id": [], "name": []}),
    )
    assert named["term"].tolist() == [
        "Single bid",
        "Single bid, mean value",
        "Single bid, share not computable",
        "Leverage, mean value, against peers is missing",
    ]


def test_flags_that_nothing_takes_away_are_counted_among_all():
    figure = figures.removable_flags(risk_samples.flagged(), risk_samples.signs())
    assert "more: 10%" in figure.alt


def test_a_closed_group_is_drawn_as_closed_and_named_in_words():
    figure = risk_samples.FIGURES["error_rates"]()
    words = figure.svg().decode()
    assert "closed" in words and "region: Piura" in words
    assert "n_units" not in figure.numbers


def test_numbers_of_single_firms_are_not_behind_the_figure_of_places():
    assert len(risk_samples.FIGURES["head_stability"]().numbers) <= 10


def test_simple_rankings_are_named_when_they_do_better():
    metrics = samples.risk_metrics()
    rival = metrics[metrics["model"] == "logistic"].assign(model="bids alone")
    rival["value"] += 0.1
    both = pd.concat([metrics, rival], ignore_index=True)
    both["ranks"] = both["model"] == "boosting"
    figure = figures.validation_metrics(both, simple=("bids alone",))
    assert figure.title == (
        "ROC-AUC is 0.78 (0.74 to 0.81) connected group (boosting); the best simple ranking, bids "
        "alone, has 0.86"
    )


def test_a_design_has_the_metrics_of_the_learner_that_ranks_or_a_reason():
    metrics = pd.DataFrame(
        [
            ("roc_auc", "a", 0.7, 0.6, 0.8, True),
            ("roc_auc", "a", 0.9, 0.8, 1.0, False),
            ("roc_auc", "b", NAN, NAN, NAN, True),
        ],
        columns=["name", "design", "value", "low", "high", "ranks"],
    )
    designs = pd.DataFrame(
        {
            "design": ["a", "b"],
            "folds": [5, 0],
            "n_units": [100, 0],
            "n_listed": [3, 0],
            "reason": ["", "no second list"],
            "note": ["a note", ""],
        }
    )
    table = tabulate_designs(designs, metrics, 5)
    assert table["ROC-AUC"].iloc[0] == "0.70 (0.60 to 0.80)" and pd.isna(table["ROC-AUC"].iloc[1])
    assert say_designs(designs) == "A: a note. B: no second list."
    assert table["n_listed"].tolist() == ["closed", 0]


def test_the_head_shows_tags_and_never_names():
    scores = pd.DataFrame(
        {
            "company_id": ["XX:1", "XX:2", "XX:3"],
            "rank": [1, 2, 3],
            "rank_low": [1, 1, 1],
            "rank_high": [2, 3, 3],
            "head_share": [0.9, 0.6, NAN],
            "is_unstable": pd.array([False, True, None], dtype="boolean"),
        }
    )
    flags = pd.DataFrame(
        {"company_id": ["XX:1", "XX:2"], "changes": pd.array([2, None], dtype="Int64")}
    )
    table = tabulate_head(scores, flags, Tags(b"k" * 32), 3)
    assert table["flagged in refits"].tolist() == ["90%", "60%, unstable", ""]
    assert table["signs to be without"].tolist() == ["2", "more", "not flagged"]
    assert not table.astype(str).apply(lambda column: column.str.contains("XX:")).any(axis=None)


def test_the_box_then_what_ifs_then_what_lists_do_not_show():
    table = pd.DataFrame(
        {
            "prevalence": [0.02],
            "expected_of_100": [5.0],
            "low": [3.0],
            "high": [9.0],
            "missed_share": [0.4],
        }
    )
    bounds = pd.DataFrame(
        {
            "prevalence": 0.02,
            "name": ["roc_auc", "roc_auc", "lift_at_1pct"],
            "assumption": ["like listed ones", "anywhere", "anywhere"],
            "observed": 0.8,
            "low": [0.81, 0.5, 1.0],
            "high": [0.81, 0.9, 2.0],
        }
    )
    worth = StudyBaseRates("the first", None, "Nobody can say.", table)
    panels = show_worth(worth, bounds)
    assert [PageReader(panel.html).mistakes for panel in panels] == [[], [], []]
    box, what_ifs, bounded = (panel.html for panel in panels)
    assert "Nobody can say." in box
    assert "(3 to 9)" in what_ifs
    assert "0.50 to 0.90" in bounded and "0.81 to" not in bounded and "1.00" not in bounded
    assert len(show_worth(worth, bounds.iloc[:0])) == 2
    nobody = StudyBaseRates("the first", None, "Nobody can say.", table.iloc[:0])
    assert len(show_worth(nobody, bounds)) == 1


def test_the_model_card_is_well_formed_and_escaped():
    panel = show_model_card([CardSection("Model details", ("a < b", "c"))])
    assert PageReader(panel.html).mistakes == []
    assert "a &lt; b" in panel.html
    assert "Model details: a < b c" in panel.text
