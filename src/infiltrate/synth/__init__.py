"""A synthetic country with known truth, written as the raw files a publisher would."""

from infiltrate.synth.simulate import (
    SCENARIOS,
    SimulationReport,
    simulate_country,
    simulate_demo,
)

__all__ = ["SCENARIOS", "SimulationReport", "simulate_country", "simulate_demo"]
