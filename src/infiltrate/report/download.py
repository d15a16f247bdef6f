"""The numbers of a figure as a file that a page carries in itself."""

from __future__ import annotations

import re
from numbers import Integral, Real
from typing import Any
from urllib.parse import quote

import pandas as pd

from infiltrate.report.markup import text_element
from infiltrate.report.wording import plural

_DIGITS = 5
_LONGEST_NAME = 60
# signs that need no escape in an address or an attribute, and that the check of a page reads on
_SAFE = ",:;!?*+-_.~/=@$[]|"


def csv_link(frame: pd.DataFrame, title: str) -> str:
    """Return a link that saves a table as CSV: no script, no second file, no network.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row of the file per row, under the names of the columns. Fractions keep five digits,
        more than a drawing shows; whole numbers keep all. The index is left out.
    title : str
        The file is named after it.
    """
    rows = frame.map(_written).to_csv(index=False, lineterminator="\n")
    address = f"data:text/csv;charset=utf-8,{quote(rows, safe=_SAFE)}"
    words = f"Download the numbers (CSV, {plural(len(frame), 'row')})"
    return text_element("a", words, href=address, download=f"{_file_name(title)}.csv")


def _written(value: Any) -> Any:
    if isinstance(value, Integral) and abs(int(value)) >= 10**_DIGITS:
        # a long row of digits reads as the number of a firm; 4.12345e5 is the same to a program
        digits = len(str(abs(int(value)))) - 1
        return re.sub(r"0*e\+0*", "e", f"{int(value):.{digits}e}").replace(".e", "e")
    if isinstance(value, Real) and not isinstance(value, Integral) and not pd.isna(value):
        return f"{float(value):.{_DIGITS}g}"
    return value


def _file_name(title: str) -> str:
    name = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
    return name[:_LONGEST_NAME].rpartition("-")[0] if len(name) > _LONGEST_NAME else name or "table"
