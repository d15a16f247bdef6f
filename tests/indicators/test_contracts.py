"""Indicators of contracts on contracts small enough to judge by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

Judge = Callable[..., dict[str, dict[str, Any]]]
DAY = date(2020, 3, 1)


def states(results: dict[str, dict[str, Any]]) -> dict[str, str]:
    return {entity.split("/")[0]: row["state"] for entity, row in results.items()}


def contract(name: str, value: float | None, **more: Any) -> dict[str, Any]:
    return {
        "contract_id": name,
        "lot_id": "1",
        "supplier_id": "Supplier",
        "tender_id": f"tender of {name}",
        "signed_on": DAY,
        "value": None if value is None else Decimal(str(value)),
        "currency": "EUR",
        **more,
    }


def tender_of(row: dict[str, Any], **more: Any) -> dict[str, Any]:
    described = {"category": "goods", "product_code": "33100000", **more}
    return {"tender_id": row["tender_id"], "lot_id": row["lot_id"], **described}


def threshold(amount: float, **more: Any) -> dict[str, Any]:
    return {
        "regime": "direct_award",
        "category": "goods",
        "amount": float(amount),
        "currency": "EUR",
        "valid_from": date(2019, 1, 1),
        "source": "an invented law",
        **more,
    }


def test_c10_flags_amounts_just_below_and_not_on_the_threshold(judge: Judge) -> None:
    contracts = [
        contract("Flagged", 95),
        contract("JustUnder", 99.99),
        contract("OnIt", 100),
        contract("WellBelow", 94.99),
        contract("Above", 250),
        contract("NoAmount", None),
        contract("NoDay", 95, signed_on=None),
        contract("OtherMoney", 95, currency="USD"),
        contract("TooEarly", 95, signed_on=date(2018, 12, 31)),
        contract("Works", 95, tender_id="works"),
        contract("NoKind", 95, tender_id=None),
        contract("Negative", -95),
        contract("Zero", 0),
    ]
    tenders = [tender_of(row) for row in contracts if row["tender_id"] not in ("works", None)]
    tenders.append({"tender_id": "works", "lot_id": "1", "category": "works"})
    results = judge(
        "C10", facts={"thresholds": [threshold(100)]}, contracts=contracts, tenders=tenders
    )
    flagged = {name for name, state in states(results).items() if state == "flag"}
    clear = {name for name, state in states(results).items() if state == "clear"}
    assert flagged == {"Flagged", "JustUnder"}
    assert clear == {"OnIt", "WellBelow", "Above"}
    assert results["Flagged/1/Supplier"]["value"] == 0.95
    assert results["Above/1/Supplier"]["value"] == 2.5
    assert results["NoKind/1/Supplier"]["detail"] == "kind of purchase not recorded"
    assert results["OtherMoney/1/Supplier"]["detail"].startswith("no threshold in force")


def test_c10_asks_for_the_threshold_of_the_day(judge: Judge) -> None:
    contracts = [
        contract("Old", 96, signed_on=date(2019, 12, 31)),
        contract("New", 96, signed_on=date(2020, 1, 1)),
    ]
    facts = {
        "thresholds": [
            threshold(100, valid_to=date(2019, 12, 31)),
            threshold(200, valid_from=date(2020, 1, 1)),
        ]
    }
    results = judge(
        "C10", facts=facts, contracts=contracts, tenders=[tender_of(row) for row in contracts]
    )
    assert states(results) == {"Old": "flag", "New": "clear"}


def test_c10_compares_with_the_next_threshold_above(judge: Judge) -> None:
    contracts = [contract("Second", 195), contract("First", 98)]
    facts = {"thresholds": [threshold(100), threshold(200, regime="notice", category="any")]}
    results = judge(
        "C10", facts=facts, contracts=contracts, tenders=[tender_of(row) for row in contracts]
    )
    assert states(results) == {"Second": "flag", "First": "flag"}
    assert results["Second/1/Supplier"]["value"] == 0.975


def test_c10_can_hold_the_estimate_against_chosen_regimes(judge: Judge) -> None:
    row = contract("Flagged", 50)
    lot = tender_of(row, estimated_value=Decimal("99"), currency="EUR")
    facts = {"thresholds": [threshold(100), threshold(51, regime="notice")]}
    settings = {"basis": "estimate", "regimes": "direct_award"}
    results = judge("C10", facts=facts, settings=settings, contracts=[row], tenders=[lot])
    assert results["Flagged/1/Supplier"]["value"] == 0.99


def split_case(judge: Judge, contracts: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    tenders = {row["tender_id"]: tender_of(row) for row in contracts}.values()
    lots = [{**lot, **more.get(lot["tender_id"], {})} for lot in tenders]
    return judge("C11", facts={"thresholds": [threshold(100)]}, contracts=contracts, tenders=lots)


def test_c11_flags_the_piece_that_completes_the_sum_and_names_the_others(judge: Judge) -> None:
    results = split_case(
        judge,
        [
            contract("First", 60, signed_on=date(2020, 1, 1)),
            contract("Second", 40, signed_on=date(2020, 6, 29)),  # 180 days later
            contract("Third", 59, signed_on=date(2020, 12, 27)),  # 181 days after the second
        ],
    )
    assert states(results) == {"First": "clear", "Second": "flag", "Third": "clear"}
    assert results["Second/1/Supplier"]["value"] == 1.0
    assert results["Second/1/Supplier"]["evidence"] == [
        "contracts:First/1/Supplier",
        "contracts:Second/1/Supplier",
    ]


def test_c11_leaves_out_what_is_not_a_split(judge: Judge) -> None:
    results = split_case(
        judge,
        [
            contract("Small", 60),
            contract("Whole", 150, signed_on=date(2020, 3, 2)),
            contract("OtherBuyer", 60, buyer_id="Another"),
            contract("OtherSupplier", 60, supplier_id="Another"),
            contract("OtherMoney", 60, currency="USD"),
            contract("OtherProduct", 60, tender_id="other product"),
        ],
        **{"other product": {"product_code": "45000000"}},
    )
    assert states(results) == {
        "Small": "clear",
        "Whole": "clear",
        "OtherBuyer": "clear",
        "OtherSupplier": "clear",
        "OtherProduct": "clear",
        "OtherMoney": "not_computable",
    }
    assert results["Whole/1/Supplier"]["detail"] == "above every threshold"


def test_c11_takes_lots_of_one_tender_as_one_purchase(judge: Judge) -> None:
    lots = [
        {"tender_id": "one tender", "lot_id": lot, "category": "goods", "product_code": "331"}
        for lot in ("1", "2")
    ]
    results = judge(
        "C11",
        facts={"thresholds": [threshold(100)]},
        contracts=[
            contract("LotOne", 60, tender_id="one tender"),
            contract("LotTwo", 60, tender_id="one tender", lot_id="2"),
        ],
        tenders=lots,
    )
    assert states(results) == {"LotOne": "clear", "LotTwo": "clear"}


def test_c11_does_not_count_one_threshold_twice(judge: Judge) -> None:
    contracts = [contract("First", 30), contract("Second", 30, signed_on=date(2020, 3, 2))]
    facts = {"thresholds": [threshold(100), threshold(100, category="any", regime="notice")]}
    results = judge(
        "C11", facts=facts, contracts=contracts, tenders=[tender_of(row) for row in contracts]
    )
    assert results["Second/1/Supplier"]["value"] == 0.6


def test_c11_sums_across_a_change_of_law(judge: Judge) -> None:
    contracts = [
        contract("Before", 60, signed_on=date(2019, 12, 1)),
        contract("After", 60, signed_on=date(2020, 1, 1)),  # the first day of the new law
    ]
    facts = {
        "thresholds": [
            threshold(200, valid_to=date(2019, 12, 31)),
            threshold(100, valid_from=date(2020, 1, 1)),
        ]
    }
    results = judge(
        "C11", facts=facts, contracts=contracts, tenders=[tender_of(row) for row in contracts]
    )
    assert states(results) == {"Before": "clear", "After": "flag"}


def test_c11_can_ignore_products(judge: Judge) -> None:
    contracts = [contract("First", 60), contract("Second", 60)]
    tenders = [
        tender_of(contracts[0], product_code="1"),
        tender_of(contracts[1], product_code=None),
    ]
    facts = {"thresholds": [threshold(100)]}
    tables = {"contracts": contracts, "tenders": tenders}
    assert states(judge("C11", facts=facts, **tables)) == {
        "First": "clear",
        "Second": "not_computable",
    }
    ignoring = judge("C11", facts=facts, settings={"product_digits": 0}, **tables)
    assert states(ignoring) == {"First": "flag", "Second": "flag"}


def test_c12_measures_the_overrun(judge: Judge) -> None:
    results = judge(
        "C12",
        contracts=[
            contract("Flagged", 100, final_value=Decimal("115")),
            contract("Clear", 100, final_value=Decimal("114.99")),
            contract("Cheaper", 100, final_value=Decimal("90")),
            contract("Unknown", 100),
            contract("NoValue", None, final_value=Decimal("90")),
            contract("Zero", 0, final_value=Decimal("90")),
        ],
    )
    assert states(results) == {
        "Flagged": "flag",
        "Clear": "clear",
        "Cheaper": "clear",
        "Unknown": "not_computable",
        "NoValue": "not_computable",
        "Zero": "not_computable",
    }
    assert results["Cheaper/1/Supplier"]["value"] == -0.1


def test_c14_counts_amendments(judge: Judge) -> None:
    amendments = {"Flagged": 3, "Clear": 2, "None": 0, "Unknown": None, "Wrong": -1}
    results = judge(
        "C14", contracts=[contract(k, 100, amendments=v) for k, v in amendments.items()]
    )
    assert states(results) == {
        "Flagged": "flag",
        "Clear": "clear",
        "None": "clear",
        "Unknown": "not_computable",
        "Wrong": "not_computable",
    }
    assert results["None/1/Supplier"]["value"] == 0.0


def test_c27_compares_the_product_with_the_supplier_s_sector(judge: Judge) -> None:
    cases = {
        "Flagged": ("Trader", "45210000"),
        "Clear": ("Builder", "45210000"),
        "Shared": ("Trader", "44100000"),
        "NoProduct": ("Builder", None),
        "NotMapped": ("Builder", "99000000"),
        "NoSector": ("Nobody", "45210000"),
        "SectorNotMapped": ("Farmer", "45210000"),
        "Person": ("Person", "45210000"),
    }
    contracts = [contract(name, 1, supplier_id=who) for name, (who, _) in cases.items()]
    results = judge(
        "C27",
        facts={"sector_products": {"F": ["45", "44"], "G": ["44", "30"]}},
        contracts=contracts,
        tenders=[tender_of(row, product_code=cases[row["contract_id"]][1]) for row in contracts],
        companies=[
            {"company_id": "Builder", "sector_id": "X:41"},
            {"company_id": "Trader", "sector_id": "X:46"},
            {"company_id": "Farmer", "sector_id": "X:01"},
            {"company_id": "Nobody"},
            {"company_id": "Person", "sector_id": "X:46", "kind": "natural_person"},
        ],
        sectors=[
            {"sector_id": "X:41", "section": "F"},
            {"sector_id": "X:46", "section": "G"},
            {"sector_id": "X:01", "section": "A"},
        ],
    )
    found = states(results)
    assert {name for name, state in found.items() if state == "flag"} == {"Flagged"}
    assert {name for name, state in found.items() if state == "clear"} == {"Clear", "Shared"}
    assert results["Person/1/Person"]["detail"] == "the supplier is a natural person"


def test_c27_needs_the_map(judge: Judge) -> None:
    row = contract("Unknown", 1)
    results = judge("C27", contracts=[row], tenders=[tender_of(row)])
    assert states(results) == {"Unknown": "not_computable"}
