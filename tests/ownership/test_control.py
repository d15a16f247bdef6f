"""Control, ultimate owners and structure on registers that can be worked out by hand."""

from __future__ import annotations

from datetime import date

import duckdb
import numpy as np
import pandas as pd
import pytest

from infiltrate.ownership.control import find_control
from infiltrate.ownership.integrated import UNKNOWN_OWNER
from infiltrate.ownership.stakes import build_stakes, read_stakes
from infiltrate.ownership.structure import measure_structures
from infiltrate.ownership.ultimate import find_ultimate_owners
from infiltrate.tables.engine import DuckDBEngine

Row = tuple[str, str, float, float]


def stakes_of(*rows: Row) -> pd.DataFrame:
    """Stakes as (owner, company, low, high); people are written in lower case."""
    frame = pd.DataFrame(rows, columns=["owner_id", "company_id", "low", "high"])
    kinds = np.where(frame["owner_id"].str.islower(), "natural_person", "company")
    return frame.assign(owner_kind=kinds)


def exact(*rows: tuple[str, str, float]) -> pd.DataFrame:
    return stakes_of(*((owner, company, share, share) for owner, company, share in rows))


def controllers(frame: pd.DataFrame, company: str) -> dict[str, str]:
    found = find_control(build_stakes(frame))
    rows = found[found["company_id"] == company]
    return dict(zip(rows["controller_id"], rows["certainty"], strict=True))


def test_votes_of_controlled_companies_are_added_up() -> None:
    """Ann controls A and B; together with her own 10 % they hold 60 % of C."""
    frame = exact(
        *(("ann", "A", 0.6), ("ann", "B", 0.51), ("ann", "C", 0.1)),
        *(("A", "C", 0.3), ("B", "C", 0.2), ("bob", "C", 0.4)),
    )
    assert controllers(frame, "C") == {"ann": "certain"}


def test_half_is_not_control() -> None:
    assert controllers(exact(("ann", "A", 0.5), ("bob", "A", 0.5)), "A") == {}


def test_a_small_integrated_share_can_control() -> None:
    frame = exact(("ann", "A", 0.51), ("A", "B", 0.51), ("B", "C", 0.51))
    assert controllers(frame, "C") == {"A": "certain", "B": "certain", "ann": "certain"}


def test_circles_do_not_control_themselves() -> None:
    frame = exact(("A", "B", 0.6), ("B", "A", 0.3), ("ann", "A", 0.4), ("bob", "B", 0.4))
    assert controllers(frame, "A") == {}
    assert controllers(frame, "B") == {"A": "certain"}


def test_a_range_across_the_threshold_is_possible_control() -> None:
    assert controllers(stakes_of(("ann", "A", 0.25, 0.75)), "A") == {"ann": "possible"}


def ultimate(frame: pd.DataFrame, company: str, share: float = 0.25) -> dict[str, tuple[str, str]]:
    stakes = build_stakes(frame)
    found = find_ultimate_owners(stakes, stakes, np.array([company]), share=share)
    return {row.owner_id: (row.by_share, row.by_control) for row in found.itertuples(index=False)}


def test_ultimate_owners_by_share_and_by_control() -> None:
    frame = exact(
        *(("ann", "A", 0.51), ("bob", "A", 0.49)),
        *(("A", "B", 0.51), ("cyd", "B", 0.49)),
    )
    assert ultimate(frame, "B") == {
        "ann": ("certain", "certain"),
        "cyd": ("certain", "no"),
    }
    assert ultimate(frame, "B", share=0.24) == {
        "ann": ("certain", "certain"),
        "bob": ("certain", "no"),
        "cyd": ("certain", "no"),
    }


def test_an_unknown_part_that_reaches_the_share_is_shown() -> None:
    assert ultimate(exact(("ann", "A", 0.6)), "A") == {
        "ann": ("certain", "certain"),
        UNKNOWN_OWNER: ("certain", "no"),
    }


def test_a_company_without_any_stake_has_an_unknown_owner() -> None:
    assert ultimate(exact(("ann", "A", 0.6)), "Z") == {UNKNOWN_OWNER: ("possible", "no")}


@pytest.mark.parametrize("seed", range(5))
def test_ultimate_owners_equal_those_of_a_recursive_query(seed: int) -> None:
    """Without cycles an integrated share is the sum over chains, as SQL recurses over them."""
    generator = np.random.default_rng(seed)
    rows = []
    for company in range(1, 120):
        above = [f"C{number:03d}" for number in range(max(0, company - 9), company)]
        people = [f"p{number:02d}" for number in range(30)]
        size = generator.integers(1, 4)
        owners = generator.choice([*above, *people], size=size, replace=False)
        shares = generator.dirichlet(np.ones(size))
        rows += [(o, f"C{company:03d}", s) for o, s in zip(owners, shares, strict=True)]
    frame = exact(*rows)
    with duckdb.connect() as engine:
        engine.register("stakes", frame)
        expected = engine.sql(
            """
            WITH RECURSIVE chains AS (
              SELECT owner_id, owner_kind, company_id, low AS share FROM stakes
              UNION ALL
              SELECT up.owner_id, up.owner_kind, chains.company_id, up.low * chains.share
              FROM chains JOIN frame AS up ON up.company_id = chains.owner_id
            )
            SELECT company_id, owner_id, sum(share) AS share FROM chains
            WHERE owner_kind = 'natural_person' GROUP BY ALL HAVING sum(share) >= 0.25
            ORDER BY company_id, owner_id
            """
        ).df()
    stakes = build_stakes(frame)
    found = find_ultimate_owners(stakes, stakes, frame["company_id"].unique())
    found = found[(found["by_share"] != "no") & (found["owner_kind"] == "natural_person")]
    assert list(zip(found["company_id"], found["owner_id"], strict=True)) == list(
        zip(expected["company_id"], expected["owner_id"], strict=True)
    )
    assert found["low"].to_numpy() == pytest.approx(expected["share"].to_numpy(), abs=1e-10)


def test_structure_counts_levels_and_circles() -> None:
    frame = exact(
        *(("ann", "A", 0.9), ("A", "B", 0.5), ("B", "C", 0.5), ("C", "B", 0.2)),
        *(("C", "D", 1.0), ("bob", "D", 0.0)),
    )
    found = measure_structures(build_stakes(frame)).set_index("company_id")
    assert found["levels"].to_dict() == {"A": 1, "B": 3, "C": 3, "D": 3}
    assert found["circle"].to_dict() == {"A": 1, "B": 2, "C": 2, "D": 1}
    assert found.loc["D", "circle_above"] == 2
    assert found.loc["A", "unknown_low"] == pytest.approx(0.1)


@pytest.fixture
def register() -> pd.DataFrame:
    days = [date(2010, 1, 1), date(2015, 1, 1), date(2020, 1, 1), date(2012, 1, 1)]
    return pd.DataFrame(
        {
            "owner_id": ["ann", "ann", "bob", "bob"],
            "owner_kind": ["natural_person"] * 4,
            "company_id": ["A", "A", "A", "A"],
            "interest": ["shares", "shares", "shares", "votes"],
            "share_low": [0.2, 0.6, 0.3, 0.9],
            "share_high": [0.2, 0.6, 0.3, 0.9],
            "is_beneficial": [None] * 4,
            "valid_from": days,
            "valid_to": [None, None, date(2021, 1, 1), None],
            "source_id": ["s"] * 4,
        }
    )


def test_stakes_are_those_of_the_day(register: pd.DataFrame) -> None:
    with DuckDBEngine() as engine:
        engine.register("ownership", register)
        read = {
            year: dict(zip(s.units[s.owner], s.low, strict=True))
            for year in (2009, 2011, 2016, 2020, 2022)
            for s in [read_stakes(engine, date(year, 6, 1), stand_ins=False)]
        }
        voting = read_stakes(engine, date(2016, 6, 1), "voting")
        standing_in = read_stakes(engine, date(2011, 6, 1), "voting")
    assert read == {
        2009: {},
        2011: {"ann": 0.2},
        2016: {"ann": 0.6},
        2020: {"ann": 0.6, "bob": 0.3},
        2022: {"ann": 0.6},
    }
    assert dict(zip(voting.units[voting.owner], voting.low, strict=True)) == {"bob": 0.9}
    assert dict(zip(standing_in.units[standing_in.owner], standing_in.low, strict=True)) == {
        "ann": 0.2
    }
