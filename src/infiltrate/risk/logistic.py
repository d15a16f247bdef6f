"""L2 logistic regression on ranks: the baseline whose coefficients can be read."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from infiltrate.risk.columns import one_thread
from infiltrate.risk.encoding import build_encoder

PENALTIES = (0.01, 0.1, 1.0)
"""Inverse strengths of the penalty tried in tuning, strongest first."""


def build_logistic(features: pd.DataFrame, *, penalty: float = 0.1) -> Pipeline:
    """Build a pipeline for companies like these; not yet fitted.

    First the encoder, last the regression; between them columns are centred, so that the
    intercept is the score of the average company.

    Parameters
    ----------
    features : DataFrame
        One row per company; text columns are categories.
    penalty : float
        Inverse of the strength of the L2 penalty; smaller is stronger.
    """
    centre = StandardScaler(with_std=False, copy=False)
    return make_pipeline(build_encoder(features), centre, _logistic_regression(penalty))


def refit_coefficients(
    matrix: np.ndarray,
    is_listed: np.ndarray,
    weightings: Iterable[np.ndarray],
    penalty: float = 1.0,
) -> np.ndarray:
    """Refit the logistic model once for each weighting of the companies.

    Parameters
    ----------
    matrix : ndarray, shape (n, n_terms)
        What the encoder makes of them.
    is_listed : ndarray of bool, shape (n,)
    weightings : iterable of ndarray, shape (n,)
    penalty : float
        As in `build_logistic`.

    Returns
    -------
    ndarray, shape (n_refits, n_terms + 1)
        Coefficients, intercept last; weightings without listed or unlisted companies left out.
    """
    refits = []
    with one_thread():
        for weights in weightings:
            kept = weights > 0
            if len(np.unique(is_listed[kept])) == 2:
                fitted = _logistic_regression(penalty).fit(
                    matrix[kept], is_listed[kept], sample_weight=weights[kept]
                )
                refits.append(np.r_[fitted.coef_[0], fitted.intercept_])
    return np.array(refits).reshape(-1, matrix.shape[1] + 1)


def _logistic_regression(penalty: float) -> LogisticRegression:
    return LogisticRegression(C=penalty, solver="newton-cholesky", max_iter=100)
