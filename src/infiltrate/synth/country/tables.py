"""A synthetic country in memory, with the truth beside it: for validation, never for estimates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache

import numpy as np
import pandas as pd

from infiltrate.params.lists import ListDefinition
from infiltrate.synth.country.cards import Card
from infiltrate.synth.country.detection import Detection, detect_firms
from infiltrate.synth.country.firms import FEATURES, draw_firms, name_types
from infiltrate.synth.country.measures import measure_areas
from infiltrate.synth.country.places import DIVISIONS, REGIONS, Places, draw_places
from infiltrate.synth.country.template import read_template


@dataclass(frozen=True, eq=False)
class Draw:
    """One draw of a card, before it is published: positions and codes, dissolved firms included.

    Attributes
    ----------
    firms : pandas.DataFrame
        See `draw_firms`; the first ``active`` rows are the active firms.
    """

    card: Card
    seed: int
    active: int
    places: Places
    firms: pd.DataFrame
    detection: Detection


@dataclass(frozen=True, eq=False)
class SyntheticCountry:
    """Active firms of a synthetic country and the lists that name them; N firms and K lists.

    Attributes
    ----------
    scenario : str
        Name of the card.
    seed : int
        Seed of the draw; the raw files of the same card, number of firms and seed hold the same
        country.
    firms : pandas.DataFrame
        One row per active firm, sorted by ``company_id``: ``region`` and ``area_id`` (the same in
        countries below 100,000 firms, a province otherwise), ``section``, ``sector_id``, ``size``
        (standardised log), ``age_years``, ``sells_to_public``, ``uses_bank``, ``group`` (firms
        that share an officer) and the signature features named in ``features``.
    features : tuple of str
        Columns that infiltration may shift; in standard deviations of honest firms.
    list_ids : tuple of str
        Sorted; the columns of the arrays below.
    listed, exposed : numpy.ndarray of bool, shape (N, K)
        Standing entries that reach the right firm, and firms that a list could name.
    match : numpy.ndarray of float, shape (N, K)
        Probability stated that the entry is this firm; 0 where not listed.
    listed_on : numpy.ndarray of datetime64[D], shape (N, K)
        Day of the entry; missing where not listed.
    lists : tuple of ListDefinition
        What an analyst would write of each list: exposure rule and a prior on wrong entries that
        is the same for every card and is not the rate the card was drawn with.
    infiltrated : numpy.ndarray of bool, shape (N,)
        The truth.
    kind : numpy.ndarray of str, shape (N,)
        functional, competitive, relational, or empty.
    wrong : numpy.ndarray of bool, shape (N, K)
        Whether a standing entry names an innocent firm.
    effort : pandas.DataFrame
        One row per list, region and year: ``log_odds`` against the list's level.
    area_years : pandas.DataFrame
        What is published of that effort and of the economy, with noise, as in the raw file: one
        row per ``area``, ``year`` and ``measure``, with its ``value``.
    files_accounts : numpy.ndarray of bool, shape (N,)
        Whether the firm files accounts in any year.
    """

    scenario: str
    seed: int
    observed_on: date
    firms: pd.DataFrame
    features: tuple[str, ...]
    list_ids: tuple[str, ...]
    listed: np.ndarray
    exposed: np.ndarray
    match: np.ndarray
    listed_on: np.ndarray
    lists: tuple[ListDefinition, ...]
    infiltrated: np.ndarray
    kind: np.ndarray
    wrong: np.ndarray
    effort: pd.DataFrame
    area_years: pd.DataFrame
    files_accounts: np.ndarray


def draw_country(card: Card, firms: int, seed: int) -> Draw:
    """Draw places, firms and lists; every other file is made from these."""
    places = draw_places(firms, seed)
    frame = draw_firms(card, places, firms, seed)
    return Draw(card, seed, firms, places, frame, detect_firms(frame, card, places, seed))


def tabulate_country(scenario: str, draw: Draw) -> SyntheticCountry:
    """Return the active firms of a draw and what is known of them on the day of observation."""
    list_ids = tuple(sorted(design.id for design in draw.card.lists))
    shape = (draw.active, len(list_ids))
    standing = find_standing(draw)
    row = standing["firm"].to_numpy()
    column = np.searchsorted(list_ids, standing["list_id"].to_numpy().astype(str))
    listed, wrong = np.zeros(shape, dtype=bool), np.zeros(shape, dtype=bool)
    match, listed_on = np.zeros(shape), np.full(shape, np.datetime64("NaT", "D"))
    listed[row, column] = True
    wrong[row, column] = ~standing["correct"].to_numpy()
    match[row, column] = 1.0
    listed_on[row, column] = standing["listed_on"].to_numpy().astype("datetime64[D]")
    only_suppliers = {design.id: design.suppliers_only for design in draw.card.lists}
    sells = draw.firms["sells"].to_numpy()[: draw.active]
    exposed = np.column_stack([sells | (not only_suppliers[name]) for name in list_ids])
    return SyntheticCountry(
        scenario=scenario,
        seed=draw.seed,
        observed_on=draw.card.observed_on,
        firms=_describe_firms(draw),
        features=FEATURES,
        list_ids=list_ids,
        listed=listed,
        exposed=exposed,
        match=match,
        listed_on=listed_on,
        lists=tuple(_list_definitions()[name] for name in list_ids),
        infiltrated=draw.firms["infiltrated"].to_numpy()[: draw.active],
        kind=name_types(draw.firms["type"].to_numpy()[: draw.active]),
        wrong=wrong,
        effort=draw.detection.effort,
        area_years=measure_areas(draw.detection.effort, draw.places, draw.seed),
        files_accounts=draw.firms["files_accounts"].to_numpy()[: draw.active],
    )


def find_standing(draw: Draw) -> pd.DataFrame:
    """Return the entries of active firms that are neither annulled nor lost on the way."""
    entries = draw.detection.entries
    lost = entries["unmatched"] | entries["typed_wrong"] | entries["annulled_on"].notna()
    return entries[~lost & (entries["firm"] < draw.active)]


def _describe_firms(draw: Draw) -> pd.DataFrame:
    firms = draw.firms.iloc[: draw.active]
    province = firms["province"].to_numpy()
    division = firms["division"].to_numpy()
    number = firms["number"].astype(str).str.zfill(8)
    sections = np.array([division.section for division in DIVISIONS], dtype=object)
    codes = np.array([f"NACE2:{division.code}" for division in DIVISIONS], dtype=object)
    described = pd.DataFrame(
        {
            "company_id": "XX-REG:" + number,
            "region": np.array(REGIONS, dtype=object)[draw.places.province_region[province]],
            "area_id": np.array(draw.places.provinces, dtype=object)[province],
            "section": sections[division],
            "sector_id": codes[division],
            "size": firms["size"],
            "age_years": firms["age_years"],
            "sells_to_public": firms["sells"],
            "uses_bank": firms["bank"],
            "group": firms["group"],
        }
    )
    return described.assign(**{name: firms[name] for name in FEATURES})


@cache
def _list_definitions() -> Mapping[str, ListDefinition]:
    described = read_template()["lists"]
    return {one["id"]: ListDefinition.model_validate(one) for one in described}
