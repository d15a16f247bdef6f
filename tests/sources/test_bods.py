"""Beneficial ownership statements: parties, interests, history, components, what is wrong."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest

from infiltrate.errors import SourceError
from infiltrate.tables.identifiers import pseudonymise
from tests.sources.reading import KEY, Reading, make_source, read_study

PERSON = pseudonymise("XI-PERSON", "ann", KEY)


def statement(
    record: str, kind: str, said_on: str | None = "2018-01-01", status: str = "new", **details: Any
) -> dict[str, Any]:
    return {
        "statementId": f"{record}-{said_on}",
        "statementDate": said_on,
        "recordId": record,
        "recordType": kind,
        "recordStatus": status,
        "recordDetails": {"isComponent": False, **details},
    }


def firm(record: str, number: str | None = None, **details: Any) -> dict[str, Any]:
    identifiers = [{"scheme": "XX-REG", "id": number}] if number else []
    whole = {
        "entityType": {"type": "registeredEntity"},
        "name": f"Firm {record}",
        "identifiers": identifiers,
        "jurisdiction": {"code": "XX-N", "name": "North"},
        **details,
    }
    return statement(record, "entity", **whole)


def person(record: str, **details: Any) -> dict[str, Any]:
    whole = {
        "personType": "knownPerson",
        "names": [{"fullName": "Ann Invented"}],
        "birthDate": "1971-05",
        "addresses": [{"type": "residence", "address": "1 Nowhere", "country": {"code": "XX"}}],
        **details,
    }
    return statement(record, "person", **whole)


def interest(
    kind: str = "shareholding", share: Any = None, start: str | None = "2010-01-01", **more: Any
) -> dict[str, Any]:
    made = {"type": kind, "directOrIndirect": "direct", **more}
    made |= {"share": share} if share is not None else {}
    return made | ({"startDate": start} if start else {})


def held(
    record: str,
    subject: str,
    party: Any,
    *interests: dict[str, Any],
    said_on: str | None = "2018-01-01",
    status: str = "new",
    **details: Any,
) -> dict[str, Any]:
    return statement(
        record,
        "relationship",
        said_on,
        status,
        subject=subject,
        interestedParty=party,
        interests=list(interests),
        **details,
    )


def source(**settings: Any) -> dict[str, Any]:
    made = make_source(id="bods", path="bods.json", reader="bods", bods=settings)
    del made["tables"]
    return made


def read(folder: Any, statements: Sequence[Any], **settings: Any) -> Reading:
    text = "".join(json.dumps(item) + "\n" for item in statements)
    return read_study(folder, {"bods.json": text}, source(**settings))


def stakes(reading: Reading) -> list[tuple[Any, ...]]:
    """Return interest, ends of the share in percent and of the period."""
    return [
        (
            row["interest"],
            *(
                None if row[end] is None else round(100 * row[end], 6)
                for end in ("share_low", "share_high")
            ),
            str(row["valid_from"]),
            str(row["valid_to"]) if row["valid_to"] else None,
        )
        for row in reading.rows("ownership")
    ]


BASE = [firm("a", "1"), firm("b", "2"), person("ann")]


def test_parties(tmp_path):
    trust = firm("t", entityType={"type": "arrangement", "subtype": "trust"})
    state = firm("s", entityType={"type": "state"})
    hidden = person("h", personType="anonymousPerson")
    owners = [
        held(f"r-{party}", "a", party, interest(share={"exact": 10}))
        for party in ("ann", "b", "t", "s", "h")
    ]
    reading = read(tmp_path, [*BASE, trust, state, hidden, *owners])
    kinds = {row["owner_id"]: row["owner_kind"] for row in reading.rows("ownership")}
    assert kinds == {
        PERSON: "natural_person",
        "XX-REG:00000002": "company",
        "XI-BODS:t": "trust",
        "XI-BODS:s": "state",
        pseudonymise("XI-PERSON", "h", KEY): "unknown",
    }
    born = {
        row["person_id"]: (row["birth_year"], row["country"]) for row in reading.rows("persons")
    }
    assert born[PERSON] == (1971, "XX")
    names = {row["company_id"]: (row["name"], row["country"]) for row in reading.rows("companies")}
    assert names["XX-REG:00000001"] == ("Firm a", "XX")
    for table in ("companies", "persons", "ownership", "rejected"):
        assert "Ann" not in str(reading.rows(table))


def test_identifiers_in_the_order_of_trust(tmp_path):
    several = firm(
        "x",
        identifiers=[
            {"schemeName": "Register of Nowhere", "id": "77"},
            {"scheme": "XX-REG", "id": "123456789"},
            {"scheme": "XX-REG", "id": "3"},
            {"scheme": "XX-GOV", "id": "4"},
            {"schemeName": "no code for this one", "id": "5"},
        ],
    )
    schemes = {"Register of Nowhere": "XX-NOWHERE"}
    reading = read(tmp_path / "a", [several], schemes=schemes)
    assert reading.column("companies", "company_id") == ["XX-REG:00000003"]
    assert reading.column("company_identifiers", "other_id") == ["XX-GOV:0004", "XX-NOWHERE:77"]
    trusted = read(tmp_path / "b", [several], schemes=schemes, trusted=["XX-NOWHERE", "XX-GOV"])
    assert trusted.column("companies", "company_id") == ["XX-NOWHERE:77"]


@pytest.mark.parametrize(
    ("share", "low", "high"),
    [
        ({"exact": 62.5}, 62.5, 62.5),
        ({"minimum": 25, "maximum": 50}, 25, 50),
        ({"exclusiveMinimum": 25, "maximum": 50}, 25, 50),
        ({"exclusiveMinimum": 75}, 75, 100),
        ({"exclusiveMaximum": 25}, 0, 25),
        ({}, None, None),
        (None, None, None),
    ],
)
def test_shares(tmp_path, share, low, high):
    reading = read(tmp_path, [*BASE, held("r", "a", "ann", interest(share=share))])
    assert stakes(reading) == [("shares", low, high, "2010-01-01", None)]


def test_interests_and_roles(tmp_path):
    reading = read(
        tmp_path,
        [
            *BASE,
            held(
                "r",
                "a",
                "ann",
                interest("votingRights", {"exact": 30}),
                interest("shareholding", {"exact": 30}),
                interest("shareholding", {"exact": 20}),
                interest("appointmentOfBoard"),
                interest("trustee"),
                interest("settlor"),
                interest("boardChair"),
                interest("boardMember"),
                beneficialOwnershipOrControl=True,
            ),
        ],
    )
    # two classes of shares: at least the larger, at most both
    assert stakes(reading) == [
        ("appointment", None, None, "2010-01-01", None),
        ("influence", None, None, "2010-01-01", None),
        ("shares", 30, 50, "2010-01-01", None),
        ("votes", 30, 30, "2010-01-01", None),
    ]
    assert reading.column("officers", "role") == ["chair", "director"]


def test_a_party_that_is_not_specified_is_an_unknown_owner_of_its_own(tmp_path):
    reason = {"reason": "subjectUnableToConfirmOrIdentifyBeneficialOwner"}
    reading = read(
        tmp_path,
        [
            *BASE,
            held("r1", "a", reason),
            held("r2", "b", reason),
            held("r3", "a", reason, interest("votingRights", {"minimum": 25})),
        ],
    )
    rows = [
        (row["owner_id"], row["owner_kind"], row["interest"]) for row in reading.rows("ownership")
    ]
    assert rows == [
        ("XI-BODS:unknown-r1", "unknown", "shares"),
        ("XI-BODS:unknown-r2", "unknown", "shares"),
        ("XI-BODS:unknown-r3", "unknown", "votes"),
    ]


HISTORIES = {
    "a later first day ends the earlier share": (
        [
            ("2015-03-01", "new", [interest(share={"exact": 60})]),
            ("2018-05-01", "updated", [interest(share={"exact": 40}, start="2018-04-01")]),
        ],
        [("shares", 60, 60, "2010-01-01", "2018-03-31"), ("shares", 40, 40, "2018-04-01", None)],
    ),
    "another share of the same first day holds from its statement": (
        [
            ("2015-03-01", "new", [interest(share={"exact": 60})]),
            ("2018-05-01", "updated", [interest(share={"exact": 40})]),
            ("2019-05-01", "updated", [interest(share={"exact": 40})]),
        ],
        [("shares", 60, 60, "2010-01-01", "2018-04-30"), ("shares", 40, 40, "2018-05-01", None)],
    ),
    "what is said again is said once": (
        [
            ("2015-03-01", "new", [interest(share={"exact": 60})]),
            ("2018-05-01", "updated", [interest(share={"exact": 60}, endDate="2017-01-01")]),
        ],
        [("shares", 60, 60, "2010-01-01", "2017-01-01")],
    ),
    "left out: it ended before the statement": (
        [
            ("2015-03-01", "new", [interest(share={"exact": 60}), interest("votingRights")]),
            ("2018-05-01", "updated", [interest(share={"exact": 60})]),
        ],
        [("shares", 60, 60, "2010-01-01", None), ("votes", None, None, "2010-01-01", "2018-04-30")],
    ),
    "a first day that is corrected": (
        [
            ("2015-03-01", "new", [interest(share={"exact": 60})]),
            ("2018-05-01", "updated", [interest(share={"exact": 60}, start="2009-01-01")]),
        ],
        [("shares", 60, 60, "2009-01-01", None)],
    ),
    "a closed record without details": (
        [("2015-03-01", "new", [interest(share={"exact": 60})]), ("2018-05-01", "closed", [])],
        [("shares", 60, 60, "2010-01-01", "2018-05-01")],
    ),
    "a closed record with details": (
        [
            ("2015-03-01", "new", [interest(share={"exact": 60})]),
            ("2018-05-01", "closed", [interest(share={"exact": 60}, endDate="2018-02-01")]),
        ],
        [("shares", 60, 60, "2010-01-01", "2018-02-01")],
    ),
    "no first day: that of the statement": (
        [("2015-03-01", "new", [interest(share={"exact": 60}, start=None)])],
        [("shares", 60, 60, "2015-03-01", None)],
    ),
}


@pytest.mark.parametrize("name", HISTORIES)
def test_history(tmp_path, name):
    said, expected = HISTORIES[name]
    statements = [
        held("r", "a", "ann", *interests, said_on=day, status=status)
        for day, status, interests in said
    ]
    reading = read(tmp_path / "a", [*BASE, *statements])
    assert stakes(reading) == expected
    turned = read(tmp_path / "b", [*statements[::-1], *BASE[::-1]])
    assert stakes(turned) == expected
    outcomes = reading.outcomes("statements")
    assert sum(outcomes.values()) == len(BASE) + len(statements)
    assert_no_day_has_two_shares(reading)


def assert_no_day_has_two_shares(reading: Reading) -> None:
    rows = [
        (row["interest"], row["valid_from"], row["valid_to"] or date.max)
        for row in reading.rows("ownership")
    ]
    for at, (kind, begins, ends) in enumerate(rows):
        for other, others_begin, others_end in rows[at + 1 :]:
            assert kind != other or ends < others_begin or others_end < begins


def test_the_latest_statement_about_an_entity_counts(tmp_path):
    renamed = firm("a", "1", name="New name") | {"statementDate": "2019-01-01"}
    closed = {
        "recordId": "b",
        "recordType": "entity",
        "recordStatus": "closed",
        "statementDate": "2019-01-01",
    }
    reading = read(tmp_path, [renamed, *BASE, closed])
    assert reading.column("companies", "name") == ["New name", "Firm b"]
    assert reading.outcomes("statements")["merged", "later_statement"] == 2


CHAIN = [
    held("c1", "b", "ann", interest(share={"exact": 100}), isComponent=True),
    held("c2", "a", "b", interest(share={"exact": 60}), isComponent=True),
]
INDIRECT = interest(
    share={"exact": 60}, directOrIndirect="indirect", beneficialOwnershipOrControl=True
)


def test_an_indirect_interest_is_not_counted_beside_its_components(tmp_path):
    whole = held("r", "a", "ann", INDIRECT, componentRecords=["c1", "c2", "b"])
    reading = read(tmp_path / "a", [*BASE, *CHAIN, whole])
    ends = [(row["owner_id"], row["company_id"]) for row in reading.rows("ownership")]
    assert ends == [(PERSON, "XX-REG:00000002"), ("XX-REG:00000002", "XX-REG:00000001")]
    assert reading.outcomes("statements")["filtered", "components"] == 1
    # without one of the components it is all that is known
    partly = read(tmp_path / "b", [*BASE, CHAIN[0], whole])
    assert len(partly.rows("ownership")) == 2
    assert (PERSON, "XX-REG:00000001") in [
        (row["owner_id"], row["company_id"]) for row in partly.rows("ownership")
    ]


def test_a_circle_and_an_owner_of_itself_are_kept(tmp_path):
    reading = read(
        tmp_path,
        [
            *BASE,
            held("r1", "a", "b", interest(share={"exact": 100})),
            held("r2", "b", "a", interest(share={"exact": 100})),
            held("r3", "a", "a", interest(share={"exact": 5})),
        ],
    )
    assert len(reading.rows("ownership")) == 3


BAD: list[tuple[Any, str]] = [
    ({"recordId": "x", "recordType": "ship", "recordDetails": {}}, "no_statement"),
    ({"recordType": "entity", "recordDetails": {}}, "no_statement"),
    ({"recordId": "x", "recordType": "entity", "recordDetails": []}, "no_statement"),
    ({"statementID": "old", "statementType": "entityStatement"}, "no_statement"),
    ([], "no_object"),
    (held("r1", "a", "ann", interest(share={"exact": 150})), "share"),
    (held("r2", "a", "ann", interest(share={"minimum": 75, "maximum": 25})), "share"),
    (held("r3", "a", "ann", interest(share={"exact": "half"})), "share"),
    (held("r4", "a", "ann", interest("ownershipOfCastles")), "interest_type"),
    (held("r5", "a", "ann", interest(start="2019-01-01", endDate="2018-01-01")), "reversed_dates"),
    (held("r6", "a", "nobody", interest()), "missing_key"),
    (held("r7", {"reason": "unknown"}, "ann", interest()), "missing_key"),
    (held("r8", "a", "ann", interest(start="soon")), "date"),
    (held("r9", "a", "ann", interest(start=None), said_on=None), "missing_key"),
]


def test_what_cannot_be_read_is_rejected_by_rule(tmp_path):
    reading = read(tmp_path, [*BASE, *(item for item, _ in BAD)])
    found = [(row["line"], row["rule"]) for row in reading.rows("rejected")]
    assert found == [(at, rule) for at, (_, rule) in enumerate(BAD, start=len(BASE) + 1)]
    assert sum(reading.outcomes("statements").values()) == len(BASE) + len(BAD)


def test_an_array_and_compressed_lines_are_the_same(tmp_path):
    statements = [*BASE, *CHAIN]
    first = read(tmp_path / "a", statements)
    array = json.dumps(statements, indent=1).encode()
    second = read_study(tmp_path / "b", {"bods.json": array}, source())
    third = read_study(tmp_path / "c", {"bods.json": gzip.compress(array)}, source())
    for name in ("ownership", "companies", "persons"):
        assert first.rows(name) == second.rows(name) == third.rows(name)
    lines = "".join(json.dumps(item) + "\n" for item in statements * 50).encode()
    with pytest.raises(SourceError, match="cut short"):
        read_study(tmp_path / "d", {"bods.json": gzip.compress(lines)[:-200]}, source())


def test_names_in_any_script_and_no_name_at_all(tmp_path):
    names = ["ООО Выдумка", "Φανταστική ΑΕ", "شركة خيالية", "", None]
    reading = read(
        tmp_path, [firm(f"n{at}", str(at + 1), name=name) for at, name in enumerate(names)]
    )
    assert reading.column("companies", "name") == [*names[:3], None, None]


def test_a_country_that_is_not_known_is_missing(tmp_path):
    places = [{"code": "ZZ"}, {"code": "GB-SCT"}, {"name": "Russian Federation"}, {}, "GB"]
    reading = read(
        tmp_path,
        [firm(f"n{at}", str(at + 1), jurisdiction=place) for at, place in enumerate(places)],
    )
    assert reading.column("companies", "country") == [None, "GB", "RU", None, None]


def test_the_public_fixtures(tmp_path):
    fixtures = pytest.importorskip(
        "bods_fixtures", reason="the package bods-v04-fixtures is absent"
    )
    expected = {
        "core/01-direct-ownership": [("GB-COH:10000001", "natural_person", 0.75)] * 2,
        "edge-cases/10-circular-ownership": None,
        "edge-cases/11-anonymous-person": [("PA-PUB:PA-1000011", "unknown", None)],
    }
    for name in fixtures.list_cases():
        statements = fixtures.load(name).statements
        text = json.dumps(statements)
        reading = read_study(tmp_path / name, {"bods.json": text}, source(), as_of=None)
        assert reading.rows("rejected") == []
        rows = [
            (row["company_id"], row["owner_kind"], row["share_low"])
            for row in reading.rows("ownership")
        ]
        if expected.get(name) is not None:
            assert rows == expected[name]
        if "circular" in name:
            assert {kind for _, kind, _ in rows} == {"company"} and len(rows) == 2
