"""Buyers of the synthetic country and the lots they put out."""

from __future__ import annotations

import numpy as np
import pandas as pd

from infiltrate.synth.population import Population, is_alive
from infiltrate.synth.scenario import Scenario

PROCEDURES = (
    "open",
    "restricted",
    "negotiated_with_publication",
    "negotiated_without_publication",
    "direct_award",
    "framework_call",
    "other",
)
_UNCALLED = ("direct_award", "negotiated_without_publication")
_BELOW = (0.20, 0.02, 0.15, 0.05, 0.54, 0.03, 0.01)
_ABOVE = (0.68, 0.08, 0.11, 0.08, 0.00, 0.04, 0.01)
_CARELESS_ABOVE = (0.42, 0.08, 0.18, 0.26, 0.00, 0.05, 0.01)
_TIERS = ("central", "regional", "local", "utility")
_TIER_SHARES = (0.07, 0.13, 0.65, 0.15)


def simulate_buyers(population: Population, scenario: Scenario) -> pd.DataFrame:
    """Draw contracting authorities, one row each; collusion is likelier where crime is."""
    rng = scenario.generator("buyers")
    count = max(24, scenario.firms // 100)
    weights = np.array([province.weight for province in scenario.provinces])
    codes = np.array([province.code for province in scenario.provinces], dtype=object)
    area = rng.choice(codes, count, p=weights / weights.sum())
    tier = rng.choice(np.array(_TIERS, dtype=object), count, p=_TIER_SHARES)
    tilt = np.exp(0.6 * population.area_effects.loc[area].to_numpy())
    order = np.argsort(rng.random(count) / tilt)
    rank = np.empty(count, dtype=int)
    rank[order] = np.arange(count)
    colluding = rank < round(scenario.colluding_buyers * count)
    careless = ~colluding & (rng.random(count) < scenario.careless_buyers)
    titles = {
        "central": "Agency",
        "regional": "Council",
        "local": "Municipality",
        "utility": "Utility",
    }
    number = pd.Series(np.arange(1, count + 1)).astype(str).str.zfill(4)
    return pd.DataFrame(
        {
            "buyer": number,
            "tier": tier,
            "area": area,
            "name": [f"{titles[t]} {n} of {a}" for t, n, a in zip(tier, number, area, strict=True)],
            "weight": rng.pareto(2.5, count) + 0.4,
            "colluding": colluding,
            "careless": careless,
            "publishes_calls": rng.random(count) > 0.08,
        }
    )


def simulate_lots(buyers: pd.DataFrame, population: Population, scenario: Scenario) -> pd.DataFrame:
    """Draw lots with their value, procedure and calendar; one row per lot, indexed 0..n-1.

    Colluding buyers keep some lots just below the direct award threshold for a favoured firm
    (``favoured`` is its position, -1 for none); careless buyers are hasty with nobody behind them.
    """
    lots = _draw_lots(buyers, scenario)
    lots = _arrange_lots(lots, buyers, population, scenario)
    lots = _choose_procedures(lots, scenario)
    return _set_calendar(lots, scenario)


def _draw_lots(buyers: pd.DataFrame, scenario: Scenario) -> pd.DataFrame:
    rng = scenario.generator("lots")
    wanted = round(scenario.lots_per_firm * scenario.firms)
    size = rng.choice([1, 2, 3], wanted, p=(0.75, 0.17, 0.08))
    tenders = int(np.searchsorted(np.cumsum(size), wanted)) + 1
    tender = np.repeat(np.arange(tenders), size[:tenders])
    weight = buyers["weight"].to_numpy() / buyers["weight"].sum()
    demand = np.array([sector.demand for sector in scenario.sectors])
    first = pd.Timestamp(scenario.years[0], 1, 4)
    days = (pd.Timestamp(scenario.years[1], 11, 20) - first).days
    sector = rng.choice(len(demand), tenders, p=demand / demand.sum())[tender]
    median = np.array([s.median_value for s in scenario.sectors])
    products = np.array([s.products[0] for s in scenario.sectors], dtype=object)[sector]
    for second in (1, 2):
        other = np.array(
            [s.products[min(second, len(s.products) - 1)] for s in scenario.sectors], dtype=object
        )
        products = np.where(rng.random(len(tender)) < 0.35, other[sector], products)
    buyer = rng.choice(len(buyers), tenders, p=weight)[tender]
    return pd.DataFrame(
        {
            "tender": tender,
            "number": pd.Series(tender).groupby(tender).cumcount().to_numpy() + 1,
            "buyer": buyer,
            "area": buyers["area"].to_numpy()[buyer],
            "sector": np.array([s.division for s in scenario.sectors], dtype=object)[sector],
            "category": np.array([s.category for s in scenario.sectors], dtype=object)[sector],
            "product": products,
            "started_on": first + pd.to_timedelta(rng.integers(0, days, tenders)[tender], unit="D"),
            "estimate": median[sector] * np.exp(rng.normal(0, 1.0, len(tender))),
        }
    )


def _arrange_lots(
    lots: pd.DataFrame, buyers: pd.DataFrame, population: Population, scenario: Scenario
) -> pd.DataFrame:
    """Let colluding buyers pick a favoured firm and keep values just below the threshold."""
    rng = scenario.generator("arranged lots")
    favoured = _favour_firms(buyers, population, rng)
    pick = favoured[lots["buyer"].to_numpy(), rng.integers(favoured.shape[1], size=len(lots))]
    alive = is_alive(population.firms, np.maximum(pick, 0), lots["started_on"].to_numpy())
    arranged = (pick >= 0) & alive & (rng.random(len(lots)) < 0.35)
    threshold = _direct_award_threshold(lots, scenario)
    value = lots["estimate"].to_numpy()
    above = (value >= threshold) & (value < 1.5 * threshold)
    shaved = arranged & above & (rng.random(len(lots)) < 0.7)
    just_below = threshold * (1 - rng.beta(1.2, 6.0, len(lots)) * 0.15) - 0.01
    return lots.assign(
        estimate=np.round(np.where(shaved, just_below, value), 2),
        threshold=threshold,
        favoured=np.where(arranged, pick, -1),
        shaved=shaved,
        careless=buyers["careless"].to_numpy()[lots["buyer"]],
    )


def _favour_firms(
    buyers: pd.DataFrame, population: Population, rng: np.random.Generator
) -> np.ndarray:
    """Return positions of three favoured firms per buyer, -1 where the buyer is honest."""
    firms = population.firms
    favoured = np.full((len(buyers), 3), -1)
    infiltrated = firms["infiltrated"].to_numpy() & (firms["type"] != "relational").to_numpy()
    eligible = firms["bids"].to_numpy() & ~firms["is_person"].to_numpy()
    for position in np.flatnonzero(buyers["colluding"]):
        local = (firms["area"] == buyers["area"].iloc[position]).to_numpy() & eligible
        crony = rng.random(3) < 0.3
        for slot in range(3):
            pool = np.flatnonzero(local & (infiltrated != crony[slot]))
            if len(pool):
                favoured[position, slot] = rng.choice(pool)
    return favoured


def _direct_award_threshold(lots: pd.DataFrame, scenario: Scenario) -> np.ndarray:
    before, after = scenario.direct_award_other
    changed = lots["started_on"].dt.year.to_numpy() >= scenario.direct_award_changed_in
    other = np.where(changed, after, before)
    return np.where(lots["category"] == "works", scenario.direct_award_works, other)


def _choose_procedures(lots: pd.DataFrame, scenario: Scenario) -> pd.DataFrame:
    rng = scenario.generator("procedures")
    draw = rng.random(len(lots))
    below = (lots["estimate"] < lots["threshold"]).to_numpy()
    shares = np.where(below[:, None], _BELOW, _ABOVE)
    shares = np.where((~below & lots["careless"].to_numpy())[:, None], _CARELESS_ABOVE, shares)
    chosen = (draw[:, None] > np.cumsum(shares, axis=1)).sum(axis=1).clip(max=len(PROCEDURES) - 1)
    procedure = np.array(PROCEDURES, dtype=object)[chosen]
    return lots.assign(procedure=np.where(lots["shaved"], "direct_award", procedure))


def _set_calendar(lots: pd.DataFrame, scenario: Scenario) -> pd.DataFrame:
    """Set days of call, deadline and award, and whether urgency is invoked or the lot fails."""
    rng = scenario.generator("calendar")
    count = len(lots)
    hurried = (lots["favoured"] >= 0).to_numpy() & (rng.random(count) < 0.4)
    hurried |= lots["careless"].to_numpy() & (rng.random(count) < 0.4)
    # lots of one tender share their days
    _, first = np.unique(lots["tender"].to_numpy(), return_index=True)
    of_tender = first[lots["tender"].to_numpy()]
    window = 12 + rng.gamma(4.0, 6.0, count)
    window = np.round(np.where(hurried, 6 + rng.gamma(2.0, 3.0, count), window))[of_tender]
    decision = np.round(np.exp(rng.normal(3.7, 0.6, count)))
    decision = np.where(hurried, np.round(decision * 0.5) + 1, decision)[of_tender]
    uncalled = lots["procedure"].isin(_UNCALLED).to_numpy()
    deadline = lots["started_on"] + pd.to_timedelta(np.where(uncalled, 5, window), unit="D")
    return lots.assign(
        window=window,
        has_call=~uncalled,
        deadline_on=deadline,
        award_on=deadline + pd.to_timedelta(decision, unit="D"),
        is_urgent=rng.random(count) < np.where(hurried, 0.25, 0.04),
        criteria=np.where(rng.random(count) < 0.55, "price", "quality_and_price"),
        is_cancelled=rng.random(count) < 0.03,
    )
