"""A country that nobody has studied: what its first file knows, and what it does not claim."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from infiltrate.errors import ParamsError
from infiltrate.params.codes import COUNTRIES, CURRENCY_OF
from infiltrate.params.facts import Threshold
from infiltrate.params.load import find_problems, load_params
from infiltrate.params.registry import fill_in, load_registry
from infiltrate.params.study import StudyParams
from infiltrate.sources.checklist import write_checklist
from infiltrate.sources.files import find_files
from infiltrate.sources.known_countries import known_countries
from infiltrate.sources.new_country import start_country
from infiltrate.tables.identifiers import SCHEMES

ROOT = Path(__file__).parents[2]
REGISTRY = load_registry(ROOT / "data" / "registry.yaml")
TODAY = date(2026, 11, 22)
# The same fact is never more certain in a new file than in the one that somebody worked on.
CERTAINTY = ["to_check", "assumed", "seen"]


def start(country: str, folder: Path) -> StudyParams:
    path = folder / f"{country}.yaml"
    path.write_text(start_country(country, REGISTRY, today=TODAY).text, encoding="utf-8")
    params, problems = find_problems(path)
    assert [str(problem) for problem in problems] == []
    assert params is not None
    return params


def amounts(params: StudyParams, regime: str, day: date) -> dict[str, float]:
    return {
        item.category: item.amount
        for item in params.facts.thresholds
        if item.regime == regime
        and item.valid_from <= day
        and (item.valid_to is None or day <= item.valid_to)
    }


@pytest.mark.parametrize("country", ["HU", "MX", "CO", "TV", "XX"])
def test_the_file_loads(country: str, tmp_path: Path) -> None:
    params = start(country, tmp_path)
    assert params.country == country
    assert params.currency == CURRENCY_OF.get(country, "XXX")


@pytest.mark.validate
def test_every_country_can_be_started(tmp_path: Path) -> None:
    for country in sorted(COUNTRIES):
        start(country, tmp_path)


def test_a_member_of_the_union_has_its_thresholds_by_day(tmp_path: Path) -> None:
    germany = start("DE", tmp_path)
    assert amounts(germany, "eu_notice", date(2017, 12, 31))["works"] == 5_225_000
    assert amounts(germany, "eu_notice", date(2024, 1, 1)) == {
        "works": 5_538_000,
        "goods": 221_000,
        "services": 221_000,
    }
    assert amounts(germany, "eu_notice", date(2026, 6, 1))["goods"] == 216_000
    assert amounts(start("PE", tmp_path), "eu_notice", date(2024, 1, 1)) == {}


def test_national_amounts(tmp_path: Path) -> None:
    hungary = start("HU", tmp_path)
    assert amounts(hungary, "national_notice", date(2021, 5, 1))["works"] == 50_000_000
    assert amounts(hungary, "national_notice", date(2017, 5, 1)) == {"works": 25_000_000}
    italy = start("IT", tmp_path)
    assert amounts(italy, "direct_award", date(2020, 7, 16)) == {"any": 40_000}
    assert amounts(italy, "direct_award", date(2023, 7, 1))["services"] == 140_000


@pytest.mark.parametrize("country", ["IT", "GB", "RO", "PE"])
def test_it_agrees_with_the_study_that_is_there(country: str, tmp_path: Path) -> None:
    def key(item: Threshold) -> tuple[object, ...]:
        return item.regime, item.category, item.valid_from

    worked_on = load_params(ROOT / "params" / f"{country.lower()}.yaml")
    there = {key(item): item for item in worked_on.facts.thresholds}
    shared = 0
    for item in start(country, tmp_path).facts.thresholds:
        if (other := there.get(key(item))) is not None:
            shared += 1
            assert item.amount == other.amount
            assert CERTAINTY.index(item.status) <= CERTAINTY.index(other.status)
    assert shared >= 4


def test_sources_are_those_that_can_be_read_as_they_come(tmp_path: Path) -> None:
    def read(country: str) -> dict[str, tuple[str, list[str]]]:
        sources = start(country, tmp_path).sources
        return {source.reader: (source.path, source.data_sets) for source in sources}

    assert read("IT") == {"ocds": ("it/anac/ocds/*.jsonl.gz", ["it_anac_ocds"])}
    # a third party's copy of TED does not stand beside TED
    assert read("RO") == {"ted": ("ted/*.csv", ["eu_ted_awards", "eu_ted_calls"])}
    assert set(read("GB")) == {"ocds", "companies_house", "psc"}
    assert read("CO") == {}
    (source,) = start("PE", tmp_path).sources
    assert source.ocds is not None
    assert (source.ocds.scheme, source.ocds.procedures["Contratación Directa"]) == (
        "PE-RUC",
        "direct_award",
    )


def test_what_the_file_names_is_found_by_its_sources(tmp_path: Path) -> None:
    """Where the registry puts a file is where the source of the new country looks for it."""
    for country in ("IT", "GB", "RO", "PE"):
        for source in start(country, tmp_path).sources:
            entry = REGISTRY.named(source.data_sets[0])
            assert entry is not None
            path = tmp_path / "data" / fill_in(entry.path, TODAY, "2020")
            path.parent.mkdir(parents=True, exist_ok=True)
            kept = path.with_suffix("." + entry.unpack.split(".")[-1]) if entry.unpack else path
            kept.write_text("x")
            assert kept in [file.path for file in find_files(source, tmp_path / "data")]


def test_schemes_and_patterns_are_right() -> None:
    known = known_countries()
    assert {facts["scheme"] for facts in known.values() if "scheme" in facts} <= set(SCHEMES)
    persons = {
        code: re.compile(facts["persons"]) for code, facts in known.items() if "persons" in facts
    }
    assert persons["MX"].fullmatch("ABCD680524P76")
    assert not persons["MX"].fullmatch("ABC680524P76")
    assert persons["PE"].fullmatch("10456789012")
    assert not persons["PE"].fullmatch("20456789012")
    assert not persons["IT"].fullmatch("00080270838")


def test_numbers_of_firms_and_persons_stand_in_the_file() -> None:
    text = start_country("MX", REGISTRY, today=TODAY).text
    assert "scheme: MX-RFC" in text
    assert r"persons: {pattern: '[A-ZÑ&]{4}\d{6}[A-Z0-9]{3}'}" in text
    assert '#   "Adjudicación Directa": direct_award' in text
    assert '#  - id: "simulated_operations"' in text


def test_nothing_it_was_not_told_is_claimed(tmp_path: Path) -> None:
    """A country of which nothing is known says so, and how to begin."""
    begun = start_country("TV", REGISTRY, today=TODAY)
    assert "thresholds:" not in begun.text
    assert any("scheme of firms' numbers is not known" in text for text in begun.missing)
    assert any("registry has no data set of this country" in text for text in begun.missing)


def test_the_checklist_ticks_what_is_there(tmp_path: Path) -> None:
    params = load_params(ROOT / "params" / "it.yaml")
    there = tmp_path / "it/confiscated/confiscated_firms.csv"
    there.parent.mkdir(parents=True)
    there.write_text("key\n")
    text = write_checklist(params, REGISTRY, tmp_path, missing=("One thing.",))
    assert "- [ ] One thing." in text
    assert "- [x] confiscated: it/confiscated/confiscated_firms.csv" in text
    assert "- [ ] crime: it/crime/" in text
    assert "- [ ] 1 lists are about organised crime" in text
    assert "thresholds: direct_award, any, 40,000 EUR, from 2016-04-19 (to_check)" in text
    assert "5,225,000" not in text  # it was seen
    assert all(len(line) <= 100 for line in text.splitlines() if not line.startswith("# "))


def test_a_code_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(ParamsError, match="ISO 3166-1"):
        start_country("ZZ", REGISTRY, today=TODAY)
    assert "country: GB" in start_country("uk", REGISTRY, today=TODAY).text
