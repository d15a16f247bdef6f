"""Published effects of staggered treatment, and the libraries' own answers, reached by ours."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from infiltrate.impact.matching import MatchedPanel, match_controls
from infiltrate.impact.staggered import (
    CALLAWAY,
    GARDNER,
    PROJECTIONS,
    SUN_ABRAHAM,
    TWO_WAY,
    estimate_curve,
)

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("INFILTRATE_DATA", ROOT.parent / "shared" / "data"))
CLOSE = 0.0001

# Callaway and Sant'Anna's minimum wages of counties, as the README of R's `did` prints them
GROUP_TIME = {
    2004: (-0.0105, -0.0704, -0.1373, -0.1008),
    2006: (0.0065, -0.0028, -0.0046, -0.0412),
    2007: (0.0305, -0.0027, -0.0311, -0.0261),
}
BEFORE = {-3: 0.0305, -2: -0.0006, -1: -0.0245}
AFTER = {0: -0.0199, 1: -0.0510, 2: -0.1373, 3: -0.1008}


@pytest.fixture(scope="module")
def counties() -> pd.DataFrame:
    path = DATA / "replication" / "mpdta.csv"
    if not path.exists():
        pytest.skip(f"published tables not found: set INFILTRATE_DATA ({path.name} is absent)")
    return pd.read_csv(path)


@pytest.fixture(scope="module")
def matched(counties) -> MatchedPanel:
    return match_counties(counties.rename(columns={"first.treat": "start"}))


def match_counties(counties: pd.DataFrame) -> MatchedPanel:
    panel = pd.DataFrame(
        {
            "company_id": counties["countyreal"].astype(str),
            "year": counties["year"],
            "outcome": counties["lemp"],
            "first_treated": counties["start"].replace(0, pd.NA).astype("Int64"),
            "treated_until": pd.array([pd.NA] * len(counties), dtype="Int64"),
            "cell": "all",
            "cluster": counties["countyreal"].astype(str),
        }
    )
    return match_controls(panel, "outcome", lags=3)


def group_time(counties: pd.DataFrame, base: str, controls: str = "never_treated"):
    from diff_diff import CallawaySantAnna

    estimator = CallawaySantAnna(
        estimation_method="reg",
        control_group=controls,
        base_period=base,
        cluster="countyreal",
    )
    return estimator.fit(
        counties, outcome="lemp", unit="countyreal", time="year", first_treat="first.treat"
    )


def test_nothing_of_the_published_panel_is_left_out(counties, matched):
    assert matched.findings == ()
    assert len(matched.rows) == len(counties) == 2500
    assert matched.count_treated() == 191


def test_published_effects_by_group_and_year(counties):
    effects = group_time(counties, "varying").group_time_effects
    for group, published in GROUP_TIME.items():
        found = [effects[(group, year)]["effect"] for year in range(2004, 2008)]
        assert found == pytest.approx(published, abs=CLOSE)


def test_published_effects_by_event_time_and_their_averages(counties, matched):
    fit = group_time(counties, "varying")
    events = fit.aggregate("event_study").to_dataframe().set_index("event_time")["att"]
    published = BEFORE | AFTER
    assert events.loc[list(published)].tolist() == pytest.approx(
        list(published.values()), abs=CLOSE
    )
    # ours are measured from one year for all; after treatment they are the same
    curve = estimate_curve(matched, CALLAWAY, 4)
    ours = dict(zip(curve.event_times.tolist(), curve.estimates.tolist(), strict=True))
    assert [ours[t] for t in AFTER] == pytest.approx(list(AFTER.values()), abs=CLOSE)
    assert np.mean([ours[t] for t in AFTER]) == pytest.approx(-0.0772, abs=CLOSE)
    assert curve.average == pytest.approx(-0.03995, abs=0.00001)
    sizes = matched.rows[matched.rows["cohort"] > 0].groupby("cohort")["unit"].nunique()
    groups = fit.aggregate("group")
    assert np.average(groups.att, weights=sizes) == pytest.approx(-0.0310, abs=CLOSE)


def test_sun_and_abraham_equals_pyfixest_and_callaway_and_santanna(counties, matched):
    from pyfixest.did.saturated_twfe import SaturatedEventStudy

    curve = estimate_curve(matched, SUN_ABRAHAM, 4)
    callaway = estimate_curve(matched, CALLAWAY, 4)
    # with nothing but effects of units and years and controls never treated they are the same
    assert curve.estimates == pytest.approx(callaway.estimates, abs=1e-9)
    assert curve.average_error == pytest.approx(callaway.average_error, rel=0.005)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        study = SaturatedEventStudy(
            counties.rename(columns={"first.treat": "start"}),
            yname="lemp",
            idname="countyreal",
            tname="year",
            gname="start",
            cluster="countyreal",
        )
        study.estimate()
        table = study.mod.tidy()
    latest = table.loc["rel_time::0.0:first_treated_period::2007"]
    assert latest["Estimate"] == pytest.approx(-0.0261, abs=CLOSE)


def test_two_stages_equal_pyfixest(counties):
    from pyfixest import did2s

    # pyfixest leaves out units with one row before treatment, hence without those of 2004
    kept = counties[counties["first.treat"] != 2004].rename(columns={"first.treat": "start"})
    since = (kept["year"] - kept["start"]).where(kept["start"] > 0, -1).clip(lower=-1)
    data = kept.assign(since=since.astype(int), on=since >= 0).reset_index(drop=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        library = did2s(
            data,
            yname="lemp",
            first_stage="~ 0 | countyreal + year",
            second_stage="~ i(since, ref=-1)",
            treatment="on",
            cluster="countyreal",
        )
    ours = estimate_curve(match_counties(data), GARDNER, 0)
    clusters = data["countyreal"].nunique()
    # theirs has no factor for the number of clusters
    expected = library.se().to_numpy() * np.sqrt(clusters / (clusters - 1))
    assert ours.estimates == pytest.approx(library.coef().to_numpy(), abs=1e-6)
    assert np.sqrt(np.diag(ours.covariance)) == pytest.approx(expected, rel=1e-5)


def test_local_projections_equal_group_time_effects_with_controls_not_yet_treated(
    counties, matched
):
    curve = estimate_curve(matched, PROJECTIONS, 0)
    library = group_time(counties, "universal", "not_yet_treated").aggregate("event_study")
    events = library.to_dataframe().set_index("event_time")
    assert curve.estimates == pytest.approx(events.loc[list(AFTER), "att"].to_numpy(), abs=1e-9)
    errors = np.sqrt(np.diag(curve.covariance))
    # the library counts the noise of cohorts' shares, ours takes them as they are
    assert errors == pytest.approx(events.loc[list(AFTER), "se"].to_numpy(), rel=0.01)


def test_the_contrast_is_the_regression_of_pyfixest(counties, matched):
    from pyfixest import feols

    started = (counties["first.treat"] > 0) & (counties["year"] >= counties["first.treat"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        library = feols(
            "lemp ~ started | countyreal + year",
            counties.assign(started=started.astype(float)),
            vcov={"CRV1": "countyreal"},
        )
    ours = estimate_curve(matched, TWO_WAY, 0)
    assert ours.average == pytest.approx(float(library.coef().iloc[0]), abs=1e-9)
    assert ours.average_error == pytest.approx(float(library.se().iloc[0]), rel=1e-6)
