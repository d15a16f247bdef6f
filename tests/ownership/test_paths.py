"""Chains from owners to a company, with the record of every step."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from infiltrate.errors import NotEnoughData
from infiltrate.ownership.integrated import integrate_ownership
from infiltrate.ownership.paths import trace_owners
from infiltrate.ownership.stakes import Stakes, build_stakes


def register(*rows: tuple[str, str, float]) -> Stakes:
    frame = pd.DataFrame(rows, columns=["owner_id", "company_id", "low"])
    kinds = np.where(frame["owner_id"].str.islower(), "natural_person", "company")
    records = "ownership:" + frame["owner_id"] + "/" + frame["company_id"]
    return build_stakes(frame.assign(high=frame["low"], owner_kind=kinds, record_id=records))


def chains(stakes: Stakes, company: str, **limits: int) -> list[tuple[str, str]]:
    found = trace_owners(stakes, company, **limits)
    return [
        (" > ".join([*rows["owner_id"], rows["company_id"].iloc[-1]]), rows["ends_in"].iloc[0])
        for _, rows in found.groupby("chain")
    ]


def test_chains_run_from_the_owner_down_shortest_first() -> None:
    stakes = register(
        *(("ann", "A", 0.6), ("A", "B", 0.5), ("ann", "B", 0.1), ("F", "B", 0.4)),
    )
    assert chains(stakes, "B") == [
        ("F > B", "unknown"),
        ("ann > B", "owner"),
        ("ann > A > B", "owner"),
    ]
    rows = trace_owners(stakes, "B")
    assert list(rows[rows["chain"] == 3]["record_id"]) == ["ownership:ann/A", "ownership:A/B"]


def test_the_products_along_chains_add_up_to_the_integrated_share() -> None:
    stakes = register(
        *(("ann", "A", 0.6), ("ann", "B", 0.3), ("A", "B", 0.5), ("A", "C", 0.2), ("B", "C", 0.7)),
    )
    found = trace_owners(stakes, "C")
    whole = found.groupby("chain")["low"].prod().sum()
    shares = integrate_ownership(stakes, np.array(["C"])).set_index("owner_id")["low"]
    assert whole == pytest.approx(shares["ann"])


def test_a_circle_is_followed_once_and_named() -> None:
    stakes = register(("A", "B", 0.6), ("B", "A", 0.3), ("ann", "A", 0.5))
    assert chains(stakes, "B") == [("B > A > B", "circle"), ("ann > A > B", "owner")]


def test_a_long_chain_is_cut_and_said_to_be() -> None:
    stakes = register(*((f"C{n}", f"C{n + 1}", 1.0) for n in range(9)), ("ann", "C0", 1.0))
    assert chains(stakes, "C9", most_steps=3) == [("C6 > C7 > C8 > C9", "cut")]
    assert chains(stakes, "C9", most_steps=10)[0][1] == "owner"


def test_too_many_chains_and_no_stakes_are_refused() -> None:
    stakes = register(*((f"p{n}", "A", 0.01) for n in range(20)))
    with pytest.raises(NotEnoughData, match="more than 10 chains"):
        trace_owners(stakes, "A", most_chains=10)
    with pytest.raises(NotEnoughData, match="No stake in p1"):
        trace_owners(stakes, "p1")
    with pytest.raises(NotEnoughData, match="No stake in Z"):
        trace_owners(stakes, "Z")
