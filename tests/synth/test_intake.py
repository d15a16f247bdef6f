"""The demonstration read by its own parameters: every spoilt row found, every other row kept."""

import re
from pathlib import Path

import pandas as pd
import pytest

from infiltrate.params.load import load_params
from infiltrate.sources import read_sources
from infiltrate.synth import simulate_demo
from infiltrate.tables.engine import DuckDBEngine
from infiltrate.tables.store import TableStore

ROOT = Path(__file__).parents[2]
MENDED = ("duplicate", "lost_zeros")
# a row that is shifted or cut may break more than one rule; it is told the first
RULES = {
    "bad_date": {"date"},
    "extra_field": {"field_count"},
    "future_date": {"future_date"},
    "mis_encoded": {"encoding"},
    "negative_amount": {"negative_amount"},
    "shifted": {"guard"},
    "truncated": {"field_count"},
    "unknown_currency": {"currency"},
}


@pytest.fixture(scope="module")
def country(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("intake") / "demo"
    simulate_demo(folder)
    return folder


@pytest.fixture(scope="module")
def tables(country, tmp_path_factory) -> dict[str, pd.DataFrame]:
    store = TableStore(tmp_path_factory.mktemp("tables"))
    params = load_params(ROOT / "params" / "demo.yaml")
    with DuckDBEngine() as engine:
        report = read_sources(params, country, store, engine, key=b"k" * 40)
    names = [*report.tables, "intake", "rejected"]
    return {name: store.read(name).to_pandas() for name in names}


@pytest.fixture(scope="module")
def dirt(country) -> pd.DataFrame:
    return pd.read_csv(country / "truth" / "dirt.csv")


def test_rejected_rows_are_exactly_the_spoilt_ones(tables, dirt):
    spoilt = dirt[~dirt["kind"].isin(MENDED)]
    rejected = tables["rejected"]
    assert set(zip(spoilt["file"], spoilt["line"], strict=True)) == set(
        zip(rejected["file"], rejected["line"], strict=True)
    )
    both = rejected.merge(dirt, on=["file", "line"], validate="one_to_one")
    found = both.groupby("kind")["rule"].agg(lambda rules: {rule.split(":")[0] for rule in rules})
    assert found.to_dict() == RULES


def test_repeated_rows_are_merged_once_each(tables, dirt, country):
    intake = tables["intake"]
    identical = intake[intake["rule"] == "identical"].groupby("table")["rows"].sum()
    repeated = dirt[dirt["kind"] == "duplicate"]
    counts = dict.fromkeys(("tenders", "bids", "contracts", "subcontracts"), 0)
    for file, line in zip(repeated["file"], repeated["line"], strict=True):
        text = (country / file).read_bytes().split(b"\n")[line - 1]
        # questions that bidders asked are left out whether repeated or not
        if file.partition("/")[0] in counts and not text.startswith(b"question"):
            counts[file.partition("/")[0]] += 1
    assert {table: identical[table] for table in counts} == counts


def test_lost_zeros_come_back(tables, country):
    known = set(pd.read_csv(country / "truth" / "firms.csv")["company_id"])
    firms = tables["companies"].query("kind == 'company'")["company_id"]
    assert set(firms) <= known
    assert len(firms) > 0.98 * len(known)
    assert set(tables["list_entries"]["company_id"]) <= known


def test_natural_persons_are_pseudonyms_without_names(tables):
    persons = tables["companies"].query("kind == 'natural_person'")
    assert len(persons) > 50
    assert persons["company_id"].str.startswith("XX-REG-P:").all()
    assert persons[["name", "address"]].isna().all().all()
    for name, column in (("bids", "company_id"), ("contracts", "supplier_id")):
        assert not tables[name][column].str.fullmatch(r"XX-REG:9\d{7}").any()
    everything = pd.concat([tables["rejected"]["found"].astype(str)])
    assert not everything.str.contains(r"sole trader", flags=re.IGNORECASE).any()


def test_codes_and_procedures_arrive_whole(tables):
    assert (tables["companies"]["area_id"] == "NA").sum() > 300
    assert "NA" in set(tables["areas"]["area_id"])
    assert (tables["companies"]["sector_id"] == "NACE2:01").any()
    tenders = tables["tenders"]
    assert tenders["procedure"].notna().all()
    # one national name is left to `otherwise`
    assert 0 < (tenders["procedure"] == "other").mean() < 0.03
    assert tenders["buyer_id"].nunique() == len(tables["buyers"])
    assert set(tenders["buyer_id"]) == set(tables["buyers"]["buyer_id"])


def test_amounts_and_days_mean_what_the_publisher_wrote(tables):
    contracts = tables["contracts"].merge(
        tables["tenders"], on=["tender_id", "lot_id"], suffixes=("", "_lot")
    )
    ratio = (contracts["value"] / contracts["estimated_value"]).astype(float).dropna()
    # a decimal comma read as a thousands mark would show as a factor of a hundred
    assert ratio.between(0.4, 1.2).all()
    assert (contracts["signed_on"] > contracts["award_on"]).all()
    assert contracts["buyer_id"].equals(contracts["buyer_id_lot"])
