"""Doubly robust capture-recapture: two lists independent among firms with the same covariates."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations

import numpy as np

from infiltrate.errors import NotEnoughData
from infiltrate.prevalence.capture_patterns import count_patterns
from infiltrate.prevalence.doubly_robust_pair import (
    Learner,
    ListedFirms,
    PairEstimate,
    estimate_pair,
    measure_dependence,
)
from infiltrate.prevalence.false_entries import WrongEntries, read_wrong_entries
from infiltrate.prevalence.list_screening import screen_lists
from infiltrate.prevalence.lists import ListsData
from infiltrate.prevalence.national_posterior import national_posterior, reject_estimator
from infiltrate.prevalence.posterior import Posterior

MOST_DEPENDENCE = 3.0
LEAST_PAIR = 10
LARGE_SHARE_AT_FLOOR = 0.1
LEAST_EXCESS = 0.01
LARGEST_ERROR = 0.5
MOST_OUTSIDE = 0.5

_NAME = "doubly_robust"


def estimate_doubly_robust(
    data: ListsData,
    covariates: np.ndarray,
    rng: np.random.Generator,
    draws: int = 1000,
    learner: Learner = "logistic",
) -> Posterior:
    """Estimate the number of infiltrated firms of a study by pairs of lists.

    Parameters
    ----------
    data : ListsData
        Lists that mean the same thing; ``data.organised_crime`` for a study.
    covariates : numpy.ndarray, shape (N, n_covariates)
        What makes firms easier or harder to list, one row per company; no missing values.
    rng : numpy.random.Generator
        Source of folds and draws.
    draws : int
        How many, shared out evenly among admissible pairs.
    learner : str
        "logistic" or "boosting" (histogram gradient boosting, for thousands of listed firms).
    """
    pairs = [
        (j, k)
        for j, k in combinations(range(len(data.lists)), 2)
        if data.lists[j].authority != data.lists[k].authority
    ]
    return doubly_robust_from_arrays(
        data.listed,
        covariates,
        data.denominator.firms,
        rng,
        exposed=data.exposed,
        names=data.list_ids,
        pairs=pairs,
        wrong=read_wrong_entries(data),
        draws=draws,
        learner=learner,
    )


def doubly_robust_from_arrays(
    listed: np.ndarray,
    covariates: np.ndarray,
    firms: int,
    rng: np.random.Generator,
    *,
    exposed: np.ndarray | None = None,
    names: Sequence[str] | None = None,
    pairs: Sequence[tuple[int, int]] | None = None,
    wrong: WrongEntries | None = None,
    draws: int = 1000,
    learner: Learner = "logistic",
) -> Posterior:
    """Estimate the number of firms from arrays; see `estimate_doubly_robust`.

    A pair is admissible when its lists come from different authorities, share at least
    `LEAST_PAIR` firms, share them by chances that can be learnt, are not visibly dependent (among
    firms on some other list the odds of being on one do not rise `MOST_DEPENDENCE` times with
    being on the other), and give a standard error of at most `LARGEST_ERROR` of the unlisted.
    Wrong entries are taken out of the firms on one list only, by weight. Draws are shared out
    evenly among admissible pairs.
    """
    listed = np.asarray(listed, dtype=bool)
    exposed = np.ones_like(listed) if exposed is None else np.asarray(exposed, dtype=bool)
    names = [str(k) for k in range(listed.shape[1])] if names is None else list(names)
    pairs = list(combinations(range(listed.shape[1]), 2)) if pairs is None else pairs
    try:
        rejections = list(screen_lists(count_patterns(listed, exposed, names)).rejections)
    except NotEnoughData as error:
        rejections = [str(error)]
    weights = _weigh(listed, names, wrong or {})
    arrays = ListedFirms(listed, exposed, covariates, weights)
    listed_firms = float(weights[listed.any(axis=1)].sum())
    estimates: list[PairEstimate] = []
    left_out: list[str] = []
    for j, k in pairs if not rejections else ():
        reason = _refuse_pair(listed, exposed, j, k)
        estimate = None if reason else estimate_pair(arrays, (j, k), rng, learner)
        if estimate is not None and estimate.total - listed_firms < LEAST_EXCESS * listed_firms:
            reason = "their estimate is no more than the firms already listed"
        if estimate is not None and estimate.share_at_floor > LARGE_SHARE_AT_FLOOR:
            reason = (
                f"for {estimate.share_at_floor:.0%} of the firms the chance of being on both is "
                "too small to be learnt"
            )
        if estimate is not None and not reason:
            relative = estimate.sd / (estimate.total - listed_firms)
            if relative > LARGEST_ERROR:
                reason = f"the standard error is {relative:.0%} of the unlisted firms"
        if reason or estimate is None:
            left_out.append(f"'{names[j]}' and '{names[k]}' ({reason})")
        else:
            estimates.append(estimate)
    if not rejections and not estimates:
        rejections.append(
            "No pair of lists can be used: "
            + ("; ".join(left_out) or "one authority wrote all")
            + "."
        )
    if rejections:
        return reject_estimator(_NAME, "doubly_robust", firms, rejections)
    samples = [
        _draw(estimate, listed_firms, -(-draws // len(estimates)), rng) for estimate in estimates
    ]
    return national_posterior(
        _NAME,
        "doubly_robust",
        firms,
        np.concatenate(samples),
        np.nan,
        diagnostics=_describe(estimates, left_out, names),
        cautions=_find_cautions(estimates, names),
    )


def _refuse_pair(listed: np.ndarray, exposed: np.ndarray, j: int, k: int) -> str:
    both = exposed[:, j] & exposed[:, k]
    shared = int((listed[:, j] & listed[:, k] & both).sum())
    if shared < LEAST_PAIR:
        return f"fewer than {LEAST_PAIR} firms on both"
    if shared in (int(listed[both, j].sum()), int(listed[both, k].sum())):
        return "one is a part of the other"
    dependence = measure_dependence(listed, exposed, (j, k))
    if dependence >= MOST_DEPENDENCE:
        return f"firms on one are {dependence:.1f} times as likely to be on the other, by odds"
    return ""


def _weigh(listed: np.ndarray, names: Sequence[str], wrong: WrongEntries) -> np.ndarray:
    """Weight of each firm: the chance that it is rightly listed, less than 1 on one list only."""
    weights = np.ones(len(listed))
    on_one = listed.sum(axis=1) == 1
    for k, name in enumerate(names):
        alone = on_one & listed[:, k]
        if name in wrong and alone.any():
            a, b = wrong[name]
            weights[alone] = max(1 - a / (a + b) * listed[:, k].sum() / alone.sum(), 0.0)
    return weights


def _draw(
    estimate: PairEstimate, listed_firms: float, draws: int, rng: np.random.Generator
) -> np.ndarray:
    """Draw the unlisted as log-normal around the estimate, so that no draw is below the listed."""
    unlisted = estimate.total - listed_firms
    width = math.sqrt(math.log1p((estimate.sd / unlisted) ** 2))
    return listed_firms + np.exp(rng.normal(math.log(unlisted), width, size=draws))


def _describe(
    estimates: list[PairEstimate], left_out: list[str], names: Sequence[str]
) -> dict[str, float | str]:
    found: dict[str, float | str] = {
        "pairs": float(len(estimates)),
        "pairs_left_out": "; ".join(left_out),
    }
    for estimate in estimates:
        pair = ":".join(names[k] for k in estimate.pair)
        found[f"total_{pair}"] = estimate.total
        found[f"sd_{pair}"] = estimate.sd
        found[f"dependence_{pair}"] = estimate.dependence
    return found


def _find_cautions(estimates: list[PairEstimate], names: Sequence[str]) -> list[str]:
    found = []
    for estimate in estimates:
        pair = " and ".join(f"'{names[k]}'" for k in estimate.pair)
        if estimate.share_outside > MOST_OUTSIDE:
            found.append(
                f"{estimate.share_outside:.0%} of the estimate from {pair} are firms that not "
                "both could name."
            )
    return found
