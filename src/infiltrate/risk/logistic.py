"""L2 logistic regression on ranks: the baseline whose coefficients can be read."""

from __future__ import annotations

import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

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
    regression = LogisticRegression(C=penalty, solver="newton-cholesky", max_iter=100)
    return make_pipeline(build_encoder(features), centre, regression)
