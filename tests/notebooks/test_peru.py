"""The real Peruvian files through the whole study: every row, every link, and the refusal."""

from __future__ import annotations

import csv
import os
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from infiltrate.params.load import load_params
from infiltrate.runs.run import run_study
from infiltrate.runs.stages import read_stages
from infiltrate.sources import read_sources
from infiltrate.tables.engine import DuckDBEngine
from infiltrate.tables.store import TableStore
from tests.notebooks.pages import (
    FEW_DRAWS,
    assert_complete,
    read_estimates,
    read_manifest,
    read_pages,
    read_visible,
)

ROOT = Path(__file__).parents[2]
PARAMS = ROOT / "params" / "pe.yaml"
DATA = Path(os.environ.get("INFILTRATE_DATA", ROOT.parent / "shared" / "data")).resolve()
AWARDS = 14_532
REJECTED_AWARDS = {"guard:entidad_ruc": 241, "guard:moneda": 86, "guard:n_item": 44}
# Columns of the award file that become bids, contracts and members of consortia. One penalised
# firm stands only in `ruc_proveedor`, beside the bid and the contract of another: no bid is its.
SUPPLIERS = ("ruc_codigo_postor", "ruc_contratista", "ruc_destinatario_pago")
LISTS = {
    "tce_debarment": ("tce_sanctions.csv", "tce"),
    "contract_penalty": ("osce_penalties_2019.csv", "penalties"),
}

pytestmark = pytest.mark.skipif(
    not (DATA / "pe").is_dir(),
    reason=f"the real Peruvian files are not in {DATA}; set INFILTRATE_DATA to their folder",
)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("peru") / "results"
    run_study(PARAMS, DATA, folder, ROOT / "notebooks", overrides=FEW_DRAWS, say=lambda line: None)
    return folder


@pytest.fixture(scope="module")
def store(results: Path) -> TableStore:
    return TableStore(results / "tables")


def rejected_lines(store: TableStore, source_id: str) -> set[int]:
    """Lines that no table took; the header is line 1."""
    return {
        row["line"]
        for row in store.read("rejected").to_pylist()
        if row["source_id"] == source_id and row["table"] == ""
    }


def sound_rows(name: str, rejected: set[int]) -> Iterator[dict[str, str]]:
    """Rows of a raw file as Python's own reader sees them, without the rejected ones."""
    with (DATA / "pe" / name).open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        last_line = reader.line_num or 1
        for row in reader:
            line, last_line = max(last_line, 1) + 1, reader.line_num
            if line not in rejected:
                yield row


def test_everything_a_run_promises_is_there(results: Path) -> None:
    assert_complete(results, read_stages(ROOT / "notebooks"), DATA)


def test_every_award_row_is_in_a_table_or_rejected(store: TableStore) -> None:
    totals: Counter[str] = Counter()
    rejected: Counter[str] = Counter()
    for row in store.read("intake").to_pylist():
        if row["source_id"] == "osce":
            totals[row["table"]] += row["rows"]
            if row["outcome"] == "rejected" and row["table"] == "tenders":
                rejected[row["rule"]] += row["rows"]
    assert {name.split("/")[0] for name in totals} >= {"buyers", "tenders", "bids", "contracts"}
    assert set(totals.values()) == {AWARDS}
    assert rejected == REJECTED_AWARDS
    assert sum(rejected.values()) == 371
    assert len(rejected_lines(store, "osce")) == 371


def test_listed_suppliers_are_found_among_those_of_the_awards(store: TableStore) -> None:
    awards = list(sound_rows("osce_awards_2019.csv", rejected_lines(store, "osce")))
    assert len(awards) == AWARDS - 371
    suppliers = {row[column] for row in awards for column in SUPPLIERS}
    seen = set(store.read("bids")["company_id"].to_pylist())
    seen |= set(store.read("contracts")["supplier_id"].to_pylist())
    seen |= set(store.read("consortia")["company_id"].to_pylist())
    companies = store.read("companies").to_pylist()
    known = {row["company_id"] for row in companies}
    registered = {row["company_id"] for row in companies if row["in_registry"]}
    found = {}
    for list_id, (name, source_id) in LISTS.items():
        listed = {
            row["company_id"]
            for row in store.read("list_entries").to_pylist()
            if row["list_id"] == list_id
        }
        raw = {row["ruc_proveedor"] for row in sound_rows(name, rejected_lines(store, source_id))}
        assert len(listed) == len(raw)
        assert len(listed & seen) == len(raw & suppliers)
        assert listed <= known
        found[list_id] = (len(listed), len(listed & seen), len(listed & registered))
    # listed; of them in the awards; of them in the extract of the tax registry
    assert found == {"tce_debarment": (76, 76, 26), "contract_penalty": (72, 71, 30)}


def test_two_readings_give_the_same_bytes(tmp_path: Path) -> None:
    readings = []
    for number in (1, 2):
        with DuckDBEngine(memory_gib=1.0, threads=number) as engine:
            here = TableStore(tmp_path / str(number))
            read_sources(load_params(PARAMS), DATA, here, engine, key=b"k" * 32)
        readings.append({path.name: path.read_bytes() for path in here.folder.iterdir()})
    assert len(readings[0]) > 9
    assert readings[0] == readings[1]


def test_the_report_refuses_and_says_what_the_lists_are_not_about(results: Path) -> None:
    index = read_visible(read_pages(results)["index.html"])
    assert "Not answered, and why" in index
    assert "No list of this study says that a firm is tied to organised crime" in index
    for definition in load_params(PARAMS).lists:
        assert not definition.organised_crime
        assert f"'{definition.title}' names firms" in index
    assert "no method turns one into the other" in index

    estimates = [row for row in read_estimates(results) if "infiltrated" in row["estimand"]]
    assert "reject" in {row["status"] for row in estimates}
    for row in estimates:
        assert row["status"] != "use", row
        assert row["value"] == "", row
        assert (row["low"], row["high"]) in {("", ""), ("0.0", "1.0")}, row


def test_no_page_shows_a_number_or_name_of_a_firm_buyer_or_person(
    results: Path, store: TableStore
) -> None:
    names = {
        name
        for table in ("companies", "buyers")
        for name in store.read(table)["name"].to_pylist()
        if name
    } - set(store.read("areas")["name"].to_pylist())  # a firm may be named like a province
    assert len(names) > 1_000
    ruc = re.compile(r"(?<![\w.])(?:10|15|17|20)\d{9}(?![\w.])")
    assert ruc.search("RUC 20123456789,")
    for page, html in read_pages(results).items():
        assert not ruc.findall(html), page
        text = read_visible(html).casefold()
        shown = [name for name in names if len(name) > 8 and name.casefold() in text]
        assert not shown, page


def test_the_warnings_of_the_sources_are_recorded(results: Path) -> None:
    warnings = read_manifest(results)["warnings"]
    assert "contracts: 77 rows with signed_on after end_on" in warnings
