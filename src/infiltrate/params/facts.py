"""Law and statistics, dated, each with its source."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

from pydantic import model_validator

from infiltrate.params.section import Section, parameter, refuse, required
from infiltrate.params.values import Currency, Day, Name, SectionLetter

Status = Literal["seen", "assumed", "to_check"]


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
        "Units of the study's currency for one foreign unit.",
        unit="units of the study's currency",
        gt=0,
        examples=[1.1],
    )


class Facts(Section):
    """Everything that is true of the country whatever method is used."""

    thresholds: list[Threshold] = parameter([], "Legal thresholds.")
    universe: list[Universe] = parameter([], "Official counts of active firms.")
    exchange_rates: list[ExchangeRate] = parameter([], "Dated exchange rates.")
    sector_products: dict[SectionLetter, list[Name]] = parameter(
        {}, "NACE or ISIC section letter to prefixes of product codes that it supplies.", key="F"
    )
