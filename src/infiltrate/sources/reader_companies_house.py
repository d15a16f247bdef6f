"""The Basic Company Data of Companies House, as published in CSV."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from infiltrate.errors import Problem
from infiltrate.params.sources import Source
from infiltrate.sources.builtin import fill_format, load_format
from infiltrate.sources.countries import country_names
from infiltrate.sources.files import RawFile
from infiltrate.sources.parts import StagedParts
from infiltrate.sources.staging import stage_source
from infiltrate.sources.tabular import Relation, find_lacking_columns, log_rows, take_apart
from infiltrate.tables.engine import Engine

_ADDRESS = tuple(
    f"RegAddress.{part}"
    for part in ("AddressLine1", "AddressLine2", "PostTown", "County", "Country", "PostCode")
)
_NAMES = 10
_CHANGED = tuple(f"PreviousName_{at}.CONDATE" for at in range(1, _NAMES + 1))
_BEFORE = tuple(f"PreviousName_{at}.CompanyName" for at in range(1, _NAMES + 1))
_WORKED_OUT = ("ADDRESS", "STATUS", "CHANGED", "BEFORE", "AFTER")


def companies_house_parts(source: Source) -> dict[str, Source]:
    """Return how the relations of the file fill the tables."""
    read_on = {"constant": source.retrieved_on} if source.retrieved_on else None
    return fill_format(source, {"countries": country_names(), "observed_on": read_on})


def stage_companies_house(
    source: Source,
    parts: dict[str, Source],
    files: Sequence[RawFile],
    folder: Path,
    engine: Engine,
) -> StagedParts:
    """Read companies and their former names: one line of the log is one company.

    Parameters
    ----------
    source : Source
        The source.
    parts : dict
        Relation to the source that maps it.
    files : sequence of RawFile
        Its files, which may be the parts of the snapshot.
    folder : Path
        Where the relations are staged.
    engine : Engine
        Takes the former names apart.
    """
    text = stage_source(source, files, folder / "text.parquet", _wanted(), (*_CHANGED, *_BEFORE))
    raw = text.columns
    before = ", ".join(f"nullif({raw[name]}, '')" for name in _BEFORE)
    changed = ", ".join(f"nullif({raw[name]}, '')" for name in _CHANGED)
    address = ", ".join(f"nullif({raw[name]}, '')" for name in _ADDRESS)
    dormant = f"CASE WHEN upper({raw['Accounts.AccountCategory']}) = 'DORMANT' THEN ' dormant' END"
    last = ", ".join(
        f"CASE WHEN {raw[name]} <> '' THEN {at} ELSE 0 END" for at, name in enumerate(_BEFORE, 1)
    )
    known = load_format("companies_house").columns
    relations = (
        Relation(
            "companies",
            known["companies"],
            {
                "ADDRESS": f"nullif(concat_ws(', ', {address}), '')",
                "STATUS": (
                    f"CASE WHEN lower({raw['CompanyStatus']}) LIKE 'active%' "
                    f"THEN {raw['CompanyStatus']} || coalesce({dormant}, '') "
                    f"ELSE {raw['CompanyStatus']} END"
                ),
            },
        ),
        Relation(
            "names",
            known["names"],
            {
                "CHANGED": f"[{changed}][_place]",
                "BEFORE": f"[{before}][_place]",
                # The latest former name stands first: each became the one that stands before it.
                "AFTER": f"[nullif({raw['CompanyName']}, ''), {before}][_place]",
            },
            f"greatest(0, {last})",
        ),
    )
    return StagedParts(
        tuple(take_apart(engine, text, parts[one.name], one, folder) for one in relations),
        text.files,
        (log_rows(engine, text, "register", folder / "lines.parquet"),),
    )


def find_companies_house_problems(source: Source, files: Sequence[RawFile]) -> Iterator[Problem]:
    """Say which columns of the published layout a file lacks."""
    wanted = [name for name in _wanted() if name not in (*_CHANGED, *_BEFORE)]
    for file in files:
        yield from find_lacking_columns(source, file, wanted)


def _wanted() -> list[str]:
    mapped = {name for names in load_format("companies_house").columns.values() for name in names}
    return sorted((mapped | {*_ADDRESS, *_CHANGED, *_BEFORE}) - set(_WORKED_OUT))
