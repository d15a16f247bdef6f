"""Numbers whose being missing must teach a learner nothing."""

from __future__ import annotations

from typing import Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin


class DrawnWhereSilent(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """Let a learner that splits on missing values learn nothing from them.

    While it learns, a missing value is one drawn from the known ones of the column, so that
    whoever lacks it looks like anybody. Afterwards missing stays missing: a tree that saw none
    sends it where most companies went.

    Parameters
    ----------
    seed : int
        Of the draws.
    """

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed

    def fit(self, X: pd.DataFrame, y: object = None) -> Self:
        """Note the columns; nothing is learnt from their values."""
        self.n_features_in_ = X.shape[1]
        if isinstance(X, pd.DataFrame):
            self.feature_names_in_ = X.columns.to_numpy(dtype=object)
        return self

    def transform(self, X: pd.DataFrame) -> np.ndarray:
        """Return the numbers as they are."""
        return np.asarray(X, dtype=float)

    def fit_transform(self, X: pd.DataFrame, y: object = None) -> np.ndarray:
        """Return the numbers to learn from, drawn where they are missing."""
        numbers = self.fit(X).transform(X).copy()
        rng = np.random.default_rng(self.seed)
        for column in numbers.T:
            missing = np.isnan(column)
            if missing.any() and not missing.all():
                column[missing] = rng.choice(column[~missing], missing.sum())
        return numbers
