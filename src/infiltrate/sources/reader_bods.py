"""Statements of the Beneficial Ownership Data Standard 0.4 to relations of text."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from infiltrate.params.readers import BodsSettings
from infiltrate.params.sources import Source
from infiltrate.sources.bods_history import Version, trace_history, unite_interests
from infiltrate.sources.bods_interests import ROLES, read_interests
from infiltrate.sources.bods_parties import entity_rows, person_row
from infiltrate.sources.builtin import fill_format, load_format
from infiltrate.sources.files import RawFile
from infiltrate.sources.json_objects import Unreadable, read_objects
from infiltrate.sources.parts import StagedParts
from infiltrate.sources.relations import LineLog, RelationWriter
from infiltrate.sources.shares import share_text
from infiltrate.tables.engine import Engine

_TYPES = ("entity", "person", "relationship")
_BATCH_ROWS = 20_000
_SCHEMA = pa.schema(
    [
        ("record", pa.string()),
        ("type", pa.string()),
        ("said_on", pa.string()),
        ("is_closed", pa.bool_()),
        ("file", pa.string()),
        ("line", pa.int64()),
        ("place", pa.int64()),
        ("details", pa.string()),
    ]
)


@dataclass(frozen=True)
class _Statement:
    record: str
    type: str
    said_on: str | None
    is_closed: bool
    file: str
    line: int
    details: dict[str, Any]


def bods_parts(source: Source) -> dict[str, Source]:
    """Return how the relations of the statements fill the tables."""
    settings = source.bods or BodsSettings()
    return fill_format(source, {"persons": settings.persons})


def stage_bods(
    source: Source,
    parts: dict[str, Source],
    files: Sequence[RawFile],
    folder: Path,
    engine: Engine,
) -> StagedParts:
    """Read statements, those about one record together: one line of the log is one statement.

    A statement is ``loaded`` when rows come of it, ``merged`` when a later one about the same
    record says all that it says, ``filtered`` when its components tell the same in more detail,
    or ``rejected``. Only the latest statement about an entity or a person counts; those about a
    relationship give its history (`trace_history`).

    Parameters
    ----------
    source : Source
        The source.
    parts : dict
        Relation to the source that maps it.
    files : sequence of RawFile
        JSON arrays or JSON lines, plain or gzip.
    folder : Path
        Where the relations are staged.
    engine : Engine
        Sorts the statements, which need not fit into memory.
    """
    reader = _Reader(source.bods or BodsSettings())
    with (
        RelationWriter(folder, parts, load_format("bods").columns) as relations,
        LineLog(folder / "lines.parquet", source.id, "statements") as log,
    ):
        statements = folder / "statements.parquet"
        reader.components = _write_statements(files, statements, log)
        engine.register("bods_statements", statements)
        ordered = folder / "ordered.parquet"
        in_order = ["type", "record", "said_on", "place"]
        engine.write_parquet("SELECT * FROM bods_statements", ordered, in_order)
        for _, about in groupby(_read_statements(ordered), key=lambda s: (s.type, s.record)):
            reader.read(list(about), relations, log)
    return StagedParts(
        tuple(relations.staged(name) for name in parts),
        log.files([file.name for file in files]),
        (log.path,),
    )


class _Reader:
    """The rows of the statements about one record."""

    def __init__(self, settings: BodsSettings) -> None:
        self._settings = settings
        self.components: frozenset[str] = frozenset()

    def read(self, about: list[_Statement], relations: RelationWriter, log: LineLog) -> None:
        """Add the rows of one record, and note what became of its statements."""
        latest = about[-1]
        if latest.type == "relationship":
            self._read_relationship(about, relations, log)
            return
        # A record that is closed without details is what was last said of it.
        told = next((statement for statement in reversed(about) if statement.details), latest)
        if told.type == "person":
            rows = [person_row(told.record, told.details)]
        else:
            rows = list(entity_rows(told.record, told.details, self._settings))
        for relation, values in rows:
            relations.add(relation, told.file, told.line, values)
        for statement in about:
            _log_merged(log, statement, statement is told)

    def _read_relationship(
        self, about: list[_Statement], relations: RelationWriter, log: LineLog
    ) -> None:
        versions: list[Version] = []
        fates: dict[int, str] = {}
        for number, statement in enumerate(about):
            interests, faults, covered = read_interests(statement.details, self.components)
            closes = statement.is_closed and not statement.details.get("interests")
            if closes:
                interests, faults, covered = [], [], 0
            ends = _ends(statement)
            for fault in faults:
                relations.add("interests", statement.file, statement.line, ends, fault)
            fates[number] = "loaded" if faults or closes else "components" if covered else "merged"
            versions.append(
                Version(
                    statement.file,
                    statement.line,
                    statement.said_on,
                    statement.is_closed,
                    {**ends, "place": str(number)},
                    unite_interests(interests),
                )
            )
        for version, interest in trace_history(versions):
            is_role = interest.kind in ROLES.values()
            undated = self._settings.undated
            values = {
                **version.ends,
                "type": interest.types,
                "role" if is_role else "interest": interest.kind,
                "share_low": share_text(interest.share.low),
                "share_high": share_text(interest.share.high),
                "beneficial": _boolean(interest.is_beneficial),
                "valid_from": interest.begins or (undated.isoformat() if undated else None),
                "valid_to": interest.ends,
            }
            relations.add("roles" if is_role else "interests", version.file, version.line, values)
            fates[int(version.ends["place"] or 0)] = "loaded"
        for number, statement in enumerate(about):
            if fates[number] == "components":
                log.add(statement.file, statement.line, "filtered", "components")
            else:
                _log_merged(log, statement, fates[number] == "loaded")


def _log_merged(log: LineLog, statement: _Statement, is_loaded: bool) -> None:
    fate = ("loaded", "") if is_loaded else ("merged", "later_statement")
    log.add(statement.file, statement.line, *fate)


def _ends(statement: _Statement) -> dict[str, str | None]:
    subject, party = statement.details.get("subject"), statement.details.get("interestedParty")
    unknown = isinstance(party, dict)
    return {
        "record": statement.record,
        "subject": subject if isinstance(subject, str) else None,
        "party": party if isinstance(party, str) else None,
        "unknown_party": f":unknown-{statement.record}" if unknown else None,
        "unknown_kind": "unknown" if unknown else None,
    }


def _write_statements(files: Sequence[RawFile], path: Path, log: LineLog) -> frozenset[str]:
    """Write the statements that can be read; return the components that are there."""
    mentioned: set[str] = set()
    rows: list[dict[str, Any]] = []
    place = 0
    with pq.ParquetWriter(path, _SCHEMA) as writer:
        for file in files:
            for line, found in read_objects(file):
                statement = _read_statement(found)
                if isinstance(statement, Unreadable):
                    log.add(file.name, line, "rejected", statement.rule, statement.found)
                    continue
                parts = statement["details"].get("componentRecords")
                mentioned.update(map(str, parts if isinstance(parts, list) else ()))
                details = json.dumps(statement["details"], ensure_ascii=False)
                rows.append(
                    {
                        **statement,
                        "file": file.name,
                        "line": line,
                        "place": place,
                        "details": details,
                    }
                )
                place += 1
                if len(rows) >= _BATCH_ROWS:
                    writer.write_table(pa.Table.from_pylist(rows, schema=_SCHEMA))
                    rows = []
        writer.write_table(pa.Table.from_pylist(rows, schema=_SCHEMA))
    present: set[str] = set()
    for batch in pq.ParquetFile(path).iter_batches(_BATCH_ROWS, columns=["record"]):
        present.update(mentioned.intersection(batch.column("record").to_pylist()))
    return frozenset(present)


def _read_statement(found: dict[str, Any] | Unreadable) -> dict[str, Any] | Unreadable:
    if isinstance(found, Unreadable):
        return found
    record, kind = found.get("recordId"), found.get("recordType")
    if not isinstance(record, str) or not record.strip():
        return Unreadable("no_statement", "no recordId")
    if kind not in _TYPES:
        return Unreadable("no_statement", f"recordType {kind!r}")
    is_closed = found.get("recordStatus") == "closed"
    details = found.get("recordDetails", {} if is_closed else None)
    if not isinstance(details, dict):
        return Unreadable("no_statement", "no recordDetails")
    published = found.get("publicationDetails")
    published = published.get("publicationDate") if isinstance(published, dict) else None
    said_on = found.get("statementDate") or published
    return {
        "record": record,
        "type": kind,
        # Without a day it stands before those that have one.
        "said_on": said_on[:10] if isinstance(said_on, str) else "",
        "is_closed": is_closed,
        "details": details,
    }


def _read_statements(path: Path) -> Iterator[_Statement]:
    for batch in pq.ParquetFile(path).iter_batches(_BATCH_ROWS):
        for row in batch.to_pylist():
            yield _Statement(
                row["record"],
                row["type"],
                row["said_on"] or None,
                row["is_closed"],
                row["file"],
                row["line"],
                json.loads(row["details"]),
            )


def _boolean(value: bool | None) -> str | None:
    return None if value is None else "true" if value else "false"
