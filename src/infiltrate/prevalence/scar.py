"""Comparators that take listed firms for a random sample of infiltrated ones."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from importlib.util import find_spec

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_predict
from threadpoolctl import threadpool_limits

from infiltrate.prevalence.detection_data import DetectionData
from infiltrate.prevalence.detection_inputs import build_detection_data
from infiltrate.prevalence.evidence import FirmEvidence
from infiltrate.prevalence.lists import ListsData
from infiltrate.prevalence.national_posterior import national_posterior
from infiltrate.prevalence.posterior import Posterior

ASSUMPTION = (
    "A comparator that takes listed firms for a random sample of infiltrated ones. Lists are "
    "written where authorities look, so this is false: the number mixes infiltration with "
    "detection."
)
NOT_INSTALLED = (
    "The package pulearn is not installed; python -m pip install 'infiltrate[comparators]' adds it."
)
LEAST_LISTED = 20
"""Firms, listed and unlisted each, below which no classifier is trained."""

_UNLISTED = 1_500
_FOLDS = 5
_EM_ROUNDS = 12


def estimate_scar(
    lists: ListsData, evidence: FirmEvidence, rng: np.random.Generator, draws: int = 100
) -> list[Posterior]:
    """Estimate prevalence as the literature on positive and unlabelled data does.

    Parameters
    ----------
    lists : ListsData
        Lists that mean the same thing; ``data.organised_crime`` for a study. They are taken
        together: these methods know only listed and not listed.
    evidence : FirmEvidence
        Of the same companies; only its signs are used.
    rng : numpy.random.Generator
        Source of the bootstrap, which draws whole clusters.
    draws : int
        Bootstrap samples.

    Returns
    -------
    list of Posterior
        Family "comparator", never better than "caution": ``scar_best_bin`` (Garg et al. 2021,
        https://arxiv.org/abs/2111.00980), ``scar_elkan_noto`` (Elkan & Noto 2008,
        https://doi.org/10.1145/1401890.1401920) and ``scar_em``, pulearn's expectation
        maximisation, which is rejected where pulearn is not installed.

    Notes
    -----
    SCAR stands for "selected completely at random". Elkan and Noto also need that no clean firm
    looks like an infiltrated one; best-bin estimation needs it of the most suspicious-looking
    only. Wrong entries are ignored. Each bootstrap sample has at most 1,500 unlisted firms.
    """
    data = build_detection_data(lists, evidence.signs, {}, evidence.cluster, with_lag=False)
    refusals = _refuse(data)
    data = data if refusals else data.standardise()
    methods: Mapping[str, _HiddenShare] = {
        "scar_best_bin": _best_bin,
        "scar_elkan_noto": _elkan_noto,
        "scar_em": _expectation_maximisation,
    }
    missing = [] if find_spec("pulearn") else [NOT_INSTALLED]
    posteriors = []
    for name, method in methods.items():
        reasons = refusals + (missing if method is _expectation_maximisation else [])
        totals = np.zeros(0) if reasons else _bootstrap(method, data, rng, draws)
        posteriors.append(
            national_posterior(
                name,
                "comparator",
                lists.denominator.firms,
                totals,
                np.nan,
                cautions=[ASSUMPTION],
                rejections=reasons,
            )
        )
    return posteriors


_HiddenShare = Callable[[np.ndarray, np.ndarray, np.ndarray, int], float]
"""From signs, listed or not, clusters and a seed to the infiltrated share of the unlisted."""


def _refuse(data: DetectionData) -> list[str]:
    listed = data.listed.any(axis=1)
    named, others = int(listed.sum()), int((~listed).sum())
    reasons = []
    if named < LEAST_LISTED or others < LEAST_LISTED:
        reasons.append(
            f"A classifier needs {LEAST_LISTED} listed firms and as many others; there are "
            f"{named:,} and {others:,}."
        )
    if len(np.unique(data.cluster)) < LEAST_LISTED:
        reasons.append("Nearly all firms are in one group: nothing can be drawn anew.")
    if not len(data.X) or not np.ptp(data.X, axis=0).any():
        reasons.append("No sign of infiltration is known of the firms.")
    return reasons


def _bootstrap(
    hidden_share: _HiddenShare, data: DetectionData, rng: np.random.Generator, draws: int
) -> np.ndarray:
    """Return totals of bootstrap samples, shape (draws,): listed firms and those found beside."""
    listed = np.any(data.listed, axis=1)
    _, cluster = np.unique(data.cluster, return_inverse=True)
    totals = np.empty(draws)
    # one thread: the same sums in the same order; what the optimiser says is not for readers
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for draw in range(draws):
            rows = _resample(cluster, listed, rng)
            share = hidden_share(
                data.X[rows], listed[rows], cluster[rows], int(rng.integers(2**31))
            )
            totals[draw] = listed.sum() + share * (~listed).sum()
    return totals


def _resample(cluster: np.ndarray, listed: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw clusters with replacement, then keep some of the unlisted; rows, repeated as drawn."""
    number = int(cluster.max()) + 1
    times = np.bincount(rng.integers(0, number, number), minlength=number)
    rows = np.repeat(np.arange(len(cluster)), times[cluster])
    named, others = rows[listed[rows]], rows[~listed[rows]]
    if len(named) < _FOLDS or len(others) < _FOLDS:
        return np.arange(len(cluster))
    if len(others) > _UNLISTED:
        others = rng.choice(others, _UNLISTED, replace=False)
    return np.concatenate([named, others])


def _best_bin(X: np.ndarray, listed: np.ndarray, cluster: np.ndarray, seed: int) -> float:
    """Find the score above which listed firms are commonest relative to the unlisted.

    Scores are cross-fitted by cluster, so that copies drawn by the bootstrap do not flatter them.
    The level is the one of the least upper bound in Garg et al. (2021), algorithm 1.
    """
    score = _cross_fit(X, listed, cluster, seed)
    levels = np.unique(score[listed])[::-1]
    named = np.sort(score[listed])
    others = np.sort(score[~listed])
    above_named = 1 - np.searchsorted(named, levels) / len(named)
    above_others = 1 - np.searchsorted(others, levels) / len(others)
    slack = 1.01 * sum(np.sqrt(np.log(40) / (2 * size)) for size in (len(named), len(others)))
    best = np.argmin((above_others + slack) / above_named)
    return float(np.clip(above_others[best] / above_named[best], 0, 1))


def _elkan_noto(X: np.ndarray, listed: np.ndarray, cluster: np.ndarray, seed: int) -> float:
    """Divide the listed by their own mean chance of being listed, cross-fitted by cluster."""
    detected = float(_cross_fit(X, listed, cluster, seed)[listed].mean())
    return _share_from_total(listed.sum() / max(detected, 1e-9), listed)


def _expectation_maximisation(
    X: np.ndarray, listed: np.ndarray, cluster: np.ndarray, seed: int
) -> float:
    from pulearn import ScarEMPriorEstimator

    estimator = ScarEMPriorEstimator(_classifier(), max_iter=_EM_ROUNDS, tol=1e-3)
    prior = float(estimator.estimate(X, listed.astype(int)).pi)
    return _share_from_total(prior * len(listed), listed)


def _cross_fit(X: np.ndarray, listed: np.ndarray, cluster: np.ndarray, seed: int) -> np.ndarray:
    """Return each firm's chance of being listed by a fit to the other clusters."""
    folds = GroupKFold(_FOLDS, shuffle=True, random_state=seed)
    chances = cross_val_predict(
        _classifier(), X, listed, groups=cluster, cv=folds, method="predict_proba"
    )
    return np.asarray(chances)[:, 1]


def _share_from_total(total: float, listed: np.ndarray) -> float:
    return float(np.clip((total - listed.sum()) / (~listed).sum(), 0, 1))


def _classifier() -> LogisticRegression:
    return LogisticRegression(tol=1e-2)
