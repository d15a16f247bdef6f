"""Every red flag of a study held against its lists: base rates, verdicts, what was known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from infiltrate.indicators.catalogue import load_catalogue
from infiltrate.indicators.contract_units import read_markets
from infiltrate.indicators.flag_tests import judge_by_outcome, tabulate_base_rates
from infiltrate.indicators.known_outcomes import (
    choose_outcome_lists,
    mark_known_units,
    read_listed_bidders,
)
from infiltrate.params.study import StudyParams
from infiltrate.tables.engine import Engine

ANY_LIST = "any"
_FEWEST_COMPANIES = 20


@dataclass(frozen=True, eq=False)
class FlagExamination:
    """What is known of every flag.

    Attributes
    ----------
    rates : pandas.DataFrame
        One row per indicator, year and market (kind of purchase): see `tabulate_base_rates`.
    verdicts : pandas.DataFrame
        One row per list and indicator, sorted, ``list_id`` ``any`` for all lists together: see
        `judge_flags`. A list with fewer than 20 suppliers stands in ``any`` only.
    known : pandas.Series
        By ``entity_id``: 1 when the supplier was listed later, 0 when it is on no list.
    lists : tuple of str
        Lists that count.
    companies : int
        Suppliers and winners that were listed later; 0 where they are fewer than may be shown, and
        nothing is held against them.
    """

    rates: pd.DataFrame
    verdicts: pd.DataFrame
    known: pd.Series
    lists: tuple[str, ...]
    companies: int


def examine_flags(
    engine: Engine, params: StudyParams, results: pa.Table, rng: np.random.Generator
) -> FlagExamination:
    """Measure base rates by year and market, and hold every flag against the lists.

    Parameters
    ----------
    engine : Engine
        Engine with ``companies``, ``consortia``, ``tenders``, ``contracts`` and ``list_entries``.
    params : StudyParams
        ``lists`` and ``choices.flags`` are read.
    results : pyarrow.Table
        What `compute_indicators` returned.
    rng : numpy.random.Generator
        Draws the permutations.

    Notes
    -----
    Relations are of all kinds of purchase together. Outcomes are of companies, so companies change
    places with all their units, within the market and year of most of them.
    """
    choices = params.choices.flags
    names = ["indicator", "level", "entity_id", "state", "on_date", "buyer_id", "company_id"]
    frame = results.select(names).to_pandas()
    markets = _name_markets(frame, read_markets(engine))
    rates = tabulate_base_rates(frame, markets, choices.interval)
    listed = read_listed_bidders(engine, params)
    units = frame.drop_duplicates("entity_id")
    persons = engine.frame(
        "SELECT company_id AS company_id FROM companies WHERE kind = 'natural_person' "
        "ORDER BY company_id"
    )["company_id"]
    directions = {code: item.direction for code, item in load_catalogue().items()}
    clusters = units.set_index("entity_id")["company_id"]
    known = mark_known_units(units, listed, persons)
    outcomes, companies = {}, {}
    for list_id in (ANY_LIST, *choose_outcome_lists(params)):
        own = listed if list_id == ANY_LIST else listed[listed["list_id"] == list_id]
        outcome = mark_known_units(units, own, persons).where(known.notna())
        companies[list_id] = clusters.reindex(outcome.index[outcome == 1]).nunique()
        if 0 < companies[list_id] < params.choices.disclosure.minimum_listed:
            companies[list_id], outcome = 0, outcome.where(outcome == 0)
        if list_id == ANY_LIST or companies[list_id] >= _FEWEST_COMPANIES:
            outcomes[list_id] = outcome
    tables = judge_by_outcome(
        frame,
        outcomes,
        rng,
        markets,
        directions=directions,
        clusters=clusters,
        permutations=choices.permutations,
        false_discovery_rate=choices.false_discovery_rate,
        interval=choices.interval,
    )
    parts = [
        table.assign(list_id=list_id, companies=companies[list_id])
        for list_id, table in tables.items()
    ]
    verdicts = pd.concat(parts, ignore_index=True)
    order = ["list_id", *[name for name in verdicts if name != "list_id"]]
    verdicts = verdicts[order].sort_values(["list_id", "indicator"], ignore_index=True)
    lists = choose_outcome_lists(params)
    return FlagExamination(rates, verdicts, known, lists, int(companies[ANY_LIST]))


def _name_markets(frame: pd.DataFrame, markets: pd.Series) -> pd.Series:
    relations = frame.loc[frame["level"] == "relation", "entity_id"].unique()
    every = pd.Series("all kinds", index=relations, dtype=object)
    return pd.concat([markets, every])
