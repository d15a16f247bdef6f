"""Delimited text as a publisher writes it, and the dirt that gets into it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np
import pandas as pd

from infiltrate.synth.scenario import DirtRates

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


@dataclass(frozen=True)
class WrittenFile:
    """The bytes of a file and where its dirt is: one row of ``dirt`` per spoilt line (from 1)."""

    path: str
    content: bytes
    rows: int
    dirt: pd.DataFrame


def write_raw_file(raw: RawFile, rates: DirtRates, rng: np.random.Generator) -> WrittenFile:
    """Write a file as text and spoil some of its rows, at most one way each.

    ``lost_zeros`` can be mended by a reader, ``duplicate`` repeats an intact row; every other
    kind makes a row that must not be loaded.
    """
    rows = raw.rows.reset_index(drop=True)
    lines = _join(rows, raw.delimiter)
    spoilt = _choose_rows(raw, rows, rates, rng)
    for position, kind in spoilt.items():
        lines[position] = spoil_row(kind, rows.iloc[position].to_dict(), raw, rng)
    text, dirt = _assemble(lines, spoilt, raw)
    content = text.encode(raw.encoding, errors="surrogateescape")
    return WrittenFile(raw.path, content, text.count("\n") - len(_preamble(raw)), dirt)


def can_spoil(kind: str, row: dict[str, str], raw: RawFile) -> bool:
    """Whether a row of text has what this kind of dirt gets into."""
    if kind in _OF_WHOLE_ROWS:
        return True
    values = [row[name] for name in _columns_of(kind, raw)]
    return any(value.startswith("0") if kind == "lost_zeros" else value for value in values)


def spoil_row(kind: str, row: dict[str, str], raw: RawFile, rng: np.random.Generator) -> str:
    """Return a row as a spoilt line; a duplicate is an intact line."""
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


def _join(rows: pd.DataFrame, delimiter: str) -> list[str]:
    columns = []
    for name in rows.columns:
        values = rows[name].tolist()
        # most columns never hold the delimiter or a quote
        if any(mark in "\n".join(values) for mark in (delimiter, '"')):
            values = [_quote(value, delimiter) for value in values]
        columns.append(values)
    return [delimiter.join(values) for values in zip(*columns, strict=True)]


def _quote(value: str, delimiter: str) -> str:
    return '"' + value.replace('"', '""') + '"' if delimiter in value or '"' in value else value


def _choose_rows(
    raw: RawFile, rows: pd.DataFrame, rates: DirtRates, rng: np.random.Generator
) -> dict[int, str]:
    chosen: dict[int, str] = {}
    for kind in (item.name for item in fields(DirtRates)):
        eligible = np.flatnonzero(_is_eligible(kind, raw, rows))
        eligible = eligible[~np.isin(eligible, list(chosen))]
        expected = getattr(rates, kind) * raw.dirt * len(rows)
        count = min(int(expected + rng.random()), len(eligible))
        for position in rng.choice(eligible, count, replace=False) if count else ():
            chosen[int(position)] = kind
    return dict(sorted(chosen.items()))


def _is_eligible(kind: str, raw: RawFile, rows: pd.DataFrame) -> np.ndarray:
    if kind in _OF_WHOLE_ROWS:
        return np.ones(len(rows), dtype=bool)
    able = np.zeros(len(rows), dtype=bool)
    for name in _columns_of(kind, raw):
        values = rows[name]
        able |= (values.str.startswith("0") if kind == "lost_zeros" else values != "").to_numpy()
    return able


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


def _preamble(raw: RawFile) -> list[str]:
    header = [raw.delimiter.join(raw.rows.columns)] if raw.has_header else []
    return [*raw.titles, *header]


def _assemble(lines: list[str], spoilt: dict[int, str], raw: RawFile) -> tuple[str, pd.DataFrame]:
    written = _preamble(raw)
    places = []
    for position, line in enumerate(lines):
        written.append(line)
        kind = spoilt.get(position)
        if kind == "duplicate":
            written.append(line)
        if kind:
            places.append((raw.path, len(written), kind))
    return "\n".join(written) + "\n", pd.DataFrame(places, columns=["file", "line", "kind"])
