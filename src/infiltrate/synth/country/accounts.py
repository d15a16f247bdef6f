"""Annual accounts: sector ratios, persistence, the signature of infiltration, and its effects."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from infiltrate.synth.country.effects import GROWTH, SIZE, plant_effects
from infiltrate.synth.country.places import DIVISIONS
from infiltrate.synth.country.tables import Draw
from infiltrate.synth.country.textfile import day_text, number_text
from infiltrate.synth.scenario import generator_for, logistic

_CHUNK = 100_000
_PERSISTENCE = 0.6
_DAY = np.timedelta64(1, "D")
AMOUNTS = (
    "revenue",
    "materials",
    "services",
    "personnel",
    "depreciation",
    "ebit",
    "interest",
    "tax",
    "net_income",
    "assets",
    "fixed_assets",
    "inventory",
    "receivables",
    "cash",
    "equity",
    "retained_earnings",
    "debt",
    "bank_debt",
    "shareholder_loans",
    "current_liabilities",
    "payables",
)
COLUMNS = ("company", "year_end", "filed", *AMOUNTS, "employees")


@dataclass(frozen=True, eq=False)
class YearOfAccounts:
    """Accounts of one year of some of the firms, before they are published.

    Attributes
    ----------
    rows : numpy.ndarray of int
        Positions of the firms that file in that year.
    amounts : pandas.DataFrame
        One row per filing firm: the `AMOUNTS` in thousands.
    lag : numpy.ndarray of int
        Days from the end of the year to the day of filing.
    """

    year: int
    rows: np.ndarray
    amounts: pd.DataFrame
    lag: np.ndarray


def draw_accounts(draw: Draw) -> Iterator[tuple[int, pa.Table]]:
    """Give accounts as published, year by year for one part of the firms after another.

    See `draw_amounts`.
    """
    for one in draw_amounts(draw):
        yield one.year, _tabulate(one, draw)


def draw_amounts(draw: Draw) -> Iterator[YearOfAccounts]:
    """Give accounts in memory, year by year for one part of the firms after another.

    Amounts are in thousands. Infiltration changes the revenue of the firm and of its rivals, see
    `plant_effects`; the ratios carry the firm's own features.
    """
    effects = plant_effects(draw)
    wakes = _find_sleepers(draw)
    for start in range(0, len(draw.firms), _CHUNK):
        part = draw.firms.iloc[start : start + _CHUNK]
        rng = generator_for(draw.seed, f"accounts {start}")
        shock = np.zeros(len(part))
        files = part["files_accounts"].to_numpy()
        planted = (effects.own + effects.rivals)[start : start + _CHUNK]
        for t, year in enumerate(effects.years.tolist()):
            shock = _PERSISTENCE * shock + rng.normal(0, 0.22, len(part))
            noise = rng.normal(size=(len(part), 8))
            filed = files & (rng.random(len(part)) < 0.95) & _lives_in(part, year)
            amounts = _fill_accounts(part, t, shock, planted[:, t], noise)
            rows = np.flatnonzero(filed)
            lag = rng.gamma(3.0, 45.0, len(rows)).clip(20, 540).astype(int)
            amounts = _let_sleep(amounts, wakes[start : start + _CHUNK], year)
            amounts = _add_finance(draw, amounts, start, year)
            lag = _delay(draw, part.iloc[rows], lag, start, year)
            yield YearOfAccounts(year, start + rows, amounts.iloc[rows], lag)


def _find_sleepers(draw: Draw) -> np.ndarray:
    """Return the year in which a shell wakes after two years without revenue, 0 for most firms."""
    rng = generator_for(draw.seed, "sleepers")
    functional = draw.firms["type"].to_numpy() == 0
    sleeps = rng.random(len(functional)) < np.where(functional, 0.15, 0.01)
    year = rng.integers(draw.card.first_year + 2, draw.card.last_year + 1, len(functional))
    return np.where(sleeps, year, 0)


def _let_sleep(amounts: pd.DataFrame, wakes: np.ndarray, year: int) -> pd.DataFrame:
    """Take away what a sleeping shell sells and spends; in the year it wakes it sells a lot."""
    flows = ["revenue", "materials", "services", "personnel", "ebit", "tax"]
    asleep = (wakes - year == 1) | (wakes - year == 2)
    factor = np.where(asleep, 0, np.where(wakes == year, 6, 1))
    scaled = amounts[flows].mul(factor, axis=0)
    ebit = np.where(asleep, -amounts["depreciation"], scaled["ebit"])
    net_income = ebit - amounts["interest"] - scaled["tax"]
    return amounts.assign(**{**scaled, "ebit": ebit, "net_income": net_income})


def _add_finance(draw: Draw, amounts: pd.DataFrame, start: int, year: int) -> pd.DataFrame:
    """Add profits kept, loans of shareholders and what is soon due, from the other items."""
    rng = generator_for(draw.seed, f"finance {start} {year}")
    part = draw.firms.iloc[start : start + len(amounts)]
    opaque = part["ownership_opacity"].to_numpy()
    assets = amounts["assets"].to_numpy()
    lent = rng.random(len(part)) < logistic(-1.6 + 0.4 * opaque)
    loans = np.where(lent, 0.08 * assets * np.exp(0.6 * rng.normal(size=len(part))), 0.0)
    kept = amounts["equity"].to_numpy() * rng.beta(4.0, 2.0, len(part))
    soon = amounts["payables"].to_numpy() + 0.4 * amounts["debt"].to_numpy()
    added = pd.DataFrame(
        {"retained_earnings": kept, "shareholder_loans": loans, "current_liabilities": soon}
    )
    return amounts.assign(**added.round().astype(np.int64))


def _delay(draw: Draw, part: pd.DataFrame, lag: np.ndarray, start: int, year: int) -> np.ndarray:
    """Let a few firms file more than a year late; those with a thin payroll more often."""
    rng = generator_for(draw.seed, f"late accounts {start} {year}")
    late = rng.random(len(part)) < logistic(-3.6 + 0.3 * part["thin_payroll"].to_numpy())
    return np.where(late, 380 + rng.integers(0, 200, len(part)), lag)


def _lives_in(part: pd.DataFrame, year: int) -> np.ndarray:
    end = np.datetime64(f"{year}-12-31")
    gone = part["dissolved_on"].to_numpy() <= end
    return (part["born_on"].to_numpy() <= end - 180 * _DAY) & ~gone


def _fill_accounts(
    part: pd.DataFrame, t: int, shock: np.ndarray, effect: np.ndarray, noise: np.ndarray
) -> pd.DataFrame:
    division = part["division"].to_numpy()
    base = {
        name: np.array([getattr(d, name) for d in DIVISIONS])[division]
        for name in ("materials", "services", "personnel")
    }
    # what infiltration adds to growth begins with it, and is part of the effect
    honest = part["revenue_growth"].to_numpy() - part["growth_shift"].to_numpy()
    growth = 0.02 * t + GROWTH * honest * (t - 3.5)
    revenue = np.exp(5.9 + SIZE * part["size"].to_numpy() + growth + shock + effect)
    materials = base["materials"] * np.exp(0.22 * part["material_share"] + 0.08 * noise[:, 0])
    personnel = base["personnel"] * np.exp(-0.30 * part["thin_payroll"] + 0.08 * noise[:, 1])
    services = base["services"] * np.exp(-0.08 * part["material_share"] + 0.10 * noise[:, 2])
    margin = 0.075 - 0.030 * part["low_margin"] + 0.020 * noise[:, 3]
    depreciation = 0.035 * np.exp(0.2 * noise[:, 4])
    # what is left over is not itemised, and never negative
    room = np.minimum(1.0, (0.98 - margin - depreciation) / (materials + personnel + services))
    assets = revenue / (1.3 * np.exp(0.30 * part["asset_turnover"] + 0.10 * noise[:, 5]))
    debt = assets * logistic(-0.6 + 0.5 * noise[:, 6])
    bank = np.where(part["bank"], logistic(0.8 + 0.3 * noise[:, 7]), 0.0)
    ebit, interest = margin * revenue, 0.04 * debt
    tax = np.maximum(0.0, 0.24 * (ebit - interest))
    shares = pd.DataFrame(
        {
            "revenue": revenue,
            "materials": materials * room * revenue,
            "services": services * room * revenue,
            "personnel": personnel * room * revenue,
            "depreciation": depreciation * revenue,
            "ebit": ebit,
            "interest": interest,
            "tax": tax,
            "net_income": ebit - interest - tax,
            "assets": assets,
            "fixed_assets": 0.35 * assets * np.exp(0.1 * noise[:, 4]),
            "inventory": 0.12 * assets * np.exp(0.4 * part["inventory_share"] + 0.1 * noise[:, 5]),
            "receivables": 0.22 * assets * np.exp(0.15 * noise[:, 2]),
            "cash": 0.09 * assets * np.exp(0.4 * noise[:, 0]),
            "equity": 0.85 * assets - debt,
            "debt": debt,
            "bank_debt": bank * debt,
            "payables": 0.15 * assets * np.exp(0.15 * noise[:, 1]),
        }
    )
    return shares.round().astype(np.int64)


def _tabulate(one: YearOfAccounts, draw: Draw) -> pa.Table:
    amounts = one.amounts
    end = np.full(len(amounts), np.datetime64(f"{one.year}-12-31"))
    filed = np.minimum(end + one.lag * _DAY, np.datetime64(draw.card.observed_on) - 1 * _DAY)
    columns = {
        "company": number_text(draw.firms["number"].to_numpy()[one.rows], 8),
        "year_end": day_text(end, "%d.%m.%Y"),
        "filed": day_text(filed, "%d.%m.%Y"),
        **{name: pa.array(amounts[name].to_numpy()) for name in AMOUNTS},
        "employees": pa.array(count_workers(amounts)),
    }
    return pa.table(columns)


def count_workers(amounts: pd.DataFrame) -> np.ndarray:
    """Return the workers that the personnel costs of `AMOUNTS` pay, at least one."""
    return np.maximum(1, np.round(amounts["personnel"].to_numpy() / 32)).astype(np.int64)
