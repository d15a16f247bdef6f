"""Law and statistics, dated, each with its source."""

from __future__ import annotations

from itertools import pairwise
from typing import ClassVar, Literal, Self

from pydantic import model_validator

from infiltrate.params.section import Section, parameter, refuse, required
from infiltrate.params.values import Country, Currency, Day, Name, SectionLetter

Status = Literal["seen", "assumed", "to_check"]
Procedure = Literal[
    "open",
    "restricted",
    "negotiated_with_publication",
    "negotiated_without_publication",
    "competitive_dialogue",
    "innovation_partnership",
    "direct_award",
    "framework_call",
    "concession",
    "other",
    "any",
]


class Fact(Section):
    """A statement about the world: dated, sourced, and marked by how sure we are of it."""

    identity: ClassVar[tuple[str, ...]] = ()
    """Fields that say what the fact is about; two facts about the same may not overlap."""

    valid_from: Day = required("First day on which it held.", examples=["2019-01-01"])
    valid_to: Day | None = parameter(None, "Last day on which it held; open when still in force.")
    source: str = required(
        "Law, article, publication or page it was read in.",
        min_length=3,
        examples=["Law 1 of 2000, article 2"],
    )
    status: Status = parameter(
        "to_check", "Whether the source was seen, the value assumed, or still to be checked."
    )

    @model_validator(mode="after")
    def _dates_in_order(self) -> Self:
        if self.valid_to is not None and self.valid_to < self.valid_from:
            refuse(
                f"valid_to {self.valid_to} is before valid_from {self.valid_from}",
                fix="Swap or correct the dates; leave valid_to out while the fact holds.",
            )
        return self


class Threshold(Fact):
    """An amount from which another rule of procurement applies."""

    identity: ClassVar[tuple[str, ...]] = ("regime", "category")

    regime: Name = required(
        "What changes at the amount, for example direct_award or eu_notice.",
        examples=["direct_award"],
    )
    category: Literal["works", "goods", "services", "any"] = parameter(
        "any", "Kind of purchase it applies to."
    )
    amount: float = required(
        "Amount from which the other rule applies.",
        unit="units of its currency",
        gt=0,
        examples=[50000],
    )
    currency: Currency = required("ISO 4217 code of the amount.", examples=["EUR"])


class Universe(Fact):
    """An official count of active firms, the denominator of an estimate."""

    identity: ClassVar[tuple[str, ...]] = ("area_id", "sector_id")

    firms: int = required("Active firms.", unit="firms", gt=0, examples=[100000])
    area_id: Name | None = parameter(None, "Area it counts; the whole country when absent.")
    sector_id: Name | None = parameter(None, "Sector it counts; all sectors when absent.")


class ExchangeRate(Fact):
    """The value of a foreign currency in the study's currency."""

    identity: ClassVar[tuple[str, ...]] = ("currency",)

    currency: Currency = required("ISO 4217 code of the foreign currency.", examples=["USD"])
    rate: float = required(
        "Units of the study's currency for one foreign unit; eight decimals are used.",
        unit="units of the study's currency",
        ge=1e-8,
        lt=1e9,
        examples=[1.1],
    )


class MinimumCapital(Fact):
    """The least share capital that the law asks of a legal form."""

    identity: ClassVar[tuple[str, ...]] = ("legal_form",)

    legal_form: Name = required(
        "Legal form as the register writes it.", examples=["Limited company"]
    )
    amount: float = required(
        "Least share capital.", unit="currency", gt=0, lt=1e15, examples=[10000.0]
    )
    currency: Currency = required("ISO 4217 code of the amount.", examples=["EUR"])


class OwnershipThreshold(Fact):
    """The share from which the law of a country takes somebody as a beneficial owner."""

    identity: ClassVar[tuple[str, ...]] = ("country",)

    country: Country = required(
        "ISO 3166-1 alpha-2 code of the country of the owned company.", examples=["AQ"]
    )
    share: float = required(
        "Least share of an ultimate owner.", unit="share", gt=0, le=1, examples=[0.25]
    )


class Jurisdiction(Fact):
    """A country that a list names for secrecy or for failings against money laundering."""

    identity: ClassVar[tuple[str, ...]] = ("country", "listed_as")

    country: Country = required("ISO 3166-1 alpha-2 code of the country.", examples=["AQ"])
    listed_as: Literal[
        "financial_secrecy",
        "fatf_call_for_action",
        "fatf_increased_monitoring",
        "eu_high_risk",
        "eu_tax_blacklist",
    ] = required(
        "List that names it: the Financial Secrecy Index, a list of the FATF or of the European "
        "Union.",
        examples=["fatf_increased_monitoring"],
    )
    score: float | None = parameter(
        None,
        "Secrecy score; only the Financial Secrecy Index has one.",
        unit="points",
        ge=0,
        le=100,
    )

    @model_validator(mode="after")
    def _only_secrecy_is_scored(self) -> Self:
        if (self.score is not None) != (self.listed_as == "financial_secrecy"):
            refuse(
                f"{self.listed_as} of {self.country} "
                + ("has a score" if self.score is not None else "has no score"),
                fix="financial_secrecy has a score, the other lists have none.",
            )
        return self


class RiskRange(Section):
    """The level of risk of a range of values, both ends included."""

    low: float = required(
        "Lowest value of the range.", unit="days, or points of a score", examples=[1]
    )
    high: float | None = parameter(
        None, "Highest value of the range; open when absent.", unit="days, or points of a score"
    )
    level: float = required(
        "Level of risk: 0 none, 0.5 some, 1 high.", unit="1", ge=0, le=1, examples=[1.0]
    )


class RiskLevels(Fact):
    """The levels of risk that a component of the Corruption Risk Index has in this country."""

    identity: ClassVar[tuple[str, ...]] = ("component", "stated_in")

    component: Literal[
        "submission_days", "decision_days", "procedure", "missing_call", "secrecy_score", "benford"
    ] = required(
        "What is graded: days to bid, days to decide, the procedure, a missing call by its "
        "procedure, the secrecy score of the supplier's country, or the deviation of first digits "
        "from Benford's law.",
        examples=["submission_days"],
    )
    stated_in: Literal["document", "code"] = parameter(
        "document",
        "Whether the publisher's document or its program says so, for the two may differ.",
    )
    ranges: list[RiskRange] = parameter(
        [], "Level by value, for days and scores.", examples=[[{"low": 1, "level": 1.0}]]
    )
    procedures: dict[Procedure, float] = parameter(
        {}, "Level by canonical procedure; any for all that are not named.", unit="1", key="open"
    )
    missing_level: float | None = parameter(
        None,
        "Level of a value that is not published; without it nothing is said of such a lot.",
        unit="1",
        ge=0,
        le=1,
    )

    @model_validator(mode="after")
    def _grades_what_it_should(self) -> Self:
        by_procedure = self.component in ("procedure", "missing_call")
        if by_procedure != bool(self.procedures) or by_procedure == bool(self.ranges):
            wanted = "procedures" if by_procedure else "ranges"
            refuse(f"{self.component} is graded by {wanted}", fix=f"Fill {wanted}, and only that.")
        ordered = sorted(self.ranges, key=lambda item: item.low)
        for first, second in pairwise(ordered):
            if first.high is None or second.low <= first.high:
                refuse(
                    f"the ranges from {first.low:g} and from {second.low:g} overlap",
                    fix="Both ends of a range count as inside.",
                )
        for level in self.procedures.values():
            if not 0 <= level <= 1:
                refuse(f"level {level:g}", "a number from 0 to 1")
        return self


class Facts(Section):
    """Everything that is true of the country whatever method is used."""

    thresholds: list[Threshold] = parameter([], "Legal thresholds.")
    universe: list[Universe] = parameter([], "Official counts of active firms.")
    exchange_rates: list[ExchangeRate] = parameter([], "Dated exchange rates.")
    minimum_capitals: list[MinimumCapital] = parameter([], "Least share capital by legal form.")
    ownership_thresholds: list[OwnershipThreshold] = parameter(
        [],
        "Shares of beneficial owners by country; `choices.ownership.share` where there is none.",
    )
    jurisdictions: list[Jurisdiction] = parameter(
        [], "Countries on lists of secrecy and of failings against money laundering."
    )
    risk_levels: list[RiskLevels] = parameter(
        [], "Levels of the components of the Corruption Risk Index."
    )
    sector_products: dict[SectionLetter, list[Name]] = parameter(
        {}, "NACE or ISIC section letter to prefixes of product codes that it supplies.", key="F"
    )
