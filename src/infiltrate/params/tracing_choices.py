"""Choices about tracing: how far from a company."""

from __future__ import annotations

from infiltrate.params.section import Section, parameter


class TracingChoices(Section):
    """How far is followed; which ties count and who is an owner say `network` and `ownership`."""

    most_chain_steps: int = parameter(
        8, "Longest chain of owners that is followed.", unit="stakes", ge=1, le=20
    )
    most_chains: int = parameter(
        200, "Chains of owners shown; the shortest are kept.", unit="chains", ge=1, le=10_000
    )
    most_steps_to_listed: int = parameter(
        6, "Most records between a company and a listed one.", unit="records", ge=1, le=12
    )
    most_units: int = parameter(
        20_000, "Most companies and persons looked at around one company.", unit="units", ge=100
    )
