"""Numbers as a reader meets them in a sentence, a label or a cell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd

UNKNOWN = "not known"


def percent(share: Any) -> str:
    """Write a fraction from 0 to 1 as a percentage with as many digits as it deserves."""
    if _is_unknown(share):
        return UNKNOWN
    if share == 0:
        return "0%"
    if abs(share) < 0.001:
        return "<0.1%"
    digits = 1 if abs(share) < 0.0995 or 0.995 <= share < 1 else 0
    return f"{100 * share:.{digits}f}".removesuffix(".0") + "%"


def count(number: Any) -> str:
    """Write a number of things with thousands separated; a closed or absent one as not known."""
    if _is_unknown(number):
        return UNKNOWN
    return f"{number:,.0f}"


def amount(number: Any, unit: str = "") -> str:
    """Write a large quantity shortly, ``1.2 million PEN``."""
    if _is_unknown(number):
        return UNKNOWN
    for size, name in ((1e9, " billion"), (1e6, " million")):
        if abs(number) >= size:
            return f"{number / size:.3g}{name} {unit}".strip()
    text = f"{number:,.0f}" if abs(number) >= 100 or number == int(number) else f"{number:.3g}"
    return f"{text} {unit}".strip()


def quantity(number: Any, unit: str) -> str:
    """Write a value in its unit: a share as a percentage, anything else as a number of it."""
    if unit == "share":
        return percent(number)
    if _is_unknown(number):
        return UNKNOWN
    return f"{amount(number)} {unit}".strip()


def interval(value: Any, low: Any, high: Any, write: Callable[[Any], str]) -> str:
    """Write a value and its interval, ``0.69 (0.55 to 0.83)``; bounds without a value alone."""
    known = [None if _is_unknown(end) else write(end) for end in (value, low, high)]
    written, lowest, highest = known
    if lowest is None or highest is None:
        return written or UNKNOWN
    ends = lowest if lowest == highest else f"{lowest} to {highest}"
    return ends if written is None else f"{written} ({ends})"


def chance(p_value: Any) -> str:
    """Write a p value or q value with three digits, never as zero."""
    if _is_unknown(p_value):
        return UNKNOWN
    return "<0.001" if p_value < 0.0005 else f"{p_value:.3f}"


def plural(number: int, noun: str, many: str = "") -> str:
    """Write ``1 firm``, ``2 firms``."""
    return f"{number:,} {noun if number == 1 else many or noun + 's'}"


def enumerate_words(words: Sequence[str], most: int = 4) -> str:
    """Join words as a sentence does: ``a, b and c``; beyond ``most`` the rest is counted."""
    shown = list(words[:most])
    if len(words) > most:
        shown.append(f"{len(words) - most} more")
    if len(shown) < 2:
        return "".join(shown)
    return f"{', '.join(shown[:-1])} and {shown[-1]}"


def _is_unknown(number: Any) -> bool:
    return number is None or bool(pd.isna(number))
