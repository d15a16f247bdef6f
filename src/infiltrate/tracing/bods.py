"""Statements of the Beneficial Ownership Data Standard 0.4 about a study's owners and officers."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from infiltrate.tracing.naming import Naming
from infiltrate.tracing.records import Records, Row

VERSION = "0.4"

_PUBLISHER = "infiltrate, as published by the sources named"
_ENTITIES = {
    "company": {"type": "registeredEntity"},
    "consortium": {"type": "arrangement", "subtype": "other"},
    "trust": {"type": "arrangement", "subtype": "trust"},
    "state": {"type": "state"},
    "public_body": {"type": "stateBody"},
    "unknown": {"type": "unknownEntity"},
}
_INTERESTS = {
    "shares": "shareholding",
    "votes": "votingRights",
    "appointment": "appointmentOfBoard",
    "influence": "otherInfluenceOrControl",
}
_ROLES = {"director": "boardMember", "sole_director": "boardMember", "chair": "boardChair"}


@dataclass(frozen=True)
class SourceFacts:
    """Who publishes a source, and when it was fetched."""

    publisher: str
    retrieved_on: date | None


def bods_statements(
    records: Records, naming: Naming, sources: Mapping[str, SourceFacts]
) -> Iterator[dict[str, Any]]:
    """Yield statements: entities and persons first, then who holds what of whom.

    Natural persons are anonymous, their record id a pseudonym. A share is exact, or a minimum and a
    maximum. A company that owns another and whose own owners are not on record has a statement
    with an unspecified interested party. No statement says that it is a part of another
    (``isComponent``): chains are for the reader to follow.

    Parameters
    ----------
    records : Records
        What is written out, as of a day.
    naming : Naming
        Whether companies appear under their own ids and names.
    sources : mapping of str to SourceFacts
        By id of the source.
    """
    writer = _Writer(records.day, naming, sources)
    for row in records.units():
        yield writer.unit(row)
    for row in records.units():
        if row["lacks_owners"]:
            yield writer.gap(row)
    for row in records.interests():
        yield writer.interest(row)
    for row in records.roles():
        if row["role"] in _ROLES and row["officer_id"] != row["company_id"]:
            yield writer.role(row)


@dataclass(frozen=True)
class _Writer:
    day: date
    naming: Naming
    sources: Mapping[str, SourceFacts]

    def unit(self, row: Row) -> dict[str, Any]:
        record = self.naming.name("firm", row["unit_id"])
        if row["kind"] == "natural_person":
            details: dict[str, Any] = {
                "isComponent": False,
                "personType": "anonymousPerson",
                "unspecifiedPersonDetails": {
                    "reason": "interestedPartyExemptFromDisclosure",
                    "description": "Natural persons appear under pseudonyms.",
                },
            }
            return self._statement(record, record, "person", details, row)
        kind = _ENTITIES.get(row["kind"], _ENTITIES["company"])
        details = {"isComponent": False, "entityType": dict(kind)}
        if kind["type"] == "unknownEntity":
            details["unspecifiedEntityDetails"] = {
                "reason": "informationUnknownToPublisher",
                "description": "The source does not say what this owner is.",
            }
        if self.naming.is_open:
            scheme, _, local = row["unit_id"].partition(":")
            details["identifiers"] = [{"id": local or scheme, "schemeName": scheme}]
            details |= {"name": row["name"]} if row["name"] else {}
        for name, day in (
            ("foundingDate", row["incorporated_on"]),
            ("dissolutionDate", row["dissolved_on"]),
        ):
            details |= {name: day.isoformat()} if day and self.naming.is_open else {}
        return self._statement(record, record, "entity", details, row)

    def gap(self, row: Row) -> dict[str, Any]:
        subject = self.naming.name("firm", row["unit_id"])
        details = {
            "isComponent": False,
            "subject": subject,
            "interestedParty": {
                "reason": "informationUnknownToPublisher",
                "description": "No owner is on record.",
            },
            "interests": [],
        }
        return self._statement(f"no owner: {subject}", subject, "relationship", details, row)

    def interest(self, row: Row) -> dict[str, Any]:
        interest: dict[str, Any] = {
            "type": _INTERESTS.get(row["interest"], "unknownInterest"),
            "directOrIndirect": "unknown" if row["is_beneficial"] else "direct",
        }
        # the standard calls only persons beneficial owners
        if row["is_beneficial"] is not None and row["owner_kind"] == "natural_person":
            interest["beneficialOwnershipOrControl"] = row["is_beneficial"]
        share = _share(row["share_low"], row["share_high"])
        interest |= {"share": share} if share else {}
        return self._relationship(row, "owner_id", interest)

    def role(self, row: Row) -> dict[str, Any]:
        interest = {"type": _ROLES[row["role"]], "directOrIndirect": "direct"}
        return self._relationship(row, "officer_id", interest)

    def _relationship(self, row: Row, holder: str, interest: dict[str, Any]) -> dict[str, Any]:
        names = {row[end]: self.naming.name("firm", row[end]) for end in (holder, "company_id")}
        for name, day in (("startDate", row["valid_from"]), ("endDate", row["valid_to"])):
            interest |= {name: day.isoformat()} if day else {}
        details = {
            "isComponent": False,
            "subject": names[row["company_id"]],
            "interestedParty": names[row[holder]],
            "interests": [interest],
        }
        record = self.naming.record(row["record_id"], names)
        return self._statement(record, names[row["company_id"]], "relationship", details, row)

    def _statement(
        self, record: str, subject: str, kind: str, details: dict[str, Any], row: Row
    ) -> dict[str, Any]:
        digest = hashlib.sha256(f"{self.day}\0{kind}\0{record}".encode()).hexdigest()
        statement = {
            "statementId": digest,
            "declarationSubject": subject,
            "statementDate": self.day.isoformat(),
            "publicationDetails": {
                "publicationDate": self.day.isoformat(),
                "bodsVersion": VERSION,
                "publisher": {"name": _PUBLISHER},
            },
            "recordId": record,
            "recordType": kind,
            "recordStatus": "new",
            "recordDetails": details,
        }
        source = self.sources.get(row["source_id"] or "")
        if source:
            said: dict[str, Any] = {"type": ["thirdParty"]}
            said["assertedBy"] = [{"name": source.publisher}]
            if source.retrieved_on:
                said["retrievedAt"] = source.retrieved_on.isoformat()
            statement["source"] = said
        return statement


def _share(low: float | None, high: float | None) -> dict[str, float]:
    ends = {"minimum": low, "maximum": high}
    if low is not None and low == high:
        return {"exact": _percent(low)}
    return {name: _percent(end) for name, end in ends.items() if end is not None}


def _percent(share: float) -> float:
    return round(100 * share, 6)
