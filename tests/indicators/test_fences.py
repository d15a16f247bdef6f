"""Fences drawn from the data are Tukey's, on quartiles of type 8, and are told with the result."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pytest

Judge = Callable[..., dict[str, dict[str, Any]]]


def lots_with_gaps(gaps: list[float], year: int = 2020) -> dict[str, list[dict[str, Any]]]:
    """One lot per gap: a winning bid of 1,000 and a losing one that much above it."""
    tables: dict[str, list[dict[str, Any]]] = {"tenders": [], "bids": []}
    for number, gap in enumerate(gaps):
        lot = {"tender_id": f"T{year}-{number:03}", "lot_id": "1"}
        tables["tenders"].append({**lot, "award_on": date(year, 5, 1)})
        tables["bids"] += [
            {
                **lot,
                "company_id": firm,
                "amount": amount,
                "currency": "EUR",
                "status": "valid",
                "is_winner": firm == "A",
            }
            for firm, amount in (("A", 1000), ("B", round(1000 * (1 + gap))))
        ]
    return tables


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5, 8, 11, 30])
def test_the_upper_fence_is_that_of_numpy(judge: Judge, number: int) -> None:
    gaps = [round(0.01 * (1 + place % 7) + 0.002 * place, 3) for place in range(number)]
    rows = judge("C25", **lots_with_gaps(gaps))
    q1, q3 = np.quantile(gaps, [0.25, 0.75], method="median_unbiased")
    fence = q3 + 1.5 * (q3 - q1)
    assert [row["threshold"] for row in rows.values()] == pytest.approx([fence] * number)
    flagged = sum(row["state"] == "flag" for row in rows.values())
    assert flagged == sum(gap >= fence - 1e-12 for gap in gaps)


def test_the_lower_fence_is_used_only_above_zero(judge: Judge) -> None:
    gaps = [0.10, 0.11, 0.12, 0.13, 0.14, 0.15, 0.01]
    rows = judge("C24", **lots_with_gaps(gaps))
    q1, q3 = np.quantile(gaps, [0.25, 0.75], method="median_unbiased")
    assert rows["T2020-006/1"]["threshold"] == pytest.approx(q1 - 1.5 * (q3 - q1))
    assert rows["T2020-006/1"]["state"] == "flag"
    wide = judge("C24", **lots_with_gaps([0.01, 0.5, 1.0]))
    assert {(row["state"], row["detail"]) for row in wide.values()} == {
        ("not_computable", "the data give no usable fence")
    }


def test_a_fence_by_year_is_not_moved_by_other_years(judge: Judge) -> None:
    first = lots_with_gaps([0.1, 0.12, 0.14, 0.5])
    later = lots_with_gaps([3.0, 4.0, 5.0], year=2030)
    both = {name: [*first[name], *later[name]] for name in first}
    alone = judge("C25", settings={"fence_over": "year"}, **first)
    together = judge("C25", settings={"fence_over": "year"}, **both)
    assert {unit: together[unit] for unit in alone} == alone
    assert judge("C25", **both)["T2020-003/1"]["threshold"] != alone["T2020-003/1"]["threshold"]


def test_share_of_lots_won_is_fenced_among_all_firms(judge: Judge) -> None:
    shares = {"A": 9, "B": 8, "C": 8, "D": 7, "E": 7, "F": 8, "G": 0}
    tables: dict[str, list[dict[str, Any]]] = {"tenders": [], "bids": []}
    for firm, wins in shares.items():
        for number in range(10):
            lot = {"tender_id": f"{firm}{number}", "lot_id": "1"}
            tables["tenders"].append(lot)
            won = number < wins
            for bidder, is_winner in ((firm, won), (f"other of {firm}{number}", not won)):
                tables["bids"].append(
                    {**lot, "company_id": bidder, "status": "valid", "is_winner": is_winner}
                )
    companies = [{"company_id": firm} for firm in shares]
    rows = judge("M04", companies=companies, **tables)
    ratios = [wins / 10 for wins in shares.values()]
    q1, q3 = np.quantile(ratios, [0.25, 0.75], method="median_unbiased")
    assert rows["A"]["threshold"] == pytest.approx(q1 - 1.5 * (q3 - q1))
    assert {firm: row["state"] for firm, row in rows.items()} == {
        **dict.fromkeys("ABCDEF", "clear"),
        "G": "flag",
    }
