"""The four lists of known firms, each in the layout of its authority."""

from __future__ import annotations

import numpy as np
import pandas as pd

from infiltrate.synth.population import Population
from infiltrate.synth.rawfile import RawFile
from infiltrate.synth.scenario import REGIONS, Scenario
from infiltrate.synth.spelling import spell_dates

# lists are short: at the usual rates none of their rows would be spoilt
_LIST_DIRT = 5.0


def build_list_files(
    population: Population, entries: pd.DataFrame, scenario: Scenario
) -> list[RawFile]:
    """Lay each list out as its authority does; some articles name no company number."""
    firms = population.firms.iloc[entries["firm"]].reset_index(drop=True)
    named = pd.concat([entries.reset_index(drop=True), firms[["id", "name", "area"]]], axis=1)
    named = named.sort_values(["listed_on", "id"])
    parts = {
        design.id: named[named["list_id"] == design.id].reset_index(drop=True)
        for design in scenario.lists
    }
    return [
        _build_court(parts["court"], scenario),
        *_build_interdictions(parts["interdictions"], scenario),
        _build_tax(parts["tax"], scenario),
        _build_media(parts["media"], scenario),
    ]


def _build_court(entries: pd.DataFrame, scenario: Scenario) -> RawFile:
    rng = scenario.generator("court file")
    final = rng.random(len(entries)) < 0.6
    outcome = np.where(final, "final", "under appeal")
    rows = pd.DataFrame(
        {
            "Decree": _number_entries("CT", entries),
            "Court": "Court of " + entries["area"],
            "Company no.": entries["id"],
            "Company": entries["name"],
            "Decided on": spell_dates(entries["listed_on"], "%d.%m.%Y"),
            "Outcome": np.where(entries["outcome"] == "annulled", "revoked on appeal", outcome),
            "Revoked on": spell_dates(entries["removed_on"], "%d.%m.%Y"),
        }
    )
    return RawFile(
        "lists/court_register.csv",
        rows,
        delimiter=";",
        encoding="latin-1",
        titles=("Confiscations of companies, all courts",),
        date_format="%d.%m.%Y",
        ids=("Company no.",),
        dates=("Decided on",),
        dirt=_LIST_DIRT,
    )


def _build_interdictions(entries: pd.DataFrame, scenario: Scenario) -> list[RawFile]:
    rng = scenario.generator("interdiction files")
    ground = np.array(["links of owners", "frequent contacts", "workers on site"], dtype=object)
    region = entries["area"].map({p.code: p.region for p in scenario.provinces})
    rows = pd.DataFrame(
        {
            "protocol": _number_entries("PI", entries),
            "province": entries["area"],
            "company": entries["id"],
            "issued": spell_dates(entries["listed_on"], "%Y-%m-%d"),
            "lifted": spell_dates(entries["removed_on"], "%Y-%m-%d"),
            "state": np.where(entries["outcome"] == "annulled", "ANNULLED BY COURT", "IN FORCE"),
            "ground": ground[rng.integers(len(ground), size=len(entries))],
        }
    )
    return [
        RawFile(
            f"lists/interdictions/{name}.csv",
            rows[region == name],
            ids=("company",),
            dates=("issued",),
            text=("ground",),
            dirt=_LIST_DIRT,
        )
        for name in REGIONS
    ]


def _build_tax(entries: pd.DataFrame, scenario: Scenario) -> RawFile:
    """One line per firm without a header: number, company, presumed, definitive, state, end."""
    rng = scenario.generator("tax file")
    definitive = rng.random(len(entries)) < 0.7
    presumed = entries["listed_on"] - pd.to_timedelta(rng.integers(40, 200, len(entries)), unit="D")
    presumed = presumed.where(definitive, entries["listed_on"])
    state = np.where(definitive, "DEFINITIVE", "PRESUMED")
    rows = pd.DataFrame(
        {
            "number": _number_entries("TX", entries),
            "company": entries["id"],
            "presumed": spell_dates(presumed, "%Y%m%d"),
            "definitive": spell_dates(entries["listed_on"].where(definitive), "%Y%m%d"),
            "state": np.where(entries["outcome"] == "annulled", "REBUTTED", state),
            "ended": spell_dates(entries["removed_on"], "%Y%m%d"),
        }
    )
    return RawFile(
        "lists/tax_blacklist.txt",
        rows,
        delimiter="|",
        has_header=False,
        date_format="%Y%m%d",
        ids=("company",),
        dates=("definitive",),
        dirt=_LIST_DIRT,
    )


def _build_media(entries: pd.DataFrame, scenario: Scenario) -> RawFile:
    rng = scenario.generator("media file")
    again = entries[rng.random(len(entries)) < 0.3]
    later = again["listed_on"] + pd.to_timedelta(rng.integers(20, 200, len(again)), unit="D")
    again = again.assign(listed_on=later)[later <= pd.Timestamp(scenario.observed_on)]
    articles = pd.concat([entries, again], ignore_index=True).sort_values(["listed_on", "id"])
    articles = articles.reset_index(drop=True)
    nameless = rng.random(len(articles)) < 0.08
    rows = pd.DataFrame(
        {
            "article": _number_entries("ME", articles),
            "company": articles["id"].where(~nameless, ""),
            "named_as": articles["name"],
            "published": spell_dates(articles["listed_on"], "%Y-%m-%d"),
            "confidence": rng.integers(70, 101, len(articles)).astype(str).astype(object),
        }
    )
    return RawFile(
        "lists/media.tsv",
        rows,
        delimiter="\t",
        ids=("company",),
        dates=("published",),
        text=("named_as",),
        dirt=_LIST_DIRT,
    )


def _number_entries(prefix: str, entries: pd.DataFrame) -> pd.Series:
    return prefix + pd.Series(np.arange(1, len(entries) + 1)).astype(str).str.zfill(5)
