"""Contracts of a synthetic country with probabilities that are right by construction."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from infiltrate.synth.country.cards import CARDS, Card
from infiltrate.synth.country.market import draw_market
from infiltrate.synth.country.places import DIVISIONS
from infiltrate.synth.country.tables import draw_country


@dataclass(frozen=True, eq=False)
class InventedMarket:
    """What an analyst has, and what is so.

    Attributes
    ----------
    contracts, probabilities : pandas.DataFrame
        As `estimate_procurement_cost` takes them.
    infiltrated : numpy.ndarray
        Draws around the number of infiltrated firms.
    is_infiltrated : pandas.Series of bool
        By company.
    active : numpy.ndarray of bool
        Whether the supplier of each contract was infiltrated and of a kind that changes prices.
    """

    contracts: pd.DataFrame
    probabilities: pd.DataFrame
    infiltrated: np.ndarray
    is_infiltrated: pd.Series
    active: np.ndarray


def draw_invented_market(
    seed: int, firms: int = 3000, card: Card = CARDS["high"], signal: float = 2.0
) -> InventedMarket:
    """Draw a country, its contracts, and probabilities by Bayes' rule from one noisy sign."""
    draw = draw_country(card, firms, seed)
    market = draw_market(draw)
    deals = market.contracts
    lots = market.lots.iloc[deals["lot"]].reset_index(drop=True)
    ids = pd.Series([f"XX-REG:{number:08d}" for number in draw.firms["number"]])
    contracts = pd.DataFrame(
        {
            "contract": [f"K{number:06d}" for number in range(len(deals))],
            "company_id": ids.iloc[deals["firm"]].to_numpy(),
            "year": deals["signed_on"].dt.year,
            "category": [DIVISIONS[d].category for d in lots["division"]],
            "product_code": [DIVISIONS[d].products[0] for d in lots["division"]],
            "procedure": lots["procedure"].astype(str),
            "area": lots["region"].astype(str),
            "currency": "EUR",
            "estimate": lots["estimate"],
            "value": deals["value"],
            "final_value": deals["final_value"],
        }
    )
    marked = draw.firms["infiltrated"].to_numpy()
    sign = signal * marked + np.random.default_rng([seed, 9]).normal(size=len(marked))
    probability = expit(logit(_prior(draw.firms)) + signal * sign - signal**2 / 2)
    return InventedMarket(
        contracts=contracts,
        probabilities=pd.DataFrame({"company_id": ids, "probability": probability}),
        infiltrated=np.random.default_rng([seed, 8]).normal(probability.sum(), 10, 400),
        is_infiltrated=pd.Series(marked, ids),
        active=deals["infiltrated"].to_numpy(),
    )


def _prior(firms: pd.DataFrame) -> np.ndarray:
    """Return the share of infiltrated firms by sector, sellers apart, drawn to that of all."""
    marked = firms["infiltrated"].astype(float)
    if not marked.any():
        return np.full(len(firms), 0.08)
    whole = marked.mean()
    kind = marked.groupby([firms["sells"], firms["division"]])
    return ((kind.transform("sum") + 10 * whole) / (kind.transform("size") + 10)).to_numpy()
