from datetime import date

import pandas as pd

from infiltrate.risk.designs import FORWARD
from infiltrate.risk.feedback import check_feedback


def rankings(*days):
    """On each day ten listed firms, so many of them in the head."""
    parts = [
        pd.DataFrame(
            {
                "design": FORWARD,
                "model": "logistic",
                "held_out": day,
                "percentile": [0.99] * found + [0.5] * (10 - found) + [0.2] * 90,
                "is_listed": [True] * 10 + [False] * 90,
            }
        )
        for day, found in days
    ]
    return pd.concat(parts, ignore_index=True)


def lists(make_params, **changes):
    return make_params(lists=(changes,)).lists


def test_without_use_there_is_no_warning_and_listing_is_followed(make_params):
    found = check_feedback(
        rankings(("2015-01-01", 2), ("2018-01-01", 7)),
        "logistic",
        lists(make_params),
        date(2020, 1, 1),
        None,
    )
    assert found.warnings == ()
    assert found.followed["in_head"].tolist() == [0.2, 0.7]
    assert (found.followed["low"] < found.followed["in_head"]).all()
    assert not found.followed["scores_in_use"].any()


def test_use_is_warned_of_loudly_and_learning_from_it_too(make_params):
    ranked = rankings(("2015-01-01", 2), ("2018-01-01", 7))
    definitions = lists(make_params)
    found = check_feedback(ranked, "logistic", definitions, date(2020, 1, 1), date(2017, 6, 1))
    assert len(found.warnings) == 2
    assert all(text.startswith("FEEDBACK LOOP") for text in found.warnings)
    assert found.followed["scores_in_use"].tolist() == [False, True]
    before = check_feedback(ranked, "logistic", definitions, date(2017, 1, 1), date(2017, 6, 1))
    assert len(before.warnings) == 1


def test_a_list_that_may_be_made_by_a_score_is_named(make_params):
    definitions = lists(make_params, nature="intelligence")
    found = check_feedback(pd.DataFrame(), "logistic", definitions, date(2020, 1, 1), None)
    assert "'court' (intelligence)" in found.warnings[0]
    assert found.followed.empty
