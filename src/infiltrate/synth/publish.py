"""The synthetic country as its publishers put it out: one layout each."""

from __future__ import annotations

import numpy as np
import pandas as pd

from infiltrate.synth.population import Population
from infiltrate.synth.procurement import Procurement
from infiltrate.synth.publish_lists import build_list_files
from infiltrate.synth.rawfile import RawFile
from infiltrate.synth.scenario import REGIONS, Scenario
from infiltrate.synth.spelling import spell_dates, spell_money, spell_procedures, spell_variants

_TIERS = {
    "central": "State",
    "regional": "Province",
    "local": "Municipal",
    "utility": "Public utility",
}
_CATEGORIES = {"works": "Works", "goods": "Supplies", "services": "Services"}
_CRITERIA = {"price": "lowest price", "quality_and_price": "best value"}
_BID_STATES = {"valid": "Admitted", "disqualified": "Excluded", "withdrawn": "Withdrawn"}
_STATUS_SPELLINGS = {
    "active": ("Active", "ACTIVE", "active "),
    "dormant": ("Dormant", "No activity"),
    "liquidation": ("In liquidation", "IN LIQUIDATION"),
    "insolvent": ("Insolvent", "Insolvency proceedings"),
    "dissolved": ("Struck off", "Struck Off"),
}


def build_raw_files(
    population: Population, procurement: Procurement, entries: pd.DataFrame, scenario: Scenario
) -> list[RawFile]:
    """Lay the country out in the files of its publishers, still without dirt.

    Nothing in them says who is infiltrated. Direct awards have no rows among the bids; contracts
    that had not ended on the day of observation have no final values.
    """
    return [
        *_build_places(population, scenario),
        _build_register(population, entries, scenario),
        _build_authorities(procurement),
        *_build_tenders(procurement, scenario),
        *_build_bids(population, procurement, scenario),
        _build_contracts(population, procurement, scenario),
        *build_list_files(population, entries, scenario),
    ]


def count_active_firms(population: Population, scenario: Scenario) -> pd.DataFrame:
    """Return official counts of active firms at the start of the last year of procurement.

    One row per province, per activity and for the whole country; the others are empty.
    """
    day = pd.Timestamp(scenario.years[1], 1, 1)
    firms = population.firms
    active = firms[
        ~firms["is_person"] & (firms["incorporated_on"] < day) & ~(firms["dissolved_on"] <= day)
    ]
    total = pd.DataFrame({"province": [""], "activity": [""], "firms": [len(active)]})
    parts = [total]
    for column, name in (("area", "province"), ("sector", "activity")):
        counts = active.groupby(column).size().sort_index()
        empty = "activity" if name == "province" else "province"
        parts.append(pd.DataFrame({name: counts.index, "firms": counts.to_numpy(), empty: ""}))
    return pd.concat(parts, ignore_index=True)[["province", "activity", "firms"]]


def _build_places(population: Population, scenario: Scenario) -> list[RawFile]:
    rng = scenario.generator("places")
    weight = np.array([province.weight for province in scenario.provinces])
    people = np.round(
        weight / weight.sum() * scenario.firms * 11 * rng.uniform(0.9, 1.1, len(weight))
    )
    provinces = [(p.code, p.name, "2", p.region) for p in scenario.provinces]
    population_of = dict(zip([p.code for p in scenario.provinces], people, strict=True))
    regions = [(code, name, "1", "XX") for code, name in REGIONS.items()]
    areas = pd.DataFrame([("XX", "Whole country", "0", ""), *regions, *provinces],
                         columns=["code", "name", "level", "parent"])  # fmt: skip
    inhabitants = areas["code"].map(population_of).fillna(0).astype(int)
    inhabitants = inhabitants.where(areas["level"] != "0", int(people.sum()))
    by_region = pd.Series(people).groupby([p.region for p in scenario.provinces]).sum().astype(int)
    inhabitants = inhabitants.where(areas["level"] != "1", areas["code"].map(by_region))
    areas["inhabitants"] = [f"{int(value):,}".replace(",", " ") for value in inhabitants]
    sectors = pd.DataFrame(
        [(s.section, s.division, s.name) for s in scenario.sectors],
        columns=["section", "division", "activity"],
    )
    counts = count_active_firms(population, scenario).astype(str)
    return [
        RawFile("places/areas.csv", areas),
        RawFile("places/sectors.csv", sectors, delimiter="|"),
        RawFile("places/firm_counts.csv", counts, titles=("Active firms on 1 January 2024",)),
    ]


def _build_register(population: Population, entries: pd.DataFrame, scenario: Scenario) -> RawFile:
    rng = scenario.generator("register")
    firms = population.firms
    court = entries[(entries["list_id"] == "court") & (entries["outcome"] == "active")]
    state = rng.choice(
        np.array(["active", "dormant", "liquidation", "insolvent"], dtype=object),
        len(firms),
        p=(0.89, 0.06, 0.03, 0.02),
    )
    # what happens to a firm after a court takes it: visible later, not before
    taken = np.isin(np.arange(len(firms)), court["firm"]) & (rng.random(len(firms)) < 0.5)
    state = np.where(taken, "liquidation", state)
    state = np.where(firms["dissolved_on"].notna(), "dissolved", state)
    capital = np.exp(rng.normal(9.5, 1.0, len(firms)) + 0.5 * firms["size"])
    register = pd.DataFrame(
        {
            "Company no.": firms["id"],
            "Name": firms["name"],
            "Legal form": firms["legal_form"],
            "Status": spell_variants(state, _STATUS_SPELLINGS, rng),
            "Registered": spell_dates(firms["incorporated_on"], "%d/%m/%Y"),
            "Struck off": spell_dates(firms["dissolved_on"], "%d/%m/%Y"),
            "Address": firms["address"],
            "Province": firms["area"],
            "Activity": firms["sector"],
            "Capital": spell_money(capital, ",", "."),
        }
    )
    published = register[firms["in_registry"].to_numpy()].sort_values("Company no.")
    return RawFile(
        "registry/companies.csv",
        published,
        delimiter=";",
        encoding="latin-1",
        titles=("Central register of companies", "Extract of 30/06/2026; all companies"),
        date_format="%d/%m/%Y",
        ids=("Company no.",),
        dates=("Registered",),
        dirt=1.0,
    )


def _build_authorities(procurement: Procurement) -> RawFile:
    buyers = procurement.buyers
    rows = pd.DataFrame(
        {
            "number": buyers["buyer"],
            "authority": buyers["name"],
            "tier": buyers["tier"].map(_TIERS),
            "province": buyers["area"],
        }
    )
    return RawFile("registry/authorities.csv", rows, delimiter=";", encoding="utf-8-sig")


def _build_tenders(procurement: Procurement, scenario: Scenario) -> list[RawFile]:
    rng = scenario.generator("tender files")
    lots, buyers = procurement.lots, procurement.buyers
    count = len(lots)
    awarded = np.isin(np.arange(count), procurement.contracts["lot"])
    state = np.where(
        awarded, "awarded", np.where(lots["is_cancelled"], "cancelled", "no valid bid")
    )
    silent = ~buyers["publishes_calls"].to_numpy()[lots["buyer"]] & (rng.random(count) < 0.6)
    sector_names = {s.division: s.name for s in scenario.sectors}
    direct = (lots["procedure"] == "direct_award").to_numpy()
    told = np.where(direct, rng.random(count) < 0.5, rng.random(count) < 0.97)
    rows = pd.DataFrame(
        {
            "process": name_tenders(lots),
            "lot": lots["number"].astype(str),
            "title": lots["sector"].map(sector_names) + ", " + lots["area"],
            "product": lots["product"],
            "kind": lots["category"].map(_CATEGORIES),
            "procedure": spell_procedures(lots["procedure"], lots["buyer"], rng),
            "call_date": lots["started_on"].where(lots["has_call"] & ~silent),
            "closing_date": lots["deadline_on"].where(lots["has_call"]),
            "award_date": lots["award_on"].where(awarded),
            "estimate": _blank(spell_money(lots["estimate"].to_numpy(), "."), rng, 0.03, "n/a"),
            "currency": scenario.currency,
            "criteria": _blank(lots["criteria"].map(_CRITERIA), rng, 0.04),
            "urgent": np.where(lots["is_urgent"], "yes", "no"),
            "state": state,
            "province": lots["area"],
            "bids": lots["bids_recorded"].astype(str).where(told, ""),
        }
    )
    days = ("call_date", "closing_date", "award_date")
    files = []
    for buyer, members in rows.groupby(lots["buyer"].to_numpy(), sort=True):
        # half of the authorities write days first
        date_format = "%d/%m/%Y" if buyer % 2 else "%Y-%m-%d"
        written = members.assign(**{name: spell_dates(members[name], date_format) for name in days})
        files.append(
            RawFile(
                f"tenders/{buyers['buyer'].iloc[buyer]}/lots.csv",
                written.sort_values(["process", "lot"]),
                date_format=date_format,
                dates=("award_date",),
                amounts=("estimate",) if (written["estimate"] != "n/a").all() else (),
                currencies=("currency",),
                text=("title",),
                dirt=1.0,
            )
        )
    return files


def name_tenders(lots: pd.DataFrame) -> pd.Series:
    """Return the published number of each lot's procedure."""
    year = lots["started_on"].dt.year.astype(str)
    first = year.groupby(lots["tender"]).transform("first")
    return "P" + first + "-" + lots["tender"].astype(str).str.zfill(6)


def _build_bids(
    population: Population, procurement: Procurement, scenario: Scenario
) -> list[RawFile]:
    rng = scenario.generator("bid files")
    lots, firms = procurement.lots, population.firms
    bids = procurement.bids
    competitive = (lots["procedure"] != "direct_award").to_numpy()[bids["lot"]]
    bids = bids[competitive]
    lot, firm = bids["lot"].to_numpy(), bids["firm"].to_numpy()
    of_lot, of_firm = lots.iloc[lot].reset_index(drop=True), firms.iloc[firm].reset_index(drop=True)
    question = rng.random(len(bids)) < 0.02
    clock = rng.integers(8 * 60, 17 * 60, len(bids))
    received = pd.Series(
        bids["submitted_on"].to_numpy() + pd.to_timedelta(clock, unit="min").to_numpy()
    )
    rows = pd.DataFrame(
        {
            "record": "bid",
            "process": name_tenders(lots).to_numpy()[lot],
            "lot": of_lot["number"].astype(str),
            "procedure": spell_procedures(of_lot["procedure"], of_lot["buyer"], rng),
            "bidder_no": of_firm["id"],
            "bidder": of_firm["name"],
            "bidder_kind": np.where(of_firm["is_person"], "natural person", "legal person"),
            "amount": spell_money(bids["amount"].to_numpy(), ".", ","),
            "currency": scenario.currency,
            "received": spell_dates(received, "%Y-%m-%d %H:%M"),
            "state": bids["status"].map(_BID_STATES).to_numpy(),
            "won": np.where(bids["is_winner"], "X", "-"),
            "year": of_lot["started_on"].dt.year,
        }
    )
    blank = dict.fromkeys(("amount", "currency", "received", "state", "won"), "")
    asked = rows[question].assign(record="question", **blank)
    rows = pd.concat([rows, asked], ignore_index=True)
    rows = rows.sort_values(["process", "lot", "record", "bidder_no"], kind="stable")
    return [
        RawFile(
            f"bids/bids_{year}.txt",
            members.drop(columns="year"),
            delimiter="|",
            date_format="%Y-%m-%d %H:%M",
            ids=("bidder_no",),
            dates=("received",),
            amounts=("amount",),
            currencies=("currency",),
            text=("bidder",),
            dirt=1.0,
        )
        for year, members in rows.groupby("year", sort=True)
    ]


def _build_contracts(
    population: Population, procurement: Procurement, scenario: Scenario
) -> RawFile:
    rng = scenario.generator("contract file")
    contracts = procurement.contracts
    lot = contracts["lot"].to_numpy()
    lots = procurement.lots
    tender = name_tenders(lots).to_numpy()[lot]
    number = lots["number"].astype(str).to_numpy()[lot]
    firm = population.firms.iloc[contracts["firm"]].reset_index(drop=True)
    ended = (contracts["final_end_on"] <= pd.Timestamp(scenario.observed_on)) & contracts[
        "reported"
    ]
    rows = pd.DataFrame(
        {
            "contract": "C" + pd.Series(rng.permutation(len(contracts))).astype(str).str.zfill(6),
            "reference": tender + "/" + number,
            "authority": procurement.buyers["buyer"].to_numpy()[lots["buyer"].to_numpy()[lot]],
            "supplier": firm["id"],
            "supplier_name": firm["name"],
            "supplier_kind": np.where(firm["is_person"], "natural person", "legal person"),
            "signed": spell_dates(contracts["signed_on"], "%d.%m.%Y"),
            "value": spell_money(contracts["value"].to_numpy(), ",", "."),
            "currency": scenario.currency,
            "end": spell_dates(contracts["end_on"], "%d.%m.%Y"),
            "final_end": spell_dates(contracts["final_end_on"].where(ended), "%d.%m.%Y"),
            "final_value": np.where(
                ended, spell_money(contracts["final_value"].to_numpy(), ",", "."), ""
            ),
            "changes": contracts["amendments"].astype(str).where(ended, ""),
        }
    )
    return RawFile(
        "contracts/contracts.csv",
        rows.sort_values("contract"),
        delimiter=";",
        titles=("Register of public contracts",),
        date_format="%d.%m.%Y",
        ids=("supplier",),
        dates=("signed",),
        amounts=("value",),
        currencies=("currency",),
        text=("supplier_name",),
        dirt=1.0,
    )


def _blank(
    values: pd.Series | np.ndarray, rng: np.random.Generator, share: float, word: str = ""
) -> pd.Series:
    series = pd.Series(np.asarray(values, dtype=object))
    return series.where(rng.random(len(series)) >= share, word)
