"""Raw rows that are shifted or cut, told by what stands in the guarded columns."""

from __future__ import annotations

from infiltrate.params.sources import Source
from infiltrate.sources.columns import as_transform
from infiltrate.sources.expressions import RawValues
from infiltrate.sources.staging import Staged
from infiltrate.tables.engine import Engine, quote_text

_SHAPE = (
    r"regexp_replace(regexp_replace(regexp_replace({}, '\p{{Nd}}', '9', 'g'), "
    r"'[\p{{Ll}}\p{{Lt}}\p{{Lm}}\p{{Lo}}]', 'a', 'g'), '\p{{Lu}}', 'A', 'g')"
)


def guard_rows(engine: Engine, staged: Staged, view: str) -> None:
    """Register the raw rows of a source, those that break a guard with the rule they break.

    The first guard that is broken, in the order of the parameters, gives the rule
    ``guard:<column>``.

    Parameters
    ----------
    engine : Engine
        Where the rows are registered.
    staged : Staged
        The source.
    view : str
        Name of the relation: ``_row``, ``_file``, ``_line``, ``_rule`` (missing when the row is
        usable), ``_column``, ``_found`` and the raw columns.
    """
    raw = RawValues(staged.source, staged.columns)
    guards = {name: raw.fails(name, guard) for name, guard in staged.source.guards.items()}
    engine.register(f"{view}_text", staged.path)
    columns = "".join(f", {column}" for column in staged.columns.values())
    if not guards:
        engine.execute(f"CREATE OR REPLACE TEMP VIEW {view} AS SELECT * FROM {view}_text")
        return
    broken = " ".join(f"WHEN {fails} THEN {quote_text(name)}" for name, fails in guards.items())
    found = " ".join(
        f"WHEN {quote_text(name)} THEN left({shown(staged.columns[name], staged.source)}, 80)"
        for name in guards
    )
    engine.execute(
        f"CREATE OR REPLACE TEMP VIEW {view} AS SELECT _row, _file, _line, "
        f"coalesce(_rule, 'guard:' || _guard) AS _rule, coalesce(_guard, _column) AS _column, "
        f"CASE _guard {found} ELSE _found END AS _found{columns} FROM (SELECT *, "
        f"CASE WHEN _rule IS NULL THEN CASE {broken} END END AS _guard FROM {view}_text) AS guarded"
    )


def shown(text: str, source: Source) -> str:
    """Return a text as it may be kept beside a rejected row.

    Where a source has natural persons, a shifted row can hold a name in any column: only the
    shape is kept, with ``A``, ``a`` and ``9`` for capitals, small letters and digits.
    """
    return _SHAPE.format(text) if _has_persons(source) else text


def _has_persons(source: Source) -> bool:
    return any(
        as_transform(filled_by).persons is not None
        for mapping in source.tables.values()
        for filled_by in mapping.columns.values()
    )
