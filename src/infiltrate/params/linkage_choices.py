"""Choices about matching records without a sure number to companies."""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from infiltrate.params.section import Section, parameter, refuse
from infiltrate.params.values import Day, RelativePath


class LinkageChoices(Section):
    """How names on lists and in procurement are matched to the register."""

    on: bool = parameter(True, "Whether records are matched at all.")
    accept_from: float = parameter(
        0.9,
        "Probability from which a match is used without a person having looked at it.",
        unit="share",
        gt=0.5,
        le=1,
    )
    review_from: float = parameter(
        0.1,
        "Probability from which a match that is not accepted is put before a person.",
        unit="share",
        gt=0,
        lt=1,
    )
    reviewed: RelativePath | None = parameter(
        None,
        "CSV file of verdicts below the data folder, match_review.csv of an earlier run as edited.",
    )
    largest_block: int = parameter(
        200,
        "Most companies that may share a key of a name for the key to be used.",
        unit="companies",
        ge=1,
        le=100_000,
    )
    trained_until: Day | None = parameter(
        None,
        "Last day of the records from which the matching learns; empty for all. With a day, later "
        "records change no earlier record's probability.",
    )

    @model_validator(mode="after")
    def _band_in_order(self) -> Self:
        if self.review_from > self.accept_from:
            refuse(
                f"review_from {self.review_from} is above accept_from {self.accept_from}",
                fix="Swap or correct the two probabilities.",
            )
        return self
