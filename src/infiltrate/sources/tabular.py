"""Relations of files that are tables of text: what a reader works out of their columns in SQL."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from infiltrate.errors import Problem
from infiltrate.params.sources import Source
from infiltrate.sources.files import RawFile
from infiltrate.sources.records import read_header
from infiltrate.sources.staging import ROW_COLUMNS, FileIntake, Staged
from infiltrate.tables.engine import Engine, quote_text


@dataclass(frozen=True)
class Relation:
    """One relation of a file.

    Attributes
    ----------
    name : str
        What it is called in the mapping.
    columns : sequence of str
        Its columns.
    worked_out : mapping of str to str
        Those that the file does not have, in SQL over the staged columns.
    places : str
        How many rows come of one row of the file, in SQL; ``_place`` numbers them from 1.
    """

    name: str
    columns: Sequence[str]
    worked_out: Mapping[str, str]
    places: str = "1"


def take_apart(
    engine: Engine, text: Staged, part: Source, relation: Relation, folder: Path
) -> Staged:
    """Make one relation of a staged file, each row with its line.

    A row of the file that could not be read stays one row, to be rejected as often as it feeds
    a table.

    Parameters
    ----------
    engine : Engine
        Runs the query.
    text : Staged
        The file as it was read.
    part : Source
        What maps the relation.
    relation : Relation
        Its columns.
    folder : Path
        Where it is written.
    """
    names = {column: f"column_{at}" for at, column in enumerate(relation.columns)}
    selected = ", ".join(
        f"{relation.worked_out.get(column) or text.columns[column]} AS {name}"
        for column, name in names.items()
    )
    known = ", ".join(name for name in ROW_COLUMNS if name != "_row")
    engine.register("tabular_text", text.path)
    path = folder / f"{relation.name}.parquet"
    engine.write_parquet(
        f"SELECT row_number() OVER (ORDER BY _row, _place) - 1 AS _row, {known}, {selected} "
        "FROM (SELECT *, unnest(range(1, CASE WHEN _rule IS NULL "
        f"THEN {relation.places} ELSE 1 END + 1)) AS _place FROM tabular_text) AS placed",
        path,
        ["_row"],
    )
    engine.register("tabular_relation", path)
    counted = engine.query("SELECT _file, count(*) AS rows FROM tabular_relation GROUP BY _file")
    files = tuple(FileIntake(part.id, row["_file"], row["rows"], 0) for row in counted.to_pylist())
    return replace(
        text,
        source=part,
        path=path,
        columns=names,
        files=files,
        name=f"{part.id}_{relation.name}",
    )


def log_rows(engine: Engine, text: Staged, what: str, path: Path) -> Path:
    """Write what became of each row of a file before it is taken apart: loaded or rejected."""
    engine.register("tabular_text", text.path)
    engine.write_parquet(
        f"SELECT {quote_text(text.source.id)} AS source_id, {quote_text(what)} AS feeds, "
        "_file AS file, _line AS line, "
        "CASE WHEN _rule IS NULL THEN 'loaded' ELSE 'rejected' END AS outcome, "
        "coalesce(_rule, '') AS rule, coalesce(_column, '') AS \"column\", "
        "coalesce(_found, '') AS found, true AS is_raw_reject FROM tabular_text",
        path,
        [],
    )
    return path


def find_lacking_columns(
    source: Source, file: RawFile, wanted: Collection[str]
) -> Iterator[Problem]:
    """Say which columns of a published layout a file lacks."""
    header = read_header(file, source)
    for name in wanted:
        if name not in header:
            yield Problem(
                f"sources.{source.id}, column {name}",
                f"not in {file.name}",
                fix="Give the files as published; columns there: " + ", ".join(header[:12]),
            )
