"""The readers by name: what relations a source has, and how its files become them."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from infiltrate.errors import Problem, SourceError
from infiltrate.params.sources import Source
from infiltrate.sources.columns import needed_columns
from infiltrate.sources.files import RawFile
from infiltrate.sources.ocds.pieces import is_gzip
from infiltrate.sources.parts import StagedParts
from infiltrate.sources.reader_bods import bods_parts, stage_bods
from infiltrate.sources.reader_companies_house import (
    companies_house_parts,
    find_companies_house_problems,
    stage_companies_house,
)
from infiltrate.sources.reader_ftm import ftm_parts, stage_ftm
from infiltrate.sources.reader_gleif import find_gleif_problems, gleif_parts, stage_gleif
from infiltrate.sources.reader_ocds import ocds_parts, stage_ocds
from infiltrate.sources.reader_psc import psc_parts, stage_psc
from infiltrate.sources.reader_ted import find_ted_problems, stage_ted, ted_parts
from infiltrate.sources.staging import stage_source
from infiltrate.tables.engine import Engine

_PARTS = {
    "ocds": ocds_parts,
    "ted": ted_parts,
    "ftm": ftm_parts,
    "bods": bods_parts,
    "companies_house": companies_house_parts,
    "psc": psc_parts,
    "gleif": gleif_parts,
}
_LINE_STAGES = {"ocds": stage_ocds, "ftm": stage_ftm, "psc": stage_psc}
# These take lists apart or sort in the engine.
_ENGINE_STAGES = {
    "ted": stage_ted,
    "bods": stage_bods,
    "companies_house": stage_companies_house,
    "gleif": stage_gleif,
}
_TABULAR_PROBLEMS = {
    "ted": find_ted_problems,
    "companies_house": find_companies_house_problems,
    "gleif": find_gleif_problems,
}
_HEAD = 4096
_CHUNK = 1 << 20
# How a compressed file ends that was not fetched whole.
_CUT_SHORT = (EOFError, gzip.BadGzipFile, zlib.error)


def parts_of(source: Source) -> dict[str, Source]:
    """Return each relation of a source with how it fills the tables; a delimited file is one."""
    if source.reader == "delimited":
        return {source.id: source}
    return _PARTS[source.reader](source)


def stage_parts(
    source: Source,
    files: Sequence[RawFile],
    folder: Path,
    sources: Sequence[Source],
    engine: Engine,
) -> StagedParts:
    """Read the files of a source into its relations.

    Parameters
    ----------
    source : Source
        The source.
    files : sequence of RawFile
        Its files.
    folder : Path
        Where they are staged.
    sources : sequence of Source
        All sources of the study: another one may look columns up in this one.
    engine : Engine
        Runs the queries.

    Raises
    ------
    SourceError
        When a file cannot be read at all.
    """
    folder.mkdir()
    if source.reader == "delimited":
        wanted = needed_columns(source, sources)
        staged = stage_source(source, files, folder / "rows.parquet", wanted)
        return StagedParts((staged,), staged.files)
    parts = parts_of(source)
    try:
        if source.reader in _ENGINE_STAGES:
            return _ENGINE_STAGES[source.reader](source, parts, files, folder, engine)
        return _LINE_STAGES[source.reader](source, parts, files, folder)
    except _CUT_SHORT as error:
        cut = [file for file in files if _is_cut_short(file)]
        raise SourceError(
            f"Source {source.id} cannot be read.",
            [
                Problem(
                    f"sources.{source.id}.path", f"{file.name} is cut short", fix="Fetch it again"
                )
                for file in cut
            ],
        ) from error


def find_content_problems(source: Source, files: Sequence[RawFile]) -> Iterator[Problem]:
    """Say what is wrong at the head of the files of a reader that knows its format."""
    if source.reader in _TABULAR_PROBLEMS:
        try:
            yield from _TABULAR_PROBLEMS[source.reader](source, files)
        except SourceError as error:
            yield from error.problems
        return
    for file in files:
        if not _starts_like_json(file):
            yield Problem(
                f"sources.{source.id}.path",
                f"{file.name} does not start like JSON",
                "{ or [ as the first character, plain or gzip",
                "Correct `path`, or `reader`",
            )


def _is_cut_short(file: RawFile) -> bool:
    if not is_gzip(file.path):
        return False
    try:
        with gzip.open(file.path) as text:
            while text.read(_CHUNK):
                pass
    except _CUT_SHORT:
        return True
    return False


def _starts_like_json(file: RawFile) -> bool:
    try:
        with gzip.open(file.path) if is_gzip(file.path) else file.path.open("rb") as text:
            head = text.read(_HEAD)
    except (OSError, EOFError):
        return False
    return head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"[")
