from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from infiltrate.params.lists import ListDefinition
from infiltrate.prevalence.lag import LAG_CLASSES, find_passed_lag
from tests.prevalence.examples import lists_data, make_list

AGES = [1.0, 5.0, 40.0, None]


def _lists(lag):
    lists = lists_data(np.eye(4, 2))
    born = [None if age is None else date(2020 - int(age), 1, 1) for age in AGES]
    definitions = tuple(
        ListDefinition.model_validate(make_list(f"list_{k}", lag_months=each))
        for k, each in enumerate(lag)
    )
    companies = lists.companies.assign(incorporated_on=pd.to_datetime(pd.Series(born)))
    return replace(lists, lists=definitions, companies=companies)


def test_without_a_lag_everything_could_be_listed_by_now():
    assert find_passed_lag(_lists((None, None))) is None
    passed = find_passed_lag(_lists((24.0, None)))
    assert passed.shape == (4, LAG_CLASSES, 2)
    np.testing.assert_array_equal(passed[:, :, 1], 1.0)


def test_half_of_the_lags_have_passed_at_the_median():
    passed = find_passed_lag(_lists((12.0, 60.0))).mean(axis=1)
    assert passed[0, 0] == pytest.approx(0.5, abs=0.02)
    assert passed[1, 1] == pytest.approx(0.5, abs=0.02)
    np.testing.assert_allclose(passed[2], 1.0)


def test_classes_are_ordered_from_long_to_short():
    passed = find_passed_lag(_lists((24.0, None)))[1, :, 0]
    assert (np.diff(passed) >= 0).all() and passed[0] < passed[-1]


def test_a_firm_of_unknown_age_is_an_average_one():
    passed = find_passed_lag(_lists((24.0, None)))[:, :, 0]
    np.testing.assert_allclose(passed[3], passed[:3].mean(axis=0))


def test_a_longer_lag_has_passed_for_fewer():
    short, long = find_passed_lag(_lists((12.0, 48.0))).transpose(2, 0, 1)
    assert (long <= short + 1e-12).all() and (long[1] < short[1]).any()
