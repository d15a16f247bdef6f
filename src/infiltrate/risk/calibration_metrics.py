"""How well probabilities made of places in a ranking hold, with intervals clustered by group."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from infiltrate.risk.calibration import cross_calibrate
from infiltrate.risk.calibration_quality import measure_calibration
from infiltrate.risk.metrics import Metric, widen_for_few_clusters
from infiltrate.risk.resampling import count_by_score

CALIBRATION_METRICS = ("brier", "calibration_slope", "calibration_error")
NO_INTERVAL = "no interval: chance alone makes it larger than 0"

_EDGE = 1e-6
_LEVELS = 1000
_STEPS = 25
_LARGEST_STEP = 2.0
_CLOSE = 1e-8


def measure_probabilities(
    percentile: np.ndarray,
    is_listed: np.ndarray,
    clusters: np.ndarray,
    *,
    design: str,
    model: str,
    draws: int,
    rng: np.random.Generator,
    overlap: float = 1.0,
    interval: float = 0.95,
) -> tuple[Metric, ...]:
    """Turn places into probabilities of being listed, without the company's own, and judge them.

    Parameters
    ----------
    percentile : ndarray, shape (n_units,)
        Place of each unit in the ranking of its fold.
    is_listed : ndarray of bool, shape (n_units,)
    clusters : ndarray, shape (n_units,)
        Whole clusters are held out from the curve that gives them probabilities, and resampled.
    design, model : str
        Written on every metric.
    draws : int
        Bootstrap draws.
    rng : numpy.random.Generator
    overlap : float
        See ``designs.Design``.
    interval : float
        Coverage aimed at.

    Returns
    -------
    tuple of Metric
        ``brier`` (mean squared distance to what happened), ``calibration_slope`` (Cox 1958: 1 is
        perfect, below it probabilities are too far apart) and ``calibration_error`` (mean distance
        between what is stated and what happened over groups of equal size, without interval:
        chance alone makes it larger than 0). Refused with the reason where no curve can be
        learnt.
    """
    listed, codes = np.asarray(is_listed, bool), pd.factorize(np.asarray(clusters))[0]
    n_units, n_listed = len(listed), int(listed.sum())
    try:
        stated = cross_calibrate(np.asarray(percentile, float), listed, codes, rng)
    except ValueError as error:
        return refuse_calibration(design, model, str(error), n_units=n_units, n_listed=n_listed)
    quality = measure_calibration(stated, listed)
    drawn = _resample(stated, listed, codes, draws, rng)
    tail = (1 - interval) / 2
    wider = overlap * widen_for_few_clusters(codes, listed, tail)
    metrics = []
    for name, value in zip(CALIBRATION_METRICS, (quality.brier, quality.slope), strict=False):
        low, high = _ends(value, drawn[name], wider, tail)
        reason = "" if value is not None else "refused: one probability for all has no slope"
        metrics.append(Metric(name, value, low, high, n_units, n_listed, design, model, reason))
    distance = quality.expected_error
    last = CALIBRATION_METRICS[-1]
    return (
        *metrics,
        Metric(last, distance, None, None, n_units, n_listed, design, model, NO_INTERVAL),
    )


def refuse_calibration(
    design: str, model: str, reason: str, *, n_units: int = 0, n_listed: int = 0
) -> tuple[Metric, ...]:
    """Return every metric without a number, each with the reason."""
    return tuple(
        Metric(name, None, None, None, n_units, n_listed, design, model, reason)
        for name in CALIBRATION_METRICS
    )


def _ends(
    value: float | None, drawn: np.ndarray, wider: float, tail: float
) -> tuple[float | None, float | None]:
    if value is None or np.isnan(drawn).all():
        return None, None
    low, high = np.nanquantile(drawn, [tail, 1 - tail], method="weibull")
    return (
        float(min(value, value + wider * (low - value))),
        float(max(value, value + wider * (high - value))),
    )


def _resample(
    stated: np.ndarray, listed: np.ndarray, codes: np.ndarray, draws: int, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """Return draws of the Brier score and of the slope, stated probabilities being as they are."""
    levels = _round_to_levels(stated)
    counts = count_by_score(levels, listed, codes, rng)
    chance = counts.scores[:, None]
    brier, slope = [], []
    for units, on_list in counts.resample(draws, rng):
        distance = units * chance**2 - 2 * on_list * chance + on_list
        brier.append(distance.sum(axis=0) / units.sum(axis=0))
        slope.append(_slopes(logit(np.clip(counts.scores, _EDGE, 1 - _EDGE)), units, on_list))
    return {"brier": np.concatenate(brier), "calibration_slope": np.concatenate(slope)}


def _round_to_levels(stated: np.ndarray) -> np.ndarray:
    """Give neighbouring probabilities their mean where there are very many of them."""
    distinct, level = np.unique(stated, return_inverse=True)
    if len(distinct) > _LEVELS:
        level = level * _LEVELS // len(distinct)
    return (np.bincount(level, stated) / np.maximum(np.bincount(level), 1))[level]


def _slopes(log_odds: np.ndarray, units: np.ndarray, on_list: np.ndarray) -> np.ndarray:
    """Fit a logistic regression of being listed on the log-odds, for each draw at once.

    Newton's steps on counts of shape (levels, draws); a draw that does not settle is missing.
    """
    centre = np.average(log_odds)
    x = (log_odds - centre)[:, None]
    intercept = np.full(units.shape[1], centre)
    slope, step = np.ones(units.shape[1]), np.full(units.shape[1], np.inf)
    with np.errstate(divide="ignore", invalid="ignore"):
        for _ in range(_STEPS):
            fitted = expit(intercept + slope * x)
            left, weight = on_list - units * fitted, units * fitted * (1 - fitted)
            whole, first, second = weight.sum(0), (weight * x).sum(0), (weight * x * x).sum(0)
            up, along = left.sum(0), (left * x).sum(0)
            spread = whole * second - first**2
            step = (whole * along - first * up) / spread
            slope = slope + np.clip(step, -_LARGEST_STEP, _LARGEST_STEP)
            shift = (second * up - first * along) / spread
            intercept = intercept + np.clip(shift, -_LARGEST_STEP, _LARGEST_STEP)
            if (np.abs(step) < _CLOSE).all():
                break
    return np.where(np.abs(step) < np.sqrt(_CLOSE), slope, np.nan)
