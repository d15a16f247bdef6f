"""One compiled release of the Open Contracting Data Standard to rows of plain text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from infiltrate.params.readers import AwardStatus, OcdsSettings
from infiltrate.sources.lookups import plain_text
from infiltrate.tables.identifiers import SCHEMES

Row = tuple[str, dict[str, str | None]]

_WHOLE = "all"
_ONLY_LOT = "1"
_FAILED = frozenset({"cancelled", "unsuccessful", "withdrawn"})
_UNDECIDED = frozenset({"planning", "planned", "pending"})
_AWARDED: dict[str, AwardStatus] = {
    "": "won",
    "active": "won",
    "terminated": "won",
    "cancelled": "not_won",
    "unsuccessful": "not_won",
}
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
# The standard's convention for ids of organisations: country, register, number.
_ORG_ID = re.compile(r"([A-Z]{2}-[A-Z]{2,8})-(.+)")
_ZONED = re.compile(r"[Tt ]\d.*(?:[Zz]|[+-]\d\d:?\d\d)$")


@dataclass
class DayReader:
    """Days of moments, in the zone of a publisher, counting what is not plain.

    Attributes
    ----------
    zone : ZoneInfo, optional
        Where the days are counted; without it a day is the one that is written.
    without_zone, unreadable : int
        Moments that name no zone, and texts that are no date.
    """

    zone: ZoneInfo | None
    without_zone: int = 0
    unreadable: int = 0

    def read(self, text: Any) -> str | None:
        """Return the day of a moment as YYYY-MM-DD, or None."""
        if text in (None, ""):
            return None
        if not isinstance(text, str) or not _DAY.match(text):
            self.unreadable += 1
            return None
        is_zoned = _ZONED.search(text) is not None
        self.without_zone += len(text) > len("2020-01-01") and not is_zoned
        if self.zone is None or not is_zoned:
            return text[:10]
        try:
            return datetime.fromisoformat(text).astimezone(self.zone).date().isoformat()
        except (ValueError, OverflowError):
            self.unreadable += 1
            return None


@dataclass
class ReleaseRows:
    """The rows of releases.

    Attributes
    ----------
    settings : OcdsSettings
        Words and schemes of the publisher.
    days : DayReader
        Reads the dates.
    """

    settings: OcdsSettings
    days: DayReader
    _procedures: frozenset[str] = field(init=False)
    _outcomes: dict[str, AwardStatus] = field(init=False)

    def __post_init__(self) -> None:
        self._procedures = frozenset(plain_text(word) for word in self.settings.procedures)
        named = {
            plain_text(word): outcome for word, outcome in self.settings.award_statuses.items()
        }
        self._outcomes = {**_AWARDED, **named}

    def of(self, release: Mapping[str, Any]) -> Iterator[Row]:
        """Yield each row of a release with its relation."""
        process = _Process(release, self.settings)
        yield from self._organisations(process)
        yield from self._lots(process)
        yield from self._bidders(process)
        yield from self._suppliers(process)

    def _organisations(self, process: _Process) -> Iterator[Row]:
        for role, organisation in process.organisations():
            party = process.parties.get(_text(organisation.get("id")) or "", {})
            address = _object(party.get("address"))
            reference = process.reference(organisation)
            has_scheme = reference is not None and not reference.startswith(":")
            is_registered = has_scheme or self.settings.scheme is not None
            yield (
                "organisations",
                {
                    "ocid": process.ocid,
                    "role": role,
                    "organisation": reference,
                    "name": _text(party.get("name")) or _text(organisation.get("name")),
                    "region": _text(address.get("region")),
                    "locality": _text(address.get("locality")),
                    "country": _text(address.get("countryName")),
                    "kind": "company" if is_registered else "unknown",
                },
            )

    def _lots(self, process: _Process) -> Iterator[Row]:
        tender = process.tender
        period = _object(tender.get("tenderPeriod"))
        method = _text(tender.get("procurementMethod"))
        details = _text(tender.get("procurementMethodDetails"))
        named = details if plain_text(details or "") in self._procedures else method
        status = _text(tender.get("status"))
        awarded_on = self._awarded_on(process)
        shared = {
            "ocid": process.ocid,
            "tender_id": _text(tender.get("id")),
            "buyer": process.reference(process.buyer),
            "category": _text(tender.get("mainProcurementCategory")),
            "method": method,
            "method_details": details,
            "procedure": named,
            "published_on": self.days.read(tender.get("datePublished")),
            "period_start_on": self.days.read(period.get("startDate")),
            "deadline_on": self.days.read(period.get("endDate")),
            "criteria": _text(tender.get("awardCriteria")),
            "tenderers": _text(tender.get("numberOfTenderers")),
            "tender_status": status,
        }
        for lot_id, lot in process.lots.items():
            value = _object(lot.get("value"))
            if not value and len(process.lots) == 1:
                value = _object(tender.get("value"))
            stated = status if status in _FAILED or not lot else _text(lot.get("status")) or status
            yield (
                "lots",
                {
                    **shared,
                    "lot_id": lot_id,
                    "title": _text(lot.get("title")) or _text(tender.get("title")),
                    "product_code": process.product_code(lot_id),
                    "amount": _text(value.get("amount")),
                    "currency": _text(value.get("currency")),
                    "award_on": awarded_on.get(lot_id),
                    "status": stated,
                    "cancelled": _is_cancelled(stated),
                },
            )

    def _awarded_on(self, process: _Process) -> dict[str, str]:
        """Return the first day on which each lot was awarded."""
        days: dict[str, str] = {}
        for award in process.awards:
            day = self.days.read(award.get("date"))
            if day is None or self._outcome(award) != "won":
                continue
            for lot_id in process.lots_of(award):
                days[lot_id] = min(day, days.get(lot_id, day))
        return days

    def _bidders(self, process: _Process) -> Iterator[Row]:
        decided = {
            lot_id
            for award in process.awards
            if self._outcome(award) == "won"
            for lot_id in process.lots_of(award)
        }
        for number, bid in enumerate(process.bids, start=1):
            value = _object(bid.get("value"))
            status = _text(bid.get("status"))
            tenderers = _objects(bid.get("tenderers"))
            shared = {
                "ocid": process.ocid,
                "bid_id": str(number),
                "amount": _text(value.get("amount")),
                "currency": _text(value.get("currency")),
                "submitted_on": self.days.read(bid.get("date")),
                "status": status,
                "bid_status": status or "unknown",
            }
            for lot_id in process.lots_of(bid):
                for tenderer in tenderers or [{}]:
                    reference = process.reference(tenderer)
                    yield (
                        "bidders",
                        {
                            **shared,
                            "lot_id": lot_id,
                            "organisation": reference,
                            "joint": reference if len(tenderers) > 1 else None,
                            "is_winner": "false" if lot_id in decided else None,
                        },
                    )

    def _suppliers(self, process: _Process) -> Iterator[Row]:
        contracts = process.contracts_by_award()
        for number, award in enumerate(process.awards, start=1):
            award_id = _text(award.get("id"))
            suppliers = _objects(award.get("suppliers"))
            lots = process.lots_of(award)
            for contract in contracts.pop(award_id or "", []) or [{}]:
                shared = self._contract(process, award, contract, number, len(lots))
                for lot_id in lots:
                    for supplier in suppliers or [{}]:
                        reference = process.reference(supplier)
                        joint = reference if len(suppliers) > 1 else None
                        row = {**shared, "lot_id": lot_id, "organisation": reference}
                        yield "suppliers", {**row, "joint": joint}
        for orphans in contracts.values():
            for contract in orphans:
                row = self._contract(process, {}, contract, 0, 1)
                yield "suppliers", {**row, "lot_id": _ONLY_LOT}

    def _contract(
        self,
        process: _Process,
        award: Mapping[str, Any],
        contract: Mapping[str, Any],
        number: int,
        lots: int,
    ) -> dict[str, str | None]:
        awarded, signed = _object(award.get("value")), _object(contract.get("value"))
        period = _object(contract.get("period")) or _object(award.get("contractPeriod"))
        amendments = [*_objects(contract.get("amendments")), *_objects([contract.get("amendment")])]
        value = (awarded if amendments and awarded else signed) or awarded
        end_on = self.days.read(period.get("endDate"))
        local = _text(contract.get("id")) or _text(award.get("id")) or str(number)
        outcome = self._outcome(award)
        if outcome == "won" and contract:
            outcome = self._outcome(contract, undecided="won")
        return {
            "ocid": process.ocid,
            "award_id": str(number),
            "contract_id": f"{process.ocid}/{local}",
            "outcome": outcome,
            "buyer": process.reference(process.buyer),
            # One amount for several lots: no lot's part is known.
            "amount": _text(value.get("amount")) if lots == 1 else None,
            "currency": _text(value.get("currency")),
            "awarded_on": self.days.read(award.get("date")),
            "signed_on": self.days.read(contract.get("dateSigned")),
            "start_on": self.days.read(period.get("startDate")),
            "end_on": None if amendments else end_on,
            "final_end_on": end_on if amendments else None,
            "final_amount": _text(signed.get("amount")) if amendments and lots == 1 else None,
            "amendments": str(len(amendments)) if contract else None,
        }

    def _outcome(
        self, award: Mapping[str, Any], undecided: AwardStatus = "undecided"
    ) -> AwardStatus:
        status = plain_text(_text(award.get("status")) or "")
        return self._outcomes.get(status, undecided)


class _Process:
    """What a release says, with its references resolved."""

    def __init__(self, release: Mapping[str, Any], settings: OcdsSettings) -> None:
        self._known = [*settings.schemes, *settings.person_schemes, *SCHEMES]
        self.ocid = str(release["ocid"])
        self.tender = _object(release.get("tender"))
        self.awards = _objects(release.get("awards"))
        self._contracts = _objects(release.get("contracts"))
        self.parties = {
            _text(party.get("id")) or "": party for party in _objects(release.get("parties"))
        }
        details = _objects(_object(release.get("bids")).get("details"))
        self.bids = details or [
            {"tenderers": [tenderer]} for tenderer in _objects(self.tender.get("tenderers"))
        ]
        self.buyer = _object(release.get("buyer")) or _object(self.tender.get("procuringEntity"))
        declared = {
            _text(lot.get("id")) or str(place): lot
            for place, lot in enumerate(_objects(self.tender.get("lots")), start=1)
        }
        self._declared = list(declared)
        used = [lot for part in (*self.bids, *self.awards) for lot in self.lots_of(part)]
        if not declared and not used and self.tender:
            used = [_ONLY_LOT]
        self.lots: dict[str, dict[str, Any]] = {
            lot_id: declared.get(lot_id, {}) for lot_id in [*declared, *used]
        }

    def organisations(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield the buyer and every bidder and supplier."""
        if self.buyer:
            yield "buyer", self.buyer
        for part, name in ((self.bids, "tenderers"), (self.awards, "suppliers")):
            for section in part:
                for organisation in _objects(section.get(name)):
                    yield "bidder", organisation

    def reference(self, organisation: Mapping[str, Any]) -> str | None:
        """Return SCHEME:LOCALID of an organisation; without scheme when it has none."""
        party_id = _text(organisation.get("id"))
        party = self.parties.get(party_id or "", organisation)
        identifier = _object(party.get("identifier"))
        local = _text(identifier.get("id"))
        if local is not None:
            scheme = _text(identifier.get("scheme")) or ""
            return f"{scheme}:{local.removeprefix(f'{scheme}-') if scheme else local}"
        if party_id is None:
            return None
        prefixes = [code for code in self._known if party_id.startswith(f"{code}-")]
        if prefixes:
            scheme = max(prefixes, key=len)
            return f"{scheme}:{party_id[len(scheme) + 1 :]}"
        by_convention = _ORG_ID.fullmatch(party_id)
        return f"{by_convention[1]}:{by_convention[2]}" if by_convention else f":{party_id}"

    def lots_of(self, section: Mapping[str, Any]) -> list[str]:
        """Return the lots of a bid or award: those it names, else the only one, else all."""
        named = section.get("relatedLots", section.get("relatedLot"))
        items = named if isinstance(named, list) else [named]
        lots = [lot for lot in map(_lot_id, items) if lot is not None]
        if lots:
            return list(dict.fromkeys(lots))
        if not self._declared:
            return [_ONLY_LOT]
        return self._declared if len(self._declared) == 1 else [_WHOLE]

    def contracts_by_award(self) -> dict[str, list[Mapping[str, Any]]]:
        """Group the contracts by the award they name; the only award when they name none."""
        only = _text(self.awards[0].get("id")) if len(self.awards) == 1 else None
        grouped: dict[str, list[Mapping[str, Any]]] = {}
        for contract in self._contracts:
            award_id = _text(contract.get("awardID")) or only or ""
            grouped.setdefault(award_id, []).append(contract)
        return grouped

    def product_code(self, lot_id: str) -> str | None:
        """Return the classification of the first item of a lot, or of the tender as a whole."""
        items = _objects(self.tender.get("items"))
        of_lot = [item for item in items if _lot_id(item.get("relatedLot")) == lot_id]
        for item in of_lot or items:
            code = _text(_object(item.get("classification")).get("id"))
            if code is not None:
                return code
        return _text(_object(self.tender.get("classification")).get("id"))


def _is_cancelled(status: str | None) -> str | None:
    if status is None or status in _UNDECIDED:
        return None
    return "true" if status in _FAILED else "false"


def _lot_id(value: Any) -> str | None:
    """Return a lot's id, which some publishers wrap in an object."""
    if isinstance(value, dict):
        return _text(value.get("lotId")) or _text(value.get("id"))
    return _text(value)


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, dict | list):
        return None
    return str(value).strip() or None


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _objects(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
