"""The synthetic country as its publishers put it out: one layout each."""

from __future__ import annotations

import numpy as np
import pandas as pd

from infiltrate.synth.population import Population
from infiltrate.synth.procurement import Procurement
from infiltrate.synth.publish_lists import build_list_files
from infiltrate.synth.publish_procurement import build_procurement_files
from infiltrate.synth.rawfile import RawFile
from infiltrate.synth.scenario import REGIONS, Scenario
from infiltrate.synth.spelling import spell_dates, spell_money, spell_variants

_TIERS = {
    "central": "State",
    "regional": "Province",
    "local": "Municipal",
    "utility": "Public utility",
}
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

    Nothing in them says who is infiltrated.
    """
    return [
        *_build_places(population, scenario),
        _build_register(population, entries, scenario),
        _build_authorities(procurement),
        *build_procurement_files(population, procurement, scenario),
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
