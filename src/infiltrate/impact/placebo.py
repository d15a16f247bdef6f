"""What an event study finds with dates that are false, moved, or dealt out anew."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from infiltrate.impact.matching import MatchedPanel
from infiltrate.impact.staggered import remove_effects

FALSE = "false date"
"""How the names of samples with a false date begin."""


def vary_dates(
    panel: pd.DataFrame, shifts_months: Sequence[int], years_false: int = 3
) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield the panel with other dates of treatment: what differs in words, and the panel.

    Dates moved back by ``shifts_months``, rounded to years; a false date ``years_false`` years
    early with all rows from the true date on left out, whose effect should be none; and, where
    ``has_stated_date`` is there and differs, only the companies whose date a list states.
    """
    first = panel["first_treated"].astype("Int64")
    for months in shifts_months:
        moved = panel.assign(first_treated=first - round(months / 12))
        yield f"dates {months} months earlier", moved
    before = (first.isna() | (panel["year"] < first)).to_numpy(bool)
    false = panel.assign(first_treated=first - years_false)[before]
    yield f"{FALSE} {years_false} years early", false
    if "has_stated_date" in panel:
        stated = (first.isna() | panel["has_stated_date"].fillna(False)).to_numpy(bool)
        if not stated.all():
            yield "companies with a stated date", panel[stated]


def deal_dates(
    matched: MatchedPanel, draws: int, rng: np.random.Generator
) -> tuple[float, np.ndarray]:
    """Deal the dates of treatment out anew among the companies of each cell, many times.

    Parameters
    ----------
    matched : MatchedPanel
        Treated companies and controls.
    draws : int
        How often.
    rng : numpy.random.Generator
        Draws the dates; names and the order of rows do not change what it draws.

    Returns
    -------
    observed : float
        Difference between treated companies' years after and before treatment, company by
        company, once effects of companies and of cells by year are taken away. It is smaller than
        the estimated effect, since treated rows are in these effects.
    dealt : numpy.ndarray of float, shape (draws,)
        The same with dates dealt out anew. Were there no effect on any company, and dates given
        at random within cells, ``observed`` would be one more of them (Fisher's exact test).
    """
    values, cohort, cell, first_year = _spread(matched)
    anchor = first_year + np.arange(values.shape[1])
    observed = _contrast(values, cohort, anchor, matched)
    dealt = np.empty(draws)
    by_cell = np.argsort(cell, kind="stable")
    for draw in range(draws):
        shuffled = np.lexsort((rng.random(len(cell)), cell))
        given = np.empty_like(cohort)
        given[by_cell] = cohort[shuffled]
        dealt[draw] = _contrast(values, given, anchor, matched)
    return observed, dealt


def _spread(matched: MatchedPanel) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    """Return residuals by company and year, and each company's cohort and cell."""
    rows = matched.rows.assign(residual=remove_effects(matched.rows))
    units = rows.groupby("unit").agg(
        cell=("cell", "first"), cohort=("cohort", "first"), mean=("outcome", "mean")
    )
    units = units.sort_values(["cell", "mean", "cohort"], kind="stable")
    values = rows.pivot(index="unit", columns="year", values="residual").reindex(units.index)
    first, last = int(rows["year"].min()), int(rows["year"].max())
    values = values.reindex(columns=range(first, last + 1))
    return values.to_numpy(), units["cohort"].to_numpy(), units["cell"].to_numpy(), first


def _contrast(
    values: np.ndarray, cohort: np.ndarray, years: np.ndarray, matched: MatchedPanel
) -> float:
    ever = cohort > 0
    event_time = years - cohort[ever][:, np.newaxis]
    value = values[ever]
    seen = np.isfinite(value)
    value = np.where(seen, value, 0.0)
    before = seen & (event_time <= matched.reference)
    after = seen & (event_time >= 0) & (event_time <= matched.lags)
    level = (value * before).sum(axis=1) / np.maximum(before.sum(axis=1), 1)
    used = after & before.any(axis=1)[:, np.newaxis]
    total = used.sum()
    return float(((value - level[:, np.newaxis]) * used).sum() / total) if total else float("nan")
