"""What a study needs of a release beyond its red flags: parties, lots, contracts, consortia."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from infiltrate.sources.ocds.relations import column_types, load_relations
from tests.sources.test_ocds_bad_input import Reading, lines, read

FULL: dict[str, Any] = {
    "ocid": "ocds-a",
    "date": "2024-05-01T00:00:00Z",
    "tag": ["compiled"],
    "buyer": {"id": "B", "name": "An authority"},
    "parties": [
        {
            "id": "B",
            "name": "An authority",
            "roles": ["buyer", "procuringEntity"],
            "identifier": {"scheme": "XX-REG", "id": "100"},
            "address": {"region": "XX-01", "countryName": "Nowhere"},
        },
        {
            "id": "F1",
            "name": "First firm",
            "roles": ["tenderer", "supplier"],
            "identifier": {"scheme": "XX-REG", "id": "201", "legalName": "First firm Ltd"},
            "additionalIdentifiers": [{"scheme": "XX-VAT", "id": 9201}, {"scheme": "XX-EMPTY"}],
        },
        {"id": "F2", "name": "Second firm", "roles": "supplier"},
    ],
    "tender": {
        "id": "T",
        "title": "Two roads",
        "value": {"amount": "1000.50", "currency": "EUR"},
        "tenderPeriod": {"endDate": "2024-03-01T23:30:00-05:00"},
        "lots": [
            {"id": "L1", "title": "North", "value": {"amount": 600, "currency": "EUR"}},
            {"id": "L2", "title": "South", "status": "cancelled"},
        ],
        "items": [
            {"id": "1", "relatedLot": "L1", "classification": {"scheme": "CPV", "id": "45233000"}}
        ],
        "amendments": [{"id": "TA", "date": "2024-02-01", "rationale": "more time"}],
    },
    "bids": {
        "details": [
            {"id": "1", "relatedLots": ["L1", "L2", "L1"], "tenderers": [{"id": "F1"}]},
            {"id": "2", "tenderers": [{"id": "F1"}, {"name": "A firm without a number"}]},
        ]
    },
    "awards": [
        {
            "id": "A1",
            "date": "2024-04-01",
            "relatedLots": ["L1"],
            "value": {"amount": 590.25, "currency": "EUR"},
            "suppliers": [{"id": "F1", "name": "First firm"}, {"id": "F2"}],
        }
    ],
    "contracts": [
        {
            "id": "C1",
            "awardID": "A1",
            "dateSigned": "2024-04-20T10:00:00Z",
            "value": {"amount": 590.25, "currency": "EUR"},
            "period": {"startDate": "2024-05-01", "endDate": "not known"},
            "amendments": [{"id": "CA1", "date": "2024-06-01"}, {"id": "CA2"}],
        },
        {"id": "C2", "awardID": "A9"},
    ],
}


def rows(got: Reading, name: str, *columns: str) -> list[tuple[Any, ...]]:
    return [tuple(row[column] for column in columns) for row in got.tables[name]]


def test_every_relation_of_a_full_release(tmp_path: Path) -> None:
    got = read(tmp_path, lines(FULL, {"ocid": "ocds-b"}))
    assert got.rejected == []
    assert rows(got, "ocds_tenders", "ocid", "title", "amount", "currency", "period_end_on") == [
        ("ocds-a", "Two roads", 1000.5, "EUR", date(2024, 3, 1)),
        ("ocds-b", None, None, None, None),
    ]
    assert rows(got, "ocds_lots", "lot", "lot_id", "status", "amount") == [
        (1, "L1", None, 600),
        (2, "L2", "cancelled", None),
    ]
    assert rows(got, "ocds_tender_items", "lot_id", "classification_id") == [("L1", "45233000")]
    assert rows(got, "ocds_bid_lots", "bid", "lot_id") == [(1, "L1"), (1, "L2")]
    assert rows(got, "ocds_award_lots", "award", "lot_id") == [(1, "L1")]
    assert rows(got, "ocds_award_values", "award_id", "awarded_on", "amount") == [
        ("A1", date(2024, 4, 1), 590.25)
    ]
    assert rows(
        got, "ocds_contracts", "contract_id", "award_id", "signed_on", "end_on", "amendments"
    ) == [("C1", "A1", date(2024, 4, 20), None, 2), ("C2", "A9", None, None, None)]
    assert rows(got, "ocds_amendments", "section", "amended_id", "amendment_id", "amended_on") == [
        ("contract", "C1", "CA1", date(2024, 6, 1)),
        ("contract", "C1", "CA2", None),
        ("tender", "T", "TA", date(2024, 2, 1)),
    ]


def test_parties_with_their_identifiers_and_roles(tmp_path: Path) -> None:
    got = read(tmp_path, lines(FULL))
    assert rows(got, "ocds_parties", "party_id", "identifier_id", "is_buyer", "is_supplier") == [
        ("B", "100", True, False),
        ("F1", "201", False, True),
        ("F2", None, False, True),
    ]
    assert rows(got, "ocds_party_identifiers", "party_id", "place", "scheme", "identifier_id") == [
        ("B", 0, "XX-REG", "100"),
        ("F1", 0, "XX-REG", "201"),
        ("F1", 1, "XX-VAT", "9201"),
    ]


def test_a_consortium_keeps_every_member_even_one_without_an_identifier(tmp_path: Path) -> None:
    got = read(tmp_path, lines(FULL))
    columns = ("role", "place", "member", "organisation_id", "name")
    assert rows(got, "ocds_organisations", *columns) == [
        ("buyer", 1, 1, "B", "An authority"),
        ("supplier", 1, 1, "F1", "First firm"),
        ("supplier", 1, 2, "F2", None),
        ("tenderer", 1, 1, "F1", None),
        ("tenderer", 2, 1, "F1", None),
        ("tenderer", 2, 2, None, "A firm without a number"),
    ]


def test_a_reader_pays_only_for_what_its_relations_read() -> None:
    few = column_types(["ocds_bids"])
    assert set(few) == {"bids"}
    every = column_types(load_relations())
    assert {"parties", "contracts", "awards", "tender"} <= set(every)
    assert "parties" not in column_types(["ocds_processes", "ocds_awards", "ocds_award_items"])
