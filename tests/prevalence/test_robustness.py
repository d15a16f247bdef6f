"""The same question under other choices: what is varied, what stays, and what is said of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from infiltrate.errors import CheckFailed
from infiltrate.params.choices import PrevalenceChoices
from infiltrate.prevalence.estimators import estimate_country
from infiltrate.prevalence.robustness import HEADLINE, REFITTED, vary_specifications
from infiltrate.prevalence.specifications import Specification, list_specifications
from tests.prevalence.countries import random_country
from tests.prevalence.examples import lists_data

CHOICES = PrevalenceChoices(draws=200)


def country(seed=1, firms=450):
    lists, evidence, infiltrated = random_country(seed, firms, (0.4, 0.3, 0.35), share=0.3)
    rng = np.random.default_rng(seed)
    years = rng.integers(0, 10, lists.listed.shape)
    days = np.datetime64("2020-01-01") - (years * 365 + 5).astype("timedelta64[D]")
    listed_on = np.where(lists.listed, days, np.datetime64("NaT", "D"))
    return replace(lists, listed_on=listed_on), evidence, infiltrated


@pytest.fixture(scope="module")
def varied():
    lists, evidence, _ = country()
    small = np.arange(len(lists.companies)) % 3 > 0
    everybody = np.ones(len(small), dtype=bool)
    base = estimate_country(lists, evidence, CHOICES, np.random.default_rng(0))
    frame = vary_specifications(
        lists,
        evidence,
        CHOICES,
        np.random.default_rng(1),
        base,
        universes={"limited companies": small, "everybody": everybody},
    )
    return lists, base, frame


def test_one_change_at_a_time_and_the_full_product():
    own = Specification()
    found = list_specifications(own, ["court", "media"], [3.0, None], ["limited companies"])
    assert len(set(found)) == len(found) and own not in found
    single = [one for one in found if len(one.differences(own)) == 1]
    assert len(single) == 1 + 1 + 2 + 2 + 2
    assert len(found) == len(single) + 3 * 3 * 3 - 1 - 6
    assert all(one.window is None for one in found if len(one.differences(own)) > 1)


def test_a_single_list_is_never_left_out():
    found = list_specifications(Specification(), ["court"], [], [])
    assert {one.dropped for one in found} == {None}


def test_the_headline_comes_first_and_every_specification_once(varied):
    _, base, frame = varied
    assert list(frame["specification"][:2]) == [HEADLINE, REFITTED]
    assert frame["specification"].is_unique
    firms = len(varied[0].companies)
    assert frame["median"].iloc[0] * firms == pytest.approx(base.pool.median)
    assert frame["inside_headline"].iloc[0]
    given = frame.dropna(subset=["median"])
    assert (given["low"] <= given["median"]).all() and (given["median"] <= given["high"]).all()


def test_what_changes_nothing_has_no_row(varied):
    frame = varied[2]
    assert set(frame["universe"]) == {"all firms", "limited companies"}
    assert set(frame["window"]) == {"all years", "last 3 years", "last 5 years", "last 8 years"}
    # headline, product ("refitted" is one of it), windows, universe
    assert len(frame) == 1 + 4 * 3 * 3 + 3 + 1


def test_windows_lists_and_universes_leave_out_listed_firms(varied):
    lists, _, frame = varied
    listed = frame.set_index("specification")["n_listed"]
    assert listed[HEADLINE] == lists.listed.any(axis=1).sum()
    assert listed["last 3 years"] < listed["last 5 years"] < listed["last 8 years"]
    assert listed["last 8 years"] < listed[HEADLINE]
    assert listed["without list_0"] == lists.listed[:, 1:].any(axis=1).sum()
    row = frame.set_index("specification").loc["limited companies"]
    assert row["firms"] == 300
    assert row["n_listed"] < listed[HEADLINE]


def test_shares_of_a_universe_picked_at_random_are_about_those_of_all(varied):
    frame = varied[2].set_index("specification")
    ratio = frame.loc["limited companies", "median"] / frame.loc[REFITTED, "median"]
    assert 0.6 < ratio < 1.6


def test_more_wrong_entries_mean_less_infiltration(varied):
    frame = varied[2].set_index("specification")["median"]
    assert frame["wrong entries x0"] > frame[REFITTED] > frame["wrong entries x3"]


def test_a_rejected_estimator_is_left_out_everywhere(varied):
    lists, base, _ = varied
    _, evidence, _ = country()
    rejected = replace(base.posteriors["joint_detection"], status="reject")
    without = replace(base, posteriors={**base.posteriors, "joint_detection": rejected})
    frame = vary_specifications(lists, evidence, CHOICES, np.random.default_rng(1), without)
    medians = frame.set_index("specification")["median"]
    assert medians["prior -3.5"] == medians["prior -0.5"] == medians[REFITTED]


def test_without_a_headline_the_refit_takes_its_place_and_nothing_crashes_without_lists():
    lists, evidence, _ = country(firms=200)
    nobody = replace(lists, listed=np.zeros_like(lists.listed), match=np.zeros_like(lists.match))
    frame = vary_specifications(nobody, evidence, CHOICES, np.random.default_rng(0))
    assert frame["specification"].iloc[0] == HEADLINE
    assert (frame["status"] == "reject").all()
    assert frame["median"].isna().all() and not frame["inside_headline"].any()
    assert frame["reason"].str.len().min() > 10


def test_a_universe_of_the_wrong_length_is_refused():
    lists, evidence, _ = country(firms=50)
    with pytest.raises(CheckFailed, match="one per company"):
        vary_specifications(
            lists,
            evidence,
            CHOICES,
            np.random.default_rng(0),
            universes={"few": np.ones(3, dtype=bool)},
        )


def test_a_window_drops_old_entries_and_keeps_undated_and_renewed_ones():
    lists = lists_data([[1.0, 0.9], [0.8, 0.0], [1.0, 1.0]])
    old, new, undated = (np.datetime64(day, "D") for day in ("2010-05-01", "2018-05-01", "NaT"))
    lists = replace(lists, listed_on=np.array([[old, new], [undated, undated], [new, old]]))
    recent = lists.within(5)
    np.testing.assert_array_equal(recent.listed, [[False, True], [True, False], [True, False]])
    np.testing.assert_array_equal(recent.match, [[0, 0.9], [0.8, 0], [1, 0]])
    assert np.isnat(recent.listed_on[0, 0])
    assert lists.within(None) is lists and lists.listed.sum() == 5
    entries = pd.DataFrame(
        {
            "list_id": ["list_0", "list_0", "list_1"],
            "entry_id": ["a", "b", "c"],
            "company_id": ["firm 0", "firm 0", "firm 2"],
            "listed_on": pd.to_datetime(["2010-05-01", "2019-01-01", "2010-05-01"]),
            "stands": True,
            "match": [1.0, 0.7, 1.0],
            "subject": "in_scope",
        }
    )
    renewed = replace(lists, entries=entries).within(5)
    assert renewed.listed[0, 0] and renewed.match[0, 0] == 0.7
    assert renewed.listed_on[0, 0].astype(object) == date(2019, 1, 1)
    assert not renewed.listed[2, 1]


def test_a_window_ends_on_its_day():
    lists = lists_data([[1.0], [1.0]])
    days = np.array([["2017-01-01"], ["2016-12-31"]], dtype="datetime64[D]")
    kept = replace(lists, listed_on=days).within(3)
    np.testing.assert_array_equal(kept.listed[:, 0], [True, False])
