"""Annual accounts: sector ratios, persistence, the signature of infiltration, and its effects."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pyarrow as pa

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


def draw_accounts(draw: Draw) -> Iterator[tuple[int, pa.Table]]:
    """Give accounts as published, year by year for one part of the firms after another.

    Amounts are in thousands. Infiltration
    raises revenue until a court takes the firm, and lowers that of rivals in the same sector and
    region; the ratios carry the firm's own features.
    """
    taken = _find_taken(draw)
    pressed = _find_pressed(draw)
    wakes = _find_sleepers(draw)
    for start in range(0, len(draw.firms), _CHUNK):
        part = draw.firms.iloc[start : start + _CHUNK]
        rng = generator_for(draw.seed, f"accounts {start}")
        shock = np.zeros(len(part))
        files = part["files_accounts"].to_numpy()
        for year in range(draw.card.first_year, draw.card.last_year + 1):
            shock = _PERSISTENCE * shock + rng.normal(0, 0.22, len(part))
            noise = rng.normal(size=(len(part), 8))
            filed = files & (rng.random(len(part)) < 0.95) & _lives_in(part, year)
            effect = _effect(draw, part, taken[start : start + _CHUNK], year)
            effect = effect + draw.card.rival_effect * pressed[start : start + _CHUNK]
            amounts = _fill_accounts(part, year - draw.card.first_year, shock, effect, noise)
            rows = np.flatnonzero(filed)
            lag = rng.gamma(3.0, 45.0, len(rows)).clip(20, 540).astype(int)
            amounts = _let_sleep(amounts, wakes[start : start + _CHUNK], year)
            amounts = _add_finance(draw, amounts, start, year)
            lag = _delay(draw, part.iloc[rows], lag, start, year)
            yield year, _tabulate(part.iloc[rows], amounts.iloc[rows], year, lag, draw)


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


def _find_taken(draw: Draw) -> np.ndarray:
    """Return the day a court took each firm, missing for the others."""
    court = draw.detection.entries
    court = court[court["list_id"] == "court"]
    day = np.full(len(draw.firms), np.datetime64("NaT", "D"))
    day[court["firm"]] = court["listed_on"].to_numpy().astype("datetime64[D]")
    return day


def _find_pressed(draw: Draw) -> np.ndarray:
    """Whether a firm that is not infiltrated has an infiltrated rival: same sector and region."""
    firms = draw.firms
    market = firms["division"].to_numpy() * 100 + draw.places.province_region[firms["province"]]
    infiltrated = firms["infiltrated"].to_numpy()
    return np.isin(market, market[infiltrated]) & ~infiltrated


def _effect(draw: Draw, part: pd.DataFrame, taken: np.ndarray, year: int) -> np.ndarray:
    """Return the effect on log revenue: the planted one, gone in the year after confiscation."""
    middle = np.datetime64(f"{year}-07-01")
    works = part["since_on"].to_numpy() <= middle
    works &= ~(taken <= middle - 180 * _DAY)
    return np.where(works, np.log1p(draw.card.revenue_effect), 0.0)


def _fill_accounts(
    part: pd.DataFrame, t: int, shock: np.ndarray, effect: np.ndarray, noise: np.ndarray
) -> pd.DataFrame:
    division = part["division"].to_numpy()
    base = {
        name: np.array([getattr(d, name) for d in DIVISIONS])[division]
        for name in ("materials", "services", "personnel")
    }
    growth = 0.02 * t + 0.035 * part["revenue_growth"].to_numpy() * (t - 3.5)
    revenue = np.exp(5.9 + 1.1 * part["size"].to_numpy() + growth + shock + effect)
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


def _tabulate(
    part: pd.DataFrame, amounts: pd.DataFrame, year: int, lag: np.ndarray, draw: Draw
) -> pa.Table:
    end = np.full(len(part), np.datetime64(f"{year}-12-31"))
    filed = np.minimum(end + lag * _DAY, np.datetime64(draw.card.observed_on) - 1 * _DAY)
    workers = np.maximum(1, np.round(amounts["personnel"].to_numpy() / 32)).astype(np.int64)
    columns = {
        "company": number_text(part["number"], 8),
        "year_end": day_text(end, "%d.%m.%Y"),
        "filed": day_text(filed, "%d.%m.%Y"),
        **{name: pa.array(amounts[name].to_numpy()) for name in AMOUNTS},
        "employees": pa.array(workers),
    }
    return pa.table(columns)
