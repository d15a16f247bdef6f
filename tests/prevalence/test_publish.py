"""What later pages read of the estimates."""

from __future__ import annotations

import pandas as pd

from infiltrate.prevalence.estimate import PrevalenceResult
from infiltrate.prevalence.publish import read_dark_shares, tabulate_answer
from infiltrate.prevalence.refusal import Refusal
from infiltrate.prevalence.wording import Answer
from tests.prevalence.examples import lists_data


def test_the_answer_keeps_its_reasons_and_notes() -> None:
    result = PrevalenceResult(
        estimates=pd.DataFrame(),
        refusals=(Refusal("fewer_than_three_lists", "Two lists are too few."),),
        country=None,
        lists=lists_data([[1.0], [0.0]]),
        evidence=None,
        notes=("One firm was left out.",),
        answer=Answer("reject", "Not answered", "This study cannot say.", ("30 are listed.",)),
    )
    row = tabulate_answer(result).iloc[0]
    assert (row["status"], row["headline"]) == ("reject", "This study cannot say.")
    assert (row["findings"], row["reasons"], row["notes"]) == (
        ["30 are listed."],
        ["Two lists are too few."],
        ["One firm was left out."],
    )


def test_dark_shares_are_read_in_order_and_nothing_else() -> None:
    estimates = pd.DataFrame(
        {
            "estimator": ["floor", "detection_dark_0.5", "detection", "detection_dark_0.25"],
            "low": [0.1, 0.4, 0.2, 0.3],
            "high": [0.1, 0.8, 0.4, 0.6],
            "unit": "share",
        }
    )
    curve = read_dark_shares(estimates)
    assert curve["dark_share"].tolist() == [0.0, 0.25, 0.5]
    assert curve["low"].tolist() == [0.2, 0.3, 0.4]
    assert read_dark_shares(estimates.head(1)).empty


def test_where_there_is_an_estimate_its_own_curve_is_read() -> None:
    estimates = pd.DataFrame(
        {
            "estimator": ["detection", "pool", "pool_dark_0", "pool_dark_0.5", "pool_dark_0.5"],
            "low": [0.1, 0.2, 0.2, 0.4, 40.0],
            "high": [0.9, 0.3, 0.3, 0.6, 60.0],
            "unit": ["share", "share", "share", "share", "firms"],
        }
    )
    curve = read_dark_shares(estimates)
    assert curve["dark_share"].tolist() == [0.0, 0.5]
    assert curve["high"].tolist() == [0.3, 0.6]
