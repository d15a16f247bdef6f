"""One source and one table: each raw row becomes a candidate row, or is left out with a rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from infiltrate.params.sources import RawColumn, Source, TableMapping, Transform
from infiltrate.sources.columns import as_transform, table_name
from infiltrate.sources.expressions import (
    RawValues,
    cut_text,
    find_fault,
    typed_value,
    unreadable_rule,
)
from infiltrate.sources.lookups import build_lookup, needs_lookup
from infiltrate.sources.outcomes import ReadColumn, select_outcomes
from infiltrate.sources.staging import FileIntake, Staged
from infiltrate.tables.catalogue import TABLES
from infiltrate.tables.definition import SQL_TYPES, Column, Table
from infiltrate.tables.engine import Engine, quote_text

_NO_TEXT = "CAST(NULL AS VARCHAR)"


@dataclass(frozen=True)
class Mapped:
    """Candidate rows of one table from one source, in a Parquet file.

    Attributes
    ----------
    source_id, feeds : str
        The source and its key of `tables`: ``table`` or ``table/part``.
    path : Path
        One row per raw row: ``_order`` (of the row among all sources), ``_file``, ``_line``,
        ``_outcome`` (missing for a candidate), ``_rule``, ``_column``, ``_found``,
        ``_is_raw_reject`` and the columns of the table.
    duplicates : str
        Rule for rows of one key.
    files : tuple of FileIntake
        How many raw rows there are in each file.
    """

    source_id: str
    feeds: str
    path: Path
    duplicates: str
    files: tuple[FileIntake, ...]

    @property
    def table(self) -> Table:
        """The canonical table fed."""
        return TABLES[table_name(self.feeds)]


@dataclass(frozen=True)
class MappingSettings:
    """What all mappings of a study share.

    Attributes
    ----------
    as_of : date, optional
        Day of the study; what must have happened cannot be dated after it.
    key : bytes
        Key of the pseudonyms of natural persons.
    """

    as_of: date | None
    key: bytes


def map_rows(
    engine: Engine,
    staged: Staged,
    view: str,
    feeds: str,
    *,
    settings: MappingSettings,
    path: Path,
    first_order: int,
) -> Mapped:
    """Fill one table from the guarded rows of a source.

    Parameters
    ----------
    engine : Engine
        Where `view` is registered.
    staged : Staged
        The source.
    view : str
        Its rows, guarded.
    feeds : str
        Key of the source's `tables`.
    settings : MappingSettings
        Day of the study and key of the pseudonyms.
    path : Path
        Parquet file to write.
    first_order : int
        Added to the number of a row: orders the rows of all sources.
    """
    mapping = staged.source.tables[feeds]
    table = TABLES[table_name(feeds)]
    steps = [
        _Steps(
            column, _completed(mapping.columns[column.name], staged.source), staged.source, number
        )
        for number, column in enumerate(table.columns)
        if column.name in mapping.columns
    ]
    texts = _select_texts(view, mapping, steps, RawValues(staged.source, staged.columns))
    lookups = _register_lookups(engine, texts, steps, settings.key)
    values = _select_values(texts, steps, lookups, settings.as_of)
    columns = [
        ReadColumn(
            step.column.name,
            step.value,
            step.rule,
            step.found,
            rejects=step.transform.invalid == "reject",
        )
        for step in steps
    ]
    outcomes = select_outcomes(values, table, columns, staged.source, first_order)
    engine.write_parquet(outcomes, path, [])
    return Mapped(staged.source.id, feeds, path, mapping.duplicates, staged.files)


def _completed(filled_by: RawColumn, source: Source) -> Transform:
    """Return a transformation that knows the decimal mark its ranges are written with."""
    transform = as_transform(filled_by)
    if transform.range_end is None or transform.decimal is not None:
        return transform
    return transform.model_copy(update={"decimal": source.decimal})


@dataclass(frozen=True)
class _Steps:
    """The names under which the value of one column goes through the query."""

    column: Column
    transform: Transform
    source: Source
    number: int

    @property
    def found(self) -> str:
        return f"_found_{self.number}"

    @property
    def text(self) -> str:
        return f"_text_{self.number}"

    @property
    def value(self) -> str:
        return f"_value_{self.number}"

    @property
    def rule(self) -> str:
        return f"_rule_{self.number}"

    @property
    def terms(self) -> dict[str, str]:
        """Names of the numbers added and taken off, with their signs."""
        signs = "+" * len(self.transform.plus) + "-" * len(self.transform.minus)
        return {f"_term_{self.number}_{at}": sign for at, sign in enumerate(signs)}


def _select_texts(view: str, mapping: TableMapping, steps: Sequence[_Steps], raw: RawValues) -> str:
    selected = ["_row, _file, _line, _rule, _column, _found"]
    selected.append(f"{_left_out(mapping, raw)} AS _left_out")
    for step in steps:
        transform = step.transform
        filled = raw.filled(transform)
        selected.append(f"{filled} AS {step.found}")
        if transform.present:
            text = f"CASE WHEN {filled} IS NULL THEN 'false' ELSE 'true' END"
        elif transform.equals is not None:
            same = f"({filled}) = ({raw.text(transform.equals, transform.missing)})"
            text = f"CASE WHEN {same} THEN 'true' WHEN NOT {same} THEN 'false' END"
        else:
            text = cut_text(filled, transform)
        selected.append(f"{text} AS {step.text}")
        selected.extend(
            f"{raw.text(name, transform.missing)} AS {term}"
            for name, term in zip([*transform.plus, *transform.minus], step.terms, strict=True)
        )
    return f"SELECT {', '.join(selected)} FROM {view}"


def _left_out(mapping: TableMapping, raw: RawValues) -> str:
    conditions = " ".join(
        f"WHEN {raw.leaves_out(condition)} THEN {quote_text('where:' + condition.column)}"
        for condition in mapping.where
    )
    return f"CASE WHEN _rule IS NULL THEN CASE {conditions} END END" if conditions else _NO_TEXT


def _register_lookups(
    engine: Engine, texts: str, steps: Sequence[_Steps], key: bytes
) -> dict[int, str]:
    lookups = {}
    for step in steps:
        if not needs_lookup(step.transform):
            continue
        distinct = engine.query(
            f"SELECT DISTINCT {step.text} AS raw FROM ({texts}) AS texts "
            f"WHERE _rule IS NULL AND _left_out IS NULL AND {step.text} IS NOT NULL"
        )
        lookups[step.number] = f"lookup_{step.number}"
        values = distinct["raw"].to_pylist()
        engine.register(lookups[step.number], build_lookup(values, step.transform, key))
    return lookups


def _select_values(
    texts: str, steps: Sequence[_Steps], lookups: dict[int, str], as_of: date | None
) -> str:
    selected = ["texts._row, texts._file, texts._line, texts._rule, texts._column, texts._found"]
    selected.append("texts._left_out")
    joins = []
    for step in steps:
        text, looked_up = f"texts.{step.text}", _NO_TEXT
        if step.number in lookups:
            lookup = lookups[step.number]
            joins.append(f"LEFT JOIN {lookup} ON {lookup}.raw = {text}")
            text, looked_up = f"{lookup}.value", f"{lookup}.rule"
        value, unreadable = _typed(step, text)
        fault = find_fault(value, step.column, as_of)
        rule = (
            f"coalesce({looked_up}, CASE WHEN {unreadable} "
            f"THEN '{unreadable_rule(step.column)}' END, {fault})"
        )
        selected.append(f"texts.{step.found} AS {step.found}")
        selected.append(f"{rule} AS {step.rule}")
        selected.append(f"CASE WHEN {rule} IS NULL THEN {value} END AS {step.value}")
    return f"SELECT {', '.join(selected)} FROM ({texts}) AS texts {' '.join(joins)}"


def _typed(step: _Steps, text: str) -> tuple[str, str]:
    """Return the value with its terms, and the condition that one of them is unreadable."""
    value = typed_value(text, step.column, step.transform, step.source)
    unreadable = f"({text} IS NOT NULL AND ({value}) IS NULL)"
    for name, sign in step.terms.items():
        term = typed_value(f"texts.{name}", step.column, step.transform, step.source)
        value = f"TRY_CAST({value} {sign} {term} AS {SQL_TYPES[step.column.type]})"
        unreadable += f" OR (texts.{name} IS NOT NULL AND ({term}) IS NULL)"
    return value, unreadable
