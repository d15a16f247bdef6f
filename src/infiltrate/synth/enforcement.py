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
    named: dict[str, np.ndarray] = {"": np.zeros(len(firms), dtype=bool)}
    parts = []
    for design in scenario.lists:
        rng = scenario.generator(f"list {design.id}")
        exposed = ~firms["is_person"] & (is_supplier | (not design.suppliers_only))
        seen = firms.assign(is_exposed=exposed, on_earlier_list=named[design.after])
        entries = pd.concat(
            [
                found := _name_the_guilty(design, seen, scenario, rng),
                _name_the_innocent(design, seen, len(found), scenario, rng),
            ],
            ignore_index=True,
        )
        named[design.id] = np.isin(np.arange(len(firms)), found["firm"])
        parts.append(_draw_outcomes(_date_entries(entries, scenario, rng), design, scenario, rng))
    return pd.concat(parts, ignore_index=True)


def _name_the_guilty(
    design: ListDesign, firms: pd.DataFrame, scenario: Scenario, rng: np.random.Generator
) -> pd.DataFrame:
    """Return position and year of the firms that did what the list is about and were found."""
    effort = _draw_effort(design, scenario, rng)
    offences = {"infiltrated": design.coverage, "invoice_fraud": design.fraud_coverage}
    parts = []
    for offence, coverage in offences.items():
        positions = np.flatnonzero(firms["is_exposed"] & firms[offence])
        if not coverage or not len(positions):
            continue
        members = firms.iloc[positions]
        linear = _log_odds(design, members, effort) + _possible(design, members, scenario, rng)
        chance = logistic(linear + solve_intercept(linear, coverage))
        caught = rng.random(chance.shape) < chance
        hit = caught.any(axis=1)
        year = scenario.lists_from.year + np.argmax(caught, axis=1)[hit]
        parts.append(pd.DataFrame({"firm": positions[hit], "year": year, "is_correct": True}))
    return pd.concat(parts, ignore_index=True)


def _name_the_innocent(
    design: ListDesign,
    firms: pd.DataFrame,
    correct: int,
    scenario: Scenario,
    rng: np.random.Generator,
) -> pd.DataFrame:
    count = round(correct * design.false_share / (1 - design.false_share))
    innocent = firms["is_exposed"] & ~firms["infiltrated"] & ~firms["invoice_fraud"]
    mistaken = np.sort(rng.choice(np.flatnonzero(innocent), count, replace=False))
    years = rng.integers(scenario.lists_from.year + 1, scenario.observed_on.year, count)
    return pd.DataFrame({"firm": mistaken, "year": years, "is_correct": False})


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


def _log_odds(design: ListDesign, firms: pd.DataFrame, effort: pd.DataFrame) -> np.ndarray:
    by_type = firms["type"].map(dict(zip(TYPES, design.by_type, strict=True)))
    by_type = by_type.astype(float).fillna(0.0)
    own = by_type + 0.2 * firms["size"] + design.after_effect * firms["on_earlier_list"]
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
    log_days = np.where(
        years == years[-1], np.log(scenario.observed_on.timetuple().tm_yday / 365), 0
    )
    return np.where(first[:, None] <= years[None, :], log_days[None, :], -np.inf)


def _date_entries(
    entries: pd.DataFrame, scenario: Scenario, rng: np.random.Generator
) -> pd.DataFrame:
    """Give each entry a day of its year, none after the day of observation."""
    last = scenario.observed_on
    days = np.where(entries["year"] == last.year, last.timetuple().tm_yday - 1, 365)
    start = pd.to_datetime(entries["year"].astype(str) + "-01-01")
    day = pd.to_timedelta((rng.random(len(entries)) * days).astype(int), unit="D")
    return entries.drop(columns="year").assign(listed_on=start + day)


def _draw_outcomes(
    entries: pd.DataFrame, design: ListDesign, scenario: Scenario, rng: np.random.Generator
) -> pd.DataFrame:
    chance = np.where(entries["is_correct"], design.annulled, 0.5 if design.annulled else 0.0)
    annulled = rng.random(len(entries)) < chance
    removed = entries["listed_on"] + pd.to_timedelta(rng.integers(120, 700, len(entries)), unit="D")
    known = annulled & (removed <= pd.Timestamp(scenario.observed_on)).to_numpy()
    return entries.assign(
        list_id=design.id,
        removed_on=removed.where(known),
        outcome=np.where(known, "annulled", "active"),
    )
