"""How well a ranking finds the listed units, with intervals clustered by group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from scipy import stats

from infiltrate.risk.exact_interval import clopper_pearson
from infiltrate.risk.resampling import count_by_score

MINIMUM_LISTED = 5
_MINIMUM_CLUSTERS = 10
_FEW_AT_THE_TOP = 5


@dataclass(frozen=True)
class Metric:
    """One number about one ranking, or the reason why there is none.

    Attributes
    ----------
    name : str
        ``roc_auc``, ``average_precision``, ``listed_share`` (the average precision of a ranking
        that knows nothing), and ``recall``, ``precision``, ``lift`` and ``specificity`` at the
        top share of the ranking, for example ``recall_at_5pct``.
    value, low, high : float or None
        The value and its interval; None when refused.
    n_units, n_listed : int
        Units ranked, and those of them that are listed.
    design, model : str
        Validation design and model the ranking comes from.
    reason : str
        Why the number is missing, or what it must not be taken for; empty when it stands.
    """

    name: str
    value: float | None
    low: float | None
    high: float | None
    n_units: int
    n_listed: int
    design: str
    model: str
    reason: str


def measure_ranking(
    scores: np.ndarray,
    is_listed: np.ndarray,
    clusters: np.ndarray,
    *,
    design: str,
    model: str,
    top_shares: Sequence[float],
    draws: int,
    few_labels: int,
    rng: np.random.Generator,
    overlap: float = 1.0,
    interval: float = 0.95,
) -> tuple[Metric, ...]:
    """Measure a ranking against the listed units, with cluster-bootstrap intervals.

    Parameters
    ----------
    scores : ndarray, shape (n_units,)
        Higher means nearer the top; ties count half.
    is_listed : ndarray of bool, shape (n_units,)
    clusters : ndarray, shape (n_units,)
        Whole clusters are resampled: their units are not independent.
    design, model : str
        Written on every metric.
    top_shares : sequence of float
        Shares of the ranking at which recall, precision, lift and specificity are read.
    draws : int
        Bootstrap draws.
    few_labels : int
        With fewer listed units the results are marked as indicative only and the interval is
        widened to hold Hanley and McNeil's (1982) for the area, and Clopper and Pearson's
        (1934), the listed units (for precision: the units at the top) taken as trials, for the
        rest; for the average precision see Boyd, Eng and Page (2013). Whatever the number of
        listed units, an interval is widened in the same way when the bootstrap leaves it
        without width, or when fewer than five listed or unlisted units are at the top, or fewer
        than five listed ones below it.
    rng : numpy.random.Generator
    overlap : float
        Factor by which intervals are widened because the models behind the scores learnt from
        one another's test units; see ``validation.Design``.
    interval : float
        Coverage aimed at.

    Returns
    -------
    tuple of Metric
        With fewer than five listed units, or without unlisted ones, every value is None and
        the reason says so.

    Notes
    -----
    Intervals are percentiles of the bootstrap. The average precision of a sample is too high on
    average, and that of a resample once more, so its interval also holds the percentiles
    corrected for bias (Efron 1987). What an interval is meant to hold is the value over all units
    like these.
    """
    listed = np.asarray(is_listed, dtype=bool)
    names = _names(top_shares)
    n_listed = int(listed.sum())
    refusal = _refusal(len(listed), n_listed)
    if refusal:
        return refuse_metrics(
            design, model, refusal, top_shares, n_units=len(listed), n_listed=n_listed
        )
    counts = count_by_score(scores, listed, clusters, rng, join_unlisted=True)
    values = _measure(*counts.observed(), top_shares)[:, 0]
    resampled = np.concatenate(
        [_measure(*drawn, top_shares) for drawn in counts.resample(draws, rng)], axis=1
    )
    codes = pd.factorize(np.asarray(clusters))[0]
    tail = (1 - interval) / 2
    few_clusters = widen_for_few_clusters(codes, listed, tail)
    reason = _reason(n_listed, few_labels, int(codes.max()) + 1)
    metrics = []
    for name, value, draws_of in zip(names, values, resampled, strict=True):
        bootstrap = _percentiles(name, value, draws_of, tail)
        bounds = [value, *(value + few_clusters * (bound - value) for bound in bootstrap)]
        is_few = n_listed < few_labels or _has_few_at_the_top(name, value, len(listed), n_listed)
        if is_few or not bootstrap[0] < bootstrap[1]:
            bounds += _closed_form(name, value, len(listed), n_listed, tail)
        wider = 1.0 if name == "listed_share" else overlap
        metrics.append(
            Metric(
                name=name,
                value=float(value),
                low=float(max(value - wider * (value - np.nanmin(bounds)), 0)),
                high=float(min(value + wider * (np.nanmax(bounds) - value), _largest(name))),
                n_units=len(listed),
                n_listed=n_listed,
                design=design,
                model=model,
                reason=reason,
            )
        )
    return tuple(metrics)


def refuse_metrics(
    design: str,
    model: str,
    reason: str,
    top_shares: Sequence[float],
    *,
    n_units: int = 0,
    n_listed: int = 0,
) -> tuple[Metric, ...]:
    """Return every metric without a number, each with the reason."""
    return tuple(
        Metric(name, None, None, None, n_units, n_listed, design, model, reason)
        for name in _names(top_shares)
    )


def widen_for_few_clusters(clusters: np.ndarray, is_listed: np.ndarray, tail: float) -> float:
    """Return how much wider a bootstrap interval must be when it rests on few clusters.

    Student's over the normal quantile, times the bias of a resampled spread. The clusters that
    count are those with a listed or with an unlisted unit, whichever are fewer.

    Parameters
    ----------
    clusters : ndarray, shape (n_units,)
    is_listed : ndarray of bool, shape (n_units,)
    tail : float
        Probability left out at each end.
    """
    fewest = min(len(np.unique(clusters[is_listed])), len(np.unique(clusters[~is_listed])))
    if fewest < 2:
        return 1.0
    quantiles = stats.t.isf(tail, fewest - 1) / stats.norm.isf(tail)
    return float(quantiles * np.sqrt(fewest / (fewest - 1)))


def metrics_frame(metrics: Sequence[Metric]) -> pd.DataFrame:
    """Return one row per design, model and metric, in the order they were measured."""
    columns = list(Metric.__dataclass_fields__)
    frame = pd.DataFrame([asdict(metric) for metric in metrics], columns=columns)
    return frame.astype({"value": "float64", "low": "float64", "high": "float64"})


def _measure(units: np.ndarray, listed: np.ndarray, top_shares: Sequence[float]) -> np.ndarray:
    """Return metrics, shape (n_metrics, n_draws), from counts by falling score."""
    units_above, listed_above = units.cumsum(axis=0), listed.cumsum(axis=0)
    n_units, n_listed = units_above[-1], listed_above[-1]
    n_unlisted = n_units - n_listed
    with np.errstate(divide="ignore", invalid="ignore"):
        beaten = n_unlisted - (units_above - listed_above) + (units - listed) / 2
        area = (listed * beaten).sum(axis=0) / (n_listed * n_unlisted)
        precision = np.divide(
            listed_above, units_above, out=np.zeros_like(units), where=units_above > 0
        )
        measured = [area, (listed * precision).sum(axis=0) / n_listed, n_listed / n_units]
        for share in top_shares:
            at = share * n_units
            found = _listed_at(at, units, units_above, listed, listed_above)
            measured += [
                found / n_listed,
                found / at,
                found / at * n_units / n_listed,
                1 - (at - found) / n_unlisted,
            ]
    return np.where((n_listed > 0) & (n_unlisted > 0), np.stack(measured), np.nan)


def _listed_at(
    target: np.ndarray,
    units: np.ndarray,
    units_above: np.ndarray,
    listed: np.ndarray,
    listed_above: np.ndarray,
) -> np.ndarray:
    """Return the listed units in the top ``target``, a tied block counted in proportion."""
    block = np.minimum((units_above < target).sum(axis=0, keepdims=True), len(units) - 1)
    here, here_above, here_listed, here_listed_above = (
        np.take_along_axis(values, block, 0)[0]
        for values in (units, units_above, listed, listed_above)
    )
    beyond = here_above - target
    return here_listed_above - np.where(here > 0, here_listed * beyond / here, 0)


def _percentiles(name: str, value: float, drawn: np.ndarray, tail: float) -> tuple[float, float]:
    levels = np.array([tail, 1 - tail])
    if name == "average_precision":
        below = np.clip(np.mean(drawn < value), 1 / len(drawn), 1 - 1 / len(drawn))
        corrected = stats.norm.cdf(2 * stats.norm.ppf(below) + stats.norm.ppf(levels))
        levels = np.r_[levels, corrected]
    # of B draws the k-th leaves k / (B + 1) below it
    ends = np.nanquantile(drawn, levels, method="weibull")
    return float(ends.min()), float(ends.max())


def _has_few_at_the_top(name: str, value: float, n_units: int, n_listed: int) -> bool:
    """Whether there is too little to resample: too few found, missed or wrongly at the top."""
    kind, _, top = name.partition("_at_")
    if not top:
        return False
    at = float(top.removesuffix("pct")) / 100 * n_units
    found = {
        "recall": value * n_listed,
        "precision": value * at,
        "lift": value * at * n_listed / n_units,
        "specificity": at - (1 - value) * (n_units - n_listed),
    }[kind]
    return min(found, n_listed - found, at - found) < _FEW_AT_THE_TOP


def _largest(name: str) -> float:
    kind, _, top = name.partition("_at_")
    return 100 / float(top.removesuffix("pct")) if kind == "lift" else 1.0


def _names(top_shares: Sequence[float]) -> list[str]:
    names = ["roc_auc", "average_precision", "listed_share"]
    for share in top_shares:
        at = f"at_{100 * share:g}pct"
        names += [f"recall_{at}", f"precision_{at}", f"lift_{at}", f"specificity_{at}"]
    return names


def _refusal(n_units: int, n_listed: int) -> str:
    if n_listed < MINIMUM_LISTED:
        return (
            f"refused: fewer than {MINIMUM_LISTED} listed units among those ranked cannot show "
            "whether a ranking works"
        )
    if n_listed == n_units:
        return "refused: every unit is listed, there is nothing to rank them against"
    return ""


def _reason(n_listed: int, few_labels: int, n_clusters: int) -> str:
    reasons = []
    if n_listed < few_labels:
        reasons.append(
            f"indicative only: {n_listed} listed units, fewer than {few_labels}; interval "
            "widened to hold Hanley-McNeil's or Clopper-Pearson's"
        )
    if n_clusters < _MINIMUM_CLUSTERS:
        reasons.append(f"indicative only: interval rests on {n_clusters} clusters")
    return "; ".join(reasons)


def _closed_form(
    name: str, value: float, n_units: int, n_listed: int, tail: float
) -> tuple[float, float]:
    if name == "roc_auc" and 0 < value < 1:
        return _hanley_mcneil(value, n_listed, n_units - n_listed, tail)
    if name == "listed_share":
        return _clopper_pearson(value, n_units, tail)
    kind, _, top = name.partition("_at_")
    if kind in ("roc_auc", "average_precision", "recall"):
        return _clopper_pearson(value, n_listed, tail)
    share = float(top.removesuffix("pct")) / 100
    if kind == "lift":
        low, high = _clopper_pearson(value * share, n_listed, tail)
        return low / share, high / share
    trials, unlisted = max(share * n_units, 1), n_units - n_listed
    if kind == "precision":
        return _clopper_pearson(value, trials, tail)
    low, high = _clopper_pearson(1 - (1 - value) * unlisted / trials, trials, tail)
    return 1 - trials * (1 - low) / unlisted, 1 - trials * (1 - high) / unlisted


def _hanley_mcneil(area: float, n_listed: int, n_unlisted: int, tail: float) -> tuple[float, float]:
    q1, q2 = area / (2 - area), 2 * area**2 / (1 + area)
    variance = (
        area * (1 - area) + (n_listed - 1) * (q1 - area**2) + (n_unlisted - 1) * (q2 - area**2)
    ) / (n_listed * n_unlisted)
    half = float(stats.norm.isf(tail)) * np.sqrt(variance)
    return max(0.0, area - half), min(1.0, area + half)


def _clopper_pearson(value: float, trials: float, tail: float) -> tuple[float, float]:
    low, high = clopper_pearson(min(max(value, 0.0), 1.0) * trials, trials, tail)
    return float(low), float(high)
