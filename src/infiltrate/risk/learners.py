"""What can learn to rank companies: one interface to every learner."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pandas as pd
from scipy.special import logit
from sklearn.base import ClassifierMixin
from sklearn.pipeline import Pipeline

from infiltrate.params.choices import RiskChoices
from infiltrate.risk.boosting import LEAVES, build_boosting
from infiltrate.risk.columns import one_thread, thin_unlisted
from infiltrate.risk.encoding import explain_columns, sum_by_feature
from infiltrate.risk.latent import LatentClassifier
from infiltrate.risk.logistic import PENALTIES, build_logistic
from infiltrate.risk.roles import AMONG_PEERS, role_of, select_features
from infiltrate.risk.tuning import choose_setting
from infiltrate.risk.unlabelled import build_bagging, build_nonnegative, refuse_unlabelled
from infiltrate.risk.weights import weigh_by_propensity

_BUILDERS: Mapping[str, Callable[[pd.DataFrame, RiskChoices, int], Pipeline]] = MappingProxyType(
    {
        "logistic": lambda features, choices, seed: build_logistic(features),
        "boosting": lambda features, choices, seed: build_boosting(
            features, seed, monotone=choices.monotone
        ),
    }
)
_TUNED: Mapping[str, Mapping[str, Sequence[object]]] = MappingProxyType(
    {"logistic": {"C": PENALTIES}, "boosting": {"max_leaf_nodes": LEAVES}}
)
_UNLABELLED: Mapping[str, Callable[[pd.DataFrame, np.ndarray, int], Pipeline]] = MappingProxyType(
    {"bagging_unlabelled": build_bagging, "nonnegative_unlabelled": build_nonnegative}
)
_AREA, _TIME = "area", "age_years"
_DEFAULT = RiskChoices()
LEARNERS = (*_BUILDERS, "latent", *_UNLABELLED)
"""Names of the learners."""

_LEAST_LISTED = 2
_MOST_UNLISTED = 100_000
_BATCH = 100_000
_SURE = 1e-6


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
        What was chosen for it: parameters of its last step by tuning, ``weights`` where listed
        companies are weighted, or why they are not.
    """

    name: str
    estimator: ClassifierMixin | Pipeline
    settings: Mapping[str, object]

    def score(self, features: pd.DataFrame) -> np.ndarray:
        """Return log-odds that order the companies; their level means nothing."""
        with one_thread():
            parts = [
                _log_odds(self.estimator, features.iloc[start : start + _BATCH])
                for start in range(0, len(features), _BATCH)
            ]
        return np.concatenate([np.empty(0), *parts])

    def contributions(self, features: pd.DataFrame) -> pd.DataFrame | None:
        """Return what each feature adds to the score of the average company learnt from.

        One row per company, one column per feature; they add up to the score less that of the
        average company. None for a learner that does not add features up.
        """
        with one_thread():
            if isinstance(self.estimator, LatentClassifier):
                return self.estimator.contributions(features)
            if self.name != "logistic":
                return None
            encoder, logistic = self.estimator[0], self.estimator[-1]
            parts = self.estimator[:-1].transform(features) * logistic.coef_[0]
        names = explain_columns(encoder)["feature"].tolist()
        return sum_by_feature(parts, names, features.index)


def fit_learner(
    name: str, rows: LearningRows, choices: RiskChoices, rng: np.random.Generator
) -> FittedLearner:
    """Fit one learner.

    Of more than 100,000 unlisted companies a sample stands for all.

    Parameters
    ----------
    name : str
        One of ``LEARNERS``.
    rows : LearningRows
        Those for which `why_not` gives no reason. Learners see the features of the roles chosen;
        the latent one takes signs of infiltration for signs, and chances of being seen and effort
        for what they are.
    choices : RiskChoices
        Roles, tuning, weights and constraints.
    rng : numpy.random.Generator
        Seeds the learner and the folds of its tuning.

    Raises
    ------
    ParamsError
        When a monotone direction is imposed on a category.
    """
    seed = int(rng.integers(2**31 - 1))
    with one_thread():
        kept, stands_for = thin_unlisted(rows.is_listed, _MOST_UNLISTED, rng)
        rows = rows.take(kept)
        if name == "latent":
            return FittedLearner(name, _fit_latent(rows, choices, seed, stands_for), {})
        features = rows.features[select_features(rows.features, choices)]
        if name in _UNLABELLED:
            estimator = _UNLABELLED[name](features, rows.is_listed, seed)
            return FittedLearner(name, estimator.fit(features, rows.is_listed.astype(int)), {})
        weight, chosen = _weigh(rows, choices, seed, stands_for)
        pipeline = _BUILDERS[name](features, choices, seed)
        if choices.tuning_folds:
            tuned = choose_setting(
                pipeline,
                _TUNED[name],
                features,
                rows.is_listed,
                rows.cluster,
                folds=choices.tuning_folds,
                seed=seed,
            )
            pipeline[-1].set_params(**tuned)
        # boosting finds its bins many times slower with weights
        last = {} if (weight == 1).all() else {f"{pipeline.steps[-1][0]}__sample_weight": weight}
        pipeline.fit(features, rows.is_listed, **last)
    settings = {setting: pipeline[-1].get_params()[setting] for setting in _TUNED[name]}
    return FittedLearner(name, pipeline, {**settings, **chosen})


def why_not(name: str, rows: LearningRows, choices: RiskChoices = _DEFAULT) -> str:
    """Return why a learner cannot be fitted to these companies; empty when it can."""
    if name not in LEARNERS:
        return f"there is no learner '{name}'"
    listed = int(rows.is_listed.sum())
    if not listed or listed == len(rows.is_listed):
        return "the companies to learn from are all listed or all unlisted"
    if listed < _LEAST_LISTED:
        return "one listed company to learn from shows no pattern"
    if name in _UNLABELLED and (reason := refuse_unlabelled()):
        return reason
    if name == "latent":
        latent, frame = _build_latent(rows.features, choices)
        return " ".join(latent.refuse(frame, rows.named))
    seen = select_features(rows.features, choices)
    if all(rows.features[column].nunique(dropna=False) < 2 for column in seen):
        return "no feature of the roles chosen differs between companies"
    return ""


def _fit_latent(
    rows: LearningRows, choices: RiskChoices, seed: int, stands_for: np.ndarray
) -> LatentClassifier:
    latent, frame = _build_latent(rows.features, choices, seed)
    return latent.fit(frame, rows.named, stands_for)


def _build_latent(
    features: pd.DataFrame, choices: RiskChoices, seed: int = 0
) -> tuple[LatentClassifier, pd.DataFrame]:
    """Return the latent learner, told what is a sign and what helps lists, and what it may see."""
    every_role = choices.model_copy(update={"roles": ["infiltration", "exposure", "detection"]})
    chosen = select_features(features, every_role)
    shared = [name for name in chosen if name.removesuffix(AMONG_PEERS) == _TIME]
    no_signs = [name for name in chosen if role_of(name) != "infiltration"]
    reach = [name for name in no_signs if name not in {_AREA, *shared}]
    return LatentClassifier(reach, shared, random_state=seed), features[chosen]


def _weigh(
    rows: LearningRows, choices: RiskChoices, seed: int, stands_for: np.ndarray
) -> tuple[np.ndarray, dict[str, object]]:
    if choices.weights == "none":
        return stands_for, {}
    if reason := why_not("latent", rows, choices):
        return stands_for, {"weights": f"none: {reason}"}
    latent = _fit_latent(rows, choices, seed, stands_for)
    weight = weigh_by_propensity(latent, rows.features, rows.exposed, rows.is_listed)
    return stands_for * weight, {"weights": choices.weights}


def _log_odds(estimator: ClassifierMixin | Pipeline, features: pd.DataFrame) -> np.ndarray:
    if hasattr(estimator, "decision_function"):
        return estimator.decision_function(features)
    return logit(np.clip(estimator.predict_proba(features)[:, 1], _SURE, 1 - _SURE))
