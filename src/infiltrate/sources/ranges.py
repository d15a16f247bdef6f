"""Shares written as ranges in percent."""

from __future__ import annotations

import re
from typing import Literal

_NUMBER = r"\d+(?:\.\d*)?|\.\d+"
_BETWEEN = re.compile(rf"(?:from|between)?({_NUMBER})(?:-|–|—|\.\.|to|and)({_NUMBER})")
_OVER = re.compile(
    rf"(?:>=?|≥|over|above|morethan|atleast|from)({_NUMBER})|({_NUMBER})(?:\+|ormore)"
)
_UNDER = re.compile(rf"(?:<=?|≤|under|below|lessthan|upto|atmost)({_NUMBER})|({_NUMBER})orless")
_WHOLE = 100.0


def read_range_end(
    text: str, end: Literal["low", "high"], decimal: Literal[".", ","] = "."
) -> str | None:
    """Return one end of a share in percent as a plain number from 0 to 1, or None.

    A single number is both ends; what is open upwards ends at the whole, what is open downwards
    begins at nothing. A range that ends below its beginning, or beyond the whole, is none.

    Parameters
    ----------
    text : str
        ``75.5 %``, ``25-50``, ``25 to 50 %``, ``>25%``, ``over 25``, ``<10``, ``up to 10``.
    end : {'low', 'high'}
        The end wanted.
    decimal : {'.', ','}
        Decimal mark of the text.
    """
    plain = re.sub(r"[%\s]", "", text.casefold())
    if decimal == ",":
        plain = plain.replace(".", "x").replace(",", ".")
    ends = _ends(plain)
    if ends is None or not 0 <= ends[0] <= ends[1] <= _WHOLE:
        return None
    return f"{(ends[0] if end == 'low' else ends[1]) / _WHOLE:.10g}"


def _ends(plain: str) -> tuple[float, float] | None:
    if re.fullmatch(_NUMBER, plain):
        return float(plain), float(plain)
    if match := _BETWEEN.fullmatch(plain):
        return float(match[1]), float(match[2])
    if match := _OVER.fullmatch(plain):
        return float(match[1] or match[2]), _WHOLE
    if match := _UNDER.fullmatch(plain):
        return 0.0, float(match[1] or match[2])
    return None
