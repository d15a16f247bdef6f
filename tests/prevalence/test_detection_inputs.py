from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from infiltrate.errors import CheckFailed
from infiltrate.params.choices import PrevalenceChoices
from infiltrate.params.lists import ListDefinition
from infiltrate.prevalence.detection_data import DetectionPriors, check_detection_data
from infiltrate.prevalence.detection_inputs import UNKNOWN, build_detection_data
from infiltrate.prevalence.estimators import read_detection_priors
from tests.prevalence.examples import lists_data, make_list

MATCH = [[1.0, 0.0], [0.0, 0.6], [0.0, 0.0], [0.0, 0.0]]


def _lists(**companies):
    lists = lists_data(MATCH)
    return replace(lists, companies=lists.companies.assign(**companies))


def test_missing_is_a_column_of_its_own():
    signs = pd.DataFrame({"growth": [1.0, np.nan, 3.0, 5.0], "age": [1.0, 2.0, 3.0, 4.0]})
    data = build_detection_data(_lists(), signs, {"list_1": signs[["age"]]})
    np.testing.assert_array_equal(data.X[:, 0], [1, 3, 3, 5])
    np.testing.assert_array_equal(data.X[:, 2], [0, 1, 0, 0])
    assert [z.shape[1] for z in data.Z] == [0, 1]
    check_detection_data(data, DetectionPriors(((1.0, 99.0),) * 2))


def test_firms_of_no_known_area_are_an_area():
    data = build_detection_data(
        _lists(area_id=["B", None, "A", "B"]), pd.DataFrame(index=range(4)), {}
    )
    assert data.areas == ("A", "B", UNKNOWN)
    assert list(data.area) == [1, 2, 0, 1]


def test_the_lag_is_allowed_for_unless_told_otherwise():
    lists = _lists(incorporated_on=[date(2018, 1, 1)] * 4)
    slow = ListDefinition.model_validate(make_list("list_0", lag_months=24.0))
    lists = replace(lists, lists=(slow, lists.lists[1]))
    empty = pd.DataFrame(index=range(4))
    assert build_detection_data(lists, empty, {}).ceiling.shape == (4, 3, 2)
    assert build_detection_data(lists, empty, {}, with_lag=False).ceiling is None


def test_signs_of_other_firms_are_refused():
    with pytest.raises(CheckFailed, match="3 rows"):
        build_detection_data(_lists(), pd.DataFrame({"age": [1.0, 2.0, 3.0]}), {})


def test_the_priors_of_an_untouched_study_are_those_of_the_model():
    lists = lists_data(MATCH, wrong=[(1.0, 60.0), (2.0, 18.0)])
    stated = read_detection_priors(lists, PrevalenceChoices())
    assert stated == DetectionPriors(((1.0, 60.0), (2.0, 18.0)))
