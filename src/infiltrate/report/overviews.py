"""Long results as a reader takes them in: one row per thing, estimate and interval in one cell."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pandas as pd

from infiltrate.params.study import StudyParams
from infiltrate.report.labels import column_label, list_titles, name_cells
from infiltrate.report.markup import Panel
from infiltrate.report.tables import show_table
from infiltrate.report.wording import count, interval, percent, quantity

_CLOSED = "closed"


def compare_estimates(estimates: pd.DataFrame, params: StudyParams) -> pd.DataFrame:
    """Return the estimates of the whole country as rows of a figure, in groups, named in words.

    Parameters
    ----------
    estimates : pandas.DataFrame
        The table of estimates; rows of cells, rows in firms and the steps of the unseen share
        are left out.
    params : StudyParams
        ``lists`` and ``choices.prevalence`` are read.

    Returns
    -------
    pandas.DataFrame
        Rows of ``estimates`` with ``label``, ``group`` and ``counted``: the share as it stands
        on the list, before wrong entries are taken off.
    """
    national = estimates["sector_id"].isna() & estimates["area_id"].isna()
    rows = estimates[national & (estimates["unit"] == "share")]
    counted = rows[rows["estimator"] == "count"].set_index("list_id")["value"]
    own = {definition.id for definition in params.lists}
    about_crime = any(definition.organised_crime for definition in params.lists)
    together = rows[~rows["list_id"].isin(own) & (rows["estimator"] != "count")].assign(
        group="Infiltrated firms: all lists about organised crime together"
        if about_crime
        else "Infiltrated firms: no list is about organised crime"
        if own
        else "Infiltrated firms: the study has no list",
        label=lambda frame: [estimator_label(name, params) for name in frame["estimator"]],
    )
    order = {name: place for place, name in enumerate(_ESTIMATORS)}
    together = together[together["estimator"].isin(list(order))]
    together = together.assign(place=together["estimator"].map(order))
    parts = [together]
    for place, definition in enumerate(params.lists):
        about = "about organised crime" if definition.organised_crime else "about something else"
        floor = rows[(rows["list_id"] == definition.id) & (rows["estimator"] == "floor")]
        parts.append(
            floor.assign(
                group=f"Listed firms: each list {about}, by itself",
                label=definition.title,
                place=place + (100 if definition.organised_crime else 200),
            )
        )
    table = pd.concat(parts).sort_values("place", kind="stable").drop(columns="place")
    is_floor = table["estimator"] == "floor"
    counts = table["list_id"].map(counted).astype(float).where(is_floor)
    return table.assign(counted=counts).reset_index(drop=True)


def say_estimate(estimates: pd.DataFrame) -> str | None:
    """Return the estimate of the country in one line, or None where none is given."""
    national = estimates[estimates["sector_id"].isna() & estimates["area_id"].isna()]
    shares = national[national["estimand"] == "infiltrated_share"].set_index("estimator")
    if "pool" not in shares.index or shares.loc["pool", "status"] == "reject":
        return None
    pool = shares.loc["pool"]
    words = interval(pool["value"], pool["low"], pool["high"], percent)
    floor = shares[shares["list_id"] == pool["list_id"]].loc["floor", "value"]
    known = f"; {percent(floor)} are rightly listed" if pd.notna(floor) else ""
    return f"An estimated {words} of firms are infiltrated{known}"


def tabulate_estimates(estimates: pd.DataFrame, params: StudyParams) -> pd.DataFrame:
    """Return one row per estimate of the whole country, firms and shares side by side.

    Returns
    -------
    pandas.DataFrame
        ``list``, ``estimate``, ``firms``, ``share of firms``, ``status``.
    """
    titles = list_titles(params)
    national = estimates[estimates["sector_id"].isna() & estimates["area_id"].isna()]
    keys = ["list_id", "estimator"]
    order = {name: place for place, name in enumerate(_ESTIMATORS)}
    lists = {name: place for place, name in enumerate([*titles][-1:] + [*titles][:-1])}
    rows = []
    for (list_id, estimator), same in national.groupby(keys, sort=False):
        cells = {unit: same[same["unit"] == unit] for unit in ("firms", "share")}
        rows.append(
            {
                "list": titles.get(str(list_id), str(list_id)),
                "estimate": estimator_label(str(estimator), params),
                "firms": _one_cell(cells["firms"], "firms"),
                "share of firms": _one_cell(cells["share"], "share"),
                "status": same["status"].iloc[0],
                "_place": (lists.get(str(list_id), 99), order.get(str(estimator), 3.5)),
            }
        )
    table = pd.DataFrame(rows).sort_values("_place", kind="stable", ignore_index=True)
    return table.drop(columns="_place")


def estimator_label(estimator: str, params: StudyParams) -> str:
    """Return the name of an estimator in words.

    Parameters
    ----------
    estimator : str
        As in the table of estimates.
    params : StudyParams
        ``choices.prevalence`` gives the assumed chance of detection.
    """
    choices = params.choices.prevalence
    if estimator.startswith("detection"):
        chance = f"{100 * (choices.detection_low or 0):.0f} to {choices.detection_high or 0:.0%}"
        dark = estimator.removeprefix("detection").removeprefix("_dark_")
        unseen = f" and {float(dark):.0%} is unseen" if dark else ""
        return f"bounds if {chance} are detected{unseen}"
    if estimator.startswith("pool_dark_"):
        return f"estimate, if {float(estimator.removeprefix('pool_dark_')):.0%} is unseen"
    if estimator.startswith("pool_gamma_"):
        return f"estimate, if {estimator.removeprefix('pool_gamma_')} times as many are unlisted"
    return _ESTIMATORS.get(estimator, estimator.replace("_", " "))


def tabulate_members(members: pd.DataFrame | None, refusals: Sequence[Any]) -> pd.DataFrame:
    """Return one row per estimator: its weight in the pool, status and what speaks against it.

    Parameters
    ----------
    members : pandas.DataFrame or None
        ``estimator``, ``status``, ``weight`` and ``reason``; None where none could be tried.
    refusals : sequence
        Why nothing could be tried, in ``reason``; read when there are no members.
    """
    if members is None:
        return pd.DataFrame(
            {"estimator": "every estimator", "weight": "0%", "status": "reject"}
            | {"why not simply to use it": [refusal.reason for refusal in refusals]}
        )
    order = {name: place for place, name in enumerate(_ESTIMATORS)}
    rows = members.sort_values("estimator", key=lambda names: names.map(order), kind="stable")
    return pd.DataFrame(
        {
            "estimator": [_ESTIMATORS.get(name, name) for name in rows["estimator"]],
            "weight": [f"{weight:.0%}" for weight in rows["weight"]],
            "status": rows["status"].to_numpy(),
            "why not simply to use it": rows["reason"].to_numpy(),
        }
    )


def join_reasons(reasons: Iterable[str]) -> str:
    """Return each different reason once, as sentences."""
    given = sorted({reason.strip() for reason in reasons if reason.strip()})
    return " ".join(f"{reason[0].upper()}{reason[1:].rstrip('.')}." for reason in given)


def tabulate_detection(
    detection: pd.DataFrame, areas: pd.DataFrame, params: StudyParams
) -> pd.DataFrame:
    """Return one row per area and one column per list: listed firms per 1,000, with interval.

    Parameters
    ----------
    detection : pandas.DataFrame
        One row per list and area: ``list_id``, ``area_id``, ``listed_per_1000``, ``low_per_1000``,
        ``high_per_1000``, ``status``.
    areas : pandas.DataFrame
        The table ``areas``.
    params : StudyParams
        ``lists`` is read.

    Returns
    -------
    pandas.DataFrame
        Areas with most published numbers first. A number that may not be shown is *closed*; an
        area the list has no firm in is missing.
    """
    named = name_cells(detection, areas, params)
    named = named.assign(
        cell=_write_intervals(
            named, "listed_per_1000", "low_per_1000", "high_per_1000", _write_rate
        )
    )
    is_open = named["listed_per_1000"].notna() & ~named["status"].isin(["suppressed", "reject"])
    named["cell"] = named["cell"].where(is_open, _CLOSED)
    wide = named.pivot(index="area_id", columns="list_id", values="cell")
    order = [title for title in list_titles(params).values() if title in wide.columns]
    wide = wide[order]
    shown = (wide.notna() & (wide != _CLOSED)).sum(axis=1)
    wide = wide.loc[shown.sort_index().sort_values(ascending=False, kind="stable").index]
    return wide.rename_axis(columns=None).reset_index().rename(columns={"area_id": "area"})


def tabulate_cells(cells: pd.DataFrame, areas: pd.DataFrame, params: StudyParams) -> pd.DataFrame:
    """Return the cells published by themselves, highest first, with names and intervals.

    Parameters
    ----------
    cells : pandas.DataFrame
        The table of cells; those shown with the share of a larger one are left out.
    areas : pandas.DataFrame
        The table ``areas``.
    params : StudyParams
        ``lists`` is read.
    """
    own = name_cells(cells[~cells["is_rolled_up"] & cells["share"].notna()], areas, params)
    own = own.sort_values(
        ["list_id", "share", "sector_id", "area_id"], ascending=[True, False, True, True]
    )
    table = own.assign(share_listed=_write_intervals(own, "share", "low", "high", percent))
    names = ["list_id", "sector_id", "area_id", "firms", "listed", "share_listed"]
    return table[[*names, "probability_top5"]].reset_index(drop=True)


def count_cells(cells: pd.DataFrame, params: StudyParams) -> pd.DataFrame:
    """Return, per list, how many cells stand by themselves and how many are shown otherwise."""
    titles = list_titles(params)
    closed = cells["status"].isin(["suppressed", "reject"])
    flags = cells.assign(
        by_itself=~cells["is_rolled_up"] & ~closed,
        with_a_larger_cell=cells["is_rolled_up"] & ~closed,
        closed=closed,
    )
    table = flags.groupby("list_id")[["by_itself", "with_a_larger_cell", "closed"]].sum()
    table = table.assign(cells=flags.groupby("list_id").size()).reset_index()
    return table.assign(list_id=[titles.get(name, name) for name in table["list_id"]])[
        ["list_id", "cells", "by_itself", "with_a_larger_cell", "closed"]
    ]


def close_small(counts: pd.Series, minimum: int) -> pd.Series:
    """Return counts of listed firms, those above 0 and below ``minimum`` closed."""
    return _close(counts.where((counts == 0) | (counts >= minimum)).astype("Int64"))


def tabulate_pairs(pairs: pd.DataFrame, params: StudyParams) -> pd.DataFrame:
    """Return every two lists by title, the odds ratio with its interval in one cell.

    Parameters
    ----------
    pairs : pandas.DataFrame
        One row per pair: ``list_a``, ``list_b``, ``exposed``, ``listed_a``, ``listed_b``,
        ``both``, ``expected``, ``odds_ratio``, ``low``, ``high``.
    params : StudyParams
        ``lists`` is read.
    """
    titles = list_titles(params)
    ratios = _write_intervals(pairs, "odds_ratio", "low", "high", _three_digits)
    return pd.DataFrame(
        {
            "one list": pairs["list_a"].map(titles),
            "other list": pairs["list_b"].map(titles),
            "exposed": pairs["exposed"],
            "on the one": _close(pairs["listed_a"]),
            "on the other": _close(pairs["listed_b"]),
            "both": _close(pairs["both"]),
            "expected on both": pairs["expected"],
            "odds ratio": ratios,
        }
    )


def show_what_ifs(table: pd.DataFrame, rule: str) -> Panel:
    """Return what a flag would be worth if infiltration were this or that common.

    Parameters
    ----------
    table : pandas.DataFrame
        One row per assumed prevalence: ``prevalence``, ``expected_of_100``, ``low``, ``high``,
        ``missed_share``; empty when nobody can say.
    rule : str
        Which units count as flagged.
    """
    if table.empty:
        return Panel("", "")
    shown = pd.DataFrame(
        {
            "prevalence": table["prevalence"],
            "expected_of_100": _write_intervals(table, "expected_of_100", "low", "high", count),
            "missed_share": table["missed_share"],
        }
    )
    return show_table(
        shown,
        caption=f"If infiltration were this common: infiltrated firms expected in 100 {rule}",
        formats={"prevalence": "percent", "missed_share": "percent"},
        note="From how the ranking finds firms that lists name, held out with the firms they are "
        "connected to. For infiltrated firms that no list sees it may do worse. Missed: those "
        "ranked lower.",
    )


def transpose_lists(summary: pd.DataFrame) -> pd.DataFrame:
    """Return one column per list and one row per measure, in words.

    Parameters
    ----------
    summary : pandas.DataFrame
        One row per list, with ``list_id`` and ``title``. A count of firms that is missing is
        *closed*.
    """
    measures = summary.drop(columns=["list_id", "title"])
    firms = [name for name in _COUNTS_OF_FIRMS if name in measures]
    measures = measures.assign(**{name: _close(measures[name]) for name in firms})
    if summary.empty:
        return pd.DataFrame({"measure": []})
    rows = measures.T.reset_index()
    rows = rows.set_axis(["measure", *summary["title"]], axis=1)
    return rows.assign(
        measure=[_LIST_MEASURES.get(name, column_label(name)) for name in rows["measure"]]
    )


_ESTIMATORS = {
    "count": "listed, as counted",
    "floor": "floor, rightly listed",
    "pool": "estimate, usable estimators together",
    "joint_detection": "joint detection model",
    "loglinear_bic": "log-linear models of overlaps",
    "doubly_robust": "pairs of lists, doubly robust",
    "chao_list_effects": "Chao, heuristic lower bound",
    "latent_class": "latent classes, comparator",
    "chao_equal_lists": "Chao with equal lists, comparator",
    "detection": "bounds if detected",
    "no_assumption": "bounds without assumptions",
}
_COUNTS_OF_FIRMS = ("subjects", "matched", "natural_persons", "other", "unmatched", "listed")
_LIST_MEASURES = {
    "authority": "authority",
    "nature": "what it is",
    "organised_crime": "about organised crime",
    "exposure": "whom it could name",
    "entries": "entries",
    "annulled": "of these annulled or ended",
    "undated": "of these without a date",
    "match_not_stated": "of these without a match probability",
    "subjects": "firms and persons named",
    "matched": "of these companies of the study",
    "natural_persons": "of these natural persons",
    "other": "of these consortia, public bodies, dissolved",
    "unmatched": "of these not among the sources",
    "listed": "companies with an entry that stands",
    "first_on": "first entry",
    "last_on": "last entry",
    "coverage_from": "complete from",
    "coverage_to": "complete to",
}


def _close(counts: pd.Series) -> pd.Series:
    """Say in a word that a count is too small to be shown."""
    return counts.astype(object).where(counts.notna(), _CLOSED)


def _one_cell(rows: pd.DataFrame, unit: str) -> str | None:
    if rows.empty or rows[["value", "low", "high"]].isna().all(axis=None):
        return None
    row = rows.iloc[0]
    if unit == "firms":
        return interval(row["value"], row["low"], row["high"], count)
    return interval(row["value"], row["low"], row["high"], lambda share: quantity(share, "share"))


def _write_intervals(
    frame: pd.DataFrame, value: str, low: str, high: str, write: Callable[[Any], str]
) -> list[str | None]:
    return [
        None if pd.isna(middle) else interval(middle, lowest, highest, write)
        for middle, lowest, highest in zip(frame[value], frame[low], frame[high], strict=True)
    ]


def _write_rate(number: float) -> str:
    return f"{number:.0f}" if number >= 10 else f"{number:.2g}"


def _three_digits(number: float) -> str:
    return f"{number:.3g}"
