"""What can be said of a whole country: counts, floor, bounds, an estimate or a refusal."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from infiltrate.params.study import StudyParams
from infiltrate.prevalence.bounds import Bounds, bound_by_detection, bound_without_assumptions
from infiltrate.prevalence.cell_counts import find_area_paths
from infiltrate.prevalence.estimate_rows import (
    bound_rows,
    list_rows,
    pool_rows,
    refused_row,
    tabulate_rows,
)
from infiltrate.prevalence.estimators import CountryEstimate, estimate_country
from infiltrate.prevalence.evidence import FirmEvidence, read_evidence
from infiltrate.prevalence.floor import PublishedFloor, estimate_floor, publish_floor
from infiltrate.prevalence.lists import ALL_ORGANISED_CRIME, ListsData, build_exposure
from infiltrate.prevalence.refusal import Refusal, find_refusals, refuse_rejected
from infiltrate.prevalence.wording import Answer, word_answer, word_notes
from infiltrate.tables.engine import Engine


@dataclass(frozen=True, eq=False)
class PrevalenceResult:
    """What can be said of the whole country.

    Attributes
    ----------
    estimates : pandas.DataFrame
        One row per estimand, list and estimator, in the columns of the study's table of
        estimates. Sector and area are missing: the rows are about the whole country.
    refusals : tuple of Refusal
        Why no number of infiltrated firms is given; empty when one is.
    country : CountryEstimate or None
        What every estimator says, and the pool; None when the lists do not allow to try any.
    lists : ListsData
        The lists about organised crime with the entries of all years, companies by area of the
        first level.
    evidence : FirmEvidence or None
        What the estimators were given beside the lists.
    notes : tuple of str
        What was left out or taken for granted, one sentence each.
    answer : Answer
        The answer to the study's question.
    """

    estimates: pd.DataFrame
    refusals: tuple[Refusal, ...]
    country: CountryEstimate | None
    lists: ListsData
    evidence: FirmEvidence | None
    notes: tuple[str, ...]
    answer: Answer


def estimate_prevalence(
    engine: Engine, params: StudyParams, rng: np.random.Generator
) -> PrevalenceResult:
    """Say how many firms are listed, how many are infiltrated, and how firm that is.

    Parameters
    ----------
    engine : Engine
        With the tables of ``build_exposure`` and ``read_evidence`` registered.
    params : StudyParams
        The blocks of ``build_exposure``, ``choices.prevalence`` and ``choices.disclosure``.
    rng : numpy.random.Generator
        Source of randomness of the floor's interval, then of the estimators.

    Notes
    -----
    No count comes from a risk score. Counts are rounded, intervals outwards, and shares are
    those of the rounded counts. Bounds start from the ends of the floor's interval.
    """
    of_all_years = build_exposure(engine, params)
    window = params.choices.prevalence.window_years
    data = of_all_years if window is None else of_all_years.within(window)
    companies = _by_large_areas(engine, data.companies)
    floors = _publish_floors(data, params, rng)
    refusals, country, evidence = find_refusals(data), None, None
    if not refusals:
        evidence = read_evidence(engine, params, data.organised_crime)
        lists = replace(data.organised_crime, companies=companies)
        country = estimate_country(lists, evidence, params.choices.prevalence, rng)
        refusals = refuse_rejected(country)
    firms = data.denominator.published(params.choices.disclosure.round_to)
    bounds = _bound(floors.get(ALL_ORGANISED_CRIME), firms, params)
    rows = [
        *list_rows(data, floors, firms, params.choices.prevalence.interval),
        *bound_rows(bounds, params),
        *(pool_rows(country, firms, params) if country else ()),
        *([refused_row(refusals)] if refusals else ()),
    ]
    return PrevalenceResult(
        estimates=tabulate_rows(rows, data, firms),
        refusals=refusals,
        country=country,
        lists=replace(of_all_years.organised_crime, companies=companies),
        evidence=evidence,
        notes=word_notes(data, params.choices.disclosure),
        answer=word_answer(data, floors, bounds, params, None if refusals else country),
    )


def _by_large_areas(engine: Engine, companies: pd.DataFrame) -> pd.DataFrame:
    """Put companies into areas of the first level, which have listed firms enough to compare."""
    return companies.assign(area_id=find_area_paths(engine, companies["area_id"])[1])


def _publish_floors(
    data: ListsData, params: StudyParams, rng: np.random.Generator
) -> dict[str, PublishedFloor]:
    """Return the floor of each list and, where there are any, of those about organised crime."""
    groups = {name: data.select([name]) for name in data.list_ids}
    if data.organised_crime.lists:
        groups[ALL_ORGANISED_CRIME] = data.organised_crime
    interval, rules = params.choices.prevalence.interval, params.choices.disclosure
    return {
        name: publish_floor(estimate_floor(group, interval, rng), rules)
        for name, group in groups.items()
    }


def _bound(floor: PublishedFloor | None, firms: int, params: StudyParams) -> dict[str, Bounds]:
    """Return the bounds on the infiltrated share that hold, by the name of their estimator."""
    if not firms:
        return {}
    if floor is None or floor.is_closed:
        return {"no_assumption": bound_without_assumptions(0, firms)}
    bounds = {"no_assumption": bound_without_assumptions(floor.low, firms)}
    low = params.choices.prevalence.detection_low
    high = params.choices.prevalence.detection_high
    if low is not None and high is not None:
        bounds["detection"] = bound_by_detection(floor.low, floor.high, firms, low, high)
    return bounds
