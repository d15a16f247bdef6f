"""Romanian award notices of TED, by ``params/ro.yaml``: an invented file and the real one."""

from __future__ import annotations

import os
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from infiltrate.params.load import load_params
from infiltrate.sources import check_sources, read_sources
from infiltrate.tables.engine import DuckDBEngine
from infiltrate.tables.identifiers import pseudonymise
from infiltrate.tables.store import TableStore
from tests.sources.reading import KEY, Reading, write_files

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("INFILTRATE_DATA", ROOT.parent / "shared" / "data"))
# The 75 columns of the award notices, in the publisher's order.
_HEADER = """
ID_NOTICE_CAN TED_NOTICE_URL YEAR ID_TYPE DT_DISPATCH XSD_VERSION CANCELLED CORRECTIONS
B_MULTIPLE_CAE CAE_NAME CAE_NATIONALID CAE_ADDRESS CAE_TOWN CAE_POSTAL_CODE CAE_GPA_ANNEX
ISO_COUNTRY_CODE ISO_COUNTRY_CODE_GPA B_MULTIPLE_COUNTRY ISO_COUNTRY_CODE_ALL CAE_TYPE
EU_INST_CODE MAIN_ACTIVITY B_ON_BEHALF B_INVOLVES_JOINT_PROCUREMENT B_AWARDED_BY_CENTRAL_BODY
TYPE_OF_CONTRACT TAL_LOCATION_NUTS B_FRA_AGREEMENT FRA_ESTIMATED B_FRA_CONTRACT
B_DYN_PURCH_SYST CPV MAIN_CPV_CODE_GPA ID_LOT ADDITIONAL_CPVS B_GPA GPA_COVERAGE LOTS_NUMBER
VALUE_EURO VALUE_EURO_FIN_1 VALUE_EURO_FIN_2 B_EU_FUNDS TOP_TYPE B_ACCELERATED
OUT_OF_DIRECTIVES CRIT_CODE CRIT_PRICE_WEIGHT CRIT_CRITERIA CRIT_WEIGHTS B_ELECTRONIC_AUCTION
NUMBER_AWARDS ID_AWARD ID_LOT_AWARDED INFO_ON_NON_AWARD INFO_UNPUBLISHED B_AWARDED_TO_A_GROUP
WIN_NAME WIN_NATIONALID WIN_ADDRESS WIN_TOWN WIN_POSTAL_CODE WIN_COUNTRY_CODE B_CONTRACTOR_SME
CONTRACT_NUMBER TITLE NUMBER_OFFERS NUMBER_TENDERS_SME NUMBER_TENDERS_OTHER_EU
NUMBER_TENDERS_NON_EU NUMBER_OFFERS_ELECTR AWARD_EST_VALUE_EURO AWARD_VALUE_EURO
AWARD_VALUE_EURO_FIN_1 B_SUBCONTRACTED DT_AWARD
"""
COLUMNS = _HEADER.split()
PERSON = "1000000000000"  # no day of birth, so nobody's


def number(stem: str) -> str:
    """Return an invented company number with its check digit."""
    weighted = sum(
        int(d) * w for d, w in zip(stem.zfill(9), (7, 5, 3, 2, 1, 7, 5, 3, 2), strict=True)
    )
    return stem + str(10 * weighted % 11 % 10)


AUTHORITY, FIRM, OTHER = number("900001"), number("900002"), number("900003")
AWARD = {
    "ID_NOTICE_CAN": "2019000001",
    "CAE_NAME": "Spitalul Inventat",
    "CAE_NATIONALID": AUTHORITY,
    "CAE_TYPE": "6",
    "ISO_COUNTRY_CODE": "RO",
    "TYPE_OF_CONTRACT": "U",
    "TAL_LOCATION_NUTS": "RO321",
    "CPV": "03000000",
    "TOP_TYPE": "OPE",
    "CRIT_CODE": "L",
    "ID_AWARD": "1",
    "ID_LOT_AWARDED": "1",
    "WIN_NAME": "FIRMA INVENTATA S.R.L.",
    "WIN_NATIONALID": f"RO {FIRM}",
    "TITLE": "Rechizite, birou",
    "NUMBER_OFFERS": "1",
    "AWARD_EST_VALUE_EURO": "100.5",
    "AWARD_VALUE_EURO": "99.25",
    "DT_AWARD": "25-SEP-19",
}


def ted(*changes: dict[str, str]) -> str:
    rows = [{**AWARD, "ID_AWARD": str(n), **change} for n, change in enumerate(changes, 1)]
    lines = [",".join(f'"{row.get(name, "")}"' for name in COLUMNS) for row in rows]
    return "\n".join([",".join(COLUMNS), *lines]) + "\n"


AWARDS = (
    {},
    {"ID_LOT_AWARDED": "2", "WIN_NATIONALID": OTHER, "NUMBER_OFFERS": "4", "B_ACCELERATED": "Y"},
    {"ID_LOT_AWARDED": "", "WIN_NATIONALID": "Romania", "TOP_TYPE": "NOC"},
    {"ID_LOT_AWARDED": "3", "WIN_NATIONALID": PERSON, "WIN_NAME": "PERSOANA INVENTATA"},
    {"ID_LOT_AWARDED": "4", "WIN_NATIONALID": "IT00000000000", "WIN_NAME": "DITTA"},
    {"ID_LOT_AWARDED": "5", "WIN_NAME": "INVENTAT PFA", "WIN_NATIONALID": number("900004")},
    {"ID_LOT_AWARDED": "6", "CAE_NATIONALID": "", "TAL_LOCATION_NUTS": "RO32"},
    {"ID_LOT_AWARDED": "7", "DT_AWARD": "25-XXX-19"},
)


def read_romania(folder: Path, data: Path) -> Reading:
    params = load_params(ROOT / "params" / "ro.yaml")
    assert check_sources(params, data) == []
    store = TableStore(folder / "tables")
    with DuckDBEngine(memory_gib=1.0) as engine:
        return Reading(read_sources(params, data, store, engine, key=KEY), store)


@pytest.fixture(scope="module")
def romania(tmp_path_factory) -> Reading:
    folder = tmp_path_factory.mktemp("romania")
    files = {"ro/ted_can_2018_2022_sample.csv": ted(*AWARDS)}
    return read_romania(folder, write_files(folder, files))


def test_the_format_has_its_75_columns():
    assert len(COLUMNS) == 75


def test_an_award_becomes_a_lot_a_bid_and_a_contract(romania):
    lots = {row["lot_id"]: row for row in romania.rows("tenders")}
    assert set(lots) == {"1", "2", "award-3", "3", "4", "5", "6"}
    first = lots["1"]
    assert (first["procedure"], first["category"], first["criteria"]) == ("open", "goods", "price")
    assert (first["bids_recorded"], first["product_code"]) == (1, "03000000")
    assert (first["award_on"], first["area_id"]) == (date(2019, 9, 25), "RO321")
    assert lots["2"]["is_urgent"] is True
    assert first["is_urgent"] is None
    assert (lots["6"]["area_id"], lots["6"]["buyer_id"]) == (None, "RO-TED:Spitalul Inventat")
    (contract,) = [row for row in romania.rows("contracts") if row["contract_id"] == "1"]
    assert (contract["value"], contract["supplier_id"]) == (Decimal("99.25"), f"RO-CUI:{FIRM}")


def test_a_lot_without_number_is_that_of_its_award_and_a_winner_without_one_is_counted(romania):
    assert romania.outcomes("tenders") == {("loaded", ""): 7, ("rejected", "guard:DT_AWARD"): 1}
    assert ("rejected", "missing_key") in romania.outcomes("contracts")


def test_persons_sole_traders_and_firms_abroad_are_not_companies(romania):
    kinds = {row["company_id"]: (row["kind"], row["name"]) for row in romania.rows("companies")}
    assert kinds == {
        f"RO-CUI:{FIRM}": ("company", "FIRMA INVENTATA S.R.L."),
        f"RO-CUI:{OTHER}": ("company", "FIRMA INVENTATA S.R.L."),
        pseudonymise("RO-CUI", PERSON, KEY): ("natural_person", None),
        "RO-TED:IT00000000000": ("unknown", None),
        f"RO-CUI:{number('900004')}": ("unknown", None),
    }


real = pytest.mark.skipif(
    not (DATA / "ro").is_dir(), reason=f"the real Romanian files are not in {DATA}"
)


@real
def test_every_real_award_ends_somewhere_in_every_table(tmp_path):
    read = read_romania(tmp_path, DATA)
    totals: dict[str, int] = {}
    for row in read.rows("intake"):
        totals[row["table"]] = totals.get(row["table"], 0) + row["rows"]
    assert set(totals.values()) == {5_503}
    assert read.report.tables["tenders"] == 5_455
    assert read.report.tables["contracts"] == 4_866
    assert {row["rule"] for row in read.rows("rejected")} == {"missing_key"}
    assert None not in read.column("tenders", "bids_recorded")
