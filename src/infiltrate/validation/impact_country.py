"""A synthetic country as a study of effects has it, and the effects that were planted in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from infiltrate.impact.firm_panel import FirmPanel, build_firm_panel
from infiltrate.params.study import StudyParams
from infiltrate.synth.country.accounts import count_workers, draw_amounts
from infiltrate.synth.country.cards import CARDS
from infiltrate.synth.country.conduct import state_conduct
from infiltrate.synth.country.effects import PlantedEffects, plant_effects
from infiltrate.synth.country.places import DIVISIONS, tabulate_areas
from infiltrate.synth.country.tables import Draw, draw_country
from infiltrate.synth.country.write import describe_study
from infiltrate.tables.engine import DuckDBEngine

KNOWN = "all infiltrated, true days"
STATED = "listed, stated days"
LAGGED = "listed, stated days or usual lag"
KNOWLEDGE = (KNOWN, STATED, LAGGED)
"""Whom a study takes for infiltrated and from when on: what could be known at best, listed
companies whose entry says since when, and all listed ones, by the usual lag where it does not."""
_ORACLE = "oracle"


@dataclass(frozen=True, eq=False)
class ImpactCountry:
    """A country in memory; tables are those that `build_firm_panel` reads, without any dirt."""

    draw: Draw
    params: StudyParams
    planted: PlantedEffects
    tables: dict[str, pd.DataFrame]


@dataclass(frozen=True, eq=False)
class PlantedPanel:
    """Companies by year, as studied, and what was planted.

    Attributes
    ----------
    study : FirmPanel
        As an analyst gets it.
    rows : pandas.DataFrame
        Rows of the study and ``own``, ``rivals`` (planted effects on log revenue, of the company's
        own infiltration and of its infiltrated rivals), ``exposure`` (share of the market that
        infiltrated rivals hold) and ``infiltrated`` (at any time).
    """

    study: FirmPanel
    rows: pd.DataFrame


def draw_impact_country(scenario: str, firms: int, seed: int) -> ImpactCountry:
    """Draw a country in memory, accounts included.

    Parameters
    ----------
    scenario : str
        Name of a card.
    firms : int
        Active companies; dissolved ones come on top.
    seed : int
        The raw files of the same card, number of firms and seed hold the same country.
    """
    draw = draw_country(CARDS[scenario], firms, seed)
    sectors = {f"NACE2:{division.code}": division.section for division in DIVISIONS}
    tables = {
        "companies": _tabulate_companies(draw),
        "sectors": pd.DataFrame({"sector_id": sectors.keys(), "section": sectors.values()}),
        "areas": tabulate_areas(draw.places),
        "accounts": _tabulate_accounts(draw),
    }
    params = StudyParams.model_validate(describe_study(scenario, draw))
    return ImpactCountry(draw, params, plant_effects(draw), tables)


def build_planted_panel(country: ImpactCountry, knowledge: str = KNOWN) -> PlantedPanel:
    """Build the panel that a study of the country has, and put the planted effects beside it.

    Parameters
    ----------
    country : ImpactCountry
        From `draw_impact_country`.
    knowledge : str
        One of `KNOWLEDGE`. An analyst has the second or the third: some entries name innocent
        companies, and of those on no list, who are the controls, some are infiltrated.
    """
    params = _choose(country.params, knowledge)
    entries = _state_all(country) if knowledge == KNOWN else _state_entries(country)
    with DuckDBEngine() as engine:
        for name, table in country.tables.items():
            engine.register(name, table)
        engine.register("list_entries", entries)
        study = build_firm_panel(engine, params)
    return PlantedPanel(study, _add_planted(study.rows, country))


def _choose(params: StudyParams, knowledge: str) -> StudyParams:
    dates = "stated_or_lag" if knowledge == LAGGED else "stated"
    impact = params.choices.impact.model_copy(update={"dates": dates})
    choices = params.choices.model_copy(update={"impact": impact})
    lists = params.lists
    if knowledge == KNOWN:
        lists = [lists[0].model_copy(update={"id": _ORACLE, "organised_crime": True})]
    return params.model_copy(update={"choices": choices, "lists": lists})


def _identify(draw: Draw) -> np.ndarray:
    return ("XX-REG:" + draw.firms["number"].astype(str).str.zfill(8)).to_numpy(dtype=object)


def _tabulate_companies(draw: Draw) -> pd.DataFrame:
    codes = np.array([f"NACE2:{division.code}" for division in DIVISIONS], dtype=object)
    places = np.array(draw.places.provinces, dtype=object)
    return pd.DataFrame(
        {
            "company_id": _identify(draw),
            "kind": "company",
            "area_id": places[draw.firms["province"]],
            "sector_id": codes[draw.firms["division"]],
            "dissolved_on": draw.firms["dissolved_on"],
        }
    )


def _tabulate_accounts(draw: Draw) -> pd.DataFrame:
    company = _identify(draw)
    parts = []
    for one in draw_amounts(draw):
        end = np.datetime64(f"{one.year}-12-31")
        filed = {
            "company_id": company[one.rows],
            "year_end_on": pd.Timestamp(end),
            "filed_on": end + one.lag.astype("timedelta64[D]"),
            "currency": "EUR",
            **{name: 1000.0 * one.amounts[name].to_numpy() for name in ("revenue", "debt")},
            "employees": count_workers(one.amounts),
        }
        parts.append(pd.DataFrame(filed))
    return pd.concat(parts, ignore_index=True)


def _state_entries(country: ImpactCountry) -> pd.DataFrame:
    """Return the entries that reach a company, annulled ones included, as a study reads them."""
    draw = country.draw
    entries = draw.detection.entries.assign(conduct_from=state_conduct(draw))
    entries = entries[~entries["unmatched"] & ~entries["typed_wrong"]]
    return _name_entries(
        draw,
        entries["firm"].to_numpy(),
        list_id=entries["list_id"].to_numpy(),
        listed_on=entries["listed_on"].to_numpy(),
        conduct_from=entries["conduct_from"].to_numpy(),
        outcome=np.where(entries["annulled_on"].notna(), "annulled", "active"),
    )


def _state_all(country: ImpactCountry) -> pd.DataFrame:
    """Return one entry for each infiltrated company, which says from when on it was infiltrated.

    It is dated by the day on which a court took the company, or else by that of the study.
    """
    draw = country.draw
    firm = np.flatnonzero(draw.firms["infiltrated"].to_numpy())
    court = draw.detection.entries
    court = court[court["list_id"] == "court"].set_index("firm")["listed_on"]
    day = court.reindex(firm).fillna(pd.Timestamp(draw.card.observed_on)).to_numpy()
    since = draw.firms["since_on"].to_numpy()[firm]
    return _name_entries(
        draw, firm, list_id=_ORACLE, listed_on=day, conduct_from=since, outcome="active"
    )


def _name_entries(draw: Draw, firm: np.ndarray, **columns: object) -> pd.DataFrame:
    return pd.DataFrame({"company_id": _identify(draw)[firm], "match_probability": 1.0, **columns})


def _add_planted(rows: pd.DataFrame, country: ImpactCountry) -> pd.DataFrame:
    firm = pd.Index(_identify(country.draw)).get_indexer(rows["company_id"])
    column = rows["year"].to_numpy() - country.planted.years[0]
    planted = {
        name: getattr(country.planted, name)[firm, column].astype(float)
        for name in ("own", "rivals", "exposure")
    }
    infiltrated = country.draw.firms["infiltrated"].to_numpy()[firm]
    return rows.assign(**planted, infiltrated=infiltrated)
