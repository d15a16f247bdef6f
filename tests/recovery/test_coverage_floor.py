"""The floor and the bounds that start from it hold the truth, if the stated priors are right."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from infiltrate.params.choices import DisclosureChoices
from infiltrate.prevalence.bounds import bound_by_detection
from infiltrate.prevalence.floor import estimate_floor, publish_floor
from infiltrate.prevalence.lists import Denominator, ListsData
from infiltrate.synth import SCENARIOS, simulate_tables
from tests.prevalence.examples import lists_data
from tests.recovery.coverage import Tally

FIRMS = 20_000
RULES = DisclosureChoices()
PRIORS = [(2.0, 18.0), (1.0, 9.0), (1.0, 30.0)]
CARDS = [name for name in SCENARIOS if name != "demo"]


def draw_right_entries(data: ListsData, rng: np.random.Generator) -> np.ndarray:
    """Draw which firms are rightly on a list, as the priors of the lists say."""
    wrong = [rng.beta(d.false_positives.a, d.false_positives.b) for d in data.lists]
    return (rng.random(data.match.shape) < data.match * (1 - np.array(wrong))).any(axis=1)


def read_country(country) -> ListsData:
    firms = country.firms
    return ListsData(
        study_day=country.observed_on,
        lists=country.lists,
        companies=firms[["company_id", "area_id", "section"]],
        listed=country.listed,
        match=country.match,
        exposed=country.exposed,
        listed_on=country.listed_on,
        entries=pd.DataFrame({"list_id": pd.Series(dtype=str)}),
        denominator=Denominator(len(firms), "firms", is_official=False),
        out_of_scope={},
    ).organised_crime


def tally_floors(draw_lists, draws):
    """Draw lists, which entries are right, and the firms that no list sees."""
    rng, tally = np.random.default_rng(20), Tally()
    for _ in range(draws):
        data = draw_lists(rng)
        right = int(draw_right_entries(data, rng).sum())
        floor = estimate_floor(data, 0.95, rng)
        tally.add("rightly listed", right, floor.low, floor.value, floor.high)
        shown = publish_floor(floor, RULES)
        tally.add("rightly listed, as published", right, shown.low, shown.value, shown.high)
        infiltrated = right + rng.negative_binomial(max(right, 1), rng.uniform(0.25, 0.5))
        tally.add("infiltrated, at least", infiltrated, shown.low, shown.value, np.inf)
        if right and 0.2 <= right / infiltrated <= 0.6:
            bounds = bound_by_detection(shown.low, shown.high, FIRMS, 0.2, 0.6)
            share = infiltrated / FIRMS
            middle = np.sqrt(bounds.low * bounds.high)
            tally.add("infiltrated share, bounded", share, bounds.low, middle, bounds.high)
    return tally


def invent_lists(rng):
    match = rng.choice([0.0, 0.7, 1.0], size=(400, 3), p=[0.8, 0.08, 0.12])
    return lists_data(match, PRIORS)


def test_the_floor_holds_the_firms_rightly_listed():
    tally = tally_floors(invent_lists, draws=80)
    assert not tally.failures()
    assert len(tally.names) == 4
    assert "rightly listed" in tally.failures(narrowed=0.5)


@pytest.mark.validate
def test_the_floor_holds_the_firms_rightly_listed_in_many_draws():
    tally = tally_floors(invent_lists, draws=400)
    tally.report("floor, invented lists")
    assert not tally.failures()
    assert "rightly listed" in tally.failures(narrowed=0.6)


@pytest.mark.validate
@pytest.mark.parametrize("card", ["base", "hard", "high", "effort_shock"])
def test_the_floor_holds_when_lists_overlap_as_in_a_synthetic_country(card):
    """Who is on which lists comes from the card, which entries are right from the priors."""

    def draw(rng: np.random.Generator) -> ListsData:
        return read_country(simulate_tables(card, 3_000, int(rng.integers(10**6))))

    tally = tally_floors(draw, draws=200)
    tally.report(f"floor, lists of card {card}")
    assert not tally.failures()


@pytest.mark.validate
@pytest.mark.parametrize("card", CARDS)
def test_the_floor_is_below_the_infiltrated_firms_of_a_synthetic_country(card):
    """Here the stated priors are not the rates drawn; the interval of the floor is only shown."""
    tally, below, countries = Tally(), 0, 40
    for seed in range(countries):
        country = simulate_tables(card, 10_000, 500 + seed)
        data = read_country(country)
        floor = estimate_floor(data, 0.95, np.random.default_rng(seed))
        right = int((data.listed.any(axis=1) & country.infiltrated).sum())
        tally.add(
            "rightly listed, priors not those drawn", right, floor.low, floor.value, floor.high
        )
        below += floor.low <= country.infiltrated.sum()
    tally.report(f"floor, card {card}")
    print(f"coverage | floor, card {card} | not above the infiltrated | {below}/{countries}")
    # a country without infiltration: every entry is wrong, and the stated priors say it is rare
    assert (below == countries) == (card != "no_effect")


def test_priors_that_say_less_than_what_is_wrong_are_not_made_good():
    """The interval is worth what the stated share of wrong entries is worth."""
    rng, tally = np.random.default_rng(4), Tally()
    for _ in range(40):
        data = invent_lists(rng)
        stated = replace(
            data,
            lists=tuple(
                d.model_copy(
                    update={"false_positives": d.false_positives.model_copy(update={"b": 200.0})}
                )
                for d in data.lists
            ),
        )
        floor = estimate_floor(stated, 0.95, rng)
        right = int(draw_right_entries(data, rng).sum())
        tally.add("rightly listed", right, floor.low, floor.value, floor.high)
    assert "rightly listed" in tally.failures()
