"""Indicators of companies from registers and accounts, where hand-made rows tell them apart."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.indicators.country import LAST_DAY, LENIENT, draw_country, judge_all

Judge = Callable[..., dict[str, dict[str, Any]]]
SINCE = date(2015, 1, 1)


def officer(company: str, person: str, since: date = SINCE, **more: Any) -> dict[str, Any]:
    fields = {"company_id": company, "officer_id": person, "role": "director"}
    return {**fields, "valid_from": since, **more}


def account(company: str, year: int, **items: Any) -> dict[str, Any]:
    day = items.pop("filed_on", date(year + 1, 5, 31))
    more = {k: Decimal(v) if isinstance(v, int) else v for k, v in items.items()}
    return {"company_id": company, "year_end_on": date(year, 12, 31), "filed_on": day, **more}


def test_an_auditor_is_no_director(judge: Judge) -> None:
    rows = [officer("A", "p1"), officer("A", "p2", role="auditor")]
    rows.append(officer("B", "p2", role="chair"))
    results = judge("F02", companies=[{"company_id": "A"}, {"company_id": "B"}], officers=rows)
    assert {unit: row["value"] for unit, row in results.items()} == {"A": 1.0, "B": 1.0}


def test_a_director_appointed_anew_did_not_leave(judge: Judge) -> None:
    again = [
        officer("A", f"p{n}", date(2016 + year, 1, 1), valid_to=date(2016 + year, 12, 31))
        for n in range(4)
        for year in range(5)
    ] + [officer("A", f"p{n}", date(2021, 1, 1)) for n in range(4)]
    results = judge("F03", companies=[{"company_id": "A"}], officers=again)
    assert results["A"]["value"] == 0.0


def test_the_day_counts_in_the_window_of_changes(judge: Judge) -> None:
    days = [LAST_DAY - timedelta(days=n) for n in (0, 1826, 1827)] + [LAST_DAY + timedelta(days=1)]
    events = [{"company_id": "A", "event": "address", "happened_on": day} for day in days]
    results = judge("F04", companies=[{"company_id": "A"}], company_events=events)
    assert results["A"]["value"] == 2.0


def test_a_mandate_in_an_ended_company_does_not_count(judge: Judge) -> None:
    firms = [{"company_id": f"F{n}"} for n in range(4)]
    firms[0]["status"] = "struck_off"
    results = judge("F09", companies=firms, officers=[officer(f"F{n}", "p1") for n in range(4)])
    assert {unit: row["value"] for unit, row in results.items()} == {
        "F0": 4.0, "F1": 3.0, "F2": 3.0, "F3": 3.0,
    }  # fmt: skip


def test_a_phoenix_needs_the_director_and_a_place_or_trade(judge: Judge) -> None:
    ended = date(2018, 1, 1)
    new = {"incorporated_on": date(2018, 6, 1), "sector_id": "NACE2:41"}
    firms = [
        {"company_id": "Old", "dissolved_on": ended, "sector_id": "NACE2:41"},
        {"company_id": "SameTrade", **new},
        {"company_id": "OtherTrade", **new, "sector_id": "NACE2:47"},
        {"company_id": "OtherDirector", **new},
        {"company_id": "TooLate", **new, "incorporated_on": ended + timedelta(days=732)},
        {"company_id": "Before", **new, "incorporated_on": ended - timedelta(days=1)},
    ]
    people = {"OtherDirector": "p2"}
    rows = [officer(firm["company_id"], people.get(firm["company_id"], "p1")) for firm in firms]
    results = judge("F20", companies=firms, officers=rows)
    flagged = {unit for unit, row in results.items() if row["state"] == "flag"}
    assert flagged == {"SameTrade"}
    assert "companies:Old" in results["SameTrade"]["evidence"]
    assert "officers:Old/p1/director/2015-01-01" in results["SameTrade"]["evidence"]


def peers(sectors: list[str | None], values: list[int]) -> dict[str, list[dict[str, Any]]]:
    names = [f"F{n:02d}" for n in range(len(values))]
    return {
        "sectors": [{"sector_id": f"NACE2:{code}", "section": "F"} for code in ("41", "42")],
        "companies": [
            {"company_id": name, "sector_id": sector}
            for name, sector in zip(names, sectors, strict=True)
        ],
        "accounts": [
            account(name, 2020, assets=100, cash=value)
            for name, value in zip(names, values, strict=True)
        ],
    }


def test_peers_are_sought_in_ever_wider_sectors(judge: Judge) -> None:
    values = [10, 20, 30, 40, 50, 15, 25, 35, 70]
    sectors = ["NACE2:41"] * 5 + ["NACE2:42"] * 3 + [None]
    results = judge("F32", settings={"fewest_peers": 5}, **peers(sectors, values))
    said = {unit: row["detail"].split(" of ", 1)[1] for unit, row in results.items()}
    assert said["F00"].startswith("the division")
    assert said["F05"].startswith("the section") and "want of more in the division" in said["F05"]
    assert "all sectors" in said["F08"]
    # all nine: median 30, deviations 0 5 5 10 10 15 20 20 40, median 10
    assert results["F08"]["value"] == pytest.approx(40 / 14.826)
    # the section's eight: median 27.5, deviations 2.5 2.5 7.5 7.5 12.5 12.5 17.5 22.5
    assert results["F06"]["value"] == pytest.approx(-2.5 / (1.4826 * 10))


def test_a_divisor_of_zero_or_less_is_not_computable(judge: Judge) -> None:
    tables = peers([None] * 7, [10, 20, 30, 40, 50, 60, 70])
    tables["accounts"][0]["assets"] = Decimal(0)
    tables["accounts"][1]["assets"] = Decimal(-5)
    results = judge("F32", settings={"fewest_peers": 3}, **tables)
    assert {results[f]["detail"] for f in ("F00", "F01")} == {
        "what is divided by is not above zero"
    }


def test_other_currencies_years_and_sizes_are_no_peers(judge: Judge) -> None:
    tables = peers([None] * 8, [10, 20, 30, 40, 50, 60, 70, 80])
    tables["accounts"][5]["currency"] = "USD"
    tables["accounts"][6] |= {"year_end_on": date(2019, 12, 31)}
    tables["accounts"][7] |= {"assets": Decimal(1000)}
    results = judge("F32", settings={"fewest_peers": 5}, **tables)
    states = {unit: row["detail"] for unit, row in results.items()}
    assert {states["F05"], states["F06"], states["F07"]} == {"too few peers"}
    assert results["F02"]["value"] == 0.0


def test_growth_needs_the_year_before_in_the_same_currency(judge: Judge) -> None:
    names = [f"F{n}" for n in range(6)]
    rows = [account(n, 2019, revenue=100, assets=100) for n in names]
    rows += [account(n, 2020, revenue=100 + 10 * k, assets=100) for k, n in enumerate(names)]
    rows[0]["currency"] = "USD"
    rows[1]["year_end_on"] = date(2019, 9, 30)
    results = judge(
        "F35", settings={"fewest_peers": 3}, companies=[{"company_id": n} for n in names],
        accounts=rows,
    )  # fmt: skip
    unknown = {unit for unit, row in results.items() if row["state"] == "not_computable"}
    assert unknown == {"F0", "F1"}


def test_what_is_filed_or_happens_later_changes_nothing() -> None:
    settings = {code: {"settings": values} for code, values in LENIENT.items() if code[0] == "F"}
    country = draw_country(11, lots=20)
    later = {
        "accounts": [
            {
                **row,
                "year_end_on": row["year_end_on"].replace(year=row["year_end_on"].year + 5),
                "filed_on": LAST_DAY + timedelta(days=1),
            }
            for row in country["accounts"]
        ],
        "company_events": [
            {**row, "happened_on": LAST_DAY + timedelta(days=place + 1)}
            for place, row in enumerate(country["company_events"])
        ],
        "officers": [
            {**row, "valid_from": LAST_DAY + timedelta(days=1), "valid_to": None}
            for row in country["officers"]
        ],
    }
    extended = {**country, **{name: [*country[name], *rows] for name, rows in later.items()}}
    codes = sorted(code for code in LENIENT if code[0] == "F" and code != "F63")
    codes += ["F02", "F07", "F10", "F18", "F49"]
    assert judge_all(extended, settings, *codes) == judge_all(country, settings, *codes)


def test_ten_thousand_directors_and_fifty_thousand_neighbours_take_seconds(judge: Judge) -> None:
    crowd = [
        {
            "company_id": f"C{n}", "address_key": "AGENT 1", "sector_id": "NACE2:41",
            "incorporated_on": date(2018, 6, 1),
            "dissolved_on": date(2018, 1, 1) if n % 2 else None,
        }
        for n in range(50_000)
    ]  # fmt: skip
    rows = [officer("C0", f"p{n}") for n in range(10_000)]
    rows += [officer(f"C{n}", "professional") for n in range(10_000)]
    for code in ("F02", "F03", "F08", "F09", "F20"):
        began = time.process_time()
        results = judge(code, companies=crowd, officers=rows)
        assert len(results) == 50_000
        assert time.process_time() - began < 30
