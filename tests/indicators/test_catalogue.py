"""The catalogue is whole, and what an analyst chooses is checked against it."""

from __future__ import annotations

import pytest

from infiltrate.indicators.catalogue import check_indicator_choices, load_catalogue
from infiltrate.indicators.setting import Setting
from infiltrate.params.choices import IndicatorChoice, SettingValue

WHERE = "params/xx.yaml: choices.indicators"


def test_the_first_indicators_are_there() -> None:
    assert set(load_catalogue()) >= {
        *("C01", "C02", "C03", "C04", "C05", "C07", "C08", "C10", "C11", "C12", "C14", "C27"),
        *("C33", "C40", "C41", "C42", "C43", "F01", "F08", "F63", "F70"),
        *(f"T0{number}" for number in range(1, 10)),
    }
    single_bid = load_catalogue()["C01"]
    assert (single_bid.name, single_bid.level, single_bid.direction) == ("single_bid", "lot", "±")
    assert "direct_award" in single_bid.settings["competitive"].values


def test_valid_choices_have_no_problems() -> None:
    choices = {
        "C04": IndicatorChoice(settings={"short_days": 10}),
        "C07": IndicatorChoice(on=False, settings={"high_share": 1}),
        "C01": IndicatorChoice(settings={"competitive": "open, restricted"}),
    }
    assert check_indicator_choices(choices, WHERE) == []


def test_every_problem_is_told_at_once_with_the_nearest_name() -> None:
    choices = {
        "single_bids": IndicatorChoice(),
        "C99": IndicatorChoice(),
        "C04": IndicatorChoice(settings={"short_day": 10, "longest_days": 5}),
        "C10": IndicatorChoice(settings={"basis": "guess"}),
        "C03": IndicatorChoice(settings={"closed": "direct_award,opne"}),
        "C14": IndicatorChoice(settings={"many": 2.5}),
        "C27": IndicatorChoice(settings={"map": "x"}),
    }
    problems = {
        p.where.removeprefix(WHERE + "."): p for p in check_indicator_choices(choices, WHERE)
    }
    assert set(problems) == {
        "single_bids",
        "C99",
        "C04.settings.short_day",
        "C04.settings.longest_days",
        "C10.settings.basis",
        "C03.settings.closed",
        "C14.settings.many",
        "C27.settings.map",
    }
    assert problems["single_bids"].fix == "Did you mean C01?"
    assert problems["C04.settings.short_day"].fix == "Did you mean short_days?"
    assert problems["C04.settings.longest_days"].allowed == "a whole number from 30 to 3650"
    assert problems["C10.settings.basis"].allowed == "value, estimate"
    assert problems["C27.settings.map"].allowed == "no setting"


@pytest.mark.parametrize(
    ("kind", "value", "allowed"),
    [
        ("integer", 3, True),
        ("integer", 3.0, False),
        ("integer", True, False),
        ("integer", "3", False),
        ("number", 3, True),
        ("number", 9.5, False),
        ("number", float("nan"), False),
        ("number", float("inf"), False),
        ("boolean", True, True),
        ("boolean", 1, False),
        ("string", "a", True),
        ("string", "a,b", False),
        ("names", "a, b", True),
        ("names", "", True),
        ("names", "a,c", False),
    ],
)
def test_a_setting_allows_its_type_within_its_bounds(
    kind: str, value: SettingValue, allowed: bool
) -> None:
    words = ("a", "b") if kind in ("string", "names") else ()
    assert Setting("s", kind, 1, "A setting.", "", 1, 9, words).allows(value) is allowed


def test_settings_go_into_the_query_in_one_form() -> None:
    choice = IndicatorChoice(settings={"competitive": " open , restricted "})
    assert load_catalogue()["C01"].effective_settings(choice) == {"competitive": "open,restricted"}
    share = load_catalogue()["C07"].effective_settings(IndicatorChoice(settings={"high_share": 1}))
    assert isinstance(share["high_share"], float)
