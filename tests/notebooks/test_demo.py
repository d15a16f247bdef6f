"""The real notebooks on a small invented country: whole, repeatable, and no more than needed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from infiltrate.report.disclosure import check_page
from infiltrate.runs.run import RunResult, run_study
from infiltrate.runs.stages import Stage, read_stages
from infiltrate.synth import simulate_country
from infiltrate.tables.store import TableStore
from tests.notebooks.pages import (
    FEW_DRAWS,
    assert_complete,
    numbers_of_a_run,
    read_manifest,
    read_pages,
    read_visible,
)

ROOT = Path(__file__).parents[2]
NOTEBOOKS = ROOT / "notebooks"
FIRMS = 800
CHOICE = "choices.prevalence.draws=210"


@dataclass(frozen=True)
class Country:
    """A small invented country with the parameter file that came with it."""

    data: Path

    def run(self, results: Path, *settings: str) -> tuple[RunResult, list[str]]:
        said: list[str] = []
        result = run_study(
            self.data / "params.yaml",
            self.data,
            results,
            NOTEBOOKS,
            overrides=[*FEW_DRAWS, *settings],
            say=said.append,
        )
        return result, said


@pytest.fixture(scope="module")
def stages() -> list[Stage]:
    return read_stages(NOTEBOOKS)


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Country:
    data = tmp_path_factory.mktemp("data") / "demo"
    simulate_country("demo", data, firms=FIRMS)
    return Country(data)


@pytest.fixture(scope="module")
def results(country: Country, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("first") / "results" / "demo"
    result, _ = country.run(folder)
    assert result.report == folder.resolve() / "report" / "index.html"
    return folder


def test_everything_a_run_promises_is_there(
    results: Path, stages: list[Stage], country: Country
) -> None:
    assert_complete(results, stages, country.data)
    manifest = read_manifest(results)
    assert {stage["reason"] for stage in manifest["stages"][:1]} == {"never run"}
    assert {"choices.as_of", "choices.seed"} <= {row["path"] for row in manifest["differences"]}
    assert 0.7 * FIRMS < manifest["tables"]["companies"] < 1.3 * FIRMS


def test_warnings_stand_on_the_first_page(results: Path) -> None:
    warnings = read_manifest(results)["warnings"]
    assert warnings
    index = read_visible(read_pages(results)["index.html"])
    for warning in warnings:
        assert " ".join(warning.split()) in index


def test_no_page_names_a_firm_a_buyer_or_a_person(results: Path) -> None:
    store = TableStore(results / "tables")
    ids, names = set(), set()
    for table, key in (("companies", "company_id"), ("buyers", "buyer_id")):
        rows = store.read(table)
        ids.update(rows[key].to_pylist())
        names.update(name for name in rows["name"].to_pylist() if name)
    assert len(names) > FIRMS / 2
    places = {name for name in store.read("areas")["name"].to_pylist() if name}
    for page, html in read_pages(results).items():
        check_page(html, ids, names, page=page, allowed_texts=places)
        # the same by plain search, which shares no code with what the run itself looked for
        text = read_visible(html)
        assert not [name for name in names - places if len(name) > 8 and name in text], page
        assert not [identifier for identifier in ids if identifier in html], page


def test_no_page_names_a_place_on_this_machine(results: Path, country: Country) -> None:
    for page, html in read_pages(results).items():
        for place in (results, country.data, ROOT, Path.home()):
            assert str(place) not in html, page
        assert "../.." not in html, page


def test_a_second_run_does_nothing(results: Path, country: Country) -> None:
    before = numbers_of_a_run(results)
    result, said = country.run(results)
    assert result.ran == ()
    assert said[0].startswith("Nothing to do")
    assert numbers_of_a_run(results) == before


def test_a_choice_reruns_what_declares_it_and_gives_what_another_folder_gives(
    results: Path, country: Country, stages: list[Stage], tmp_path: Path
) -> None:
    before = numbers_of_a_run(results)
    dependent = [
        stage.name for stage in stages if {"choices", "choices.prevalence"} & set(stage.params)
    ]
    assert "07_prevalence" in dependent
    assert not {"01_tables", "04_bidding", "06_risk"} & set(dependent)
    result, said = country.run(results, CHOICE)
    assert list(result.ran) == dependent
    assert "07_prevalence  will run   changed: choices.prevalence" in said
    after = numbers_of_a_run(results)
    assert after["estimates.csv"] != before["estimates.csv"]
    untouched = [name for stage in stages for name in stage.writes if stage.name not in dependent]
    for name in untouched:
        assert after[f"tables/{name}.parquet"] == before[f"tables/{name}.parquet"]

    elsewhere = tmp_path / "at" / "another" / "depth"
    country.run(elsewhere, CHOICE)
    whole = numbers_of_a_run(elsewhere)
    assert [name for name in after if after[name] != whole.get(name)] == []
    assert set(after) == set(whole)
