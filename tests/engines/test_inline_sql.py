"""SQL written inside Python of stages that may run on Spark: portable, and equal on both."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from infiltrate.indicators import bid_frames, contract_units
from infiltrate.indicators.catalogue import CONTRACT_LEVELS
from infiltrate.indicators.compute import compute_indicators
from infiltrate.indicators.flag_examination import examine_flags
from infiltrate.params.choices import EngineChoices
from infiltrate.params.study import StudyParams
from infiltrate.risk import features, groups, labels, traits
from infiltrate.tables.catalogue import TABLES
from infiltrate.tables.engine import DuckDBEngine, Engine, Parameters
from infiltrate.tables.spark_sql import to_spark
from infiltrate.tables.store import TableStore
from tests.engines.same import NEARLY
from tests.health.sql_lint import lint_sql
from tests.indicators.country import draw_judged_country, make_table

DAY = date(2019, 12, 31)
LIST = {
    "id": "court",
    "title": "A list",
    "authority": "an invented authority",
    "legal_basis": "an invented law",
    "nature": "court_final",
    "organised_crime": True,
    "exposure": "public_suppliers",
    "source": "invented",
}


class Recorder(DuckDBEngine):
    """DuckDB that writes down what it is asked."""

    asked: list[tuple[str, Parameters | None]]

    def query(self, sql: str, parameters: Parameters | None = None) -> object:
        self.asked.append((sql, parameters))
        return super().query(sql, parameters)

    def frame(self, sql: str, parameters: Parameters | None = None) -> pd.DataFrame:
        self.asked.append((sql, parameters))
        return super().frame(sql, parameters)

    def execute(self, sql: str, parameters: Parameters | None = None) -> None:
        self.asked.append((sql, parameters))
        super().execute(sql, parameters)


def make_study(engine: str = "duckdb") -> StudyParams:
    _, params = draw_judged_country()
    given = params.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
    given["choices"]["engine"] = {"name": engine, "memory_gib": 1.0}
    given["choices"]["flags"] = {"permutations": 99}
    return StudyParams.model_validate({**given, "lists": [LIST]})


def fill_store(folder: Path) -> TableStore:
    store = TableStore(folder)
    country, _ = draw_judged_country()
    for number, entry in enumerate(country["list_entries"]):
        entry["listed_on"] = date(2019, 1 + number % 12, 1)
    for name, rows in country.items():
        store.write(name, make_table(name, rows), TABLES[name].key)
    return store


def read_frames(engine: Engine, params: StudyParams) -> dict[str, pd.DataFrame]:
    """Read everything that notebooks about contracts and bids read through the engine."""
    results = compute_indicators(engine, params, CONTRACT_LEVELS)
    units = contract_units.gather_contract_units(engine, results)
    rng = np.random.default_rng(1)
    examined = examine_flags(engine, params, results, rng)
    return {
        "about": units.about,
        "values": units.values,
        "flags": units.flags,
        "markets": contract_units.read_markets(engine).to_frame(),
        "sections": contract_units.read_supplier_sections(engine, units).to_frame(),
        "bid amounts": bid_frames.read_bid_amounts(engine),
        "meetings": bid_frames.read_meetings(engine, params.choices.bidding.groups),
        "contract amounts": bid_frames.read_contract_amounts(engine),
        "estimated amounts": bid_frames.read_estimated_amounts(engine),
        "base rates": examined.rates,
        "verdicts": examined.verdicts,
    }


def describe_firms(store: TableStore, params: StudyParams) -> dict[str, pd.DataFrame]:
    """Read everything that the ranking of firms reads; it opens its engines itself."""
    described = features.build_features(store, params, DAY)
    grouped = groups.group_companies(store, params, DAY)
    companies = described.features.index
    return {
        "features": described.features,
        "groups": grouped.groups,
        "regions": grouped.dealt_regions,
        "exposed": labels.find_exposed(store, params, DAY, companies),
        "traits": traits.describe_traits(
            store,
            params,
            DAY,
            described.features,
            size_class=described.size_class,
            home_region=grouped.home_region,
        ),
        "days": pd.DataFrame({"day": labels.choose_as_of(store, params)}),
    }


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Callable[..., DuckDBEngine]:
    Recorder.asked = []

    def make(choices: EngineChoices | None = None) -> DuckDBEngine:
        """Write down what would run on Spark; the rest runs on DuckDB in every study."""
        stays = choices is not None and choices.name == "duckdb"
        return DuckDBEngine(1.0, 1) if stays else Recorder(1.0, 1)

    for module in (features, groups, labels, traits):
        monkeypatch.setattr(module, "open_engine", make)
    return make


def test_what_stages_on_spark_ask_keeps_to_the_rules(
    recorder: Callable[..., DuckDBEngine], tmp_path: Path
) -> None:
    store, params = fill_store(tmp_path), make_study("spark")
    with recorder() as engine:
        store.open(engine, TABLES)
        found = read_frames(engine, params)
    found |= describe_firms(store, params)
    assert [name for name, frame in found.items() if frame.empty] == []
    assert len(Recorder.asked) > 150
    breaches = {}
    for sql, parameters in Recorder.asked:
        if "read_parquet" in sql or sql.startswith(("DROP", "ALTER")):
            continue
        breaches |= {breach.rule: f"{breach}: {sql}" for breach in lint_sql(sql, "asked")}
        to_spark(sql, parameters)
    assert breaches == {}


@pytest.mark.slow
def test_contracts_and_bids_are_read_the_same(
    spark: Engine, duckdb_engine: Engine, tmp_path: Path
) -> None:
    store, params = fill_store(tmp_path), make_study()
    found = []
    for engine in (duckdb_engine, spark):
        store.open(engine, TABLES)
        found.append(read_frames(engine, params))
    compare(*found)


@pytest.mark.slow
def test_firms_are_described_the_same(spark: Engine, tmp_path: Path) -> None:
    store = fill_store(tmp_path)
    spark.register("companies", make_table("companies", [{"company_id": "study's own"}]))
    compare(*(describe_firms(store, make_study(name)) for name in ("duckdb", "spark")))
    # an engine that opens and closes beside that of the study leaves its tables alone
    assert spark.query("SELECT company_id AS company_id FROM companies").num_rows == 1


def compare(one: dict[str, pd.DataFrame], other: dict[str, pd.DataFrame]) -> None:
    for name, frame in one.items():
        pd.testing.assert_frame_equal(frame, other[name], rtol=NEARLY, atol=NEARLY, obj=name)
