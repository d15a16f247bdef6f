"""Infiltrated firms by sector and area, shown only where the estimate can carry it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from infiltrate.params.choices import DisclosureChoices, PrevalenceChoices
from infiltrate.prevalence.cell_counts import ALL
from infiltrate.prevalence.cell_rows import CellRows, lay_out_rows
from infiltrate.prevalence.direct_cells import smooth_cells
from infiltrate.prevalence.estimate_rows import ESTIMATE_COLUMNS
from infiltrate.prevalence.estimators import CountryEstimate
from infiltrate.prevalence.lists import ALL_ORGANISED_CRIME, ListsData
from infiltrate.prevalence.posterior import Posterior

WIDE_RATIO = 4.0
TOP = 5

COLUMNS = {
    "sector_id": "str",
    "area_id": "str",
    "area_level": "int64",
    "parent_id": "str",
    "firms": "Int64",
    "infiltrated": "Int64",
    "infiltrated_low": "Int64",
    "infiltrated_high": "Int64",
    "share": "float64",
    "low": "float64",
    "high": "float64",
    "interval": "float64",
    "is_wide": "bool",
    "fay_herriot": "float64",
    "difference": "float64",
    "probability_top5": "float64",
    "detection": "float64",
    "detection_low": "float64",
    "detection_high": "float64",
    "is_rolled_up": "bool",
    "shown_sector_id": "str",
    "shown_area_id": "str",
    "n_units": "Int64",
    "status": "str",
    "reason": "str",
}
"""Columns of the table of cells, with their types."""


def estimate_infiltrated_cells(
    estimate: CountryEstimate,
    lists: ListsData,
    rules: DisclosureChoices,
    choices: PrevalenceChoices,
) -> pd.DataFrame:
    """Estimate the infiltrated firms of every sector and area, those on no list included.

    Parameters
    ----------
    estimate : CountryEstimate
        Its pool gives the numbers, its joint detection model their pattern over cells.
    lists : ListsData
        What it was made from. Areas are those of its companies, all of one level.
    rules : DisclosureChoices
        How many firms a cell must have to be counted at all, and how counts are rounded.
    choices : PrevalenceChoices
        ``interval`` is read.

    Returns
    -------
    pandas.DataFrame
        One row per sector section and area, with "all" for totals, sorted; none when the pool is
        rejected or no estimator in it has cells. Columns as in `COLUMNS`: ``firms`` and the
        ``infiltrated`` ones with the ends of their interval, rounded, the interval outwards, and
        missing where they are not shown; ``share`` with ``low`` and ``high``; ``is_wide``: the
        upper end is over four times the lower; ``fay_herriot`` with its interval: the share by
        smoothed direct rates (`smooth_cells`), brought to the total of the pool; ``difference``:
        between the two; ``probability_top5``: how probably the cell is among the five highest
        published ones of its kind; ``detection`` with its interval: mean chance that an
        infiltrated firm of the cell is on any list; ``is_rolled_up`` and the cell whose share is
        shown instead; ``n_units``: firms behind the share shown; ``status`` (use, caution,
        suppressed) and ``reason``.

    Notes
    -----
    Draws of cells add up to those of the pool; medians need not. Which cells stand by themselves
    is said in `lay_out_rows`. Shares are rounded to three digits. Where they refer to an official
    count larger than the companies seen, it is spread over cells as the companies are.
    """
    source = _find_source(estimate)
    if source is None:
        return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in COLUMNS.items()})
    rows = lay_out_rows(estimate.pool, lists, rules)
    interval, firms = choices.interval, rows.firms
    ends = [(1 - interval) / 2, 0.5, (1 + interval) / 2]
    low, middle, high = np.minimum(np.quantile(rows.draws, ends, axis=0) / firms, 1.0)
    found_low, found, found_high = _average_detection(source, rows.members, ends)
    smoothed = _smooth_rows(source, rows, float(np.median(estimate.pool.draws)))
    own, shown, base = rows.own, rows.shown, rules.round_to
    counted = own & ~rows.closed
    columns = {
        "firms": _show(np.rint(firms / base) * base, ~rows.closed),
        "infiltrated": _show(np.rint(middle * firms / base) * base, counted),
        "infiltrated_low": _show(np.floor(low * firms / base) * base, counted),
        "infiltrated_high": _show(np.ceil(high * firms / base) * base, counted),
        "share": _shorten(middle[shown]),
        "low": _shorten(low[shown]),
        "high": _shorten(high[shown]),
        "interval": interval,
        "is_wide": high[shown] > WIDE_RATIO * low[shown],
        "fay_herriot": _show(_shorten(smoothed), own),
        "difference": _show(_shorten(np.abs(smoothed - middle)), own),
        "probability_top5": _probability_top(rows.draws / firms, rows.cells, own),
        "detection": _show(_shorten(found), ~rows.closed),
        "detection_low": _show(_shorten(found_low), ~rows.closed),
        "detection_high": _show(_shorten(found_high), ~rows.closed),
        "is_rolled_up": ~own,
        "shown_sector_id": rows.cells["sector_id"].to_numpy()[shown],
        "shown_area_id": rows.cells["area_id"].to_numpy()[shown],
        "n_units": _show(np.rint(firms[shown] / base) * base, ~rows.closed[shown]),
        "status": np.where(own, estimate.pool.status, "caution"),
        "reason": _word_reasons(rows, " ".join(estimate.pool.reasons)),
    }
    table = rows.cells.assign(**columns)
    hidden = firms[shown] < rules.minimum_firms * rows.raised
    table.loc[hidden, ["share", "low", "high"]] = np.nan
    table.loc[hidden, "status"] = "suppressed"
    return table[list(COLUMNS)].astype(COLUMNS)


def infiltrated_cell_estimates(cells: pd.DataFrame) -> pd.DataFrame:
    """Put cells into the columns of the study's table of estimates, one row per cell.

    The country as a whole is left out: it is among the estimates already.
    """
    parts = cells[(cells["sector_id"] != ALL) | (cells["area_id"] != ALL)]
    return parts.assign(
        estimand="infiltrated_share",
        list_id=ALL_ORGANISED_CRIME,
        estimator="pool",
        value=parts["share"],
        unit="share",
        definition="infiltrated firms, those on no list included, by all usable estimators "
        "together, sector and area as registered",
    )[ESTIMATE_COLUMNS]


def _find_source(estimate: CountryEstimate) -> Posterior | None:
    """Return the estimator whose pattern over cells the pool has."""
    if estimate.pool.status == "reject" or not len(estimate.pool.cells):
        return None
    usable = (p for p in estimate.posteriors.values() if p.detection is not None)
    return next((p for p in usable if p.status != "reject"), None)


def _smooth_rows(source: Posterior, rows: CellRows, total: float) -> np.ndarray:
    """Return the smoothed direct shares of rows, brought to the total of the pool."""
    smoothed = smooth_cells(source)["infiltrated"].to_numpy()
    level = total / max(float(np.nansum(smoothed)), 1e-9)
    return np.minimum(rows.members @ smoothed * level / rows.firms, 1.0)


def _average_detection(source: Posterior, members: np.ndarray, ends: list[float]) -> np.ndarray:
    """Average the chance of detection over the cells of each row, as many as are infiltrated."""
    assert source.detection is not None
    weight = np.maximum(source.draws.mean(axis=0), 1e-9)
    draws = (source.detection.chance * weight) @ members.T / (members @ weight)
    return np.asarray(np.quantile(draws, ends, axis=0))


def _probability_top(shares: np.ndarray, cells: pd.DataFrame, own: np.ndarray) -> np.ndarray:
    """Among the published rows of one kind, see who comes first in each draw."""
    probability = np.full(len(cells), np.nan)
    kinds = cells.reset_index(drop=True)[own].groupby(["area_level", cells["sector_id"] == ALL])
    for _, kind in kinds:
        if len(kind) > TOP:
            drawn = shares[:, kind.index]
            fifth = np.partition(drawn, len(kind) - TOP, axis=1)[:, [len(kind) - TOP]]
            probability[kind.index] = (drawn >= fifth).mean(axis=0)
    return probability


def _word_reasons(rows: CellRows, of_pool: str) -> list[str]:
    spread = (
        "Firms are the official count, spread over cells as the companies seen are."
        if rows.raised > 1
        else ""
    )
    sentences = []
    for row, (shown, why) in enumerate(zip(rows.shown, rows.why, strict=True)):
        area = rows.cells["area_id"].iloc[shown]
        where = "the whole country" if area == ALL else f"area {area}"
        rolled = f"Not by itself: {why}; the share shown is that of all sectors in {where}."
        sentences.append(" ".join(filter(None, [of_pool if shown == row else rolled, spread])))
    return sentences


def _show(values: np.ndarray, where: np.ndarray) -> np.ndarray:
    return np.where(where, values, np.nan)


def _shorten(shares: np.ndarray) -> np.ndarray:
    """Keep three significant digits."""
    safe = np.where(np.isfinite(shares) & (shares > 0), shares, 1.0)
    unit = 10.0 ** (np.floor(np.log10(safe)) - 2)
    return np.where(safe == shares, np.round(np.rint(safe / unit) * unit, 12), shares)
