"""Entities of FollowTheMoney about a study: owners, officers, entries on lists and contracts."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import date
from typing import Any

from infiltrate.tracing.naming import Naming
from infiltrate.tracing.records import Records, Row

_SCHEMATA = {
    "natural_person": "Person",
    "company": "Company",
    "consortium": "Organization",
    "public_body": "PublicBody",
    "state": "PublicBody",
}
_OTHER = "LegalEntity"


def ftm_entities(records: Records, naming: Naming) -> Iterator[dict[str, Any]]:
    """Yield entities, each a mapping of ``id``, ``schema``, ``properties`` and ``datasets``.

    A person's name is the pseudonym; so is a company's where it may not be named. The percentage of
    a stake is a number, or a range such as ``25-50``; its ``ownershipType`` is the interest. A
    trust is a legal entity of the legal form ``trust``. The list of an entry is the ``program`` of
    its sanction.

    Parameters
    ----------
    records : Records
        What is written out, as of a day.
    naming : Naming
        Whether companies and buyers appear under their own ids and names.
    """
    for row in records.units():
        yield _unit(row, naming)
    for row in records.interests():
        yield _ownership(row, naming)
    for row in records.roles():
        yield _directorship(row, naming)
    for row in records.entries():
        yield _sanction(row, naming)
    buyers: set[str] = set()
    contracts: set[str] = set()
    for row in records.awards():
        if row["buyer_id"] and row["buyer_id"] not in buyers:
            buyers.add(row["buyer_id"])
            yield _buyer(row, naming)
        if row["contract_id"] not in contracts:
            contracts.add(row["contract_id"])
            yield _contract(row, naming)
        yield _award(row, naming)


def ftm_id(identifier: str) -> str:
    """Return an id that FollowTheMoney allows; one with other signs gets a few of its hash."""
    plain = re.sub(r"[^0-9A-Za-z.]+", "-", identifier).strip("-.")
    if plain == identifier:
        return plain
    return f"{plain}-{hashlib.sha256(identifier.encode()).hexdigest()[:8]}"


def _unit(row: Row, naming: Naming) -> dict[str, Any]:
    name = naming.name("firm", row["unit_id"])
    schema = _SCHEMATA.get(row["kind"], _OTHER)
    is_shown = naming.is_open and schema != "Person"
    return _entity(
        name,
        schema,
        name=(row["name"] if is_shown else None) or name,
        registrationNumber=row["unit_id"] if is_shown else None,
        incorporationDate=row["incorporated_on"] if is_shown else None,
        dissolutionDate=row["dissolved_on"] if is_shown else None,
        status=row["status"] if is_shown else None,
        legalForm="trust" if row["kind"] == "trust" else None,
        jurisdiction=row["country"].lower() if is_shown and row["country"] else None,
    )


def _ownership(row: Row, naming: Naming) -> dict[str, Any]:
    names = {row[end]: naming.name("firm", row[end]) for end in ("owner_id", "company_id")}
    return _entity(
        naming.record(row["record_id"], names),
        "Ownership",
        owner=ftm_id(names[row["owner_id"]]),
        asset=ftm_id(names[row["company_id"]]),
        percentage=_percentage(row["share_low"], row["share_high"]),
        ownershipType=row["interest"],
        startDate=row["valid_from"],
        endDate=row["valid_to"],
    )


def _directorship(row: Row, naming: Naming) -> dict[str, Any]:
    names = {row[end]: naming.name("firm", row[end]) for end in ("officer_id", "company_id")}
    return _entity(
        naming.record(row["record_id"], names),
        "Directorship",
        director=ftm_id(names[row["officer_id"]]),
        organization=ftm_id(names[row["company_id"]]),
        role=(row["role"] or "").replace("_", " ") or None,
        startDate=row["valid_from"],
        endDate=row["valid_to"],
    )


def _sanction(row: Row, naming: Naming) -> dict[str, Any]:
    names = {
        row["company_id"]: naming.name("firm", row["company_id"]),
        row["entry_id"]: naming.name("entry", row["entry_id"]),
    }
    return _entity(
        naming.record(row["record_id"], names),
        "Sanction",
        entity=ftm_id(names[row["company_id"]]),
        program=row["list_id"],
        listingDate=row["listed_on"],
        endDate=row["removed_on"],
        status=row["outcome"],
        reason=row["reason"] if naming.is_open else None,
    )


def _buyer(row: Row, naming: Naming) -> dict[str, Any]:
    name = naming.name("buyer", row["buyer_id"])
    shown = row["buyer_name"] if naming.is_open and row["buyer_name"] else name
    number = row["buyer_id"] if naming.is_open else None
    return _entity(name, "PublicBody", name=shown, registrationNumber=number)


def _contract(row: Row, naming: Naming) -> dict[str, Any]:
    name = naming.name("contract", row["contract_id"])
    authority = naming.name("buyer", row["buyer_id"]) if row["buyer_id"] else None
    return _entity(
        name,
        "Contract",
        title=name,
        authority=ftm_id(authority) if authority else None,
        contractDate=row["signed_on"],
    )


def _award(row: Row, naming: Naming) -> dict[str, Any]:
    names = {
        row["supplier_id"]: naming.name("firm", row["supplier_id"]),
        row["contract_id"]: naming.name("contract", row["contract_id"]),
    }
    return _entity(
        naming.record(row["record_id"], names),
        "ContractAward",
        supplier=ftm_id(names[row["supplier_id"]]),
        contract=ftm_id(names[row["contract_id"]]),
        lotNumber=row["lot_id"],
        amount=None if row["value"] is None else f"{row['value']:.2f}",
        currency=row["currency"],
        date=row["signed_on"],
    )


def _entity(identifier: str, schema: str, **properties: Any) -> dict[str, Any]:
    lists = {
        name: [value.isoformat() if isinstance(value, date) else str(value)]
        for name, value in properties.items()
        if value is not None
    }
    return {
        "id": ftm_id(identifier),
        "schema": schema,
        "properties": lists,
        "datasets": ["infiltrate"],
    }


def _percentage(low: float | None, high: float | None) -> str | None:
    if low is None and high is None:
        return None
    ends = [f"{round(100 * end, 8):.10g}" for end in (low or 0.0, 1.0 if high is None else high)]
    return ends[0] if ends[0] == ends[1] else "-".join(ends)
