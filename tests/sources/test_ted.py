"""Award notices and contract notices of TED: any member state with its code alone."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from infiltrate.params.dump import render_params
from infiltrate.params.load import load_params
from infiltrate.params.sources import Source
from infiltrate.sources import check_sources
from infiltrate.sources.reader_ted import ted_parts
from tests.sources.reading import Reading, make_source, make_study, read_study, write_files

CAN = {
    "ID_NOTICE_CAN": "2019000001",
    "DT_DISPATCH": "01-OCT-19",
    "CANCELLED": "0",
    "CAE_NAME": "Invented hospital",
    "CAE_NATIONALID": "",
    "CAE_TYPE": "6",
    "ISO_COUNTRY_CODE": "DE",
    "TYPE_OF_CONTRACT": "S",
    "TAL_LOCATION_NUTS": "DE300",
    "CPV": "03000000",
    "TOP_TYPE": "OPE",
    "CRIT_CODE": "M",
    "B_ACCELERATED": "",
    "ID_AWARD": "1",
    "ID_LOT_AWARDED": "1",
    "INFO_ON_NON_AWARD": "",
    "B_AWARDED_TO_A_GROUP": "N",
    "WIN_NAME": "Erfundene Firma GmbH",
    "WIN_NATIONALID": "HRB 1",
    "WIN_COUNTRY_CODE": "DE",
    "TITLE": "Care",
    "NUMBER_OFFERS": "3",
    "AWARD_EST_VALUE_EURO": "100",
    "AWARD_VALUE_EURO": "90.5",
    "DT_AWARD": "25-SEP-19",
}
CN = {
    "ID_NOTICE_CN": "2019000000",
    "FUTURE_CAN_ID": "2019000001",
    "DT_DISPATCH": "01-JUN-19",
    "DT_APPLICATIONS": "15-JUL-19",
    "CAE_NAME": "Invented hospital",
    "CAE_NATIONALID": "",
    "ISO_COUNTRY_CODE": "DE",
    "TYPE_OF_CONTRACT": "S",
    "CPV": "03000000",
    "TOP_TYPE": "OPE",
    "ID_LOT": "1",
}


def write(template: dict[str, str], *changes: dict[str, str], lack: tuple[str, ...] = ()) -> str:
    columns = [name for name in template if name not in lack]
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    for number, change in enumerate(changes, start=1):
        writer.writerow({**template, "ID_AWARD": str(number), **change})
    return text.getvalue()


def source(path: str = "ted/*.csv", country: str = "DE", **settings: Any) -> dict[str, Any]:
    changed = make_source(id="ted", path=path, reader="ted", ted={"country": country, **settings})
    del changed["tables"]
    return changed


AWARDS = (
    {},
    {"ISO_COUNTRY_CODE": "FR", "ID_NOTICE_CAN": "2019000002"},
    {"ID_LOT_AWARDED": "2", "INFO_ON_NON_AWARD": "PROCUREMENT_UNSUCCESSFUL", "WIN_NAME": "",
     "WIN_NATIONALID": ""},
    {"ID_LOT_AWARDED": "3", "WIN_NAME": "Eins AG---Zwei AG", "WIN_NATIONALID": "HRB 2---HRB 3",
     "WIN_COUNTRY_CODE": "DE---DE", "B_AWARDED_TO_A_GROUP": "Y"},
    {"ID_LOT_AWARDED": "4", "WIN_NAME": "Drei AG---Vier Srl", "WIN_NATIONALID": "HRB 4---IT0",
     "WIN_COUNTRY_CODE": "DE---IT"},
    {"ID_NOTICE_CAN": "2019000003", "CANCELLED": "1"},
    {"ID_LOT_AWARDED": "5", "WIN_NAME": "Somebody Invented", "WIN_NATIONALID": "S 1",
     "AWARD_VALUE_EURO": "", "DT_AWARD": ""},
    {"ID_LOT_AWARDED": "6", "CAE_NAME": "First office---Second office"},
)  # fmt: skip


@pytest.fixture(scope="module")
def germany(tmp_path_factory) -> Reading:
    files = {
        "ted/can_2019.csv": write(CAN, *AWARDS),
        "ted/cn_2019.csv": write(CN, {}, {"ID_NOTICE_CN": "2019000009", "FUTURE_CAN_ID": ""}),
    }
    return read_study(tmp_path_factory.mktemp("ted"), files, source())


def test_notices_of_other_countries_are_counted_and_left_out(germany):
    assert germany.outcomes("notices") == {
        ("loaded", ""): 9,
        ("filtered", "where:ISO_COUNTRY_CODE"): 1,
    }
    assert germany.report.raw_rows == 10
    assert "2019000002" not in germany.column("tenders", "tender_id")


def test_an_award_takes_the_days_of_its_call(germany):
    lots = {(row["tender_id"], row["lot_id"]): row for row in germany.rows("tenders")}
    lot = lots["2019000001", "1"]
    assert (lot["call_published_on"], lot["deadline_on"]) == (date(2019, 6, 1), date(2019, 7, 15))
    assert (lot["award_on"], lot["procedure"], lot["category"]) == (
        date(2019, 9, 25),
        "open",
        "services",
    )
    assert lot["area_id"] == "DE300"
    # a call that no award notice is known of stands alone
    assert lots["2019000009", "1"]["award_on"] is None
    assert ("2019000000", "1") not in lots


def test_lots_that_were_not_awarded_are_cancelled_and_have_no_contract(germany):
    cancelled = {
        (row["tender_id"], row["lot_id"]) for row in germany.rows("tenders") if row["is_cancelled"]
    }
    assert cancelled == {("2019000001", "2"), ("2019000003", "1")}
    contracts = {(row["tender_id"], row["lot_id"]) for row in germany.rows("contracts")}
    assert not contracts & cancelled


def test_a_group_of_winners_is_one_supplier_with_the_whole_amount(germany):
    (row,) = [row for row in germany.rows("contracts") if row["lot_id"] == "3"]
    assert row["supplier_id"].startswith("DE-TED:GROUP_")
    assert row["value"] == Decimal("90.50")
    members = [row["company_id"] for row in germany.rows("consortia")]
    assert members == ["DE-TED:HRB 2", "DE-TED:HRB 3"]


def test_one_amount_for_several_winners_is_nobodys(germany):
    rows = {
        row["supplier_id"]: row["value"]
        for row in germany.rows("contracts")
        if row["lot_id"] == "4"
    }
    assert rows == {"DE-TED:HRB 4": None, "DE-TED:IT0": None}


def test_a_name_is_kept_only_where_it_shows_a_company(germany):
    names = {row["company_id"]: (row["kind"], row["name"]) for row in germany.rows("companies")}
    assert names["DE-TED:HRB 1"] == ("company", "Erfundene Firma GmbH")
    assert names["DE-TED:S 1"] == ("unknown", None)
    assert "Somebody Invented" not in str(germany.rows("companies"))


def test_of_several_authorities_the_first_is_the_buyer(germany):
    (row,) = [row for row in germany.rows("tenders") if row["lot_id"] == "6"]
    assert row["buyer_id"] == "DE-TED:First office"
    assert "First office" in germany.column("buyers", "name")


def test_amounts_are_in_euro_and_may_be_missing(germany):
    rows = {row["lot_id"]: row for row in germany.rows("contracts")}
    assert {row["currency"] for row in rows.values()} == {"EUR"}
    assert (rows["5"]["value"], rows["5"]["signed_on"]) == (None, None)


UNUSABLE = [
    ({"ID_NOTICE_CAN": "EUR"}, "guard:ID_NOTICE_CAN"),
    ({"AWARD_VALUE_EURO": "ten"}, "guard:AWARD_VALUE_EURO"),
    ({"AWARD_VALUE_EURO": "-1"}, "negative_amount"),
    ({"DT_AWARD": "25-XXX-19"}, "guard:DT_AWARD"),
    ({"ID_AWARD": "", "ID_LOT_AWARDED": "8"}, "missing_key"),
    ({"WIN_NATIONALID": ""}, "missing_key"),
]


def test_rows_that_cannot_be_used_are_rejected_with_their_line(tmp_path):
    text = write(CAN, {"ID_LOT_AWARDED": "9"}, *(change for change, _ in UNUSABLE))
    germany = read_study(tmp_path, {"ted/a.csv": text}, source())
    found = {(row["line"], row["rule"]) for row in germany.rows("rejected")}
    assert found == {(line, rule) for line, (_, rule) in enumerate(UNUSABLE, start=3)}
    assert "9" in germany.column("tenders", "lot_id")


def test_repeated_rows_are_merged(tmp_path):
    again = {"ID_AWARD": "1"}
    germany = read_study(tmp_path, {"ted/a.csv": write(CAN, again, again)}, source())
    assert germany.outcomes("contracts") == {("loaded", ""): 1, ("merged", "identical"): 1}


def test_cut_rows_and_wrong_bytes_are_rejected(tmp_path):
    text = write(CAN, {}, {"ID_LOT_AWARDED": "2"}).encode()
    bad = text + b"2019000001,cut\n" + text.splitlines()[1].replace(b"Care", b"Car\xe9") + b"\n"
    germany = read_study(tmp_path, {"ted/a.csv": bad}, source())
    assert [(row["line"], row["rule"]) for row in germany.rows("rejected")] == [
        (4, "field_count"),
        (5, "encoding"),
    ]
    assert germany.outcomes("notices")[("loaded", "")] == 2


def test_older_files_may_lack_what_is_not_needed(tmp_path):
    lack = ("B_AWARDED_TO_A_GROUP", "INFO_ON_NON_AWARD", "WIN_COUNTRY_CODE", "B_ACCELERATED")
    germany = read_study(tmp_path, {"ted/a.csv": write(CAN, {}, lack=lack)}, source())
    assert germany.report.tables["contracts"] == 1


def test_a_missing_column_is_named_with_its_file(tmp_path):
    data = write_files(tmp_path, {"ted/a.csv": write(CAN, {}, lack=("WIN_NAME",))})
    (problem,) = check_sources(make_study(source()), data)
    assert "column WIN_NAME" in str(problem) and "ted/a.csv" in str(problem)


def test_a_source_without_country_is_refused():
    with pytest.raises(ValueError, match="has no settings of ted"):
        make_study({key: value for key, value in source().items() if key != "ted"})


@pytest.mark.parametrize("country", ["AT", "ES", "FR", "HR", "IT", "PL", "RO", "SE"])
def test_every_country_has_a_mapping(country):
    parts = ted_parts(Source.model_validate(source(country=country)))
    assert set(parts) == {"notices", "awards", "winners"}


def test_resolved_parameters_read_like_the_analysts_own(tmp_path):
    changed = {**source(), "tables": {"tenders": {"columns": {"title": {"constant": "x"}}}}}
    study = make_study(changed)
    path = tmp_path / "resolved.json"
    path.write_text(render_params(study), encoding="utf-8")
    assert ted_parts(load_params(path).sources[0]) == ted_parts(study.sources[0])
