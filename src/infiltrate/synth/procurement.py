"""Four years of public purchases: buyers, lots, bids and contracts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from infiltrate.synth.lots import simulate_buyers, simulate_lots
from infiltrate.synth.population import Population, is_alive
from infiltrate.synth.scenario import Scenario, logistic

_CANDIDATES = 18


@dataclass(frozen=True)
class Procurement:
    """What was bought, with the truth beside it.

    Attributes
    ----------
    buyers : pandas.DataFrame
        One row per authority: ``buyer`` (four digits), ``tier``, ``area``, ``name``,
        ``colluding``, ``careless``, ``publishes_calls``.
    lots : pandas.DataFrame
        One row per lot, indexed 0..n-1.
    bids : pandas.DataFrame
        One row per bid, direct awards included: ``lot`` and ``firm`` are positions.
    contracts : pandas.DataFrame
        One row per awarded lot; ``infiltrated`` says whether the supplier was, on that day.
    """

    buyers: pd.DataFrame
    lots: pd.DataFrame
    bids: pd.DataFrame
    contracts: pd.DataFrame


def simulate_procurement(population: Population, scenario: Scenario) -> Procurement:
    """Draw lots, who bids, who wins and what the contract becomes.

    Signs follow Ravenda et al. (2020): where infiltrated firms win there are more bids (cover
    bids), bigger rebates, more overruns and fewer delays. Colluding buyers keep lots just below
    the direct award threshold for a favoured firm; some favoured firms are mere cronies, and
    careless buyers show the same red flags with nobody behind them.
    """
    firms = population.firms
    buyers = simulate_buyers(population, scenario)
    lots = simulate_lots(buyers, population, scenario)
    bids = _draw_bids(lots, firms, scenario)
    bids = _choose_winners(_price_bids(bids, lots, firms, scenario), lots, scenario)
    contracts = _sign_contracts(bids, lots, firms, scenario)
    recorded = bids.groupby("lot").size().reindex(range(len(lots)), fill_value=0)
    return Procurement(buyers, lots.assign(bids_recorded=recorded), bids, contracts)


def _draw_bids(lots: pd.DataFrame, firms: pd.DataFrame, scenario: Scenario) -> pd.DataFrame:
    """Draw the bidders of each lot: near, of the right sector, alive on the day."""
    rng = scenario.generator("bids")
    candidates = _draw_candidates(lots, firms, scenario, rng)
    wanted = _draw_number_of_bids(lots, rng)
    favoured = lots["favoured"].to_numpy()
    candidates[:, 0] = np.where(favoured >= 0, favoured, candidates[:, 0])
    usable = is_alive(firms, candidates, lots["started_on"].to_numpy()[:, None])
    usable &= ~_is_repeated(candidates)
    rank = np.cumsum(usable, axis=1)
    chosen = usable & (rank <= wanted[:, None])
    sponsor = firms["type"].isin(["functional", "competitive"]).to_numpy()[candidates] & chosen
    sponsor &= firms["since"].to_numpy()[candidates] <= lots["started_on"].to_numpy()[:, None]
    covered = sponsor.any(axis=1) & lots["has_call"].to_numpy() & (rng.random(len(lots)) < 0.35)
    cover = usable & ~chosen & covered[:, None]
    cover &= rank <= (wanted + rng.integers(1, 4, len(lots)))[:, None]
    lot, place = np.nonzero(chosen | cover)
    return pd.DataFrame(
        {
            "lot": lot,
            "firm": candidates[lot, place],
            "is_cover": cover[lot, place],
            "is_favoured": (place == 0) & (favoured[lot] >= 0),
        }
    )


def _draw_candidates(
    lots: pd.DataFrame, firms: pd.DataFrame, scenario: Scenario, rng: np.random.Generator
) -> np.ndarray:
    """Return positions of possible bidders, shape ``(n_lots, _CANDIDATES)``, with repeats."""
    region = pd.Series({p.code: p.region for p in scenario.provinces})
    firm_region = region.loc[firms["area"]].to_numpy()
    appetite = np.exp(0.5 * firms["size"].to_numpy()) * firms["bids"].to_numpy()
    appetite *= np.where(firms["type"] == "competitive", 1.5, 1.0)
    candidates = np.empty((len(lots), _CANDIDATES), dtype=int)
    for (area, sector), members in lots.groupby(["area", "sector"], sort=True).groups.items():
        near = np.where(firms["area"] == area, 8.0, np.where(firm_region == region[area], 2.0, 0.6))
        weight = appetite * near * np.where(firms["sector"] == sector, 1.0, 0.01)
        cumulative = np.cumsum(weight)
        draw = rng.random((len(members), _CANDIDATES)) * cumulative[-1]
        candidates[np.asarray(members)] = np.searchsorted(cumulative, draw, side="right")
    return candidates


def _draw_number_of_bids(lots: pd.DataFrame, rng: np.random.Generator) -> np.ndarray:
    mean = 3.2 * np.clip(lots["window"].to_numpy() / 36, 0.2, 1.5) ** 0.4
    extra = rng.negative_binomial(1.3, 1.3 / (1.3 + mean))
    procedure = lots["procedure"].to_numpy()
    extra = np.where(procedure == "negotiated_without_publication", np.minimum(extra, 2), extra)
    extra = np.where(procedure == "direct_award", 0, extra)
    return np.minimum(1 + extra, _CANDIDATES - 4)


def _is_repeated(candidates: np.ndarray) -> np.ndarray:
    repeated = np.zeros(candidates.shape, dtype=bool)
    for place in range(1, candidates.shape[1]):
        repeated[:, place] = (candidates[:, :place] == candidates[:, [place]]).any(axis=1)
    return repeated


def _price_bids(
    bids: pd.DataFrame, lots: pd.DataFrame, firms: pd.DataFrame, scenario: Scenario
) -> pd.DataFrame:
    rng = scenario.generator("prices")
    lot = bids["lot"].to_numpy()
    level = rng.normal(0.12, 0.05, len(lots))[lot]
    rebate = level + rng.normal(0, 0.05, len(bids))
    active = _is_active(firms, bids["firm"].to_numpy(), lots["started_on"].to_numpy()[lot])
    rebate = rebate + np.where(active, 0.035, 0.0)
    rebate = np.where(bids["is_favoured"] & (rng.random(len(bids)) < 0.75), level + 0.08, rebate)
    rebate = np.where(bids["is_cover"], level - np.abs(rng.normal(0.03, 0.015, len(bids))), rebate)
    rebate = np.clip(rebate, -0.10, 0.55)
    early = np.minimum(rng.geometric(0.3, len(bids)) - 1, lots["window"].to_numpy()[lot])
    return bids.assign(
        amount=np.round(lots["estimate"].to_numpy()[lot] * (1 - rebate), 2),
        submitted_on=lots["deadline_on"].to_numpy()[lot]
        - pd.to_timedelta(early, unit="D").to_numpy(),
        status=rng.choice(
            ["valid", "disqualified", "withdrawn"], len(bids), p=(0.945, 0.045, 0.01)
        ),
    )


def _choose_winners(bids: pd.DataFrame, lots: pd.DataFrame, scenario: Scenario) -> pd.DataFrame:
    rng = scenario.generator("winners")
    lot = bids["lot"].to_numpy()
    on_price = (lots["criteria"] == "price").to_numpy()[lot]
    taste = np.where(on_price, 0.0, rng.normal(0, 0.08, len(bids)))
    score = bids["amount"].to_numpy() / lots["estimate"].to_numpy()[lot] + taste
    direct = (lots["procedure"] == "direct_award").to_numpy()[lot]
    status = np.where(direct, "valid", bids["status"])
    out = (status != "valid") | lots["is_cancelled"].to_numpy()[lot]
    score = np.where(out, np.inf, score)
    best = pd.Series(score).groupby(lot).transform("min").to_numpy()
    return bids.assign(status=status, is_winner=(score == best) & np.isfinite(score))


def _is_active(firms: pd.DataFrame, positions: np.ndarray, day: np.ndarray) -> np.ndarray:
    """Whether the firm is a working infiltrated one on the day; relational ones behave well."""
    kind = firms["type"].isin(["functional", "competitive"]).to_numpy()[positions]
    return kind & (firms["since"].to_numpy()[positions] <= day)


def _sign_contracts(
    bids: pd.DataFrame, lots: pd.DataFrame, firms: pd.DataFrame, scenario: Scenario
) -> pd.DataFrame:
    rng = scenario.generator("contracts")
    won = bids[bids["is_winner"]].drop_duplicates("lot")
    lot, firm = won["lot"].to_numpy(), won["firm"].to_numpy()
    count = len(won)
    signed = lots["award_on"].to_numpy()[lot] + pd.to_timedelta(
        rng.integers(5, 46, count), unit="D"
    )
    active = _is_active(firms, firm, lots["started_on"].to_numpy()[lot])
    works = (lots["category"] == "works").to_numpy()[lot]
    days = np.round(90 + rng.gamma(2.0, 120, count) * np.where(works, 1.4, 1.0))
    chance = logistic(-1.2 + 0.9 * works + 0.7 * active)
    amendments = np.where(rng.random(count) < chance, rng.geometric(0.55, count), 0)
    extra = np.exp(rng.normal(-2.6, 0.7, count)) * np.where(active, 1.35, 1.0)
    late = rng.random(count) < logistic(-0.5 + 0.5 * works - 0.5 * active)
    end = signed + pd.to_timedelta(days, unit="D")
    final_end = end + pd.to_timedelta(
        np.where(late, np.round(rng.gamma(1.5, 45, count)), 0), unit="D"
    )
    overrun = np.where(amendments > 0, extra * amendments**0.5, 0.0)
    value = won["amount"].to_numpy()
    return pd.DataFrame(
        {
            "lot": lot,
            "firm": firm,
            "signed_on": signed,
            "value": value,
            "end_on": end,
            "final_end_on": final_end,
            "final_value": np.round(value * (1 + overrun), 2),
            "amendments": amendments,
            "infiltrated": active,
            "reported": rng.random(count) > 0.06,
        }
    ).reset_index(drop=True)
