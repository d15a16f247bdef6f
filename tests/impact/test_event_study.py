"""Event studies on invented panels: known effects, what is left out, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from infiltrate.impact.answer import tabulate_effects
from infiltrate.impact.event_study import (
    ESTIMATORS,
    MAIN,
    EventStudy,
    EventStudyDesign,
    fit_event_study,
)
from infiltrate.impact.matching import match_controls
from infiltrate.impact.placebo import deal_dates
from infiltrate.impact.staggered import GARDNER, TWO_WAY, estimate_curve
from infiltrate.params.impact_choices import ImpactChoices
from tests.impact.staggered_panels import average_effect, draw_panel, growing, no_effect

CHOICES = ImpactChoices()
HETEROGENEOUS = tuple(name for name in ESTIMATORS if name != TWO_WAY)
PLAIN = EventStudyDesign("log_revenue", has_checks=False)


def fit(panel: pd.DataFrame, design: EventStudyDesign = PLAIN, **choices: object) -> EventStudy:
    changed = CHOICES.model_copy(update=choices)
    return fit_event_study(panel, design, changed, np.random.default_rng(3))


def averages(study: EventStudy) -> pd.DataFrame:
    effects = tabulate_effects([study.answer])
    found = effects[(effects["term"] == "average") & (effects["sample"] == "main")]
    return found.set_index("estimator")


def texts(study: EventStudy, severity: str) -> str:
    return " | ".join(f.text for f in study.answer.findings if f.severity == severity)


@pytest.fixture(scope="module")
def panel() -> pd.DataFrame:
    return draw_panel(1)


@pytest.fixture(scope="module")
def study(panel) -> EventStudy:
    return fit(panel, EventStudyDesign("log_revenue"))


def test_without_noise_every_estimator_gives_the_effects_to_the_digit():
    panel = draw_panel(2, companies=600, cells=20, noise=0.0, missing=0.0)
    study = fit(panel)
    years = study.curve[study.curve["event_time"].notna()]
    for name in HETEROGENEOUS:
        curve = years[years["estimator"] == name].set_index("event_time")["estimate"]
        expected = growing(curve.index.to_numpy(float))
        assert curve.to_numpy(float) == pytest.approx(expected, abs=1e-7), name
        assert averages(study).loc[name, "estimate"] == pytest.approx(
            average_effect(panel, study.matched.rows), abs=1e-7
        )


def test_two_way_fixed_effects_miss_growing_effects():
    # effects grow by 0.3 a year; companies treated early are controls for those treated late
    panel = draw_panel(
        4, 600, cells=20, share=0.6, noise=0.0, missing=0.0, effect=lambda t: 0.3 * growing(10 * t)
    )
    study = fit(panel)
    truth = average_effect(panel, study.matched.rows)
    found = averages(study)["estimate"]
    assert found[TWO_WAY] < 0.85 * truth
    assert found[list(HETEROGENEOUS)].to_numpy() == pytest.approx(truth, abs=1e-6)


def test_the_planted_average_lies_within_three_standard_errors(panel, study):
    found = averages(study).loc[list(HETEROGENEOUS)]
    truth = average_effect(panel, study.matched.rows)
    assert truth > 0.08
    assert (abs(found["estimate"] - truth) < 3 * found["std_error"]).all()
    assert (found["low"] < found["estimate"]).all() and (found["estimate"] < found["high"]).all()
    assert set(found["unit"]) == {"log points"}
    assert (found["clusters"] < study.matched.rows["unit"].nunique()).all()
    assert found["treated"].nunique() == 1 and found["rows"].nunique() == 1


def test_controls_of_the_cell_matter(panel, study):
    # without cells, trends of the cells that grow and are treated more often stay in the effect
    pooled = fit(panel.assign(cell="all"))
    truth = average_effect(panel, pooled.matched.rows)
    assert averages(pooled).loc[MAIN, "estimate"] > truth + 0.02
    assert "clusters of the panel" in pooled.matched.clustered_by


def test_neither_the_order_of_rows_nor_names_change_anything(panel, study):
    names = sorted(panel["company_id"].unique())
    renamed = dict(zip(names, reversed(names), strict=True))
    other = panel.assign(
        company_id=panel["company_id"].map(renamed),
        cluster=panel["cluster"].map(renamed),
        cell=panel["cell"].str.replace("cell", "place"),
    ).sample(frac=1, random_state=5)
    again = fit(other)
    for column in ("estimate", "std_error", "low", "high"):
        mine, theirs = study.curve[column].to_numpy(float), again.curve[column].to_numpy(float)
        assert theirs == pytest.approx(mine, abs=1e-7, nan_ok=True), column
    draws = len(study.dealt)
    dealt = deal_dates(again.matched, draws, np.random.default_rng(3))
    assert dealt[0] == pytest.approx(study.observed)
    assert dealt[1] == pytest.approx(study.dealt)


def test_the_curve_has_a_row_of_zero_at_the_year_of_reference(study):
    at = study.curve[study.curve["event_time"] == -1].set_index("estimator")
    assert at["estimate"].eq(0).all() and at["low"].isna().all()
    assert GARDNER not in at.index and MAIN in at.index
    for _, rows in study.curve.groupby("estimator"):
        assert rows["event_time"].is_monotonic_increasing


def test_other_dates_find_what_they_should(study):
    effects = tabulate_effects([study.answer]).query("term == 'average' and estimator == @MAIN")
    by_sample = effects.set_index("sample")
    main = by_sample.loc["main", "estimate"]
    false = by_sample.loc["false date 3 years early"]
    assert false["low"] < 0 < false["high"]
    # rows before the true date pull the average down the further dates are moved
    moved = by_sample.loc[["dates 12 months earlier", "dates 24 months earlier"], "estimate"]
    assert main > moved.iloc[0] > moved.iloc[1]
    early = by_sample.loc["one year of anticipation"]
    assert abs(early["estimate"] - main) < 3 * early["std_error"]


def test_dates_dealt_out_anew_give_nothing(study):
    effects = tabulate_effects([study.answer]).set_index("sample")
    dealt = effects.loc["dates dealt out anew"]
    assert len(study.dealt) == CHOICES.placebo_draws
    assert abs(dealt["estimate"]) < 0.2 * study.observed
    assert dealt["p_value"] == pytest.approx(1 / (1 + CHOICES.placebo_draws))


def test_without_effect_dates_dealt_out_anew_cannot_be_told_apart():
    draws = [
        fit(
            draw_panel(seed, 600, cells=20, effect=no_effect),
            EventStudyDesign("log_revenue", estimators=(GARDNER,)),
            placebo_draws=60,
            shifts_months=[],
        )
        for seed in range(10)
    ]
    p_values = [
        tabulate_effects([s.answer]).query("sample == 'dates dealt out anew'") for s in draws
    ]
    assert np.mean([p["p_value"].iloc[0] < 0.2 for p in p_values]) <= 0.6


def test_only_companies_with_a_stated_date_where_some_have_none(panel):
    stated = panel["company_id"].str[-1].astype(int) % 2 == 0
    design = EventStudyDesign("log_revenue", estimators=(GARDNER,))
    study = fit(panel.assign(has_stated_date=stated), design, placebo_draws=50)
    effects = tabulate_effects([study.answer]).set_index("sample")
    half = effects.loc["companies with a stated date", "treated"]
    assert 0.3 < half / averages(study).loc[GARDNER, "treated"] < 0.7


def test_years_after_a_measure_and_long_after_treatment_are_left_out(panel):
    until = panel["first_treated"] + 1
    matched = match_controls(panel.assign(treated_until=until), "log_revenue", lags=4)
    assert matched.rows["event_time"].max() == 1
    matched = match_controls(panel, "log_revenue", lags=2)
    assert matched.rows["event_time"].max() == 2


def test_a_year_stays_only_where_never_treated_companies_link_it():
    rows = [("T", 2015 + t, 2017, "a", float(t)) for t in range(6)]
    rows += [("N", 2015 + t, pd.NA, "a", 1.0) for t in range(4)]
    rows += [("M", 2015 + t, pd.NA, "a", 1.0) for t in (4, 5)]  # seen after N only: no link
    rows += [("L", 2015 + t, 2017, "b", 1.0) for t in range(6)]  # alone in its cell
    names = ["company_id", "year", "first_treated", "cell", "y"]
    panel = pd.DataFrame(rows, columns=names).astype({"first_treated": "Int64"})
    panel = panel.assign(
        treated_until=pd.array([pd.NA] * len(panel), dtype="Int64"), cluster=panel["company_id"]
    )
    matched = match_controls(panel, "y", lags=4)
    treated = matched.rows[matched.rows["cohort"] > 0]
    assert treated["company_id"].unique().tolist() == ["T"]
    assert treated["year"].tolist() == [2015, 2016, 2017, 2018]
    said = " | ".join(finding.text for finding in matched.findings)
    assert "Fewer than 5 treated companies have no never-treated company in their cell" in said
    assert matched.is_refused


def test_clusters_hold_whole_cells(panel):
    matched = match_controls(panel, "log_revenue", lags=4)
    assert (matched.rows.groupby("cell")["cluster"].nunique() == 1).all()
    larger = panel.assign(cluster=panel["cell"].str[:7])
    matched = match_controls(larger, "log_revenue", lags=4)
    assert matched.rows["cluster"].nunique() == larger["cluster"].nunique() == 15
    assert "Only 15 clusters with treated" in " ".join(f.text for f in matched.findings)


def broken(panel: pd.DataFrame, how: str) -> pd.DataFrame:
    ever, first = panel["first_treated"].notna(), panel["first_treated"]
    if how == "one treated company":
        return panel[~ever | (panel["company_id"] == panel.loc[ever, "company_id"].iloc[0])]
    if how == "no company never treated":
        return panel[ever]
    if how == "treated in the first year":
        return panel.assign(first_treated=first.mask(ever, 2015))
    if how == "one cluster":
        return panel.assign(cluster="all", cell="all")
    if how == "two rows of a company and year":
        return pd.concat([panel, panel.iloc[:1]])
    if how == "no outcome":
        return panel.assign(log_revenue=np.nan)
    if how == "treated after the last year only":
        return panel.assign(first_treated=first.mask(ever, 2030))
    return panel.assign(log_revenue=1.0)


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ("one treated company", "at least 10 are needed"),
        ("no company never treated", "at least 10 are needed"),
        ("treated in the first year", "at least 10 are needed"),
        ("one cluster", "no standard error"),
        ("two rows of a company and year", "already has"),
        ("no outcome", "No rows are left"),
        ("treated after the last year only", "at least 10 are needed"),
        ("an outcome that never changes", "does not vary"),
    ],
)
def test_what_cannot_be_estimated_is_refused_with_the_reason(panel, how, reason):
    study = fit(broken(panel, how), EventStudyDesign("log_revenue"))
    assert study.answer.is_refused and not study.answer.effects
    assert study.curve.empty and study.pretrends is None
    assert reason in texts(study, "refused")


def test_what_makes_numbers_doubtful_is_said(panel):
    rows = panel.copy()
    rows.loc[rows.index[:7], "log_revenue"] = np.nan
    rows.loc[rows.index[7:9], "log_revenue"] = np.inf
    said = texts(fit(rows), "warning")
    assert "7 rows have no `log_revenue`" in said
    assert "Fewer than 5 rows have an infinite `log_revenue`" in said
    assert "gaps" in said and "have no row in the year" in said


@pytest.mark.parametrize("seed", range(3))
def test_small_panels_with_holes_give_findings_and_never_an_exception(seed):
    rng = np.random.default_rng(seed)
    panel = draw_panel(
        seed,
        companies=int(rng.integers(8, 60)),
        cells=int(rng.integers(1, 6)),
        years=int(rng.integers(3, 9)),
        share=float(rng.choice([0.3, 0.6])),
        missing=float(rng.choice([0.2, 0.5])),
    )
    study = fit(
        panel, EventStudyDesign("log_revenue"), fewest_treated=2, shifts_months=[], placebo_draws=50
    )
    assert study.answer.findings
    assert study.answer.is_refused != bool(study.answer.effects)
    assert all(np.isfinite(e.estimate) for e in study.answer.effects if e.term == "average")


def test_a_missing_column_is_an_error(panel):
    with pytest.raises(ValueError, match="no column treated_until"):
        fit(panel.drop(columns="treated_until"))


def test_trends_before_treatment_are_said(panel):
    trend = 0.08 * (panel["year"] - panel["first_treated"].astype("float64")).clip(upper=0)
    study = fit(
        panel.assign(log_revenue=panel["log_revenue"] + trend.fillna(0)),
        EventStudyDesign("log_revenue", estimators=(MAIN,)),
        shifts_months=[],
        placebo_draws=50,
    )
    assert study.pretrends is not None and study.pretrends.p_value < 0.001
    assert "moved apart from their controls before treatment" in texts(study, "warning")


def test_an_effect_of_false_dates_is_said(panel):
    # what lists call the first year is the third since it began
    early = panel.assign(first_treated=panel["first_treated"] + 2)
    study = fit(early, EventStudyDesign("log_revenue", estimators=(MAIN,)), placebo_draws=50)
    assert "false date 3 years early, when nothing had begun, the effect is 0." in texts(
        study, "warning"
    )


@pytest.mark.validate
def test_intervals_cover_and_size_holds_over_many_panels():
    draws, hits, errors, rejected = 100, [], [], []
    for seed in range(draws):
        panel = draw_panel(100 + seed, cells=120)
        matched = match_controls(panel, "log_revenue", lags=4)
        truth = average_effect(panel, matched.rows)
        curves = [estimate_curve(matched, name, 3) for name in HETEROGENEOUS]
        hits.append([abs(c.average - truth) < 1.98 * c.average_error for c in curves])
        errors.append([c.average / truth - 1 for c in curves])
        null = panel.assign(log_revenue=panel["log_revenue"] - panel["effect"])
        matched = match_controls(null, "log_revenue", lags=4)
        curves = [estimate_curve(matched, name, 3) for name in HETEROGENEOUS]
        rejected.append([abs(c.average) > 1.98 * c.average_error for c in curves])
    summary = pd.DataFrame(
        {
            "coverage": np.mean(hits, axis=0),
            "bias": np.mean(errors, axis=0),
            "error of the bias": np.std(errors, axis=0) / draws**0.5,
            "size": np.mean(rejected, axis=0),
        },
        index=list(HETEROGENEOUS),
    )
    print(summary.round(4).to_string())
    assert (summary["coverage"] >= binom.ppf(0.005, draws, 0.95) / draws).all()
    assert (summary["size"] <= binom.ppf(0.995, draws, 0.05) / draws).all()
    assert (abs(summary["bias"]) < 0.05).all()
