"""Entities of FollowTheMoney, one JSON object a line, to relations of text."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

from infiltrate.params.readers import FtmSettings
from infiltrate.params.sources import Source
from infiltrate.sources.builtin import fill_format, load_format
from infiltrate.sources.countries import country_code
from infiltrate.sources.files import RawFile
from infiltrate.sources.json_objects import Unreadable, read_objects
from infiltrate.sources.parts import StagedParts
from infiltrate.sources.relations import LineLog, RelationWriter
from infiltrate.tables.identifiers import SCHEME_PATTERN, validate_identifier

Row = tuple[str, dict[str, str | None]]
Properties = Mapping[str, list[str]]

_PERSON_SCHEME = "XI-PERSON"
_ORGANISATIONS = {
    "Company": "company",
    "Organization": "company",
    "LegalEntity": "unknown",
    "PublicBody": "public_body",
}
_ROLES = {
    "director": "director",
    "board member": "director",
    "managing director": "director",
    "administrator": "director",
    "sole director": "sole_director",
    "chair": "chair",
    "chairman": "chair",
    "chairperson": "chair",
    "president": "chair",
    "auditor": "auditor",
    "liquidator": "liquidator",
    "attorney": "attorney",
    "secretary": "secretary",
}
# What publishers write into ownershipType about votes and control; all else is a share.
_INTERESTS = {
    "votes": "votes",
    "voting rights": "votes",
    "appointment": "appointment",
    "right to appoint directors": "appointment",
    "influence": "influence",
    "significant influence": "influence",
    "significant influence or control": "influence",
}
# A person's country is that of residence; nationality is another thing.
_COUNTRY_OF = {True: ("country",), False: ("jurisdiction", "mainCountry", "country")}
_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?(?:[T ].*)?")


def ftm_parts(source: Source) -> dict[str, Source]:
    """Return how the relations of FollowTheMoney entities fill the tables."""
    settings = source.ftm or FtmSettings()
    return fill_format(
        source,
        {
            "persons": settings.persons,
            "person_schemes": [_PERSON_SCHEME],
            "roles": _ROLES,
            "interests": _INTERESTS,
            "lists": {list_id: list_id for list_id in settings.lists.values()},
        },
    )


def stage_ftm(
    source: Source, parts: dict[str, Source], files: Sequence[RawFile], folder: Path
) -> StagedParts:
    """Read entities: one line of the log is one line of a file.

    A line is ``loaded`` when a row comes of it, ``filtered`` by its schema when none does, or
    ``rejected``. Properties hold lists: names and identifiers are the first, the ends of a role, an
    interest or an award are each with each. A day that is given as a year or month is its first
    day, or its last where something ends.

    Parameters
    ----------
    source : Source
        The source.
    parts : dict
        Relation to the source that maps it.
    files : sequence of RawFile
        Its files.
    folder : Path
        Where the relations are staged.
    """
    entities = _Entities(source.ftm or FtmSettings())
    with (
        RelationWriter(folder, parts, load_format("ftm").columns) as relations,
        LineLog(folder / "lines.parquet", source.id, "entities") as log,
    ):
        for file in files:
            for line, found in read_objects(file):
                entity = _read_entity(found)
                if isinstance(entity, Unreadable):
                    log.add(file.name, line, "rejected", entity.rule, entity.found)
                    continue
                rows = list(entities.rows(entity))
                for relation, values in rows:
                    relations.add(relation, file.name, line, values)
                fate = ("loaded", "") if rows else ("filtered", f"schema:{entity['schema']}")
                log.add(file.name, line, *fate)
    return StagedParts(
        tuple(relations.staged(name) for name in parts),
        log.files([file.name for file in files]),
        (log.path,),
    )


class _Entities:
    """The rows of entities."""

    def __init__(self, settings: FtmSettings) -> None:
        self._settings = settings
        self._readers: dict[str, Callable[[str, Properties, Mapping[str, Any]], Iterator[Row]]] = {
            "Directorship": self._directorship,
            "Ownership": self._ownership,
            "Contract": self._contract,
            "ContractAward": self._award,
            "Sanction": self._sanction,
        }

    def rows(self, entity: Mapping[str, Any]) -> Iterator[Row]:
        """Yield the rows of an entity with their relations."""
        schema, entity_id = entity["schema"], entity["id"]
        properties = {
            name: [str(value).strip() for value in values if str(value).strip()]
            for name, values in entity["properties"].items()
        }
        if schema == "Person" or schema in _ORGANISATIONS:
            yield self._organisation(entity_id, schema, properties)
            if schema != "Person":
                yield from self._identifiers(entity_id, properties)
        elif schema in self._readers:
            yield from self._readers[schema](entity_id, properties, entity)

    def _organisation(self, entity_id: str, schema: str, properties: Properties) -> Row:
        is_person = schema == "Person"
        kind = "natural_person" if is_person else _ORGANISATIONS[schema]
        is_trust = (_first(properties, "legalForm") or "").casefold() == "trust"
        hides = schema in ("Person", "LegalEntity")
        return (
            "entities",
            {
                "entity": entity_id,
                "schema": schema,
                "organisation": self._reference(entity_id, properties, is_person),
                "is_person": "true" if is_person else "false",
                "kind": kind,
                "owner_kind": "trust" if kind == "unknown" and is_trust else kind,
                # A legal entity may be a person who trades.
                "name": None if hides else _first(properties, "name"),
                "legal_form": _first(properties, "legalForm"),
                "status": _first(properties, "status"),
                "incorporated_on": _day(_first(properties, "incorporationDate")),
                "dissolved_on": _day(_first(properties, "dissolutionDate"), last=True),
                "address": None if hides else _first(properties, "address"),
                "country": country_code(_first(properties, *_COUNTRY_OF[is_person])),
                "birth_year": (_first(properties, "birthDate") or "")[:4] or None,
                "buyer": "true" if schema == "PublicBody" else "false",
            },
        )

    def _reference(self, entity_id: str, properties: Properties, is_person: bool) -> str:
        if is_person:
            return f"{_PERSON_SCHEME}:{entity_id}"
        return next(self._numbers(properties), f":{entity_id}")

    def _identifiers(self, entity_id: str, properties: Properties) -> Iterator[Row]:
        first, *others = dict.fromkeys(self._numbers(properties)) or [None]
        for other in others:
            values = {"entity": entity_id, "organisation": first, "other": other}
            yield "identifiers", values

    def _numbers(self, properties: Properties) -> Iterator[str]:
        """Yield the valid numbers of an organisation in the order of trust."""
        for name, scheme in self._settings.identifiers.items():
            for value in properties.get(name, ()):
                if SCHEME_PATTERN.fullmatch(scheme) and validate_identifier(scheme, value).valid:
                    yield f"{scheme}:{value}"

    def _directorship(
        self, entity_id: str, properties: Properties, _: Mapping[str, Any]
    ) -> Iterator[Row]:
        for director, organisation in _pairs(properties, "director", "organization"):
            yield (
                "roles",
                {
                    "entity": entity_id,
                    "director": director,
                    "organisation": organisation,
                    "role": _first(properties, "role") or "director",
                    **self._period(properties),
                },
            )

    def _ownership(
        self, entity_id: str, properties: Properties, _: Mapping[str, Any]
    ) -> Iterator[Row]:
        for owner, asset in _pairs(properties, "owner", "asset"):
            share = (_first(properties, "percentage") or "").removesuffix("%").strip()
            yield (
                "interests",
                {
                    "entity": entity_id,
                    "owner": owner,
                    "asset": asset,
                    "share": share or None,
                    "ownership_type": _first(properties, "ownershipType") or "shares",
                    **self._period(properties),
                },
            )

    def _contract(
        self, entity_id: str, properties: Properties, _: Mapping[str, Any]
    ) -> Iterator[Row]:
        yield (
            "contracts",
            {
                "entity": entity_id,
                "authority": _first(properties, "authority"),
                "title": _first(properties, "title", "name"),
                "amount": _first(properties, "amount"),
                "currency": _first(properties, "currency"),
                "signed_on": _day(_first(properties, "contractDate")),
                "procedure": _first(properties, "procedure", "method"),
                "cancelled": _first(properties, "cancelled"),
            },
        )

    def _award(self, entity_id: str, properties: Properties, _: Mapping[str, Any]) -> Iterator[Row]:
        suppliers = properties.get("supplier", [])
        # One amount for several suppliers: nobody's part is known.
        amount = _first(properties, "amount") if len(suppliers) == 1 else None
        for supplier, contract in _pairs(properties, "supplier", "contract"):
            yield (
                "awards",
                {
                    "entity": entity_id,
                    "supplier": supplier,
                    "contract": contract,
                    "amount": amount,
                    "currency": _first(properties, "currency"),
                    "awarded_on": _day(_first(properties, "date")),
                    "start_on": _day(_first(properties, "startDate")),
                    "end_on": _day(_first(properties, "endDate"), last=True),
                    "suppliers": str(len(suppliers)),
                },
            )

    def _sanction(
        self, entity_id: str, properties: Properties, entity: Mapping[str, Any]
    ) -> Iterator[Row]:
        named = [*properties.get("program", []), *properties.get("programId", [])]
        named += [str(name) for name in entity.get("datasets") or []]
        lists = [self._settings.lists[name] for name in named if name in self._settings.lists]
        for target in properties.get("entity", []) if lists else []:
            yield (
                "sanctions",
                {
                    "entity": entity_id,
                    "target": target,
                    "list": lists[0],
                    "listed_on": _day(_first(properties, "listingDate", "startDate", "date")),
                    "removed_on": _day(_first(properties, "endDate"), last=True),
                    "reason": _first(properties, "reason", "provisions", "program"),
                },
            )

    def _period(self, properties: Properties) -> dict[str, str | None]:
        undated = self._settings.undated
        start = _day(_first(properties, "startDate", "date"))
        return {
            "valid_from": start or (undated.isoformat() if undated else None),
            "valid_to": _day(_first(properties, "endDate"), last=True),
        }


def _read_entity(found: dict[str, Any] | Unreadable) -> dict[str, Any] | Unreadable:
    """Return an entity, or the rule its line breaks and what was found."""
    if isinstance(found, Unreadable):
        return replace(found, rule="no_entity") if found.rule == "no_object" else found
    for name in ("id", "schema"):
        if not isinstance(found.get(name), str) or not found[name]:
            return Unreadable("no_entity", f"no {name}")
    properties = found.get("properties")
    if not isinstance(properties, dict):
        return Unreadable("no_entity", "no properties")
    if not all(_is_plain_list(values) for values in properties.values()):
        return Unreadable("no_entity", "a property is no list of plain values")
    return found


def _is_plain_list(values: Any) -> bool:
    return isinstance(values, list) and not any(isinstance(value, dict | list) for value in values)


def _pairs(properties: Properties, one: str, other: str) -> Iterator[tuple[str | None, str | None]]:
    """Return each with each; a row with a gap when one end is not there, to be rejected."""
    ends: list[list[str | None]] = [
        list(properties.get(name, ())) or [None] for name in (one, other)
    ]
    return ((left, right) for left, right in product(*ends))


def _first(properties: Properties, *names: str) -> str | None:
    return next((properties[name][0] for name in names if properties.get(name)), None)


def _day(text: str | None, last: bool = False) -> str | None:
    """Return a whole day of a date that may be a year or month; other text as it is."""
    match = _DATE.fullmatch(text or "")
    if match is None:
        return text
    year, month, day = (int(part) if part else None for part in match.groups())
    assert year is not None
    month = month or (12 if last else 1)
    if not 1 <= month <= 12 or year < 1:
        return text
    day = day or (calendar.monthrange(year, month)[1] if last else 1)
    return f"{year:04}-{month:02}-{day:02}"
