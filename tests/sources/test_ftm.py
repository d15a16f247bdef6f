"""Entities of FollowTheMoney: every kind of entity, and what is wrong with some."""

from __future__ import annotations

import gzip
import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from infiltrate.sources import check_sources
from infiltrate.tables.identifiers import pseudonymise
from tests.sources.reading import KEY, Reading, make_source, make_study, read_study, write_files

DIRECTOR = pseudonymise("XI-PERSON", "person-1", KEY)


def entity(entity_id: str, schema: str, **properties: Any) -> dict[str, Any]:
    lists = {
        name: value if isinstance(value, list) else [value] for name, value in properties.items()
    }
    return {"id": entity_id, "schema": schema, "properties": lists, "datasets": ["xx_debarred"]}


ENTITIES = [
    entity(
        "firm-1",
        "Company",
        name=["Winner Ltd", "Winner Limited"],
        registrationNumber=["not one", "12345678"],
        incorporationDate="2012",
        dissolutionDate="2019-02",
    ),
    entity("firm-2", "Company", name="Owner Ltd"),
    entity("office", "PublicBody", name="Invented office", registrationNumber="0001"),
    entity("trader", "LegalEntity", name="A. Person, trading"),
    entity(
        "person-1",
        "Person",
        name="Somebody Invented",
        idNumber="000000",
        birthDate="1970-02-03",
        country="de",
    ),
    entity(
        "role",
        "Directorship",
        director="person-1",
        organization=["firm-1", "firm-2"],
        role="Chairman",
        startDate="2015-04",
        endDate="2016",
    ),
    entity("undated", "Directorship", director="person-1", organization="firm-1"),
    entity(
        "stake", "Ownership", owner="firm-2", asset="firm-1", percentage="62.5", startDate="2014"
    ),
    entity(
        "contract",
        "Contract",
        title="Chairs",
        authority="office",
        amount="1000.50",
        currency="XXX",
        contractDate="2018-03-02",
    ),
    entity(
        "award",
        "ContractAward",
        supplier="firm-1",
        contract="contract",
        amount="900.25",
        currency="XXX",
    ),
    entity("to-person", "ContractAward", supplier="person-1", contract="contract"),
    entity("ban", "Sanction", entity="firm-1", startDate="2019-05", endDate="2019", reason="Fraud"),
    entity("ban-2", "Sanction", entity="person-1", startDate="2019-05"),
    entity("plane", "Airplane", name="Left out"),
]


def lines(*entities: dict[str, Any]) -> str:
    return "".join(json.dumps(item) + "\n" for item in entities)


def source(**settings: Any) -> dict[str, Any]:
    known = {"identifiers": {"registrationNumber": "XX-REG"}, "lists": {"xx_debarred": "debarment"}}
    changed = make_source(id="ftm", path="entities.json", reader="ftm", ftm={**known, **settings})
    del changed["tables"]
    return changed


@pytest.fixture(scope="module")
def money(tmp_path_factory) -> Reading:
    folder = tmp_path_factory.mktemp("ftm")
    return read_study(folder, {"entities.json": lines(*ENTITIES)}, source())


def test_organisations_become_companies_and_persons_do_not(money):
    rows = {row["company_id"]: row for row in money.rows("companies")}
    first = rows["XX-REG:12345678"]
    assert (first["kind"], first["name"]) == ("company", "Winner Ltd")
    assert (first["incorporated_on"], first["dissolved_on"]) == (
        date(2012, 1, 1),
        date(2019, 2, 28),
    )
    assert rows["XI-FTM:firm-2"]["name"] == "Owner Ltd"
    assert (rows["XI-FTM:trader"]["kind"], rows["XI-FTM:trader"]["name"]) == ("unknown", None)
    assert (rows[DIRECTOR]["kind"], rows[DIRECTOR]["name"]) == ("natural_person", None)
    assert len(rows) == 5
    assert money.column("buyers", "buyer_id") == ["XX-REG:00000001"]


def test_persons_have_a_year_of_birth_and_organisations_further_numbers(money, tmp_path):
    (person,) = money.rows("persons")
    assert (person["person_id"], person["birth_year"], person["country"]) == (DIRECTOR, 1970, "DE")
    several = entity(
        "firm",
        "Company",
        registrationNumber=["12345678", "1234567"],
        leiCode="0004",
        jurisdiction="gb",
    )
    numbered = {"registrationNumber": "XX-REG", "leiCode": "XX-GOV"}
    read = read_study(tmp_path, {"entities.json": lines(several)}, source(identifiers=numbered))
    assert read.column("companies", "company_id") == ["XX-REG:12345678"]
    assert read.column("companies", "country") == ["GB"]
    assert read.column("company_identifiers", "other_id") == ["XX-GOV:0004", "XX-REG:01234567"]


def test_roles_and_interests_join_entities_by_their_ids(money):
    rows = [(row["company_id"], row["officer_id"]) for row in money.rows("officers")]
    assert rows == [("XI-FTM:firm-2", DIRECTOR), ("XX-REG:12345678", DIRECTOR)]
    role = money.rows("officers")[1]
    assert (role["role"], role["valid_from"], role["valid_to"]) == (
        "chair",
        date(2015, 4, 1),
        date(2016, 12, 31),
    )
    (stake,) = money.rows("ownership")
    assert (stake["owner_id"], stake["owner_kind"]) == ("XI-FTM:firm-2", "company")
    assert (stake["share_low"], stake["share_high"]) == (0.625, 0.625)


HOLDINGS = [
    ("a", "25-50", "votes", ("votes", 0.25, 0.5)),
    ("b", "> 75 %", "Voting Rights", ("votes", 0.75, 1.0)),
    ("c", "10", None, ("shares", 0.1, 0.1)),
    ("d", "50-25", "Joint ownership", ("shares", None, None)),
    ("e", None, "significant influence or control", ("influence", None, None)),
]


def test_holdings_are_of_shares_unless_they_are_said_to_be_of_something_else(tmp_path):
    text = lines(
        entity("firm-1", "Company", registrationNumber="12345678"),
        *(entity(name, "LegalEntity", legalForm="Trust") for name, *_ in HOLDINGS[:-1]),
        entity("e", "LegalEntity", legalForm="club"),
        *(
            entity(
                f"stake-{name}",
                "Ownership",
                owner=name,
                asset="firm-1",
                startDate="2014",
                percentage=percentage or [],
                ownershipType=kind or [],
            )
            for name, percentage, kind, _ in HOLDINGS
        ),
    )
    money = read_study(tmp_path, {"entities.json": text}, source())
    found = {
        row["owner_id"]: (row["interest"], row["share_low"], row["share_high"])
        for row in money.rows("ownership")
    }
    assert found == {f"XI-FTM:{name}": expected for name, _, _, expected in HOLDINGS}
    assert money.column("ownership", "owner_kind") == ["trust"] * 4 + ["unknown"]
    assert set(money.column("companies", "kind")) == {"company", "unknown"}


def test_a_role_without_a_day_is_rejected_unless_the_analyst_gives_one(money, tmp_path):
    assert (7, "missing_key", "valid_from") in money.rejections()
    dated = read_study(
        tmp_path, {"entities.json": lines(*ENTITIES)}, source(undated=date(1900, 1, 1))
    )
    assert date(1900, 1, 1) in dated.column("officers", "valid_from")


def test_awards_become_contracts_with_their_own_amount(money):
    rows = {row["supplier_id"]: row for row in money.rows("contracts")}
    assert rows["XX-REG:12345678"]["value"] == Decimal("900.25")
    assert rows["XX-REG:12345678"]["buyer_id"] == "XX-REG:00000001"
    assert rows["XX-REG:12345678"]["signed_on"] == date(2018, 3, 2)
    assert rows[DIRECTOR]["value"] is None
    assert money.column("tenders", "title") == ["Chairs"]


def test_only_organisations_are_listed(money):
    (entry,) = money.rows("list_entries")
    assert (entry["list_id"], entry["company_id"]) == ("debarment", "XX-REG:12345678")
    assert (entry["listed_on"], entry["removed_on"]) == (date(2019, 5, 1), date(2019, 12, 31))


def test_every_line_is_accounted_for(money):
    assert money.report.raw_rows == len(ENTITIES)
    assert money.outcomes("entities") == {("loaded", ""): 13, ("filtered", "schema:Airplane"): 1}


def test_no_table_holds_a_person_in_clear(money):
    for name in money.report.tables:
        text = str(money.rows(name))
        assert "Somebody" not in text and "person-1" not in text and "A. Person" not in text


BAD = [
    ('{"id": "x", "schema": "Comp', "json"),
    ("[1, 2]", "no_entity"),
    ('{"schema": "Company", "properties": {}}', "no_entity"),
    ('{"id": "x", "properties": {}}', "no_entity"),
    ('{"id": "x", "schema": "Company"}', "no_entity"),
    ('{"id": "x", "schema": "Company", "properties": {"name": "text"}}', "no_entity"),
    ('{"id": "x", "schema": "Company", "properties": {"name": [{}]}}', "no_entity"),
]


def test_bad_lines_are_rejected_with_their_number_and_the_rest_is_read(tmp_path):
    good = lines(ENTITIES[0]).encode()
    text = good + b"\n" + "\n".join(line for line, _ in BAD).encode() + b'\n{"id": "\xff"}\n'
    money = read_study(tmp_path, {"entities.json": text}, source())
    found = [(row["line"], row["rule"]) for row in money.rows("rejected")]
    assert found == [*((at, rule) for at, (_, rule) in enumerate(BAD, start=3)), (10, "encoding")]
    assert money.report.tables["companies"] == 1
    assert money.report.raw_rows == 1 + len(BAD) + 1


UNUSABLE = [
    (entity("c1", "Contract", authority="office", amount="12 apples"), None, None),
    (entity("a1", "ContractAward", supplier="firm-1", contract="c1", amount="-5"),
     "negative_amount", "value"),
    (entity("a2", "ContractAward", supplier="firm-1", contract="c1", amount="12 apples"),
     "number", "value"),
    (entity("a3", "ContractAward", supplier="nobody", contract="c1"), "missing_key", "supplier_id"),
    (entity("a4", "ContractAward", contract="c1"), "missing_key", "supplier_id"),
    (entity("r1", "Directorship", director="nobody", organization="firm-1", startDate="2015"),
     "missing_key", "officer_id"),
    (entity("r2", "Directorship", director="person-1", organization="firm-1", startDate="soon"),
     "date", "valid_from"),
    (entity("r3", "Directorship", director="person-1", organization="firm-1",
            startDate="2015-13"), "date", "valid_from"),
]  # fmt: skip


def test_what_is_wrong_with_an_entity_is_said_with_its_line(tmp_path):
    text = lines(*ENTITIES[:5], *(changed for changed, _, _ in UNUSABLE))
    money = read_study(tmp_path, {"entities.json": text}, source())
    found = {
        (row["line"], row["rule"], row["column"])
        for row in money.rows("rejected")
        if not row["table"].startswith("bids")
    }
    expected = [(line, rule, column) for line, (_, rule, column) in enumerate(UNUSABLE, start=6)]
    assert found == {reason for reason in expected if reason[1]}


def test_repeated_entities_are_one_company(tmp_path):
    again = {**ENTITIES[0], "id": "firm-1b"}
    money = read_study(tmp_path, {"entities.json": lines(ENTITIES[0], again)}, source())
    assert money.report.tables["companies"] == 1


def test_compressed_files_are_read(tmp_path):
    packed = gzip.compress(lines(*ENTITIES).encode())
    changed = {**source(), "path": "entities.json.gz"}
    assert read_study(tmp_path, {"entities.json.gz": packed}, changed).report.raw_rows == 14


def test_a_file_that_is_no_json_is_named_before_anything_is_read(tmp_path: Path):
    data = write_files(tmp_path, {"entities.json": "id,schema\n1,Company\n"})
    (problem,) = check_sources(make_study(source()), data)
    assert "entities.json does not start like JSON" in str(problem)
