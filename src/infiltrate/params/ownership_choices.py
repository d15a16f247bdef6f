"""Choices about who counts as an owner."""

from __future__ import annotations

from infiltrate.params.section import Section, parameter


class OwnershipChoices(Section):
    """From which share on somebody stands behind a company."""

    share: float = parameter(
        0.25,
        "Least integrated share of an ultimate owner where `facts.ownership_thresholds` has no law "
        "of the company's country; 25 % as in Directive (EU) 2015/849, article 3(6).",
        unit="share",
        gt=0,
        le=1,
    )
    control: float = parameter(
        0.5,
        "Share of the votes that must be exceeded for control.",
        unit="share",
        ge=0,
        lt=1,
    )
