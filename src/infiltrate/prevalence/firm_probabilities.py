"""How likely each firm is infiltrated, in agreement with how many are in all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import expit

from infiltrate.prevalence.detection_draws import draw_firm_odds
from infiltrate.prevalence.estimators import CountryEstimate
from infiltrate.prevalence.lists import ListsData

COLUMNS = {"company_id": "str", "probability": "float64", "low": "float64", "high": "float64"}
"""Columns of the table of firms, with their types."""

_MOST_DRAWS, _FEWEST_DRAWS = 400, 100
_CELLS = 50_000_000
_ROWS = 20_000
_TAIL = 0.025
_FURTHEST = 60.0
_DIGITS = 9


@dataclass(frozen=True, eq=False)
class FirmProbabilities:
    """How likely each firm is infiltrated, or why nobody can say.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per company, sorted by ``company_id``: ``probability`` that it is infiltrated
        given its signs, place, activity and the lists, with ``low`` and ``high`` ends of its 95 %
        interval; no rows when refused. A probability says nothing of what a firm did.
    refusal : str
        Why there are no rows; empty when there are.
    """

    table: pd.DataFrame
    refusal: str


def estimate_firm_probabilities(
    estimate: CountryEstimate | None, lists: ListsData, rng: np.random.Generator
) -> FirmProbabilities:
    """Spread each draw of the pool over the firms, as the joint detection model tells them apart.

    Parameters
    ----------
    estimate : CountryEstimate or None
        Of the same lists; None where no estimator could be tried.
    lists : ListsData
        Gives the companies.
    rng : numpy.random.Generator
        Draws the parameters of the detection model.

    Returns
    -------
    FirmProbabilities
        Refused where the pool is refused or rests on estimators that do not tell firms apart.

    Notes
    -----
    With :math:`l_{id}` the log-odds of firm i under draw d of the detection model, and
    :math:`N_d` the draw of the pool of the same rank in size, probabilities are
    :math:`\\operatorname{expit}(l_{id} + c_d)`, with :math:`c_d` such that they add up to
    :math:`N_d`: the pool may hold that infiltration is commoner than the detection model does,
    not that other firms are infiltrated (calibration in the large, as Elkan 2001). What is
    reported are mean and percentiles over draws, so that means add up to the mean of the pool.
    """
    refusal = _refuse(estimate)
    if estimate is None or refusal:
        return FirmProbabilities(_empty(), refusal)
    fit = next(p.fit for p in estimate.posteriors.values() if p.fit is not None)
    n = len(lists.companies)
    n_draws = int(np.clip(_CELLS // max(n, 1), _FEWEST_DRAWS, _MOST_DRAWS))
    odds = draw_firm_odds(fit, rng, n_draws)
    odds = odds[np.argsort([expit(draw).sum(dtype=float) for draw in odds], kind="stable")]
    totals = np.quantile(estimate.pool.draws, (np.arange(n_draws) + 0.5) / n_draws)
    for draw, total in zip(odds, totals, strict=True):
        draw += _find_shift(draw, float(total))
    mean, low, high = np.empty((3, n))
    for start in range(0, n, _ROWS):
        rows = slice(start, start + _ROWS)
        chances = expit(odds[:, rows].astype(float))
        mean[rows] = chances.mean(axis=0)
        low[rows], high[rows] = np.quantile(chances, [_TAIL, 1 - _TAIL], axis=0)
    table = pd.DataFrame(
        {
            "company_id": lists.companies["company_id"].to_numpy(),
            "probability": mean.round(_DIGITS),
            "low": np.minimum(low, mean).round(_DIGITS),
            "high": np.maximum(high, mean).round(_DIGITS),
        }
    )
    return FirmProbabilities(table.sort_values("company_id", ignore_index=True), "")


def _refuse(estimate: CountryEstimate | None) -> str:
    if estimate is None:
        return (
            "How many firms are infiltrated cannot be estimated from these lists, so how likely "
            "one firm is cannot be said either."
        )
    if estimate.pool.status == "reject":
        return " ".join(estimate.pool.reasons)
    sources = [p.estimator for p in estimate.posteriors.values() if p.fit is not None]
    used = estimate.pool.members.query("weight > 0")["estimator"]
    if not set(sources) & set(used):
        return (
            "The number of infiltrated firms rests on estimators that do not tell one firm from "
            "another, so how likely one firm is cannot be said."
        )
    return ""


def _find_shift(odds: np.ndarray, total: float) -> float:
    """Return what must be added to log-odds for the chances to add up to a total."""
    wanted = float(np.clip(total, _TAIL, len(odds) - _TAIL))

    def surplus(shift: float) -> float:
        return float(expit(odds + np.float32(shift)).sum(dtype=float)) - wanted

    return float(brentq(surplus, -_FURTHEST, _FURTHEST, xtol=1e-5))


def _empty() -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in COLUMNS.items()})
