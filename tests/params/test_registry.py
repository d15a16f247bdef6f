"""The registry of data sets: what the shipped one holds, and what is refused."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from ruamel.yaml import YAML

from infiltrate.errors import ParamsError
from infiltrate.params.load import load_params
from infiltrate.params.registry import DataSet, fill_in, load_registry
from infiltrate.params.sources import Source
from infiltrate.tables.catalogue import TABLES

ROOT = Path(__file__).parents[2]
FILE = ROOT / "data" / "registry.yaml"
SHIPPED = load_registry(FILE).data_sets
READERS = set(Source.model_fields["reader"].annotation.__args__)  # type: ignore[union-attr]
NAMED = ["IT", "GB", "RO", "HU", "PE", "MX", "CO", "EU"]


def entry(**changes: Any) -> dict[str, Any]:
    sound = {
        "id": "register",
        "country": "XX",
        "title": "Register",
        "publisher": "Invented office",
        "licence": "CC0-1.0",
        "address": "https://register.invalid/a.csv",
        "format": "CSV",
        "path": "xx/a.csv",
        "pin": "by the journal",
        "source": "invented",
    }
    return {**sound, **changes}


def refusal(folder: Path, *entries: dict[str, Any]) -> str:
    path = folder / "registry.yaml"
    with path.open("w") as file:
        YAML().dump({"data_sets": list(entries)}, file)
    with pytest.raises(ParamsError) as error:
        load_registry(path)
    return str(error.value)


@pytest.mark.parametrize("country", NAMED)
def test_every_named_country_has_contracts_firms_and_lists(country: str) -> None:
    fed = {table for item in SHIPPED if item.country == country for table in item.feeds}
    assert {"contracts", "companies", "list_entries"} <= fed


@pytest.mark.parametrize("item", SHIPPED, ids=lambda item: item.id)
def test_an_entry_leads_somewhere(item: DataSet) -> None:
    assert set(item.feeds) <= set(TABLES)
    assert item.reader in READERS
    day = date(2025, 6, 17)
    paths = [fill_in(item.path, day, part) for part in item.parts or [""]]
    assert len(set(paths)) == len(paths)
    assert all(not PurePosixPath(path).is_absolute() and "{" not in path for path in paths)
    assert not item.unpack or all(path.endswith(".zip") for path in paths)
    assert item.access != "page" or item.page
    # what nobody looked at does not pass for looked at
    assert "to be checked" in item.source or item.status != "to_check"
    assert "general knowledge" not in item.source or item.status == "to_check"


def test_no_two_entries_write_to_one_file() -> None:
    paths = [item.path for item in SHIPPED]
    assert sorted(set(paths)) == sorted(paths)


def test_no_address_holds_a_key_or_a_token() -> None:
    text = FILE.read_text(encoding="utf-8")
    assert not re.search(r"(?i)(token|api_?key|password|secret)=", text)


@pytest.mark.parametrize("name", ["am", "demo", "gb", "it", "pe", "ro"])
def test_studies_name_entries_that_exist(name: str) -> None:
    params = load_params(ROOT / "params" / f"{name}.yaml")
    known = {item.id for item in SHIPPED if item.applies_to(params.country)}
    assert {entry for source in params.sources for entry in source.data_sets} <= known


def test_a_country_sees_its_own_the_unions_and_everyones() -> None:
    registry = load_registry(FILE)
    countries = [item.country for item in registry.of_country("RO")]
    assert countries == sorted(countries, key=["RO", "EU", "WORLD"].index)
    assert {item.country for item in registry.of_country("PE")} == {"PE", "WORLD"}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"country": "UK"}, "'UK' is no country"),
        ({"address": "ftp://register.invalid"}, "is no web address"),
        ({"address": None}, "is open and has no address"),
        ({"access": "login"}, "by_hand is empty"),
        ({"pin": ""}, "has neither sha256 nor pin"),
        ({"sha256": {"xx/a.csv": "ABC"}}, "'ABC' is no SHA-256"),
        ({"path": "../a.csv"}, "leaves the data folder"),
        ({"path": "xx/{part}.csv"}, "path has no parts"),
        ({"parts": ["../1"]}, "part '../1' leaves its folder"),
        ({"parts": ["1"]}, "address has no {part} though there are parts"),
        ({"path": "xx/{week}.csv"}, "path has {week}"),
        ({"path": "xx/{day.csv"}, "unbalanced braces"),
        ({"adress": "https://x.invalid"}, "data_sets[register].adress"),
        ({"title": None}, "data_sets[register].title"),
    ],
)
def test_a_wrong_entry_is_refused(tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    assert words in refusal(tmp_path, entry(**changes))


def test_everything_wrong_is_said_together(tmp_path: Path) -> None:
    message = refusal(tmp_path, entry(pin=""), entry(id="b", country="UK"))
    assert "data_sets[register]" in message
    assert "data_sets[b].country" in message
    assert "two data sets are called register" in refusal(tmp_path, entry(), entry())


def test_a_registry_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ParamsError, match="--registry"):
        load_registry(tmp_path / "none.yaml")
    (tmp_path / "broken.yaml").write_text("data_sets:\n\t- id: a\n")
    with pytest.raises(ParamsError, match=r"broken\.yaml:2"):
        load_registry(tmp_path / "broken.yaml")
