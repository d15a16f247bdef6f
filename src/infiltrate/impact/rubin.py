"""Rubin's rules: one interval from a regression that was run on many draws of its outcome."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

FEWEST_DRAWS = 2
"""Without two there is no variance between draws."""


@dataclass(frozen=True)
class Combined:
    """One coefficient over M draws.

    Attributes
    ----------
    estimate, std_error : float
        Mean of the estimates, and the root of ``within + (1 + 1/M) between``.
    low, high : float
        Ends of the interval by Student's t.
    p_value : float
        Two-sided, of a coefficient of 0.
    degrees : float
        Degrees of freedom by Barnard and Rubin; infinite where nothing limits them.
    within, between : float
        Mean of the variances, and variance of the estimates.
    missing_share : float
        Share of the information on the coefficient that is lost because the outcome is estimated.
    """

    estimate: float
    std_error: float
    low: float
    high: float
    p_value: float
    degrees: float
    within: float
    between: float
    missing_share: float


def combine_draws(
    estimates: np.ndarray,
    variances: np.ndarray,
    complete_degrees: float = np.inf,
    interval: float = 0.95,
) -> Combined:
    r"""Combine one coefficient over the draws of an outcome that is itself estimated.

    Parameters
    ----------
    estimates, variances : numpy.ndarray, shape (M,)
        The coefficient and its squared standard error in each draw.
    complete_degrees : float
        Degrees of freedom of its t test if the outcome were known.
    interval : float
        Coverage.

    Raises
    ------
    ValueError
        When shapes differ, fewer than two draws are given, a number is missing or infinite, or a
        variance is below 0.

    Notes
    -----
    With mean variance W, variance B between draws and :math:`T = W + (1 + 1/M) B`, the share
    :math:`\lambda = (1 + 1/M) B / T` gives degrees :math:`\nu = (M - 1) / \lambda^2` (Rubin 1987)
    and, with :math:`\nu_c` degrees if nothing were missing,
    :math:`\nu_o = \nu_c (\nu_c + 1) / (\nu_c + 3) \cdot (1 - \lambda)`; those used are
    :math:`1 / (1 / \nu + 1 / \nu_o)` (Barnard and Rubin 1999). The draws must come from a model
    that holds what the regression holds, or the coefficient is too near to 0 (Meng 1994).

    References
    ----------
    Rubin (1987), Multiple Imputation for Nonresponse in Surveys, chapter 3. Barnard & Rubin (1999),
    https://doi.org/10.1093/biomet/86.4.948. Meng (1994),
    https://doi.org/10.1214/ss/1177010269.
    """
    from scipy import stats

    _check(estimates, variances)
    count = len(estimates)
    within, between = float(np.mean(variances)), float(np.var(estimates, ddof=1))
    added = (1 + 1 / count) * between
    total = within + added
    if total == 0:
        value = float(estimates[0])
        p_value = 1.0 if value == 0 else 0.0
        return Combined(value, 0.0, value, value, p_value, complete_degrees, 0.0, 0.0, 0.0)
    share = added / total
    degrees = _find_degrees(share, count, complete_degrees)
    law = stats.t(degrees) if np.isfinite(degrees) else stats.norm()
    error, mean = float(np.sqrt(total)), float(np.mean(estimates))
    reach = float(law.ppf((1 + interval) / 2)) * error
    increase = added / within if within > 0 else np.inf
    lost = (increase + 2 / (degrees + 3)) / (increase + 1) if np.isfinite(increase) else 1.0
    return Combined(
        estimate=mean,
        std_error=error,
        low=mean - reach,
        high=mean + reach,
        p_value=float(2 * law.sf(abs(mean) / error)),
        degrees=float(degrees),
        within=within,
        between=between,
        missing_share=float(lost) if between > 0 else 0.0,
    )


def _find_degrees(share: float, draws: int, complete: float) -> float:
    """Return Barnard and Rubin's degrees of freedom, infinite where nothing limits them."""
    of_draws = share**2 / (draws - 1)
    if np.isinf(complete):
        of_data = 0.0
    else:
        of_data = (complete + 3) / max(complete * (complete + 1) * (1 - share), 1e-9)
    limits = of_draws + of_data
    return float(1 / limits) if limits > 0 else float("inf")


def _check(estimates: np.ndarray, variances: np.ndarray) -> None:
    if estimates.ndim != 1 or estimates.shape != variances.shape:
        raise ValueError(
            f"estimates of shape {estimates.shape} and variances of shape {variances.shape}: both "
            "must be one row of draws"
        )
    if len(estimates) < FEWEST_DRAWS:
        raise ValueError(f"{len(estimates)} draws: Rubin's rules need {FEWEST_DRAWS} or more")
    if not (np.isfinite(estimates).all() and np.isfinite(variances).all()):
        raise ValueError("an estimate or a variance is missing or infinite")
    if (variances < 0).any():
        raise ValueError("a variance is below 0")
