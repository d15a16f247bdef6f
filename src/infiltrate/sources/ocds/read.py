"""OCDS files to flat relations: fast where every line is good, line by line where one is not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from infiltrate.errors import Problem, SourceError
from infiltrate.sources.ocds.pieces import RejectedPiece, is_gzip, is_one_document
from infiltrate.sources.ocds.relations import column_types, load_relation, load_relations
from infiltrate.sources.ocds.sift import Duplicates, sift
from infiltrate.tables.engine import Engine, quote_text

_MEBIBYTE = 1 << 20
# they say which process a line is about, and whether it has to be merged
_ALWAYS_READ = {"ocid": "VARCHAR", "tag": "JSON"}


@dataclass(frozen=True)
class OcdsLimits:
    """What is still read.

    Attributes
    ----------
    largest_line_mib : int
        A longer line is rejected without being read; at least 32.
    duplicates : {'latest', 'keep'}
        Of several compiled releases with one ocid keep the latest by its date (and reject the
        others), or keep all.
    """

    largest_line_mib: int = 32
    duplicates: Duplicates = "latest"


@dataclass(frozen=True)
class OcdsIntake:
    """What OCDS files gave.

    Attributes
    ----------
    processes : int
        Contracting processes read.
    rejected : tuple of RejectedPiece
        Lines and releases left out, by file and line.
    relations : tuple of str
        Relations now known to the engine.
    """

    processes: int
    rejected: tuple[RejectedPiece, ...]
    relations: tuple[str, ...]


def read_ocds(
    paths: Sequence[Path],
    folder: Path,
    engine: Engine,
    relations: Iterable[str] | None = None,
    limits: OcdsLimits | None = None,
) -> OcdsIntake:
    """Read OCDS 1.1 files and make their relations known to an engine.

    Parameters
    ----------
    paths : sequence of Path
        Compiled releases, releases, release packages or record packages; one JSON document a line
        or one a file, plain or gzip, told apart by what stands in them. Releases of one process
        are merged across files.
    folder : Path
        Where a clean copy of files with bad lines is kept while it is read.
    engine : Engine
        Gets ``ocds_releases`` and the relations; what does not fit into its memory limit goes to
        its folder for temporary files.
    relations : iterable of str, optional
        Names; every one when absent. Fields that none of them reads are skipped.
    limits : OcdsLimits, optional
        The longest line and what becomes of duplicates.

    Returns
    -------
    OcdsIntake
        Processes read, and every line that was rejected with the reason.

    Raises
    ------
    SourceError
        When a file is missing or empty, or no release is in them.
    """
    limits = limits or OcdsLimits()
    names = sorted(relations) if relations is not None else list(load_relations())
    _check_files(paths)
    types = _ALWAYS_READ | column_types(names)
    rejected: list[RejectedPiece] = []
    if any(is_one_document(path) for path in paths) or not _read_fast(engine, paths, types, limits):
        clean = folder / "releases.jsonl"
        by_name = {path.name if len(paths) == 1 else str(path): path for path in paths}
        rejected = sift(
            by_name,
            clean,
            types,
            largest_line=limits.largest_line_mib * _MEBIBYTE,
            duplicates=limits.duplicates,
        )
        if clean.stat().st_size == 0:
            raise SourceError("No release can be read.", [_as_problem(one) for one in rejected[:5]])
        _load(engine, [clean], types, limits.largest_line_mib)
        clean.unlink()
    processes = _register(engine, names)
    return OcdsIntake(processes, tuple(rejected), tuple(names))


def forget_ocds(engine: Engine, intake: OcdsIntake) -> None:
    """Take the releases and their relations from an engine, which gives back their memory."""
    for name in (*intake.relations, "ocds_releases"):
        engine.execute(f"DROP VIEW {name}")
    engine.execute("DROP TABLE ocds_lines")


def _check_files(paths: Sequence[Path]) -> None:
    problems = []
    for path in paths:
        if not path.is_file():
            problems.append(Problem(str(path), "there is no such file"))
        elif path.stat().st_size == 0:
            problems.append(Problem(str(path), "is empty", fix="Fetch it again"))
    if problems or not paths:
        raise SourceError("The OCDS files cannot be read.", problems)


def _read_fast(
    engine: Engine, paths: Sequence[Path], types: dict[str, str], limits: OcdsLimits
) -> bool:
    """Read every line strictly; False when a line is bad or a process has several releases."""
    try:
        # DuckDB reads objects of up to twice this size; what it refuses is sifted
        _load(engine, paths, types, limits.largest_line_mib // 2)
    except (duckdb.InvalidInputException, duckdb.IOException):
        return False
    counts = engine.query(
        "SELECT count(*) AS rows, count(nullif(ocid, '')) AS named, "
        "count(tag) AS tagged, count(CASE WHEN tag LIKE '%\"compiled\"%' THEN 1 END) AS compiled "
        "FROM ocds_lines"
    ).to_pylist()[0]
    is_compiled = counts["tagged"] == counts["compiled"]
    if not counts["rows"] or counts["named"] < counts["rows"] or not is_compiled:
        return False
    return limits.duplicates == "keep" or _count_ocids(engine) == counts["rows"]


def _count_ocids(engine: Engine) -> int:
    counted = engine.query("SELECT count(DISTINCT ocid) AS ocids FROM ocds_lines")
    return counted["ocids"][0].as_py()


def _load(
    engine: Engine, paths: Sequence[Path], types: dict[str, str], largest_object_mib: int
) -> None:
    files = ", ".join(quote_text(str(path)) for path in paths)
    columns = ", ".join(f"{quote_text(name)}: {quote_text(kind)}" for name, kind in types.items())
    compression = "gzip" if all(is_gzip(path) for path in paths) else "auto_detect"
    engine.execute(
        f"CREATE OR REPLACE TEMP TABLE ocds_lines AS "
        f"SELECT * FROM read_json([{files}], columns = {{{columns}}}, "
        "format = 'newline_delimited', ignore_errors = false, "
        f"compression = '{compression}', "
        f"maximum_object_size = {largest_object_mib * _MEBIBYTE})"
    )


def _register(engine: Engine, names: Sequence[str]) -> int:
    engine.execute(
        "CREATE OR REPLACE TEMP VIEW ocds_releases AS "
        "SELECT *, rowid + 1 AS process FROM ocds_lines"
    )
    for name in names:
        engine.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS {load_relation(name).sql}")
    counted = engine.query("SELECT count(*) AS processes FROM ocds_lines")
    return counted["processes"][0].as_py()


def _as_problem(piece: RejectedPiece) -> Problem:
    return Problem(f"{piece.file}, line {piece.line}", f"{piece.rule}: {piece.found}")
