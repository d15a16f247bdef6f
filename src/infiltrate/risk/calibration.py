"""From the place of a company in a ranking to its probability of being listed in the window."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from infiltrate.risk.columns import one_thread
from infiltrate.risk.exact_interval import clopper_pearson
from infiltrate.risk.metrics import widen_for_few_clusters
from infiltrate.risk.resampling import draw_clusters

if TYPE_CHECKING:
    from mapie.calibration import VennAbersCalibrator

Method = Literal["venn_abers", "isotonic"]

LEAST_LISTED = 20
"""Listed companies below which no probability is given."""

_LEAST_CLUSTERS = 10
_LEVELS = 2000
_DRAWS = 200
_FEW = 5
_TAIL = 0.025


@dataclass(frozen=True, eq=False)
class Calibrator:
    """A rising curve from scores to probabilities; all arrays have one entry per level of score.

    Attributes
    ----------
    method : str
        How the curve was made.
    levels : ndarray, shape (n_levels,)
        Scores, rising.
    chance, low, high : ndarray, shape (n_levels,)
        Probability of being listed in the window, and its 95 % interval.
    """

    method: Method
    levels: np.ndarray
    chance: np.ndarray
    low: np.ndarray
    high: np.ndarray

    def probability(self, scores: np.ndarray) -> pd.DataFrame:
        """Return ``probability``, ``low`` and ``high`` of each score, in the order given.

        Between two levels the curve is straight; beyond the first and the last it is flat: the
        data say nothing there.
        """
        ends = {"probability": self.chance, "low": self.low, "high": self.high}
        wanted = np.asarray(scores, dtype=float)
        return pd.DataFrame(
            {name: np.interp(wanted, self.levels, curve) for name, curve in ends.items()}
        )


def why_not_calibrated(is_listed: np.ndarray, cluster: np.ndarray) -> str:
    """Return why no probability can be learnt from these companies; empty when it can."""
    listed = np.asarray(is_listed, dtype=bool)
    if listed.sum() < LEAST_LISTED:
        return f"fewer than the {LEAST_LISTED} listed companies that a probability can rest on"
    if listed.all():
        return "every company is listed"
    groups = len(np.unique(np.asarray(cluster)[listed]))
    if groups < _LEAST_CLUSTERS:
        return (
            f"the listed companies are in fewer than the {_LEAST_CLUSTERS} groups of connected "
            "firms that an interval can rest on"
        )
    return ""


def fit_calibrator(
    scores: np.ndarray,
    is_listed: np.ndarray,
    cluster: np.ndarray,
    rng: np.random.Generator,
    method: Method = "venn_abers",
) -> Calibrator:
    """Learn what share of companies with a score gets listed.

    Parameters
    ----------
    scores : ndarray, shape (n,)
        Of companies the ranking did not learn from; only their order is used. Scores of
        different folds must be on one scale, so places within folds serve best.
    is_listed : ndarray of bool, shape (n,)
        Whether the company entered a list in the window.
    cluster : ndarray, shape (n,)
        Whole clusters are resampled for the interval.
    rng : numpy.random.Generator
    method : {"venn_abers", "isotonic"}
        Venn-Abers (Vovk, Petej and Fedorova 2015) fits an isotonic curve once with the company
        as listed and once as unlisted, and merges the two: it is never 0 or 1. Isotonic is the
        plain curve (Zadrozny and Elkan 2002).

    Returns
    -------
    Calibrator
        Its intervals are percentiles of curves refitted to resampled clusters, widened for few
        clusters with listed companies; they hold both of Venn-Abers' curves and, of flat parts of
        the curve with fewer than five listed or unlisted companies, Clopper and Pearson's. Of many
        scores two thousand levels are kept, finest where the listed companies are.

    Raises
    ------
    ValueError
        When ``why_not_calibrated`` says why.
    """
    listed = np.asarray(is_listed, dtype=bool)
    reason = why_not_calibrated(listed, cluster)
    if reason:
        raise ValueError(f"No probability can be learnt: {reason}.")
    values = np.asarray(scores, dtype=float)
    levels, level = _levels(values, listed)
    if_unlisted, if_listed = _venn_abers(level, listed, len(levels))
    isotonic = _isotonic(np.bincount(level), np.bincount(level, listed))
    merged = if_listed / (1 - if_unlisted + if_listed)
    low, high = _interval(level, listed, np.asarray(cluster), isotonic, rng)
    chance = merged if method == "venn_abers" else isotonic
    return Calibrator(
        method=method,
        levels=levels,
        chance=chance,
        low=np.minimum.reduce([low, if_unlisted, chance]),
        high=np.maximum.reduce([high, if_listed, chance]),
    )


def cross_calibrate(
    scores: np.ndarray,
    is_listed: np.ndarray,
    cluster: np.ndarray,
    rng: np.random.Generator,
    method: Method = "venn_abers",
    *,
    folds: int = 5,
) -> np.ndarray:
    """Return the probability of each company by a curve learnt without it and its cluster.

    Parameters
    ----------
    scores, is_listed, cluster, rng, method
        As in ``fit_calibrator``.
    folds : int
        Clusters are shared out evenly among them, those with listed companies too.

    Returns
    -------
    ndarray, shape (n,)

    Raises
    ------
    ValueError
        When a curve cannot be learnt without one of the folds.
    """
    listed = np.asarray(is_listed, dtype=bool)
    values, groups = np.asarray(scores, dtype=float), pd.factorize(np.asarray(cluster))[0]
    fold = _share_out(groups, listed, folds, rng)
    probability = np.full(len(values), np.nan)
    for number in range(folds):
        is_test = fold == number
        reason = why_not_calibrated(listed[~is_test], groups[~is_test])
        if reason:
            raise ValueError(f"No probability can be learnt without one of the folds: {reason}.")
        levels, level = _levels(values[~is_test], listed[~is_test])
        chance = _curve(level, listed[~is_test], len(levels), method)
        probability[is_test] = np.interp(values[is_test], levels, chance)
    return probability


def _share_out(
    groups: np.ndarray, listed: np.ndarray, folds: int, rng: np.random.Generator
) -> np.ndarray:
    """Return the fold of each company; clusters with listed companies are shared out evenly."""
    shuffled = rng.permutation(int(groups.max()) + 1)
    holds_listed = np.bincount(groups, listed) > 0
    order = shuffled[np.argsort(holds_listed[shuffled], kind="stable")]
    fold = np.empty(len(order), dtype=int)
    fold[order] = np.arange(len(order)) % folds
    return fold[groups]


def _curve(level: np.ndarray, listed: np.ndarray, n_levels: int, method: Method) -> np.ndarray:
    if method == "isotonic":
        return _isotonic(np.bincount(level), np.bincount(level, listed))
    if_unlisted, if_listed = _venn_abers(level, listed, n_levels)
    return if_listed / (1 - if_unlisted + if_listed)


def _levels(scores: np.ndarray, listed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean score of each level, and the level of each company.

    Half of the cuts share out the companies and half the listed ones, so that a rare list does
    not end up in one level at the top.
    """
    distinct = np.unique(scores)
    if len(distinct) > _LEVELS:
        shares = np.linspace(0, 1, _LEVELS // 2 + 1)
        cuts = [np.quantile(part, shares, method="lower") for part in (scores, scores[listed])]
        distinct = np.unique(np.concatenate(cuts))
    found = np.searchsorted(distinct, scores, side="right") - 1
    level = np.unique(np.clip(found, 0, None), return_inverse=True)[1]
    return np.bincount(level, scores) / np.bincount(level), level


def _isotonic(companies: np.ndarray, listed: np.ndarray) -> np.ndarray:
    """Return the rising share of listed companies at each level; empty levels are bridged."""
    from sklearn.isotonic import IsotonicRegression

    place = np.arange(len(companies), dtype=float)
    kept = companies > 0
    curve = IsotonicRegression(out_of_bounds="clip")
    curve.fit(place[kept], listed[kept] / companies[kept], sample_weight=companies[kept])
    return curve.predict(place)


def _venn_abers(
    level: np.ndarray, listed: np.ndarray, n_levels: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the probability at each level were a company there unlisted, and were it listed."""
    places = (np.arange(n_levels) + 1) / (n_levels + 1)
    with one_thread(), np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # MAPIE divides the empty ends by zero
        fitted = _prefit().fit(places[level], listed.astype(int))
        _, both = fitted.predict_proba(places, p0_p1_output=True)
    return both[:, 0], both[:, 1]


def _prefit() -> VennAbersCalibrator:
    """Return MAPIE's calibrator around a classifier that hands through what it is given."""
    from mapie.calibration import VennAbersCalibrator
    from sklearn.base import BaseEstimator, ClassifierMixin

    class Places(ClassifierMixin, BaseEstimator):
        classes_ = np.array([0, 1])

        def predict_proba(self, places: np.ndarray) -> np.ndarray:
            return np.column_stack([1 - places, places])

    return VennAbersCalibrator(estimator=Places(), cv="prefit")


def _interval(
    level: np.ndarray,
    listed: np.ndarray,
    cluster: np.ndarray,
    centre: np.ndarray,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    codes = pd.factorize(cluster)[0]
    curves = np.array([_isotonic(*counts) for counts in _resample(level, listed, codes, rng)])
    ends = np.quantile(curves, [_TAIL, 1 - _TAIL], axis=0, method="weibull")
    wider = widen_for_few_clusters(codes, listed, _TAIL)
    low, high = np.clip(centre + wider * (ends - centre), 0, 1)
    least, most = _of_few(np.bincount(level), np.bincount(level, listed), centre)
    low, high = np.fmin(low, least), np.fmax(high, most)
    return np.minimum.accumulate(low[::-1])[::-1], np.maximum.accumulate(high)


def _of_few(
    companies: np.ndarray, listed: np.ndarray, centre: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return Clopper and Pearson's interval of each flat part of the curve with little in it.

    Where nobody or hardly anybody is listed, or unlisted, resampling finds nobody else. Missing
    elsewhere.
    """
    part = np.cumsum(np.r_[0, np.diff(centre) != 0])
    n, k = np.bincount(part, companies), np.bincount(part, listed)
    low, high = clopper_pearson(k, n, _TAIL)
    is_few = np.minimum(k, n - k) < _FEW
    return np.where(is_few, low, np.nan)[part], np.where(is_few, high, np.nan)[part]


def _resample(
    level: np.ndarray, listed: np.ndarray, codes: np.ndarray, rng: np.random.Generator
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Give companies and listed companies per level, clusters counted as often as drawn."""
    n_levels = int(level.max()) + 1
    for _ in range(_DRAWS):
        counts = draw_clusters(codes, rng).astype(float)
        yield (
            np.bincount(level, counts, n_levels),
            np.bincount(level, counts * listed, n_levels),
        )
