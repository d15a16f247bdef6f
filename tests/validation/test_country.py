"""What estimators get of a synthetic country."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from infiltrate.synth import SyntheticCountry, simulate_tables
from infiltrate.validation.country import EFFORT_MEASURES, view_country

FROM_ACCOUNTS = ["thin_payroll", "low_margin", "inventory_share"]


@pytest.fixture(scope="module")
def country() -> SyntheticCountry:
    return simulate_tables("hard", 4000, 5000)


def test_the_view_does_not_depend_on_the_truth(country):
    rng = np.random.default_rng(1)
    other = replace(
        country,
        infiltrated=rng.random(len(country.firms)) < 0.5,
        kind=np.full(len(country.firms), "nonsense", dtype=object),
        wrong=~country.wrong,
        effort=country.effort.assign(log_odds=rng.normal(size=len(country.effort))),
    )
    one, two = view_country(country), view_country(other)
    pd.testing.assert_frame_equal(one.evidence.signs, two.evidence.signs)
    pd.testing.assert_frame_equal(one.evidence.reach, two.evidence.reach)
    pd.testing.assert_frame_equal(one.lists.companies, two.lists.companies)
    for name in ("listed", "match", "exposed", "listed_on"):
        np.testing.assert_array_equal(getattr(one.lists, name), getattr(two.lists, name))
    assert one.lists.lists == two.lists.lists


def test_exposure_follows_the_rule_that_is_stated(country):
    stated = view_country(country).lists
    np.testing.assert_array_equal(stated.exposed, country.exposed)
    flipped = view_country(country, "flipped-exposure").lists
    sells = country.firms["sells_to_public"].to_numpy()
    column = {name: at for at, name in enumerate(flipped.list_ids)}
    assert flipped.exposed[:, column["interdictions"]].all()
    np.testing.assert_array_equal(flipped.exposed[:, column["court"]], sells)


def test_accounts_are_missing_where_none_are_filed_and_nothing_else_is(country):
    signs = view_country(country).evidence.signs
    for name in FROM_ACCOUNTS:
        np.testing.assert_array_equal(signs[name].notna(), country.files_accounts)
    assert signs[["director_turnover", "ownership_opacity", "log_age"]].notna().all().all()
    assert 0.5 < country.files_accounts.mean() < 0.9


def test_effort_is_the_mean_of_what_is_published_of_the_region(country):
    reach = view_country(country).evidence.reach
    firm = 17
    region = country.firms["region"].iloc[firm]
    for measure in EFFORT_MEASURES:
        years = country.area_years
        rows = years[(years["area"] == region) & (years["measure"] == measure)]
        assert reach[measure].iloc[firm] == pytest.approx(rows["value"].mean())
        assert reach[measure].nunique() == country.firms["region"].nunique()


def test_firms_keep_their_order_and_groups_their_members(country):
    view = view_country(country)
    assert list(view.lists.companies["company_id"]) == list(country.firms["company_id"])
    group = country.firms["group"].to_numpy()
    same = group[:200, None] == group[None, :200]
    cluster = view.evidence.cluster[:200]
    np.testing.assert_array_equal(same, cluster[:, None] == cluster[None, :])
