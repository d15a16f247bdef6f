"""Invented countries in memory, and the indicators computed on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

from infiltrate.indicators.catalogue import load_catalogue
from infiltrate.indicators.compute import compute_indicators
from infiltrate.params.study import StudyParams
from infiltrate.tables.catalogue import TABLES
from infiltrate.tables.engine import DuckDBEngine

Rows = Sequence[Mapping[str, Any]]
Country = dict[str, list[dict[str, Any]]]

_REQUIRED = {
    "source_id": "source",
    "kind": "company",
    "owner_kind": "unknown",
    "buyer_id": "Buyer",
    "currency": "EUR",
}
FIRST_DAY = date(2018, 1, 1)
_ITEMS = [column.name for column in TABLES["accounts"].columns if column.type == "money"]
LAST_DAY = date(2021, 6, 30)
FACTS = {
    "minimum_capitals": [
        {
            "legal_form": "limited",
            "amount": amount,
            "currency": "EUR",
            "valid_from": date(year, 1, 2),
            "valid_to": date(2018, 1, 1) if year < 2018 else None,
            "source": "an invented law",
        }
        for year, amount in ((2000, 10.0), (2018, 20.0))
    ],
    "thresholds": [
        {
            "regime": regime,
            "category": category,
            "amount": amount,
            "currency": "EUR",
            "valid_from": FIRST_DAY,
            "source": "an invented law",
        }
        for regime, category, amount in (
            ("direct_award", "goods", 100.0),
            ("direct_award", "works", 200.0),
            ("notice", "any", 400.0),
        )
    ],
    "exchange_rates": [
        {"currency": "USD", "rate": 0.5, "valid_from": FIRST_DAY, "source": "an invented bank"}
    ],
    "ownership_thresholds": [
        {"country": "AQ", "share": 0.6, "valid_from": FIRST_DAY, "source": "an invented law"}
    ],
    "jurisdictions": [
        {"valid_from": FIRST_DAY, "source": "an invented index", **listed}
        for listed in (
            {"country": "AQ", "listed_as": "financial_secrecy", "score": 70.0},
            {"country": "BV", "listed_as": "financial_secrecy", "score": 40.0},
            {"country": "HM", "listed_as": "fatf_increased_monitoring"},
        )
    ],
    "sector_products": {"A": ["33", "45"], "B": ["45"]},
    "risk_levels": [
        {"valid_from": FIRST_DAY, "source": "an invented study", **levels}
        for levels in (
            {
                "component": "submission_days",
                "ranges": [
                    {"low": 1, "high": 9, "level": 1.0},
                    {"low": 10, "high": 30, "level": 0.0},
                ],
            },
            {
                "component": "decision_days",
                "ranges": [
                    {"low": 0, "high": 5, "level": 0.5},
                    {"low": 6, "high": 20, "level": 0.0},
                ],
                "missing_level": 0.5,
            },
            {"component": "procedure", "procedures": {"open": 0.0, "direct_award": 1.0}},
            {"component": "missing_call", "procedures": {"open": 1.0}},
            {
                "component": "benford",
                "ranges": [
                    {"low": 0.0, "high": 0.0868, "level": 0.0},
                    {"low": 0.08681, "level": 1.0},
                ],
            },
            {
                "component": "secrecy_score",
                "ranges": [
                    {"low": 0, "high": 59.5, "level": 0.0},
                    {"low": 59.51, "high": 100, "level": 1.0},
                ],
            },
        )
    ],
}

LENIENT: dict[str, dict[str, float]] = {
    **{
        code: {"fewest_peers": 8, "limit": 0.5}
        for code, item in load_catalogue().items()
        if "fewest_peers" in item.settings and "side" in item.settings
    },
    **{code: {"many": 2} for code in ("F04", "F05", "F06")},
    "F03": {"many": 1},
    "F09": {"many": 5},
    "F19": {"many": 1},
    "F20": {"most_companies": 500},
    "F21": {"fewest_peers": 8, "high_share": 0.4},
    "F45": {"fewest_peers": 4, "limit": 0.5},
    "F47": {"limit": 2},
    "F50": {"more_than": 40, "limit": 0.04, "least_chi_square": 10},
    "A01": {"fewest_areas": 2},
    "A03": {"fewest_areas": 2},
    "A04": {"fewest_areas": 2},
    "A05": {"fewest_firms": 10, "high_share": 0.4},
    "A06": {"fewest_firms": 10, "fewest_listed": 3, "times": 1, "prior_firms": 1},
    "C07": {"more_than": 1, "priced_share": 0.1, "high_share": 0.3},
    "C08": {"more_than": 1, "priced_share": 0.1},
    "C09": {"more_than": 10, "repeated_share": 1, "least_ratio": 1, "least_chi_square": 14},
    "C11": {"product_digits": 2},
    "C24": {"limit": 0.04},
    "C25": {"limit": 0.1},
    "C44": {"more_than": 10, "repeated_share": 1, "least_ratio": 1},
    "F08": {"many": 6},
    "F11": {"limit": 1, "least": 5},
    "F14": {"far": 2},
    "F17": {"many": 2},
    "F63": {"high_share": 0.05},
    "M01": {"even": 0.95, "fewest_contracts": 3, "fewest_winners": 2, "rounds": 1},
    "M02": {"high": 0.2, "fewest_contracts": 2, "priced_share": 0.1},
    "M03": {"still": 1.5, "fewest_contracts": 2, "fewest_suppliers": 2, "priced_share": 0.1},
    "M04": {"limit": 0.2},
    "M05": {"limit": 0.3, "known_share": 0.1},
    "M06": {"limit": 2, "fewest_purchases": 2, "described_share": 0.1},
    "M07": {"low": 0.6, "years_back": 1, "fewest_winners": 2},
    "M08": {"limit": 0.2, "known_share": 0.1},
}
"""Settings under which every indicator judges the country of `draw_judged_country`."""


def make_params(
    facts: Mapping[str, Any] | None = None,
    indicators: Mapping[str, Any] | None = None,
    as_of: date | None = LAST_DAY,
) -> StudyParams:
    """Return the parameters of an invented country, whose every indicator is turned on."""
    chosen = {code: {"on": True} for code, item in load_catalogue().items() if not item.on}
    for code, choice in (indicators or {}).items():
        chosen[code] = {**chosen.get(code, {}), **choice}
    return StudyParams.model_validate(
        {
            "country": "XX",
            "title": "An invented country",
            "currency": "EUR",
            "facts": dict(facts or {}),
            "choices": {"as_of": as_of, "indicators": chosen},
        }
    )


def make_table(name: str, rows: Rows) -> pa.Table:
    """Return a canonical table; unnamed columns are missing, or a constant where required."""
    table = TABLES[name]
    unknown = {column for row in rows for column in row} - set(table.column_names)
    assert not unknown, f"{name} has no column {unknown}"
    given = {c: _REQUIRED.get(c) for c in table.column_names if table.is_required(c)}
    empty = dict.fromkeys(table.column_names)
    return pa.Table.from_pylist([{**empty, **given, **row} for row in rows], table.arrow_schema)


def compute_table(params: StudyParams, tables: Mapping[str, Rows], *selection: str) -> pa.Table:
    """Compute indicators on tables given as rows; tables not given are empty."""
    with DuckDBEngine(memory_gib=1.0, threads=1) as engine:
        for name in TABLES:
            engine.register(name, make_table(name, tables.get(name, ())))
        return compute_indicators(engine, params, *([selection] if selection else []))


def judge_all(
    tables: Mapping[str, Rows],
    indicators: Mapping[str, Any] | None = None,
    *selection: str,
    as_of: date | None = LAST_DAY,
) -> dict[tuple[str, str], dict[str, Any]]:
    """Compute every indicator, or those selected, and return its rows by code and unit."""
    results = compute_table(make_params(FACTS, indicators, as_of), tables, *selection)
    return {(row["indicator"], row["entity_id"]): row for row in results.to_pylist()}


def draw_country(seed: int, lots: int = 120) -> Country:
    """Draw a country in which every column has values and some are missing."""
    rng = np.random.default_rng(seed)
    prices = np.random.default_rng([seed, 1])

    def pick(*values: Any, missing: float = 0.1) -> Any:
        return None if rng.random() < missing else values[rng.integers(len(values))]

    def day(low: int, high: int, after: date | None = FIRST_DAY) -> date | None:
        late = int(rng.integers(low, high))
        return None if after is None or rng.random() < 0.1 else after + timedelta(days=late)

    def money(low: int, high: int) -> Decimal | None:
        return None if rng.random() < 0.02 else Decimal(int(rng.integers(low, high)))

    firms = [f"firm{number}" for number in range(30)]
    activity = 1 / np.arange(2, 32)
    activity /= activity.sum()
    country: Country = {
        "sectors": [
            {"sector_id": f"sector{n}", "section": section} for n, section in enumerate("ABC")
        ],
        "companies": [
            {
                "company_id": firm,
                "kind": pick("company", "company", "company", "natural_person", missing=0),
                "status": pick("active", "active", "struck_off", "unknown"),
                "incorporated_on": day(-900, 500),
                "dissolved_on": pick(date(2021, 1, 1), missing=0.8),
                "address_key": pick("MAIN 1", "SIDE 2", missing=0.3),
                "sector_id": pick("sector0", "sector1", "sector2"),
                "in_registry": pick(True, False),
                "observed_on": day(1500, 1600),
            }
            for firm in firms
        ],
        "accounts": [
            {
                "company_id": firm,
                "year_end_on": date(year, 12, 31),
                "filed_on": pick(date(year + 1, 5, 31)),
                "revenue": money(100, 2000),
            }
            for firm in firms[:24]
            for year in (2018, 2019)
        ],
        "consortia": [
            {"consortium_id": "firm29", "company_id": "firm0"},
            {"consortium_id": "firm29", "company_id": "firm1"},
        ],
        "tenders": [],
        "bids": [],
        "contracts": [],
    }
    for number in range(lots):
        call = day(0, 700)
        deadline = day(-2, 40, call)
        award = day(-2, 30, deadline)
        lot = {"tender_id": f"tender{number}", "lot_id": "1"}
        buyer = f"buyer{rng.integers(3)}"
        bidders = list(rng.choice(firms, int(rng.integers(1, 4)), replace=False, p=activity))
        first = len(bidders)
        others = [firm for firm in firms if firm not in bidders]
        bidders += list(prices.choice(others, int(prices.choice((0, 0, 2, 4))), replace=False))
        country["tenders"].append(
            {
                **lot,
                "buyer_id": buyer,
                "title": pick("works"),
                "product_code": pick("33100000", "33190000", "45000000", "99000000"),
                "category": pick("works", "goods", "services"),
                "procedure": pick("open", "open", "restricted", "direct_award", "other"),
                "call_published_on": call,
                "deadline_on": deadline,
                "award_on": award,
                "estimated_value": money(20, 500),
                "currency": pick("EUR", "EUR", "EUR", "USD"),
                "criteria": pick("price"),
                "area_id": pick("area"),
                "is_cancelled": pick(False, False, False, True),
                "bids_recorded": pick(1, 2, missing=0.7),
            }
        )
        country["bids"] += [
            {
                **lot,
                "company_id": firm,
                "amount": Decimal(int(prices.integers(90, 130))),
                "currency": None if prices.random() < 0.02 else "EUR",
                "status": pick("valid", "valid", "disqualified") if place < first else "valid",
                "is_winner": place == 0,
            }
            for place, firm in enumerate(bidders)
        ]
        country["contracts"].append(
            {
                "contract_id": f"contract{number}",
                "lot_id": "1",
                "supplier_id": bidders[0],
                "tender_id": pick(lot["tender_id"], missing=0.05),
                "buyer_id": buyer,
                "signed_on": day(0, 20, award),
                "value": money(20, 500),
                "currency": pick("EUR", missing=0.02),
                "final_value": money(20, 600),
                "amendments": pick(0, 1, 3),
            }
        )
    _describe_more(country, firms, np.random.default_rng([seed, 2]))
    registers = np.random.default_rng([seed, 3])
    for describe in (_describe_register, _describe_boards, _describe_accounts):
        describe(country, firms, registers)
    _describe_owners(country, np.random.default_rng([seed, 4]))
    country["tenders"][0].update(
        title="all fields",
        product_code="33",
        category="works",
        procedure="open",
        call_published_on=FIRST_DAY,
        deadline_on=FIRST_DAY,
        award_on=FIRST_DAY,
        estimated_value=Decimal(1),
        criteria="price",
        area_id="area",
    )
    return country


def _describe_register(country: Country, firms: list[str], rng: np.random.Generator) -> None:
    """Fill what registers say of companies beside what purchases need."""

    def pick(*values: Any, missing: float = 0.1) -> Any:
        return None if rng.random() < missing else values[rng.integers(len(values))]

    country["sectors"] += [
        {"sector_id": sector, "section": "F"} for sector in ("NACE2:41", "NACE2:42")
    ]
    for company in country["companies"]:
        company["legal_form"] = pick("limited", "limited", "partnership")
        company["share_capital"] = pick(Decimal(10), Decimal(50))
        company["currency"] = pick("EUR", "EUR", "EUR", "USD")
        if company["company_id"] not in firms[:20]:
            company["sector_id"] = "NACE2:41" if rng.random() < 0.9 else "NACE2:42"
    for company in country["companies"][-60:]:
        company["status"] = pick("active", "struck_off", missing=0.5)
    for company in country["companies"][-15:]:
        company["legal_form"] = "club"
    country["company_events"] = [
        {"company_id": firm, "event": event, "happened_on": date(year, 3, 1)}
        for firm in firms
        for event in ("address", "legal_form", "sector", "name")
        for year in (2010, 2018, 2019, 2020)
        if rng.random() < 0.4
    ]
    country["persons"] = [
        {"person_id": f"officer{number}", "birth_year": born}
        for number, born in ((1, 2002), (2, 1970), (3, None))
    ]


def _describe_boards(country: Country, firms: list[str], rng: np.random.Generator) -> None:
    """Give companies sole directors, shared ones and ones who left; some rise from others."""

    def pick(*values: Any, missing: float = 0.1) -> Any:
        return None if rng.random() < missing else values[rng.integers(len(values))]

    for officer in country["officers"]:
        if officer["company_id"].startswith("quiet") and rng.random() < 0.4:
            officer["officer_id"] = "officer of " + officer["company_id"]
    quiet = ("quiet0", "quiet1", "quiet2", "quiet3")
    country["officers"] = [
        officer for officer in country["officers"] if officer["company_id"] not in quiet
    ]
    for number, firm in enumerate(quiet):
        country["companies"][len(firms) + number] |= {
            "legal_form": "limited", "share_capital": Decimal(15 if firm == "quiet3" else 10),
            "currency": "EUR",
            "incorporated_on": date(2016, 1, 1),
        }  # fmt: skip
        country["officers"].append(
            {
                "company_id": firm,
                "officer_id": f"officer{1 if number in (0, 3) else 2}",
                "role": "sole_director",
                "valid_from": date(2018, 9, 2),
            }
        )
    for number, firm in enumerate(firms[:12]):
        country.setdefault("officers", []).append(
            {
                "company_id": firm,
                "officer_id": pick("officer1", "officer1", "officer2", missing=0),
                "role": "sole_director",
                "valid_from": date(2018, 9, 2),
                "valid_to": pick(date(2020, 1, 31), missing=0.7),
            }
        )
        if number % 3 == 0:
            country["companies"][number]["dissolved_on"] = date(2017, 12, 1)
        elif number % 3 == 1:
            country["companies"][number]["incorporated_on"] = date(2018, 3, 1)
    for number in (0, 1, 3, 4):
        risen = {"incorporated_on": date(2018, 3, 1)}
        fallen = {"dissolved_on": date(2017, 12, 1)}
        country["companies"][len(firms) + 10 + number] |= {
            "sector_id": f"sector{number % 3}",
            "address_key": f"PHOENIX {number // 3}",
            **(risen if number % 3 else fallen),
        }
    country["officers"] += [
        {
            "company_id": firm, "officer_id": officer, "role": "chair",
            "valid_from": date(2016, 1, 1),
        }
        for firm, officer in (
            ("quiet10", "officer4"), ("quiet11", "officer4"), ("quiet4", "officer5"),
            ("quiet14", "officer6"), ("quiet4", "officer4"),
        )
    ]  # fmt: skip
    country["officers"].append(
        {
            "company_id": "quiet13",
            "officer_id": "officer6",
            "role": "director",
            "valid_from": date(2015, 1, 1),
            "valid_to": date(2016, 1, 1),
        }
    )
    for company in country["companies"][len(firms) + 5 : len(firms) + 8]:
        company["sector_id"] = "NACE2:41"
    country["contracts"].append(
        {
            "contract_id": "of its last year", "lot_id": "1", "supplier_id": "quiet6",
            "buyer_id": "buyer0", "signed_on": date(2020, 5, 1), "value": Decimal(400),
            "currency": "EUR",
        }
    )  # fmt: skip


def _describe_accounts(country: Country, firms: list[str], rng: np.random.Generator) -> None:
    """Give most companies accounts of several years; three wake after two without revenue."""

    def pick(*values: Any, missing: float = 0.1) -> Any:
        return None if rng.random() < missing else values[rng.integers(len(values))]

    country["accounts"] = []
    years = [(firm, year) for firm in firms[:26] for year in (2017, 2018, 2019, 2020)]
    years += [(f"quiet{number}", year) for number in range(40) for year in (2018, 2019, 2020)]
    for firm, year in years:
        asleep = firm in ("quiet5", "quiet6", "quiet7") and year < 2020
        if (year == 2020 and firm in firms[:16]) or (rng.random() < 0.04 and year > 2018):
            continue
        account = {
            "company_id": firm,
            "year_end_on": date(year, 12, 31),
            "filed_on": pick(date(year + 1, 5, 31), date(year + 1, 12, 31), date(year + 2, 3, 1)),
            "currency": "EUR",
            "employees": pick(1.0, 2.0, 3.0, missing=0.5 if firm[0] == "q" else 0.1),
        }
        for name in _ITEMS:
            amount = int(np.exp(rng.uniform(1, 6)) if name != "assets" else rng.uniform(400, 999))
            account[name] = Decimal(amount)
            if rng.random() < (0.35 if name == "assets" else 0.01):
                account[name] = None
        if firm in firms:
            account["revenue"] = Decimal(int(rng.uniform(100, 2000)))
        if asleep:
            account["revenue"] = Decimal(0)
        elif firm in ("quiet5", "quiet6", "quiet7"):
            account |= {"revenue": Decimal(900), "filed_on": date(2021, 5, 31)}
        country["accounts"].append(account)


def draw_judged_country() -> tuple[Country, StudyParams]:
    """Draw a country of which every indicator flags something and clears something."""
    country = draw_country(5)
    listed = {entry["company_id"] for entry in country["list_entries"]}
    for company in country["companies"]:
        if company["company_id"] in listed and company["area_id"] == "nowhere":
            company["area_id"] = "other"
    digits = {"ranges": [{"low": 0.0, "high": 0.06, "level": 0.0}, {"low": 0.06001, "level": 1.0}]}
    levels = [
        entry | digits if entry["component"] == "benford" else entry
        for entry in FACTS["risk_levels"]
    ]
    settings = {code: {"settings": values} for code, values in LENIENT.items()}
    return country, make_params({**FACTS, "risk_levels": levels}, settings)


def _describe_owners(country: Country, rng: np.random.Generator) -> None:
    """Put holding companies, circles and declared owners above quiet firms."""

    def pick(*values: Any, missing: float = 0.1) -> Any:
        return None if rng.random() < missing else values[rng.integers(len(values))]

    quiet = [row["company_id"] for row in country["companies"] if row["company_id"][0] == "q"]
    for place, firm in enumerate(quiet[:40]):
        holder = {"company_id": firm, "valid_from": FIRST_DAY}
        if place % 2:
            above = quiet[place - 1 if place % 5 else place + 5 if place < 30 else 0]
            country["ownership"].append(
                {
                    **holder,
                    "owner_id": above,
                    "owner_kind": "company",
                    "interest": pick("shares", "shares", "votes", missing=0),
                    "share_low": pick(0.1, 0.3, 0.6, missing=0.3),
                    "share_high": pick(0.6, 0.8, 1.0),
                    "valid_to": pick(date(2018, 1, 15), missing=0.7),
                }
            )
        if place % 7 == 0:
            country["ownership"].append(
                {
                    **holder,
                    "owner_id": f"declared{place % 3}",
                    "owner_kind": "natural_person",
                    "owner_country": pick("XX", "BV", "HM", missing=0.3),
                    "interest": pick("influence", "shares", missing=0),
                    "share_high": 0.1,
                    "is_beneficial": pick(True),
                }
            )
    country["ownership"] += [
        {
            "owner_id": owner,
            "owner_kind": kind,
            "company_id": firm,
            "interest": "shares",
            "share_low": share,
            "share_high": share,
            "valid_from": FIRST_DAY,
            "valid_to": until,
        }
        for owner, kind, firm, share, until in (
            (quiet[50], "company", quiet[51], 0.5, None),
            (quiet[51], "company", quiet[50], 0.5, None),
            (quiet[53], "company", quiet[54], 0.5, None),
            (quiet[54], "company", quiet[53], 0.5, date(2018, 1, 15)),
            ("a trust", "trust", quiet[52], 0.5, None),
            ("a person", "natural_person", quiet[55], 0.7, None),
            ("a person", "natural_person", quiet[56], 0.5, None),
            ("a person", "natural_person", quiet[57], 0.9, date(2018, 1, 15)),
            ("at home", "natural_person", "lone", 1.0, None),
            ("of nothing", "natural_person", quiet[58], 0.0, None),
            ("of nothing", "natural_person", quiet[59], 0.0, None),
            ("empty trust", "trust", quiet[47], 0.0, None),
            ("a trust left out", "trust", quiet[44], None, None),
            ("of the whole", "natural_person", quiet[44], 1.0, None),
            ("of the whole", "natural_person", quiet[45], 1.0, None),
            (quiet[45], "company", quiet[46], 0.5, None),
            (quiet[46], "company", quiet[45], None, None),
            (quiet[48], "company", quiet[49], 0.5, None),
            (quiet[49], "company", quiet[48], 0.0, None),
        )
    ]
    more = {
        "lone": {"owner_country": "XX"},
        quiet[58]: {"valid_from": date(2018, 2, 1), "owner_country": "HM"},
        quiet[59]: {"owner_country": "BV"},
    }
    for stake in country["ownership"]:
        if stake["owner_id"] in ("at home", "of nothing"):
            stake.update(more[stake["company_id"]])
        elif stake["owner_id"] == "a trust left out":
            stake["owner_country"] = "HM"
    country["companies"].append({"company_id": "lone", "kind": "company"})
    for company in country["companies"]:
        if company["company_id"] in quiet[55:58]:
            company["country"] = "AQ"


def _describe_more(country: Country, firms: list[str], rng: np.random.Generator) -> None:
    """Fill what registers, notices and statistics say beside the purchases themselves."""

    def pick(*values: Any, missing: float = 0.1) -> Any:
        return None if rng.random() < missing else values[rng.integers(len(values))]

    country["areas"] = [
        {"area_id": name, "level": level, "parent_id": parent}
        for name, level, parent in (
            ("country", 0, None),
            ("region", 1, "country"),
            ("area", 2, "region"),
            ("other", 2, "country"),
            ("third", 2, "country"),
            ("empty", 2, "country"),
        )
    ]
    country["area_years"] = [
        {"area_id": area, "year": year, "measure": measure, "value": value}
        for measure in (
            "organised_crime_index", "cash_intensity", "irregular_labour", "dissolved_councils"
        )
        for area, values in {"area": (1.0, 2.0), "other": (0.0, 0.0), "region": (0.5, None)}.items()
        for year, value in zip((2018, 2019), values, strict=True)
    ]  # fmt: skip
    quiet = [f"quiet{number}" for number in range(60)]
    country["companies"] += [{"company_id": firm, "kind": "company"} for firm in quiet]
    for place, company in enumerate(country["companies"]):
        company["country"] = pick("XX", "AQ", "AQ", "BV", "HM", "TF")
        company["area_id"] = pick("area", "area", "other", "region", "nowhere")
        if place < 24 or place >= 30:
            owner = {"company_id": company["company_id"], "interest": "shares"}
            owner_id = pick("owner1", "owner2", *firms[:2], missing=0)
            kind = pick("natural_person", "trust", "state", missing=0)
            country.setdefault("ownership", []).append(
                {
                    **owner,
                    "owner_id": owner_id if owner_id in firms else f"{owner_id} {kind}",
                    "owner_kind": kind,
                    "owner_country": pick("XX", "AQ", "HM"),
                    "share_high": pick(0.1, 0.5, 1.0),
                    "valid_from": FIRST_DAY,
                    "valid_to": pick(date(2018, 9, 1), missing=0.8),
                }
            )
            country.setdefault("officers", []).append(
                {
                    "company_id": company["company_id"],
                    "officer_id": pick("officer1", "officer2", "officer3", missing=0),
                    "role": pick("director", "auditor", missing=0),
                    "valid_from": pick(date(2018, 1, 1), date(2018, 6, 1), missing=0),
                    "valid_to": pick(date(2018, 9, 1), missing=0.6),
                }
            )
    country["list_entries"] = [
        {
            "list_id": "court",
            "entry_id": str(number),
            "company_id": firm,
            "outcome": pick("active", "annulled", missing=0.3),
        }
        for number, firm in enumerate([*firms[:20], *quiet[:30]])
    ]
    country["tenders"].append({"tender_id": "unanswered", "lot_id": "1", "buyer_id": "buyer9"})
    for tender in country["tenders"]:
        tender["criteria"] = pick("price", "price", "quality_and_price")
        tender["is_urgent"] = pick(True, False)
        tender["criteria_length"] = pick(100, 200, 300, 1000)
        tender["document_price"] = pick(Decimal(0), Decimal(1), missing=0.4)
        tender["call_changes"] = pick(0, 0, 1)
    for bid in country["bids"]:
        if not bid["is_winner"] and rng.random() < 0.05:
            bid["status"] = "withdrawn"
        bid["submitted_on"] = pick(*(FIRST_DAY + timedelta(days=30 * n) for n in range(24)))
        bid["is_late"] = pick(True, False, missing=0.8)
        bid["currency"] = bid["currency"] and pick("EUR", "EUR", "EUR", "EUR", "USD", missing=0)
    country["subcontracts"] = []
    for contract in country["contracts"]:
        contract["currency"] = contract["currency"] and pick(
            "EUR", "EUR", "EUR", "EUR", "USD", missing=0
        )
        start = contract["signed_on"]
        end = start and start + timedelta(days=int(rng.integers(3, 200)))
        contract["start_on"] = start and pick(start + timedelta(days=2), missing=0.3)
        contract["end_on"] = pick(end)
        contract["final_end_on"] = end and pick(end, end + timedelta(days=40))
        contract["subcontracted_share"] = pick(0.0, 0.2, 0.5, missing=0.5)
        key = {"contract_id": contract["contract_id"], "lot_id": "1"}
        lot = contract["contract_id"].replace("contract", "tender")
        losers = [
            bid["company_id"]
            for bid in country["bids"]
            if bid["tender_id"] == lot and not bid["is_winner"]
        ]
        for subcontractor in {*losers[:1], "firm7"} if rng.random() < 0.6 else ():
            country["subcontracts"].append(
                {
                    **key,
                    "supplier_id": contract["supplier_id"],
                    "subcontractor_id": subcontractor,
                    "value": pick(Decimal(5), Decimal(50)),
                    "currency": pick("EUR", "EUR", "USD"),
                }
            )
