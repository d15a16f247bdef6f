"""What the columns of an unknown table hold: days, numbers, identifiers, kinds, or text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Literal

from infiltrate.tables.identifiers import SCHEMES, validate_identifier

Kind = Literal["empty", "day", "number", "identifier", "kind", "text"]

_PLAIN_DAY = "%Y%m%d"
_DAY_FORMATS = (
    "%Y-%m-%d",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d-%m-%Y",
    "%d.%m.%Y",
    "%Y/%m/%d",
    _PLAIN_DAY,
    "%d/%m/%y",
    "%d-%b-%y",
    "%d-%b-%Y",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%d %H:%M:%S",
    "%d/%m/%Y %H:%M:%S",
    "%d/%m/%Y %H:%M",
    "%Y-%m-%dT%H:%M:%S.%f",
    "%Y. %m. %d.",
    "%Y.%m.%d.",
)
_MISSING_WORDS = (
    "- -- --- . NULL null N/A n/a #N/A NaN nan None s/d S/D n.d. N.D. s/i S/I ND "
    "0000-00-00 00/00/0000 1/1/1900 01/01/1900 1900-01-01"
)
_MISSING_MARKS = frozenset(_MISSING_WORDS.split(" "))
_MARKS: Mapping[tuple[str, str], re.Pattern[str]] = {
    (".", ""): re.compile(r"[+-]?\d+(\.\d+)?"),
    (",", ""): re.compile(r"[+-]?\d+(,\d+)?"),
    (".", ","): re.compile(r"[+-]?\d{1,3}(,\d{3})*(\.\d+)?"),
    (",", "."): re.compile(r"[+-]?\d{1,3}(\.\d{3})*(,\d+)?"),
    (",", " "): re.compile(r"[+-]?\d{1,3}( \d{3})*(,\d+)?"),
}
# Shares of rows, so that some shifted rows do not hide what a column holds.
_WHOLE = re.compile(r"[+-]?\d+")
_ALMOST_ALL = 0.9
_MOST_OF_A_SCHEME = 0.9
# The country's own register may have many mistyped numbers; another's must be beyond doubt.
_HALF_OF_OWN_SCHEME = 0.5
_MOST_KINDS = 60
_TESTED = 400
# What fails on the most frequent values is not tried on the others.
_FIRST = 40
_MAY_BE_A_DAY = re.compile(r"(?=(?:\D*\d){4})(?!(?:\D*\d){18}).{6,26}")


@dataclass(frozen=True)
class Column:
    """One column of an unknown table.

    Attributes
    ----------
    name : str
        Its name in the file.
    kind : str
        What it holds.
    filled : float
        Share of rows in which it is filled.
    distinct : int
        Different values among the rows looked at.
    format : str
        Format of its days.
    marks : frozenset
        Pairs of decimal and thousands marks that fit its numbers.
    scheme : str
        Register its identifiers fit.
    scheme_share : float
        Share of the tested values that fit it.
    persons_share : float
        Share of the tested values that are natural persons' by the country's rule.
    is_whole : bool
        Whether its numbers are whole.
    kinds : tuple of str
        Its values, most frequent first, where they are few; without those of single rows.
    missing : tuple of str
        Values that seem to mean missing.
    """

    name: str
    kind: Kind
    filled: float
    distinct: int
    format: str = ""
    marks: frozenset[tuple[str, str]] = frozenset()
    scheme: str = ""
    scheme_share: float = 0.0
    persons_share: float = 0.0
    kinds: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    is_whole: bool = False


@dataclass
class _Values:
    """What was counted of one column."""

    rows: int = 0
    counts: Counter[str] = field(default_factory=Counter)


def describe_columns(
    names: Sequence[str],
    rows: Iterable[Sequence[str]],
    schemes: Sequence[str],
    persons: str = "",
) -> list[Column]:
    """Say what each column holds.

    Parameters
    ----------
    names : sequence of str
        Names of the columns.
    rows : iterable of sequence of str
        Rows of that width.
    schemes : sequence of str
        Registers whose identifiers may stand in them, likeliest first.
    persons : str
        Regular expression of the identifiers of natural persons.
    """
    values = [_Values() for _ in names]
    for row in rows:
        for column, value in zip(values, row, strict=True):
            column.rows += 1
            column.counts[value.strip()] += 1
    return [
        _describe(name, column, schemes, persons)
        for name, column in zip(names, values, strict=True)
    ]


def _describe(name: str, values: _Values, schemes: Sequence[str], persons: str) -> Column:
    counts = Counter({value: n for value, n in values.counts.items() if value})
    missing = tuple(sorted(value for value in counts if value in _MISSING_MARKS))
    real = Counter({value: n for value, n in counts.items() if value not in _MISSING_MARKS})
    filled = sum(counts.values()) / values.rows if values.rows else 0.0
    column = Column(name, "empty", filled, len(counts), missing=missing)
    if not real:
        return column
    tested = real.most_common(_TESTED)
    if (strict := _strict(column, tested, schemes, persons)) is not None:
        return strict
    least = max(3, values.rows // 1000)
    few = len(real) <= _MOST_KINDS and sum(real.values()) >= 5 * len(real)
    # A dash is a name of nothing; NA and ND may be somebody's.
    marks = tuple(mark for mark in missing if len(mark) <= 2 and not mark.isalpha())
    return replace(
        column,
        kind="kind" if few else "text",
        # What stands in a row or two may be a name that slipped in from another column.
        kinds=tuple(v for v, n in real.most_common() if n >= least) if few else (),
        missing=marks,
    )


def _strict(
    column: Column, tested: Sequence[tuple[str, int]], schemes: Sequence[str], persons: str
) -> Column | None:
    """Describe a column whose values all have one form; None for anything else."""
    # A day with marks between its parts is no identifier, whatever digits it has.
    if (day := _day_format(tested)) and day != _PLAIN_DAY:
        return replace(column, kind="day", format=day)
    scheme, share = _scheme_of(tested, schemes)
    if scheme:
        of_persons = _share(tested, partial(_fits, re.compile(persons or "(?!)")))
        return replace(
            column,
            kind="identifier",
            scheme=scheme,
            scheme_share=share,
            persons_share=of_persons,
        )
    if day:
        return replace(column, kind="day", format=day)
    marks = frozenset(
        pair for pair, form in _MARKS.items() if _share(tested, partial(_fits, form)) >= _ALMOST_ALL
    )
    if marks:
        whole = _share(tested, partial(_fits, _WHOLE)) >= _ALMOST_ALL
        return replace(column, kind="number", marks=marks, is_whole=whole)
    return None


def _scheme_of(tested: Sequence[tuple[str, int]], schemes: Sequence[str]) -> tuple[str, float]:
    """Return the register that most values fit, if enough do; the first is the country's own."""
    if len(tested) < 3:
        return "", 0.0
    best = ("", 0.0)
    for at, scheme in enumerate(schemes):
        if _share(tested[:_FIRST], partial(_is_of, scheme)) < 0.3:
            continue
        share = _share(tested, partial(_is_of, scheme))
        least = _HALF_OF_OWN_SCHEME if at == 0 else _MOST_OF_A_SCHEME
        if share >= least and share > best[1]:
            best = (scheme, share)
    return best


def _is_of(scheme: str, value: str) -> bool:
    """Whether a value is of a register; short figures are not taken for lost leading zeros."""
    known = SCHEMES[scheme]
    least = (known.length or 6) - (2 if known.module else 0)
    return len(value) >= least and validate_identifier(scheme, value).valid


def _day_format(tested: Sequence[tuple[str, int]]) -> str:
    if _share(tested, partial(_fits, _MAY_BE_A_DAY)) < _ALMOST_ALL:
        return ""
    likely = [f for f in _DAY_FORMATS if _share(tested[:_FIRST], partial(_is_day, f)) >= 0.5]
    shares = {form: _share(tested, partial(_is_day, form)) for form in likely}
    best = max(shares, key=lambda form: shares[form], default="")
    return best if best and shares[best] >= _ALMOST_ALL else ""


def _is_day(form: str, value: str) -> bool:
    try:
        return 1850 <= datetime.strptime(value, form).year <= 2100
    except ValueError:
        return False


def _fits(form: re.Pattern[str], value: str) -> bool:
    return form.fullmatch(value) is not None


def _share(tested: Sequence[tuple[str, int]], holds: Callable[[str], bool]) -> float:
    """Return the share of rows whose value meets a condition."""
    return sum(n for value, n in tested if holds(value)) / sum(n for _, n in tested)
