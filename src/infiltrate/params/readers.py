"""Settings of the readers that know their format: contracts, registers of firms and owners."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator

from infiltrate.params.section import Section, parameter, refuse, required
from infiltrate.params.values import Country, Day, Id, Name, Pattern

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
]
BidStatus = Literal["valid", "disqualified", "withdrawn", "unknown"]
AwardStatus = Literal["won", "not_won", "undecided"]


def _is_time_zone(value: str) -> str:
    from zoneinfo import available_timezones

    if value not in available_timezones():
        refuse(
            f"'{value}' is no time zone",
            "a name of the IANA data base such as America/Lima",
            "Leave it out to take each day as the publisher wrote it.",
        )
    return value


TimeZone = Annotated[str, AfterValidator(_is_time_zone)]


class Pseudonyms(Section):
    """Which identifiers belong to natural persons and must be replaced by keyed pseudonyms."""

    pattern: Pattern = required(
        "Regular expression that a natural person's local identifier matches.", examples=["1.*"]
    )


class OcdsSettings(Section):
    """What a publisher of the Open Contracting Data Standard does in its own way."""

    schemes: dict[Name, str] = parameter(
        {},
        "Scheme as the publisher writes it to its code by org-id.guide, for example RUC to "
        "PE-RUC; a code that is already right need not be named.",
        key="PUBLISHER'S SCHEME",
    )
    scheme: str | None = parameter(
        None,
        "Scheme of identifiers that name none.",
        min_length=2,
        examples=["PE-RUC"],
    )
    persons: Pseudonyms | None = parameter(
        None, "Identifiers of natural persons, replaced by keyed pseudonyms."
    )
    person_schemes: list[Name] = parameter(
        [],
        "Schemes, as the publisher writes them, whose every identifier is a natural person's, for "
        "example a register of identity cards.",
    )
    company_names: Pattern | None = parameter(
        None,
        "A bidder's name that matches as a whole is a company's; other bidders are kept without "
        "name, as of unknown kind. For files in which persons trade under their own name.",
        examples=["(?i).*\\b(?:ltd|plc)\\b.*"],
    )
    procedures: dict[Name, Procedure] = parameter(
        {},
        "Value of procurementMethodDetails or procurementMethod to the canonical procedure; open, "
        "selective, limited and direct are known.",
        key="METHOD IN NATIONAL WORDS",
    )
    bid_statuses: dict[Name, BidStatus] = parameter(
        {},
        "Status of a bid to the canonical one, besides valid, disqualified and withdrawn; any "
        "other is unknown.",
        key="STATUS",
    )
    award_statuses: dict[Name, AwardStatus] = parameter(
        {},
        "Status of an award or contract to whether its suppliers won, besides active, terminated, "
        "cancelled and unsuccessful; any other is undecided.",
        key="STATUS",
    )
    time_zone: TimeZone | None = parameter(
        None,
        "Zone in whose days moments are dated. Without it each day is the one the publisher "
        "wrote; moments without a zone always are.",
    )
    largest_line_mib: int = parameter(
        32, "A longer line is rejected without being read.", unit="MiB", ge=32, le=2048
    )


class TedSettings(Section):
    """Whose notices are read from the files that hold those of every member state."""

    country: Country = required("Notices of this country's authorities are read.", examples=["RO"])
    scheme: str | None = parameter(
        None,
        "Scheme of the national numbers of authorities and winners; without it the country's "
        "where one is known.",
        min_length=2,
    )
    persons: Pseudonyms | None = parameter(
        None,
        "National numbers of natural persons; without it the country's rule where one is known.",
    )
    company_names: Pattern | None = parameter(
        None,
        "A name that matches as a whole is a company's and is kept; without it, any that holds "
        "one of the usual legal forms of Europe.",
    )
    not_company_names: Pattern | None = parameter(
        None, "Names of sole traders, whose number may look like a company's."
    )


class FtmSettings(Section):
    """How entities of FollowTheMoney become companies, roles and list entries."""

    identifiers: dict[Name, str] = parameter(
        {},
        "Property of an organisation to the scheme of its values, in the order of trust; the "
        "first that is there and valid names the organisation, else its entity id does.",
        key="registrationNumber",
    )
    persons: Pseudonyms | None = parameter(
        None, "Identifiers of natural persons who are entered as organisations."
    )
    undated: Day | None = parameter(
        None,
        "First day taken for roles and interests that have none; without it they are rejected.",
    )
    lists: dict[Name, Id] = parameter(
        {},
        "Data set or programme of a sanction to the id of a list of this study; other sanctions "
        "are left out.",
        key="DATA SET",
    )


class BodsSettings(Section):
    """How statements of the Beneficial Ownership Data Standard name organisations."""

    schemes: dict[Name, str] = parameter(
        {},
        "Scheme or name of a scheme as the publisher writes it to its code by org-id.guide; a code "
        "that is already right need not be named.",
        key="PUBLISHER'S SCHEME",
    )
    trusted: list[Name] = parameter(
        [],
        "Schemes in the order of trust: the first of which an organisation has a valid number "
        "names it, then any other it has, then its record.",
        examples=[["GB-COH", "XI-LEI"]],
    )
    persons: Pseudonyms | None = parameter(
        None, "Identifiers of natural persons who are entered as entities."
    )
    undated: Day | None = parameter(
        None,
        "First day taken for interests that have none and whose statement has none either; "
        "without it they are rejected.",
    )


class PscSettings(Section):
    """What is taken for granted of the register of persons with significant control."""

    undated: Day = parameter(
        date(2016, 4, 6),
        "First day taken for entries that have none: those whose details are protected. By default "
        "the day on which the register began (Companies Act 2006, part 21A).",
    )


class GleifSettings(Section):
    """Which numbers of business registers stand beside legal entity identifiers."""

    authorities: dict[Name, str] = parameter(
        {},
        "Code of a registration authority (list of GLEIF) to the scheme of its numbers, added to "
        "those that are known.",
        key="RA000585",
    )


__all__ = [
    "BodsSettings",
    "FtmSettings",
    "GleifSettings",
    "OcdsSettings",
    "PscSettings",
    "Pseudonyms",
    "TedSettings",
]
