"""What is followed from a company, and from which share on somebody is an owner."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date

from infiltrate.params.dated import fact_at
from infiltrate.params.facts import OwnershipThreshold
from infiltrate.params.network_choices import NetworkChoices
from infiltrate.params.ownership_choices import OwnershipChoices
from infiltrate.params.study import StudyParams
from infiltrate.params.tracing_choices import TracingChoices


@dataclass(frozen=True)
class Scope:
    """The parameters that a trace reads, from the sections they stand in.

    Attributes
    ----------
    tracing : TracingChoices
        How far a trace goes.
    network : NetworkChoices
        Which ties count: kinds, roles, how long after their end, and what is too common. The
        numbers of its walks and tests are not read.
    ownership : OwnershipChoices
        From which share on somebody is an ultimate owner or controls.
    thresholds : tuple of OwnershipThreshold
        Laws that state another share of an ultimate owner.
    country : str
        The country of a company that states none.
    """

    tracing: TracingChoices = field(default_factory=TracingChoices)
    network: NetworkChoices = field(default_factory=NetworkChoices)
    ownership: OwnershipChoices = field(default_factory=OwnershipChoices)
    thresholds: tuple[OwnershipThreshold, ...] = ()
    country: str = ""

    def owner_share(self, country: str | None, day: date) -> float:
        """Return the least share of an ultimate owner of a company of a country on a day."""
        law = fact_at(self.thresholds, day, country=country or self.country)
        return self.ownership.share if law is None else law.share

    def with_depth(self, depth: int) -> Scope:
        """Return the same with another length of the longest chain of owners."""
        tracing = self.tracing.model_copy(update={"most_chain_steps": depth})
        return replace(self, tracing=tracing)


def read_scope(params: StudyParams) -> Scope:
    """Return what a study says; a stage declares these blocks.

    ``choices.tracing``, ``choices.network``, ``choices.ownership`` and
    ``facts.ownership_thresholds``.
    """
    return Scope(
        tracing=params.choices.tracing,
        network=params.choices.network,
        ownership=params.choices.ownership,
        thresholds=tuple(params.facts.ownership_thresholds),
        country=params.country,
    )
