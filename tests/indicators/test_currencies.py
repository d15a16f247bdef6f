"""Amounts are compared in one currency or at a dated rate, and never mixed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

Judge = Callable[..., dict[str, dict[str, Any]]]
RATE = {"currency": "USD", "rate": 0.5, "valid_from": "2020-01-01", "source": "a bank"}
RATES = {"exchange_rates": [{**RATE, "valid_to": "2020-06-30"}]}


def contract(number: int, supplier: str, value: int, **more: Any) -> dict[str, Any]:
    """One contract of the town in May 2020."""
    return {
        "contract_id": f"K{number}",
        "lot_id": "1",
        "tender_id": "T",
        "supplier_id": supplier,
        "buyer_id": "TOWN",
        "signed_on": date(2020, 5, 1),
        "value": value,
        "currency": "EUR",
        **more,
    }


def town(**more: Any) -> list[dict[str, Any]]:
    """BIG has 60 dollars, four others 10 euro each."""
    others = [contract(number, f"S{number}", 10) for number in range(4)]
    return [contract(9, "BIG", 60, **{"currency": "USD", **more}), *others]


def test_a_share_is_worked_out_at_the_rate_of_the_day(judge: Judge) -> None:
    row = judge("C07", facts=RATES, contracts=town())["TOWN|BIG|2020"]
    assert row["value"] == pytest.approx(30 / 70)


def test_a_rate_of_another_day_does_not_serve(judge: Judge) -> None:
    row = judge("C07", facts=RATES, contracts=town(signed_on=date(2020, 7, 1)))["TOWN|BIG|2020"]
    assert (row["state"], row["detail"]) == (
        "not_computable",
        "amounts in more than one currency without an exchange rate",
    )


def test_one_foreign_currency_needs_no_rate(judge: Judge) -> None:
    rows = [{**row, "currency": "USD"} for row in town()]
    assert judge("C07", contracts=rows)["TOWN|BIG|2020"]["value"] == pytest.approx(0.6)


@pytest.mark.parametrize("code", ["M02"])
def test_a_market_is_added_up_at_the_rate_of_the_day(judge: Judge, code: str) -> None:
    tables = {
        "tenders": [{"tender_id": "T", "lot_id": "1", "product_code": "45000000"}],
        "contracts": town(),
    }
    few = {"fewest_contracts": 2}
    with_rate = judge(code, facts=RATES, settings=few, **tables)["45|2020"]
    assert with_rate["value"] == pytest.approx((30 / 70) ** 2 + 4 * (10 / 70) ** 2)
    without = judge(code, settings=few, **tables)["45|2020"]
    assert without["detail"] == "amounts in several currencies without an exchange rate"


def bids(*offers: tuple[int, str]) -> list[dict[str, Any]]:
    """Valid bids on one lot, the first of which won."""
    lot = {"tender_id": "T", "lot_id": "1", "status": "valid"}
    return [
        {**lot, "company_id": f"F{n}", "amount": amount, "currency": cur, "is_winner": n == 0}
        for n, (amount, cur) in enumerate(offers)
    ]


LOT = [{"tender_id": "T", "lot_id": "1", "award_on": date(2020, 5, 1)}]


def test_bids_of_one_worth_in_two_currencies_are_identical(judge: Judge) -> None:
    offers = bids((50, "EUR"), (100, "USD"), (70, "EUR"))
    assert judge("C22", facts=RATES, tenders=LOT, bids=offers)["T/1"]["state"] == "flag"
    unknown = judge("C22", tenders=LOT, bids=offers)["T/1"]
    assert unknown["detail"] == "bids in several currencies without an exchange rate"


def test_the_lowest_bid_is_the_lowest_in_worth_and_not_in_number(judge: Judge) -> None:
    offers = bids((50, "EUR"), (90, "USD"), (70, "EUR"))
    offers[1]["status"] = "disqualified"
    assert judge("C21", facts=RATES, tenders=LOT, bids=offers)["T/1"]["state"] == "flag"


def test_screens_of_bids_are_worked_out_at_the_rate_of_the_day(judge: Judge) -> None:
    one = judge("T02", tenders=LOT, bids=bids((50, "EUR"), (55, "EUR"), (60, "EUR")))["T/1"]
    two = judge("T02", facts=RATES, tenders=LOT, bids=bids((50, "EUR"), (110, "USD"), (60, "EUR")))[
        "T/1"
    ]
    assert one["value"] == two["value"] == pytest.approx(0.2)


def test_a_rebate_is_never_worked_out_across_currencies(judge: Judge) -> None:
    tenders = [
        {
            **LOT[0],
            "tender_id": f"T{n}",
            "product_code": "45",
            "area_id": "A",
            "estimated_value": 100,
            "currency": "USD",
        }
        for n in range(5)
    ]
    contracts = [contract(n, "F", 40 + n * n, tender_id=f"T{n}") for n in range(5)]
    few = {"fewest_peers": 5}
    rows = judge("C18", settings=few, tenders=tenders, contracts=contracts)
    assert {row["detail"] for row in rows.values()} == {
        "estimate and award in different currencies without an exchange rate"
    }
    rows = judge("C18", facts=RATES, settings=few, tenders=tenders, contracts=contracts)
    # Rebates of 20, 18, 12, 2 and -12 %: the median is 12 %, the median deviation 8 %.
    assert rows["T4/1"]["value"] == pytest.approx(-0.24 / (1.4826 * 0.08))


def test_a_threshold_in_another_currency_is_not_the_threshold(judge: Judge) -> None:
    law = {"regime": "direct_award", "amount": 100, "currency": "USD", **RATE}
    law = {name: value for name, value in law.items() if name != "rate"}
    row = judge("C10", facts={"thresholds": [law]}, contracts=[contract(1, "F", 97)])["K1/1/F"]
    assert row["state"] == "not_computable"
