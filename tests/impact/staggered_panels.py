"""Invented panels of companies that are treated at different times, with known effects."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

FIRST_YEAR = 2015


def growing(event_time: np.ndarray) -> np.ndarray:
    return np.where(event_time >= 0, 0.05 + 0.03 * event_time, 0.0)


def no_effect(event_time: np.ndarray) -> np.ndarray:
    return np.zeros(event_time.shape)


def draw_panel(
    seed: int,
    companies: int = 3000,
    *,
    years: int = 8,
    cells: int = 150,
    share: float = 0.1,
    effect: Callable[[np.ndarray], np.ndarray] = growing,
    noise: float = 0.22,
    missing: float = 0.05,
) -> pd.DataFrame:
    """One row per company and year; cells have shocks of their own, companies trends of theirs.

    Those of higher level are treated more often, which the effects of companies take up; so are
    those of cells that grow, which only controls of the same cell take up. Shocks persist.
    """
    rng = np.random.default_rng(seed)
    cell = rng.integers(0, cells, companies)
    cell_slope = rng.normal(0, 0.02, cells)
    level = rng.normal(0, 1, companies)
    odds = share * np.exp(0.5 * level + 15 * cell_slope[cell])
    treated = rng.random(companies) < odds
    start = np.where(treated, FIRST_YEAR + rng.integers(1, years + 1, companies), 0)
    year = FIRST_YEAR + np.arange(years)
    event_time = np.where(start[:, None] > 0, year - start[:, None], -99)
    true_effect = effect(event_time)
    shock = np.zeros((companies, years))
    for t in range(years):
        before = shock[:, t - 1] if t else 0.0
        shock[:, t] = 0.6 * before + rng.normal(0, noise, companies) if noise else 0.0
    slope = rng.normal(0, 0.03 if noise else 0.0, companies)
    cell_year = np.cumsum(rng.normal(0, 0.05, (cells, years)) + cell_slope[:, None], axis=1)
    outcome = level[:, None] + slope[:, None] * np.arange(years) + cell_year[cell] + shock
    outcome = outcome + true_effect
    seen = rng.random((companies, years)) >= missing
    unit, at = np.nonzero(seen)
    first = pd.Series(start[unit]).astype("Int64").replace(0, pd.NA)
    return pd.DataFrame(
        {
            "company_id": [f"C{i:05d}" for i in unit],
            "year": year[at],
            "first_treated": first,
            "treated_until": pd.array([pd.NA] * len(unit), dtype="Int64"),
            "cell": [f"cell {i:03d}" for i in cell[unit]],
            "cluster": [f"C{i:05d}" for i in unit],
            "log_revenue": outcome[unit, at],
            "effect": true_effect[unit, at],
        }
    )


def average_effect(panel: pd.DataFrame, matched_rows: pd.DataFrame) -> float:
    """The planted average over the rows of treated companies that an event study used."""
    used = matched_rows.loc[matched_rows["event_time"] >= 0, ["company_id", "year"]]
    return float(panel.merge(used, on=["company_id", "year"])["effect"].mean())
