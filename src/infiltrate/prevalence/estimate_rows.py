"""Rows of the table of estimates, about the country as a whole."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from infiltrate.params.study import StudyParams
from infiltrate.prevalence.bounds import Bounds, dark_share_curve, scale_hidden
from infiltrate.prevalence.estimators import CountryEstimate
from infiltrate.prevalence.floor import PublishedFloor
from infiltrate.prevalence.lists import ALL_ORGANISED_CRIME, ListsData
from infiltrate.prevalence.posterior import equal_tails
from infiltrate.prevalence.refusal import Refusal
from infiltrate.protection.rounding import round_count, round_outwards

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

Row = dict[str, object]


def list_rows(
    data: ListsData, floors: Mapping[str, PublishedFloor], firms: int, interval: float
) -> Iterator[Row]:
    """Give the firms on each list as counted, and less what is wrong on it."""
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
        shared: Row = {
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


def bound_rows(bounds: Mapping[str, Bounds], params: StudyParams) -> Iterator[Row]:
    """Give the bounds on the infiltrated share, and what an unseen share would do to them."""
    choices = params.choices.prevalence
    definitions = {
        "no_assumption": "infiltrated firms: no fewer than the floor, no more than all",
        "detection": "infiltrated firms, if the chance that such a firm is on a list lies between "
        f"{choices.detection_low} and {choices.detection_high}",
    }
    for estimator, bound in bounds.items():
        row: Row = {
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


def pool_rows(country: CountryEstimate, firms: int, params: StudyParams) -> Iterator[Row]:
    """Give what the estimators say, one by one and together, in firms and as shares."""
    interval, base = params.choices.prevalence.interval, params.choices.disclosure.round_to
    shared: Row = {"list_id": ALL_ORGANISED_CRIME, "interval": interval}
    for name, posterior in country.posteriors.items():
        described: Row = {
            "estimator": name,
            "status": posterior.status,
            "reason": " ".join(posterior.reasons),
            "definition": f"infiltrated firms by the estimator '{name}' alone, those on no list "
            "included",
        }
        yield from _rows_of_draws(posterior.total(), firms, base, interval, shared | described)
    pool = country.pool
    if pool.status == "reject":
        return
    described = {"status": pool.status, "reason": " ".join(pool.reasons)}
    everything = "infiltrated firms, those on no list included, by all usable estimators together"
    yield from _rows_of_draws(
        pool.draws,
        firms,
        base,
        interval,
        shared | described | {"estimator": "pool", "definition": everything},
    )
    what_if = {"reason": "what if, not an estimate", "status": "caution"}
    for dark in sorted(set(params.choices.prevalence.dark_shares)):
        words = f"{everything}, if a share of exactly {dark:g} of it can be seen by no list"
        own = {"estimator": f"pool_dark_{dark:g}", "definition": words}
        draws = np.minimum(pool.seen_draws / (1 - dark), firms)
        yield from _rows_of_draws(draws, firms, base, interval, shared | what_if | own)
    floor = float(np.median(country.floor))
    for gamma in sorted(set(params.choices.prevalence.gammas)):
        words = f"{everything}, if {gamma:g} times as many are on no list"
        own = {"estimator": f"pool_gamma_{gamma:g}", "definition": words}
        draws = np.minimum(scale_hidden(np.minimum(floor, pool.draws), pool.draws, gamma), firms)
        yield from _rows_of_draws(draws, firms, base, interval, shared | what_if | own)


def _rows_of_draws(
    draws: np.ndarray, firms: int, base: int, interval: float, row: Row
) -> Iterator[Row]:
    """Round the middle, and the interval outwards; a rejected estimator has neither."""
    value = low = high = math.nan
    if len(draws):
        low, value, high = equal_tails(draws, interval)
        low, high = round_outwards(low, high, base)
        value = round_count(round(value), base)
    for unit, size in (("firms", 1), ("share", firms)):
        yield row | {
            "estimand": f"infiltrated_{unit}",
            "unit": unit,
            "value": _divide(value, size),
            "low": _divide(low, size),
            "high": _divide(min(high, firms) if firms else high, size),
        }


def refused_row(refusals: tuple[Refusal, ...]) -> Row:
    """Give the estimate that is refused, with why."""
    return {
        "estimand": "infiltrated_share",
        "list_id": ALL_ORGANISED_CRIME,
        "estimator": "pool",
        "unit": "share",
        "status": "reject",
        "reason": " ".join(refusal.reason for refusal in refusals),
        "definition": "infiltrated firms, those on no list included",
    }


def tabulate_rows(rows: list[Row], data: ListsData, firms: int) -> pd.DataFrame:
    """Put rows into the columns of the study's table of estimates."""
    estimates = pd.DataFrame(rows, columns=ESTIMATE_COLUMNS)
    numbers = ["value", "low", "high", "interval"]
    of = f"; of {firms:,} {data.denominator.definition}"
    estimates = estimates.assign(
        n_units=firms, definition=estimates["definition"] + f", on {data.study_day}{of}"
    ).astype(dict.fromkeys(numbers, float) | {"n_units": "Int64"})
    return estimates.sort_values(["estimand", "list_id", "estimator"], ignore_index=True)


def _divide(number: float, size: int) -> float:
    return number / size if size else math.nan
