"""What must hold of every indicator on any country."""

from __future__ import annotations

import random
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infiltrate.indicators.catalogue import load_catalogue
from infiltrate.indicators.compute import STATES
from infiltrate.tables.catalogue import TABLES
from infiltrate.tables.results import RESULT_SCHEMA
from tests.indicators.country import (
    FACTS,
    LENIENT,
    Country,
    compute_table,
    draw_country,
    judge_all,
    make_params,
)

SEEDS = st.integers(0, 2**32 - 1)
OF_COMPANIES = sorted(code for code in LENIENT if code[0] == "F")
OTHER_SETTINGS: dict[str, dict[str, Any]] = {
    **{code: {"settings": LENIENT[code]} for code in OF_COMPANIES},
    **{code: {"settings": {"fewest_areas": 2}} for code in ("A01", "A03", "A04")},
    "A05": {"settings": {"fewest_firms": 10, "high_share": 0.65}},
    "A06": {"settings": {"fewest_firms": 10, "times": 1}},
    "C24": {"settings": {"limit": 0.05}},
    "C25": {"settings": {"limit": 0.1}},
    "M01": {"settings": {"even": 0.97, "rounds": 1}},
    "M02": {"settings": {"high": 0.12}},
    "M03": {"settings": {"still": 2.0, "fewest_contracts": 5}},
    "M04": {"settings": {"limit": 0.3, "percentile": 25}},
    "M05": {"settings": {"limit": 0.2}},
    "M08": {"settings": {"limit": 0.2}},
    "C09": {
        "settings": {
            "limit": 0.0868,
            "least_chi_square": 0,
            "more_than": 27,
            "least_ratio": 10,
            "repeated_share": 0.2,
        }
    },
    "C18": {"settings": {"fewest_peers": 5}},
    "C19": {"settings": {"fewest_peers": 5, "product_digits": 1}},
    "C31": {"settings": {"fewest_lots": 5}},
    "C11": {"settings": {"product_digits": 1, "window_days": 700}},
    "C44": {"settings": {"more_than": 27, "least_ratio": 10, "repeated_share": 0.2}},
    "M06": {"settings": {"fewest_purchases": 2}},
    "M07": {"settings": {"years_back": 1, "fewest_winners": 2, "low": 0.5}},
    "C10": {"settings": {"basis": "estimate"}},
    "C07": {"settings": {"high_share": 0.2}},
    "C08": {"settings": {"high_share": 0.4, "more_than": 2}},
    "F08": {"settings": {"many": 3}},
    "F13": {"settings": {"only_certain": True}},
}
DATA_DRIVEN = ("C24", "C25")
"""Indicators whose fence other lots move, as their pages say; by year, later ones do not."""
OF_KEYS_ALONE = {"F11", "F12"}
"""Indicators of who owns whom, which are keys of the register of owners."""
FEW = settings(
    max_examples=3, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


def without(country: Country, table: str, *columns: str) -> Country:
    emptied = [{**row, **dict.fromkeys(columns)} for row in country[table]]
    return {**country, table: emptied}


def spoil(country: Country, table: str, column: str) -> Country:
    """Take a column away, or, where a row needs one, make it say something else."""
    others = {"string": "XXX", "date": date(2000, 1, 1)}
    definition = TABLES[table].column(column)
    absent = others[definition.type] if TABLES[table].is_required(column) else None
    return {**country, table: [{**row, column: absent} for row in country[table]]}


def verdicts(results: dict[tuple[str, str], dict[str, Any]]) -> dict[tuple[str, str], tuple]:
    return {unit: (row["state"], row["value"], row["detail"]) for unit, row in results.items()}


@FEW
@given(SEEDS)
def test_row_order_changes_nothing(seed: int) -> None:
    country = draw_country(seed, lots=30)
    shuffled = {name: random.Random(seed).sample(rows, len(rows)) for name, rows in country.items()}
    params = make_params(FACTS)
    assert compute_table(params, country).equals(compute_table(params, shuffled))


@FEW
@given(SEEDS)
def test_relabelling_changes_no_verdict(seed: int) -> None:
    country = draw_country(seed, lots=30)

    def rename(value: Any) -> Any:
        return value and "z" + value[::-1]

    ids = ("tender_id", "contract_id", "company_id", "supplier_id", "buyer_id", "consortium_id")
    ids += ("subcontractor_id", "owner_id")
    renamed = {
        name: [{k: rename(v) if k in ids else v for k, v in row.items()} for row in rows]
        for name, rows in country.items()
    }

    def rename_unit(row: dict[str, Any]) -> str:
        if row["level"] == "relation":
            buyer, supplier, year = row["entity_id"].split("|")
            return "|".join([rename(buyer), rename(supplier), year])
        if row["level"] in ("market", "area"):
            return row["entity_id"]
        return "/".join(p if p == "1" else rename(p) for p in row["entity_id"].split("/"))

    before = {
        (row["indicator"], rename_unit(row)): {
            **row,
            "entity_id": rename_unit(row),
            "buyer_id": rename(row["buyer_id"]),
            "company_id": rename(row["company_id"]),
            "evidence": len(row["evidence"]),
        }
        for row in judge_all(country, OTHER_SETTINGS).values()
    }
    after = {
        unit: {**row, "evidence": len(row["evidence"])}
        for unit, row in judge_all(renamed, OTHER_SETTINGS).items()
    }
    assert after == before


@FEW
@given(SEEDS)
def test_the_future_changes_nothing_of_what_was(seed: int) -> None:
    country = draw_country(seed, lots=30)
    ten_years = {"signed_on", "call_published_on", "deadline_on", "award_on"}

    def later(row: dict[str, Any]) -> dict[str, Any]:
        moved = {
            k: v.replace(year=v.year + 10, day=1) for k, v in row.items() if k in ten_years and v
        }
        new = {k: f"later {row[k]}" for k in ("tender_id", "contract_id") if row.get(k)}
        return {**row, **moved, **new}

    extended = dict(country)
    for name in ("tenders", "bids", "contracts"):
        dated = [row for row in country[name] if name != "contracts" or row["signed_on"]]
        extended[name] = [*country[name], *(later(row) for row in dated)]
    by_year = {code: {"settings": {"fence_over": "year"}} for code in DATA_DRIVEN}
    before, after = judge_all(country, by_year), judge_all(extended, by_year)
    whole = ("company", "buyer", "area")
    row_level = {u: r for u, r in before.items() if r["level"] not in whole}
    assert {unit: after[unit] for unit in row_level} == row_level
    first_awards = {u: r for u, r in before.items() if u[0] == "F01" and r["on_date"]}
    assert {unit: after[unit] for unit in first_awards} == first_awards


@FEW
@given(SEEDS)
def test_other_purchases_change_no_lot_but_by_declared_fences(seed: int) -> None:
    country = draw_country(seed, lots=30)
    others = draw_country(seed + 1, lots=30)

    def elsewhere(row: dict[str, Any]) -> dict[str, Any]:
        ids = ("tender_id", "contract_id", "company_id", "supplier_id", "subcontractor_id")
        moved = {name: f"far {row[name]}" for name in ids if row.get(name)}
        fixed = {"buyer_id": "far", "product_code": "88000000", "source_id": "far"}
        return {**row, **moved, **{k: v for k, v in fixed.items() if k in row or k == "source_id"}}

    purchases = ("tenders", "bids", "contracts", "subcontracts")
    more = {name: [*country[name], *map(elsewhere, others[name])] for name in purchases}
    extended = {**country, **more}
    before = judge_all(country, {}, "lot", "contract", "relation")
    after = judge_all(extended, {}, "lot", "contract", "relation")
    moved = {unit[0] for unit, row in before.items() if after[unit] != row}
    assert moved <= set(DATA_DRIVEN)


def test_every_unit_has_one_row_in_order_and_every_state_occurs() -> None:
    country = draw_country(1)
    results = compute_table(make_params(FACTS, OTHER_SETTINGS), country)
    judged = results.to_pylist()
    keys = [(row["indicator"], row["entity_id"]) for row in judged]
    assert keys == sorted(set(keys))
    assert results.schema.equals(RESULT_SCHEMA)
    firms = sum(row["kind"] == "company" for row in country["companies"])
    units = {
        "lot": len(country["tenders"]),
        "contract": len(country["contracts"]),
        "company": firms,
    }
    for code, indicator in load_catalogue().items():
        rows = [row for row in judged if row["indicator"] == code]
        assert {row["state"] for row in rows} == set(STATES), f"{code} lacks a state in the fixture"
        assert all(row["evidence"] == sorted(row["evidence"]) != [] for row in rows)
        assert all((row["value"] is None) for row in rows if row["state"] == "not_computable")
        assert all(row["detail"] for row in rows)
        assert all(row["threshold"] is not None for row in rows if row["state"] != "not_computable")
        if indicator.level in units:
            assert len(rows) == units[indicator.level]


def test_empty_tables_give_an_empty_result() -> None:
    results = compute_table(make_params(FACTS), {})
    assert results.num_rows == 0
    assert results.schema.equals(RESULT_SCHEMA)


def test_nothing_but_keys_leaves_only_who_owns_whom() -> None:
    country = draw_country(2, lots=10)
    bare = {
        name: [{k: v for k, v in row.items() if TABLES[name].is_required(k)} for row in rows]
        for name, rows in country.items()
    }
    for stake in bare["ownership"]:
        stake["owner_kind"] = "unknown"
    results = judge_all(bare, as_of=None)
    assert {row["indicator"] for row in results.values()} == set(load_catalogue())
    computable = {code for (code, _), row in results.items() if row["state"] != "not_computable"}
    assert computable == OF_KEYS_ALONE


UNREACHED = {(code, "sectors.section") for code in ("F42", "F43", "F44", "F46")}
"""No division of the fixture has too few peers for these and a section with enough; F30 to F41
read the section in the same step."""


UNDER_DEFAULTS = {"C07", "C08", "C10"}
"""Indicators some of whose columns count only under the settings they come with."""
NEEDED = sorted(
    {
        column
        for item in load_catalogue().values()
        for column in item.needs
        if column.split(".")[0] in TABLES  # the others are facts of the parameters
    }
)


def by_code(results: dict[tuple[str, str], dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    rows: dict[str, list[dict[str, Any]]] = {}
    for (code, _), row in results.items():
        rows.setdefault(code, []).append(row)
    return rows


@pytest.fixture(scope="module")
def whole() -> list[dict[str, list[dict[str, Any]]]]:
    """What every indicator says of a whole country, under other settings and under its own."""
    return [by_code(judge_all(draw_country(3), settings)) for settings in (OTHER_SETTINGS, {})]


@pytest.mark.parametrize("column", NEEDED)
def test_every_column_needed_is_used(
    column: str, whole: list[dict[str, list[dict[str, Any]]]]
) -> None:
    table, name = column.split(".")
    codes = {
        code
        for code, item in load_catalogue().items()
        if column in item.needs and (code, column) not in UNREACHED
    }
    emptied = spoil(draw_country(3), table, name)
    used = set()
    for full, chosen, asked in zip(
        whole, (OTHER_SETTINGS, {}), (codes, codes & UNDER_DEFAULTS), strict=True
    ):
        cut = by_code(judge_all(emptied, chosen, *sorted(asked))) if asked else {}
        used |= {code for code in asked if cut[code] != full[code]}
    assert used == codes, f"they say they need {column}; its absence changes nothing"


@pytest.fixture(scope="module")
def unreduced() -> dict[str, list[dict[str, Any]]]:
    return by_code(judge_all(draw_country(4), OTHER_SETTINGS))


@pytest.mark.parametrize("code", sorted(load_catalogue()))
def test_no_column_is_used_unsaid(code: str, unreduced: dict[str, list[dict[str, Any]]]) -> None:
    country = draw_country(4)
    needs = load_catalogue()[code].needs
    reduced = country
    for name in country:
        spare = [
            column.name
            for column in TABLES[name].columns
            if not TABLES[name].is_required(column.name)
            and not column.name.endswith("_id")
            and f"{name}.{column.name}" not in needs
        ]
        reduced = without(reduced, name, *spare)
    before = {(code, row["entity_id"]): row for row in unreduced[code]}
    assert verdicts(judge_all(reduced, OTHER_SETTINGS, code)) == verdicts(before)
    if code == "C10":
        before = judge_all(country, {}, code)
        assert verdicts(judge_all(reduced, {}, code)) == verdicts(before)


def test_undated_units_have_no_invented_date() -> None:
    country = without(draw_country(5), "contracts", "signed_on")
    undated = judge_all(country, {}, "contract", "relation")
    assert {row["on_date"] for row in undated.values()} == {None}
    dated = judge_all(draw_country(5), {}, "relation")
    assert date(2018, 12, 31) in {row["on_date"] for row in dated.values()}
