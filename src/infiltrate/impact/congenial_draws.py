"""Draw the prevalence of areas again with the measures that are to explain it in the model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from infiltrate.impact.cell_regression import CellDesign

_HALF = 0.5
_FEWEST = 5.0
_LEAST_PRECISION = 0.02
_GRID = 120
_WIDEST = 4.0


def condition_draws(draws: np.ndarray, design: CellDesign, rng: np.random.Generator) -> np.ndarray:
    r"""Draw infiltrated firms of cells again, as if areas were alike only given their measures.

    The model that made the draws takes areas for alike until lists say otherwise, and so draws
    each towards the mean of all: a regression of such draws on what makes areas unlike finds too
    little (Meng 1994). Here what lists say of each area is separated from that prior, and put
    together again with a prior whose mean is a line in the measures.

    Parameters
    ----------
    draws : numpy.ndarray, shape (M, C)
        Infiltrated firms of each cell.
    design : CellDesign
        The cells and the measures of the regression to come.
    rng : numpy.random.Generator
        Draws line, scatter and areas.

    Returns
    -------
    numpy.ndarray, shape (M, C)
        As ``draws``: areas changed, sectors within areas as they were.

    Notes
    -----
    With :math:`\theta_r` the log of an area's infiltrated firms over those expected from its
    sectors, of posterior mean :math:`m_r` and variance :math:`V_r`, and prior variance
    :math:`P_r = \tau^2 + 1 / \bar N_r`, the lists alone say :math:`y_r` with variance
    :math:`s_r^2`, where :math:`1 / s_r^2 = 1 / V_r - 1 / P_r` and
    :math:`y_r / s_r^2 = m_r / V_r`. The scatter :math:`\tau^2` is that of areas within draws, which
    is what a fitted prior reproduces. Then
    :math:`y_r \sim N(x_r \beta, s_r^2 + \sigma^2 + 1 / \bar N_r)`, a model of Fay and Herriot
    (1979) with flat priors on :math:`\beta` and :math:`\sigma`.

    References
    ----------
    Meng (1994), https://doi.org/10.1214/ss/1177010269. Fay & Herriot (1979),
    https://doi.org/10.1080/01621459.1979.10482505.
    """
    areas, sectors = len(design.measures), int(design.sector.max()) + 1
    of_area, of_sector = np.eye(areas)[design.area], np.eye(sectors)[design.sector]
    rate = (draws @ of_sector) / (design.firms @ of_sector)
    by_sector = rate[:, design.sector] * design.firms
    count, expected = draws @ of_area, by_sector @ of_area
    ratio = np.log((count + _HALF) / (expected + _HALF))
    ratio -= ratio.mean(axis=1, keepdims=True)
    chance = 1 / (count.mean(axis=0) + _HALF)
    said, precision = _remove_prior(ratio, chance, count.mean(axis=0))
    lists = _Lists(said, precision, chance)
    again = _draw_areas(lists, design.measures, len(draws), rng)
    # the level of the country stays that of each draw
    wanted = np.exp(again) * (expected + _HALF) - _HALF
    wanted = np.maximum(wanted, 0.0)
    wanted *= count.sum(axis=1, keepdims=True) / wanted.sum(axis=1, keepdims=True)
    pattern = np.where((count > 0)[:, design.area], draws, by_sector)
    total = pattern @ of_area
    factor = np.divide(wanted, total, out=np.zeros_like(wanted), where=total > 0)
    return np.minimum(pattern * factor[:, design.area], design.firms)


@dataclass(frozen=True, eq=False)
class _Lists:
    """What lists say of areas: value times precision, precision, and variance of counting."""

    said: np.ndarray
    precision: np.ndarray
    chance: np.ndarray


def _remove_prior(
    ratio: np.ndarray, chance: np.ndarray, count: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return what the lists alone say of each area, times its precision, and that precision."""
    mean, variance = ratio.mean(axis=0), np.maximum(ratio.var(axis=0, ddof=1), 1e-9)
    large = count >= _FEWEST if (count >= _FEWEST).sum() > 2 else count >= 0
    within = ratio[:, large] - ratio[:, large].mean(axis=1, keepdims=True)
    freedom = large.sum() / (large.sum() - 1)
    scatter = float(np.mean(freedom * (within**2).mean(axis=0) - chance[large]))
    prior = max(scatter, 0.0) + chance
    precision = np.maximum(1 / variance - 1 / prior, _LEAST_PRECISION / prior)
    return mean / variance, precision


def _draw_areas(
    lists: _Lists, measures: np.ndarray, count: int, rng: np.random.Generator
) -> np.ndarray:
    """Draw scatter, line and areas, shape (count, areas)."""
    said, precision, chance = lists.said, lists.precision, lists.chance
    X = np.column_stack([np.ones(len(said)), measures])
    value, noise = said / precision, 1 / precision
    widest = _WIDEST * max(float(np.sqrt(np.var(value))), 0.1)
    scatter = np.linspace(0.0, widest, _GRID)
    lines = [_fit_line(value, noise + chance + sd**2, X) for sd in scatter]
    weight = np.exp([line[2] for line in lines] - np.max([line[2] for line in lines]))
    chosen = rng.choice(_GRID, count, p=weight / weight.sum())
    normal, luck = rng.normal(size=(count, X.shape[1])), rng.normal(size=(count, len(said)))
    areas = np.empty((count, len(said)))
    for at, which in enumerate(chosen):
        beta, root, _ = lines[which]
        prior = scatter[which] ** 2 + chance
        held = precision + 1 / prior
        mean = (said + X @ (beta + root @ normal[at]) / prior) / held
        areas[at] = mean + luck[at] / np.sqrt(held)
    return areas


def _fit_line(
    value: np.ndarray, variance: np.ndarray, X: np.ndarray
) -> tuple[np.ndarray, np.ndarray, float]:
    """Return the line by weighted least squares, a root of its covariance, and the likelihood."""
    weighted = X / variance[:, None]
    spread = np.linalg.inv(X.T @ weighted)
    beta = spread @ (weighted.T @ value)
    residual = value - X @ beta
    likelihood = -0.5 * (
        np.log(variance).sum() - np.linalg.slogdet(spread)[1] + residual @ (residual / variance)
    )
    return beta, np.linalg.cholesky(spread), float(likelihood)
