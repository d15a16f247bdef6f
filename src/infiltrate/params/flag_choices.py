"""Choices about red flags as a whole: their tests, the risk index made of them, and composites."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal, Self

from pydantic import model_validator

from infiltrate.params.section import Section, parameter, refuse, required
from infiltrate.params.values import Name, Share

Control = Literal["value_decile", "buyer_type", "category", "product", "area"]


class FlagTestChoices(Section):
    """How each red flag is held against what is known."""

    lists: list[str] = parameter(
        [],
        "Lists whose suppliers are the known outcome; empty: those about organised crime, or all "
        "where none is.",
    )
    permutations: int = parameter(
        999, "Draws in which outcomes change places.", unit="draws", ge=99, le=100_000
    )
    false_discovery_rate: float = parameter(
        0.05, "Share of verdicts that may be chance.", unit="share", gt=0, lt=1
    )
    interval: float = parameter(
        0.95, "Coverage of the intervals of base rates and lifts.", unit="share", gt=0.5, lt=1
    )
    item_response: bool = parameter(
        False, "Whether a two-parameter item response model of the flags is fitted as well."
    )


class CriRange(Section):
    """The level of risk of a range of values of an indicator, closed below and open above."""

    at_least: float | None = parameter(
        None, "Lowest value; open when absent.", unit="units of the indicator", examples=[15.0]
    )
    below: float | None = parameter(
        None,
        "The values are below this one; open when absent.",
        unit="units of the indicator",
        examples=[30.0],
    )
    level: float = required(
        "Level of risk: 0 none, 0.5 some, 1 high.", unit="1", ge=0, le=1, examples=[1.0]
    )


class CriComponent(Section):
    """Levels of risk of one indicator, as an earlier run found them."""

    ranges: list[CriRange] = required(
        "Level by value, in rising order.", min_length=1, examples=[[{"below": 15, "level": 1.0}]]
    )
    missing: float | None = parameter(
        None,
        "Level of a value that is not known; without it the component is left out there.",
        unit="1",
        ge=0,
        le=1,
    )

    @model_validator(mode="after")
    def _ranges_in_order(self) -> Self:
        for first, second in pairwise(self.ranges):
            if first.below is None or second.at_least is None or second.at_least < first.below:
                refuse(
                    f"the ranges below {first.below} and from {second.at_least} overlap",
                    fix="Put them in rising order; a range begins where the one before it ends.",
                )
        return self


class CriChoices(Section):
    """How the Corruption Risk Index is built from indicators."""

    outcome: Literal["auto", "single_bid", "listed_supplier"] = parameter(
        "auto",
        "What cut points are sought against; auto: listed suppliers where there are enough of "
        "them, because criminal groups may bring many bids, else single bids.",
    )
    fewest_listed: int = parameter(
        200,
        "Listed suppliers from which auto takes them as the outcome.",
        unit="suppliers",
        ge=20,
    )
    components: list[Name] = parameter(
        [], "Codes of the indicators to calibrate; empty: every one that can be."
    )
    controls: list[Control] = parameter(
        ["value_decile", "buyer_type", "category", "product", "area"],
        "What is held fixed beside the year.",
    )
    bins: int = parameter(
        20, "Quantile bins that values are put in first.", unit="bins", ge=5, le=100
    )
    most_segments: int = parameter(
        4, "Ranges of neighbouring bins at most.", unit="ranges", ge=2, le=8
    )
    smallest_effect: float = parameter(
        0.01, "Effect on the outcome that a level of risk must have.", unit="share", gt=0, lt=1
    )
    alpha: float = parameter(
        0.01, "Level of the tests, false discoveries controlled.", unit="share", gt=0, lt=0.5
    )
    kept_effect: Share = parameter(
        0.5, "Share of the effect that other buyers must show again.", unit="share"
    )
    stable_years: Share = parameter(
        0.8, "Share of years in which the sign must hold.", unit="share"
    )
    levels: dict[str, CriComponent] = parameter(
        {},
        "Levels that an earlier run wrote to cri.yaml, used instead of new ones.",
        key="C04",
    )


class CompositeChoices(Section):
    """How flags are summed up by area and by sector, and how far that hangs on choices."""

    draws: int = parameter(
        512,
        "Base sample of the sensitivity design, a power of two.",
        unit="draws",
        ge=32,
        le=8192,
    )
    weight_spread: float = parameter(
        0.25, "By how much weights may differ from equal ones.", unit="share", gt=0, lt=1
    )
    fewest_units: int = parameter(
        30,
        "Contracts or lots in which a flag must be computable for an area or sector to have a "
        "value.",
        unit="units",
        ge=1,
    )
    fewest_rows: int = parameter(
        5, "Areas or sectors without which nothing is ranked.", unit="areas or sectors", ge=3
    )

    @model_validator(mode="after")
    def _power_of_two(self) -> Self:
        if self.draws & (self.draws - 1):
            refuse(
                f"draws {self.draws}", "a power of two", "Sobol sequences need it; 512 is usual."
            )
        return self
