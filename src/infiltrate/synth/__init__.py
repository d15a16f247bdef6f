"""A synthetic country with known truth, written as the raw files a publisher would."""

from infiltrate.synth.country.tables import SyntheticCountry
from infiltrate.synth.simulate import (
    DEFAULT_FIRMS,
    SCENARIOS,
    SimulationReport,
    simulate_country,
    simulate_tables,
)

__all__ = [
    "DEFAULT_FIRMS",
    "SCENARIOS",
    "SimulationReport",
    "SyntheticCountry",
    "simulate_country",
    "simulate_tables",
]
