"""How likely each firm is infiltrated, in agreement with how many are in all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import expit

from infiltrate.params.choices import DisclosureChoices
from infiltrate.prevalence.detection_draws import draw_firm_odds
from infiltrate.prevalence.estimators import CountryEstimate
from infiltrate.prevalence.lists import ListsData
from infiltrate.prevalence.pool import Pool
from infiltrate.protection.rounding import round_count

COLUMNS = {"company_id": "str", "probability": "float64", "low": "float64", "high": "float64"}
"""Columns of the table of firms, with their types."""

_BANDS = (0.0, 0.01, 0.05, 0.2, 0.5)
_MOST_DRAWS, _FEWEST_DRAWS = 400, 100
_CELLS = 50_000_000
_ROWS = 20_000
_TAIL = 0.025
_LEAST = 0.01
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
    r"""Spread each draw of the pool over the firms, as the joint detection model tells them apart.

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
    Draws of the detection model and of the pool are paired by size. With :math:`l_i` the log-odds
    of firm i under one, and of N infiltrated firms S of kinds that a list can see under the other
    (``Pool.seen_draws``), the chance of firm i to be infiltrated in a way that a list can see is
    :math:`s_i = \operatorname{expit}(l_i + c)`, with c such that these chances add up to S: the
    pool may hold that infiltration is commoner than the detection model does, not that other
    firms are infiltrated (Elkan 2001). What no list can see is like no listed firm: every firm
    not yet counted has the same share of it, so that the chances add up to N. What is reported
    are mean and percentiles over draws; the means add up to the mean of the pool.
    """
    refusal = _refuse(estimate)
    if estimate is None or refusal:
        return FirmProbabilities(_empty(), refusal)
    fit = next(p.fit for p in estimate.posteriors.values() if p.fit is not None)
    n = len(lists.companies)
    n_draws = int(np.clip(_CELLS // max(n, 1), _FEWEST_DRAWS, _MOST_DRAWS))
    odds = draw_firm_odds(fit, rng, n_draws)
    odds = odds[np.argsort([expit(draw).sum(dtype=float) for draw in odds], kind="stable")]
    chances = _add_up(odds, *_order_totals(estimate.pool, n_draws))
    mean, low, high = np.empty((3, n))
    for start in range(0, n, _ROWS):
        rows = slice(start, start + _ROWS)
        part = chances[:, rows].astype(float)
        mean[rows] = part.mean(axis=0)
        low[rows], high[rows] = np.quantile(part, [_TAIL, 1 - _TAIL], axis=0)
    table = pd.DataFrame(
        {
            "company_id": lists.companies["company_id"].to_numpy(),
            "probability": mean.round(_DIGITS),
            "low": np.minimum(low, mean).round(_DIGITS),
            "high": np.maximum(high, mean).round(_DIGITS),
        }
    )
    return FirmProbabilities(table.sort_values("company_id", ignore_index=True), "")


def tabulate_bands(table: pd.DataFrame, rules: DisclosureChoices) -> pd.DataFrame:
    """Count firms by how likely they are infiltrated, without telling any one of them.

    Parameters
    ----------
    table : pandas.DataFrame
        As in `FirmProbabilities`.
    rules : DisclosureChoices
        A band of fewer firms than may be counted is put together with the one below; counts are
        rounded.

    Returns
    -------
    pandas.DataFrame
        One row per band, the likeliest first: ``from``, ``to`` (probabilities), ``firms``,
        ``expected`` (infiltrated among them) and ``expected_of_100``; empty when nobody can say.
    """
    rows, high, least = [], 1.0, rules.minimum_firms
    for low in reversed(_BANDS):
        within = table["probability"].between(low, high, inclusive="both" if high == 1 else "left")
        below = int((table["probability"] < low).sum())
        if within.sum() < least or 0 < below < least:
            continue
        expected = float(table.loc[within, "probability"].sum())
        firms, infiltrated = (
            round_count(round(number), rules.round_to) for number in (within.sum(), expected)
        )
        rows.append([low, high, firms, infiltrated, 100 * expected / within.sum()])
        high = low
    return pd.DataFrame(rows, columns=["from", "to", "firms", "expected", "expected_of_100"])


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


def _order_totals(pool: Pool, n_draws: int) -> tuple[np.ndarray, np.ndarray]:
    """Return infiltrated firms of kinds that a list can see, and all of them, by rising number."""
    order = np.argsort(pool.draws, kind="stable")
    chosen = order[((np.arange(n_draws) + 0.5) / n_draws * len(order)).astype(int)]
    return pool.seen_draws[chosen], pool.draws[chosen]


def _add_up(odds: np.ndarray, seen: np.ndarray, total: np.ndarray) -> np.ndarray:
    """Turn log-odds, in place, into chances that add up to the total of each draw."""
    for at, (of_seen, of_all) in enumerate(zip(seen, total, strict=True)):
        chance = expit(odds[at] + np.float32(_find_shift(odds[at], of_seen)))
        left = len(chance) - chance.sum(dtype=float)
        beyond = np.float32(np.clip((of_all - of_seen) / max(left, 1e-9), 0, 1))
        odds[at] = chance + (1 - chance) * beyond
    return odds


def _find_shift(odds: np.ndarray, total: float) -> float:
    """Return what must be added to log-odds for the chances to add up to a total."""
    wanted = float(np.clip(total, _LEAST, len(odds) - _LEAST))

    def surplus(shift: float) -> float:
        return float(expit(odds + np.float32(shift)).sum(dtype=float)) - wanted

    return float(brentq(surplus, -_FURTHEST, _FURTHEST, xtol=1e-5))


def _empty() -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in COLUMNS.items()})
