"""Fractional logit of shares of cells on measures of their areas, with effects of sectors."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from scipy.linalg import LinAlgWarning
from scipy.special import expit

_PRECISION = 1e-9
_ROUNDS = 60
_RIDGE = 1e-9


@dataclass(frozen=True, eq=False)
class CellDesign:
    """C cells of A areas and k measures.

    Attributes
    ----------
    firms : numpy.ndarray, shape (C,)
        Firms of each cell, which are its weight; above 0.
    area, sector : numpy.ndarray of int, shape (C,)
        Codes from 0.
    measures : numpy.ndarray, shape (A, k)
        Measures of areas; k may be 0.
    """

    firms: np.ndarray
    area: np.ndarray
    sector: np.ndarray
    measures: np.ndarray

    @property
    def degrees(self) -> int:
        """Degrees of freedom: areas less the measures and the mean."""
        return len(self.measures) - self.measures.shape[1] - 1


def regress_cells(shares: np.ndarray, design: CellDesign) -> tuple[np.ndarray, np.ndarray]:
    r"""Regress shares on measures, and find the covariance by leaving out one area at a time.

    Parameters
    ----------
    shares : numpy.ndarray, shape (C,)
        Between 0 and 1.
    design : CellDesign
        Cells of at least two areas more than it has measures.

    Returns
    -------
    coefficients : numpy.ndarray, shape (k,)
        Log-odds per unit of each measure; missing when the fit fails.
    variances : numpy.ndarray, shape (k,)
        By the linearised cluster jackknife (CV3L): with score :math:`s_g` and information
        :math:`H_g` of area g, :math:`\frac{G-1}{G} \sum_g \delta_g \delta_g^\top` with
        :math:`\delta_g = (H - H_g)^{-1} s_g`. It holds with few areas where the usual clustered
        covariance is too small.

    Notes
    -----
    Sectors in which all shares are 0, or 1, say nothing of the slopes and are left out.

    References
    ----------
    Papke & Wooldridge (1996), https://doi.org/10.1002/(SICI)1099-1255(199611)11:6<619::AID-JAE418>
    3.0.CO;2-1. MacKinnon, Nielsen & Webb (2024), https://arxiv.org/abs/2406.00650.
    """
    k = design.measures.shape[1]
    kept = _has_variation(shares, design)
    X, area = _lay_out(design, kept), design.area[kept]
    share, weight = shares[kept], design.firms[kept]
    missing = np.full(k, np.nan)
    fitted = _fit(share, weight, X)
    if fitted is None:
        return missing, missing
    coefficients, mean = fitted
    score = X * (weight * (share - mean))[:, None]
    spread = weight * mean * (1 - mean)
    of_area = np.eye(len(design.measures))[:, area]
    own = np.einsum("gc,cj,cl->gjl", of_area * spread, X, X, optimize=True)
    whole = own.sum(axis=0)
    # a sector of one area has nothing left without it: the ridge keeps its effect at rest
    others = whole - own + _RIDGE * np.diag(np.diag(whole))
    changes = np.linalg.solve(others, (of_area @ score)[:, :, None])[:, :k, 0]
    areas = len(np.unique(area))
    return coefficients[:k], (areas - 1) / areas * (changes**2).sum(axis=0)


def _has_variation(shares: np.ndarray, design: CellDesign) -> np.ndarray:
    positive = np.bincount(design.sector, weights=shares > 0) > 0
    below = np.bincount(design.sector, weights=shares < 1) > 0
    return np.asarray((positive & below)[design.sector])


def _lay_out(design: CellDesign, kept: np.ndarray) -> np.ndarray:
    """Return measures first, then one column per sector that is left."""
    _, sector = np.unique(design.sector[kept], return_inverse=True)
    dummies = np.eye(sector.max() + 1 if len(sector) else 0)[sector]
    return np.column_stack([design.measures[design.area[kept]], dummies])


def _fit(
    share: np.ndarray, weight: np.ndarray, X: np.ndarray
) -> tuple[np.ndarray, np.ndarray] | None:
    """Return coefficients and fitted shares; each cell is so many firms that are, and are not."""
    from sklearn import config_context
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    if len(share) <= X.shape[1]:
        return None
    model = LogisticRegression(
        C=np.inf, solver="newton-cholesky", fit_intercept=False, tol=_PRECISION, max_iter=_ROUNDS
    )
    is_infiltrated = np.repeat([True, False], len(share))
    firms = np.concatenate([weight * share, weight * (1 - share)])
    unchecked = config_context(skip_parameter_validation=True, assume_finite=True)
    with warnings.catch_warnings(), unchecked:
        warnings.simplefilter("error", ConvergenceWarning)
        warnings.simplefilter("error", LinAlgWarning)
        try:
            model.fit(np.vstack([X, X]), is_infiltrated, sample_weight=firms)
        except (ConvergenceWarning, LinAlgWarning):
            return None
    return model.coef_[0], expit(X @ model.coef_[0])
