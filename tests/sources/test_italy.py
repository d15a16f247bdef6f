"""Italian files under law 190/2012 and confiscations, by ``params/it.yaml``: invented and real."""

from __future__ import annotations

import csv
import os
import re
from collections import defaultdict
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from stdnum import luhn

from infiltrate.params.load import load_params
from infiltrate.sources import check_sources, read_sources
from infiltrate.tables.engine import DuckDBEngine
from infiltrate.tables.identifiers import pseudonymise
from infiltrate.tables.store import TableStore
from tests.sources.reading import KEY, Reading, write_files

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("INFILTRATE_DATA", ROOT.parent / "shared" / "data"))
LOTS_HEAD = (
    "n,cig,strutturaProponente:codiceFiscaleProp,strutturaProponente:denominazione,"
    "importoAggiudicazione,importoSommeLiquidate,oggetto,sceltaContraente,"
    "tempiCompletamento:dataInizio,tempiCompletamento:dataUltimazione,lottoID\n"
)
BIDDERS_HEAD = "n,cig,codiceFiscale,ragioneSociale,ruolo,identificativoFiscaleEstero,{},lottoID\n"


def firm(number: int) -> str:
    """Return an invented eleven-digit code with its check digit."""
    stem = f"{9000 + number:07d}999"
    return stem + luhn.calc_check_digit(stem)


ALFA, BETA, GAMMA, DELTA = (firm(number) for number in range(1, 5))
OFFICE, TOWN = firm(90), firm(91)
PERSON = "XXXYYY80A01X000Z"
FILES = {
    f"it/appaltipop/{OFFICE}/lotti.csv": LOTS_HEAD
    + f'1,0000000000,{OFFICE},Ufficio,26888.33,0,"Lavori, primi",01-PROCEDURA APERTA,'
    "2019-01-02+01:00,2019-02-22+01:00,idm1\n"
    f"2,0000000000,{OFFICE},Ufficio,500.00,0,Seconda,"
    "04-PROCEDURA NEGOZIATA SENZA PREVIA PUBBLICAZIONE DEL BANDO,0001-01-01,,idm2\n"
    f"3,1234567A8B,{OFFICE},Ufficio,900.00,0,Terza,23-AFFIDAMENTO DIRETTO,2019-03-04,,idm3\n",
    f"it/appaltipop/{TOWN}/lotti.csv": LOTS_HEAD + f"1,7654321F0D,{TOWN},Comune,1000.0,0,Altra,"
    "26-AFFIDAMENTO DIRETTO IN ADESIONE AD ACCORDO QUADRO/CONVENZIONE,2019-01-01,,idm1\n"
    "spezzata,2019-01-01\n",
    f"it/appaltipop/{OFFICE}/partecipanti.csv": BIDDERS_HEAD.format("partrgrno")
    + f"1,0000000000,{ALFA},ALFA S.R.L.,02-MANDATARIA,,3,idm1\n"
    f"1,0000000000,{BETA},BETA S.P.A.,01-MANDANTE,,3,idm1\n"
    f"1,0000000000,{GAMMA},GAMMA S.R.L.,,,,idm1\n"
    f"1,0000000000,{PERSON},MARIO INVENTATO,,,,idm1\n"
    "1,0000000000,,FOREIGN GMBH,,DE123456789,,idm1\n"
    f"1,0000000000,{ALFA[:-1]}{(int(ALFA[-1]) + 1) % 10},ERRATA S.R.L.,,,,idm1\n"
    "2,0000000000,,,,,,idm2\n"
    f"3,1234567A8B,{PERSON.lower()},Mario Inventato,,,,idm3\n",
    f"it/appaltipop/{TOWN}/partecipanti.csv": BIDDERS_HEAD.format("partrgrno")
    + f"1,7654321F0D,{DELTA},DELTA S.R.L.,,,,idm1\n",
    f"it/appaltipop/{OFFICE}/aggiudicatari.csv": BIDDERS_HEAD.format("aggrgrno")
    + f"1,0000000000,{BETA},BETA S.P.A.,01-MANDANTE,,0,idm1\n"
    f"1,0000000000,{ALFA},ALFA S.R.L.,02-MANDATARIA,,0,idm1\n"
    f"2,0000000000,{GAMMA},GAMMA S.R.L.,,,,idm2\n"
    f"2,0000000000,{DELTA},DELTA S.R.L.,,,,idm2\n"
    f"3,1234567A8B,{PERSON},MARIO INVENTATO,,,,idm3\n",
    f"it/appaltipop/{TOWN}/aggiudicatari.csv": BIDDERS_HEAD.format("aggrgrno")
    + f"1,7654321F0D,{DELTA},DELTA S.R.L.,,,,idm1\n",
    "it/confiscated/confiscated_firms.csv": (
        "key,luhn,name,category,province,registro_imprese_codice_ateco,"
        "registro_imprese_codice_ateco_sottocategoria,registro_imprese_stato_attivita,status,date\n"
        f"{ALFA},True,ALFA,SRL,NA,F,412,ATTIVA,confiscated_final,2018-04-26\n"
        f"{GAMMA},True,GAMMA,SRL,PA,F,412,ATTIVA,revoked,2019-04-26\n"
        f"{DELTA},True,DELTA,SRL,PA,F,412,ATTIVA,confiscated_1st,2019-04-26\n"
        ",,SENZA CODICE,SRL,PA,,,,confiscated_final,2018-04-26\n"
    ),
    "it/crime/numero-delitti-per-provincia.csv": (
        "categoria,Reato,Codice Provincia,Provincia,ANNO,Totale,Codice Regione,"
        "Codice Provincia Storico,Denominazione Provincia,Sigla automobilistica,"
        "Codice NUTS2 2021 (3),Codice NUTS3 2021\n"
        "ESTORSIONI,18.0 ESTORSIONI,063,NAPOLI,2019,7,15,063,Napoli,NA,ITF3,ITF33\n"
        "FURTI,15.0 FURTI,063,NAPOLI,2019,70,15,063,Napoli,NA,ITF3,ITF33\n"
    ),
    "it/crime/popolazione_regioni_province.csv": (
        "REF_AREA,Territorio,Anno,Popolazione,livello\nITF33,Napoli,2019,100,provincia\n"
        "ITF3,Campania,2019,200,regione\nITX99,Altrove,2019,300,provincia\n"
    ),
}


def read_italy(folder: Path, data: Path) -> Reading:
    params = load_params(ROOT / "params" / "it.yaml")
    assert check_sources(params, data) == []
    store = TableStore(folder / "tables")
    with DuckDBEngine(memory_gib=1.0) as engine:
        return Reading(read_sources(params, data, store, engine, key=KEY), store)


@pytest.fixture(scope="module")
def italy(tmp_path_factory) -> Reading:
    folder = tmp_path_factory.mktemp("italy")
    return read_italy(folder, write_files(folder, FILES))


def tender(number: int, office: str = OFFICE) -> str:
    return f"{office}-idm{number}"


def test_the_folder_tells_lots_of_one_number_apart(italy):
    lots = {row["tender_id"]: row["procedure"] for row in italy.rows("tenders")}
    assert lots == {
        tender(1): "open",
        tender(2): "negotiated_without_publication",
        tender(3): "direct_award",
        tender(1, TOWN): "framework_call",
    }
    assert italy.column("buyers", "buyer_id") == [f"IT-CF:{OFFICE}", f"IT-CF:{TOWN}"]
    assert (2 + 1, "field_count", "") in italy.rejections()


def test_a_temporary_group_is_one_bidder_and_the_same_that_won(italy):
    bids = [row for row in italy.rows("bids") if row["tender_id"] == tender(1)]
    (group,) = [row for row in bids if row["is_winner"]]
    assert re.fullmatch("IT-190:RTI_[0-9a-f]{16}", group["company_id"])
    assert {row["company_id"] for row in bids if not row["is_winner"]} == {
        f"IT-CF:{GAMMA}",
        "IT-190:DE123456789",
        pseudonymise("IT-CF", PERSON, KEY),
    }
    members = {(row["consortium_id"], row["company_id"]) for row in italy.rows("consortia")}
    assert members == {(group["company_id"], f"IT-CF:{code}") for code in (ALFA, BETA)}
    kinds = {row["company_id"]: row["kind"] for row in italy.rows("companies")}
    assert kinds[group["company_id"]] == "consortium"
    assert kinds["IT-190:DE123456789"] == "unknown"


def test_participants_are_counted_with_the_mistyped_and_never_as_zero(italy):
    recorded = {row["tender_id"]: row["bids_recorded"] for row in italy.rows("tenders")}
    assert recorded == {tender(1): 5, tender(2): None, tender(3): 1, tender(1, TOWN): 1}


def test_a_natural_person_has_one_pseudonym_and_no_name(italy):
    person = pseudonymise("IT-CF", PERSON, KEY)
    (row,) = [row for row in italy.rows("companies") if row["company_id"] == person]
    assert (row["kind"], row["name"]) == ("natural_person", None)
    everything = [italy.rows(name) for name in ("companies", "bids", "contracts", "rejected")]
    assert "inventat" not in str(everything).lower()
    assert PERSON.lower() not in str(everything).lower()


def test_the_amount_is_the_winners_only_where_one_won(italy):
    contracts = {(row["contract_id"], row["supplier_id"]): row for row in italy.rows("contracts")}
    first = next(row for (name, _), row in contracts.items() if name.endswith("idm1-0000000000"))
    assert first["value"] == Decimal("26888.33")
    assert (first["signed_on"], first["end_on"]) == (date(2019, 1, 2), date(2019, 2, 22))
    shared = [row for (name, _), row in contracts.items() if name.endswith("idm2-0000000000")]
    assert [row["value"] for row in shared] == [None, None]
    assert {row["signed_on"] for row in shared} == {None}


def test_a_lifted_measure_is_annulled_and_one_that_is_not_final_is_left_out(italy):
    entries = {row["company_id"]: row["outcome"] for row in italy.rows("list_entries")}
    assert entries == {f"IT-CF:{ALFA}": "confirmed", f"IT-CF:{GAMMA}": "annulled"}
    assert italy.outcomes("list_entries") == {
        ("loaded", ""): 2,
        ("filtered", "where:status"): 1,
        ("rejected", "missing_key"): 1,
    }


def test_na_is_naples(italy):
    areas = {row["area_id"]: (row["name"], row["parent_id"]) for row in italy.rows("areas")}
    assert areas["IT-NA"] == ("Napoli", "IT-R15")
    measures = {(r["area_id"], r["measure"], r["value"]) for r in italy.rows("area_years")}
    assert measures == {("IT-NA", "extortions", 7.0), ("IT-NA", "inhabitants", 100.0)}


real = pytest.mark.skipif(
    not (DATA / "it").is_dir(), reason=f"the real Italian files are not in {DATA}"
)
PALERMO = "80016350821"
FILES_OF_A_BUYER = ("lotti", "partecipanti", "aggiudicatari")


@pytest.fixture(scope="module")
def real_italy(tmp_path_factory) -> Reading:
    return read_italy(tmp_path_factory.mktemp("real_italy"), DATA)


def count_rows(name: str) -> int:
    with (DATA / "it" / "appaltipop" / PALERMO / f"{name}.csv").open(encoding="utf-8") as text:
        return sum(1 for _ in csv.DictReader(text))


@real
def test_the_lots_of_palermo_add_up_in_every_table(real_italy):
    totals: dict[tuple[str, str], int] = defaultdict(int)
    for row in real_italy.rows("intake"):
        if PALERMO in row["file"]:
            totals[Path(row["file"]).stem, row["table"]] += row["rows"]
    raw_rows = {name: count_rows(name) for name in FILES_OF_A_BUYER}
    assert {name for name, _ in totals} == set(FILES_OF_A_BUYER)
    assert {key: raw_rows[key[0]] for key in totals} == dict(totals)
    lots = [r for r in real_italy.rows("tenders") if r["tender_id"].startswith(PALERMO)]
    lost = [r for r in real_italy.rows("rejected") if f"{PALERMO}/lotti" in r["file"]]
    assert len(lots) + len(lost) == raw_rows["lotti"] == 206


@real
def test_rows_of_each_table_of_the_real_files(real_italy):
    assert real_italy.report.tables == {
        "area_years": 2416,
        "areas": 127,
        "bids": 68159,
        "buyers": 12,
        "companies": 21018,
        "consortia": 6477,
        "contracts": 18407,
        "list_entries": 3989,
        "tenders": 19318,
    }
    assert None not in real_italy.column("tenders", "procedure")


@real
def test_no_code_of_a_natural_person_is_kept(real_italy):
    code = re.compile(r"\b[A-Z]{6}\d{2}[A-Z]\d{2}[A-Z]\d{3}[A-Z]\b", re.IGNORECASE)
    for table, column in (
        ("companies", "company_id"),
        ("companies", "name"),
        ("bids", "company_id"),
        ("contracts", "supplier_id"),
        ("consortia", "company_id"),
        ("list_entries", "company_id"),
        ("rejected", "found"),
    ):
        found = [text for text in real_italy.column(table, column) if text and code.search(text)]
        assert not found, f"{table}.{column}"


@real
def test_three_confiscated_firms_took_part_and_none_of_them_won(real_italy):
    listed = {
        row["company_id"]
        for row in real_italy.rows("list_entries")
        if row["outcome"] == "confirmed"
    }
    members = {row["consortium_id"]: set() for row in real_italy.rows("consortia")}
    for row in real_italy.rows("consortia"):
        members[row["consortium_id"]].add(row["company_id"])
    took_part, won = set(), set()
    for row in real_italy.rows("bids"):
        firms = members.get(row["company_id"], {row["company_id"]}) & listed
        took_part |= firms
        won |= firms if row["is_winner"] else set()
    assert (len(took_part), len(won)) == (3, 0)
