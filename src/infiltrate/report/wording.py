"""Numbers as a reader meets them in a sentence, a label or a cell."""

from __future__ import annotations

import math
from collections.abc import Sequence

UNKNOWN = "not known"


def percent(share: float | None) -> str:
    """Write a fraction from 0 to 1 as a percentage with as many digits as it deserves."""
    if share is None or math.isnan(share):
        return UNKNOWN
    if share == 0:
        return "0%"
    if abs(share) < 0.001:
        return "<0.1%"
    digits = 1 if abs(share) < 0.0995 or 0.995 <= share < 1 else 0
    return f"{100 * share:.{digits}f}".removesuffix(".0") + "%"


def count(number: float | None) -> str:
    """Write a number of things with thousands separated."""
    if number is None or math.isnan(number):
        return UNKNOWN
    return f"{number:,.0f}"


def amount(number: float | None, unit: str = "") -> str:
    """Write a large quantity shortly, ``1.2 million PEN``."""
    if number is None or math.isnan(number):
        return UNKNOWN
    for size, name in ((1e9, " billion"), (1e6, " million")):
        if abs(number) >= size:
            return f"{number / size:.3g}{name} {unit}".strip()
    text = f"{number:,.0f}" if abs(number) >= 100 or number == int(number) else f"{number:.3g}"
    return f"{text} {unit}".strip()


def quantity(number: float | None, unit: str) -> str:
    """Write a value in its unit: a share as a percentage, anything else as a number of it."""
    if unit == "share":
        return percent(number)
    if number is None or math.isnan(number):
        return UNKNOWN
    return f"{amount(number)} {unit}".strip()


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
