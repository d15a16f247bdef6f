"""Basic Company Data in the published header: companies, former names, classes, accounts."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from infiltrate.sources import check_sources
from tests.sources.reading import Reading, make_source, make_study, read_study, write_files
from tests.sources.registers import COMPANY_COLUMNS, write_rows

FIRST = {
    "CompanyName": "INVENTED SOFTWARE LTD",
    "CompanyNumber": "99000001",
    "RegAddress.AddressLine1": "1 NOWHERE STREET",
    "RegAddress.PostTown": "NOTOWN",
    "RegAddress.PostCode": "ZZ1 1ZZ",
    "CompanyCategory": "Private Limited Company",
    "CompanyStatus": "Active",
    "CountryOfOrigin": "United Kingdom",
    "IncorporationDate": "05/06/2012",
    "Accounts.NextDueDate": "30/09/2020",
    "Accounts.LastMadeUpDate": "31/12/2018",
    "Accounts.AccountCategory": "TOTAL EXEMPTION FULL",
    "SICCode.SicText_1": "62012 - Business and domestic software development",
    "PreviousName_1.CONDATE": "01/02/2016",
    "PreviousName_1.CompanyName": "SECOND NAME LTD",
    "PreviousName_2.CONDATE": "01/02/2014",
    "PreviousName_2.CompanyName": "FIRST NAME LTD",
}
ROWS = [
    FIRST,
    {
        **FIRST,
        "CompanyNumber": "SC990002",
        "Accounts.AccountCategory": "DORMANT",
        "SICCode.SicText_1": "99999 - Dormant Company",
        "PreviousName_1.CONDATE": "",
        "PreviousName_1.CompanyName": "",
        "PreviousName_2.CONDATE": "",
        "PreviousName_2.CompanyName": "",
    },
    {
        "CompanyName": "ВЫДУМКА LTD",
        "CompanyNumber": "NI990003",
        "CompanyStatus": "Liquidation",
        "SICCode.SicText_1": "None Supplied",
        "CountryOfOrigin": "CYPRUS",
    },
    {
        "CompanyName": "",
        "CompanyNumber": "OC990004",
        "CompanyStatus": "Something new",
        "SICCode.SicText_1": "7499 - Non-trading company",
        "CountryOfOrigin": "Erewhon",
        "IncorporationDate": "31/02/2012",
    },
    {**FIRST, "CompanyNumber": "12345678901"},
    {**FIRST, "CompanyNumber": ""},
    {
        **FIRST,
        "CompanyNumber": "0",
        "PreviousName_1.CONDATE": "99/99/2016",
        "CompanyStatus": "Active - Proposal to Strike off",
    },
]


def source(**changes: Any) -> dict[str, Any]:
    made = make_source(
        id="register",
        path="companies*.csv",
        reader="companies_house",
        **{"retrieved_on": date(2020, 6, 1), **changes},
    )
    del made["tables"]
    return made


@pytest.fixture(scope="module")
def register(tmp_path_factory) -> Reading:
    files = {"companies.csv": write_rows(COMPANY_COLUMNS, ROWS)}
    return read_study(tmp_path_factory.mktemp("ch"), files, source())


def test_the_published_header_has_its_blanks():
    assert " CompanyNumber" in COMPANY_COLUMNS and " PreviousName_1.CompanyName" in COMPANY_COLUMNS
    assert len(COMPANY_COLUMNS) == 55


def test_companies(register):
    rows = {row["company_id"]: row for row in register.rows("companies")}
    first = rows["GB-COH:99000001"]
    assert first["name"] == "INVENTED SOFTWARE LTD"
    assert first["incorporated_on"] == date(2012, 6, 5)
    assert first["address"] == "1 NOWHERE STREET, NOTOWN, ZZ1 1ZZ"
    assert (first["status"], first["status_national"]) == ("active", "Active")
    assert (first["country"], first["sector_id"]) == ("GB", "NACE2:6201")
    assert (first["in_registry"], first["observed_on"]) == (True, date(2020, 6, 1))
    dormant = rows["GB-COH:SC990002"]
    assert (dormant["status"], dormant["sector_id"]) == ("dormant", None)
    assert [
        rows[f"GB-COH:{number}"]["status"] for number in ("NI990003", "OC990004", "00000000")
    ] == ["liquidation", "unknown", "active"]
    assert rows["GB-COH:NI990003"]["country"] == "CY"
    odd = rows["GB-COH:OC990004"]
    assert (odd["name"], odd["country"], odd["incorporated_on"]) == (None, None, None)


def test_former_names_are_changes_each_to_the_next(register):
    changes = [
        (row["company_id"], row["happened_on"], row["before"], row["after"])
        for row in register.rows("company_events")
    ]
    assert changes == [
        ("GB-COH:00000000", date(2014, 2, 1), "FIRST NAME LTD", "SECOND NAME LTD"),
        ("GB-COH:99000001", date(2014, 2, 1), "FIRST NAME LTD", "SECOND NAME LTD"),
        ("GB-COH:99000001", date(2016, 2, 1), "SECOND NAME LTD", "INVENTED SOFTWARE LTD"),
    ]


def test_last_accounts_are_known_to_be_made_up_and_no_more(register):
    (first, *_) = register.rows("accounts")
    assert (first["year_end_on"], first["currency"]) == (date(2018, 12, 31), "GBP")
    assert first["filed_on"] is None and first["revenue"] is None


def test_classes(register):
    assert [(row["sector_id"], row["section"]) for row in register.rows("sectors")] == [
        ("NACE2:6201", "J")
    ]


def test_every_row_is_accounted_for(register):
    assert sum(register.outcomes("register").values()) == len(ROWS)
    assert sum(register.outcomes("companies/register").values()) == len(ROWS)
    rejected = {(row["line"], row["table"], row["rule"]) for row in register.rows("rejected")}
    assert {
        (6, "companies/register", "identifier"),
        (7, "companies/register", "missing_key"),
        (8, "company_events/names", "date"),
    } <= rejected


def test_the_day_of_the_snapshot_may_be_unknown(tmp_path):
    files = {"companies.csv": write_rows(COMPANY_COLUMNS, ROWS[:1])}
    made = source()
    del made["retrieved_on"]
    assert read_study(tmp_path, files, made).column("companies", "observed_on") == [None]


def test_another_file_is_told(tmp_path):
    data = write_files(tmp_path, {"companies.csv": "a,b\n1,2\n"})
    problems = [str(problem) for problem in check_sources(make_study(source()), data)]
    assert any("CompanyNumber" in problem for problem in problems)
