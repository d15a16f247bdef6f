"""The interval of the odds ratio of two lists holds the truth also among the pairs shown."""

from dataclasses import dataclass

import numpy as np
import pytest
from scipy import optimize

from infiltrate.params.choices import DisclosureChoices
from infiltrate.prevalence.overlaps import pairwise_overlap
from tests.prevalence.examples import lists_data
from tests.recovery.coverage import Tally


@dataclass(frozen=True)
class PairOfLists:
    """Two lists of known length, in shares of all companies, that go together."""

    companies: int
    on_a: float
    on_b: float
    odds_ratio: float

    def draw(self, rng: np.random.Generator, minimum: int) -> np.ndarray:
        """Draw lists with at least so many companies on both; the others are never shown."""
        a, b = self.on_a, self.on_b
        both = optimize.brentq(
            lambda x: x * (1 - a - b + x) - self.odds_ratio * (a - x) * (b - x), 0, min(a, b)
        )
        shares = [both, a - both, b - both, 1 - a - b + both]
        while (counts := rng.multinomial(self.companies, shares))[0] < minimum:
            pass
        return np.repeat([[1, 1], [1, 0], [0, 1], [0, 0]], counts, axis=0).astype(float)


PAIRS = {
    "nine on both expected": PairOfLists(1000, 0.06, 0.05, 6.0),
    "shown by luck": PairOfLists(1000, 0.035, 0.035, 1.0),
    "many on both": PairOfLists(1000, 0.2, 0.2, 3.0),
}
ROUNDINGS = {"exact": 1, "to fives": 5}


def tally_odds_ratios(pair, round_to, draws):
    rng, tally = np.random.default_rng(3), Tally()
    rules = DisclosureChoices(minimum_listed=5, round_to=round_to)
    for _ in range(draws):
        data = lists_data(pair.draw(rng, rules.minimum_listed))
        row = pairwise_overlap(data, rules).iloc[0]
        tally.add("odds ratio", pair.odds_ratio, row["low"], row["odds_ratio"], row["high"])
    return tally


@pytest.mark.parametrize("name", PAIRS)
def test_the_odds_ratio_holds_the_truth(name):
    tally = tally_odds_ratios(PAIRS[name], round_to=1, draws=60)
    assert not tally.failures()
    assert tally.failures(narrowed=0.4)


@pytest.mark.validate
@pytest.mark.parametrize("rounding", ROUNDINGS)
@pytest.mark.parametrize("name", PAIRS)
def test_the_odds_ratio_holds_the_truth_in_many_draws(name, rounding):
    tally = tally_odds_ratios(PAIRS[name], ROUNDINGS[rounding], draws=400)
    tally.report(f"pair of lists, {name}, counts {rounding}")
    assert not tally.failures()
    assert rounding != "exact" or tally.failures(narrowed=0.5)
