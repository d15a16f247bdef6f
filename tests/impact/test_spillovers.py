"""Rivals of treated companies: exposure by hand, planted effects, refusals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from infiltrate.impact.answer import ImpactAnswer, tabulate_effects
from infiltrate.impact.spillovers import fit_spillovers
from infiltrate.impact.staggered import GARDNER
from infiltrate.params.impact_choices import ImpactChoices
from tests.impact.staggered_panels import draw_panel, no_effect

CHOICES = ImpactChoices()
PRESENCE = "any treated company in the market"
SHARE = "share of the market held by treated companies"


def with_rivals(
    seed: int, effect: float, companies: int = 4000, markets: int = 200
) -> pd.DataFrame:
    """Companies in markets; those never treated lose while a treated one is there."""
    panel = draw_panel(seed, companies, cells=1, share=0.015, effect=no_effect)
    rng = np.random.default_rng(seed + 1)
    market = pd.Series(rng.integers(0, markets, companies)).map("market {:03d}".format)
    panel = panel.assign(market=panel["company_id"].str[1:].astype(int).map(market))
    start = panel.groupby("market")["first_treated"].min().astype("float64")
    pressed = (panel["year"] >= panel["market"].map(start)) & panel["first_treated"].isna()
    return panel.assign(
        log_revenue=panel["log_revenue"] + effect * pressed, effect=effect * pressed
    )


def read(answer: ImpactAnswer) -> pd.DataFrame:
    return tabulate_effects([answer]).set_index("term")


@pytest.fixture(scope="module")
def panel() -> pd.DataFrame:
    return with_rivals(1, -0.05)


def test_planted_loss_of_rivals_is_found(panel):
    found = read(fit_spillovers(panel, "log_revenue", CHOICES))
    average = found.loc["average"]
    assert average["estimator"] == GARDNER
    assert average["low"] < -0.05 < average["high"] < 0
    assert average["clusters"] <= panel["market"].nunique()
    presence = found.loc[PRESENCE]
    assert presence["low"] < -0.05 < presence["high"] < 0
    assert found.loc[SHARE, "estimate"] < 0


def test_without_loss_none_is_found_and_rows_in_another_order_give_the_same(panel):
    unharmed = panel.assign(log_revenue=panel["log_revenue"] - panel["effect"])
    first = read(fit_spillovers(unharmed, "log_revenue", CHOICES))
    assert first.loc["average", "low"] < 0 < first.loc["average", "high"]
    again = read(fit_spillovers(unharmed.sample(frac=1, random_state=1), "log_revenue", CHOICES))
    assert again["estimate"].to_numpy(float) == pytest.approx(first["estimate"].to_numpy(float))


def test_treated_and_linked_companies_are_no_rivals(panel):
    treated = panel["first_treated"].notna()
    changed = panel.assign(outcome=panel["log_revenue"].mask(treated, 100.0))
    linked = sorted(panel.loc[~treated, "company_id"].unique())[:50]
    changed.loc[changed["company_id"].isin(linked), "outcome"] = -100.0
    choices = {"linked": linked}
    plain = panel.assign(outcome=panel["log_revenue"])
    one = read(fit_spillovers(changed, "outcome", CHOICES, **choices))
    other = read(fit_spillovers(plain, "outcome", CHOICES, **choices))
    pd.testing.assert_frame_equal(one, other)


def tiny_market() -> pd.DataFrame:
    rows = []
    for market, start in (("a", 2017), ("b", None), ("c", 2018), ("d", None)):
        for name in range(3):
            first = start if name == 0 else None
            for year in range(2015, 2020):
                revenue = {0: 1.0, 1: 3.0, 2: 6.0}[name]
                value = np.log(revenue) + (0.1 if first and year > first else 0.0)
                rows.append((f"{market}{name}", year, first, market, value))
    names = ["company_id", "year", "first_treated", "market", "log_revenue"]
    frame = pd.DataFrame(rows, columns=names).astype({"first_treated": "Int64"})
    return frame.assign(treated_until=pd.array([pd.NA] * len(frame), dtype="Int64"))


def test_the_share_is_that_of_first_revenues_and_the_effect_exact():
    # the treated company holds 1 of 10 by first revenue; rivals lose 2 per cent while it is there
    panel = tiny_market()
    here = {"a": 2017, "c": 2018}
    pressed = panel["year"] >= panel["market"].map(here).fillna(9999)
    panel = panel.assign(outcome=np.where(pressed, -0.02, 0.0) + 0.01 * panel["year"])
    choices = CHOICES.model_copy(update={"fewest_treated": 2})
    found = read(fit_spillovers(panel, "outcome", choices))
    assert found.loc["average", "estimate"] == pytest.approx(-0.02)
    assert found.loc[PRESENCE, "estimate"] == pytest.approx(-0.02)
    assert found.loc[SHARE, "estimate"] == pytest.approx(-0.2)


def test_years_after_a_treated_company_has_gone_do_not_count():
    panel = tiny_market()
    until = panel["first_treated"] + 1
    pressed = panel["year"].between(2017, 2018) & (panel["market"] == "a")
    pressed |= panel["year"].between(2018, 2019) & (panel["market"] == "c")
    panel = panel.assign(treated_until=until, outcome=np.where(pressed, -0.02, 0.0))
    # what happens when it has gone is no part of the average
    panel.loc[(panel["market"] == "a") & (panel["year"] == 2019), "outcome"] = 7.0
    choices = CHOICES.model_copy(update={"fewest_treated": 2})
    found = read(fit_spillovers(panel, "outcome", choices))
    assert found.loc["average", "estimate"] == pytest.approx(-0.02)


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ("nobody treated", "fewer than 10 markets"),
        ("one market", "one cluster"),
        ("treated everywhere from the start", "fewer than 10 markets"),
        ("every market", "Every market has"),
    ],
)
def test_what_cannot_be_estimated_is_refused(panel, how, reason):
    changes = {
        "nobody treated": {"first_treated": pd.array([pd.NA] * len(panel), dtype="Int64")},
        "one market": {"market": "all"},
        "treated everywhere from the start": {
            "first_treated": panel["first_treated"].mask(panel["first_treated"].notna(), 2010)
        },
        "every market": {},
    }
    changed = panel.assign(**changes[how])
    if how == "every market":
        ever = changed.loc[changed["first_treated"] <= changed["year"], "market"].unique()
        changed = changed[changed["market"].isin(ever)]
    answer = fit_spillovers(changed, "log_revenue", CHOICES)
    assert answer.is_refused and not answer.effects
    assert reason in " ".join(finding.text for finding in answer.findings)


def test_a_missing_column_is_an_error(panel):
    with pytest.raises(ValueError, match="no column market"):
        fit_spillovers(panel.drop(columns="market"), "log_revenue", CHOICES)
