"""Shares as ranges: several interests of one owner, united without inventing a sum."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Share:
    """The ends of the range of a share, from 0 to 1; None where nothing is said."""

    low: float | None = None
    high: float | None = None


def unite_shares(shares: Iterable[Share]) -> Share:
    """Return what is known of the total when one owner holds several interests of one kind.

    They may overlap (held both as a trustee and in person) or add up (two classes): the total is
    at least the greatest of the lower ends and at most the sum of the upper ones. A single share
    is returned as it is, whatever its size.
    """
    held = [share for share in shares if share != Share()]
    if len(held) < 2:
        return held[0] if held else Share()
    low = max((share.low for share in held if share.low is not None), default=None)
    highs = [share.high for share in held]
    high = None if None in highs else sum(high for high in highs if high is not None)
    return Share(low, high if high is None else max(min(high, 1.0), low or 0.0))


def share_text(share: float | None) -> str | None:
    """Return one end as text, without the noise of binary fractions."""
    return None if share is None else f"{share:.10g}"
