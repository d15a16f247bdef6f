"""Every parameter is documented, and blocks refuse what contradicts itself."""

import re

import pytest
from pydantic import ValidationError

from infiltrate.params.choices import PrevalenceChoices, RiskChoices
from infiltrate.params.codes import COUNTRIES, CURRENCIES
from infiltrate.params.describe import (
    FieldNote,
    fields_of,
    note_at,
    section_names,
    section_summary,
)
from infiltrate.params.facts import Facts
from infiltrate.params.lists import ListDefinition
from infiltrate.params.section import Section
from infiltrate.params.sources import Filter, Guard, Source, Transform
from infiltrate.params.study import StudyParams

NOTES = [(name, note) for name in section_names() for note in fields_of(name)]
IDS = [f"{section}.{note.name}" for section, note in NOTES]


def all_sections(base: type[Section] = Section) -> set[str]:
    return {base.__name__}.union(*(all_sections(inner) for inner in base.__subclasses__()))


def test_every_block_can_be_reached_from_the_file():
    assert all_sections() - {"Section", "Fact"} == set(section_names())


@pytest.mark.parametrize(("section", "note"), NOTES, ids=IDS)
def test_every_parameter_is_documented(section: str, note: FieldNote):
    assert note.description[0].isupper() and note.description.endswith(".")
    assert len(note.description) < 200
    assert note.allowed
    assert note.required or note.default is not None or note.allowed.endswith("null")
    if re.match("a (list.* item )?(whole )?(number|share)", note.allowed):
        assert note.unit, "a number needs a unit; 1 when it has none"
    if note.required and not note.section:
        assert note.example is not None
    if note.container == "map":
        assert note.key


@pytest.mark.parametrize("section", section_names())
def test_every_block_says_what_it_is(section: str):
    assert section_summary(section).endswith(".")


def test_places_are_described_down_to_items():
    assert note_at(("choices", "risk", "recall_at", 0)).allowed == "a share above 0 and up to 1"
    assert note_at(("facts", "thresholds", 3)).section == "Threshold"
    assert note_at(("facts", "sector_products", "F", 0)).allowed == "text, not empty"
    assert note_at(("sources", 0, "tables", "bids", "columns", "x", "part")).unit == "1"
    assert note_at(("sources", 0, "nothing")) is None
    assert note_at(("title", "deeper")) is None


def test_codes_are_codes():
    assert len(COUNTRIES) == 257 and {"NO", "NA", "XK", "XX", "QM"} <= COUNTRIES
    assert {"EUR", "PEN", "ITL", "XXX"} <= CURRENCIES
    assert all(len(code) == 2 and code.isupper() for code in COUNTRIES)
    assert all(len(code) == 3 and code.isupper() for code in CURRENCIES)


SOURCE = {
    "id": "a",
    "title": "a",
    "publisher": "a",
    "licence": "a",
    "path": "a.csv",
    "tables": {"bids": {"columns": {"tender_id": "x"}}},
}
LIST = {
    "id": "a",
    "title": "a",
    "authority": "a",
    "legal_basis": "a",
    "nature": "tax",
    "organised_crime": False,
    "source": "abc",
}


@pytest.mark.parametrize(
    ("section", "values", "words"),
    [
        (Transform, {}, "is filled from nothing"),
        (Transform, {"map": {"a": "b"}}, "is filled from nothing"),
        (Transform, {"column": "a", "first_of": ["b"]}, "2 ways"),
        (Transform, {"column": "a", "constant": False}, "2 ways"),
        (Transform, {"column": "a", "part": 2}, "part is set without split"),
        (Transform, {"column": "a", "split": "-", "part": 0}, "part is 0"),
        (Transform, {"column": "a", "otherwise": "b"}, "otherwise is set without map"),
        (Transform, {"column": "a", "else_scheme": "XX-A"}, "without scheme"),
        (Transform, {"combine": "none"}, "names no raw column"),
        (Transform, {"combine": "{open"}, "unbalanced braces"),
        (Transform, {"column": "a", "extract": "("}, "not a regular expression"),
        (Transform, {"column": "a", "extract": "abc"}, "has no group"),
        (Transform, {"column": "a", "formats": ["DD/MM/YYYY"]}, "not a date format"),
        (Guard, {"pattern": "["}, "not a regular expression"),
        (Filter, {"column": "a"}, "states no condition"),
        (Source, SOURCE | {"path": "../x.csv"}, "leaves the data folder"),
        (Source, SOURCE | {"path": "C:/x.csv"}, "leaves the data folder"),
        (Source, SOURCE | {"path": r"a\b.csv"}, "leaves the data folder"),
        (Source, SOURCE | {"encoding": "utf9"}, "no known encoding"),
        (Source, SOURCE | {"thousands": "."}, "decimal and thousands are both"),
        (Source, SOURCE | {"delimiter": '"'}, "delimiter and quote are both"),
        (Source, SOURCE | {"id": "Awards 2019"}, "no short name"),
        (Source, SOURCE | {"tables": {}}, "feeds no table"),
        (Source, SOURCE | {"delimiter": "tab"}, "at most 1"),
        (
            ListDefinition,
            LIST | {"coverage_from": "2020-01-01", "coverage_to": "2019-01-01"},
            "is before coverage_from",
        ),
        (PrevalenceChoices, {"detection_low": 0.5, "detection_high": 0.2}, "less than"),
        (PrevalenceChoices, {"dark_shares": [1.0]}, "less than 1"),
        (RiskChoices, {"recall_at": [0.0]}, "greater than 0"),
        (RiskChoices, {"recall_at": [1.5]}, "less than or equal to 1"),
        (RiskChoices, {"folds": True}, "valid integer"),
        (Facts, {"sector_products": {"construction": ["45"]}}, "no section of NACE"),
        (
            Facts,
            {"exchange_rates": [{"currency": "USD", "rate": float("inf")}]},
            "finite number",
        ),
    ],
)
def test_contradictions_are_refused(section: type[Section], values: dict, words: str):
    with pytest.raises(ValidationError, match=words):
        section.model_validate(values)


@pytest.mark.parametrize(
    "values",
    [
        {"column": "a"},
        {"constant": False},
        {"constant": 0},
        {"first_of": ["a", "b"], "map": {"x": "y"}, "otherwise": "z"},
        {"combine": "{a}-{b}", "extract": "(.*)"},
        {"from_path": r"(\d{4})"},
        {"column": "a", "split": "-", "part": -1},
    ],
)
def test_one_way_of_filling_is_accepted(values: dict):
    Transform.model_validate(values)


def test_parameters_do_not_change_after_loading():
    params = StudyParams(country="XX", title="abc", currency="XXX")
    with pytest.raises(ValidationError):
        params.country = "PE"
    assert StudyParams.model_validate(params.model_dump()) == params
