"""The area-level model of Fay and Herriot: direct rates of small cells, drawn towards a line."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm, poisson

from infiltrate.errors import CheckFailed, Problem

_ROUNDS = 200
_PRECISION = 1e-10
_MANY = 30


@dataclass(frozen=True, eq=False)
class FayHerriot:
    """A fitted area-level model of m cells and p covariates.

    Attributes
    ----------
    estimate : numpy.ndarray, shape (m,)
        Empirical best linear unbiased prediction of each cell.
    mse : numpy.ndarray, shape (m,)
        Its mean squared error by Prasad and Rao, estimated.
    area_variance : float
        Variance between cells that the covariates do not explain; 0 when there is none to see.
    beta : numpy.ndarray, shape (p,)
        Coefficients.
    shrinkage : numpy.ndarray, shape (m,)
        Weight of the line, 1 less the weight of the cell's own direct value.
    """

    estimate: np.ndarray
    mse: np.ndarray
    area_variance: float
    beta: np.ndarray
    shrinkage: np.ndarray


@dataclass(frozen=True, eq=False)
class SmoothedRates:
    """Rates of cells after smoothing on the arcsine scale.

    Attributes
    ----------
    rate, low, high : numpy.ndarray, shape (m,)
        Between 0 and 1.
    model : FayHerriot
        On the scale of the arcsine of the root.
    """

    rate: np.ndarray
    low: np.ndarray
    high: np.ndarray
    model: FayHerriot


def fit_fay_herriot(direct: np.ndarray, variance: np.ndarray, X: np.ndarray) -> FayHerriot:
    """Fit the model by restricted maximum likelihood and predict every cell.

    Parameters
    ----------
    direct : numpy.ndarray, shape (m,)
        Direct values.
    variance : numpy.ndarray, shape (m,)
        Their sampling variances, taken as known; above 0.
    X : numpy.ndarray, shape (m, p)
        Covariates, with a constant if one is wanted; linearly independent, p < m.

    Raises
    ------
    CheckFailed
        When shapes do not fit, a value is missing, a variance is not above 0, or the covariates
        leave nothing to estimate.

    References
    ----------
    Fay & Herriot (1979), https://doi.org/10.1080/01621459.1979.10482505. Prasad & Rao (1990),
    https://doi.org/10.1080/01621459.1990.10475320. Scoring as in Rao & Molina (2015), Small Area
    Estimation, 6.1.2.
    """
    _check_input(direct, variance, X)
    area_variance = float(np.median(variance))
    for _ in range(_ROUNDS):
        residual_maker = _residual_maker(variance + area_variance, X)
        weighted = residual_maker @ direct
        score = 0.5 * (weighted @ weighted - np.trace(residual_maker))
        step = score / (0.5 * (residual_maker**2).sum())
        new = max(area_variance + step, 0.0)
        if abs(new - area_variance) <= _PRECISION * variance.mean():
            break
        area_variance = new
    total = variance + area_variance
    spread = np.linalg.inv(X.T @ (X / total[:, None]))
    beta = spread @ (X.T @ (direct / total))
    shrinkage = variance / total
    line = X @ beta
    of_cell = variance * (1 - shrinkage)
    of_line = shrinkage**2 * np.einsum("ij,jk,ik->i", X, spread, X)
    of_variance = shrinkage**2 / total * 2 / (total**-2.0).sum()
    return FayHerriot(
        estimate=line + (1 - shrinkage) * (direct - line),
        mse=of_cell + of_line + 2 * of_variance,
        area_variance=area_variance,
        beta=beta,
        shrinkage=shrinkage,
    )


def smooth_rates(
    rate: np.ndarray,
    effective_firms: np.ndarray,
    guess: np.ndarray,
    X: np.ndarray,
    interval: float = 0.95,
) -> SmoothedRates:
    """Smooth direct rates on the scale of the arcsine of the root, where variances are alike.

    Parameters
    ----------
    rate : numpy.ndarray, shape (m,)
        Direct rates, 0 to 1.
    effective_firms : numpy.ndarray, shape (m,)
        Firms of a simple random sample with the same variance.
    guess : numpy.ndarray, shape (m,)
        Rates, above 0, at which sampling variances are taken, such as those of larger cells. A
        cell's own rate will not do: where nobody was found it would have no variance.
    X : numpy.ndarray, shape (m, p)
        As in `fit_fay_herriot`.
    interval : float
        Coverage.

    Notes
    -----
    Mean and variance of the angle are those of a Poisson number of firms at the guess, since
    one over four times the firms holds for large numbers alone; what the mean lacks is added to
    the direct angle. On the way back the expected rate, not the rate at the expected angle, is
    returned: with angle a and its mean squared error v it is ``(1 - exp(-2 v) cos 2a) / 2``.

    Raises
    ------
    CheckFailed
        As `fit_fay_herriot`, and when a rate is not between 0 and 1.
    """
    if not ((rate >= 0) & (rate <= 1) & (guess > 0) & (guess <= 1)).all():
        raise CheckFailed(
            "Rates of cells cannot be smoothed.", [Problem("rate", "not a share", "0 to 1")]
        )
    _check_input(rate, np.asarray(effective_firms, dtype=float), X)
    mean, variance = _angle_moments(effective_firms, guess)
    lacking = np.arcsin(np.sqrt(guess)) - mean
    model = fit_fay_herriot(np.arcsin(np.sqrt(rate)) + lacking, variance, X)
    angle = np.clip(model.estimate, 0, np.pi / 2)
    reach = norm.ppf((1 + interval) / 2) * np.sqrt(model.mse)
    low, high = (
        np.sin(np.clip(model.estimate + side * reach, 0, np.pi / 2)) ** 2 for side in (-1, 1)
    )
    expected = (1 - np.exp(-2 * model.mse) * np.cos(2 * angle)) / 2
    return SmoothedRates(expected, low, high, model)


def _angle_moments(firms: np.ndarray, rate: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and variance of the angle of a Poisson number of firms over all firms."""
    mean, variance = np.arcsin(np.sqrt(rate)), 1 / (4 * firms)
    few = np.flatnonzero(firms * rate < _MANY)
    number = np.arange(4 * _MANY)
    chance = poisson.pmf(number, (firms * rate)[few, None])
    angle = np.arcsin(np.sqrt(np.minimum(number / firms[few, None], 1.0)))
    mean[few] = (chance * angle).sum(axis=1)
    variance[few] = (chance * (angle - mean[few, None]) ** 2).sum(axis=1)
    return mean, variance


def _residual_maker(total: np.ndarray, X: np.ndarray) -> np.ndarray:
    """Return P of restricted likelihood: the inverse covariance less what X explains."""
    weighted = X / total[:, None]
    return np.diag(1 / total) - weighted @ np.linalg.solve(X.T @ weighted, weighted.T)


def _check_input(direct: np.ndarray, variance: np.ndarray, X: np.ndarray) -> None:
    m = len(direct)
    if direct.shape != (m,) or variance.shape != (m,) or X.ndim != 2 or len(X) != m:
        problems = [
            Problem("shapes", f"{direct.shape}, {variance.shape} and {X.shape}", "m, m and (m, p)")
        ]
    else:
        problems = list(_find_problems(direct, variance, X))
    if problems:
        raise CheckFailed("The area-level model cannot be fitted.", problems)


def _find_problems(direct: np.ndarray, variance: np.ndarray, X: np.ndarray) -> list[Problem]:
    problems = []
    if not all(np.isfinite(array).all() for array in (direct, variance, X)):
        problems.append(Problem("values", "one is missing or infinite", "finite numbers"))
    elif (variance <= 0).any():
        problems.append(Problem("variance", f"{variance.min():g} in a cell", "above 0"))
    elif np.linalg.matrix_rank(X) < X.shape[1]:
        problems.append(
            Problem("X", "covariates that add up to one another", "linearly independent columns")
        )
    if len(direct) <= X.shape[1]:
        problems.append(
            Problem("cells", f"{len(direct)} with {X.shape[1]} covariates", "more cells")
        )
    return problems
