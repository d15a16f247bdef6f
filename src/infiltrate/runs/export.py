"""Write the owners, officers and contracts of a finished study in the formats of others."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from infiltrate.errors import ParamsError
from infiltrate.runs.opened import OpenedStudy, open_finished_study
from infiltrate.tables.files import replace_file
from infiltrate.tracing.bods import SourceFacts, bods_statements
from infiltrate.tracing.ftm import ftm_entities
from infiltrate.tracing.graphml import graphml_lines
from infiltrate.tracing.records import Records, units_of
from infiltrate.tracing.trace import trace_company

STANDARDS = ("bods", "ftm", "graphml")
EVERYTHING = "all"


@dataclass(frozen=True)
class ExportReport:
    """What was written: ``path``, ``standard`` and the number of ``lines`` (one a statement)."""

    path: Path
    standard: str
    lines: int

    def __str__(self) -> str:
        return f"{self.path}: written; {self.standard}, {self.lines:,} lines"


def export_study(
    standard: str,
    out: Path,
    params_file: Path,
    run_dir: Path,
    *,
    company: str = EVERYTHING,
    day: date | None = None,
    key_file: Path | None = None,
    internal: bool = False,
) -> ExportReport:
    """Write a study, or what is around one company of it, to a file.

    Parameters
    ----------
    standard : {'bods', 'ftm', 'graphml'}
        Beneficial Ownership Data Standard 0.4 (one JSON array), FollowTheMoney (JSON lines) or
        GraphML.
    out : Path
        The file; it appears when it is complete.
    params_file, run_dir : Path
        The study and the results of its run.
    company : str
        Id or tag of the company, or ``all``.
    day, key_file, internal
        See `trace_study`; natural persons are pseudonyms with the key too.

    Raises
    ------
    ParamsError
        When the standard or the company is unknown; nothing is written then.
    """
    if standard not in STANDARDS:
        raise ParamsError(f"--to {standard}: unknown; allowed: {', '.join(STANDARDS)}.")
    with open_finished_study(
        params_file,
        run_dir,
        asked=["export", standard, company],
        day=day,
        key_file=key_file,
        internal=internal,
    ) as study:
        lines = _lines(standard, study, _choose(study, company))
        with replace_file(out) as temporary:
            number = _write(temporary, lines)
    return ExportReport(out, standard, number)


def _choose(study: OpenedStudy, company: str) -> Records:
    if company == EVERYTHING:
        return Records(study.engine, study.day)
    found = trace_company(study.engine, study.find_company(company), study.day, study.scope)
    return Records(study.engine, study.day, units_of(found))


def _lines(standard: str, study: OpenedStudy, records: Records) -> Iterator[str]:
    if standard == "graphml":
        return graphml_lines(records, study.naming)
    if standard == "ftm":
        return (_json(entity) for entity in ftm_entities(records, study.naming))
    sources = {
        source.id: SourceFacts(source.publisher, source.retrieved_on)
        for source in study.params.sources
    }
    return _as_array(_json(one) for one in bods_statements(records, study.naming, sources))


def _as_array(items: Iterable[str]) -> Iterator[str]:
    """Yield the lines of a JSON array, one item a line."""
    before = "["
    for item in items:
        yield f"{before}{item}"
        before = ","
    yield "]" if before == "," else "[]"


def _json(item: object) -> str:
    return json.dumps(item, ensure_ascii=False, separators=(",", ":"))


def _write(path: Path, lines: Iterable[str]) -> int:
    number = 0
    with path.open("w", encoding="utf-8") as file:
        for line in lines:
            file.write(f"{line}\n")
            number += 1
    return number
