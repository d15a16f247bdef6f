"""Effects in words: nothing is shown larger, firmer or with another sign than it is."""

from __future__ import annotations

from typing import Any

import pandas as pd

from infiltrate.report import effect_overviews as overviews

NAN = float("nan")
COLUMNS = {
    "design": "event_study",
    "estimator": "Callaway and Sant'Anna",
    "outcome": "log_revenue",
    "term": "average",
    "estimate": 0.08,
    "std_error": 0.01,
    "low": 0.06,
    "high": 0.10,
    "p_value": 0.001,
    "unit": "log points",
    "event_time": pd.NA,
    "rows": 1000,
    "units": 200,
    "treated": 30,
    "clusters": 40,
    "sample": "main",
}


def effects(*rows: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame([{**COLUMNS, **row} for row in rows], columns=list(COLUMNS))


def study() -> pd.DataFrame:
    return effects(
        {},
        {"term": "year 0", "event_time": 0, "estimate": 0.05},
        {"estimator": "Sun and Abraham", "estimate": 0.07},
        {"term": "years before, joint Wald test", "estimate": 3.1, "low": NAN, "high": NAN}
        | {"unit": "chi squared", "p_value": 0.21},
        {"sample": "dates 12 months earlier", "estimate": 0.06},
        {"sample": "dates dealt out anew", "estimator": "randomisation", "estimate": 0.0},
        {"sample": "confounder 2 times as strong as log_debt", "term": "effect less a confounder"},
        {"outcome": "log_debt", "estimate": -0.02, "low": -0.05, "high": 0.01},
        {"design": "spillover", "estimator": "Gardner, two stages", "estimate": -0.01}
        | {"low": -0.03, "high": 0.01},
        {"design": "procurement_cost", "outcome": "price", "term": "difference"}
        | {"estimate": -0.0009, "low": -0.004, "high": 0.002, "unit": "share of the estimate"},
        {"design": "procurement_cost", "outcome": "price", "term": "total", "unit": "EUR"}
        | {"estimate": -1.6e6, "low": -2.3e6, "high": -1.1e6},
        {"design": "drivers", "term": "unemployment", "estimator": "logit"},
        {"design": "drivers", "term": "unemployment", "estimator": "logit", "sample": "other"},
    )


def test_each_question_is_answered_once_by_its_first_estimator() -> None:
    table = overviews.tabulate_main_effects(study())
    assert list(table["about"]) == ["Listed companies"] * 2 + ["Rivals", "Cost of contracts"]
    assert list(table["of"]) == ["Revenue", "Debt", "Revenue", "Price"]
    assert table["effect"][0] == "+0.080 (+0.060 to +0.100)"
    assert table["effect"][3] == "-1.6 million (-2.3 million to -1.1 million) EUR"
    assert overviews.tabulate_main_effects(study().head(0)).empty
    refused = study().assign(estimate=NAN)
    assert overviews.tabulate_main_effects(refused).empty


def test_a_small_negative_share_keeps_its_sign() -> None:
    table = overviews.tabulate_effects_of(study(), "procurement_cost")
    assert table["effect"][0] == "-0.1% (-0.4% to +0.2%) of the estimate"
    assert "treated" not in table
    differences = overviews.select_differences(study())
    assert list(differences["label"]) == ["Price"]
    at = overviews.tabulate_effects_of(
        effects({"design": "bunching", "sample": "works"}), "bunching"
    )
    assert list(at["about"]) == ["Revenue, works"]
    both = overviews.tabulate_effects_of(study(), "event_study", "spillover")
    assert both["about"].str.startswith("Listed companies, ").sum() == 3
    assert both["about"].iloc[-1] == "Rivals, revenue"


def test_a_curve_holds_its_averages_and_years_and_nothing_else() -> None:
    curve = overviews.select_curve(study(), "log_revenue")
    assert list(curve["term"]) == ["average", "year 0", "average"]
    assert set(curve["sample"]) == {"main"}
    lead = {"term": "year -2", "event_time": -2, "estimate": 0.01}
    with_lead = overviews.select_curve(effects({}, lead), "log_revenue")
    assert list(with_lead["event_time"].dropna()) == [-2, -1]
    assert with_lead["estimate"].iloc[-1] == 0


def test_variants_are_named_and_the_answer_comes_first() -> None:
    varied = overviews.vary_averages(study(), "log_revenue")
    assert list(varied["label"]) == [
        "as above",
        "as above",
        "dates 12 months earlier",
        "dates dealt out anew",
    ]


def test_checks_are_those_that_are_no_effect() -> None:
    checks = overviews.tabulate_checks(study(), "log_revenue")
    assert list(checks["check"]) == [
        "years before, joint Wald test",
        "dates dealt out anew",
        "confounder 2 times as strong as log_debt",
    ]
    assert checks["value"][0] == "3.1 chi squared"
    assert checks["p"][0] == "0.210"
    assert overviews.tabulate_checks(study().head(0), "log_revenue").empty


def test_drivers_come_in_the_order_that_is_asked_for() -> None:
    chosen = overviews.select_drivers(
        study(), {("logit", "other"): "without", ("logit", "main"): "with", ("x", "main"): "none"}
    )
    assert list(chosen["variant"]) == ["without", "with"]
    assert overviews.select_drivers(study().head(0), {("logit", "main"): "with"}).empty


def test_refusals_are_named_by_what_they_are_about() -> None:
    findings = pd.DataFrame(
        {
            "severity": ["refused", "warning"],
            "design": ["spillover", "event_study"],
            "text": ["Too few.", "Read with care."],
        }
    )
    table = overviews.tabulate_findings(findings)
    assert list(table["about"]) == ["Rivals", "Listed companies"]
    assert list(table["state"]) == ["not answered", "read with care"]
    assert overviews.tabulate_findings(findings.head(0)).empty


def test_planted_effects_stand_beside_estimates() -> None:
    table = overviews.tabulate_planted(study(), {"revenue": 0.08, "rivals": -0.04})
    assert list(table["estimated"]) == [0.08, 0.07, -0.01]
    assert list(table["covered"]) == [True, True, False]
    assert list(table["planted"]) == [0.08, 0.08, -0.04]
    assert overviews.tabulate_planted(study(), {}).empty


def test_the_interval_of_a_gap_becomes_that_of_the_path() -> None:
    path = pd.DataFrame(
        {"year": [2000], "observed": [90.0], "synthetic": [100.0], "low": [-14.0], "high": [-6.0]}
    )
    drawn = overviews.draw_path(path).iloc[0]
    assert (drawn["low"], drawn["high"]) == (96.0, 104.0)
    assert overviews.draw_path(pd.DataFrame()).empty


def test_outcomes_have_names() -> None:
    assert overviews.name_outcome("log_revenue") == "Revenue"
    assert overviews.name_outcome("final_price") == "Final price"
