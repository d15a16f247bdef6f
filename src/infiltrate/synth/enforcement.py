"""How four authorities find firms, and whom they name by mistake."""

from __future__ import annotations

import numpy as np
import pandas as pd

from infiltrate.synth.population import Population
from infiltrate.synth.scenario import TYPES, ListDesign, Scenario, logistic, solve_intercept


def simulate_lists(
    population: Population, is_supplier: np.ndarray, scenario: Scenario
) -> pd.DataFrame:
    """Draw who is named on which list and when.

    Each list is a yearly hazard from the first possible day (conduct plus a gamma lag) to the day
    of observation; it depends on type, size, province and year of effort, and on earlier lists.

    Parameters
    ----------
    is_supplier : numpy.ndarray
        Whether each operator won a public contract, shape ``(n_operators,)``.

    Returns
    -------
    pandas.DataFrame
        One row per entry: ``list_id``, ``firm`` (position), ``listed_on``, ``removed_on``,
        ``outcome``, ``is_correct`` (the firm did what the list is about).
    """
    firms = population.firms
    named: dict[str, np.ndarray] = {}
    parts = []
    for design in scenario.lists:
        rng = scenario.generator(f"list {design.id}")
        earlier = named.get(design.after, np.zeros(len(firms), dtype=bool))
        entries = _draw_entries(design, firms, is_supplier, earlier, scenario, rng)
        named[design.id] = np.isin(np.arange(len(firms)), entries["firm"][entries["is_correct"]])
        parts.append(_draw_outcomes(entries, design, scenario, rng))
    return pd.concat(parts, ignore_index=True)


def _draw_entries(
    design: ListDesign,
    firms: pd.DataFrame,
    is_supplier: np.ndarray,
    earlier: np.ndarray,
    scenario: Scenario,
    rng: np.random.Generator,
) -> pd.DataFrame:
    exposed = ~firms["is_person"].to_numpy() & (is_supplier | (not design.suppliers_only))
    guilty = firms["infiltrated"].to_numpy()
    groups = [(exposed & guilty, design.coverage)]
    if design.fraud_coverage:
        groups.append((exposed & firms["invoice_fraud"].to_numpy(), design.fraud_coverage))
    effort = _draw_effort(design, scenario, rng)
    parts = []
    for members, coverage in groups:
        positions = np.flatnonzero(members)
        linear = _log_odds(design, firms.iloc[positions], earlier[positions], effort, scenario)
        linear = linear + _possible(design, firms.iloc[positions], scenario, rng)
        chance = logistic(linear + solve_intercept(linear, coverage))
        caught = rng.random(chance.shape) < chance
        hit = caught.any(axis=1)
        year = scenario.lists_from.year + np.argmax(caught, axis=1)[hit]
        parts.append(pd.DataFrame({"firm": positions[hit], "year": year, "is_correct": True}))
    correct = sum(len(part) for part in parts)
    wrong = round(correct * design.false_share / (1 - design.false_share))
    clean = exposed & ~guilty & ~firms["invoice_fraud"].to_numpy()
    mistaken = np.sort(rng.choice(np.flatnonzero(clean), wrong, replace=False))
    years = rng.integers(scenario.lists_from.year + 1, scenario.observed_on.year, wrong)
    parts.append(pd.DataFrame({"firm": mistaken, "year": years, "is_correct": False}))
    entries = pd.concat(parts, ignore_index=True)
    return entries.assign(list_id=design.id, listed_on=_days_in_year(entries["year"], scenario, rng))


def _draw_effort(design: ListDesign, scenario: Scenario, rng: np.random.Generator) -> pd.DataFrame:
    """Return log-odds of effort, one row per province and one column per year."""
    years = list(range(scenario.lists_from.year, scenario.observed_on.year + 1))
    codes = [province.code for province in scenario.provinces]
    shape = (len(codes), len(years))
    level = rng.normal(0, design.effort_spread, (len(codes), 1))
    drift = np.cumsum(rng.normal(0.2, 0.15, shape), axis=1)
    effort = pd.DataFrame(level + drift, index=codes, columns=years)
    if design.shock:
        effort.loc[design.shock] += np.log(4)
    return effort


def _log_odds(
    design: ListDesign,
    firms: pd.DataFrame,
    earlier: np.ndarray,
    effort: pd.DataFrame,
    scenario: Scenario,
) -> np.ndarray:
    by_type = firms["type"].map(dict(zip(TYPES, design.by_type, strict=True))).fillna(0.0)
    own = by_type + 0.2 * firms["size"] + design.after_effect * earlier
    return own.to_numpy()[:, None] + effort.loc[firms["area"]].to_numpy()


def _possible(
    design: ListDesign, firms: pd.DataFrame, scenario: Scenario, rng: np.random.Generator
) -> np.ndarray:
    """Return 0 where an entry is possible in a year and minus infinity where it is not."""
    # the median of a gamma of shape 2 is 1.678 scales
    lag = rng.gamma(2.0, design.lag_months / 1.678, len(firms)) * 30.4
    since = firms["since"].fillna(pd.Timestamp(scenario.lists_from))
    conduct = np.maximum(since, pd.Timestamp(scenario.lists_from))
    first = (conduct + pd.to_timedelta(lag, unit="D")).dt.year.to_numpy()
    years = np.arange(scenario.lists_from.year, scenario.observed_on.year + 1)
    log_days = np.where(years == years[-1], np.log(scenario.observed_on.timetuple().tm_yday / 365), 0)
    return np.where(first[:, None] <= years[None, :], log_days[None, :], -np.inf)


def _days_in_year(years: pd.Series, scenario: Scenario, rng: np.random.Generator) -> pd.Series:
    start = pd.to_datetime(years.astype(str) + "-01-01")
    length = np.where(years == scenario.observed_on.year, scenario.observed_on.timetuple().tm_yday - 1, 365)
    return start + pd.to_timedelta((rng.random(len(years)) * length).astype(int), unit="D")


def _draw_outcomes(
    entries: pd.DataFrame, design: ListDesign, scenario: Scenario, rng: np.random.Generator
) -> pd.DataFrame:
    chance = np.where(entries["is_correct"], design.annulled, 0.5 if design.annulled else 0.0)
    annulled = rng.random(len(entries)) < chance
    removed = entries["listed_on"] + pd.to_timedelta(rng.integers(120, 700, len(entries)), unit="D")
    known = annulled & (removed <= pd.Timestamp(scenario.observed_on)).to_numpy()
    return entries.drop(columns="year").assign(
        removed_on=removed.where(known),
        outcome=np.where(known, "annulled", "active"),
    )
