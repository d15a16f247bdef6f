"""Test for a jump of the density of contract amounts at a legal threshold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from infiltrate.errors import NotEnoughData

_FEWEST = 20


@dataclass(frozen=True)
class DensityJump:
    """Densities just left and right of a point and the test that they are equal.

    Attributes
    ----------
    left, right : float
        Bias-corrected densities at the point, from either side.
    statistic, p_value : float
        Their difference, right minus left, over its standard error; two-sided p value.
    bandwidth : float
        Distance from the point within which observations are used.
    used_left, used_right : int
        Observations within the bandwidth.
    """

    left: float
    right: float
    statistic: float
    p_value: float
    bandwidth: float
    used_left: int
    used_right: int


def measure_density_jump(
    values: np.ndarray, point: float, bandwidth: float | None = None, order: int = 2
) -> DensityJump:
    """Test whether a density is continuous at a point.

    Parameters
    ----------
    values : numpy.ndarray
        Observations, for contracts the logarithm of their amounts; missing ones are left out.
    point : float
        Where a jump is looked for; a value equal to it lies to the right.
    bandwidth : float, optional
        Half width of the data used; when absent 2.5 robust standard deviations times n to the
        power of -1/5, a rule of thumb.
    order : int
        Degree of the local polynomial of the distribution function; the test is made with one
        degree more, which removes the leading bias.

    Raises
    ------
    NotEnoughData
        When either side has fewer than 20 observations within the bandwidth.

    Notes
    -----
    Local polynomial density estimator and robust bias-corrected test of Cattaneo, Jansson and Ma
    (2020, Journal of the American Statistical Association 115), unrestricted, with a triangular
    kernel and jackknife standard errors. Given a bandwidth it gives the numbers of their package
    rddensity; the choice of the bandwidth is not theirs.
    """
    known = np.sort(values[np.isfinite(values)])
    width = _choose_bandwidth(known) if bandwidth is None else bandwidth
    used_left = int(((known < point) & (known >= point - width)).sum())
    used_right = int(((known >= point) & (known <= point + width)).sum())
    if min(used_left, used_right) < _FEWEST:
        raise NotEnoughData(
            f"A jump at {point:g} cannot be tested: {used_left} observations below and "
            f"{used_right} above it lie within {width:.3g}; {_FEWEST} are needed on each side."
        )
    left, left_variance = _fit_side(known, known < point, point, width, order + 1)
    right, right_variance = _fit_side(known, known >= point, point, width, order + 1)
    statistic = (right - left) / np.sqrt(left_variance + right_variance)
    return DensityJump(
        left=left,
        right=right,
        statistic=float(statistic),
        p_value=float(2 * stats.norm.sf(abs(statistic))),
        bandwidth=float(width),
        used_left=used_left,
        used_right=used_right,
    )


def _choose_bandwidth(values: np.ndarray) -> float:
    if len(values) < 2 * _FEWEST:
        raise NotEnoughData(
            f"A jump cannot be tested on {len(values)} observations; {2 * _FEWEST} are needed."
        )
    spread = min(values.std(ddof=1), stats.iqr(values) / 1.349) or values.std(ddof=1)
    return float(2.5 * spread * len(values) ** -0.2)


def _fit_side(
    values: np.ndarray, side: np.ndarray, point: float, width: float, degree: int
) -> tuple[float, float]:
    """Return the density at the point from one side, and its jackknife variance."""
    n = len(values)
    # of tied values each has the distribution function of the last
    below = (np.searchsorted(values, values, side="right") - 1) / (n - 1)
    inside = side & (np.abs(values - point) <= width)
    scaled = (values - point) / width
    kernel = np.where(inside, 1 - np.abs(scaled), 0.0) / width
    powers = np.vander(np.where(inside, scaled, 0.0), degree + 1, increasing=True)
    weighted = powers * kernel[:, None]
    inverse = np.linalg.inv(weighted.T @ powers)
    slope = inverse @ (weighted.T @ below)
    # what each observation adds to the distribution function at itself and those above it
    influence = np.cumsum(weighted[::-1], axis=0)[::-1] / (n - 1)
    covariance = inverse @ (influence.T @ influence) @ inverse
    return float(slope[1] / width), float(covariance[1, 1] / width**2)
