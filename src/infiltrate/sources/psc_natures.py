"""Natures of control of the register of persons with significant control, as interests."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from infiltrate.sources.shares import Share, unite_shares

_KINDS = {
    "ownership-of-shares": "shares",
    # In partnerships the right to surplus assets stands where a company has shares.
    "right-to-share-surplus-assets": "shares",
    "part-right-to-share-surplus-assets": "shares",
    "voting-rights": "votes",
    "right-to-appoint-and-remove": "appointment",
    "significant-influence-or-control": "influence",
}
_NATURE = re.compile(
    r"(?P<right>" + "|".join(sorted(_KINDS, key=len, reverse=True)) + r")"
    r"(?:-(?:(?P<low>\d+)-to-(?P<high>\d+)|more-than-(?P<over>\d+))-percent)?"
    r"(?:-(?:directors|members|persons?))?"
    # Held for a trust or by way of a firm; of a partnership, or an entity from overseas.
    r"(?:-(?:as|over)-[a-z-]+)?(?:-limited-liability-partnership|-registered-overseas-entity)?"
)


def read_natures(natures: Sequence[str]) -> dict[str, Share] | str:
    """Return each interest with its share, or the first nature that is not known.

    A band is the range between its ends: ``25-to-50-percent`` is 0.25 to 0.5, although by law
    (Companies Act 2006, schedule 1A) it is more than a quarter. The same right held in several
    ways, such as in person and as a trustee, is one interest. No nature at all is influence.

    Parameters
    ----------
    natures : sequence of str
        As published, for example ``voting-rights-50-to-75-percent-as-trust``.
    """
    shares: dict[str, list[Share]] = {}
    for nature in natures:
        read = _read_nature(nature)
        if read is None:
            return nature
        kind, share = read
        shares.setdefault(kind, []).append(share)
    if not shares:
        return {"influence": Share()}
    return {kind: unite_shares(held) for kind, held in shares.items()}


@cache
def _read_nature(nature: str) -> tuple[str, Share] | None:
    match = _NATURE.fullmatch(nature)
    if match is None:
        return None
    kind = _KINDS[match["right"]]
    if match["over"]:
        share = Share(int(match["over"]) / 100, 1.0)
    elif match["low"]:
        share = Share(int(match["low"]) / 100, int(match["high"]) / 100)
    else:
        share = Share()
    says_how_much = share.low is not None and share.high is not None
    if says_how_much and not share.low < share.high <= 1:  # type: ignore[operator]
        return None
    return (kind, share) if says_how_much == (kind in ("shares", "votes")) else None
