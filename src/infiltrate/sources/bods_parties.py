"""Entities and persons of the Beneficial Ownership Data Standard as rows of text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from infiltrate.params.readers import BodsSettings
from infiltrate.sources.countries import country_code
from infiltrate.tables.identifiers import SCHEME_PATTERN, SCHEMES, validate_identifier

Row = tuple[str, dict[str, str | None]]

PERSON_SCHEME = "XI-PERSON"
# Type of entity to the kind of a company, and to the kind of an owner.
_KINDS = {
    "registeredEntity": ("company", "company"),
    "legalEntity": ("company", "company"),
    "arrangement": ("unknown", "trust"),
    "anonymousEntity": ("unknown", "unknown"),
    "unknownEntity": ("unknown", "unknown"),
    "state": ("public_body", "state"),
    "stateBody": ("public_body", "state"),
}


def person_row(record: str, details: Mapping[str, Any]) -> Row:
    """Return a person as a party: no name, the year of birth, the country of residence.

    A person of whom it is said that nobody knows who it is, or that it is kept secret, is an
    owner of unknown kind.
    """
    is_known = details.get("personType", "knownPerson") == "knownPerson"
    homes = [
        *(
            _dict(address.get("country"))
            for address in dicts(details, "addresses")
            if address.get("type") in ("residence", None)
        ),
        *dicts(details, "taxResidencies"),
    ]
    return (
        "parties",
        {
            "record": record,
            "kind": "natural_person",
            "owner_kind": "natural_person" if is_known else "unknown",
            "organisation": f"{PERSON_SCHEME}:{record}",
            "is_person": "true",
            "country": next(filter(None, map(_country, homes)), None),
            "birth_year": (_text(details, "birthDate") or "")[:4] or None,
        },
    )


def entity_rows(record: str, details: Mapping[str, Any], settings: BodsSettings) -> Iterator[Row]:
    """Yield an entity as a party and its further identifiers.

    The first valid identifier of a trusted scheme names it, then the first valid one of a scheme
    whose check is known, then the first of any scheme, then its record.
    """
    entity_type = _dict(details.get("entityType"))
    kind, owner_kind = _KINDS.get(str(entity_type.get("type")), ("unknown", "unknown"))
    if entity_type.get("subtype") == "trust":
        owner_kind = "trust"
    known = _identifiers(details, settings)
    named = known[0] if known else f":{record}"
    addresses = dicts(details, "addresses")
    seat = next((item for item in addresses if item.get("type") == "registered"), None)
    seat = seat or next(iter(addresses), {})
    yield (
        "parties",
        {
            "record": record,
            "kind": kind,
            "owner_kind": owner_kind,
            "organisation": named,
            "is_person": "false",
            "name": _text(details, "name"),
            "incorporated_on": _text(details, "foundingDate"),
            "dissolved_on": _text(details, "dissolutionDate"),
            "address": _text(seat, "address"),
            "country": _country(_dict(details.get("jurisdiction")))
            or _country(seat.get("country")),
        },
    )
    for other in known[1:]:
        yield "identifiers", {"record": record, "organisation": named, "other": other}


def dicts(details: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """Return the objects of a list; empty when there is none."""
    items = details.get(name)
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def _identifiers(details: Mapping[str, Any], settings: BodsSettings) -> list[str]:
    found: list[tuple[int, int, str]] = []
    for item in dicts(details, "identifiers"):
        written = _text(item, "scheme") or _text(item, "schemeName") or ""
        scheme = settings.schemes.get(written, written)
        number = _text(item, "id")
        if number and SCHEME_PATTERN.fullmatch(scheme):
            identifier = validate_identifier(scheme, number)
            if identifier.valid:
                found.append((_rank(scheme, settings), len(found), identifier.id))
    return list(dict.fromkeys(identifier for _, _, identifier in sorted(found)))


def _rank(scheme: str, settings: BodsSettings) -> int:
    if scheme in settings.trusted:
        return settings.trusted.index(scheme)
    return len(settings.trusted) + (scheme not in SCHEMES)


def _country(value: object) -> str | None:
    known = _dict(value)
    return country_code(_text(known, "code")) or country_code(_text(known, "name"))


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(details: Mapping[str, Any], name: str) -> str | None:
    value = details.get(name)
    return value.strip() or None if isinstance(value, str) else None
