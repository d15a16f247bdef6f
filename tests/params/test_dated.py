from datetime import date

import pytest

from infiltrate.errors import NotEnoughData
from infiltrate.params.dated import fact_at, require_fact_at
from infiltrate.params.facts import ExchangeRate, Threshold, Universe


def threshold(category: str, amount: float, start: str, end: str | None = None) -> Threshold:
    return Threshold(
        regime="direct_award",
        category=category,
        amount=amount,
        currency="PEN",
        valid_from=start,
        valid_to=end,
        source="Law 1",
    )


THRESHOLDS = [
    threshold("works", 100, "2018-01-01", "2018-12-31"),
    threshold("works", 200, "2019-01-01"),
    threshold("any", 50, "2018-01-01"),
]


@pytest.mark.parametrize(
    ("day", "category", "amount"),
    [
        ("2017-12-31", "works", None),
        ("2018-01-01", "works", 100),
        ("2018-12-31", "works", 100),
        ("2019-01-01", "works", 200),
        ("2099-01-01", "works", 200),
        ("2019-01-01", "goods", 50),
    ],
)
@pytest.mark.parametrize("order", [1, -1])
def test_the_fact_of_the_day_is_found(day: str, category: str, amount: float | None, order: int):
    facts = THRESHOLDS[::order]
    fact = fact_at(facts, date.fromisoformat(day), regime="direct_award", category=category)
    assert (fact.amount if fact else None) == amount


def test_nothing_is_known_of_another_subject():
    assert fact_at(THRESHOLDS, date(2019, 1, 1), regime="eu_notice") is None
    assert fact_at([], date(2019, 1, 1)) is None


def test_a_vague_question_is_refused():
    with pytest.raises(NotEnoughData, match="2 facts serve on 2019-01-01"):
        fact_at(THRESHOLDS, date(2019, 1, 1), regime="direct_award")


def test_the_whole_country_is_not_every_area():
    whole = Universe(firms=10, valid_from="2019-01-01", source="Census")
    day = date(2019, 6, 1)
    assert fact_at([whole], day, area_id=None, sector_id=None) == whole
    assert fact_at([whole], day, area_id="LIM", sector_id=None) is None


def test_a_required_fact_that_is_missing_says_what_is_known():
    rate = ExchangeRate(currency="USD", rate=3.3, valid_from="2019-01-01", source="Bank")
    with pytest.raises(NotEnoughData) as error:
        require_fact_at([rate], date(2018, 1, 1), currency="USD")
    assert "No fact is known on 2018-01-01 for currency = USD." in str(error.value)
    assert "2019-01-01 to today (Bank)" in str(error.value)
    assert require_fact_at([rate], date(2019, 1, 1), currency="USD") is rate
    with pytest.raises(NotEnoughData, match="no such fact at any date"):
        require_fact_at([rate], date(2019, 1, 1), currency="EUR")
