"""Learners that take unlisted companies as unlabelled, from the optional package pulearn."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from infiltrate.risk.encoding import build_encoder

_BAGS = 100
_SMALLEST_LEAF = 5
_TIMES_LISTED = 2.0
_LARGEST_PRIOR = 0.5
_STEPS, _STEP_LENGTH = 1_000, 0.2


def refuse_unlabelled() -> str:
    """Say why these learners cannot be had; empty when they can."""
    if find_spec("pulearn") is None:
        return "the package pulearn is not installed: it comes with the extra 'comparators'"
    return ""


def build_bagging(features: pd.DataFrame, is_listed: np.ndarray, seed: int) -> Pipeline:
    """Build bagged trees, each of all listed companies against as many unlisted ones.

    Parameters
    ----------
    features : DataFrame
        One row per company; text columns are categories.
    is_listed : ndarray of bool
    seed : int

    References
    ----------
    Mordelet and Vert (2014), A bagging SVM to learn from positive and unlabeled examples.
    """
    from pulearn import BaggingPuClassifier

    bags = BaggingPuClassifier(
        DecisionTreeClassifier(min_samples_leaf=_SMALLEST_LEAF),
        n_estimators=_BAGS,
        max_samples=int(min(is_listed.sum(), (~is_listed).sum())),
        oob_score=False,
        random_state=seed,
    )
    return make_pipeline(build_encoder(features), bags)


def build_nonnegative(features: pd.DataFrame, is_listed: np.ndarray, seed: int) -> Pipeline:
    """Build a linear model whose risk on unlisted companies allows for listed ones among them.

    It must be told how many of all are like the listed: taken as twice those listed, since
    nobody knows; the ranking hardly depends on it.

    Parameters
    ----------
    features : DataFrame
        One row per company; text columns are categories.
    is_listed : ndarray of bool
    seed : int

    References
    ----------
    Kiryo, Niu, du Plessis and Sugiyama (2017), Positive-unlabeled learning with non-negative risk
    estimator.
    """
    from pulearn import NNPUClassifier

    linear = NNPUClassifier(
        prior=float(min(_TIMES_LISTED * is_listed.mean(), _LARGEST_PRIOR)),
        max_iter=_STEPS,
        learning_rate=_STEP_LENGTH,
        random_state=seed,
    )
    return make_pipeline(build_encoder(features), StandardScaler(), linear)
