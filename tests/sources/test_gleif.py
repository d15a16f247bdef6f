"""The Golden Copy: entities by their register's number or their LEI, and who consolidates whom."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.sources.reading import Reading, make_source, read_study
from tests.sources.registers import ENTITY_COLUMNS, RELATIONSHIP_COLUMNS, make_lei, write_rows

A, B, C, D, E = (make_lei(number) for number in range(5))
WRONG = A[:-1] + str((int(A[-1]) + 1) % 10)


def entity(lei: str, authority: str = "", number: str = "", **changes: str) -> dict[str, str]:
    return {
        "LEI": lei,
        "Entity.LegalName": "Invented AG",
        "Entity.LegalAddress.FirstAddressLine": "1 Nowhere",
        "Entity.LegalAddress.City": "Notown",
        "Entity.LegalAddress.Country": "GB",
        "Entity.RegistrationAuthority.RegistrationAuthorityID": authority,
        "Entity.RegistrationAuthority.RegistrationAuthorityEntityID": number,
        "Entity.LegalJurisdiction": "GB",
        "Entity.EntityCategory": "GENERAL",
        "Entity.EntityStatus": "ACTIVE",
        "Entity.EntityCreationDate": "2001-02-03T00:00:00.000Z",
        "Registration.RegistrationStatus": "ISSUED",
        **changes,
    }


def consolidated(child: str, parent: str, kind: str = "DIRECTLY", **changes: str) -> dict[str, str]:
    return {
        "Relationship.StartNode.NodeID": child,
        "Relationship.StartNode.NodeIDType": "LEI",
        "Relationship.EndNode.NodeID": parent,
        "Relationship.EndNode.NodeIDType": "LEI",
        "Relationship.RelationshipType": f"IS_{kind}_CONSOLIDATED_BY",
        "Relationship.RelationshipStatus": "ACTIVE",
        "Relationship.Period.1.startDate": "2017-01-01T00:00:00.000Z",
        "Relationship.Period.1.endDate": "2017-12-31T00:00:00.000Z",
        "Relationship.Period.1.periodType": "ACCOUNTING_PERIOD",
        "Relationship.Period.2.startDate": "2014-05-06T00:00:00.000Z",
        "Relationship.Period.2.periodType": "RELATIONSHIP_PERIOD",
        "Relationship.Quantifiers.1.QuantifierAmount": "100.00",
        "Registration.InitialRegistrationDate": "2018-01-01T00:00:00.000Z",
        "Registration.LastUpdateDate": "2019-01-01T00:00:00.000Z",
        "Registration.RegistrationStatus": "PUBLISHED",
        **changes,
    }


ENTITIES = [
    entity(A, "RA000585", "0"),
    entity(B, "RA000585", "not a number"),
    entity(C, "RA999999", "77", **{"Entity.LegalJurisdiction": "US-DE"}),
    entity(
        D,
        **{
            "Entity.EntityCategory": "SOLE_PROPRIETOR",
            "Entity.LegalName": "A. Invented",
            "Entity.LegalJurisdiction": "ZZ",
        },
    ),
    entity(E, **{"Registration.RegistrationStatus": "DUPLICATE"}),
    entity(WRONG, "RA000585", "99000009"),
]
RELATIONSHIPS = [
    consolidated(A, B),
    consolidated(A, C, "ULTIMATELY"),
    consolidated(B, C, "ULTIMATELY", **{"Relationship.RelationshipStatus": "INACTIVE"}),
    consolidated(D, A, **{"Relationship.Period.2.periodType": ""}),
    consolidated(C, WRONG),
    {**consolidated(A, C), "Relationship.RelationshipType": "IS_FUND-MANAGED_BY"},
]


def source(**settings: Any) -> dict[str, Any]:
    made = make_source(id="lei", path="gleif/*.csv", reader="gleif", gleif=settings)
    del made["tables"]
    return made


def files(entities: Any = ENTITIES, related: Any = RELATIONSHIPS) -> dict[str, str]:
    return {
        "gleif/lei2.csv": write_rows(ENTITY_COLUMNS, entities),
        "gleif/rr.csv": write_rows(RELATIONSHIP_COLUMNS, related),
    }


@pytest.fixture(scope="module")
def golden(tmp_path_factory) -> Reading:
    return read_study(tmp_path_factory.mktemp("gleif"), files(), source())


def test_entities_are_named_by_the_number_of_a_known_register(golden):
    rows = {row["company_id"]: row for row in golden.rows("companies")}
    assert sorted(rows) == sorted(["GB-COH:00000000", f"XI-LEI:{B}", f"XI-LEI:{C}", f"XI-LEI:{D}"])
    assert rows["GB-COH:00000000"]["incorporated_on"] == date(2001, 2, 3)
    assert rows["GB-COH:00000000"]["address"] == "1 Nowhere, Notown, GB"
    assert rows[f"XI-LEI:{C}"]["country"] == "US"
    trader = rows[f"XI-LEI:{D}"]
    assert (trader["name"], trader["address"], trader["country"]) == (None, None, None)
    assert golden.column("company_identifiers", "other_id") == [f"XI-LEI:{A}"]


def test_a_wrong_check_digit_is_rejected_even_beside_a_good_number(golden):
    rejected = {(row["file"], row["line"], row["rule"]) for row in golden.rows("rejected")}
    assert rejected == {("gleif/lei2.csv", 7, "identifier"), ("gleif/rr.csv", 6, "identifier")}


def test_consolidation_is_control_without_a_share_and_never_twice(golden):
    rows = [
        (row["owner_id"], row["company_id"], row["valid_from"], row["valid_to"])
        for row in golden.rows("ownership")
    ]
    assert rows == [
        ("GB-COH:00000000", f"XI-LEI:{D}", date(2018, 1, 1), None),
        (f"XI-LEI:{B}", "GB-COH:00000000", date(2014, 5, 6), None),
        # no direct parent is known, and the relationship has ended
        (f"XI-LEI:{C}", f"XI-LEI:{B}", date(2014, 5, 6), date(2019, 1, 1)),
    ]
    assert {row["interest"] for row in golden.rows("ownership")} == {"influence"}
    assert golden.column("ownership", "share_low") == [None] * 3
    assert golden.outcomes("ownership")["filtered", "where:COUNTED"] == 1


def test_authorities_can_be_added_and_levels_come_alone(tmp_path):
    added = source(authorities={"RA999999": "XX-REG"})
    both = read_study(tmp_path / "a", files(), added)
    assert "XX-REG:00000077" in both.column("companies", "company_id")
    one = read_study(
        tmp_path / "b", {"gleif/a.csv": write_rows(ENTITY_COLUMNS, ENTITIES)}, source()
    )
    assert one.report.tables["companies"] == 4
    two = read_study(
        tmp_path / "c", {"gleif/r.csv": write_rows(RELATIONSHIP_COLUMNS, RELATIONSHIPS)}, source()
    )
    assert two.column("ownership", "owner_id")[0].startswith("XI-LEI:")


def test_every_row_is_accounted_for(golden):
    assert sum(golden.outcomes("entities").values()) == len(ENTITIES)
    assert sum(golden.outcomes("relationships").values()) == len(RELATIONSHIPS)
    assert sum(golden.outcomes("ownership").values()) == len(RELATIONSHIPS)
