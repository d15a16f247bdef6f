"""Every SQL file has a full header and keeps to what another engine can run."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from importlib import resources
from typing import Any

import duckdb
import pytest
from ruamel.yaml import YAML

from infiltrate.indicators.catalogue import LEVELS, load_catalogue
from infiltrate.indicators.units import (
    EXCHANGE_RATES,
    JURISDICTIONS,
    MINIMUM_CAPITALS,
    RISK_LEVELS,
    SECTOR_PRODUCTS,
    SHARED,
    STUDY,
    THRESHOLDS,
    UNITS,
    shared_sql,
    unit_sql,
)
from infiltrate.params.facts import OwnershipThreshold
from infiltrate.tables.catalogue import TABLES

FOLDER = resources.files("infiltrate.indicators") / "sql"
FILES = sorted(file.name for file in FOLDER.iterdir() if file.name.endswith(".sql"))
QUERIES = {item.code: item.sql for item in load_catalogue().values()} | {
    f"units of level {level}": unit_sql(level) for level in UNITS
}
QUERIES |= {f"shared {name}": shared_sql(name) for name in SHARED}
FACT_RELATIONS = {
    "study": STUDY,
    "thresholds": THRESHOLDS,
    "exchange_rates": EXCHANGE_RATES,
    "jurisdictions": JURISDICTIONS,
    "minimum_capitals": MINIMUM_CAPITALS,
    "sector_products": SECTOR_PRODUCTS,
    "risk_levels": RISK_LEVELS,
}
FIELDS = {
    "code",
    "title",
    "level",
    "definition",
    "formula",
    "why",
    "sources",
    "ocp",
    "needs",
    "direction",
    "unit",
    "missing",
    "exclusions",
    "assumptions",
    "settings",
}
OPTIONAL = {"on"}
WORKED_OUT = {
    "ownership_structures": ("ownership", "ownership_thresholds", "companies"),
    "ownership_countries": ("ownership", "companies"),
    "accrual_residuals": ("accounts",),
}
"""Relations of companies that no query works out, and the tables they are made of."""
OPERATORS = (
    "+",
    "-",
    "/",
    "*",
    "||",
    "list_value",
    "to_years",
    "trunc",
    "abs",
    "ln",
    "floor",
    "greatest",
)
AGGREGATES = ("count", "count_star", "sum", "min", "max", "array_agg", "row_number", "median")
SCALARS = ("substr", "length", "nullif", "sqrt", "date_diff", "year", "make_date", "string_split")
LISTS = ("list_sort", "list_concat", "list_contains", "contains", "unnest")
ALLOWED = {*OPERATORS, *AGGREGATES, *SCALARS, *LISTS}


def nodes(tree: Any) -> Iterator[dict[str, Any]]:
    if isinstance(tree, dict):
        yield tree
    for branch in tree.values() if isinstance(tree, dict) else tree:
        if isinstance(branch, dict | list):
            yield from nodes(branch)


def parse(sql: str) -> list[dict[str, Any]]:
    with duckdb.connect() as engine:
        text = engine.execute("SELECT json_serialize_sql($sql)", {"sql": sql}).fetchone()
    assert text is not None
    tree = json.loads(text[0])
    assert not tree["error"], tree
    return list(nodes(tree))


@pytest.mark.parametrize("file", FILES)
def test_header_is_complete(file: str) -> None:
    text = (FOLDER / file).read_text(encoding="utf-8")
    assert text.startswith("/*\n")
    header = YAML(typ="safe", pure=True).load(text[2 : text.index("*/")])
    assert set(header) - OPTIONAL == FIELDS
    assert re.fullmatch(rf"{header['code'].lower()}_[a-z_]+\.sql", file)
    assert len(header["title"].split()) <= 5
    assert header["level"] in LEVELS
    assert header["direction"] in ("+", "-", "±", "?")
    assert header["sources"] and header["needs"] and header["assumptions"]
    sentences = [header[name] for name in ("definition", "formula", "why", "missing")]
    sentences += header["exclusions"] + header["assumptions"]
    assert all(sentence.strip().endswith(".") for sentence in sentences)
    for name, setting in header["settings"].items():
        assert setting["description"].endswith("."), name
        if setting["type"] in ("integer", "number"):
            assert {"unit", "minimum", "maximum"} <= set(setting), name


@pytest.mark.parametrize("code", sorted(load_catalogue()))
def test_needs_exist_and_defaults_are_allowed(code: str) -> None:
    indicator = load_catalogue()[code]
    for need in indicator.needs:
        table, column = need.split(".")
        assert column in _columns_of(table), need
        text = indicator.sql + unit_sql(indicator.level)
        for _ in range(2):
            text += "".join(shared_sql(name) for name in SHARED if name in text)
        made = any(name in text and table in tables for name, tables in WORKED_OUT.items())
        read = re.search(rf"\b{table}\b", text) and re.search(rf"\b{column}\b", text)
        assert made or read, need
    for setting in indicator.settings.values():
        assert setting.allows(setting.default), setting


def _columns_of(table: str) -> Collection[str]:
    if table in FACT_RELATIONS:
        return FACT_RELATIONS[table].names
    if table == "ownership_thresholds":
        return OwnershipThreshold.model_fields
    return TABLES[table].column_names


@pytest.mark.parametrize("code", sorted(load_catalogue()))
def test_settings_are_the_parameters_of_the_query(code: str) -> None:
    indicator = load_catalogue()[code]
    used = {node["identifier"] for node in parse(indicator.sql) if node.get("class") == "PARAMETER"}
    assert used == set(indicator.settings)


@pytest.mark.parametrize("name", QUERIES)
def test_only_known_relations_are_read(name: str) -> None:
    tree = parse(QUERIES[name])
    read = {node["table_name"] for node in tree if node.get("type") == "BASE_TABLE"}
    steps = {entry["key"] for node in tree for entry in node.get("cte_map", {}).get("map", [])}
    known = set(TABLES) | steps
    if name in load_catalogue():
        known |= {f"unit_{UNITS[load_catalogue()[name].level]}", *FACT_RELATIONS}
        level = load_catalogue()[name].level
        known |= {shared for shared, users in SHARED.items() if level in users}
        known |= set(WORKED_OUT) if level == "company" else set()
    elif name.startswith(("units of", "shared")):
        known |= {"study", "exchange_rates", "minimum_capitals", *SHARED}
    assert read <= known


def breaches(sql: str) -> set[str]:
    """Name the rules that a query breaks."""
    tree = parse(sql)
    found = {
        f"function {node['function_name']}"
        for node in tree
        if node.get("class") in ("FUNCTION", "WINDOW") and node["function_name"] not in ALLOWED
    }
    cast = {id(node["child"]) for node in tree if node.get("class") == "CAST"}
    for node in tree:
        if node.get("literal", {}).get("kind") == "NUMERIC" and id(node) not in cast:
            found.add("bare decimal literal")
        if node.get("qualify"):
            found.add("qualify")
        for item in node["select_list"] if node.get("type") == "SELECT_NODE" else []:
            if not item["alias"] and not (item["class"] == "STAR" and item["relation_name"]):
                found.add("column without alias")
        if node.get("function_name") == "row_number" and len(node["orders"]) < 2:
            found.add("row_number without a total order")
    if sql.count("array_agg(") != sql.count("list_sort(array_agg("):
        found.add("unsorted list")
    if "::" in sql:
        found.add("cast with ::")
    return found


@pytest.mark.parametrize("name", QUERIES)
def test_query_is_portable(name: str) -> None:
    assert breaches(QUERIES[name]) == set()


def test_the_lint_can_fail() -> None:
    sql = """
    SELECT a, 1.5 AS b, any_value(c) AS d, array_agg(e) AS f, CAST(g AS DOUBLE)::INT AS h
    FROM t QUALIFY row_number() OVER (ORDER BY a) = 1
    """
    assert breaches(sql) == {
        "column without alias",
        "bare decimal literal",
        "function any_value",
        "unsorted list",
        "cast with ::",
        "qualify",
        "row_number without a total order",
    }
