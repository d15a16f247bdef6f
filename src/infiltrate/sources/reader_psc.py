"""The snapshot of persons with significant control of Companies House to relations of text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from infiltrate.params.readers import PscSettings
from infiltrate.params.sources import Source
from infiltrate.sources.builtin import fill_format, load_format
from infiltrate.sources.countries import country_code
from infiltrate.sources.files import RawFile
from infiltrate.sources.json_objects import Unreadable, read_objects
from infiltrate.sources.lookups import plain_text
from infiltrate.sources.parts import StagedParts
from infiltrate.sources.psc_natures import read_natures
from infiltrate.sources.relations import Fault, LineLog, RelationWriter
from infiltrate.sources.shares import share_text
from infiltrate.tables.identifiers import validate_identifier

_PERSON_SCHEME = "XI-PERSON"
_SUFFIXES = ("-person-with-significant-control", "-beneficial-owner")
_STATEMENT = "persons-with-significant-control-statement"
_COMPANIES = ("corporate-entity", "legal-person")
_NAMES = ("forename", "middle_name", "surname")
_UK_REGISTER = "companies house"

Values = dict[str, str | None]


def psc_parts(source: Source) -> dict[str, Source]:
    """Return how the relations of the snapshot fill the tables."""
    return fill_format(source, {})


def stage_psc(
    source: Source, parts: dict[str, Source], files: Sequence[RawFile], folder: Path
) -> StagedParts:
    """Read the snapshot: one line of the log is one line of a file.

    A line is ``loaded`` when it names an owner or says that none is known, ``filtered`` when it
    tells the totals of the file, or ``rejected``. Statements that nobody is known, exemptions and
    protected persons become owners of unknown kind, one for each entry. An individual is named by
    all parts of the name and the month of birth, which are replaced by a keyed pseudonym; without
    a month of birth by the entry alone.

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
    entries = _Entries(source.psc or PscSettings())
    with (
        RelationWriter(folder, parts, load_format("psc").columns) as relations,
        LineLog(folder / "lines.parquet", source.id, "entries") as log,
    ):
        for file in files:
            for line, found in read_objects(file):
                entry = _read_entry(found)
                if isinstance(entry, Unreadable):
                    log.add(file.name, line, "rejected", entry.rule, entry.found)
                    continue
                rows = list(entries.rows(entry))
                for relation, values, fault in rows:
                    relations.add(relation, file.name, line, values, fault)
                kind = str(entry["data"]["kind"])
                fate = ("loaded", "") if rows else ("filtered", f"kind:{kind.partition('#')[0]}")
                log.add(file.name, line, *fate)
    return StagedParts(
        tuple(relations.staged(name) for name in parts),
        log.files([file.name for file in files]),
        (log.path,),
        tuple(entries.warnings(source.id)),
    )


class _Entries:
    """The rows of entries, and what was odd about them."""

    def __init__(self, settings: PscSettings) -> None:
        self._undated = settings.undated.isoformat()
        self._unknown_countries = 0
        self._without_number = 0

    def rows(self, entry: Mapping[str, Any]) -> Iterator[tuple[str, Values, Fault | None]]:
        """Yield the rows of an entry with their relations."""
        data = entry["data"]
        kind = str(data["kind"])
        company = str(entry.get("company_number") or "")
        if kind.startswith("totals"):
            return
        interest: Values = {
            "company": company,
            "kind": kind,
            "valid_from": _text(data, "notified_on") or self._undated,
            "valid_to": _text(data, "ceased_on"),
        }
        place = f"{company}-{_last_part(data)}"
        known = kind.removesuffix(_SUFFIXES[0]).removesuffix(_SUFFIXES[1])
        if known in ("super-secure", _STATEMENT, "exemptions"):
            began = _exempt_from(data) if known == "exemptions" else None
            interest |= {"valid_from": began or interest["valid_from"], "beneficial": "true"}
            interest |= {"owner": f":{place}", "owner_kind": "unknown", "interest": "shares"}
            yield "interests", interest, None
            return
        if known == "individual":
            owner = self._person(data, place)
        elif known in _COMPANIES:
            owner = self._company(data, place)
        else:
            yield "interests", interest, Fault("kind", "kind", kind)
            return
        yield "owners", owner, None
        interest |= {"beneficial": "true" if known == "individual" else "false"}
        interest |= {"owner": owner["owner"], "owner_kind": owner["owner_kind"]}
        interest |= {"owner_country": owner["country"]}
        yield from _interests(interest, data.get("natures_of_control"))

    def warnings(self, source_id: str) -> Iterator[str]:
        """Say what was possible but odd."""
        if self._unknown_countries:
            yield (
                f"{source_id}: {self._unknown_countries:,} owners with a country that is not known "
                "by its name; it is taken as missing"
            )
        if self._without_number:
            yield (
                f"{source_id}: {self._without_number:,} companies of the United Kingdom that own, "
                "without a number of Companies House that fits; each is named by its entry"
            )

    def _person(self, data: Mapping[str, Any], place: str) -> Values:
        born = data.get("date_of_birth")
        born = born if isinstance(born, dict) else {}
        names = data.get("name_elements")
        names = names if isinstance(names, dict) else {}
        name = plain_text(" ".join(str(names.get(part) or "") for part in _NAMES))
        year, month = born.get("year"), born.get("month")
        is_known = bool(names.get("surname") and name and year and month)
        key = f"{name}|{year}-{month}" if is_known else place
        return {
            "owner": f"{_PERSON_SCHEME}:{key}",
            "owner_kind": "natural_person",
            "country": self._country(_text(data, "country_of_residence")),
            "birth_year": str(year) if year else None,
        }

    def _company(self, data: Mapping[str, Any], place: str) -> Values:
        known = data.get("identification")
        known = known if isinstance(known, dict) else {}
        country = self._country(_text(known, "country_registered"))
        register = plain_text(_text(known, "place_registered") or "")
        if country is None and register.startswith(_UK_REGISTER):
            country = "GB"
        number = (_text(known, "registration_number") or "").upper()
        owner = f":{place}"
        if country == "GB" or not number:
            found = validate_identifier("GB-COH", number) if number else None
            if found is not None and found.valid:
                owner = found.id
            else:
                self._without_number += country == "GB"
        elif country is not None:
            owner = f":{country}-{''.join(filter(str.isalnum, number))}"
        return {
            "owner": owner,
            "owner_kind": "company",
            "name": _text(data, "name"),
            "legal_form": _text(known, "legal_form"),
            "country": country,
        }

    def _country(self, written: str | None) -> str | None:
        code = _country(written)
        self._unknown_countries += written is not None and code is None
        return code


# A register of millions says the same few thousand things.
_country = lru_cache(maxsize=100_000)(country_code)
_read_natures = lru_cache(maxsize=100_000)(read_natures)


def _read_entry(found: dict[str, Any] | Unreadable) -> dict[str, Any] | Unreadable:
    if isinstance(found, Unreadable):
        return found
    data = found.get("data")
    if not isinstance(data, dict) or not isinstance(data.get("kind"), str):
        return Unreadable("no_entry", "no data with a kind")
    if not found.get("company_number") and not data["kind"].startswith("totals"):
        return Unreadable("no_entry", "no company_number")
    return found


def _interests(interest: Values, natures: object) -> Iterator[tuple[str, Values, Fault | None]]:
    listed = tuple(map(str, natures)) if isinstance(natures, list) else ()
    read = _read_natures(listed)
    if isinstance(read, str):
        yield "interests", interest, Fault("nature", "natures_of_control", read)
        return
    for kind, share in read.items():
        shares = {"share_low": share_text(share.low), "share_high": share_text(share.high)}
        yield "interests", {**interest, "interest": kind, **shares}, None


def _exempt_from(data: Mapping[str, Any]) -> str | None:
    """Return the first day of the exemptions of a company."""
    exemptions = data.get("exemptions")
    days = [
        str(item["exempt_from"])
        for exemption in (exemptions.values() if isinstance(exemptions, dict) else ())
        for item in (exemption.get("items") or () if isinstance(exemption, dict) else ())
        if isinstance(item, dict) and item.get("exempt_from")
    ]
    return min(days, default=None)


def _last_part(data: Mapping[str, Any]) -> str:
    """Return what tells the entries of one company apart: the last part of the entry's own link."""
    links = data.get("links")
    link = links.get("self") if isinstance(links, dict) else None
    return str(link or data.get("etag") or data["kind"]).rstrip("/").rpartition("/")[2]


def _text(data: Mapping[str, Any], name: str) -> str | None:
    value = data.get(name)
    return str(value).strip() or None if value is not None else None
