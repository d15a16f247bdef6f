"""What indicators read of owners: by hand, as of a day, and blind to the future."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infiltrate.indicators.compute import compute_indicators
from infiltrate.ownership.describe import describe_structures
from infiltrate.params.study import StudyParams
from infiltrate.tables.asof import open_as_of
from infiltrate.tables.catalogue import TABLES
from infiltrate.tables.engine import DuckDBEngine
from infiltrate.tables.store import TableStore

DAY = date(2020, 6, 30)
CODES = [f"F{number}" for number in range(11, 18)]
Rows = list[dict[str, Any]]


def study(**facts: Any) -> StudyParams:
    return StudyParams.model_validate(
        {"country": "XX", "title": "Owners", "currency": "EUR", "facts": facts}
    )


def table(name: str, rows: Rows) -> pa.Table:
    definition = TABLES[name]
    unsaid = {"source_id": "s", "kind": "company", "owner_kind": "unknown", "currency": "EUR"}
    blank = {column: unsaid.get(column) for column in definition.column_names}
    blank |= {
        column: None for column in definition.column_names if not definition.is_required(column)
    }
    return pa.Table.from_pylist([blank | row for row in rows], definition.arrow_schema)


def held(owner: str, company: str, share: float | None, **more: Any) -> dict[str, Any]:
    kind = "natural_person" if owner.islower() else "company"
    stake = {"owner_id": owner, "owner_kind": kind, "company_id": company, "interest": "shares"}
    ends = {"share_low": share, "share_high": share, "valid_from": date(2015, 1, 1)}
    return stake | ends | more


def describe(
    stakes: Rows, params: StudyParams | None = None, day: date = DAY, **country: str
) -> dict[str, dict[str, Any]]:
    names = sorted({row["company_id"] for row in stakes} | country.keys())
    companies = [{"company_id": name, "country": country.get(name)} for name in names]
    with DuckDBEngine() as engine:
        engine.register("ownership", table("ownership", stakes))
        engine.register("companies", table("companies", companies))
        found = describe_structures(engine, params or study(), day)
    return {row["company_id"]: row for row in found.structures.to_pylist()}


def test_the_chain_to_the_nearest_person_is_named_from_the_company_up() -> None:
    found = describe([held("ann", "A", 0.6), held("A", "B", 0.5), held("bob", "B", 0.1)])
    assert found["B"]["person_steps"] == 2
    assert found["B"]["person_chain"] == [
        "ownership:A/B/shares/2015-01-01",
        "ownership:ann/A/shares/2015-01-01",
    ]
    assert (found["B"]["owners"], found["B"]["levels"]) == (3, 2)
    assert (found["B"]["persons_certain"], found["B"]["person_high"]) == (1, 0.3)


def test_what_persons_are_called_decides_no_chain() -> None:
    for greater, less in (("ann", "bob"), ("bob", "ann")):
        stakes = [held(greater, "A", 0.9), held(less, "B", 0.8)]
        found = describe([*stakes, held("A", "C", 0.5), held("B", "C", 0.5)])
        assert found["C"]["longest_chain"] == [
            "ownership:A/C/shares/2015-01-01",
            f"ownership:{greater}/A/shares/2015-01-01",
        ]


def test_control_by_votes_alone_makes_an_owner() -> None:
    votes = {"interest": "votes"}
    found = describe([held("ann", "A", 1.0), held("bob", "A", 0.9, **votes)])
    assert found["A"]["persons_certain"] == 2
    found = describe(
        [held("F", "A", 1.0), held("X", "A", 0.9, **votes), held("bob", "X", 0.8, **votes)]
    )
    assert found["A"]["persons_certain"] == 1
    assert found["A"]["person_steps"] == 2
    assert found["A"]["person_chain"][0] == "ownership:X/A/votes/2015-01-01"


def test_the_threshold_is_that_of_the_country_on_the_day() -> None:
    law = {"country": "AQ", "source": "an invented law"}
    params = study(
        ownership_thresholds=[
            law | {"share": 0.1, "valid_from": date(2019, 1, 1)},
            law | {"share": 0.5, "valid_from": date(2000, 1, 1), "valid_to": date(2018, 12, 31)},
        ]
    )
    stakes = [held("ann", name, 0.2) for name in ("A", "B")]
    today = describe(stakes, params, A="AQ", B="BV")
    before = describe(stakes, params, date(2018, 6, 1), A="AQ", B="BV")
    assert [today[name]["threshold"] for name in "AB"] == [0.1, 0.25]
    assert [today[name]["persons_certain"] for name in "AB"] == [1, 0]
    assert before["A"]["threshold"] == 0.5


def test_a_circle_is_proved_by_the_way_back() -> None:
    found = describe([held("A", "B", 0.5), held("B", "C", 0.5), held("C", "A", 0.5)])
    assert found["A"]["circle"] == 3
    assert found["A"]["circle_chain"] == [
        f"ownership:{stake}/shares/2015-01-01" for stake in ("C/A", "B/C", "A/B")
    ]


def test_a_declared_owner_without_a_share_is_known() -> None:
    found = describe([held("ann", "A", None, interest="influence"), held("F", "B", 1.0)])
    assert (found["A"]["persons_declared"], found["A"]["person_steps"]) == (1, 1)
    assert found["A"]["person_chain"] == ["ownership:ann/A/influence/2015-01-01"]
    assert (found["B"]["persons_declared"], found["B"]["person_steps"]) == (0, None)


def test_countries_that_are_none_are_unknown() -> None:
    stakes = [held("ann", "A", 0.5, owner_country="ZZ"), held("X", "A", 0.5), held("bob", "X", 1.0)]
    with DuckDBEngine() as engine:
        engine.register("ownership", table("ownership", stakes))
        companies = [{"company_id": "A"}, {"company_id": "X", "country": "AQ"}]
        engine.register("companies", table("companies", companies))
        found = describe_structures(engine, study(), DAY).countries.to_pylist()
    above = {(row["company_id"], row["country"]): row["owners"] for row in found}
    assert above == {("A", "AQ"): 1, ("A", "unknown"): 2, ("X", "unknown"): 1}


def test_a_country_without_owners_asks_for_nothing() -> None:
    assert describe([], A="XX") == {}


def test_it_is_the_same_whatever_the_order_of_rows() -> None:
    rng = np.random.default_rng(3)
    stakes = _draw(rng, 40)
    shuffled = [stakes[place] for place in rng.permutation(len(stakes))]
    assert describe(stakes) == describe(shuffled)


def _draw(rng: np.random.Generator, size: int) -> Rows:
    """Stakes before and after the day, some of which end; chains and circles."""
    rows = {}
    for number in range(size):
        for _ in range(rng.integers(1, 4)):
            owner = str(rng.choice([f"p{rng.integers(9)}", f"C{rng.integers(size)}"]))
            company = f"C{number}"
            start = DAY + timedelta(days=int(rng.integers(-900, 600)))
            end = start + timedelta(days=int(rng.integers(0, 900))) if rng.random() < 0.4 else None
            country = rng.choice(["XX", "AQ", "BV", None])
            if owner != company:
                low = float(np.round(rng.random() / 3, 3))
                about = {"valid_from": start, "valid_to": end, "owner_country": country}
                row = held(owner, company, low, **about)
                rows[owner, company, start] = row
    return list(rows.values())


def _known(row: dict[str, Any], day: date) -> dict[str, Any]:
    """The row as it was known on a day: an end that lies later is not."""
    end = row["valid_to"]
    return row | {"valid_to": end if end and end <= day else None}


@settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.integers(0, 2**32 - 1))
def test_the_future_changes_no_measure_as_of_an_earlier_date(tmp_path: Path, seed: int) -> None:
    stakes = _draw(np.random.default_rng(seed), 25)
    past = [_known(row, DAY) for row in stakes if row["valid_from"] <= DAY]
    listed = {"listed_as": "fatf_increased_monitoring", "source": "an invented list"}
    then = listed | {"country": "AQ", "valid_from": date(2010, 1, 1)}
    later = listed | {"country": "BV", "valid_from": DAY + timedelta(days=1)}
    judged = [
        _judge(tmp_path / str(number), rows, study(jurisdictions=lists))
        for number, (rows, lists) in enumerate(((past, [then]), (stakes, [then, later])))
    ]
    assert judged[0].num_rows > 0
    assert judged[0].equals(judged[1])


def _judge(folder: Path, stakes: Rows, params: StudyParams) -> pa.Table:
    folder.mkdir(exist_ok=True)
    store = TableStore(folder)
    names = [f"C{number}" for number in range(25)]
    store.write("companies", table("companies", [{"company_id": name} for name in names]))
    store.write("ownership", table("ownership", stakes))
    with DuckDBEngine() as engine:
        for name in TABLES.keys() - {"companies", "ownership"}:
            engine.register(name, TABLES[name].arrow_schema.empty_table())
        open_as_of(store, engine, DAY, ["companies", "ownership"])
        return compute_indicators(engine, params, CODES, day=DAY)


def test_every_code_says_something_of_every_company(tmp_path: Path) -> None:
    found = _judge(tmp_path / "one", _draw(np.random.default_rng(1), 25), study())
    assert [row["indicator"] for row in found.to_pylist()] == sorted(CODES * 25)
