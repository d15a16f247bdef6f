"""Indicators of a buyer and a supplier in a year on cases small enough to judge by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

Judge = Callable[..., dict[str, dict[str, Any]]]


def contracts(*deals: tuple[str, str, float | None], **more: Any) -> list[dict[str, Any]]:
    return [
        {
            "contract_id": f"{buyer}-{supplier}-{number}",
            "lot_id": "1",
            "buyer_id": buyer,
            "supplier_id": supplier,
            "signed_on": date(2020, 5, 1),
            "value": None if value is None else Decimal(str(value)),
            "currency": "EUR",
            **more,
        }
        for number, (buyer, supplier, value) in enumerate(deals)
    ]


FIVE = [("Town", "Big", 30), ("Town", "Big", 20), *[("Town", f"Small{n}", 10) for n in range(3)]]


def test_c07_is_the_supplier_s_share_of_the_buyer_s_year(judge: Judge) -> None:
    results = judge("C07", contracts=contracts(*FIVE, ("Village", "Big", 500)))
    big = results["Town|Big|2020"]
    assert (big["state"], big["value"]) == ("flag", 50 / 80)
    assert big["evidence"] == ["contracts:Town-Big-0/1/Big", "contracts:Town-Big-1/1/Big"]
    assert (big["buyer_id"], big["company_id"]) == ("Town", "Big")
    assert big["on_date"] == date(2020, 12, 31)
    assert results["Town|Small0|2020"]["state"] == "clear"
    assert results["Village|Big|2020"]["detail"] == "too few contracts in the year"


def test_c07_compares_only_buyers_with_more_than_the_minimum(judge: Judge) -> None:
    assert judge("C07", contracts=contracts(*FIVE[:4]))["Town|Big|2020"]["value"] is None
    results = judge("C07", settings={"more_than": 3}, contracts=contracts(*FIVE[:4]))
    assert results["Town|Big|2020"]["value"] == 50 / 70


def test_c07_keeps_years_apart_and_undated_contracts_unknown(judge: Judge) -> None:
    later = contracts(*FIVE, signed_on=date(2021, 1, 1))
    rows = [
        *contracts(*FIVE),
        *[{**row, "contract_id": f"later {row['contract_id']}"} for row in later],
        *contracts(("Town", "Undated", 5), signed_on=None),
    ]
    results = judge("C07", contracts=rows)
    assert results["Town|Big|2020"]["value"] == results["Town|Big|2021"]["value"] == 50 / 80
    undated = results["Town|Undated|unknown"]
    assert (undated["state"], undated["on_date"]) == ("not_computable", None)


@pytest.mark.parametrize(
    ("extra", "detail"),
    [
        (
            contracts(("Town", "Big", 5), currency="USD"),
            "amounts in more than one currency without an exchange rate",
        ),
        (
            contracts(("Town", "Big", None)),
            "amount not recorded for every contract of the relation",
        ),
        (
            contracts(("Town", "Other", None), ("Town", "Another", None)),
            "amount not recorded for too many contracts of the year",
        ),
    ],
)
def test_c07_never_adds_up_what_cannot_be_added(
    judge: Judge, extra: list[dict[str, Any]], detail: str
) -> None:
    extra = [{**row, "contract_id": f"extra {row['contract_id']}"} for row in extra]
    row = judge("C07", contracts=[*contracts(*FIVE), *extra])["Town|Big|2020"]
    assert (row["state"], row["detail"]) == ("not_computable", detail)


def test_c07_does_not_take_the_currency_of_an_amount_of_zero(judge: Judge) -> None:
    nothing = contracts(("Town", "Other", 0), currency="USD")
    results = judge("C07", contracts=[*contracts(*FIVE), *nothing])
    assert results["Town|Big|2020"]["value"] == 50 / 80
    assert results["Town|Other|2020"]["value"] is None


def test_c07_never_scores_a_natural_person(judge: Judge) -> None:
    results = judge(
        "C07",
        contracts=contracts(*FIVE),
        companies=[{"company_id": "Big", "kind": "natural_person"}],
    )
    assert results["Town|Big|2020"]["state"] == "not_computable"
    assert results["Town|Small0|2020"]["state"] == "clear"


def test_c08_is_the_buyer_s_share_of_the_supplier_s_year(judge: Judge) -> None:
    deals = [("Town", "Tied", 20), *[(f"Buyer{n}", "Tied", 5) for n in range(4)]]
    results = judge("C08", contracts=contracts(*deals, ("Town", "Free", 900)))
    assert (results["Town|Tied|2020"]["state"], results["Town|Tied|2020"]["value"]) == ("flag", 0.5)
    assert results["Buyer0|Tied|2020"]["state"] == "clear"
    assert results["Buyer0|Tied|2020"]["value"] == 0.125
    assert results["Town|Free|2020"]["state"] == "not_computable"


def test_c08_never_adds_up_currencies(judge: Judge) -> None:
    deals = [(f"Buyer{n}", "Tied", 5) for n in range(4)]
    rows = [*contracts(*deals), *contracts(("Town", "Tied", 20), currency="USD")]
    assert {row["detail"] for row in judge("C08", contracts=rows).values()} == {
        "amounts in more than one currency without an exchange rate"
    }


def test_c07_sees_two_currencies_inside_one_relation(judge: Judge) -> None:
    rows = contracts(*[("Town", "Big", 5)] * 5)
    rows[0]["currency"] = "USD"
    row = judge("C07", contracts=rows)["Town|Big|2020"]
    assert row["detail"] == "amounts in more than one currency without an exchange rate"
