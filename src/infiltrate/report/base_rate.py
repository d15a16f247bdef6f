"""What a flag is worth, counted in hundreds of flagged units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import pandas as pd


class BaseRate(Protocol):
    """What the report reads of a base-rate box; ``risk.base_rate.BaseRateBox`` is one."""

    @property
    def positive_predictive_value(self) -> float | None:
        """Share of the flagged units expected to be infiltrated; None when not known."""

    @property
    def positive_predictive_value_low(self) -> float | None:
        """Lower end of its interval."""

    @property
    def positive_predictive_value_high(self) -> float | None:
        """Upper end of its interval."""

    @property
    def sentence(self) -> str:
        """From what it was computed, in words."""


@dataclass(frozen=True)
class OfHundred:
    """Of a hundred flagged units, how many may be expected to be infiltrated."""

    expected: int
    low: int
    high: int
    sentence: str


def count_of_hundred(box: BaseRate | None, flagged: str) -> OfHundred | None:
    """Return whole units of a hundred, the interval rounded outwards; None when not known.

    Parameters
    ----------
    box : BaseRate or None
        None when the prevalence was refused.
    flagged : str
        What the hundred are, for example ``flagged firms``.
    """
    if box is None or _is_unknown(box.positive_predictive_value):
        return None
    value = float(box.positive_predictive_value or 0)
    ends = box.positive_predictive_value_low, box.positive_predictive_value_high
    low, high = (value if _is_unknown(end) else float(end or 0) for end in ends)
    expected = round(100 * value)
    lowest = min(expected, int(100 * low + 1e-9))
    highest = max(expected, -int(-100 * high // 1)) if high > value else expected
    lowest = lowest if low < value else expected
    sentence = f"Of 100 {flagged}, about {expected} may be expected to be infiltrated"
    if lowest < highest:
        sentence += f" ({lowest} to {highest})"
    return OfHundred(expected, lowest, min(100, highest), sentence)


def _is_unknown(share: float | None) -> bool:
    return share is None or bool(pd.isna(share))
