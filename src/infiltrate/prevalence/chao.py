"""Chao's bound: how many firms the overlaps show to be missing, at the least."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import optimize, special, stats

from infiltrate.errors import NotEnoughData
from infiltrate.prevalence.capture_patterns import CapturePatterns, count_patterns
from infiltrate.prevalence.false_entries import (
    WrongEntries,
    draw_shares,
    expected_shares,
    read_wrong_entries,
    remove_wrong_entries,
)
from infiltrate.prevalence.list_screening import screen_lists
from infiltrate.prevalence.lists import ListsData
from infiltrate.prevalence.national_posterior import national_posterior, reject_estimator
from infiltrate.prevalence.posterior import Family, Posterior

_WITH, _WITHOUT = "chao_list_effects", "chao_equal_lists"
_HEURISTIC = (
    "A heuristic lower bound: it holds on average when firms differ in how easily they are "
    "listed, but in a single country it can lie above the truth."
)


@dataclass(frozen=True)
class ChaoBound:
    """A bound on the number of firms, listed ones included.

    Attributes
    ----------
    total : float
        Listed firms and the least number of unlisted ones.
    low, high : float
        Log-normal interval.
    unlisted : float
        The least number of unlisted firms.
    """

    total: float
    low: float
    high: float
    unlisted: float


def bound_with_list_effects(table: CapturePatterns, interval: float = 0.95) -> ChaoBound:
    r"""Bound the number of firms when lists differ in size (model M_th).

    .. math:: N \ge M + \frac{\sum_{j<k} z_j z_k}{f_2 + 1}

    with M listed firms, :math:`z_j` those on list j only and :math:`f_2` those on exactly two.
    The interval is Chao's (1987) log-normal one, with the delta-method variance of the
    independent Poisson counts.
    """
    by_list, on_two = _alone_and_twice(table, table.counts[np.newaxis])
    alone, twice = by_list[0], on_two[0]
    products = (alone.sum() ** 2 - (alone**2).sum()) / 2
    unlisted = products / (twice + 1)
    slopes = (alone.sum() - alone) / (twice + 1)
    variance = (slopes**2 * alone).sum() + unlisted**2 / (twice + 1) ** 2 * twice + unlisted
    return _log_normal(table.observed, unlisted, variance, interval)


def bound_with_equal_lists(
    once: float, twice: float, listed: float, interval: float = 0.95, corrected: bool = True
) -> ChaoBound:
    r"""Bound the number of firms when lists are alike (model M_h), the textbook form.

    .. math:: N \ge M + \frac{f_1 (f_1 - 1)}{2 (f_2 + 1)}
        \quad\text{or, uncorrected,}\quad M + \frac{f_1^2}{2 f_2}

    A comparator only: lists of different size make it too large.

    Parameters
    ----------
    once, twice : float
        Firms on exactly one and exactly two lists.
    listed : float
        Firms on at least one.
    interval : float
        Coverage of the log-normal interval.
    corrected : bool
        Whether to correct the bias of small counts.
    """
    if corrected:
        unlisted = once * max(once - 1, 0) / (2 * (twice + 1))
    else:
        unlisted = once**2 / (2 * twice) if twice > 0 else math.inf
    ratio = once / max(twice, 1)
    variance = twice * (ratio**4 / 4 + ratio**3 + ratio**2 / 2)
    return _log_normal(listed, unlisted, variance, interval)


def profile_equal_lists(
    once: float, twice: float, listed: float, interval: float = 0.95
) -> tuple[float, float]:
    r"""Return the profile-likelihood interval of the uncorrected M_h bound.

    The unlisted, once and twice listed have Poisson means :math:`e^{a}, e^{a+b}, e^{a+2b}/2`
    and the others are free; the total runs over a grid that ends where the multinomial
    likelihood, maximised over a and b, has fallen by half a chi-squared quantile
    (Cormack 1992; the interval of Rcapture's `closedpCI.0`).
    """

    def likelihood(unlisted: float) -> float:
        def negative(b: float) -> float:
            weights = np.array([1.0, math.exp(b), math.exp(2 * b) / 2])
            counts = np.array([unlisted, once, twice])
            means = weights * counts.sum() / weights.sum()
            return float(-(special.xlogy(counts, means) - means).sum())

        fitted = -optimize.minimize_scalar(negative, bounds=(-15, 15), method="bounded").fun
        total = listed + unlisted
        return float(
            fitted
            - special.gammaln(unlisted + 1)
            - (special.xlogy(total, total) - total)
            + special.gammaln(total + 1)
        )

    middle = once**2 / (2 * twice)
    best = optimize.minimize_scalar(
        lambda n: -likelihood(n), bounds=(middle / 3, middle * 3), method="bounded"
    )
    drop = stats.chi2.ppf(interval, 1) / 2

    def distance(n: float) -> float:
        return likelihood(n) + best.fun + drop

    low = optimize.brentq(distance, best.x / 50, best.x)
    high = optimize.brentq(distance, best.x, best.x * 50)
    return listed + float(low), listed + float(high)


def estimate_chao(
    data: ListsData, rng: np.random.Generator, draws: int = 1000
) -> tuple[Posterior, Posterior]:
    """Bound the number of infiltrated firms of a study.

    Parameters
    ----------
    data : ListsData
        Lists that mean the same thing; ``data.organised_crime`` for a study.
    rng : numpy.random.Generator
        Source of the bootstrap.
    draws : int
        Bootstrap tables.

    Returns
    -------
    tuple of Posterior
        With list effects (family heuristic) and, for comparison, without.
    """
    firms = data.denominator.firms
    try:
        table = count_patterns(data.listed, data.exposed, data.list_ids, data.match)
    except NotEnoughData as error:
        return (
            reject_estimator(_WITH, "heuristic", firms, [str(error)]),
            reject_estimator(_WITHOUT, "comparator", firms, [str(error)]),
        )
    return bound_from_patterns(table, firms, rng, read_wrong_entries(data), draws)


def bound_from_patterns(
    table: CapturePatterns,
    firms: int,
    rng: np.random.Generator,
    wrong: WrongEntries | None = None,
    draws: int = 1000,
) -> tuple[Posterior, Posterior]:
    """Bound the number of firms behind a table of patterns; see `estimate_chao`.

    Each draw takes a share of wrong entries from its prior, resamples the counts as Poisson, and
    adds Poisson noise to the number of unlisted firms.
    """
    wrong = wrong or {}
    screening = screen_lists(table)
    table = screening.table
    clean = table.with_counts(remove_wrong_entries(table, expected_shares(table, wrong))[0])
    removed = remove_wrong_entries(table, draw_shares(table, wrong, draws, rng))
    resampled = rng.poisson(removed).astype(float)
    known = removed.sum(axis=1) + table.unexplained
    singles = clean.numbers_by_lists()
    once, twice = (float(singles[k]) if len(singles) > k else 0.0 for k in (0, 1))
    with_effects = bound_with_list_effects(clean)
    with_equal = bound_with_equal_lists(once, twice, clean.observed)

    def wrap(name: str, family: Family, bound: ChaoBound, unlisted: np.ndarray) -> Posterior:
        return national_posterior(
            name,
            family,
            firms,
            known + rng.poisson(np.minimum(unlisted, 1e15)),
            bound.total,
            diagnostics={
                "observed": clean.observed,
                "low_95": float(bound.low),
                "high_95": float(bound.high),
            },
            cautions=[_HEURISTIC, *screening.cautions],
            rejections=screening.rejections,
        )

    alone, firms_twice = _alone_and_twice(table, resampled)
    total = alone.sum(axis=1)
    products = (total**2 - (alone**2).sum(axis=1)) / 2
    equal = total * np.maximum(total - 1, 0) / 2
    return (
        wrap(_WITH, "heuristic", with_effects, products / (firms_twice + 1)),
        wrap(_WITHOUT, "comparator", with_equal, equal / (firms_twice + 1)),
    )


def _alone_and_twice(table: CapturePatterns, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Firms on list j only, shape (B, K), and on exactly two lists, shape (B,)."""
    on = table.patterns.sum(axis=1)
    return counts[:, on == 1] @ table.patterns[on == 1], counts[:, on == 2].sum(axis=1)


def _log_normal(listed: float, unlisted: float, variance: float, interval: float) -> ChaoBound:
    if unlisted <= 0 or not math.isfinite(unlisted):
        return ChaoBound(listed + unlisted, listed, listed + unlisted, unlisted)
    width = stats.norm.ppf((1 + interval) / 2) * math.sqrt(math.log1p(variance / unlisted**2))
    return ChaoBound(
        listed + unlisted,
        listed + unlisted * math.exp(-width),
        listed + unlisted * math.exp(width),
        unlisted,
    )
