"""Persons with significant control: every kind of entry, bands, and what is wrong with some."""

from __future__ import annotations

import gzip
import json
from datetime import date
from typing import Any

import pytest

from infiltrate.errors import SourceError
from infiltrate.sources import check_sources
from infiltrate.sources.psc_natures import read_natures
from infiltrate.sources.shares import Share
from infiltrate.tables.identifiers import pseudonymise
from tests.sources.reading import KEY, Reading, make_source, make_study, read_study, write_files

PERSON = pseudonymise("XI-PERSON", "ada mary invented|1970-2", KEY)


def entry(number: str | None, kind: str, link: str, **data: Any) -> dict[str, Any]:
    path = f"/company/{number}/persons-with-significant-control/{kind}/{link}"
    whole = {"etag": "e" * 8, "kind": kind, "links": {"self": path}, **data}
    return {"company_number": number, "data": whole} if number else {"data": whole}


def individual(number: str, link: str, natures: list[str], **data: Any) -> dict[str, Any]:
    named = {
        "name": "Ms Ada Mary Invented",
        "name_elements": {
            "title": "Ms",
            "forename": "Ada",
            "middle_name": "Mary",
            "surname": "INVENTED",
        },
        "date_of_birth": {"month": 2, "year": 1970},
        "country_of_residence": "Wales",
        "nationality": "British",
        "natures_of_control": natures,
        "notified_on": "2016-04-06",
        **data,
    }
    return entry(number, "individual-person-with-significant-control", link, **named)


def corporate(number: str, link: str, natures: list[str], **identification: str) -> dict[str, Any]:
    return entry(
        number,
        "corporate-entity-person-with-significant-control",
        link,
        name="Invented Holdings",
        identification=identification,
        natures_of_control=natures,
        notified_on="2018-01-02",
    )


ENTRIES = [
    individual(
        "99000001",
        "a1",
        ["ownership-of-shares-25-to-50-percent", "voting-rights-75-to-100-percent"],
        ceased_on="2019-05-01",
    ),
    individual(
        "SC990002",
        "a2",
        [
            "ownership-of-shares-25-to-50-percent",
            "ownership-of-shares-50-to-75-percent-as-trust",
            "right-to-appoint-and-remove-directors",
        ],
        name_elements={
            "title": "Dr",
            "forename": "Áda",
            "middle_name": "Mary",
            "surname": "Invented",
        },
    ),
    corporate(
        "99000001",
        "b1",
        ["ownership-of-shares-50-to-75-percent"],
        registration_number="99000003",
        country_registered="England & Wales",
        place_registered="Companies House",
        legal_form="Limited",
    ),
    corporate(
        "99000003",
        "b2",
        ["significant-influence-or-control"],
        registration_number="HE 12-3",
        country_registered="Republic of Cyprus",
    ),
    corporate(
        "99000001",
        "b3",
        ["voting-rights-25-to-50-percent"],
        registration_number="he123",
        country_registered="CYPRUS",
    ),
    corporate(
        "OC990004",
        "b4",
        ["right-to-share-surplus-assets-75-to-100-percent-limited-liability-partnership"],
        country_registered="Scotland",
        registration_number="none",
    ),
    entry(
        "99000005",
        "super-secure-person-with-significant-control",
        "c1",
        description="super-secure-persons-with-significant-control",
    ),
    entry(
        "99000005",
        "persons-with-significant-control-statement",
        "c2",
        statement="psc-exists-but-not-identified",
        notified_on="2017-03-04",
    ),
    entry(
        "99000006",
        "exemptions",
        "exemptions",
        exemptions={
            "psc_exempt_as_trading_on_regulated_market": {
                "exemption_type": "psc-exempt-as-trading-on-regulated-market",
                "items": [{"exempt_from": "2017-06-07"}],
            }
        },
    ),
    entry(
        "99000001",
        "legal-person-person-with-significant-control",
        "d1",
        name="Invented Council",
        identification={"legal_authority": "Local law", "legal_form": "Council"},
        natures_of_control=["right-to-appoint-and-remove-directors"],
        notified_on="2016-04-06",
    ),
    corporate(
        "OE990007",
        "e1",
        ["ownership-of-shares-more-than-25-percent-registered-overseas-entity"],
        country_registered="Nowhereland",
        registration_number="7",
    ),
    entry(None, "totals#persons-of-significant-control-snapshot", "", statements_count=1),
]


def lines(*entries: dict[str, Any]) -> bytes:
    return b"".join(json.dumps(item).encode() + b"\n" for item in entries)


def source(**changes: Any) -> dict[str, Any]:
    made = make_source(id="psc", path="psc.txt", reader="psc", **changes)
    del made["tables"]
    return made


@pytest.fixture(scope="module")
def register(tmp_path_factory) -> Reading:
    return read_study(tmp_path_factory.mktemp("psc"), {"psc.txt": lines(*ENTRIES)}, source())


def test_bands_become_ranges_and_the_same_right_twice_one_interest(register):
    held = {
        (row["company_id"], row["interest"]): (row["share_low"], row["share_high"])
        for row in register.rows("ownership")
        if row["owner_id"] == PERSON
    }
    assert held == {
        ("GB-COH:99000001", "shares"): (0.25, 0.5),
        ("GB-COH:99000001", "votes"): (0.75, 1.0),
        # in person a quarter to a half, as a trustee a half to three quarters
        ("GB-COH:SC990002", "shares"): (0.5, 1.0),
        ("GB-COH:SC990002", "appointment"): (None, None),
    }


@pytest.mark.parametrize(
    ("nature", "expected"),
    [
        ("voting-rights-25-to-50-percent-as-firm", {"votes": Share(0.25, 0.5)}),
        (
            "right-to-share-surplus-assets-50-to-75-percent-as-trust-limited-liability-partnership",
            {"shares": Share(0.5, 0.75)},
        ),
        (
            "right-to-appoint-and-remove-members-limited-liability-partnership",
            {"appointment": Share()},
        ),
        ("significant-influence-or-control-as-firm", {"influence": Share()}),
        (
            "voting-rights-more-than-25-percent-as-trust-registered-overseas-entity",
            {"votes": Share(0.25, 1.0)},
        ),
        ("ownership-of-shares-75-to-25-percent", "ownership-of-shares-75-to-25-percent"),
        ("ownership-of-shares-75-to-125-percent", "ownership-of-shares-75-to-125-percent"),
        ("ownership-of-shares", "ownership-of-shares"),
        ("ownership-of-castles", "ownership-of-castles"),
    ],
)
def test_natures_of_control(nature, expected):
    assert read_natures([nature]) == expected


def test_a_person_is_a_pseudonym_with_the_year_of_birth_and_no_name(register):
    (person,) = register.rows("persons")
    assert (person["person_id"], person["birth_year"], person["country"]) == (PERSON, 1970, "GB")
    for name in ("ownership", "companies", "persons", "rejected"):
        assert "nvented|" not in str(register.rows(name))
        assert "Ada" not in str(register.rows(name))


def test_periods_and_owners_of_companies(register):
    rows = {(row["owner_id"], row["company_id"]): row for row in register.rows("ownership")}
    assert rows[PERSON, "GB-COH:99000001"]["valid_to"] == date(2019, 5, 1)
    held = rows["GB-COH:99000003", "GB-COH:99000001"]
    assert (held["owner_kind"], held["owner_country"], held["is_beneficial"]) == (
        "company",
        "GB",
        False,
    )
    # one number of one register abroad, written in two ways
    assert ("XI-PSC:CY-HE123", "GB-COH:99000003") in rows
    assert ("XI-PSC:CY-HE123", "GB-COH:99000001") in rows
    assert rows["XI-PSC:OC990004-b4", "GB-COH:OC990004"]["share_low"] == 0.75
    assert rows["XI-PSC:OE990007-e1", "GB-COH:OE990007"]["owner_country"] is None
    names = {row["company_id"]: row["name"] for row in register.rows("companies")}
    assert names["GB-COH:99000003"] == "Invented Holdings"


def test_nobody_known_is_an_unknown_owner_of_that_company_alone(register):
    unknown = [row for row in register.rows("ownership") if row["owner_kind"] == "unknown"]
    assert [(row["company_id"], row["valid_from"], row["share_low"]) for row in unknown] == [
        ("GB-COH:99000005", date(2016, 4, 6), None),
        ("GB-COH:99000005", date(2017, 3, 4), None),
        ("GB-COH:99000006", date(2017, 6, 7), None),
    ]
    assert len({row["owner_id"] for row in unknown}) == 3


def test_every_line_is_accounted_for_and_oddities_are_told(register):
    assert register.outcomes("entries") == {
        ("loaded", ""): len(ENTRIES) - 1,
        ("filtered", "kind:totals"): 1,
    }
    told = " ".join(register.report.warnings)
    assert "1 owners with a country that is not known" in told
    assert "1 companies of the United Kingdom that own, without a number" in told


BAD = [
    (b'{"company_number": "99000001", "data": {"kind', "json"),
    (b"[1, 2]", "no_object"),
    (b'{"company_number": "99000001"}', "no_entry"),
    (b'{"data": {"kind": "individual-person-with-significant-control"}}', "no_entry"),
    (b'{"data": {"kind": "\xff"}}', "encoding"),
    (b'{"data": {"kind": "\\ud800"}}', "encoding"),
    (lines(individual("99000001", "x", ["ownership-of-castles"])).strip(), "nature"),
    (
        lines(individual("1234567890", "x", ["voting-rights-25-to-50-percent"])).strip(),
        "identifier",
    ),
    (lines(individual("99000001", "x", [], ceased_on="2015-01-01")).strip(), "reversed_dates"),
    (lines(individual("99000001", "x", [], notified_on="2016-13-01")).strip(), "date"),
    (lines(entry("99000001", "ghost-with-significant-control", "x")).strip(), "kind"),
]


def test_bad_lines_are_rejected_by_rule_and_the_rest_is_read(tmp_path):
    text = lines(ENTRIES[0]) + b"\n" + b"\n".join(line for line, _ in BAD) + b"\n"
    read = read_study(tmp_path, {"psc.txt": text}, source())
    found = [(row["line"], row["rule"]) for row in read.rows("rejected")]
    assert found == [(at, rule) for at, (_, rule) in enumerate(BAD, start=3)]
    assert read.report.tables["ownership"] == 2
    assert "Ada" not in str(read.rows("rejected"))


def test_a_person_without_a_month_of_birth_is_joined_to_nobody(tmp_path):
    natures = ["voting-rights-25-to-50-percent"]
    twice = [
        individual(f"9900000{n}", f"x{n}", natures, date_of_birth={"year": 1970}) for n in (1, 2)
    ]
    read = read_study(tmp_path, {"psc.txt": lines(*twice)}, source())
    assert len(set(read.column("ownership", "owner_id"))) == 2
    assert read.column("persons", "birth_year") == [1970, 1970]


@pytest.mark.parametrize(
    ("forename", "surname"), [("Ада", "Вымышленная"), ("Ἄδα", "Πλαστή"), ("آدا", "خيالي")]
)
def test_names_in_other_scripts_are_pseudonyms_like_any(tmp_path, forename, surname):
    elements = {"forename": forename, "surname": surname}
    rows = [
        individual("99000001", "x", ["voting-rights-25-to-50-percent"], name_elements=elements),
        individual(
            "99000002",
            "y",
            ["voting-rights-25-to-50-percent"],
            name_elements={**elements, "surname": surname.upper()},
        ),
    ]
    read = read_study(tmp_path, {"psc.txt": lines(*rows)}, source())
    assert len(set(read.column("ownership", "owner_id"))) == 1
    assert read.column("persons", "person_id")[0].startswith("XI-PERSON-P:")


def test_a_company_that_owns_itself_is_kept(tmp_path):
    own = corporate(
        "99000001",
        "x",
        ["ownership-of-shares-75-to-100-percent"],
        registration_number="99000001",
        country_registered="UK",
    )
    read = read_study(tmp_path, {"psc.txt": lines(own)}, source())
    (row,) = read.rows("ownership")
    assert row["owner_id"] == row["company_id"] == "GB-COH:99000001"


def test_order_of_lines_and_compression_change_nothing(tmp_path):
    plain = read_study(tmp_path / "a", {"psc.txt": lines(*ENTRIES)}, source())
    turned = read_study(tmp_path / "b", {"psc.txt": gzip.compress(lines(*ENTRIES[::-1]))}, source())
    for name in ("ownership", "persons", "companies"):
        assert plain.rows(name) == turned.rows(name)


def test_a_file_cut_short_is_told(tmp_path):
    whole = gzip.compress(lines(*(individual("99000001", str(n), []) for n in range(500))))
    with pytest.raises(SourceError, match="cut short"):
        read_study(tmp_path, {"psc.txt": whole[: len(whole) // 2]}, source())


def test_settings_of_another_reader_are_told(tmp_path):
    data = write_files(tmp_path, {"psc.txt": lines(*ENTRIES)})
    assert check_sources(make_study(source()), data) == []
    (problem,) = check_sources(make_study(source(ftm={})), data)
    assert "reader is psc" in str(problem)
