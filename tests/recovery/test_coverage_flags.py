"""The interval of an indicator's base rate holds the truth, although buyers and firms repeat."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pytest

from infiltrate.indicators.summary import summarise_indicators
from tests.recovery.coverage import Tally


@dataclass(frozen=True)
class FlaggedCountry:
    """Units of buyers that differ in how often they are flagged; a few buyers have most units.

    ``alike`` is the correlation of two units of one buyer; ``by_firm`` the share of units whose
    flag is a habit of the firm.
    """

    units: int
    buyers: int
    firms: int
    base_rate: float
    alike: float
    by_firm: float = 0.0

    def draw(self, rng: np.random.Generator) -> pa.Table:
        sizes = 1 / np.arange(1, self.buyers + 1) ** 0.7
        buyer = rng.choice(self.buyers, self.units, p=sizes / sizes.sum())
        firm = rng.integers(0, self.firms, self.units)
        rates = np.full(self.buyers, self.base_rate)
        if self.alike:
            more = 1 / self.alike - 1
            rates = rng.beta(self.base_rate * more, (1 - self.base_rate) * more, self.buyers)
        habits = rng.random(self.firms) < self.base_rate
        is_habit = rng.random(self.units) < self.by_firm
        is_on = np.where(is_habit, habits[firm], rng.random(self.units) < rates[buyer])
        return pa.table(
            {
                "indicator": ["C04"] * self.units,
                "state": np.where(is_on, "flag", "clear"),
                "detail": [""] * self.units,
                "buyer_id": [f"XX-GOV:{number}" for number in buyer],
                "company_id": [f"XX-REG:{number}" for number in firm],
                "on_date": pa.nulls(self.units, pa.date32()),
            }
        )


COUNTRIES = {
    "units independent": FlaggedCountry(300, 40, 250, 0.2, alike=0.0),
    "buyers differ": FlaggedCountry(600, 40, 400, 0.2, alike=0.1),
    "buyers and firms differ": FlaggedCountry(800, 40, 80, 0.2, alike=0.1, by_firm=0.5),
}
MORE_COUNTRIES = {
    "few buyers": FlaggedCountry(300, 8, 200, 0.2, alike=0.1),
    "rare flag": FlaggedCountry(2000, 40, 400, 0.03, alike=0.05),
    "buyers differ much": FlaggedCountry(2000, 60, 1000, 0.5, alike=0.3),
}


def tally_base_rates(country, draws):
    rng, tally = np.random.default_rng(12), Tally()
    for _ in range(draws):
        row = summarise_indicators(country.draw(rng)).iloc[0]
        tally.add("base rate", country.base_rate, row["low"], row["base_rate"], row["high"])
    return tally


@pytest.mark.parametrize("name", COUNTRIES)
def test_the_base_rate_holds_the_truth(name):
    tally = tally_base_rates(COUNTRIES[name], draws=60)
    assert not tally.failures()
    assert tally.failures(narrowed=0.5)


@pytest.mark.validate
@pytest.mark.parametrize("name", [*COUNTRIES, *MORE_COUNTRIES])
def test_the_base_rate_holds_the_truth_in_many_draws(name):
    tally = tally_base_rates((COUNTRIES | MORE_COUNTRIES)[name], draws=400)
    tally.report(f"flag, {name}")
    assert not tally.failures()
    assert tally.failures(narrowed=0.6)
