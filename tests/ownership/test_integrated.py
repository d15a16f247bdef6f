"""Integrated shares: by hand, against a dense solve, with cycles, ranges and unknown owners."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infiltrate.errors import CheckFailed
from infiltrate.ownership.integrated import UNKNOWN_OWNER, integrate_ownership
from infiltrate.ownership.stakes import build_stakes


def stakes_of(*rows: tuple[str, str, float, float | None]) -> pd.DataFrame:
    """Stakes as (owner, company, low, high); people are written in lower case."""
    frame = pd.DataFrame(rows, columns=["owner_id", "company_id", "low", "high"])
    kinds = np.where(frame["owner_id"].str.islower(), "natural_person", "company")
    return frame.astype({"low": float, "high": float}).assign(owner_kind=kinds)


def shares_of(frame: pd.DataFrame, company: str) -> dict[str, tuple[float, float]]:
    found = integrate_ownership(build_stakes(frame), np.array([company]))
    return {
        row.owner_id: (round(row.low, 9), round(row.high, 9))
        for row in found.itertuples(index=False)
    }


def exact(*rows: tuple[str, str, float]) -> pd.DataFrame:
    return stakes_of(*((owner, company, share, share) for owner, company, share in rows))


def test_shares_multiply_along_a_chain_and_add_up_over_chains() -> None:
    frame = exact(("ann", "A", 0.6), ("ann", "B", 0.5), ("A", "C", 0.5), ("B", "C", 0.2))
    shares = shares_of(frame, "C")
    assert shares["ann"] == (0.4, 0.4)
    assert shares["A"] == (0.5, 0.5)
    assert shares[UNKNOWN_OWNER] == (0.6, 0.6)


def test_a_cycle_gives_the_owner_outside_what_the_cycle_returns() -> None:
    """A and B hold 20 % and 40 % of each other; ann 80 % of A, bob 60 % of B."""
    frame = exact(("B", "A", 0.2), ("A", "B", 0.4), ("ann", "A", 0.8), ("bob", "B", 0.6))
    shares = shares_of(frame, "A")
    assert shares["ann"][0] == pytest.approx(0.8 / 0.92)
    assert shares["bob"][0] == pytest.approx(0.6 * 0.2 / 0.92)
    assert shares["B"] == (0.2, 0.2)
    assert UNKNOWN_OWNER not in shares


def test_ranges_are_carried_through() -> None:
    frame = stakes_of(("ann", "A", 0.25, 0.5), ("A", "B", 0.5, 0.75))
    shares = shares_of(frame, "B")
    assert shares["ann"] == (0.125, 0.375)
    assert shares[UNKNOWN_OWNER] == (0.625, 0.875)


def test_a_share_that_is_not_stated_is_open_and_not_zero() -> None:
    frame = stakes_of(("ann", "A", 0.7, 0.7), ("bob", "A", np.nan, np.nan))
    shares = shares_of(frame, "A")
    assert shares["bob"] == (0.0, 0.3)
    assert shares[UNKNOWN_OWNER] == (0.0, 0.3)


def test_companies_that_own_each_other_entirely_have_no_known_owner() -> None:
    frame = exact(("A", "B", 1.0), ("B", "A", 1.0), ("B", "C", 0.5), ("ann", "C", 0.5))
    shares = shares_of(frame, "C")
    assert shares["ann"] == (0.5, 0.5)
    assert shares[UNKNOWN_OWNER] == (0.5, 0.5)


def test_a_company_nobody_is_known_to_own_is_unknown_above() -> None:
    shares = shares_of(exact(("A", "B", 1.0)), "B")
    assert shares == {"A": (1.0, 1.0), UNKNOWN_OWNER: (1.0, 1.0)}


@st.composite
def registers(draw: st.DrawFn) -> pd.DataFrame:
    """Random registers with cycles, in which every company has up to four owners."""
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    companies = [f"C{number}" for number in range(draw(st.integers(2, 12)))]
    owners = [*companies, *(f"p{number}" for number in range(4))]
    rows = []
    for company in companies:
        others = [owner for owner in owners if owner != company]
        chosen = generator.choice(others, size=generator.integers(1, 5), replace=False)
        parts = generator.dirichlet(np.ones(len(chosen) + 1))
        rows += [(owner, company, part) for owner, part in zip(chosen, parts, strict=False)]
    return exact(*rows)


@settings(max_examples=60, deadline=None)
@given(registers())
def test_it_equals_a_dense_solve_on_random_registers_with_cycles(frame: pd.DataFrame) -> None:
    stakes = build_stakes(frame)
    n = len(stakes.units)
    direct = stakes.matrix(stakes.low).toarray()
    total = np.linalg.inv(np.eye(n) - direct)
    dense = (total - np.eye(n)) / np.diag(total)[:, np.newaxis]
    found = integrate_ownership(stakes)
    for row in found[found["owner_id"] != UNKNOWN_OWNER].itertuples(index=False):
        i, j = np.searchsorted(stakes.units, [row.owner_id, row.company_id])
        assert row.low == pytest.approx(dense[i, j], abs=1e-10)
        assert row.high == pytest.approx(dense[i, j], abs=1e-10)
    known = found["owner_kind"].isin(["natural_person", "unknown"])
    whole = found[known].groupby("company_id")["high"].sum()
    assert whole.to_numpy() == pytest.approx(np.ones(len(whole)), abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(registers(), st.integers(0, 2**32 - 1))
def test_wider_ranges_hold_the_exact_shares(frame: pd.DataFrame, seed: int) -> None:
    generator = np.random.default_rng(seed)
    truth = integrate_ownership(build_stakes(frame))
    low = frame["low"] * generator.uniform(0.5, 1, len(frame))
    high = (frame["high"] * generator.uniform(1, 2, len(frame))).clip(upper=1)
    wide = integrate_ownership(build_stakes(frame.assign(low=low, high=high)))
    both = truth.merge(wide, on=["owner_id", "company_id"], suffixes=("", "_wide"), how="left")
    assert (both["low_wide"] <= both["low"] + 1e-9).all()
    assert (both["high_wide"] >= both["high"] - 1e-9).all()


@given(registers())
@settings(max_examples=20, deadline=None)
def test_the_order_of_rows_changes_nothing(frame: pd.DataFrame) -> None:
    shuffled = frame.sample(frac=1, random_state=7).reset_index(drop=True)
    pd.testing.assert_frame_equal(
        integrate_ownership(build_stakes(frame)), integrate_ownership(build_stakes(shuffled))
    )


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([("ann", "A", 0.8, 0.2)], "reversed"),
        ([("ann", "A", 1.2, 1.2)], "outside 0 to 1"),
        ([("ann", "A", 0.1, 0.1), ("ann", "A", 0.2, 0.2)], "there twice"),
    ],
)
def test_stakes_that_cannot_be_are_refused(
    rows: list[tuple[str, str, float, float]], said: str
) -> None:
    with pytest.raises(CheckFailed, match=said):
        build_stakes(stakes_of(*rows))


def test_a_register_that_gives_away_more_than_the_whole_is_shown_as_contradictory() -> None:
    frame = stakes_of(("ann", "A", 0.9, 0.9), ("bob", "A", 0.6, 0.6), ("cyd", "B", 1.0, 1.0))
    assert list(build_stakes(frame).overfull) == ["A"]
    shares = shares_of(frame, "A")
    assert shares["ann"] == (0.6, 0.6)
    assert shares["bob"] == (0.4, 0.4)


def test_no_stakes_give_no_owners() -> None:
    assert integrate_ownership(build_stakes(stakes_of())).empty
