"""What the latent learner sees of companies: signs, reach, area and section as plain arrays."""

from __future__ import annotations

from typing import Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from infiltrate.risk.encoding import build_encoder, explain_columns

_MOST_PLACES = 100
_OTHER = "other"


class StandardisedColumns(BaseEstimator):
    """Features as columns of mean 0 and standard deviation 1, none of them twice.

    Attributes
    ----------
    features_ : list of str
        The feature behind each column.
    """

    def fit(self, X: pd.DataFrame, weight: np.ndarray) -> Self:
        """Learn the encoding from companies that stand for ``weight`` each."""
        self.encoder_ = build_encoder(X).fit(X)
        matrix = self.encoder_.transform(X)
        self.kept_ = _find_distinct(matrix)
        matrix = matrix[:, self.kept_]
        self.mean_ = weight @ matrix / weight.sum()
        self.spread_ = np.sqrt(weight @ (matrix - self.mean_) ** 2 / weight.sum())
        self.features_ = explain_columns(self.encoder_)["feature"].iloc[self.kept_].tolist()
        return self

    def transform(self, X: pd.DataFrame) -> np.ndarray:
        """Return the columns, shape (n, columns)."""
        check_is_fitted(self, "kept_")
        return (self.encoder_.transform(X)[:, self.kept_] - self.mean_) / self.spread_


class Places(BaseEstimator):
    """Areas or sections as codes; the last code is for all others.

    Parameters
    ----------
    column : str
        A frame may lack it: all companies are then in the last place.

    Attributes
    ----------
    names_ : tuple of str
        Of more than a hundred places, those of most companies; then ``other``.
    """

    def __init__(self, column: str) -> None:
        self.column = column

    def fit(self, X: pd.DataFrame) -> Self:
        """Learn the names."""
        counts = (
            self._read(X).value_counts().sort_index().sort_values(ascending=False, kind="stable")
        )
        names = counts.index[:_MOST_PLACES]
        self.names_ = (*sorted(name for name in names if name != _OTHER), _OTHER)
        return self

    def transform(self, X: pd.DataFrame) -> np.ndarray:
        """Return the codes, shape (n,)."""
        check_is_fitted(self, "names_")
        codes = pd.Index(self.names_).get_indexer(self._read(X))
        return np.where(codes < 0, len(self.names_) - 1, codes)

    def _read(self, X: pd.DataFrame) -> pd.Series:
        if self.column not in X:
            return pd.Series(_OTHER, X.index, dtype=object)
        return X[self.column].astype(object).where(X[self.column].notna(), _OTHER).astype(str)


def _find_distinct(matrix: np.ndarray) -> np.ndarray:
    """Return the positions of columns that vary and equal no earlier one."""
    seen: set[bytes] = set()
    kept = []
    for at, column in enumerate(matrix.T):
        content = column.tobytes()
        if np.ptp(column) > 0 and content not in seen:
            kept.append(at)
        seen.add(content)
    return np.array(kept, dtype=np.int64)
