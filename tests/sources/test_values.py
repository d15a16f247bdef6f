from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from stdnum.pe import ruc

from tests.sources.reading import Reading, make_source, read_study

CONTRACT = {
    "contract_id": "id",
    "lot_id": {"constant": "1"},
    "supplier_id": "firm",
    "buyer_id": {"constant": "XX-GOV:0001"},
}


def read_contracts(
    folder, cells: list[str], column: str, filled_by: Any, **changes: Any
) -> Reading:
    """Read one raw column ``raw`` into one column of contracts; row n has the id n."""
    lines = ["id;firm;raw", *(f"{n};F{n};{cell}" for n, cell in enumerate(cells, 1))]
    source = make_source(
        path="raw.csv",
        delimiter=";",
        tables={"contracts": {"columns": {**CONTRACT, column: filled_by}}},
        **changes,
    )
    return read_study(folder, {"raw.csv": "\n".join(lines) + "\n"}, source)


def test_several_date_formats_in_one_column(tmp_path):
    read = read_contracts(
        tmp_path,
        ["2/18/2019", "20190219", "20-FEB-19"],
        "signed_on",
        {"column": "raw", "formats": ["%m/%d/%Y", "%Y%m%d", "%d-%b-%y"]},
    )
    assert read.column("contracts", "signed_on") == [date(2019, 2, day) for day in (18, 19, 20)]


@pytest.mark.parametrize("cell", ["31/02/2019", "2019", "15/02/19", "soon", "1/2/20199"])
def test_what_is_no_date_rejects_the_row(tmp_path, cell):
    read = read_contracts(
        tmp_path, [cell, "01/02/2019"], "signed_on", {"column": "raw", "formats": ["%d/%m/%Y"]}
    )
    assert read.rejections() == [(2, "date", "signed_on")]
    assert read.column("contracts", "contract_id") == ["2"]


def test_an_unreadable_value_may_be_declared_missing(tmp_path):
    filled_by = {"column": "raw", "formats": ["%d/%m/%Y"], "invalid": "missing"}
    read = read_contracts(tmp_path, ["?", "01/02/2019"], "signed_on", filled_by)
    assert read.column("contracts", "signed_on") == [None, date(2019, 2, 1)]
    assert read.report.rejected == 0


def test_what_must_have_happened_cannot_lie_in_the_future(tmp_path):
    filled_by = {"column": "raw", "formats": ["%Y-%m-%d"]}
    cells = ["2020-12-31", "2021-01-01"]
    read = read_contracts(tmp_path / "signed", cells, "signed_on", filled_by)
    assert read.rejections() == [(3, "future_date", "signed_on")]
    read = read_contracts(tmp_path / "end", cells, "end_on", filled_by)
    assert read.report.rejected == 0


@pytest.mark.parametrize(
    ("cell", "decimal", "thousands", "value"),
    [
        ("1234.5", ".", "", "1234.50"),
        ("1.234,5", ",", ".", "1234.50"),
        ("1234,5", ",", ".", "1234.50"),
        ("1 234 567,05", ",", " ", "1234567.05"),
        ("1\u00a0234,5", ",", " ", "1234.50"),
        ("1'234.50", ".", "'", "1234.50"),
        (",5", ",", ".", "0.50"),
        ("+12", ".", "", "12.00"),
        ("86694.60000000001", ".", "", "86694.60"),
        ("1e3", ".", "", "1000.00"),
    ],
)
def test_numbers_in_national_notation(tmp_path, cell, decimal, thousands, value):
    marks = {"decimal": decimal, "thousands": thousands}
    read = read_contracts(tmp_path, [cell], "value", "raw", **marks)
    assert read.column("contracts", "value") == [Decimal(value)]


@pytest.mark.parametrize("cell", ["1.2345,6", "1,5.0", "12a", "1.23", "S/ 5", "--1", "1e99"])
def test_a_number_that_could_be_misread_is_rejected(tmp_path, cell):
    read = read_contracts(tmp_path, [cell], "value", "raw", decimal=",", thousands=".")
    assert read.rejections() == [(2, "number", "value")]


def test_negative_money_is_rejected(tmp_path):
    read = read_contracts(tmp_path, ["-0.01", "0"], "value", "raw")
    assert read.rejections() == [(2, "negative_amount", "value")]


def test_money_is_scaled_without_loss(tmp_path):
    read = read_contracts(tmp_path, ["0.00001"], "value", {"column": "raw", "scale": 1000.0})
    assert read.column("contracts", "value") == [Decimal("0.01")]


def test_whole_numbers_must_be_whole(tmp_path):
    read = read_contracts(tmp_path, ["3", "3.0", "3.5"], "amendments", "raw")
    assert read.column("contracts", "amendments") == [3, 3]
    assert read.rejections() == [(4, "number", "amendments")]


def test_currencies_are_of_iso_4217(tmp_path):
    read = read_contracts(tmp_path, ["EUR", "EURO"], "currency", "raw")
    assert read.rejections() == [(3, "currency", "currency")]
    assert read.rows("rejected")[0]["found"] == "EURO"


def test_maps_ignore_case_accents_and_spaces(tmp_path):
    filled_by = {"column": "raw", "map": {"Dólar  Norteamericano": "USD"}}
    cells = ["DOLAR NORTEAMERICANO", " dólar   norteamericano ", "Soles"]
    read = read_contracts(tmp_path, cells, "currency", filled_by)
    assert read.column("contracts", "currency") == ["USD", "USD"]
    assert read.rejections() == [(4, "map", "currency")]


def test_what_a_map_does_not_name_may_have_a_value(tmp_path):
    filled_by = {"column": "raw", "map": {"a": "EUR"}, "otherwise": "XXX"}
    read = read_contracts(tmp_path, ["A", "b", ""], "currency", filled_by)
    assert read.column("contracts", "currency") == ["EUR", "XXX", None]


def test_the_province_code_na_is_a_code(tmp_path):
    read = read_contracts(tmp_path, ["NA", "nan", "null", ""], "tender_id", "raw")
    assert read.column("contracts", "tender_id") == ["NA", "nan", "null", None]


def test_declared_missing_values_are_missing(tmp_path):
    filled_by = {"column": "raw", "formats": ["%d/%m/%Y"], "missing": ["1/1/1900"]}
    read = read_contracts(tmp_path, ["1/1/1900", "-"], "signed_on", filled_by, missing=["-"])
    assert read.column("contracts", "signed_on") == [None, None]
    assert read.report.rejected == 0


@pytest.mark.parametrize(
    ("cell", "filled_by", "value"),
    [
        ("LP-7-2019", {"column": "raw", "extract": r"-(\d+)-"}, "7"),
        ("none", {"column": "raw", "extract": r"-(\d+)-"}, None),
        ("a/b/c", {"column": "raw", "split": "/", "part": 2}, "b"),
        ("a/b/c", {"column": "raw", "split": "/", "part": -1}, "c"),
        ("a", {"column": "raw", "split": "/", "part": 2}, None),
        ("x", {"combine": "{raw}-{firm}"}, "x-F1"),
        ("", {"combine": "{raw}-{firm}"}, None),
        ("", {"first_of": ["raw", "firm"]}, "F1"),
        ("x", {"first_of": ["raw", "firm"]}, "x"),
        ("41 roads", {"column": "raw", "patterns": {r"(\d\d) .*": r"ISIC4:\1"}}, "ISIC4:41"),
        ("x", {"from_path": r"(\w+)\.csv"}, "raw"),
        ("x", {"constant": "y"}, "y"),
    ],
)
def test_text_is_cut_joined_and_filled_in(tmp_path, cell, filled_by, value):
    read = read_contracts(tmp_path, [cell], "tender_id", filled_by)
    assert read.column("contracts", "tender_id") == [value]


def test_what_no_pattern_matches_is_rejected(tmp_path):
    filled_by = {"column": "raw", "patterns": {r"\d+": "n"}}
    read = read_contracts(tmp_path, ["1", "x"], "tender_id", filled_by)
    assert read.rejections() == [(3, "map", "tender_id")]


def test_sums_are_missing_when_a_term_is(tmp_path):
    content = "id,firm,a,b,c\n1,F,100,20.5,0.25\n2,F,100,,5\n3,F,100,x,5\n"
    columns = {**CONTRACT, "final_value": {"column": "a", "plus": ["b"], "minus": ["c"]}}
    source = make_source(path="raw.csv", tables={"contracts": {"columns": columns}})
    read = read_study(tmp_path, {"raw.csv": content}, source)
    assert read.column("contracts", "final_value") == [Decimal("120.25"), None]
    assert read.rejections() == [(4, "number", "final_value")]


def test_two_columns_are_compared(tmp_path):
    content = "t,bidder,winner\n1,A,A\n2,A,B\n3,A,\n"
    columns = {
        "tender_id": "t",
        "lot_id": {"constant": "1"},
        "company_id": "bidder",
        "is_winner": {"column": "bidder", "equals": "winner"},
    }
    source = make_source(path="raw.csv", tables={"bids": {"columns": columns}})
    read = read_study(tmp_path, {"raw.csv": content}, source)
    assert read.column("bids", "is_winner") == [True, False, None]


def test_presence_is_never_missing(tmp_path):
    content = "id,kind,name\n1,company,A\n2,company,\n"
    columns = {
        "company_id": "id",
        "kind": "kind",
        "in_registry": {"column": "name", "present": True},
    }
    source = make_source(path="raw.csv", tables={"companies": {"columns": columns}})
    read = read_study(tmp_path, {"raw.csv": content}, source)
    assert read.column("companies", "in_registry") == [True, False]


def test_booleans_and_codes_outside_the_list_are_rejected(tmp_path):
    content = "id,kind,seen\n1,company,yes\n2,firm,yes\n3,company,perhaps\n"
    columns = {"company_id": "id", "kind": "kind", "in_registry": "seen"}
    source = make_source(path="raw.csv", tables={"companies": {"columns": columns}})
    read = read_study(tmp_path, {"raw.csv": content}, source)
    assert read.rejections() == [(3, "value", "kind"), (4, "value", "in_registry")]


def test_a_mistyped_number_does_not_pass_as_one_of_the_other_scheme(tmp_path):
    stem = "2000001234"
    good = stem + ruc.calc_check_digit(stem)
    wrong = stem + str((int(good[-1]) + 1) % 10)
    filled_by = {"column": "raw", "scheme": "PE-RUC", "else_scheme": "PE-OSCE"}
    read = read_contracts(tmp_path, [good, "123456", wrong, "12-x"], "tender_id", filled_by)
    assert read.column("contracts", "tender_id") == [f"PE-RUC:{good}", "PE-OSCE:123456"]
    assert read.rejections() == [(4, "identifier", "tender_id"), (5, "identifier", "tender_id")]
