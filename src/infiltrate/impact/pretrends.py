"""Whether treated companies and controls moved alike before, and what follows if they did not."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.stats import chi2, ncx2, norm

from infiltrate.impact.curves import Curve

POWER = 0.8
_MOST = 10.0


@dataclass(frozen=True)
class PreTrends:
    """What the years before treatment say.

    Attributes
    ----------
    leads : int
        Event times before treatment that were tested.
    wald, p_value : float
        Joint test that all of them are 0.
    slope_found : float
        Straight trend, per year, that the test finds with a power of 80 per cent (Roth 2022).
    bias_of_slope : float
        What that trend would add to the average effect.
    relative : tuple of (float, float, float)
        Honest interval of the average under relative magnitudes, as (times, low, high).
    breakdown_relative : float
        Up to how many times the largest change before treatment the changes after it may depart
        from parallel trends before the interval holds 0; 10 stands for 10 or more.
    straight : tuple of (float, float)
        Honest interval when the departure goes on as the straight line through the years before.
    breakdown_smooth : float
        Up to which change of the slope per year the interval leaves out 0.
    """

    leads: int
    wald: float
    p_value: float
    slope_found: float
    bias_of_slope: float
    relative: tuple[tuple[float, float, float], ...]
    breakdown_relative: float
    straight: tuple[float, float]
    breakdown_smooth: float


def examine_pretrends(
    curve: Curve, level: float = 0.95, magnitudes: tuple[float, ...] = (0.5, 1.0, 2.0)
) -> PreTrends | None:
    """Test the years before treatment, say what the test can find, and bound the average honestly.

    Parameters
    ----------
    curve : Curve
        With leads and one common year of reference.
    level : float
        Coverage of the intervals; 1 less this is the size of the test.
    magnitudes : tuple of float
        Multiples of the largest change before treatment to give intervals for.

    Returns
    -------
    PreTrends or None
        None where no year before the year of reference was estimated, or fewer clusters than
        years tell them.

    Notes
    -----
    A test that does not reject proves little: Roth (2022) asks which trend it would find.
    Rambachan and Roth (2023) ask how far from parallel the years after may be.
    """
    before = curve.event_times < curve.reference
    covariance = curve.covariance[np.ix_(before, before)]
    if not before.any() or np.linalg.matrix_rank(covariance) < before.sum():
        return None
    distance = (curve.event_times - curve.reference).astype(float)
    inverse = np.linalg.inv(covariance)
    wald = float(curve.estimates[before] @ inverse @ curve.estimates[before])
    leads = int(before.sum())
    slope = _find_slope(distance[before] @ inverse @ distance[before], leads, 1 - level)
    return PreTrends(
        leads=leads,
        wald=wald,
        p_value=float(chi2.sf(wald, leads)),
        slope_found=slope,
        bias_of_slope=slope * float(curve.weights @ distance),
        relative=tuple((m, *bound_relative(curve, m, level)) for m in magnitudes),
        breakdown_relative=_find_breakdown(lambda m: bound_relative(curve, m, level), _MOST),
        straight=bound_smooth(curve, 0.0, level),
        breakdown_smooth=_find_breakdown(
            lambda m: bound_smooth(curve, m, level), abs(curve.average)
        ),
    )


def bound_relative(curve: Curve, times: float, level: float) -> tuple[float, float]:
    """Return the honest interval of the average under relative magnitudes.

    Changes of the difference from parallel trends, from one year to the next, are after treatment
    at most ``times`` the largest change before.

    Notes
    -----
    Were the largest change known to be that of one pair of years and of one sign, both ends of
    what the average can be would be linear in the coefficients, each with its own standard error.
    The interval is the widest over all pairs and both signs: it covers whichever is the right one
    (Rambachan and Roth 2023, lemma 2.2), and carries the noise of the years before. The interval
    of diff-diff 3.13 takes the estimated largest change as known, and is too short.
    """
    changes = _changes_before(curve)
    if not len(changes):
        return float("nan"), float("nan")
    reach = times * float(curve.weights @ np.maximum(curve.event_times - curve.reference, 0))
    ends = curve.weights + reach * np.vstack([changes, -changes])
    middle = ends @ curve.estimates
    variance = np.einsum("ij,jk,ik->i", ends, curve.covariance, ends)
    half = norm.ppf(0.5 + level / 2) * np.sqrt(variance)
    return float((middle - half).min()), float((middle + half).max())


def bound_smooth(curve: Curve, change: float, level: float) -> tuple[float, float]:
    """Return the honest interval of the average under smoothness.

    The slope of the difference from parallel trends changes by at most ``change`` from one year to
    the next; with 0 it is the straight line through the years before. The interval is the shortest
    of fixed length around a linear estimate (Rambachan and Roth 2023, by diff-diff); missing where
    it cannot be found.
    """
    from diff_diff.honest_did import HonestDiD
    from diff_diff.results_base import EventStudyResults

    after = curve.event_times > curve.reference
    nothing = np.full(len(curve.event_times), np.nan)
    # the library takes curves of its own estimators only; what it needs of them, one common year
    # of reference, ours have
    times = np.append(curve.event_times, curve.reference)
    pad = [np.append(part, np.nan) for part in (np.sqrt(np.diag(curve.covariance)), nothing)]
    surface = EventStudyResults(
        event_time=times,
        att=np.append(curve.estimates, 0.0),
        se=pad[0],
        t_stat=pad[1],
        p_value=pad[1],
        conf_int_lower=pad[1],
        conf_int_upper=pad[1],
        is_reference=times == curve.reference,
        n=pad[1],
        vcov=curve.covariance,
        vcov_index=curve.event_times,
        source="CallawaySantAnnaResults",
        base_period="universal",
        reference_event_times=(curve.reference,),
    )
    honest = HonestDiD("smoothness", M=change, alpha=1 - level, l_vec=curve.weights[after])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = honest.fit(surface)
        except ValueError:
            return float("nan"), float("nan")
    return float(found.ci_lb), float(found.ci_ub)


def _changes_before(curve: Curve) -> np.ndarray:
    """Return the changes between neighbouring years up to the year of reference, as contrasts."""
    place = {int(time): j for j, time in enumerate(curve.event_times)}
    rows = []
    for time in sorted(t for t in place if t < curve.reference):
        row = np.zeros(len(place))
        row[place[time]] = -1
        if time + 1 in place:
            row[place[time + 1]] = 1
        if time + 1 in place or time + 1 == curve.reference:
            rows.append(row)
    return np.array(rows).reshape(-1, len(place))


def _find_slope(information: float, leads: int, size: float) -> float:
    limit = chi2.ppf(1 - size, leads)
    noncentrality = brentq(lambda value: ncx2.sf(limit, leads, value) - POWER, 1e-6, 1e3)
    return float(np.sqrt(noncentrality / information))


def _find_breakdown(bound: Callable[[float], tuple[float, float]], most: float) -> float:
    def distance(value: float) -> float:
        low, high = bound(value)
        return max(low, -high)

    start = distance(0.0)
    if not start > 0:
        return 0.0 if start <= 0 else float("nan")
    if distance(most) > 0:
        return most
    return float(brentq(distance, 0.0, most, xtol=1e-3 * most))
