"""Numbers as normal scores of their ranks, so that no outlier rules and ties stay together."""

from __future__ import annotations

from typing import Self

import numpy as np
import pandas as pd
from scipy.special import ndtri
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin

_MOST_STEPS = 1_000


class NormalScores(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """Replace each number by the normal quantile of its rank among the rows fitted to.

    Ties share the middle of their ranks, also at both ends: of a share that is zero for most
    companies, zero is no extreme. New values between those known are interpolated, those beyond
    take the score of the nearest. Missing stays missing.

    Attributes
    ----------
    values_, scores_ : list of ndarray
        Per column, distinct values, rising, and the score of each.
    """

    def fit(self, X: pd.DataFrame | np.ndarray, y: object = None) -> Self:
        """Learn the ranks of the values of each column."""
        self.n_features_in_ = X.shape[1]
        if isinstance(X, pd.DataFrame):
            self.feature_names_in_ = X.columns.to_numpy(dtype=object)
        learnt = [_learn(column) for column in _numbers(X).T]
        self.values_ = [values for values, _ in learnt]
        self.scores_ = [scores for _, scores in learnt]
        return self

    def transform(self, X: pd.DataFrame | np.ndarray) -> np.ndarray:
        """Return the scores, shape (n, columns)."""
        columns = _numbers(X).T
        scored = np.empty(columns.shape)
        for at, column in enumerate(columns):
            scored[at] = np.interp(column, self.values_[at], self.scores_[at])
            scored[at, np.isnan(column)] = np.nan
        return scored.T


def _numbers(X: pd.DataFrame | np.ndarray) -> np.ndarray:
    return np.asarray(X, dtype=float)


def _learn(column: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    known = np.sort(column[~np.isnan(column)])
    if not len(known):
        return np.zeros(1), np.zeros(1)
    if len(known) > _MOST_STEPS:
        middles = (np.arange(_MOST_STEPS) + 0.5) / _MOST_STEPS
        known = known[(middles * len(known)).astype(np.int64)]
    values, counts = np.unique(known, return_counts=True)
    share = (np.cumsum(counts) - counts / 2) / len(known)
    return values, ndtri(share)
