"""params/demo.yaml describes the very files that the simulation writes."""

from pathlib import Path

import pytest

from infiltrate.params.load import load_params
from infiltrate.synth import simulate_demo
from infiltrate.synth.population import simulate_population
from infiltrate.synth.publish import count_active_firms
from infiltrate.synth.scenario import Scenario
from infiltrate.synth.spelling import PROCEDURE_SPELLINGS

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def params():
    return load_params(ROOT / "params" / "demo.yaml")


@pytest.fixture(scope="module")
def scenario():
    return Scenario()


@pytest.fixture(scope="module")
def country(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("parameters") / "demo"
    simulate_demo(folder)
    return folder


def test_official_counts_are_those_of_the_statistical_office(params, scenario):
    counts = count_active_firms(simulate_population(scenario), scenario)
    published = {
        (row.province or None, f"NACE2:{row.activity}" if row.activity else None): row.firms
        for row in counts.itertuples()
    }
    assert {
        (fact.area_id, fact.sector_id): fact.firms for fact in params.facts.universe
    } == published


def test_thresholds_are_those_the_buyers_obey(params, scenario):
    before, after = scenario.direct_award_other
    for fact in params.facts.thresholds:
        old = fact.valid_from.year < scenario.direct_award_changed_in
        other = before if old else after
        assert fact.amount == (scenario.direct_award_works if fact.category == "works" else other)
        assert fact.status == "assumed"


def test_lists_are_those_of_the_scenario(params, scenario):
    designs = {design.id: design for design in scenario.lists}
    assert {definition.id for definition in params.lists} == set(designs)
    for definition in params.lists:
        design = designs[definition.id]
        prior = definition.false_positives
        assert (definition.exposure == "public_suppliers") == design.suppliers_only
        assert prior.a / (prior.a + prior.b) == pytest.approx(design.false_share, rel=0.35)
        assert definition.organised_crime == (definition.id != "tax")
        assert definition.coverage_from == scenario.lists_from
        assert definition.coverage_to == scenario.observed_on


def test_every_file_feeds_a_table_and_every_source_has_files(params, country):
    fed = set()
    for source in params.sources:
        paths = {path.relative_to(country).as_posix() for path in country.glob(source.path)}
        assert paths, source.id
        fed |= paths
    raw = {path.relative_to(country).as_posix() for path in country.rglob("*.*") if path.is_file()}
    closed = {path for path in raw if path.startswith("truth/")} | {"manifest.json"}
    # the counts are copied into facts.universe
    assert raw - fed - closed == {"places/firm_counts.csv"}


def test_every_spelling_of_a_procedure_has_its_canonical_name(params):
    source = next(source for source in params.sources if source.id == "tenders")
    mapping = source.tables["tenders"].columns["procedure"].map
    plain = {name.replace("é", "e").lower(): canonical
             for canonical, names in PROCEDURE_SPELLINGS.items() for name in names}  # fmt: skip
    # the one that is left to `otherwise`
    assert {name: mapping.get(name, "other") for name in plain} == plain


def test_listed_firms_are_enough_to_learn_from(country):
    listed, bidding = set(), set()
    for path in (country / "truth").glob("entries.csv"):
        listed |= {line.split(",")[1] for line in path.read_text().splitlines()[1:]}
    for path in country.glob("bids/*.txt"):
        rows = [line.split("|") for line in path.read_text(errors="replace").splitlines()[1:]]
        bidding |= {f"XX-REG:{row[4]}" for row in rows if len(row) == 12}
    assert len(listed & bidding) >= 100
