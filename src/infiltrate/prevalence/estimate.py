"""What the lists allow to be said of a whole country: counts, floor, bounds, or a refusal."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from infiltrate.params.study import StudyParams
from infiltrate.prevalence.bounds import (
    Bounds,
    bound_by_detection,
    bound_without_assumptions,
    dark_share_curve,
)
from infiltrate.prevalence.floor import PublishedFloor, estimate_floor, publish_floor
from infiltrate.prevalence.lists import ALL_ORGANISED_CRIME, ListsData, build_exposure
from infiltrate.prevalence.refusal import Refusal, find_refusals
from infiltrate.prevalence.wording import Answer, word_answer, word_notes
from infiltrate.tables.engine import Engine

ESTIMATE_COLUMNS = [
    "estimand",
    "list_id",
    "sector_id",
    "area_id",
    "estimator",
    "value",
    "low",
    "high",
    "interval",
    "n_units",
    "unit",
    "status",
    "reason",
    "definition",
]


@dataclass(frozen=True, eq=False)
class PrevalenceResult:
    """What can be said of the whole country.

    Attributes
    ----------
    estimates : pandas.DataFrame
        One row per estimand, list and estimator, in the columns of the study's table of
        estimates. Sector and area are missing: the rows are about the whole country.
    refusals : tuple of Refusal
        Why no number of infiltrated firms is given; never empty in this version.
    notes : tuple of str
        What was left out or taken for granted, one sentence each.
    answer : Answer
        The answer to the study's question.
    """

    estimates: pd.DataFrame
    refusals: tuple[Refusal, ...]
    notes: tuple[str, ...]
    answer: Answer


def estimate_prevalence(
    engine: Engine, params: StudyParams, rng: np.random.Generator
) -> PrevalenceResult:
    """Say how many firms are listed, how many infiltrated ones there are at least, and no more.

    Parameters
    ----------
    engine : Engine
        With the tables of ``build_exposure`` registered.
    params : StudyParams
        The blocks of ``build_exposure``, ``choices.prevalence`` and ``choices.disclosure``.
    rng : numpy.random.Generator
        Source of randomness of the floor's interval.

    Notes
    -----
    No count comes from a risk score. Counts are rounded, intervals outwards, and shares are
    those of the rounded counts. Bounds start from the ends of the floor's interval.
    """
    data = build_exposure(engine, params)
    refusals = find_refusals(data)
    floors = _publish_floors(data, params, rng)
    firms = data.denominator.published(params.choices.disclosure.round_to)
    bounds = _bound(floors.get(ALL_ORGANISED_CRIME), firms, params)
    rows = [
        *_list_rows(data, floors, firms, params.choices.prevalence.interval),
        *_bound_rows(bounds, params),
        _refused_row(refusals),
    ]
    return PrevalenceResult(
        estimates=_tabulate(rows, data, firms),
        refusals=refusals,
        notes=word_notes(data, params.choices.disclosure),
        answer=word_answer(data, floors, bounds, params),
    )


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


_Row = dict[str, object]


def _list_rows(
    data: ListsData, floors: Mapping[str, PublishedFloor], firms: int, interval: float
) -> Iterator[_Row]:
    about_crime = {d.id for d in data.lists if d.organised_crime} | {ALL_ORGANISED_CRIME}
    titles = {d.id: f"'{d.title}'" for d in data.lists}
    titles[ALL_ORGANISED_CRIME] = "at least one list about organised crime"
    for list_id, floor in floors.items():
        named = "infiltrated" if list_id in about_crime else "rightly_listed"
        counted = f"firms with an entry that stands on {titles[list_id]}"
        corrected = (
            f"{counted}, less doubtful matches and wrong entries, if these are as common as the "
            "parameters say"
        )
        if list_id in about_crime:
            corrected += ": a floor of the infiltrated ones"
        shared: _Row = {
            "list_id": list_id,
            "status": "suppressed" if floor.is_closed else "use",
            "reason": "fewer listed firms than may be shown" if floor.is_closed else "",
        }
        for unit, size in (("firms", 1), ("share", firms)):
            yield shared | {
                "estimand": f"listed_{unit}",
                "estimator": "count",
                "unit": unit,
                "value": _divide(floor.listed, size),
                "definition": counted,
            }
            yield shared | {
                "estimand": f"{named}_{unit}",
                "estimator": "floor",
                "unit": unit,
                "value": _divide(floor.value, size),
                "low": _divide(floor.low, size),
                "high": _divide(floor.high, size),
                "interval": interval,
                "definition": corrected,
            }


def _bound_rows(bounds: Mapping[str, Bounds], params: StudyParams) -> Iterator[_Row]:
    choices = params.choices.prevalence
    definitions = {
        "no_assumption": "infiltrated firms: no fewer than the floor, no more than all",
        "detection": "infiltrated firms, if the chance that such a firm is on a list lies between "
        f"{choices.detection_low} and {choices.detection_high}",
    }
    for estimator, bound in bounds.items():
        row: _Row = {
            "estimand": "infiltrated_share",
            "list_id": ALL_ORGANISED_CRIME,
            "estimator": estimator,
            "low": bound.low,
            "high": bound.high,
            "unit": "share",
            "status": "use" if bound.low > 0 else "caution",
            "reason": "" if bound.low > 0 else "the lists exclude nothing",
            "definition": definitions[estimator],
        }
        yield row
    if "detection" in bounds:
        curve = dark_share_curve(bounds["detection"], choices.dark_shares)
        for dark in curve[curve["dark_share"] > 0].itertuples():
            yield row | {
                "estimator": f"detection_dark_{dark.dark_share:g}",
                "low": dark.low,
                "high": dark.high,
                "definition": f"{definitions['detection']}, and a share of {dark.dark_share:g} of "
                "all infiltration is of a kind that no list can see",
            }


def _refused_row(refusals: tuple[Refusal, ...]) -> _Row:
    return {
        "estimand": "infiltrated_share",
        "list_id": ALL_ORGANISED_CRIME,
        "estimator": "point_estimate",
        "unit": "share",
        "status": "reject",
        "reason": " ".join(refusal.reason for refusal in refusals),
        "definition": "infiltrated firms, those on no list included",
    }


def _tabulate(rows: list[_Row], data: ListsData, firms: int) -> pd.DataFrame:
    estimates = pd.DataFrame(rows, columns=ESTIMATE_COLUMNS)
    numbers = ["value", "low", "high", "interval"]
    of = f"; of {firms:,} {data.denominator.definition}"
    estimates = estimates.assign(
        n_units=firms, definition=estimates["definition"] + f", on {data.study_day}{of}"
    ).astype(dict.fromkeys(numbers, float) | {"n_units": "Int64"})
    return estimates.sort_values(["estimand", "list_id", "estimator"], ignore_index=True)


def _divide(number: float, size: int) -> float:
    return number / size if size else math.nan
