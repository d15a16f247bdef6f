"""params/demo.yaml is the parameter file that the simulation writes, kept for a first look."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from infiltrate.params.load import load_params
from infiltrate.synth import simulate_country
from infiltrate.synth.country.market import direct_award_threshold
from infiltrate.synth.spelling import PROCEDURE_SPELLINGS

ROOT = Path(__file__).parents[2]
KEPT = ROOT / "params" / "demo.yaml"


@pytest.fixture(scope="module")
def country(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("parameters") / "demo"
    simulate_country("demo", folder)
    return folder


def test_the_file_kept_is_the_one_written(country):
    first, _, rest = KEPT.read_text(encoding="utf-8").partition("\n")
    assert first == "# yaml-language-server: $schema=schema.json"
    assert rest == (country / "params.yaml").read_text(encoding="utf-8"), (
        "copy data/demo/params.yaml of `infiltrate simulate demo` below the first line"
    )


def test_thresholds_are_those_the_buyers_obey():
    for fact in load_params(KEPT).facts.thresholds:
        year = np.array([fact.valid_from.year])
        works = np.array([fact.category == "works"])
        assert fact.amount == direct_award_threshold(year, works)[0]
        assert fact.status == "assumed"


def test_every_file_feeds_a_table_and_every_source_has_files(country):
    fed = set()
    for source in load_params(KEPT).sources:
        paths = {path.relative_to(country).as_posix() for path in country.glob(source.path)}
        assert paths, source.id
        fed |= paths
    raw = {path.relative_to(country).as_posix() for path in country.rglob("*.*") if path.is_file()}
    closed = {path for path in raw if path.startswith("truth/")} | {"manifest.json", "params.yaml"}
    # the counts are copied into facts.universe
    assert raw - fed - closed == {"places/firm_counts.csv"}


def test_every_spelling_of_a_procedure_has_its_canonical_name():
    params = load_params(KEPT)
    source = next(source for source in params.sources if source.id == "tenders")
    mapping = source.tables["tenders"].columns["procedure"].map
    plain = {name.replace("é", "e").lower(): canonical
             for canonical, names in PROCEDURE_SPELLINGS.items() for name in names}  # fmt: skip
    # the one that is left to `otherwise`
    assert {name: mapping.get(name, "other") for name in plain} == plain


def test_listed_firms_are_enough_to_learn_from(country):
    listed = set(pd.read_csv(country / "truth" / "entries.csv")["company_id"])
    bidding = set()
    for path in country.glob("bids/*.txt"):
        rows = [line.split("|") for line in path.read_text(errors="replace").splitlines()[1:]]
        bidding |= {f"XX-REG:{row[2]}" for row in rows if len(row) == 9}
    assert len(listed & bidding) >= 80
