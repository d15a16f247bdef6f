"""Everything that is wrong with the sources of a study, found before any row is read."""

from __future__ import annotations

import csv
import difflib
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path

from infiltrate.errors import Problem, SourceError
from infiltrate.params.sources import Source
from infiltrate.params.study import StudyParams
from infiltrate.sources.builtin import find_unknown_columns
from infiltrate.sources.check_mapping import find_mapping_problems
from infiltrate.sources.columns import needed_columns
from infiltrate.sources.files import RawFile, decodes, find_file_problems, find_files
from infiltrate.sources.readers import find_content_problems, parts_of
from infiltrate.sources.records import read_header

_DELIMITERS = {",": "','", ";": "';'", "\t": "'\\t' (tab)", "|": "'|'"}
_ENCODINGS = ("utf-8", "cp1252")
_SAMPLE_LINES = 2_000
_MOST_BAD_LINES = 0.01


def check_sources(params: StudyParams, data_dir: Path) -> list[Problem]:
    """List every problem of the sources: files, encodings, delimiters, headers, mappings.

    Only the head of each file is read.

    Parameters
    ----------
    params : StudyParams
        The study.
    data_dir : Path
        Folder below which the paths of the sources lie.

    Returns
    -------
    list of Problem
        Empty when every source can be read.
    """
    parts = {source.id: parts_of(source) for source in params.sources}
    problems = [problem for source in params.sources for problem in _check_settings(source)]
    problems += find_mapping_problems(parts)
    if params.sources and not data_dir.is_dir():
        found = f"the data folder {data_dir} does not exist"
        return [
            *problems,
            Problem("sources", found, fix="Give the folder of the raw files: --data"),
        ]
    for source in params.sources:
        file_problems = find_file_problems(source, data_dir)
        problems.extend(file_problems)
        if not file_problems:
            problems.extend(_find_content_problems(source, parts[source.id], params, data_dir))
    return problems


def _check_settings(source: Source) -> Iterator[Problem]:
    """Find settings that the reader of a source does not look at."""
    for name in ("ocds", "ted", "ftm", "bods", "psc", "gleif"):
        if getattr(source, name) is not None and name != source.reader:
            yield Problem(
                f"sources.{source.id}.{name}",
                f"its reader is {source.reader}",
                fix=f"Set reader: {name}, or drop the block {name}",
            )
    if source.reader == "delimited" and source.leave_out:
        yield Problem(
            f"sources.{source.id}.leave_out",
            "is for readers that know their format",
            fix="Drop the tables from `tables`",
        )


def _find_content_problems(
    source: Source, parts: Mapping[str, Source], params: StudyParams, data_dir: Path
) -> Iterator[Problem]:
    files = find_files(source, data_dir)
    if source.reader == "delimited":
        for file in files:
            yield from _check_file(source, file, needed_columns(source, params.sources))
    else:
        yield from find_unknown_columns(source, parts)
        yield from find_content_problems(source, files)


def _check_file(source: Source, file: RawFile, wanted: list[str]) -> Iterator[Problem]:
    where = f"sources.{source.id}"
    try:
        header = read_header(file, source)
    except SourceError as error:
        yield from error.problems
        return
    yield from _check_encoding(source, file)
    missing = [name for name in wanted if name not in header]
    delimiter = _better_delimiter(source, file, len(header))
    if missing and delimiter:
        cut_at = _DELIMITERS.get(source.delimiter, repr(source.delimiter))
        yield Problem(
            f"{where}.delimiter",
            f"{file.name} has {_columns(len(header))} when cut at {cut_at}",
            fix=f"Set it to {_DELIMITERS[delimiter]}, which gives more",
        )
        return
    if not any(header):
        yield Problem(where, f"{file.name} has no header", fix="Correct `title_lines`")
        return
    for name in missing:
        near = difflib.get_close_matches(name, header, n=1, cutoff=0.5)
        yield Problem(
            f"{where}, column {name}",
            f"not in {file.name}",
            fix=f"Nearest name: {near[0]}" if near else f"Columns there: {', '.join(header)}",
        )
    for name in sorted(set(source.derived) & set(header)):
        yield Problem(
            f"{where}.derived.{name}",
            f"{file.name} has a column of that name",
            fix="Call the derived column something else",
        )
    repeated = [name for name, count in Counter(header).items() if count > 1]
    for name in sorted(set(repeated) & set(wanted)):
        yield Problem(
            f"{where}, column {name}",
            f"stands more than once in the header of {file.name}",
            fix="Name the columns yourself in `header`, and skip the line with `title_lines`",
        )


def _check_encoding(source: Source, file: RawFile) -> Iterator[Problem]:
    with file.path.open("rb") as raw:
        lines = list(islice(raw, _SAMPLE_LINES))
    text = b"".join(lines)
    if source.encoding.lower().replace("_", "-").startswith("utf-16"):
        return
    bad = sum(not decodes(line, source.encoding) for line in lines)
    if bad > max(1, _MOST_BAD_LINES * len(lines)):
        better = [name for name in _ENCODINGS if decodes(text, name)]
        yield Problem(
            f"sources.{source.id}.encoding",
            f"{bad} of the first {len(lines)} lines of {file.name} are not {source.encoding}",
            fix=f"It reads as {better[0]}" if better else "Ask the publisher for the encoding",
        )


def _better_delimiter(source: Source, file: RawFile, columns: int) -> str:
    """Return the delimiter that gives most columns when it is not the declared one."""
    with file.path.open(encoding=source.encoding, errors="replace", newline="") as text:
        lines = list(islice(text, source.title_lines, source.title_lines + 1))
    counts = {
        delimiter: len(next(csv.reader(lines, delimiter=delimiter, quotechar=source.quote), []))
        for delimiter in _DELIMITERS
        if delimiter != source.quote
    }
    best = max(counts, key=lambda delimiter: counts[delimiter])
    found = columns if not source.header else counts.get(source.delimiter, 1)
    return best if best != source.delimiter and counts[best] > found else ""


def _columns(number: int) -> str:
    return f"{number} column{'' if number == 1 else 's'}"
