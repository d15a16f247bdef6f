"""Choices about ties between companies, and what is measured along them."""

from __future__ import annotations

from typing import Literal

from infiltrate.params.section import Section, parameter

TieKind = Literal["officer", "owner", "address"]
Role = Literal[
    "director", "sole_director", "chair", "auditor", "liquidator", "attorney", "secretary"
]


class ContagionChoices(Section):
    """Tests of whether entries on lists spread along ties."""

    permutations: int = parameter(
        500, "Draws in which listed companies change places.", unit="draws", ge=99, le=10_000
    )
    resamples: int = parameter(
        200, "Draws of groups of connected companies.", unit="draws", ge=50, le=10_000
    )
    interval: float = parameter(0.95, "Coverage of the intervals.", unit="share", gt=0.5, lt=1)
    period_months: int = parameter(
        12, "Length of a period in which a company may be listed.", unit="months", ge=1, le=60
    )
    late_months: int = parameter(
        24,
        "Months after a neighbour's entry from which one case no longer explains another entry.",
        unit="months",
        ge=1,
        le=120,
    )
    case_linked_lists: list[str] = parameter(
        [], "Lists whose authority follows a case from company to company."
    )


class NetworkChoices(Section):
    """Which ties count between companies, and how distance along them is measured."""

    kinds: list[TieKind] = parameter(
        ["officer", "owner", "address"], "Ties that count.", min_length=1
    )
    roles_left_out: list[Role] = parameter(
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
    restart: float = parameter(
        0.15, "Chance that a walk begins anew at a listed company.", unit="share", gt=0, lt=1
    )
    tolerance: float = parameter(
        1e-8, "What may be left of a walk when it is cut off.", unit="share", gt=0, le=0.01
    )
    most_paths: int = parameter(
        20, "Shortest paths written out for a company.", unit="paths", ge=1, le=1000
    )
    in_ranking: bool = parameter(
        True, "Whether the ranking of companies sees how near they are to listed ones."
    )
    contagion: ContagionChoices = parameter(
        ContagionChoices(), "Tests of whether entries spread along ties."
    )
