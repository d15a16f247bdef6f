"""The parameters of one study: a country, its files, its facts, its lists and the choices made."""

from __future__ import annotations

from datetime import date

from infiltrate.params.choices import Choices
from infiltrate.params.facts import Facts
from infiltrate.params.lists import Lists
from infiltrate.params.section import Section, parameter, required
from infiltrate.params.sources import Sources
from infiltrate.params.values import Country, Currency


class StudyParams(Section):
    """Everything one YAML file may hold, defaults filled in."""

    country: Country = required(
        "ISO 3166-1 alpha-2 code; XX for an invented country.", examples=["XX"]
    )
    title: str = required(
        "One line saying what the study covers.",
        min_length=3,
        examples=["Country, sector and years of the study"],
    )
    question: str = parameter(
        "How far has organised crime infiltrated the legal economy?",
        "The question the report answers or refuses to answer.",
    )
    universe: str = parameter(
        "companies seen in the sources", "Which units the shares of the report refer to, in words."
    )
    currency: Currency = required("ISO 4217 code of the study's currency.", examples=["XXX"])
    sources: Sources = parameter([], "Files and how they are read.")
    facts: Facts = parameter(Facts(), "Law and statistics.")
    lists: Lists = parameter([], "Lists of known firms.")
    choices: Choices = parameter(Choices(), "Choices of method.")

    @property
    def day(self) -> date | None:
        """Day of the study: the one chosen, else the last on which a source was fetched."""
        if self.choices.as_of is not None:
            return self.choices.as_of
        fetched = [source.retrieved_on for source in self.sources if source.retrieved_on]
        return max(fetched, default=None)
