"""Every indicator and every red flag is the same on Spark as on DuckDB."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from infiltrate.indicators.catalogue import load_catalogue
from infiltrate.indicators.compute import compute_indicators
from infiltrate.indicators.red_flags.catalogue import load_red_flags, relations_needed
from infiltrate.indicators.red_flags.choices import (
    RedFlagChoices,
    default_red_flag_choices,
    read_red_flag_choices,
)
from infiltrate.indicators.red_flags.compute import compute_red_flags, prepare_red_flags
from infiltrate.indicators.summary import summarise_indicators
from infiltrate.indicators.units import UNITS
from infiltrate.params.load import load_params
from infiltrate.params.study import StudyParams
from infiltrate.sources.intake import read_sources
from infiltrate.sources.ocds import OcdsLimits, read_ocds
from infiltrate.synth import simulate_country
from infiltrate.tables.asof import open_as_of
from infiltrate.tables.catalogue import TABLES
from infiltrate.tables.engine import DuckDBEngine, Engine
from infiltrate.tables.store import TableStore
from tests.engines.same import differences
from tests.indicators.country import (
    FACTS,
    draw_country,
    draw_judged_country,
    make_params,
    make_table,
)
from tests.indicators.test_cardinal_properties import FIXED, invent

ROOT = Path(__file__).parents[2]
GENERATOR = ROOT.parent / "shared" / "oracles" / "cardinal" / "gen_ocds.py"
STUDY = make_params(FACTS, {"C11": {"settings": {"product_digits": 2}}})
pytestmark = pytest.mark.slow


def compare(
    tables: Mapping[str, pa.Table],
    spark: Engine,
    duckdb_engine: Engine,
    params: StudyParams = STUDY,
) -> pa.Table:
    results = []
    for engine in (duckdb_engine, spark):
        for name in TABLES:
            engine.register(name, tables.get(name, TABLES[name].arrow_schema.empty_table()))
        results.append(compute_indicators(engine, params))
    for unit in UNITS.values():
        query = f"SELECT * FROM unit_{unit} ORDER BY entity_id"
        assert differences(*(engine.query(query) for engine in (duckdb_engine, spark))) == [], unit
    assert differences(*results) == []
    return results[1]


def test_a_country_with_missing_values_and_ties(spark: Engine, duckdb_engine: Engine) -> None:
    tables = {name: make_table(name, rows) for name, rows in draw_country(5).items()}
    results = compare(tables, spark, duckdb_engine)
    assert set(results["indicator"].to_pylist()) == set(load_catalogue())


def test_a_country_of_which_every_indicator_flags_and_clears_something(
    spark: Engine, duckdb_engine: Engine
) -> None:
    country, params = draw_judged_country()
    tables = {name: make_table(name, rows) for name, rows in country.items()}
    results = compare(tables, spark, duckdb_engine, params)
    rows = results.select(["indicator", "state"]).to_pylist()
    judged = {(row["indicator"], row["state"]) for row in rows}
    states = ("flag", "clear", "not_computable")
    assert judged == {(code, state) for code in load_catalogue() for state in states}


def test_a_country_without_rows(spark: Engine, duckdb_engine: Engine) -> None:
    assert compare({}, spark, duckdb_engine).num_rows == 0


def test_a_country_of_one_contract(spark: Engine, duckdb_engine: Engine) -> None:
    row = {"contract_id": "c", "lot_id": "1", "supplier_id": "s", "buyer_id": "b"}
    tables = {"contracts": make_table("contracts", [row])}
    states = set(compare(tables, spark, duckdb_engine)["state"].to_pylist())
    assert states == {"not_computable"}


def test_the_synthetic_country_as_of_a_day(
    spark: Engine, duckdb_engine: Engine, tmp_path: Path
) -> None:
    params = load_params(ROOT / "params" / "demo.yaml")
    simulate_country("demo", tmp_path / "raw", firms=600)
    store = TableStore(tmp_path / "tables")
    with DuckDBEngine(1.0, 1) as reader:
        read_sources(params, tmp_path / "raw", store, reader, key=b"k" * 40)
    results = []
    for engine in (duckdb_engine, spark):
        open_as_of(store, engine, date(2024, 6, 30), TABLES)
        results.append(compute_indicators(engine, params))
    assert results[0].num_rows > 5_000
    assert differences(*results) == []
    assert summarise_indicators(results[0]).equals(summarise_indicators(results[1]))


def judge(
    releases: Path, folder: Path, spark: Engine, choices: RedFlagChoices
) -> tuple[pa.Table, pa.Table]:
    """Read a file with DuckDB, and compute its red flags on both."""
    needed, _ = relations_needed(choices.flags)
    with DuckDBEngine(1.0, 1, folder) as reader:
        read_ocds([releases], folder, reader, needed, OcdsLimits(duplicates="keep"))
        for name in needed:
            spark.register(name, reader.query(f"SELECT * FROM {name}"))
        prepare_red_flags(reader, choices)
        expected = compute_red_flags(reader, choices)
    prepare_red_flags(spark, choices)
    return expected, compute_red_flags(spark, choices)


@pytest.mark.parametrize("layout", ["own", "cardinal"])
def test_a_generated_file_of_contracting_processes(
    layout: str, spark: Engine, tmp_path: Path
) -> None:
    if not GENERATOR.exists():
        pytest.skip(f"{GENERATOR.name} is not in ../shared/oracles/cardinal")
    path = tmp_path / "generated.jsonl"
    subprocess.run([sys.executable, GENERATOR, "1000", path], check=True, capture_output=True)
    choices = default_red_flag_choices()
    if layout == "cardinal":
        choices = choices.as_cardinal()
    expected, found = judge(path, tmp_path, spark, choices)
    assert differences(expected, found) == []
    flagged = expected.filter(pa.compute.equal(expected["state"], "flag"))
    assert set(flagged["indicator"].to_pylist()) == set(load_red_flags())


@pytest.mark.parametrize("number", [1, 60])
def test_invented_processes_with_odd_bids(number: int, spark: Engine, tmp_path: Path) -> None:
    settings: dict[str, dict[str, Any]] = FIXED
    path = tmp_path / "invented.jsonl"
    releases = invent(random.Random(number).randint(0, 99), number)
    path.write_text("".join(f"{json.dumps(release)}\n" for release in releases))
    choices = read_red_flag_choices(settings, "settings")
    assert differences(*judge(path, tmp_path, spark, choices)) == []
