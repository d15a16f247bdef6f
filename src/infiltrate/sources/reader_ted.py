"""Notices of Tenders Electronic Daily, in the CSV layout in which the Commission publishes them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from infiltrate.errors import Problem
from infiltrate.params.readers import TedSettings
from infiltrate.params.sources import Source
from infiltrate.sources.builtin import fill_format, load_format
from infiltrate.sources.files import RawFile
from infiltrate.sources.parts import StagedParts
from infiltrate.sources.records import read_header
from infiltrate.sources.staging import FileIntake, Staged, stage_source
from infiltrate.sources.tabular import Relation, find_lacking_columns, take_apart
from infiltrate.tables.engine import Engine, quote_text

_BETWEEN = "---"
_AWARD_COLUMNS = (
    "ID_NOTICE_CAN",
    "ID_AWARD",
    "CAE_NAME",
    "ISO_COUNTRY_CODE",
    "TYPE_OF_CONTRACT",
    "CPV",
    "TOP_TYPE",
    "WIN_NAME",
    "WIN_NATIONALID",
    "AWARD_VALUE_EURO",
    "NUMBER_OFFERS",
    "DT_AWARD",
)
_CALL_COLUMNS = ("ID_NOTICE_CN", "CAE_NAME", "ISO_COUNTRY_CODE", "TOP_TYPE", "DT_DISPATCH")
_READ_FOR = {
    "AUTHORITY": ("CAE_NATIONALID",),
    "AUTHORITY_NAME": ("CAE_NAME",),
    "WINNER": ("WIN_NATIONALID",),
    "WINNER_NAME": ("WIN_NAME",),
    "WINNER_COUNTRY": ("WIN_COUNTRY_CODE",),
    "JOINT": ("B_AWARDED_TO_A_GROUP",),
    "VALUE": ("AWARD_VALUE_EURO",),
    "CALL": ("FUTURE_CAN_ID",),
    "WINNERS": (),
}
# Legal forms that show a company, with or without points; persons trade under their own names.
_LEGAL_FORMS = (
    "A/?S|AB|AD|AE|AG|ApS|AS|B\\.?V|BVBA|CO(?:MPANY)?|CORP|D\\.?D|D\\.?O\\.?O|DAC|EAD|EE|EOOD|EPE|"
    "GIE|GMBH|INC|IVS|K\\.?D|KFT|KG|KS|LDA|LIMITED|LLC|LLP|LTD|N\\.?V|NYRT|O\\.?E|OHG|OOD|OU|OÜ|OY|"
    "OYJ|PLC|RT|S\\.? ?A|S\\.? ?A\\.? ?S|SARL|SASU|SC|S\\.?C\\.?A|SCOP|S\\.?C\\.?S|SE|SIA|"
    "S\\.? ?L(?:\\.? ?U)?|S\\.?N\\.?C|S\\.? ?P\\.? ?A|SPJ|SPOL|SP\\.? ?K|SP\\.? ?Z ?O\\.? ?O|"
    "S\\.? ?R\\.? ?L|S\\.? ?R\\.? ?O|UAB|ULC|V\\.?O\\.?F|ZRT"
)
_COMPANY_NAMES = f"(?i).*(?:^|[\\s,(\"'.-])(?:{_LEGAL_FORMS})\\.?(?:$|[\\s,)\"'.-]).*"
_NOTHING = "[^\\s\\S]"


def ted_parts(source: Source) -> dict[str, Source]:
    """Return how the relations of TED files fill the tables."""
    settings = source.ted
    assert settings is not None
    own = _countries().get(settings.country, {})
    schemes = {
        country: entry["scheme"] for country, entry in _countries().items() if "scheme" in entry
    }
    scheme = settings.scheme or own.get("scheme") or f"{settings.country}-TED"
    return fill_format(
        source,
        {
            "country": settings.country,
            "scheme": scheme,
            "schemes": {**schemes, settings.country: scheme},
            "persons": settings.persons or _persons(settings.country),
            "company_names": settings.company_names or _COMPANY_NAMES,
            "not_company_names": settings.not_company_names or _NOTHING,
        },
    )


def stage_ted(
    source: Source,
    parts: dict[str, Source],
    files: Sequence[RawFile],
    folder: Path,
    engine: Engine,
) -> StagedParts:
    """Read award notices and contract notices, told apart by their columns.

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
    engine : Engine
        Takes lists apart.
    """
    assert source.ted is not None
    calls = [file for file in files if _is_call(file, source)]
    awards = [file for file in files if file not in calls]
    staged: list[Staged] = []
    by_file: dict[str, FileIntake] = {}
    decisions: list[Path] = []
    for name, of_kind, required in (
        ("notices", calls, _CALL_COLUMNS),
        ("awards", awards, _AWARD_COLUMNS),
    ):
        relations = [
            relation for relation in parts if (relation == "notices") == (name == "notices")
        ]
        wanted = sorted({column for one in relations for column in _columns_read(one)})
        text = stage_source(
            source, of_kind, folder / f"{name}_text.parquet", wanted, set(wanted) - set(required)
        )
        by_file |= {file.file: file for file in text.files}
        decisions.append(_log_lines(engine, text, folder / f"{name}_lines.parquet", source.ted))
        for relation in relations:
            made = Relation(
                relation,
                load_format("ted").columns[relation],
                _values(text, relation, source.ted),
                _places(text, relation),
            )
            staged.append(take_apart(engine, text, parts[relation], made, folder))
    intakes = tuple(by_file[file.name] for file in files)
    return StagedParts(tuple(staged), intakes, tuple(decisions))


def find_ted_problems(source: Source, files: Sequence[RawFile]) -> Iterator[Problem]:
    """Say which columns of the published layout a file lacks."""
    for file in files:
        wanted = _CALL_COLUMNS if _is_call(file, source) else _AWARD_COLUMNS
        yield from find_lacking_columns(source, file, wanted)


def _is_call(file: RawFile, source: Source) -> bool:
    return "ID_NOTICE_CN" in read_header(file, source)


def _columns_read(relation: str) -> list[str]:
    """Return the columns of the files from which a relation is made."""
    lots = ("ID_LOT",) if relation == "notices" else ("ID_LOT_AWARDED", "ID_AWARD")
    names: list[str] = ["CAE_NAME"]
    for column in load_format("ted").columns[relation]:
        names += {**_READ_FOR, "LOT": lots}.get(column, (column,))
    return names


def _log_lines(engine: Engine, text: Staged, path: Path, settings: TedSettings) -> Path:
    """Write what became of each row of the files, before it is taken apart."""
    engine.register("ted_text", text.path)
    is_own = f"{text.columns['ISO_COUNTRY_CODE']} = {quote_text(settings.country)}"
    engine.write_parquet(
        f"SELECT {quote_text(text.source.id)} AS source_id, 'notices' AS feeds, _file AS file, "
        "_line AS line, CASE WHEN _rule IS NOT NULL THEN 'rejected' "
        f"WHEN {is_own} THEN 'loaded' ELSE 'filtered' END AS outcome, "
        f"CASE WHEN _rule IS NOT NULL THEN _rule WHEN {is_own} THEN '' "
        "ELSE 'where:ISO_COUNTRY_CODE' END AS rule, coalesce(_column, '') AS \"column\", "
        "coalesce(_found, '') AS found, true AS is_raw_reject FROM ted_text",
        path,
        [],
    )
    return path


def _places(text: Staged, relation: str) -> str:
    """Return how many rows come of one: one for each winner, or each award notice of a call."""
    named = {"winners": ("WIN_NAME", "WIN_NATIONALID"), "notices": ("FUTURE_CAN_ID",)}
    lengths = [f"coalesce(len({_list(text.columns[name])}), 1)" for name in named.get(relation, ())]
    return f"greatest({', '.join([*lengths, '1'])})"


def _values(text: Staged, relation: str, settings: TedSettings) -> dict[str, str]:
    """Return the columns that are worked out, in SQL."""
    raw = text.columns
    missing = text.source.missing

    def piece_of(column: str, place: str) -> str:
        piece = f"trim({_list(column)}[{place}])"
        texts = ", ".join(quote_text(value) for value in ["", *missing])
        return f"CASE WHEN {piece} NOT IN ({texts}) THEN {piece} END"

    name = piece_of(raw["CAE_NAME"], "1")
    lot = raw.get("ID_LOT" if relation == "notices" else "ID_LOT_AWARDED", "NULL")
    values = {
        # Of several authorities the first, which leads; those without a number by name.
        "AUTHORITY": f"coalesce({piece_of(raw['CAE_NATIONALID'], '1')}, {name})",
        "AUTHORITY_NAME": name,
    }
    if relation == "notices":
        values["LOT"] = f"coalesce(nullif({lot}, ''), '1')"
        values["CALL"] = piece_of(raw["FUTURE_CAN_ID"], "_place")
        return values
    values["LOT"] = f"coalesce(nullif({lot}, ''), 'award-' || {raw['ID_AWARD']})"
    if relation == "awards":
        return values
    number = piece_of(raw["WIN_NATIONALID"], "_place")
    countries = _list(raw["WIN_COUNTRY_CODE"])
    country = (
        f"coalesce({piece_of(raw['WIN_COUNTRY_CODE'], '_place')}, "
        f"CASE WHEN len({countries}) = 1 THEN {countries}[1] END, "
        f"{quote_text(settings.country)})"
    )
    written = f"CASE WHEN {country} = {quote_text(settings.country)} THEN '' ELSE {country} END"
    winners = _places(text, "winners")
    is_group = f"({winners} > 1 AND {raw['B_AWARDED_TO_A_GROUP']} = 'Y')"
    winner = f"{written} || ':' || {number}"
    return values | {
        "WINNER": winner,
        "WINNER_NAME": piece_of(raw["WIN_NAME"], "_place"),
        "WINNER_COUNTRY": country,
        "WINNERS": f"CAST({winners} AS VARCHAR)",
        "JOINT": f"CASE WHEN {is_group} THEN {winner} END",
        # One amount for several winners that are no group: nobody's part is known.
        "VALUE": f"CASE WHEN {winners} = 1 OR {is_group} THEN {raw['AWARD_VALUE_EURO']} END",
    }


def _list(column: str) -> str:
    return f"string_split({column}, {quote_text(_BETWEEN)})"


@cache
def _countries() -> dict[str, dict[str, Any]]:
    folder = resources.files("infiltrate.sources") / "mappings"
    text = (folder / "ted_countries.yaml").read_text("utf-8")
    return YAML(typ="safe", pure=True).load(text)


def _persons(country: str) -> dict[str, str] | None:
    """Return the numbers of natural persons of a country, and those that letters give away."""
    own = _countries().get(country, {}).get("persons")
    lettered = [_countries()[other]["persons"] for other in ("IT", "ES")]
    patterns = list(dict.fromkeys([*([own] if own else []), *lettered]))
    return {"pattern": "|".join(f"(?:{pattern})" for pattern in patterns)}
