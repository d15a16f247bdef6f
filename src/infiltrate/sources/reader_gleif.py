"""The Golden Copy of GLEIF in CSV: legal entities (level 1), who consolidates whom (level 2)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from importlib import resources
from pathlib import Path

import pyarrow as pa
from ruamel.yaml import YAML

from infiltrate.errors import Problem
from infiltrate.params.codes import COUNTRIES
from infiltrate.params.readers import GleifSettings
from infiltrate.params.sources import Source
from infiltrate.sources.builtin import fill_format, load_format
from infiltrate.sources.files import RawFile
from infiltrate.sources.parts import StagedParts
from infiltrate.sources.records import read_header
from infiltrate.sources.staging import Staged, stage_source
from infiltrate.sources.tabular import Relation, find_lacking_columns, log_rows, take_apart
from infiltrate.tables.engine import Engine, quote_text
from infiltrate.tables.identifiers import validate_identifier

_AUTHORITY = "Entity.RegistrationAuthority.RegistrationAuthorityID"
_NUMBER = "Entity.RegistrationAuthority.RegistrationAuthorityEntityID"
_START = "Relationship.StartNode.NodeID"
_END = "Relationship.EndNode.NodeID"
_TYPE = "Relationship.RelationshipType"
_STATUS = "Relationship.RelationshipStatus"
_FIRST = "Registration.InitialRegistrationDate"
_LAST = "Registration.LastUpdateDate"
_ADDRESS = tuple(
    f"Entity.LegalAddress.{part}"
    for part in ("FirstAddressLine", "City", "Region", "Country", "PostalCode")
)
_PERIODS = range(1, 6)
_PERIOD_COLUMNS = tuple(
    f"Relationship.Period.{at}.{part}"
    for at in _PERIODS
    for part in ("startDate", "endDate", "periodType")
)
_ENTITY_COLUMNS = ("LEI", "Entity.LegalName", _AUTHORITY, _NUMBER, "Entity.EntityStatus")
_RELATIONSHIP_COLUMNS = (_START, _END, _TYPE, _STATUS, _FIRST)
_OWN = {"ORGANISATION", "IS_NUMBERED", "NAME", "ADDRESS", "COUNTRY"}
_DAY = r"'^\d{4}-\d\d-\d\d'"


def gleif_parts(source: Source) -> dict[str, Source]:
    """Return how the relations of the Golden Copy fill the tables."""
    read_on = {"constant": source.retrieved_on} if source.retrieved_on else None
    return fill_format(source, {"observed_on": read_on})


def stage_gleif(
    source: Source,
    parts: dict[str, Source],
    files: Sequence[RawFile],
    folder: Path,
    engine: Engine,
) -> StagedParts:
    """Read entities and relationships, told apart by their columns.

    An entity is named by the number of its business register where the authority has a known
    scheme and the number fits it, and by its legal entity identifier otherwise.

    Parameters
    ----------
    source : Source
        The source.
    parts : dict
        Relation to the source that maps it.
    files : sequence of RawFile
        Files of either level.
    folder : Path
        Where the relations are staged.
    engine : Engine
        Takes lists apart.
    """
    second = [file for file in files if _is_second_level(file, source)]
    first = [file for file in files if file not in second]
    entities = stage_source(
        source,
        first,
        folder / "entities_text.parquet",
        _entity_columns(),
        set(_entity_columns()) - set(_ENTITY_COLUMNS),
    )
    related = stage_source(
        source,
        second,
        folder / "relationships_text.parquet",
        _related_columns(),
        set(_related_columns()) - set(_RELATIONSHIP_COLUMNS),
    )
    logs = [
        log_rows(engine, text, name, folder / f"{name}_lines.parquet")
        for name, text, given in (("entities", entities, first), ("relationships", related, second))
        if given
    ]
    staged = (
        take_apart(
            engine, entities, parts["entities"], _entities(engine, entities, source), folder
        ),
        take_apart(
            engine, related, parts["relationships"], _relationships(engine, related), folder
        ),
    )
    by_file = {file.file: file for file in (*entities.files, *related.files)}
    return StagedParts(staged, tuple(by_file[file.name] for file in files), tuple(logs))


def find_gleif_problems(source: Source, files: Sequence[RawFile]) -> Iterator[Problem]:
    """Say which columns of the published layout a file lacks."""
    for file in files:
        is_second = _is_second_level(file, source)
        wanted = _RELATIONSHIP_COLUMNS if is_second else _ENTITY_COLUMNS
        yield from find_lacking_columns(source, file, wanted)


def _is_second_level(file: RawFile, source: Source) -> bool:
    return _START in read_header(file, source)


def _entity_columns() -> list[str]:
    mapped = set(load_format("gleif").columns["entities"]) - _OWN
    jurisdiction = "Entity.LegalJurisdiction"
    return sorted({*mapped, *_ADDRESS, _AUTHORITY, _NUMBER, jurisdiction})


def _related_columns() -> list[str]:
    mapped = {"Registration.RegistrationStatus", _LAST}
    return sorted({*mapped, *_RELATIONSHIP_COLUMNS, *_PERIOD_COLUMNS})


def _entities(engine: Engine, text: Staged, source: Source) -> Relation:
    raw = text.columns
    settings = source.gleif or GleifSettings()
    numbers = _register_numbers(engine, text, settings)
    named = (
        f"(SELECT known.organisation FROM {numbers} AS known "
        f"WHERE known.authority = {raw[_AUTHORITY]} AND known.number = {raw[_NUMBER]} "
        f"AND known.lei = {raw['LEI']})"
    )
    address = ", ".join(f"nullif({raw[name]}, '')" for name in _ADDRESS)
    category = raw["Entity.EntityCategory"]
    seat = (
        f"left(coalesce(nullif({raw['Entity.LegalJurisdiction']}, ''), "
        f"{raw['Entity.LegalAddress.Country']}), 2)"
    )
    codes = ", ".join(quote_text(code) for code in sorted(COUNTRIES))
    return Relation(
        "entities",
        load_format("gleif").columns["entities"],
        {
            "ORGANISATION": f"coalesce({named}, 'XI-LEI:' || {raw['LEI']})",
            "IS_NUMBERED": f"CASE WHEN {named} IS NULL THEN 'false' ELSE 'true' END",
            "NAME": f"CASE WHEN {category} IS DISTINCT FROM 'SOLE_PROPRIETOR' "
            f"THEN {raw['Entity.LegalName']} END",
            "ADDRESS": f"CASE WHEN {category} IS DISTINCT FROM 'SOLE_PROPRIETOR' "
            f"THEN nullif(concat_ws(', ', {address}), '') END",
            "COUNTRY": f"CASE WHEN {seat} IN ({codes}) THEN {seat} END",
        },
    )


def _register_numbers(engine: Engine, text: Staged, settings: GleifSettings) -> str:
    """Register the entities whose number fits the scheme of their register."""
    schemes = {**_authorities(), **settings.authorities}
    raw = text.columns
    engine.register("gleif_text", text.path)
    wanted = ", ".join(quote_text(code) for code in sorted(schemes))
    found = engine.query(
        f"SELECT DISTINCT {raw['LEI']} AS lei, {raw[_AUTHORITY]} AS authority, "
        f"{raw[_NUMBER]} AS number FROM gleif_text WHERE _rule IS NULL "
        f"AND {raw[_AUTHORITY]} IN ({wanted}) AND {raw[_NUMBER]} <> ''"
    )
    fitting = []
    for row in found.to_pylist():
        number = validate_identifier(schemes[row["authority"]], row["number"])
        if number.valid and validate_identifier("XI-LEI", row["lei"] or "").valid:
            fitting.append({**row, "organisation": number.id})
    names = ("lei", "authority", "number", "organisation")
    schema = pa.schema([(name, pa.string()) for name in names])
    engine.register("gleif_numbers", pa.Table.from_pylist(fitting, schema=schema))
    return "gleif_numbers"


def _relationships(engine: Engine, text: Staged) -> Relation:
    raw = text.columns
    engine.register("gleif_related", text.path)
    direct = (
        f"(SELECT {raw[_START]} FROM gleif_related WHERE _rule IS NULL "
        f"AND {raw[_TYPE]} = 'IS_DIRECTLY_CONSOLIDATED_BY' AND {raw[_START]} IS NOT NULL)"
    )
    status = f"coalesce({raw[_STATUS]}, '')"
    return Relation(
        "relationships",
        load_format("gleif").columns["relationships"],
        {
            "CHILD": raw[_START],
            "PARENT": raw[_END],
            "TYPE": raw[_TYPE],
            "COUNTED": f"CASE WHEN {raw[_TYPE]} = 'IS_ULTIMATELY_CONSOLIDATED_BY' "
            f"AND {raw[_START]} IN {direct} THEN 'false' ELSE 'true' END",
            # Periods of accounts and filings are not those of the relationship.
            "VALID_FROM": f"coalesce({_period(raw, 'startDate')}, {_day(raw[_FIRST])})",
            "VALID_TO": f"coalesce({_period(raw, 'endDate')}, "
            f"CASE WHEN {status} = 'INACTIVE' THEN {_day(raw[_LAST])} END)",
        },
    )


def _period(raw: dict[str, str], end: str) -> str:
    cases = " ".join(
        f"WHEN {raw[f'Relationship.Period.{at}.periodType']} = 'RELATIONSHIP_PERIOD' "
        f"THEN {_day(raw[f'Relationship.Period.{at}.{end}'])}"
        for at in _PERIODS
    )
    return f"CASE {cases} END"


def _day(column: str) -> str:
    return f"nullif(regexp_extract({column}, {_DAY}), '')"


@cache
def _authorities() -> dict[str, str]:
    folder = resources.files("infiltrate.sources") / "mappings"
    text = (folder / "gleif_authorities.yaml").read_text("utf-8")
    known = YAML(typ="safe", pure=True).load(text)
    return {code: entry["scheme"] for code, entry in known.items()}
