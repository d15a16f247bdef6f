"""The lists of known firms: who writes them, on what ground, and whom they can see."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from infiltrate.params.facts import Status
from infiltrate.params.section import Section, parameter, refuse, required
from infiltrate.params.values import Day, Id, Name


class FalsePositivePrior(Section):
    """Beta prior on the share of entries that are wrong."""

    a: float = parameter(1.0, "First parameter of the Beta distribution.", unit="entries", gt=0)
    b: float = parameter(99.0, "Second parameter of the Beta distribution.", unit="entries", gt=0)


class ListDefinition(Section):
    """One list of known firms; lists are never merged into one label."""

    id: Id = required("Short name, unique in the study.", examples=["debarments"])
    title: Name = required("Name of the list.", examples=["Register of debarred suppliers"])
    authority: Name = required(
        "Who decides that a firm is listed.", examples=["Procurement tribunal"]
    )
    legal_basis: Name = required("Law or rule it rests on.", examples=["Law 1 of 2000"])
    nature: Literal[
        "court_final",
        "court_provisional",
        "admin_preventive",
        "tax",
        "debarment",
        "penalty",
        "sanction",
        "intelligence",
        "media",
        "research",
    ] = required("Kind of authority and procedure behind an entry.", examples=["debarment"])
    organised_crime: bool = required("Whether an entry means organised crime.", examples=[False])
    exposure: Literal["all_companies", "public_suppliers", "bidders"] = parameter(
        "all_companies", "Which companies the list could ever name."
    )
    coverage_from: Day | None = parameter(None, "First day of entries the data hold.")
    coverage_to: Day | None = parameter(None, "Last day of entries the data hold.")
    lag_months: float | None = parameter(
        None, "Median time from conduct to entry.", unit="months", ge=0
    )
    false_positives: FalsePositivePrior = parameter(
        FalsePositivePrior(), "Prior on the share of entries that are wrong."
    )
    source: str = required(
        "Where the description of the list comes from.",
        min_length=3,
        examples=["Web page of the tribunal"],
    )
    status: Status = parameter("to_check", "How sure the description is.")

    @model_validator(mode="after")
    def _dates_in_order(self) -> Self:
        if self.coverage_from and self.coverage_to and self.coverage_to < self.coverage_from:
            refuse(
                f"coverage_to {self.coverage_to} is before coverage_from {self.coverage_from}",
                fix="Swap or correct the dates.",
            )
        return self


Lists = list[ListDefinition]
