"""Choices about tracing: how far from a company, and what is too common to be a tie."""

from __future__ import annotations

from infiltrate.params.section import Section, parameter
from infiltrate.params.values import ShareBelowOne


class TracingChoices(Section):
    """What is followed from one company to the next."""

    roles_left_out: list[str] = parameter(
        ["auditor", "liquidator", "secretary"],
        "Roles of outside professionals, who tie nobody; an unstated role counts.",
    )
    years_after_end: float = parameter(
        2.0, "How long a tie counts after its end.", unit="years", ge=0, le=50
    )
    most_at_address: int = parameter(
        50,
        "An address with more companies is taken as that of an agent and ties nobody.",
        unit="companies",
        ge=2,
    )
    most_of_holder: int = parameter(
        50,
        "An officer or owner of more companies is taken as a nominee or a fund and ties nobody.",
        unit="companies",
        ge=2,
    )
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
    owner_share: ShareBelowOne = parameter(
        0.25, "Integrated share from which somebody is an ultimate owner.", unit="share"
    )
    control_share: ShareBelowOne = parameter(
        0.5, "Share of votes above which somebody controls.", unit="share"
    )
