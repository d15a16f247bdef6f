"""The firms of the synthetic country, and which of them are infiltrated."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from infiltrate.synth.names import address_firms, name_firms, name_sole_traders
from infiltrate.synth.scenario import TYPES, Scenario, logistic, solve_intercept

_LEGAL_FORMS = ("Limited company", "Public limited company", "Co-operative", "Partnership")
_LEGAL_FORM_SHARES = (0.72, 0.06, 0.07, 0.15)
_TRADER_SECTORS = ("01", "49", "56", "71", "81")


@dataclass(frozen=True)
class Population:
    """The operators of the country.

    Attributes
    ----------
    firms : pandas.DataFrame
        One row per operator, sole traders last: ``id`` (eight digits), ``is_person``, ``name``,
        ``legal_form``, ``area``, ``sector``, ``size`` (standardised log), ``incorporated_on``,
        ``dissolved_on``, ``address``, ``in_registry``, ``bids`` (sells to the public),
        ``infiltrated``, ``type``, ``since`` (first day of conduct) and ``invoice_fraud``.
    area_effects : pandas.Series
        Log-odds of infiltration by province code.
    """

    firms: pd.DataFrame
    area_effects: pd.Series


def simulate_population(scenario: Scenario) -> Population:
    """Draw firms, who is infiltrated, and the traces it leaves in the register.

    Infiltration depends on province (correlated inside regions), sector, age and selling to the
    public; three types follow Arellano-Bover et al. (2024). Functional firms are young and sit
    at agents' addresses more often; competitive ones are larger; relational ones look clean.
    """
    effects = _draw_area_effects(scenario)
    firms = _draw_firms(scenario)
    firms = _infiltrate(firms, effects, scenario)
    firms = _leave_traces(firms, scenario)
    firms = pd.concat([firms, _draw_sole_traders(scenario)], ignore_index=True)
    return Population(_number(firms, scenario), effects)


def is_alive(firms: pd.DataFrame, positions: np.ndarray, day: np.ndarray) -> np.ndarray:
    """Whether the firms at the positions exist on the day; the arrays are broadcast."""
    born = firms["incorporated_on"].to_numpy()[positions] <= day
    ended = firms["dissolved_on"].fillna(pd.Timestamp("2200-01-01")).to_numpy()[positions]
    return born & (ended > day)


def _draw_area_effects(scenario: Scenario) -> pd.Series:
    rng = scenario.generator("areas")
    regions = sorted({province.region for province in scenario.provinces})
    # regions are spread evenly, so that every seed has a gradient to recover
    shared = dict(zip(regions, np.linspace(-0.7, 0.7, len(regions)), strict=True))
    own = rng.normal(0, 0.45, len(scenario.provinces))
    values = [shared[p.region] + o for p, o in zip(scenario.provinces, own, strict=True)]
    return pd.Series(values, index=[p.code for p in scenario.provinces], name="effect")


def _draw_firms(scenario: Scenario) -> pd.DataFrame:
    rng = scenario.generator("firms")
    count = scenario.firms
    sectors = np.array([sector.division for sector in scenario.sectors], dtype=object)
    areas = np.array([province.code for province in scenario.provinces], dtype=object)
    sector = rng.choice(sectors, count, p=_shares([s.weight for s in scenario.sectors]))
    size = rng.normal(0, 1, count)
    demand = pd.Series({s.division: np.log(s.demand / s.weight) for s in scenario.sectors})
    appetite = 0.5 * size + 0.4 * demand.loc[sector].to_numpy()
    appetite += solve_intercept(appetite, scenario.bidding_share)
    return pd.DataFrame(
        {
            "is_person": False,
            "legal_form": rng.choice(_LEGAL_FORMS, count, p=_LEGAL_FORM_SHARES),
            "area": rng.choice(areas, count, p=_shares([p.weight for p in scenario.provinces])),
            "sector": sector,
            "size": size,
            "age_days": rng.gamma(2.0, 5.5, count) * 365,
            "in_registry": rng.random(count) >= scenario.unregistered,
            "appetite": appetite,
        }
    )


def _infiltrate(firms: pd.DataFrame, effects: pd.Series, scenario: Scenario) -> pd.DataFrame:
    rng = scenario.generator("infiltration")
    count = len(firms)
    by_sector = pd.Series({s.division: s.effect for s in scenario.sectors})
    linear = effects.loc[firms["area"]].to_numpy() + by_sector.loc[firms["sector"]].to_numpy()
    linear = linear - 0.03 * (firms["age_days"].to_numpy() / 365 - 10)
    linear = linear + solve_intercept(linear, scenario.prevalence)
    infiltrated = rng.random(count) < logistic(linear)
    kind = rng.choice(np.array(TYPES, dtype=object), count, p=scenario.type_shares)
    since = pd.Timestamp("2017-01-01") + pd.to_timedelta(rng.integers(0, 1800, count), unit="D")
    appetite = firms["appetite"].to_numpy() + np.where(infiltrated, 1.2, 0.0)
    fraud = ~infiltrated & (rng.random(count) < scenario.invoice_fraud)
    return firms.assign(
        infiltrated=infiltrated,
        type=np.where(infiltrated, kind, ""),
        since=since.where(infiltrated),
        invoice_fraud=fraud,
        bids=rng.random(count) < logistic(appetite),
    ).drop(columns="appetite")


def _leave_traces(firms: pd.DataFrame, scenario: Scenario) -> pd.DataFrame:
    rng = scenario.generator("traces")
    count = len(firms)
    functional = (firms["type"] == "functional").to_numpy()
    competitive = (firms["type"] == "competitive").to_numpy()
    shady = functional | firms["invoice_fraud"].to_numpy()
    shared = rng.random(count) < np.where(shady, 0.30, 0.11)
    age = firms["age_days"].to_numpy() * np.where(shady, 0.6, 1.0)
    # the register ends after the years of procurement: some firms are born, some die in between
    ending = pd.Timestamp(scenario.years[1], 12, 31)
    incorporated = ending - pd.to_timedelta(np.round(age) + rng.integers(60, 400, count), unit="D")
    observed = pd.Timestamp(scenario.observed_on)
    life = pd.to_timedelta(np.round(rng.exponential(np.where(shady, 16, 30) * 365)), unit="D")
    dissolved = np.maximum(incorporated + life, pd.Timestamp(scenario.years[0], 6, 1))
    dissolved = dissolved + pd.to_timedelta(rng.integers(0, 1200, count), unit="D")
    return firms.drop(columns="age_days").assign(
        size=firms["size"] + 0.5 * competitive,
        name=name_firms(firms["sector"].to_numpy(), rng),
        address=address_firms(firms["area"].to_numpy(), shared, rng),
        incorporated_on=incorporated,
        dissolved_on=pd.Series(dissolved).where(dissolved <= observed),
        since=np.maximum(firms["since"], pd.Series(incorporated)),
    )


def _draw_sole_traders(scenario: Scenario) -> pd.DataFrame:
    rng = scenario.generator("sole traders")
    count = round(scenario.sole_traders * scenario.firms)
    areas = np.array([province.code for province in scenario.provinces], dtype=object)
    nothing = pd.Series(pd.NaT, index=range(count), dtype="datetime64[us]")
    return pd.DataFrame(
        {
            "is_person": True,
            "legal_form": "Sole trader",
            "area": rng.choice(areas, count, p=_shares([p.weight for p in scenario.provinces])),
            "sector": rng.choice(np.array(_TRADER_SECTORS, dtype=object), count),
            "size": rng.normal(-1, 0.5, count),
            "in_registry": False,
            "infiltrated": False,
            "type": "",
            "since": nothing,
            "invoice_fraud": False,
            "bids": True,
            "name": name_sole_traders(count, rng),
            "address": "",
            "incorporated_on": pd.Timestamp("2000-01-01"),
            "dissolved_on": nothing,
        }
    )


def _number(firms: pd.DataFrame, scenario: Scenario) -> pd.DataFrame:
    """Give every operator eight digits; those of natural persons begin with 9."""
    rng = scenario.generator("identifiers")
    people = int(firms["is_person"].sum())
    companies = rng.choice(90_000_000, size=len(firms) - people, replace=False)
    digits = np.concatenate(
        [companies, 90_000_000 + rng.choice(10_000_000, size=people, replace=False)]
    )
    return firms.assign(id=pd.Series(digits).astype(str).str.zfill(8))


def _shares(weights: list[float]) -> np.ndarray:
    values = np.array(weights, dtype=float)
    return values / values.sum()
