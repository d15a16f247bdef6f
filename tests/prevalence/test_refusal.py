import numpy as np
import pytest

from infiltrate.prevalence.refusal import WHAT_A_LIST_NAMES, find_refusals
from tests.prevalence.examples import lists_data


def codes(data):
    return [refusal.code for refusal in find_refusals(data)]


def three_lists(overlap):
    """30 firms on each of three lists, any two sharing ``overlap`` of them."""
    firms = np.zeros((200, 3))
    for k in range(3):
        firms[40 * k : 40 * k + 30 - 2 * overlap, k] = 1
    for row, pair in enumerate([(0, 1), (0, 2), (1, 2)]):
        firms[150 + 10 * row : 150 + 10 * row + overlap, pair] = 1
    return firms


def test_three_lists_that_overlap_may_be_tried():
    assert find_refusals(lists_data(three_lists(5))) == ()


@pytest.mark.parametrize(("number", "word"), [(1, "one"), (2, "two")])
def test_fewer_than_three_lists_are_refused(number, word):
    refusals = find_refusals(lists_data(three_lists(5)[:, :number]))
    few = next(refusal for refusal in refusals if refusal.code == "fewer_than_three_lists")
    assert f"(here {word}" in few.reason
    assert "few infiltrated firms and good detection" in few.reason


def test_a_list_that_names_nobody_is_no_third_list():
    firms = three_lists(5)
    firms[:, 2] = 0
    assert "fewer_than_three_lists" in codes(lists_data(firms))


def test_lists_about_something_else_are_no_lists_about_organised_crime():
    data = lists_data(three_lists(5), organised_crime=[False, False, False])
    refusals = find_refusals(data)
    assert [refusal.code for refusal in refusals] == [
        "no_organised_crime_list",
        "fewer_than_three_lists",
    ]
    assert WHAT_A_LIST_NAMES["court_final"] in refusals[0].reason
    assert "not a share of infiltrated firms" in refusals[0].reason
    assert "(here none)" in refusals[1].reason


def test_lists_that_could_never_name_the_same_firm_are_refused():
    data = lists_data(three_lists(5))
    data.exposed[:, 0] = False
    data.exposed[:100, 0] = True
    data.exposed[:100, 1] = False
    assert "disjoint_exposure" in codes(data)


def test_no_company_is_no_denominator():
    assert codes(lists_data(np.zeros((0, 3))))[0] == "no_denominator"


def test_a_study_without_lists_says_so():
    reasons = " ".join(refusal.reason for refusal in find_refusals(lists_data(np.zeros((9, 0)))))
    assert "no list at all" in reasons
