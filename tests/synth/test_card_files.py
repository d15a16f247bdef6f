"""Raw files of a card's country: the same draw as in memory, read back by their own parameters."""

import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from infiltrate.linkage.links import link_records
from infiltrate.linkage.publish import publish_links
from infiltrate.params.load import load_params
from infiltrate.prevalence.lists import build_exposure
from infiltrate.runs.check import check_study
from infiltrate.sources import read_sources
from infiltrate.synth import simulate_country, simulate_tables
from infiltrate.synth.country.cards import CARDS
from infiltrate.synth.country.conduct import STATED_BY, state_conduct
from infiltrate.synth.country.places import DIVISIONS
from infiltrate.synth.country.publish_lists import state_entries
from infiltrate.synth.country.register import describe_register
from infiltrate.synth.country.tables import draw_country
from infiltrate.synth.country.textfile import TextWriter
from infiltrate.synth.names import name_companies
from infiltrate.synth.rawfile import RawFile
from infiltrate.synth.scenario import DirtRates
from infiltrate.synth.spelling import PROCEDURE_SPELLINGS
from infiltrate.tables.catalogue import TABLES
from infiltrate.tables.engine import DuckDBEngine
from infiltrate.tables.store import TableStore

FIRMS = 2_000
SEED = 4
MENDED = ("duplicate", "lost_zeros")


@pytest.fixture(scope="module")
def country(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("card") / "high"
    simulate_country("high", folder, firms=FIRMS, seed=SEED)
    return folder


@pytest.fixture(scope="module")
def drawn():
    return simulate_tables("high", FIRMS, SEED)


@pytest.fixture(scope="module")
def store(country, tmp_path_factory) -> TableStore:
    store = TableStore(tmp_path_factory.mktemp("tables"))
    with DuckDBEngine() as engine:
        params = load_params(country / "params.yaml")
        read_sources(params, country, store, engine, key=b"k" * 40)
        store.open(engine, TABLES)
        choices = params.choices
        publish_links(engine, store, link_records(engine, choices.linkage, choices.engine))
    return store


@pytest.fixture(scope="module")
def dirt(country) -> pd.DataFrame:
    return pd.read_csv(country / "truth" / "dirt.csv")


def _hashes(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize("name", CARDS)
def test_every_card_comes_with_parameters_that_pass_the_check(name, tmp_path):
    report = simulate_country(name, tmp_path / name, firms=FIRMS, seed=SEED)
    params = check_study(tmp_path / name / "params.yaml", tmp_path / name)
    assert report.firms == FIRMS
    assert {one.id for one in params.lists} == {one.id for one in CARDS[name].lists}
    assert {fact.firms for fact in params.facts.universe if not fact.area_id} >= {FIRMS}
    assert name in params.title


def test_same_seed_same_bytes(country, tmp_path):
    assert not simulate_country("high", tmp_path / "again", firms=FIRMS, seed=SEED).unchanged
    assert _hashes(tmp_path / "again") == _hashes(country)
    assert simulate_country("high", tmp_path / "again", firms=FIRMS, seed=SEED).unchanged
    simulate_country("high", tmp_path / "again", firms=FIRMS, seed=SEED + 1)
    assert _hashes(tmp_path / "again")["truth/firms.csv"] != _hashes(country)["truth/firms.csv"]


def test_manifest_holds_the_hash_of_every_file(country):
    manifest = json.loads((country / "manifest.json").read_text())
    hashes = _hashes(country)
    assert manifest["files"] == {path: hashes[path] for path in hashes if path != "manifest.json"}


def test_files_hold_the_country_that_is_in_memory(country, drawn):
    truth = pd.read_csv(country / "truth" / "firms.csv", keep_default_na=False)
    active = truth[truth["active"] == 1].set_index("company_id")
    assert list(active.index) == list(drawn.firms["company_id"])
    assert (active["infiltrated"].to_numpy() == drawn.infiltrated).all()
    assert (active["type"].to_numpy() == drawn.kind).all()


def test_lists_read_back_are_those_in_memory_but_for_dirt(country, store, drawn, dirt):
    params = load_params(country / "params.yaml")
    with DuckDBEngine() as engine:
        store.open(engine, TABLES)
        read = build_exposure(engine, params)
    position = pd.Index(drawn.firms["company_id"]).get_indexer(read.companies["company_id"])
    assert (position >= 0).all()
    assert read.list_ids == drawn.list_ids
    assert read.denominator.is_official
    assert read.denominator.firms == FIRMS
    lost = dirt[dirt["file"].str.startswith("lists/") & ~dirt["kind"].isin(MENDED)]
    missed = (drawn.listed[position] & ~read.listed).sum()
    assert missed <= len(lost) + 0.02 * drawn.listed.sum()
    # what nobody could match in memory is found by its name in the files
    truth = pd.read_csv(country / "truth" / "entries.csv")
    found = truth[(truth["unmatched"] == 1) | (truth["typed_wrong"] == 1)]
    able = set(zip(found["company_id"], found["list_id"], strict=True))
    rows, columns = np.nonzero(read.listed & ~drawn.listed[position])
    extra = {
        (read.companies["company_id"].iloc[row], read.list_ids[column])
        for row, column in zip(rows, columns, strict=True)
    }
    assert extra and extra <= able
    away = dirt[dirt["file"].str.startswith("contracts/") & ~dirt["kind"].isin(MENDED)]
    assert (read.exposed <= drawn.exposed[position]).all()
    assert (drawn.exposed[position] & ~read.exposed).sum() <= len(away)
    assert len(read.companies) > 0.98 * FIRMS


def test_days_that_lists_state_reach_the_entries(store):
    draw = draw_country(CARDS["high"], FIRMS, SEED)
    entries = draw.detection.entries.assign(stated=state_conduct(draw))
    entries = entries[entries["stated"].notna()]
    number = draw.firms["number"].to_numpy()[entries["firm"]]
    company = "XX-REG:" + pd.Series(number).astype(str).str.zfill(8)
    drawn = dict(zip(zip(entries["list_id"], company, strict=True), entries["stated"], strict=True))
    found = store.read("list_entries").to_pandas().dropna(subset="conduct_from")
    assert set(found["list_id"]) == set(STATED_BY)
    assert len(found) > 0.8 * len(entries) > 10
    key = zip(found["list_id"], found["company_id"], strict=True)
    wanted = pd.Series([drawn.get(one) for one in key], found.index)
    same = pd.to_datetime(found["conduct_from"]) == pd.to_datetime(wanted)
    # dirt spoils a few dates, and a number typed wrong may lead to another company
    assert np.mean(same) > 0.9


def test_measures_of_areas_are_those_in_memory(country, drawn):
    raw = pd.read_csv(country / "places" / "area_years.csv", dtype={"area": str})
    pd.testing.assert_frame_equal(raw, drawn.area_years, check_dtype=False)
    stated = load_params(country / "params.yaml").choices.prevalence.effort_measures
    assert stated and set(stated) < set(raw["measure"])


def test_firms_that_file_no_accounts_are_those_in_memory(store, drawn):
    filers = set(store.read("accounts").to_pandas()["company_id"])
    filed = drawn.firms["company_id"].isin(filers).to_numpy()
    assert not (filed & ~drawn.files_accounts).any()
    assert filed[drawn.files_accounts].mean() > 0.98
    assert 0.6 < drawn.files_accounts.mean() < 0.9


def test_lists_state_numbers_that_are_missing_wrong_or_another_company_s():
    draw = draw_country(replace(CARDS["high"], typed_wrong=0.1), 20_000, 1)
    entries = state_entries(draw, describe_register(draw))
    own = draw.firms["number"].to_numpy()
    number, right = entries["number"].to_numpy(), own[entries["firm"]]
    wrong = entries["typed_wrong"].to_numpy() & (number >= 0)
    assert (number[entries["unmatched"]] == -1).all()
    assert (number[(number >= 0) & ~wrong] == right[(number >= 0) & ~wrong]).all()
    assert (number[wrong] != right[wrong]).all()
    assert 0.1 < np.isin(number[wrong], own).mean() < 0.5
    for _, part in entries.groupby("list_id"):
        assert 0.01 < (part["number"] < 0).mean() < 0.15


def test_lists_spell_names_in_their_own_way_and_few_companies_share_one():
    draw = draw_country(CARDS["high"], 20_000, 1)
    register = describe_register(draw)
    repeated = register["name"].duplicated(keep=False).mean()
    assert 0.02 < repeated < 0.25
    entries = state_entries(draw, register)
    registered = register["name"].to_numpy()[entries["firm"]]
    same = entries["name"].to_numpy() == registered
    assert 0.1 < same.mean() < 0.5
    assert entries["name"].str.len().gt(0).all()


def test_rejected_rows_are_exactly_the_spoilt_ones(store, dirt):
    spoilt = dirt[~dirt["kind"].isin(MENDED)]
    rejected = store.read("rejected").to_pandas()
    assert len(spoilt) > 80
    assert set(zip(spoilt["file"], spoilt["line"], strict=True)) == set(
        zip(rejected["file"], rejected["line"], strict=True)
    )


def test_read_tables_are_complete(store, country):
    counts = {name: store.read(name).num_rows for name in TABLES if store.exists(name)}
    assert set(TABLES) - set(counts) == {"consortia", "company_identifiers"}
    assert all(counts.values())
    companies = store.read("companies").to_pandas()
    assert set(companies.query("kind == 'company'")["status"]) <= {
        "active",
        "dormant",
        "liquidation",
        "dissolved",
    }
    owners = store.read("ownership").to_pandas()
    assert owners["share_low"].between(0.25, 0.75).all()
    assert (owners["share_high"] - owners["share_low"]).round(6).eq(0.25).all()
    persons = owners["owner_kind"] == "natural_person"
    assert owners.loc[persons, "owner_id"].str.startswith("XX-REG-P:").all()
    assert owners.loc[~persons, "owner_id"].str.contains(r"^[A-Z]{2}-[A-Z]{3}:\d{8}$").all()
    officers = store.read("officers").to_pandas()
    assert officers["officer_id"].str.startswith("XX-REG-P:").all()
    accounts = store.read("accounts").to_pandas()
    assert accounts["revenue"].astype(float).median() > 100_000
    assert (accounts["filed_on"] > accounts["year_end_on"]).all()


def test_owners_lead_to_companies_of_the_register(store):
    companies = set(store.read("companies").to_pandas()["company_id"])
    owners = store.read("ownership").to_pandas()
    here = owners["company_id"].str.startswith("XX-REG")
    assert owners.loc[here, "company_id"].isin(companies).mean() > 0.98


def test_nothing_outside_the_truth_says_who_is_infiltrated(country):
    word = re.compile(rb"infiltrat|functional|relational|competitive|is_cover|arranged|effort")
    for path in country.rglob("*"):
        inside = path.is_file() and path.name not in ("params.yaml", "manifest.json")
        if inside and path.parent.name != "truth":
            assert not word.search(path.read_bytes()), path.name


def test_every_source_has_files_and_every_file_a_source(country):
    params = load_params(country / "params.yaml")
    fed = {path for source in params.sources for path in country.glob(source.path)}
    raw = {path for path in country.rglob("*") if path.is_file() and path.parent.name != "truth"}
    left = {path.name for path in raw - fed}
    assert left == {"params.yaml", "manifest.json", "firm_counts.csv"}
    assert not any("truth" in source.path for source in params.sources)


def test_every_spelling_of_a_procedure_has_its_canonical_name(country):
    params = load_params(country / "params.yaml")
    source = next(source for source in params.sources if source.id == "tenders")
    mapping = source.tables["tenders"].columns["procedure"].map
    plain = {name.replace("é", "e").lower(): canonical
             for canonical, names in PROCEDURE_SPELLINGS.items() for name in names}  # fmt: skip
    assert {name: mapping.get(name, "other") for name in plain} == plain


def test_every_division_has_trades_for_names():
    codes = np.array([division.code for division in DIVISIONS], dtype=object)
    assert len(set(name_companies(codes, np.random.default_rng(1)))) == len(codes)


def _write(folder: Path, parts: list[pa.Table], rates: DirtRates, **options: object) -> tuple:
    layout = RawFile("x.txt", pd.DataFrame(columns=["a", "b"]), delimiter="|", **options)
    writer = TextWriter(layout, folder, rates, np.random.default_rng(1))
    for part in parts:
        writer.append(part)
    return writer.close(), (folder / "x.txt").read_bytes()


def test_parts_of_a_file_follow_each_other(tmp_path):
    parts = [pa.table({"a": ["é", "y"], "b": [1, None]}), pa.table({"a": ["z"], "b": [3]})]
    none = DirtRates(**dict.fromkeys(DirtRates.__dataclass_fields__, 0.0))
    written, content = _write(tmp_path, parts, none, titles=("T",), encoding="latin-1")
    assert content == "T\na|b\né|1\ny|\nz|3\n".encode("latin-1")
    assert written.rows == 3
    assert written.sha256 == hashlib.sha256(content).hexdigest()
    assert written.dirt.empty


def test_spoilt_lines_of_later_parts_are_counted_from_the_first(tmp_path):
    none = dict.fromkeys(DirtRates.__dataclass_fields__, 0.0)
    rates = DirtRates(**(none | {"duplicate": 0.2, "extra_field": 0.2}))
    parts = [pa.table({"a": [f"p{n}_{i}" for i in range(10)], "b": range(10)}) for n in range(3)]
    written, content = _write(tmp_path, parts, rates, dirt=1.0)
    lines = content.decode().splitlines()
    assert written.rows == len(lines) - 1 == 30 + (written.dirt["kind"] == "duplicate").sum()
    assert written.dirt["kind"].value_counts().to_dict() == {"duplicate": 6, "extra_field": 6}
    for line, kind in zip(written.dirt["line"], written.dirt["kind"], strict=True):
        text = lines[line - 1]
        assert text == lines[line - 2] if kind == "duplicate" else text.count("|") == 2


def test_natural_persons_are_pseudonyms_without_names(store):
    companies = store.read("companies").to_pandas()
    persons = companies.query("kind == 'natural_person'")
    assert len(persons) > 10
    assert persons["company_id"].str.startswith("XX-REG-P:").all()
    assert persons[["name", "address"]].isna().all().all()
    assert not store.read("bids").to_pandas()["company_id"].str.fullmatch(r"XX-REG:9\d{7}").any()


def test_infiltrated_suppliers_pay_those_who_lost_to_them(store, country):
    truth = pd.read_csv(country / "truth" / "firms.csv").set_index("company_id")
    paid = store.read("subcontracts").to_pandas()
    lots = store.read("contracts").to_pandas()[["contract_id", "tender_id"]]
    bids = store.read("bids").to_pandas()[["tender_id", "company_id"]].assign(lost=True)
    paid = paid.merge(lots, on="contract_id").merge(
        bids, how="left", left_on=["tender_id", "subcontractor_id"],
        right_on=["tender_id", "company_id"],
    )  # fmt: skip
    shares = paid["lost"].notna().groupby(paid["supplier_id"].map(truth["infiltrated"])).mean()
    assert shares[1] > 2 * shares[0]
