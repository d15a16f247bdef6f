"""Tables that read well on a screen, on paper and through a screen reader."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from html import escape
from numbers import Integral, Real
from typing import Any

import pandas as pd

from infiltrate.errors import SchemaError
from infiltrate.report.labels import column_label, plain_code
from infiltrate.report.markup import Panel, caption_element, element, scrolling, text_element
from infiltrate.report.wording import amount, count, percent

Format = Callable[[Any], str] | str

SHOWN_ROWS = 15
MOST_ROWS = 500
_LONG_TEXT = 40
_TABLE = "Table"

_NAMED_FORMATS: dict[str, Callable[[Any], str]] = {
    "percent": percent,
    "count": count,
    "amount": amount,
}
_BADGES = {
    "to_check": "to check",
    "flag": "flag",
    "clear": "clear",
    "not_computable": "not computable",
    "use": "given",
    "caution": "with caution",
    "reject": "refused",
    "suppressed": "suppressed",
    "closed": "closed",
}
_INTERVAL = re.compile(r"([<\d.,%]+) (\([^()]* to [^()]*\))")


def show_table(
    frame: pd.DataFrame,
    *,
    caption: str,
    units: Mapping[str, str] | None = None,
    formats: Mapping[str, Format] | None = None,
    note: str | None = None,
    empty: str = "No rows.",
) -> Panel:
    """Return a table to show as the last line of a cell.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row of the table per row; the first column names the rows. The index is not shown.
    caption : str
        What one row is and what the table says.
    units : mapping of str to str, optional
        Unit of a column, shown under its name.
    formats : mapping of str to str or callable, optional
        ``percent`` (of a fraction), ``count``, ``amount``, a format such as ``{:.2f}``, or a
        function of one value.
    note : str, optional
        What must be known to read the table.
    empty : str
        What stands in the place of table and note where there are no rows: why there are none.

    Raises
    ------
    SchemaError
        When units or formats name a column that the table does not have.
    """
    named = [*(units or {}), *(formats or {})]
    unknown = sorted({name for name in named if name not in set(map(str, frame.columns))})
    if unknown:
        raise SchemaError(
            f"table '{caption}': units or formats are given for {', '.join(unknown)}, which "
            f"the table does not have. Its columns: {', '.join(map(str, frame.columns))}."
        )
    if frame.empty:
        markup = scrolling(_empty_table(frame, caption_element(caption), empty), _TABLE)
        return Panel(element("div", markup, class_="table"), f"{caption}\n{empty}")
    markup = table_markup(frame, caption=caption, units=units, formats=formats)
    if note:
        markup += text_element("p", note.replace("`", ""), class_="note")
    return Panel(element("div", markup, class_="table"), f"{caption}\n{frame.to_string()}")


def table_markup(
    frame: pd.DataFrame,
    *,
    caption: str,
    units: Mapping[str, str] | None = None,
    formats: Mapping[str, Format] | None = None,
) -> str:
    """Return the markup of a table; rows beyond the first fifteen are folded away."""
    caption_markup = caption_element(caption)
    if frame.empty:
        return scrolling(_empty_table(frame, caption_markup), _TABLE)
    head = _head(frame, units or {})
    rows = _rows(frame.head(MOST_ROWS), formats or {})
    shown, hidden = rows[:SHOWN_ROWS], rows[SHOWN_ROWS:]
    if len(hidden) <= 3:
        shown, hidden = rows, []
    markup = _scrolling_table(caption_markup, head, shown)
    if hidden:
        markup += _folded(caption, head, hidden, len(shown), len(frame))
    return markup


def _folded(caption: str, head: str, rows: Sequence[str], shown: int, total: int) -> str:
    last = shown + len(rows)
    more = caption_element(f"{caption} (rows {shown + 1:,} to {last:,} of {total:,})")
    table = _scrolling_table(more, head, rows)
    summary = text_element("summary", f"Show {len(rows):,} more rows")
    markup = element("details", summary + table, class_="more-rows")
    if total > MOST_ROWS:
        rest = f"{total - MOST_ROWS:,} others are in the published table."
        markup += text_element("p", rest, class_="note")
    return markup


def _scrolling_table(caption: str, head: str, rows: Sequence[str]) -> str:
    body = element("tbody", "\n".join(rows))
    return scrolling(element("table", caption + head + body), _TABLE)


def _empty_table(frame: pd.DataFrame, caption: str, why: str = "No rows.") -> str:
    cell = text_element("td", why, colspan=str(max(1, frame.shape[1])), class_="nothing")
    return element("table", caption + element("tbody", element("tr", cell)))


def _head(frame: pd.DataFrame, units: Mapping[str, str]) -> str:
    cells = []
    for name in frame.columns:
        label = escape(column_label(str(name)), quote=False)
        if str(name) in units:
            label += text_element("span", units[str(name)], class_="units")
        kind = "number" if _is_numeric(frame[name]) else None
        cells.append(element("th", label, scope="col", class_=kind))
    return element("thead", element("tr", "".join(cells)))


def _rows(frame: pd.DataFrame, formats: Mapping[str, Format]) -> list[str]:
    columns = []
    for position, name in enumerate(frame.columns):
        values = frame.iloc[:, position]
        write = _writer(str(name), formats.get(str(name)))
        kind = _kind(values)
        tag, scope = ("th", "row") if position == 0 else ("td", None)
        columns.append([element(tag, write(v), scope=scope, class_=kind) for v in values])
    return [element("tr", "".join(cells)) for cells in zip(*columns, strict=True)]


def _is_numeric(values: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)


def _kind(values: pd.Series) -> str | None:
    if _is_numeric(values):
        return "number"
    if _is_dates(values):
        return "date"
    return "long" if values.astype(str).str.len().max() > _LONG_TEXT else None


def _is_dates(values: pd.Series) -> bool:
    if pd.api.types.is_datetime64_any_dtype(values):
        return True
    return pd.api.types.infer_dtype(values, skipna=True) in ("date", "datetime")


def _writer(name: str, chosen: Format | None) -> Callable[[Any], str]:
    def write(value: Any) -> str:
        if _is_missing(value):
            return '<span class="missing" title="missing">–</span>'
        if isinstance(chosen, str):
            written = _NAMED_FORMATS.get(chosen, chosen.format)(value)
        elif chosen is not None:
            written = chosen(value)
        elif value in _BADGES if isinstance(value, str) else False:
            return text_element("mark", _BADGES[value], class_=f"state {value.replace('_', '-')}")
        else:
            written = _plain(name, value)
        interval = _INTERVAL.fullmatch(written)
        if interval:
            ends = text_element("span", interval[2], class_="nowrap")
            return f"{escape(interval[1], quote=False)} {ends}"
        return escape(written, quote=False)

    return write


def _is_missing(value: Any) -> bool:
    return value is None or (not isinstance(value, list | tuple | set) and pd.isna(value) is True)


def _plain(name: str, value: Any) -> str:
    if isinstance(value, bool) or type(value).__name__ == "bool":
        return "yes" if value else "no"
    if isinstance(value, datetime) and value.time() == datetime.min.time():
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Integral):
        return str(value) if name == "year" or name.endswith("_year") else f"{value:,}"
    if isinstance(value, Real):
        value = float(value)
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    if hasattr(value, "__iter__") and not isinstance(value, str):
        return ", ".join(str(part) for part in value)
    return plain_code(str(value))
