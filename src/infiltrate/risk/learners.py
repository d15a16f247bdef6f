"""What can learn to rank companies: one interface to every learner."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from infiltrate.params.choices import RiskChoices
from infiltrate.risk.boosting import build_boosting
from infiltrate.risk.columns import one_thread
from infiltrate.risk.latent import LatentClassifier
from infiltrate.risk.logistic import build_logistic

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline


@dataclass(frozen=True, eq=False)
class LearningRows:
    """Companies to learn from; n companies and K lists, all in one order.

    Attributes
    ----------
    features : DataFrame, n rows
        Text columns are categories.
    is_listed : ndarray of bool, shape (n,)
        Whether the company entered any of the lists predicted in the window. Unlisted means
        unlabelled, not clean.
    listed : DataFrame of bool, shape (n, K)
        Which of them.
    exposed : DataFrame of bool, shape (n, K)
        Whether the list's own rule could have named the company.
    cluster : ndarray of int, shape (n,)
        Group of connected companies.
    """

    features: pd.DataFrame
    is_listed: np.ndarray
    listed: pd.DataFrame
    exposed: pd.DataFrame
    cluster: np.ndarray

    def take(self, rows: np.ndarray) -> LearningRows:
        """Return the companies at these positions."""
        return LearningRows(
            self.features.iloc[rows],
            self.is_listed[rows],
            self.listed.iloc[rows],
            self.exposed.iloc[rows],
            self.cluster[rows],
        )

    @property
    def named(self) -> pd.DataFrame:
        """One column per list: 1 where it names, 0 where it could, missing where it cannot."""
        listed = self.listed.astype(float)
        return listed.where(self.exposed.to_numpy(bool) | self.listed.to_numpy(bool))


@dataclass(frozen=True, eq=False)
class FittedLearner:
    """A learner after learning.

    Attributes
    ----------
    name : str
        One of ``LEARNERS``.
    estimator : sklearn.pipeline.Pipeline or LatentClassifier
        Takes frames with the columns it learnt from, and any others beside.
    settings : mapping of str to object
        What tuning chose; empty where nothing was tuned.
    """

    name: str
    estimator: Pipeline | LatentClassifier
    settings: Mapping[str, object]

    def score(self, features: pd.DataFrame) -> np.ndarray:
        """Return log-odds that order the companies; their level means nothing."""
        with one_thread():
            return self.estimator.decision_function(features)


_BUILDERS: Mapping[str, Callable[..., Pipeline]] = MappingProxyType(
    {"logistic": build_logistic, "boosting": build_boosting}
)
LEARNERS = (*_BUILDERS, "latent")
"""Names of the learners."""

_REACH = ("bids", "wins", "contracts", "buyers", "log_value")


def fit_learner(
    name: str, rows: LearningRows, choices: RiskChoices, rng: np.random.Generator
) -> FittedLearner:
    """Fit one learner.

    Parameters
    ----------
    name : str
        One of ``LEARNERS``.
    rows : LearningRows
        Listed and unlisted companies must both occur.
    choices : RiskChoices
        Tuning, weights and constraints.
    rng : numpy.random.Generator
        Seeds the learner and the folds of its tuning.
    """
    seed = int(rng.integers(2**31 - 1))
    with one_thread():
        if name == "latent":
            latent = LatentClassifier(_REACH, random_state=seed).fit(rows.features, rows.named)
            return FittedLearner(name, latent, {})
        estimator = _BUILDERS[name](rows.features, seed).fit(rows.features, rows.is_listed)
    return FittedLearner(name, estimator, {})


def why_not(name: str, rows: LearningRows) -> str:
    """Return why a learner cannot be fitted to these companies; empty when it can."""
    if name not in LEARNERS:
        return f"there is no learner '{name}'"
    if len(np.unique(rows.is_listed)) < 2:
        return "the companies to learn from are all listed or all unlisted"
    if name == "latent":
        return " ".join(LatentClassifier(_REACH).refuse(rows.features, rows.named))
    return ""
