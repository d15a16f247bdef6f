import re

from infiltrate.tables.identifiers import pseudonymise
from tests.sources.reading import KEY, make_source, read_study

PERSONS = {"scheme": "XX-TAX", "persons": {"pattern": r"1\d{5}"}}
COMPANIES = {
    "duplicates": "merge",
    "columns": {
        "company_id": {"column": "id", **PERSONS},
        "kind": "kind",
        "name": "name",
        "address": "address",
    },
}
CONTENT = (
    "id,kind,name,address\n"
    '200001,company,Roads Ltd,"Main St. 1, Nápoles"\n'
    "100001,natural_person,Invented Person,Home 2\n"
    "100002,unknown,Another Person,Home 3\n"
    "900001,natural_person,Third Person,Home 4\n"
)


def read(folder, content=CONTENT, **changes):
    source = make_source(path="firms.csv", tables={"companies": COMPANIES}, **changes)
    return read_study(folder, {"firms.csv": content}, source)


def test_names_and_addresses_of_natural_persons_enter_no_table(tmp_path):
    reading = read(tmp_path)
    rows = {row["company_id"]: row for row in reading.rows("companies")}
    person = rows[pseudonymise("XX-TAX", "100001", KEY)]
    assert person["name"] is person["address"] is person["address_key"] is None
    names = [path.stem for path in sorted(tmp_path.glob("tables/*.parquet"))]
    assert names == ["companies", "intake", "rejected"]
    written = str([reading.rows(name) for name in names])
    assert not re.search("Person|Home|10000[12]", written)


def test_a_pseudonym_is_a_person_whatever_the_kind_says(tmp_path):
    rows = {row["company_id"]: row for row in read(tmp_path).rows("companies")}
    assert rows[pseudonymise("XX-TAX", "100002", KEY)]["kind"] == "natural_person"


def test_a_person_whose_number_stays_in_clear_is_rejected(tmp_path):
    assert read(tmp_path).rejections() == [(5, "person_in_clear", "company_id")]


def test_companies_keep_their_name_and_get_a_comparable_address(tmp_path):
    row = next(row for row in read(tmp_path).rows("companies") if row["kind"] == "company")
    assert row["name"] == "Roads Ltd"
    assert row["address_key"] == "MAIN ST 1 NAPOLES"


def test_a_shifted_row_leaves_only_the_shape_of_what_it_held(tmp_path):
    content = CONTENT + "Jane Doe 77,company,x,y\n"
    reading = read(tmp_path, content, guards={"id": {"pattern": r"\d{6}"}})
    assert reading.rows("rejected")[-1]["found"] == "Aaaa Aaa 99"
