"""Everything a report says of a country's ties and of entries on lists along them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from infiltrate.network.assortativity import Assortativity, assess_assortativity
from infiltrate.network.autologistic import AutoLogistic, fit_autologistic
from infiltrate.network.contagion import follow_neighbours
from infiltrate.network.distances import distribute_distances
from infiltrate.network.listings import read_listings
from infiltrate.network.ties import SIDES, Ties, read_ties
from infiltrate.params.choices import DisclosureChoices
from infiltrate.params.study import StudyParams
from infiltrate.tables.engine import Engine


@dataclass(frozen=True, eq=False)
class NetworkExamination:
    """What is shown of a country's ties; every table keeps the rules of disclosure.

    Attributes
    ----------
    ties : Ties
        Ties of the day.
    summary : pandas.DataFrame
        One row per kind of tie: ``kind``, ``hubs``, ``companies``, ``largest``, and the hubs and
        memberships left out above the cap: ``hubs_left_out``, ``memberships_left_out``.
    distances : pandas.DataFrame
        See `distribute_distances`.
    assortativity : Assortativity
        See `assess_assortativity`.
    hazards : pandas.DataFrame
        See `follow_neighbours`; without numbers where fewer entries than may be shown.
    neighbours : AutoLogistic
        See `fit_autologistic`.
    listed : numpy.ndarray of str
        Companies with an entry that counts on the day.
    lists : tuple of str
        Lists whose entries count: those about organised crime, or all where there are none.
    """

    ties: Ties
    summary: pd.DataFrame
    distances: pd.DataFrame
    assortativity: Assortativity
    hazards: pd.DataFrame
    neighbours: AutoLogistic
    listed: np.ndarray
    lists: tuple[str, ...]


def examine_network(
    engine: Engine, params: StudyParams, day: date, rng: np.random.Generator
) -> NetworkExamination:
    """Read the ties of a day and hold the entries on lists against them.

    Parameters
    ----------
    engine : Engine
        Has ``companies``, ``officers``, ``ownership``, ``sectors`` and ``list_entries``.
    params : StudyParams
        ``lists``, ``choices.network`` and ``choices.disclosure`` are read.
    day : date
        Ties and entries later than it do not exist.
    rng : numpy.random.Generator
    """
    ties = read_ties(engine, day, params.choices.network)
    lists = tuple(one.id for one in params.lists if one.organised_crime)
    lists = lists or tuple(one.id for one in params.lists)
    listings = read_listings(engine, ties, lists, day)
    choices, disclosure = params.choices.network.contagion, params.choices.disclosure
    return NetworkExamination(
        ties=ties,
        summary=_summarise(ties),
        distances=distribute_distances(listings, choices, disclosure, rng),
        assortativity=assess_assortativity(listings, choices, rng),
        hazards=_protect(follow_neighbours(listings, lists, choices, rng), disclosure),
        neighbours=fit_autologistic(listings, choices, rng),
        listed=ties.companies[listings.is_listed],
        lists=lists,
    )


def _summarise(ties: Ties) -> pd.DataFrame:
    is_address = ties.side == SIDES.index("address")
    left_out = ties.left_out.set_index("kind")
    rows = []
    for kind, words, own in (
        ("holder", "officers and owners", ~is_address),
        ("address", "addresses", is_address),
    ):
        hubs = np.unique(ties.hub[own])
        rows.append(
            {
                "kind": words,
                "hubs": len(hubs),
                "companies": len(np.unique(ties.company[own])),
                "largest": int(ties.hub_sizes[hubs].max(initial=0)),
                "hubs_left_out": int(left_out.loc[kind, "hubs"]),
                "memberships_left_out": int(left_out.loc[kind, "memberships"]),
            }
        )
    return pd.DataFrame(rows)


def _protect(hazards: pd.DataFrame, disclosure: DisclosureChoices) -> pd.DataFrame:
    """Take the numbers out of rows with fewer entries than may be shown, and round the others."""
    few = (hazards["exposed_listed"] > 0) & (hazards["exposed_listed"] < disclosure.minimum_listed)
    shown = hazards.copy()
    numbers = ["hazard_ratio", "low", "high", "expected_listed"]
    shown[numbers] = shown[numbers].astype(float).round(2).mask(few)
    counts = ["exposed_listed", "exposed_periods"]
    base = disclosure.round_to
    shown[counts] = (base * (shown[counts].astype(float) / base).round()).astype("Int64")
    shown["exposed_listed"] = shown["exposed_listed"].mask(few)
    words = f"fewer than {disclosure.minimum_listed} entries of exposed companies"
    return shown.assign(reason=shown["reason"].mask(few, words))
