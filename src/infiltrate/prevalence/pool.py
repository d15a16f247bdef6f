"""Bring the estimators that may be used together into one interval, and say how firm it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd

from infiltrate.prevalence.bounds import scale_hidden
from infiltrate.prevalence.posterior import Posterior, equal_tails, name_in_words
from infiltrate.prevalence.tipping import TippingPoints, find_tipping_points

POOLED_FAMILIES = ("joint_detection", "loglinear", "doubly_robust")
"""Families whose draws may be pooled; the others are shown beside the pool."""

INTERVALS = (0.5, 0.9, 0.95)


@dataclass(frozen=True)
class PoolChoices:
    """What is assumed beyond the estimators.

    Attributes
    ----------
    dark_share : (float, float) or None
        Beta prior on the share of infiltrations of a kind that no list can see; None for none.
    gamma_log_sd : float
        Standard deviation of the log of gamma, by which the odds that an unlisted infiltrated
        firm is detected are lower than modelled; 0 for none.
    n_draws : int
        Draws of the pool.
    disagreement : float
        Share of the variance between families above which the estimators are said to disagree.
    family_weights : mapping of str to float
        Weights of families found by simulation (`infiltrate.prevalence.stacking`); none weighs
        them the same. Families without a weight have the smallest one given.
    """

    dark_share: tuple[float, float] | None = (1.0, 9.0)
    gamma_log_sd: float = 0.25
    n_draws: int = 4000
    disagreement: float = 0.5
    family_weights: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Pool:
    """The pooled number of infiltrated firms.

    Attributes
    ----------
    draws : numpy.ndarray, shape (n_draws,)
        Of the whole country; none when no estimator may be used.
    seen_draws : numpy.ndarray, shape (n_draws,)
        The same before anything is added for infiltration that no list can see.
    cells : pandas.DataFrame
        One row per cell: section, area_id and firms; none without an estimator that has cells.
    cell_draws : numpy.ndarray, shape (n_draws, n_cells)
        Adding up to ``draws``.
    median : float
        In firms; missing when no estimator may be used.
    intervals : mapping of float to (float, float)
        Equal-tailed, by coverage.
    members : pandas.DataFrame
        One row per estimator: estimator, family, status, weight, median, low, high, reason.
    disagreement : float
        Share of the variance of the log number that lies between families; 0 with one family.
    tipping : TippingPoints
        How wrong the assumptions must be to change the answer.
    status : str
        Whether to use the pool.
    reasons : tuple of str
        Why not simply to use it.
    """

    draws: np.ndarray
    seen_draws: np.ndarray
    cells: pd.DataFrame
    cell_draws: np.ndarray
    median: float
    intervals: Mapping[float, tuple[float, float]]
    members: pd.DataFrame
    disagreement: float
    tipping: TippingPoints
    status: Literal["use", "caution", "reject"]
    reasons: tuple[str, ...] = field(default=())


def triangulate(
    posteriors: Sequence[Posterior],
    listed: np.ndarray,
    firms: int,
    rng: np.random.Generator,
    choices: PoolChoices | None = None,
    *,
    heuristic_bound: float = float("nan"),
) -> Pool:
    """Mix the draws of the admissible estimators, families weighing the same.

    Parameters
    ----------
    posteriors : sequence of Posterior
        Rejected ones, and families that are never pooled, are kept in the table of members.
    listed : numpy.ndarray, shape (n_floor_draws,)
        Draws of the number of infiltrated firms on a list (the floor), in firms.
    firms : int
        Firms of the country.
    rng : numpy.random.Generator
        Draws members, the dark share and gamma.
    choices : PoolChoices, optional
        What is assumed beyond the estimators.
    heuristic_bound : float
        Chao's heuristic lower bound, which the pool should not fall below entirely.

    Notes
    -----
    With floor M and number N of an estimator, draws are ``(M + gamma (N - M)) / (1 - delta)``, at
    most ``firms`` and at least M.
    """
    choices = choices or PoolChoices()
    posteriors = sorted(posteriors, key=lambda p: (p.family, p.estimator))
    weights = _weigh(posteriors, choices.family_weights)
    members = _tabulate_members(posteriors, weights)
    if not any(weights):
        return _refuse(members)
    n = choices.n_draws
    picked = rng.choice(len(posteriors), n, p=weights)
    base = np.zeros(n)
    for at, posterior in enumerate(posteriors):
        chosen = picked == at
        base[chosen] = rng.choice(posterior.total(), int(chosen.sum())) if chosen.any() else 0.0
    floor = np.minimum(rng.choice(listed, n), base)
    gamma = np.exp(rng.normal(0, choices.gamma_log_sd, n))
    dark = 0.0 if choices.dark_share is None else rng.beta(*choices.dark_share, n)
    seen = np.minimum(scale_hidden(floor, base, gamma), firms)
    draws = np.minimum(seen / (1 - dark), firms)
    cells, cell_draws = _spread_over_cells(posteriors, weights, draws, rng)
    intervals = {coverage: equal_tails(draws, coverage)[::2] for coverage in INTERVALS}
    disagreement = _between_families(posteriors, weights)
    reasons = _list_reasons(members, disagreement, choices)
    reasons += _check_consistency(intervals[0.95], float(np.median(listed)), heuristic_bound)
    return Pool(
        draws=draws,
        seen_draws=seen,
        cells=cells,
        cell_draws=cell_draws,
        median=float(np.median(draws)),
        intervals=intervals,
        members=members,
        disagreement=disagreement,
        tipping=find_tipping_points(draws, float(np.median(floor)), cells, cell_draws),
        status="caution" if reasons else "use",
        reasons=tuple(reasons),
    )


def _weigh(posteriors: Sequence[Posterior], family_weights: Mapping[str, float]) -> np.ndarray:
    """Share one out among families, then among their members of the best status."""
    weights = np.zeros(len(posteriors))
    admissible = [p.family in POOLED_FAMILIES and p.status != "reject" for p in posteriors]
    families = sorted({p.family for p, good in zip(posteriors, admissible, strict=True) if good})
    least = min(family_weights.values(), default=1.0)
    for family in families:
        own = [at for at, p in enumerate(posteriors) if admissible[at] and p.family == family]
        best = [at for at in own if posteriors[at].status == "use"] or own
        weights[best] = family_weights.get(family, least) / len(best)
    return weights / max(weights.sum(), 1e-300)


def _tabulate_members(posteriors: Sequence[Posterior], weights: np.ndarray) -> pd.DataFrame:
    rows = []
    for posterior, weight in zip(posteriors, weights, strict=True):
        low, high = posterior.interval(0.95)
        total = posterior.total()
        rows.append(
            {
                "estimator": posterior.estimator,
                "family": posterior.family,
                "status": posterior.status,
                "weight": weight,
                "median": float(np.median(total)) if len(total) else float("nan"),
                "low": low,
                "high": high,
                "reason": " ".join(posterior.reasons),
            }
        )
    columns = ["estimator", "family", "status", "weight", "median", "low", "high", "reason"]
    return pd.DataFrame(rows, columns=columns)


def _refuse(members: pd.DataFrame) -> Pool:
    missing = float("nan")
    return Pool(
        draws=np.empty(0),
        seen_draws=np.empty(0),
        cells=pd.DataFrame(columns=["section", "area_id", "firms"]),
        cell_draws=np.empty((0, 0)),
        median=missing,
        intervals={coverage: (missing, missing) for coverage in INTERVALS},
        members=members,
        disagreement=missing,
        tipping=TippingPoints(missing, missing, missing, missing),
        status="reject",
        reasons=(
            "No estimator may be used on these lists: how many infiltrated firms there are in all "
            "cannot be said.",
        ),
    )


def _spread_over_cells(
    posteriors: Sequence[Posterior],
    weights: np.ndarray,
    draws: np.ndarray,
    rng: np.random.Generator,
) -> tuple[pd.DataFrame, np.ndarray]:
    """Give each draw the pattern of a draw of the estimator that has cells."""
    with_cells = [p for p, w in zip(posteriors, weights, strict=True) if w and len(p.cells) > 1]
    if not with_cells:
        return pd.DataFrame(columns=["section", "area_id", "firms"]), np.empty((len(draws), 0))
    source = with_cells[0]
    patterns = source.draws[source.total() > 0]
    if not len(patterns):
        patterns = source.cells["firms"].to_numpy(dtype=float)[None, :]
    pattern = patterns[rng.integers(0, len(patterns), len(draws))]
    return source.cells, pattern / pattern.sum(axis=1, keepdims=True) * draws[:, None]


def _between_families(posteriors: Sequence[Posterior], weights: np.ndarray) -> float:
    """Share of the variance of the log number that lies between families."""
    by_family: dict[str, list[np.ndarray]] = {}
    for posterior, weight in zip(posteriors, weights, strict=True):
        if weight:
            logs = np.log(np.maximum(posterior.total(), 0.5))
            by_family.setdefault(posterior.family, []).append(logs)
    pooled = [np.concatenate(members) for members in by_family.values()]
    between = float(np.var([logs.mean() for logs in pooled]))
    within = float(np.mean([logs.var() for logs in pooled]))
    return between / (between + within) if between else 0.0


def _list_reasons(members: pd.DataFrame, disagreement: float, choices: PoolChoices) -> list[str]:
    used = members[members["weight"] > 0]
    reasons = []
    if disagreement > choices.disagreement:
        reasons.append(
            f"The estimators disagree: {disagreement:.0%} of the variance lies between families."
        )
    if used["family"].nunique() == 1:
        words = " and ".join(name_in_words(name) for name in used["estimator"])
        reasons.append(f"Only one family of estimators may be used: {words}.")
    careful = used[used["status"] == "caution"]
    reasons += [
        f"{name_in_words(name)}: {why}"
        for name, why in zip(careful["estimator"], careful["reason"], strict=True)
    ]
    return reasons


def _check_consistency(
    interval: tuple[float, float], floor: float, heuristic_bound: float
) -> list[str]:
    low, high = interval
    reasons = []
    if low < floor * (1 - 1e-9):
        reasons.append("The interval reaches below the number of firms rightly listed.")
    if heuristic_bound > high:
        reasons.append("Chao's heuristic lower bound lies above the interval.")
    return reasons
