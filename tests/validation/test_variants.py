from __future__ import annotations

import pytest

from infiltrate.errors import ParamsError
from infiltrate.synth import simulate_tables
from infiltrate.synth.country.cards import VALIDATED
from infiltrate.validation.request import build_request
from infiltrate.validation.variants import Variant, parse_variants, state_lists


@pytest.fixture(scope="module")
def lists():
    return simulate_tables("base", 300, 5000).lists


def test_names_are_read_once_each_and_in_order():
    assert parse_variants("hard, base,hard,base:wrong-entries-x3") == (
        Variant("hard"),
        Variant("base"),
        Variant("base", "wrong-entries-x3"),
    )
    assert [v.name for v in parse_variants("all,base:flipped-exposure")] == [
        *VALIDATED,
        "base:flipped-exposure",
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("base,nowhere", "'nowhere' is unknown"),
        ("demo", "'demo' is unknown"),
        ("base:wrong", "'wrong' of 'base:wrong' is unknown"),
        ("base:", "'' of 'base:' is unknown"),
        (" , ", "no scenario is named"),
    ],
)
def test_an_unknown_name_is_refused_with_those_known(text, words):
    with pytest.raises(ParamsError, match=words):
        parse_variants(text)


def test_every_wrong_name_is_said_at_once():
    with pytest.raises(ParamsError) as error:
        parse_variants("one,two,base:three")
    assert len(error.value.problems) == 3


def test_every_number_out_of_range_is_said_at_once():
    with pytest.raises(ParamsError) as error:
        build_request("base", 0, 10, -1, "pool,guess")
    words = str(error.value)
    for part in ("--countries: 0", "--firms: 10", "--seed: -1", "'guess' is unknown"):
        assert part in words


def test_wrong_entries_are_believed_absent_or_three_times_as_common(lists):
    before = [d.false_positives.a / (d.false_positives.a + d.false_positives.b) for d in lists]
    for change, factor in (("wrong-entries-x0", 0.0), ("wrong-entries-x3", 3.0)):
        after = [d.false_positives for d in state_lists(lists, change)]
        means = [prior.a / (prior.a + prior.b) for prior in after]
        for mean, old in zip(means, before, strict=True):
            # the mean of a Beta grows a little less than its first parameter
            assert mean == pytest.approx(factor * old, rel=0.2, abs=1e-3)


def test_one_list_of_each_rule_is_taken_the_wrong_way_round(lists):
    rules = {d.id: d.exposure for d in lists}
    changed = {d.id: d.exposure for d in state_lists(lists, "flipped-exposure")}
    assert {name for name in rules if rules[name] != changed[name]} == {"court", "interdictions"}
    assert changed["interdictions"] == "all_companies"
    assert changed["court"] == "public_suppliers"
    assert state_lists(lists, "") == lists
