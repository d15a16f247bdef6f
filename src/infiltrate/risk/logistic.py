"""L2 logistic regression on ranks: the baseline whose coefficients can be read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from infiltrate.risk.columns import RARE, informative_columns, one_thread

if TYPE_CHECKING:
    from sklearn.compose import ColumnTransformer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import Pipeline


def build_logistic(features: pd.DataFrame, seed: int, *, penalty: float = 1.0) -> Pipeline:
    """Build a pipeline for companies like these; not yet fitted.

    Each number becomes its quantile among the training companies, a missing one the middle with
    an indicator of its own, each category a column (those of fewer than ten companies together).

    Parameters
    ----------
    features : DataFrame
        One row per company; text columns are categories.
    seed : int
    penalty : float
        Inverse of the strength of the L2 penalty; smaller is stronger.
    """
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, QuantileTransformer

    numbers, categories = informative_columns(features)
    ranks = make_pipeline(
        QuantileTransformer(n_quantiles=min(200, len(features)), subsample=None, random_state=seed),
        SimpleImputer(strategy="constant", fill_value=0.5, add_indicator=True),
    )
    columns = OneHotEncoder(
        min_frequency=RARE,
        handle_unknown="infrequent_if_exist",
        sparse_output=False,
        feature_name_combiner=lambda feature, value: f"{feature} = {value}",
    )
    encoder = ColumnTransformer([("numbers", ranks, numbers), ("categories", columns, categories)])
    return make_pipeline(encoder, _logistic_regression(penalty))


def explain_columns(encoder: ColumnTransformer) -> pd.DataFrame:
    """Return one row per column of the logistic model: ``term`` and the ``feature`` behind it."""
    terms = [name.partition("__")[2] for name in encoder.get_feature_names_out()]
    missing = "missingindicator_"
    features = [term.removeprefix(missing).partition(" = ")[0] for term in terms]
    terms = [
        f"{term.removeprefix(missing)} is missing" if term.startswith(missing) else term
        for term in terms
    ]
    return pd.DataFrame({"term": terms, "feature": features})


def refit_coefficients(
    matrix: np.ndarray, is_listed: np.ndarray, weightings: Iterable[np.ndarray]
) -> np.ndarray:
    """Refit the logistic model once for each weighting of the companies.

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
                fitted = _logistic_regression(1.0).fit(
                    matrix[kept], is_listed[kept], sample_weight=weights[kept]
                )
                refits.append(np.r_[fitted.coef_[0], fitted.intercept_])
    return np.array(refits).reshape(-1, matrix.shape[1] + 1)


def _logistic_regression(penalty: float) -> LogisticRegression:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=penalty, solver="newton-cholesky", max_iter=100)
