"""SQL that reads one value: text, dates, numbers in national notation, codes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date

from infiltrate.params.codes import CURRENCIES
from infiltrate.params.sources import Filter, Guard, Source, Transform
from infiltrate.sources.columns import template_columns
from infiltrate.tables.definition import SQL_TYPES, Column
from infiltrate.tables.engine import quote_text

# Days that may lie after the day of the study: what was agreed or is due, not what happened.
MAY_LIE_AHEAD = frozenset(
    {"deadline_on", "start_on", "end_on", "final_end_on", "removed_on", "valid_to"}
)

# Amounts that are losses or balances; all others are payments or stocks and cannot be negative.
MAY_BE_NEGATIVE = frozenset(
    {
        "ebit",
        "tax",
        "net_income",
        "equity",
        "retained_earnings",
        "interest",
        "services",
        "materials",
        "personnel",
    }
)

_OLDEST_DAY = "DATE '1800-01-01'"  # a two-digit year read by %Y is no date
_YES = ("true", "t", "yes", "y", "1")
_NO = ("false", "f", "no", "n", "0")
_SPACES = " \u00a0\u202f"


class RawValues:
    """The raw columns of one source as SQL: missing values are NULL.

    Parameters
    ----------
    source : Source
        Says which values mean missing and how numbers and dates are written.
    columns : dict
        Raw column to its name in the staged file.
    """

    def __init__(self, source: Source, columns: dict[str, str]) -> None:
        self._source = source
        self._columns = columns

    def text(self, name: str, also_missing: Sequence[str] = ()) -> str:
        """Return the value of a raw column."""
        missing = sorted({"", *self._source.missing, *also_missing})
        column = self._columns[name]
        return f"CASE WHEN {column} NOT IN ({_texts(missing)}) THEN {column} END"

    def filled(self, transform: Transform) -> str:
        """Return the value a transformation starts from, as the publisher wrote it."""
        if transform.constant is not None:
            return quote_text(_constant_text(transform.constant))
        if transform.from_path is not None:
            return _group_of("_file", transform.from_path)
        if transform.combine is not None:
            return self._combined(transform)
        names = [transform.column] if transform.column else transform.first_of
        texts = [self.text(name, transform.missing) for name in names]
        return texts[0] if len(texts) == 1 else f"coalesce({', '.join(texts)})"

    def fails(self, name: str, guard: Guard) -> str:
        """Return the condition that a raw column breaks its guard."""
        text = self.text(name)
        broken = [f"{text} IS NULL"] if not guard.may_be_missing else []
        if guard.pattern is not None:
            broken.append(f"NOT {_matches(text, guard.pattern)}")
        if guard.one_of:
            broken.append(f"NOT {_is_one_of(text, guard.one_of)}")
        if guard.formats:
            broken.append(f"{text} IS NOT NULL AND {_date(text, guard.formats)} IS NULL")
        if guard.number:
            number = number_text(text, self._source.decimal, self._source.thousands)
            broken.append(f"{text} IS NOT NULL AND {number} IS NULL")
        return f"coalesce({' OR '.join(f'({part})' for part in broken) or 'false'}, false)"

    def leaves_out(self, condition: Filter) -> str:
        """Return the condition that a filter leaves a row out."""
        text = self.text(condition.column)
        broken = []
        if condition.keep:
            broken.append(f"{text} IS NULL OR NOT {_is_one_of(text, condition.keep)}")
        if condition.drop:
            broken.append(_is_one_of(text, condition.drop))
        if condition.present is not None:
            broken.append(f"{text} IS {'' if condition.present else 'NOT '}NULL")
        if condition.pattern is not None:
            broken.append(f"{text} IS NULL OR NOT {_matches(text, condition.pattern)}")
        if condition.equals is not None:
            broken.append(f"{text} IS DISTINCT FROM {self.text(condition.equals)}")
        return f"coalesce({' OR '.join(f'({part})' for part in broken)}, false)"

    def _combined(self, transform: Transform) -> str:
        assert transform.combine is not None
        parts = re.split(r"\{([^{}]*)\}", transform.combine)
        columns = set(template_columns(transform.combine))
        pieces = [
            self.text(part, transform.missing) if at % 2 and part in columns else quote_text(part)
            for at, part in enumerate(parts)
            if part
        ]
        return f"({' || '.join(pieces)})"


def cut_text(text: str, transform: Transform) -> str:
    """Return the part of a value that `extract` and `split` keep."""
    if transform.extract is not None:
        text = _group_of(text, transform.extract)
    if transform.split is not None:
        piece = f"string_split({text}, {quote_text(transform.split)})[{transform.part}]"
        text = f"nullif(trim({piece}), '')"
    return text


def typed_value(text: str, column: Column, transform: Transform, source: Source) -> str:
    """Return the value of a text in the type of a column; NULL when it cannot be read."""
    if transform.constant is not None:
        return f"TRY_CAST({text} AS {SQL_TYPES[column.type]})"
    if column.type == "string":
        return text
    if column.type == "date":
        return _date(text, transform.formats or source.formats)
    if column.type == "boolean":
        return (
            f"CASE WHEN lower({text}) IN ({_texts(_YES)}) THEN true "
            f"WHEN lower({text}) IN ({_texts(_NO)}) THEN false END"
        )
    if transform.range_end:
        return _scaled(number_text(text, ".", ""), column, transform.scale)
    decimal = transform.decimal or source.decimal
    thousands = source.thousands if transform.thousands is None else transform.thousands
    return _scaled(number_text(text, decimal, thousands), column, transform.scale)


def find_fault(value: str, column: Column, as_of: date | None) -> str:
    """Return the rule that a readable value breaks, or NULL."""
    faults = []
    if column.values:
        faults.append((f"{value} NOT IN ({_texts(column.values)})", "value"))
    if column.name == "currency":
        faults.append((f"{value} NOT IN ({_texts(sorted(CURRENCIES))})", "currency"))
    if column.type == "share":
        faults.append((f"{value} NOT BETWEEN 0 AND 1", "share"))
    if column.type == "money" and column.name not in MAY_BE_NEGATIVE:
        faults.append((f"{value} < 0", "negative_amount"))
    if column.type == "date" and as_of is not None and column.name not in MAY_LIE_AHEAD:
        faults.append((f"{value} > DATE '{as_of.isoformat()}'", "future_date"))
    cases = " ".join(f"WHEN {condition} THEN '{rule}'" for condition, rule in faults)
    return f"CASE {cases} END" if faults else "CAST(NULL AS VARCHAR)"


def unreadable_rule(column: Column) -> str:
    """Return the name of the rule that a value breaks when it cannot be read as its type."""
    return {"string": "value", "date": "date", "boolean": "value"}.get(column.type, "number")


def number_text(text: str, decimal: str, thousands: str) -> str:
    """Return a number in national notation as a plain number; NULL when it is none.

    A mark that stands where it cannot (``1.2345,6`` with ``.`` between thousands) makes the
    value unreadable: it is safer to reject a number than to be wrong by a factor of a thousand.
    """
    point = re.escape(decimal)
    mark = f"[{_SPACES}]" if thousands == " " else re.escape(thousands)
    grouped = rf"\d{{1,3}}(?:{mark}\d{{3}})+|" if thousands else ""
    pattern = rf"[+-]?(?:(?:{grouped}\d+)(?:{point}\d*)?|{point}\d+)(?:[eE][+-]?\d+)?"
    plain = text
    if thousands:
        plain = f"regexp_replace({plain}, {quote_text(mark)}, '', 'g')"
    if decimal != ".":
        plain = f"replace({plain}, {quote_text(decimal)}, '.')"
    return f"CASE WHEN {_matches(text, pattern)} THEN {plain} END"


def _scaled(number: str, column: Column, scale: float | None) -> str:
    if column.type in ("number", "share"):
        factor = f" * CAST({scale!r} AS DOUBLE)" if scale is not None else ""
        value = f"TRY_CAST({number} AS DOUBLE){factor}"
        return f"CASE WHEN isfinite({value}) THEN {value} END"
    if scale is not None:
        # in decimals, so that money stays exact
        number = f"TRY_CAST({number} AS DECIMAL(24, 6)) * CAST({scale!r} AS DECIMAL(14, 6))"
    if column.type == "money":
        return f"TRY_CAST({number} AS {SQL_TYPES['money']})"
    exact = f"TRY_CAST({number} AS DECIMAL(38, 6))"
    return f"CASE WHEN {exact} = floor({exact}) THEN TRY_CAST({exact} AS BIGINT) END"


def _date(text: str, formats: Iterable[str]) -> str:
    read = f"CAST(try_strptime({text}, [{_texts(formats)}]) AS DATE)"
    return f"CASE WHEN {read} >= {_OLDEST_DAY} THEN {read} END"


def _group_of(text: str, pattern: str) -> str:
    quoted = quote_text(pattern)
    return (
        f"CASE WHEN regexp_matches({text}, {quoted}, 's') "
        f"THEN nullif(trim(regexp_extract({text}, {quoted}, 1, 's')), '') END"
    )


def _matches(text: str, pattern: str) -> str:
    return f"regexp_full_match({text}, {quote_text(pattern)}, 's')"


def _is_one_of(text: str, values: Iterable[str]) -> str:
    plain = ", ".join(_plain(quote_text(value)) for value in values)
    return f"({_plain(text)} IN ({plain}))"


def _plain(text: str) -> str:
    return f"lower(strip_accents(regexp_replace(trim({text}), '\\s+', ' ', 'g')))"


def _texts(values: Iterable[str]) -> str:
    return ", ".join(quote_text(value) for value in values)


def _constant_text(value: str | int | float | bool | date) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, date) else str(value)
