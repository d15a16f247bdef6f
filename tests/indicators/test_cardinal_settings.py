"""Settings of red flags: Cardinal's INI and YAML give the same, and mistakes are named."""

from __future__ import annotations

from pathlib import Path

import pytest

from infiltrate.errors import ParamsError
from infiltrate.indicators.red_flags.catalogue import (
    LEVELS,
    load_red_flags,
    load_shared_relations,
    relations_needed,
)
from infiltrate.indicators.red_flags.choices import read_red_flag_choices
from infiltrate.runs.flag_settings import read_flag_settings
from infiltrate.sources.ocds.relations import load_relations
from tests.indicators.test_sql import nodes, parse

INI = """\
; Cardinal's own format
currency = EUR
no_price_comparison_procurement_methods = Lottery|Fixed price

[exclusions]
procurement_method_details = Random Selection

[defaults]
currency = USD

[R003]
threshold = 10
procurement_methods = open|selective

[R003.procurement_method_details]
Emergency call = 5

[R018]

[R038]
# a comment
minimum_submitted_bids = 4
"""
YAML = """\
currency: EUR
no_price_comparison_procurement_methods: [Lottery, Fixed price]
exclusions: {procurement_method_details: Random Selection}
R003:
  threshold: 10
  procurement_methods: [open, selective]
  procurement_method_details: {Emergency call: 5}
R018:
R038: {minimum_submitted_bids: 4}
"""


def test_ini_and_yaml_say_the_same(tmp_path: Path) -> None:
    ini, yaml = tmp_path / "s.ini", tmp_path / "s.yaml"
    ini.write_text(INI)
    yaml.write_text(YAML)
    from_ini = read_red_flag_choices(read_flag_settings(ini), "s.ini")
    from_yaml = read_red_flag_choices(read_flag_settings(yaml), "s.yaml")
    assert from_ini.flags == from_yaml.flags
    assert from_ini.flags["R003"] == {
        "threshold": 10,
        "procurement_methods": "open|selective",
        "procurement_method_details": {"Emergency call": 5},
    }
    assert from_ini.flags["R018"]["procurement_methods"] == "open|selective"
    assert from_ini.flags["R038"]["threshold"] is None
    assert (from_ini.currency, from_ini.no_price_methods) == ("EUR", "Lottery|Fixed price")
    assert from_ini.excluded_methods == from_yaml.excluded_methods == "Random Selection"
    assert (from_ini.ignored, from_yaml.ignored) == (("defaults",), ())
    assert set(from_ini.flags) == {"R003", "R018", "R038"}


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"R03": {}}, "no such red flag or setting"),
        ({"R003": {"treshold": 3}}, "Did you mean threshold?"),
        ({"R003": {"threshold": "soon"}}, "a whole number from 0 to 3650"),
        ({"R003": {"threshold": 2.5}}, "a whole number"),
        ({"R003": {"threshold": True}}, "a whole number"),
        ({"R038": {"threshold": 3}}, "a number from 0 to 1"),
        ({"R028": {"threshold": 3}}, "no setting"),
        ({"R018": {"procurement_methods": 3}}, "words joined by |"),
        ({"R018": {"count_bids": "perhaps"}}, "true or false"),
        ({"R003": {"procurement_method_details": 3}}, "whole days by procedure"),
        ({"R003": 15}, "a section with settings"),
        ({"exclusions": {"buyer": "x"}, "R003": {}}, "procurement_method_details"),
        ({"compatibility": "kardinal", "R003": {}}, "none, cardinal"),
        ({}, "turns on no red flag"),
    ],
)
def test_a_mistake_is_named(settings: dict, words: str) -> None:
    with pytest.raises(ParamsError) as refusal:
        read_red_flag_choices(settings, "s.yaml")
    assert words in str(refusal.value)
    assert "s.yaml" in str(refusal.value)


def test_all_mistakes_are_shown_together() -> None:
    with pytest.raises(ParamsError) as refusal:
        read_red_flag_choices({"R003": {"threshold": -1}, "R1": {}, "currencies": "EUR"}, "s")
    assert len(refusal.value.problems) == 3


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("s.ini", "[R003\nthreshold = 1"),
        ("s.yaml", "R003: ["),
        ("s.yaml", "- R003"),
        ("s.yaml", ""),
    ],
)
def test_a_file_of_another_kind_is_refused(name: str, text: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(ParamsError, match=name):
        read_flag_settings(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ParamsError, match=r"none\.ini"):
        read_flag_settings(tmp_path / "none.ini")


@pytest.mark.parametrize("code", sorted(load_red_flags()))
def test_a_header_is_complete(code: str) -> None:
    flag = load_red_flags()[code]
    assert len(flag.title.split()) <= 5
    assert set(flag.levels) <= set(LEVELS)
    sentences = (flag.definition, flag.why, flag.missing, *flag.exclusions, *flag.assumptions)
    assert all(sentence.endswith(".") for sentence in sentences)
    assert flag.sources and flag.assumptions
    for setting in flag.settings.values():
        assert setting.description.endswith(".")
        assert setting.read(setting.default) == setting.default


def read_by(sql: str) -> set[str]:
    tree = list(nodes(parse(sql)))
    tables = {node["table_name"] for node in tree if node.get("type") == "BASE_TABLE"}
    steps = {entry["key"] for node in tree for entry in node.get("cte_map", {}).get("map", [])}
    return tables - steps


@pytest.mark.parametrize("code", sorted(load_red_flags()))
def test_a_red_flag_reads_what_it_says(code: str) -> None:
    flag = load_red_flags()[code]
    assert read_by(flag.sql) == set(flag.needs)


@pytest.mark.parametrize("name", sorted(set(load_shared_relations()) - {"fences"}))
def test_a_shared_relation_reads_what_it_says(name: str) -> None:
    relation = load_shared_relations()[name]
    assert read_by(relation.sql) == set(relation.needs)


def test_needs_are_made_in_order_and_known() -> None:
    source, order = relations_needed(load_red_flags())
    assert set(source) <= set(load_relations())
    for place, name in enumerate(order):
        needed = set(load_shared_relations()[name].needs) & set(load_shared_relations())
        assert needed <= set(order[:place]), name
    assert order[-1] == "fences"
    assert relations_needed(["R003"]) == (["ocds_processes"], ["scoped_processes"])
