"""The two classifiers behind the ranking, and what a company's score is made of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from sklearn.compose import ColumnTransformer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import Pipeline
    from threadpoolctl import threadpool_limits

MODELS = ("logistic", "boosting")
_RARE = 10


def fit_models(
    features: pd.DataFrame, is_listed: np.ndarray, rng: np.random.Generator
) -> dict[str, Pipeline]:
    """Fit every model to the same companies.

    ``logistic`` is an L2-penalised logistic regression on ranks: each number becomes its
    quantile among the training companies, a missing one the middle with an indicator of its
    own, each category a column (those of fewer than ten companies together). ``boosting`` is
    histogram gradient boosting on the values as they are, missing ones included. No direction
    is imposed on any feature. Unlisted means unlabelled, not clean: the models learn what gets
    a company listed.

    Parameters
    ----------
    features : DataFrame
        One row per company; text columns are categories.
    is_listed : ndarray of bool
        Both values must occur.
    rng : numpy.random.Generator
        Seeds the models.

    Returns
    -------
    dict of str to sklearn.pipeline.Pipeline
        By name, in the order of ``MODELS``; each takes frames with the same columns.
    """
    return {name: fit_model(name, features, is_listed, rng) for name in MODELS}


def fit_model(
    name: str, features: pd.DataFrame, is_listed: np.ndarray, rng: np.random.Generator
) -> Pipeline:
    """Fit one of ``MODELS``; see ``fit_models``."""
    seed = int(rng.integers(2**31 - 1))
    with _one_thread():
        return _BUILDERS[name](features, seed).fit(features, is_listed)


def score_companies(model: Pipeline, features: pd.DataFrame) -> np.ndarray:
    """Return log-odds that order the companies; their level means nothing."""
    with _one_thread():
        return model.decision_function(features)


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
    with _one_thread():
        for weights in weightings:
            kept = weights > 0
            if len(np.unique(is_listed[kept])) == 2:
                fitted = _logistic_regression().fit(
                    matrix[kept], is_listed[kept], sample_weight=weights[kept]
                )
                refits.append(np.r_[fitted.coef_[0], fitted.intercept_])
    return np.array(refits).reshape(-1, matrix.shape[1] + 1)


def _one_thread() -> threadpool_limits:
    """Let sums be made in one order, whatever the machine: the same bits on any number of cores."""
    from threadpoolctl import threadpool_limits

    return threadpool_limits(1)


def _build_logistic(features: pd.DataFrame, seed: int) -> Pipeline:
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, QuantileTransformer

    numbers, categories = _informative_columns(features)
    ranks = make_pipeline(
        QuantileTransformer(n_quantiles=min(200, len(features)), subsample=None, random_state=seed),
        SimpleImputer(strategy="constant", fill_value=0.5, add_indicator=True),
    )
    columns = OneHotEncoder(
        min_frequency=_RARE,
        handle_unknown="infrequent_if_exist",
        sparse_output=False,
        feature_name_combiner=lambda feature, value: f"{feature} = {value}",
    )
    encoder = ColumnTransformer([("numbers", ranks, numbers), ("categories", columns, categories)])
    return make_pipeline(encoder, _logistic_regression())


def _build_boosting(features: pd.DataFrame, seed: int) -> Pipeline:
    from sklearn.compose import ColumnTransformer
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OrdinalEncoder

    numbers, categories = _informative_columns(features)
    codes = OrdinalEncoder(
        min_frequency=_RARE, handle_unknown="use_encoded_value", unknown_value=np.nan
    )
    encoder = ColumnTransformer([("numbers", "passthrough", numbers), ("codes", codes, categories)])
    classifier = HistGradientBoostingClassifier(
        learning_rate=0.1,
        max_iter=60,
        max_leaf_nodes=15,
        l2_regularization=1.0,
        early_stopping=False,
        random_state=seed,
    )
    return make_pipeline(encoder, classifier)


_BUILDERS = {"logistic": _build_logistic, "boosting": _build_boosting}


def _logistic_regression() -> LogisticRegression:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=1.0, solver="newton-cholesky", max_iter=100)


def _informative_columns(features: pd.DataFrame) -> tuple[list[str], list[str]]:
    """Names of the numbers and of the categories that take two values or more."""
    varying = [name for name in features if features[name].nunique(dropna=False) > 1]
    numbers = [name for name in varying if pd.api.types.is_numeric_dtype(features[name])]
    numbers = [name for name in numbers if features[name].notna().any()]
    return numbers, [name for name in varying if name not in numbers]
