"""Interests of the Beneficial Ownership Data Standard: type, share, period; or what is wrong."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from infiltrate.sources.bods_history import Interest
from infiltrate.sources.bods_parties import dicts
from infiltrate.sources.relations import Fault
from infiltrate.sources.shares import Share

ROLES = {
    "boardMember": "director",
    "boardChair": "chair",
    "seniorManagingOfficial": "director",
}
_KINDS = {
    "shareholding": "shares",
    "votingRights": "votes",
    "appointmentOfBoard": "appointment",
    **ROLES,
}
# Rights to profit and to assets are no shares of the company; how much they weigh is not said.
_INFLUENCE = frozenset(
    {
        "otherInfluenceOrControl",
        "settlor",
        "trustee",
        "protector",
        "beneficiaryOfLegalArrangement",
        "rightsToSurplusAssetsOnDissolution",
        "rightsToProfitOrIncome",
        "rightsGrantedByContract",
        "conditionalRightsGrantedByContract",
        "controlViaCompanyRulesOrArticles",
        "controlByLegalFramework",
        "unknownInterest",
        "unpublishedInterest",
        "enjoymentAndUseOfAssets",
        "rightToProfitOrIncomeFromAssets",
        "nominee",
        "nominator",
    }
)
_UNSAID = ("unknownInterest", "unpublishedInterest")


def read_interests(
    details: Mapping[str, Any], components: Collection[str]
) -> tuple[list[Interest], list[Fault], int]:
    """Return the interests of a relationship, what is wrong with others, and how many are covered.

    An interest that is not direct is covered when the records of all components of the
    relationship are there: the chain is then read from them, and must not count twice. A party
    that is not specified holds shares nobody knows of, unless it is said what it holds.

    Parameters
    ----------
    details : mapping
        ``recordDetails`` of a relationship.
    components : collection of str
        Records that are components of some relationship and are there.
    """
    is_unknown = isinstance(details.get("interestedParty"), dict)
    parts = details.get("componentRecords")
    named = [str(part) for part in parts] if isinstance(parts, list) else []
    has_components = bool(named) and all(part in components for part in named)
    interests: list[Interest] = []
    faults: list[Fault] = []
    covered = 0
    for item in dicts(details, "interests") or [{"type": "unknownInterest"}]:
        if has_components and item.get("directOrIndirect") != "direct":
            covered += 1
            continue
        read = _read_interest(item, is_unknown)
        (interests if isinstance(read, Interest) else faults).append(read)  # type: ignore[arg-type]
    return interests, faults, covered


def _read_interest(item: Mapping[str, Any], is_unknown: bool) -> Interest | Fault:
    written = str(item.get("type") or "unknownInterest")
    kind = _KINDS.get(written) or ("influence" if written in _INFLUENCE else None)
    if kind is None:
        return Fault("interest_type", "type", written)
    if is_unknown and written in _UNSAID:
        kind = "shares"
    share = _read_share(item.get("share"))
    if share is None:
        return Fault("share", "share", str(item.get("share")))
    declared = item.get("beneficialOwnershipOrControl")
    return Interest(
        kind,
        written,
        share if kind in ("shares", "votes") else Share(),
        declared if isinstance(declared, bool) else None,
        _day(item.get("startDate")),
        _day(item.get("endDate")),
    )


def _read_share(share: object) -> Share | None:
    """Return the range of a share in percent; None when it cannot be."""
    if share is None:
        return Share()
    if not isinstance(share, dict):
        return None
    low = _first(share, "exact", "minimum", "exclusiveMinimum")
    high = _first(share, "exact", "maximum", "exclusiveMaximum")
    if low is None and high is None:
        return Share() if not share else None
    low, high = 0.0 if low is None else low, 100.0 if high is None else high
    return Share(low / 100, high / 100) if 0 <= low <= high <= 100 else None


def _first(share: Mapping[str, Any], *names: str) -> float | None:
    for name in names:
        value = share.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
    return None


def _day(value: object) -> str | None:
    return value[:10] if isinstance(value, str) and value else None
