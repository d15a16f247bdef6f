"""Open Contracting releases, records and packages to relations of text."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

from infiltrate.params.readers import OcdsSettings
from infiltrate.params.sources import Source
from infiltrate.sources.builtin import fill_format, load_format
from infiltrate.sources.files import RawFile
from infiltrate.sources.ocds.sift import PLACES, sift
from infiltrate.sources.parts import StagedParts
from infiltrate.sources.relations import LineLog, RelationWriter
from infiltrate.sources.releases import DayReader, ReleaseRows

_MEBIBYTE = 1 << 20
_PROCEDURES = {
    "open": "open",
    "selective": "restricted",
    "limited": "negotiated_without_publication",
    "direct": "direct_award",
}
_BID_STATUSES = {
    "valid": "valid",
    "disqualified": "disqualified",
    "withdrawn": "withdrawn",
    "unknown": "unknown",
}


def ocds_parts(source: Source) -> dict[str, Source]:
    """Return how the relations of Open Contracting files fill the tables."""
    settings = source.ocds or OcdsSettings()
    return fill_format(
        source,
        {
            "scheme": settings.scheme or "XI-OCDS",
            "schemes": settings.schemes,
            "persons": settings.persons,
            "person_schemes": settings.person_schemes,
            "company_names": settings.company_names or "(?s).*",
            "other_kinds": {
                "company": "unknown" if settings.company_names else "company",
                "unknown": "unknown",
            },
            "procedures": {**_PROCEDURES, **settings.procedures},
            "bid_statuses": {**_BID_STATUSES, **settings.bid_statuses},
        },
    )


def stage_ocds(
    source: Source, parts: dict[str, Source], files: Sequence[RawFile], folder: Path
) -> StagedParts:
    """Read Open Contracting files: one line of the log is one release.

    A release is ``loaded`` when rows come of it, ``filtered`` when its process has neither
    tender, bids nor awards, ``merged`` into another of its process, or ``rejected``.

    Parameters
    ----------
    source : Source
        The source.
    parts : dict
        Relation to the source that maps it.
    files : sequence of RawFile
        Its files.
    folder : Path
        Where the relations are staged; it exists and is empty.
    """
    settings = source.ocds or OcdsSettings()
    days = DayReader(ZoneInfo(settings.time_zone) if settings.time_zone else None)
    rows = ReleaseRows(settings, days)
    clean = folder / "releases.jsonl"
    rejected = sift(
        {file.name: file.path for file in files},
        clean,
        {},
        largest_line=settings.largest_line_mib * _MEBIBYTE,
        duplicates="latest",
        with_places=True,
    )
    undated = unreadable = 0
    columns = load_format("ocds").columns
    with (
        RelationWriter(folder, parts, columns) as relations,
        LineLog(folder / "lines.parquet", source.id, "releases") as log,
        clean.open("rb") as lines,
    ):
        for piece in rejected:
            log.add(piece.file, piece.line, "rejected", piece.rule, piece.found)
        for text in lines:
            release = json.loads(text)
            (file, line), *others = release[PLACES]
            before = (days.without_zone, days.unreadable)
            is_empty = True
            for relation, values in rows.of(release):
                relations.add(relation, file, line, values)
                is_empty = is_empty and relation == "organisations"
            log.add(file, line, *(("filtered", "no tender or award") if is_empty else ("loaded",)))
            for other_file, other_line in others:
                log.add(other_file, other_line, "merged", "release")
            undated += days.without_zone > before[0]
            unreadable += days.unreadable > before[1]
    clean.unlink()
    return StagedParts(
        tuple(relations.staged(name) for name in parts),
        log.files([file.name for file in files]),
        (log.path,),
        tuple(_warnings(source, undated, unreadable)),
    )


def _warnings(source: Source, undated: int, unreadable: int) -> list[str]:
    said = []
    if undated:
        said.append(
            f"{source.id}: {undated:,} contracting processes have times without a time zone; "
            "their days are taken as written"
        )
    if unreadable:
        said.append(
            f"{source.id}: {unreadable:,} contracting processes have dates that cannot be read; "
            "these are taken as missing"
        )
    return said
