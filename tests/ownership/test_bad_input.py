"""Registers that contradict themselves, very wide ones, and circles of any length."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from infiltrate.errors import CheckFailed
from infiltrate.ownership.control import find_control
from infiltrate.ownership.integrated import UNKNOWN_OWNER, integrate_ownership
from infiltrate.ownership.shares import integrate_shares
from infiltrate.ownership.stakes import Stakes, build_stakes, read_stakes
from infiltrate.ownership.structure import measure_structures
from infiltrate.ownership.ultimate import find_ultimate_owners, rank_ultimate_owners
from infiltrate.tables.engine import DuckDBEngine


def register(owner: list[str], company: list[str], share: float | np.ndarray) -> Stakes:
    frame = pd.DataFrame({"owner_id": owner, "company_id": company, "low": share, "high": share})
    kinds = np.where(frame["owner_id"].str.islower(), "natural_person", "company")
    return build_stakes(frame.assign(owner_kind=kinds))


def circle(size: int, share: float) -> Stakes:
    """A circle in which each holds the share of the next, and ann the rest of the first."""
    names = [f"C{number:05d}" for number in range(size)]
    shares = np.append(np.full(size, share), 1 - share)
    return register([*names, "ann"], [*names[1:], names[0], names[0]], shares)


@pytest.mark.parametrize("size", [2, 3, 64, 65, 500])
def test_a_circle_of_any_length_gives_its_owner_everything(size: int) -> None:
    """ann is the only one outside who holds anything; all else is nobody known's."""
    share = 0.9
    found = integrate_ownership(circle(size, share), np.array(["C00000"]))
    low = found.set_index("owner_id")["low"]
    assert low["ann"] == pytest.approx((1 - share) / (1 - share**size), abs=1e-10)
    assert found.loc[found["owner_id"] == "ann", "steps"].iloc[0] == 1
    unknown = low.get(UNKNOWN_OWNER, 0.0)
    assert low["ann"] + unknown == pytest.approx(1, abs=1e-9)


def test_a_circle_of_5000_companies_is_followed() -> None:
    stakes = circle(5000, 0.6)
    shares = integrate_shares(stakes, stakes.positions(np.array(["C00000"])))
    at = shares.owner == stakes.positions(np.array(["ann"]))[0]
    assert shares.low[at] == pytest.approx(0.4)
    assert set(measure_structures(stakes)["circle"]) == {5000}
    found = rank_ultimate_owners(stakes, stakes)
    assert len(found.owner) >= 5000


def test_a_circle_that_owns_itself_entirely_has_no_known_owner() -> None:
    for size in (3, 70):
        names = [f"C{number:05d}" for number in range(size)]
        stakes = register(names, [*names[1:], names[0]], 1.0)
        found = find_ultimate_owners(stakes, stakes, np.array(names[:1]))
        assert found["owner_id"].tolist() == [UNKNOWN_OWNER]
        assert found["low"].tolist() == [1.0]


def test_two_closed_circles_do_not_touch_each_other() -> None:
    """What ann may hold of D through the one says nothing of E below the other."""
    stakes = register(
        ["A", "B", "C", "F", "B", "F", "ann"], ["B", "A", "F", "C", "D", "E", "E"],
        np.array([1, 1, 1, 1, 0.5, 0.5, 0.5]),
    )  # fmt: skip
    found = integrate_ownership(stakes).set_index(["company_id", "owner_id"])
    assert ("E", "A") not in found.index and ("D", "C") not in found.index
    assert found.loc[("D", "A"), "high"] == 1.0
    assert found.loc[("D", "B"), "low"] == 0.5


def test_ten_thousand_owners_of_one_company() -> None:
    owners = [f"p{number:05d}" for number in range(10_000)]
    stakes = register([*owners, "A"], ["A"] * 10_000 + ["B"], np.append(np.full(10_000, 1e-4), 1.0))
    found = integrate_ownership(stakes, np.array(["B"]))
    persons = found[found["owner_kind"] == "natural_person"]
    assert len(persons) == 10_000
    assert persons["low"].to_numpy() == pytest.approx(np.full(10_000, 1e-4), abs=1e-10)
    assert find_control(stakes)["controller_id"].tolist() == ["A"]


def test_an_owner_of_itself_is_refused_or_left_out() -> None:
    with pytest.raises(CheckFailed, match="the company itself"):
        register(["A"], ["A"], 0.5)
    assert held(row("A", "A", 0.5), row("ann", "A", 0.5)) == {"ann": (0.5, 0.5)}


def row(owner: str, company: str, low: float | None, **more: object) -> dict[str, object]:
    kind = "natural_person" if owner.islower() else "company"
    about = {"owner_id": owner, "owner_kind": kind, "company_id": company, "interest": "shares"}
    dates = {"valid_from": date(2010, 1, 1), "valid_to": None, "source_id": "s"}
    return {**about, "share_low": low, "share_high": low, **dates, **more}


def held(*rows: dict[str, object]) -> dict[str, tuple[float, float]]:
    with DuckDBEngine() as engine:
        frame = pd.DataFrame(list(rows)).astype({"valid_to": "datetime64[s]"})
        engine.register("ownership", frame)
        stakes = read_stakes(engine, date(2020, 1, 1))
    ends = zip(stakes.units[stakes.owner], stakes.low, stakes.high, strict=True)
    return {owner: (low, high) for owner, low, high in ends}


def test_shares_over_the_whole_are_taken_as_not_stated() -> None:
    assert held(row("ann", "A", 1.7), row("bob", "A", 0.4)) == {
        "ann": (0.0, pytest.approx(0.6)),
        "bob": (0.4, 0.4),
    }


def test_reversed_ranges_are_taken_as_not_stated_and_reversed_dates_hold_nothing() -> None:
    assert held(row("ann", "A", 0.8, share_high=0.2)) == {"ann": (0.0, 1.0)}
    assert held(row("ann", "A", 0.8, valid_to=date(2009, 1, 1))) == {}
