"""Indicators of companies on companies small enough to judge by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

Judge = Callable[..., dict[str, dict[str, Any]]]
FOUNDED = date(2019, 1, 1)


def states(results: dict[str, dict[str, Any]]) -> dict[str, str]:
    return {entity: row["state"] for entity, row in results.items()}


def contract(supplier: str, signed_on: date | None, value: float | None = 10) -> dict[str, Any]:
    return {
        "contract_id": f"{supplier} {signed_on}",
        "lot_id": "1",
        "supplier_id": supplier,
        "signed_on": signed_on,
        "value": None if value is None else Decimal(str(value)),
        "currency": "EUR",
    }


def test_f01_is_the_age_at_the_first_contract(judge: Judge) -> None:
    names = ("Young", "Older", "Unborn", "NoContract", "Member")
    results = judge(
        "F01",
        companies=[
            *[{"company_id": name, "incorporated_on": FOUNDED} for name in names],
            {"company_id": "NoDay"},
            {"company_id": "Joint", "kind": "consortium", "incorporated_on": FOUNDED},
            {"company_id": "Person", "kind": "natural_person", "incorporated_on": FOUNDED},
        ],
        contracts=[
            contract("Young", FOUNDED + timedelta(days=2000)),
            contract("Young", FOUNDED + timedelta(days=365)),
            contract("Older", FOUNDED + timedelta(days=366)),
            contract("Unborn", FOUNDED - timedelta(days=1)),
            contract("NoDay", FOUNDED),
            contract("Joint", FOUNDED + timedelta(days=10)),
            contract("Person", FOUNDED),
        ],
        consortia=[{"consortium_id": "Joint", "company_id": "Member"}],
    )
    assert states(results) == {
        "Young": "flag",
        "Older": "clear",
        "Unborn": "not_computable",
        "NoContract": "not_computable",
        "NoDay": "not_computable",
        "Member": "flag",
    }
    assert results["Young"]["value"] == 365.0
    assert results["Young"]["on_date"] == FOUNDED + timedelta(days=365)
    assert results["Young"]["evidence"] == ["companies:Young", "contracts:Young 2020-01-01/1/Young"]


def test_f08_counts_companies_that_exist(judge: Judge) -> None:
    crowd = [{"company_id": f"Shell{n}", "address_key": "MAIN 1"} for n in range(3)]
    agents = [{"company_id": f"Client{n}", "address_key": "AGENT 1"} for n in range(5)]
    results = judge(
        "F08",
        settings={"many": 3, "agent_cap": 4},
        companies=[
            *crowd,
            *agents,
            {"company_id": "Gone", "address_key": "MAIN 1", "status": "struck_off"},
            {"company_id": "Clear", "address_key": "SIDE 2", "status": "active"},
            {"company_id": "Left", "address_key": "SIDE 2", "dissolved_on": FOUNDED},
            {"company_id": "Unknown"},
        ],
    )
    assert results["Shell0"]["value"] == 3.0
    assert results["Clear"]["value"] == 1.0
    assert states(results)["Shell0"] == states(results)["Gone"] == "flag"
    assert states(results)["Clear"] == "clear"
    assert states(results)["Client0"] == states(results)["Unknown"] == "not_computable"


def account(company: str, revenue: float, **more: Any) -> dict[str, Any]:
    fields = {"company_id": company, "year_end_on": date(2020, 6, 30), "currency": "EUR"}
    return {**fields, "revenue": Decimal(str(revenue)), **more}


def test_f63_is_the_share_of_the_financial_year_s_revenue(judge: Judge) -> None:
    inside = date(2020, 6, 30)
    names = ("Flagged", "Clear", "NoRevenue", "NoContract", "NoAmount", "Foreign", "Undated")
    results = judge(
        "F63",
        companies=[{"company_id": name} for name in names],
        accounts=[
            account("Flagged", 100, filed_on=date(2020, 9, 1)),
            account("Flagged", 1, year_end_on=date(2019, 6, 30)),
            *[account(n, 100) for n in names[1:] if n not in ("NoRevenue", "Foreign")],
            account("NoRevenue", 0),
            account("Foreign", 100, currency="USD"),
        ],
        contracts=[
            contract("Flagged", inside, 50),
            contract("Flagged", date(2019, 7, 1), 30),
            contract("Flagged", date(2019, 6, 30), 1000),
            contract("Flagged", date(2020, 7, 1), 1000),
            contract("Clear", date(2020, 7, 1), 1000),
            contract("NoRevenue", inside),
            contract("NoAmount", inside, None),
            contract("Foreign", inside),
            contract("Undated", None),
        ],
    )
    assert results["Flagged"]["value"] == 0.8
    assert results["Clear"]["value"] == 0.0
    assert states(results) == {
        "Flagged": "flag",
        "Clear": "clear",
        **dict.fromkeys(names[2:], "not_computable"),
    }
    assert results["Flagged"]["on_date"] == date(2020, 9, 1)
    assert results["Flagged"]["evidence"] == [
        "accounts:Flagged/2020-06-30",
        "contracts:Flagged 2019-07-01/1/Flagged",
        "contracts:Flagged 2020-06-30/1/Flagged",
    ]


def test_f70_tells_not_active_from_not_found_and_unknown(judge: Judge) -> None:
    results = judge(
        "F70",
        companies=[
            {"company_id": "Active", "status": "active", "in_registry": True},
            {"company_id": "StruckOff", "status": "struck_off", "in_registry": True},
            {"company_id": "NotFound", "in_registry": False},
            {"company_id": "Unknown", "status": "unknown", "in_registry": True},
            {"company_id": "NotRead"},
        ],
    )
    assert states(results) == {
        "Active": "clear",
        "StruckOff": "flag",
        "NotFound": "flag",
        "Unknown": "not_computable",
        "NotRead": "not_computable",
    }
    assert results["NotFound"]["detail"] == "not found in the register"
    assert results["StruckOff"]["detail"] == "in the register but not active"


def test_f70_does_not_flag_absence_from_an_extract(judge: Judge) -> None:
    companies = [{"company_id": "NotFound", "in_registry": False}]
    results = judge("F70", settings={"flag_not_found": False}, companies=companies)
    assert states(results) == {"NotFound": "not_computable"}
