"""Delimited text as a publisher writes it, and the dirt that gets into it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

_OF_WHOLE_ROWS = ("shifted", "extra_field", "truncated", "duplicate")
_IMPOSSIBLE_DAY = {
    "%d/%m/%Y": "31/02/2022",
    "%d.%m.%Y": "31.02.2022",
    "%Y-%m-%d": "2022-02-31",
    "%Y-%m-%d %H:%M": "2022-02-31 10:00",
    "%Y%m%d": "20220231",
}


@dataclass(frozen=True)
class RawFile:
    """One file before it is written.

    Attributes
    ----------
    path : str
        Below the folder of the country.
    rows : pandas.DataFrame
        Text as published, columns named as in the header.
    date_format : str
        How the columns in ``dates`` are written.
    ids, dates, amounts, currencies, text : tuple of str
        Columns in which dirt of that kind can get. Empty: it cannot.
    dirt : float
        Factor on the rates of dirt; 0 for a clean file.
    """

    path: str
    rows: pd.DataFrame
    delimiter: str = ","
    encoding: str = "utf-8"
    titles: tuple[str, ...] = ()
    has_header: bool = True
    date_format: str = "%Y-%m-%d"
    ids: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    amounts: tuple[str, ...] = ()
    currencies: tuple[str, ...] = ()
    text: tuple[str, ...] = ()
    dirt: float = 0.0


def can_spoil(kind: str, row: dict[str, str], raw: RawFile) -> bool:
    """Whether a row of text has what this kind of dirt gets into."""
    if kind in _OF_WHOLE_ROWS:
        return True
    values = [row[name] for name in _columns_of(kind, raw)]
    return any(value.startswith("0") if kind == "lost_zeros" else value for value in values)


def spoil_row(kind: str, row: dict[str, str], raw: RawFile, rng: np.random.Generator) -> str:
    """Return a row as a spoilt line.

    ``lost_zeros`` can be mended by a reader, ``duplicate`` repeats an intact row; every other
    kind makes a row that must not be loaded.
    """
    if kind in _CHANGES:
        names = [name for name in _columns_of(kind, raw) if row[name]]
        name = names[int(rng.integers(len(names)))]
        row = row | {name: _CHANGES[kind](row[name], raw.date_format)}
    values = [_quote(value, raw.delimiter) for value in row.values()]
    if kind == "shifted":
        values = [values[0], *values[2:], ""]
    elif kind == "extra_field":
        values = [values[0], "", *values[1:]]
    elif kind == "truncated":
        kept = len(values) // 2
        values = [*values[: kept - 1], values[kept - 1][:2]]
    return raw.delimiter.join(values)


def _quote(value: str, delimiter: str) -> str:
    return '"' + value.replace('"', '""') + '"' if delimiter in value or '"' in value else value


def _columns_of(kind: str, raw: RawFile) -> tuple[str, ...]:
    return {
        "lost_zeros": raw.ids,
        "bad_date": raw.dates,
        "future_date": raw.dates,
        "negative_amount": raw.amounts,
        "unknown_currency": raw.currencies,
        "mis_encoded": raw.text if raw.encoding.startswith("utf") else (),
    }[kind]


def _far_future(value: str, date_format: str) -> str:
    return pd.to_datetime(value, format=date_format).replace(year=2062, day=1).strftime(date_format)


_CHANGES: dict[str, Callable[[str, str], str]] = {
    "lost_zeros": lambda value, _: value.lstrip("0"),
    "bad_date": lambda _, date_format: _IMPOSSIBLE_DAY[date_format],
    "future_date": _far_future,
    "negative_amount": lambda value, _: f"-{value}",
    "unknown_currency": lambda *_: "ZZD",
    # a lone byte FF is in no UTF-8 text
    "mis_encoded": lambda value, _: f"{value[:2]}\udcff{value[3:]}",
}
