"""Listed shares by sector and area, shown only where no small count can be worked out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
from scipy import stats

from infiltrate.params.choices import DisclosureChoices
from infiltrate.params.study import StudyParams
from infiltrate.prevalence.cell_counts import ALL, CellCounts, count_cells, find_area_paths
from infiltrate.prevalence.estimate_rows import ESTIMATE_COLUMNS
from infiltrate.prevalence.lists import (
    ALL_ORGANISED_CRIME,
    ListsData,
    build_exposure,
)
from infiltrate.protection.rounding import round_additively, round_counts
from infiltrate.protection.suppression import protect
from infiltrate.tables.engine import Engine

TOP = 5
_RANK_DRAWS = 4000
_KEY = ["list_id", "sector_id", "area_id"]


def estimate_cells(engine: Engine, params: StudyParams, rng: np.random.Generator) -> pd.DataFrame:
    """Estimate the share of listed firms by list, sector and area.

    Parameters
    ----------
    engine : Engine
        With the tables of ``build_exposure`` and areas registered.
    params : StudyParams
        The blocks of ``build_exposure``, ``choices.prevalence`` and ``choices.disclosure``.
    rng : numpy.random.Generator
        Source of randomness of the ranks.

    Returns
    -------
    pandas.DataFrame
        One row per list, sector section and area of the first level below the country, with
        "all" for totals, and per list and area of the second level for all sectors; sorted.
        ``area_level`` and ``parent_id`` of the area; ``firms`` the list could have named and those
        ``listed``, rounded, missing where suppressed; ``share``, ``low``, ``high`` with coverage
        ``interval``; ``probability_top5``: how probably the cell is among the five highest of the
        published cells of its kind; ``is_rolled_up`` and the cell whose share is shown instead
        (``shown_sector_id``, ``shown_area_id``); ``n_units``: firms behind the share shown;
        ``status`` (use, caution, suppressed) and ``reason``.

    Notes
    -----
    These are shares of *listed* firms: a high one means much infiltration, much detection, or
    both. Cells are never got by cutting a risk score. Shares and intervals are functions of the
    rounded counts alone, and the interval (Jeffreys; Brown, Cai & DasGupta 2001,
    https://doi.org/10.1214/ss/1009213286) is widened by what rounding leaves open, and by one
    listed firm at least where few are not shown.
    """
    cells = _share_cells(engine, params)
    return cells.assign(probability_top5=_probability_top(cells, rng))[_COLUMNS]


def detection_by_area(engine: Engine, params: StudyParams) -> pd.DataFrame:
    """Count listed firms per 1,000 that each list could have named, by area.

    This is the companion of every map of estimates: it shows where lists are written, not where
    infiltration is. The rows are those of ``estimate_cells`` for all sectors, so that the two
    tables protect each other.

    Returns
    -------
    pandas.DataFrame
        One row per list and area, sorted: ``area_level``, ``parent_id``, ``firms``, ``listed``,
        ``listed_per_1000``, ``low_per_1000``, ``high_per_1000``, ``interval``, ``status`` (use or
        suppressed) and ``reason``.
    """
    cells = _share_cells(engine, params)
    areas = cells[cells["sector_id"] == ALL].reset_index(drop=True)
    is_own = areas["status"] == "use"
    rates = {
        f"{to}_per_1000": 1000 * areas[of].where(is_own)
        for to, of in (("listed", "share"), ("low", "low"), ("high", "high"))
    }
    areas = areas.assign(
        **rates,
        status=np.where(is_own, "use", "suppressed"),
        reason=np.where(is_own, "", _closed_reason(params.choices.disclosure)),
    )
    kept = ["list_id", "area_id", "area_level", "parent_id", "firms", "listed", *rates]
    return areas[[*kept, "interval", "status", "reason"]]


def cell_estimates(cells: pd.DataFrame, params: StudyParams) -> pd.DataFrame:
    """Put cells into the columns of the study's table of estimates, one row per cell."""
    list_words = {definition.id: f"'{definition.title}'" for definition in params.lists}
    list_words[ALL_ORGANISED_CRIME] = "at least one list about organised crime"
    return cells.assign(
        estimand="listed_share_of_exposed",
        estimator="cell_share",
        value=cells["share"],
        unit="share",
        definition="share of firms on "
        + cells["list_id"].map(list_words).astype(object)
        + " among those it could have named, sector and area as registered",
    )[ESTIMATE_COLUMNS]


_COLUMNS = [
    *_KEY,
    "area_level",
    "parent_id",
    "firms",
    "listed",
    "share",
    "low",
    "high",
    "interval",
    "probability_top5",
    "is_rolled_up",
    "shown_sector_id",
    "shown_area_id",
    "n_units",
    "status",
    "reason",
]


def _share_cells(engine: Engine, params: StudyParams) -> pd.DataFrame:
    data = build_exposure(engine, params)
    rules, interval = params.choices.disclosure, params.choices.prevalence.interval
    paths = find_area_paths(engine, data.companies["area_id"])
    tables = [
        _protect_table(count_cells(data.companies["section"], paths, listed, exposed), rules)
        .pipe(_add_shares, rules, interval)
        .pipe(_roll_up, rules)
        .assign(list_id=name)
        for name, listed, exposed in _counted_lists(data)
    ]
    cells = pd.concat(tables, ignore_index=True) if tables else _no_cells()
    return cells.sort_values(_KEY, ignore_index=True).assign(interval=interval)


def _no_cells() -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype=object) for name in _COLUMNS}).astype(
        {"share": float, "low": float, "high": float, "firms": "Int64", "listed": "Int64"}
        | {"area_level": "int64", "is_rolled_up": bool, "n_units": "Int64"}
    )


def _counted_lists(data: ListsData) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    for k, name in enumerate(data.list_ids):
        if (data.listed[:, k] & data.exposed[:, k]).any():
            yield name, data.listed[:, k], data.exposed[:, k]
    together = data.organised_crime
    if len(together.lists) > 1:
        listed = np.any(together.listed & together.exposed, axis=1)
        yield ALL_ORGANISED_CRIME, listed, np.any(together.exposed, axis=1)


def _protect_table(table: CellCounts, rules: DisclosureChoices) -> pd.DataFrame:
    firms, listed = table.cells["firms"].to_numpy(), table.cells["listed"].to_numpy()
    closed_firms = protect(firms, table.equations, firms < rules.minimum_firms, rules.minimum_firms)
    closed_listed = protect(
        listed,
        table.equations,
        closed_firms | (listed < rules.minimum_listed),
        rules.minimum_listed,
        np.where(closed_firms, np.inf, firms),
    )
    return table.cells.assign(
        firms=_show(firms, closed_firms, table, rules),
        listed=_show(listed, closed_listed, table, rules),
    )


def _show(
    counts: np.ndarray, closed: np.ndarray, table: CellCounts, rules: DisclosureChoices
) -> pd.Series:
    rounded = (
        round_additively(counts, table.equations, rules.round_to).counts
        if rules.rounding == "controlled"
        else round_counts(counts, rules.round_to)
    )
    return pd.Series(rounded, dtype="Int64").mask(closed)


def _add_shares(cells: pd.DataFrame, rules: DisclosureChoices, interval: float) -> pd.DataFrame:
    listed = cells["listed"].to_numpy(dtype=float, na_value=np.nan)
    firms = cells["firms"].to_numpy(dtype=float, na_value=np.nan)
    low, high = jeffreys_interval(
        listed,
        firms,
        interval,
        rules.round_to,
        is_selected=rules.minimum_listed > 1,
        is_controlled=rules.rounding == "controlled",
    )
    return cells.assign(share=np.minimum(listed / firms, 1.0), low=low, high=high)


def jeffreys_interval(
    listed: np.ndarray,
    firms: np.ndarray,
    interval: float,
    round_to: int = 1,
    *,
    is_selected: bool = False,
    is_controlled: bool = False,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the Jeffreys interval of a share, widened by what rounded counts leave open.

    Parameters
    ----------
    listed, firms : numpy.ndarray of float
        Counts, rounded to multiples of ``round_to``; missing stays missing.
    interval : float
        Coverage.
    round_to : int
        1 for exact counts.
    is_selected : bool
        Whether shares are shown only when enough firms are listed. Those shown by luck look too
        high; the lower end is then that of one listed firm fewer, unless rounding leaves open
        more than that.
    is_controlled : bool
        Whether counts were rounded together, up or down, rather than each to its nearest multiple.
    """
    below, above = round_to // 2, (round_to - 1) // 2
    if is_controlled:
        below = above = round_to - 1
    below = max(below, int(is_selected))
    fewest, most = np.maximum(listed - below, 0), listed + above
    low = _beta_quantile((1 - interval) / 2, fewest, firms + above)
    high = _beta_quantile((1 + interval) / 2, most, np.maximum(firms - below, most))
    return np.where(fewest == 0, np.where(np.isnan(low), np.nan, 0.0), low), high


def _beta_quantile(level: float, listed: np.ndarray, firms: np.ndarray) -> np.ndarray:
    unlisted = np.maximum(firms - listed, 0)
    quantile = stats.beta.ppf(level, listed + 0.5, unlisted + 0.5)
    return np.where((level > 0.5) & (unlisted == 0), 1.0, quantile)


def _roll_up(cells: pd.DataFrame, rules: DisclosureChoices) -> pd.DataFrame:
    """Give a closed cell the share of the nearest total that is published."""
    indexed = cells.set_index(["sector_id", "area_id"])
    published = set(indexed.index[indexed["listed"].notna()])
    parents = dict(zip(cells["area_id"], cells["parent_id"], strict=True))
    shown = [
        next((cell for cell in _totals_around(own, parents) if cell in published), None)
        for own in indexed.index
    ]
    is_own = np.array([cell == own for cell, own in zip(shown, indexed.index, strict=True)])
    is_shown = np.array([cell is not None for cell in shown])
    source = indexed.reindex(
        pd.MultiIndex.from_tuples([cell or ("", "") for cell in shown])
    ).reset_index(drop=True)
    closed = _closed_reason(rules)
    return cells.assign(
        share=source["share"],
        low=source["low"],
        high=source["high"],
        n_units=source["firms"],
        is_rolled_up=is_shown & ~is_own,
        shown_sector_id=[cell[0] if cell else None for cell in shown],
        shown_area_id=[cell[1] if cell else None for cell in shown],
        status=np.select([is_own, is_shown], ["use", "caution"], "suppressed"),
        reason=[
            "" if cell == own else f"{closed}; {_say_shown(cell)}"
            for cell, own in zip(shown, indexed.index, strict=True)
        ],
    )


def _totals_around(cell: tuple[str, str], parents: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    area = cell[1]
    yield cell
    yield ALL, area
    while area != ALL:
        area = parents[area]
        yield ALL, area


def _closed_reason(rules: DisclosureChoices) -> str:
    return (
        f"fewer than {rules.minimum_firms} firms or {rules.minimum_listed} listed ones, or closed "
        "so that such a cell cannot be worked out by subtraction"
    )


def _say_shown(cell: tuple[str, str] | None) -> str:
    if cell is None:
        return "no total around it can be shown"
    where = "the whole country" if cell[1] == ALL else f"area {cell[1]}"
    return f"the share shown is that of all sectors in {where}"


def _probability_top(cells: pd.DataFrame, rng: np.random.Generator) -> np.ndarray:
    """Among the published cells of one list and kind, draw shares and see who comes first."""
    probability = np.full(len(cells), np.nan)
    own = cells[cells["status"] == "use"]
    kinds = own.groupby(["list_id", "area_level", own["sector_id"] == ALL])
    for _, kind in kinds:
        if len(kind) > TOP:
            listed = kind["listed"].to_numpy(dtype=float)
            unlisted = np.maximum(kind["firms"].to_numpy(dtype=float) - listed, 0)
            draws = rng.beta(listed + 0.5, unlisted + 0.5, size=(_RANK_DRAWS, len(kind)))
            fifth = np.partition(draws, len(kind) - TOP, axis=1)[:, [len(kind) - TOP]]
            probability[kind.index] = (draws >= fifth).mean(axis=0)
    return probability
