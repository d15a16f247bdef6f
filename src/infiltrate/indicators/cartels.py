"""Telling rigged lots from honest ones by their bid screens, validated on groups left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.base import ClassifierMixin
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import QuantileTransformer

from infiltrate.errors import NotEnoughData

MODELS = ("extra_trees", "logistic")
_TREES = 500
_FEWEST_PER_CLASS = 5
_RESAMPLES = 1_000


@dataclass(frozen=True, eq=False)
class CartelValidation:
    """How well screens tell rigged lots from honest ones in groups that were left out.

    Attributes
    ----------
    model : str
        ``extra_trees`` or ``logistic``.
    lots, rigged, groups : int
        Labelled lots, those of a cartel, and the groups that were kept together.
    balanced_accuracy, low, high : float
        Mean of sensitivity and specificity at a probability of one half, over lots each predicted
        by a model that saw no lot of its group, averaged over repeats; its percentile interval
        from resampling groups.
    auc : float
        Area under the ROC curve of the mean probability.
    by_repeat : tuple of float
        Balanced accuracy of each repeat: how much the split decides.
    probability : pandas.Series
        Mean probability that a lot is rigged, by lot.
    """

    model: str
    lots: int
    rigged: int
    groups: int
    balanced_accuracy: float
    low: float
    high: float
    auc: float
    by_repeat: tuple[float, ...]
    probability: pd.Series


def validate_cartel_model(
    screens: pd.DataFrame,
    rigged: pd.Series,
    groups: pd.Series,
    rng: np.random.Generator,
    model: str = "extra_trees",
    *,
    folds: int = 10,
    repeats: int = 5,
    interval: float = 0.95,
) -> CartelValidation:
    """Predict each labelled lot by a model trained on other groups, and measure how well it did.

    Parameters
    ----------
    screens : pandas.DataFrame
        One row per lot, numeric columns; missing values are filled by the median of the training
        lots.
    rigged : pandas.Series of bool
        Whether a cartel was at work, by lot.
    groups : pandas.Series
        What is never split between training and test, by lot: the tender, or its day or region.
    rng : numpy.random.Generator
        Draws folds, trees and resamples.
    model : str
        One of `MODELS`.
    folds, repeats : int
        Folds, stratified by label; how often they are drawn anew.
    interval : float
        Coverage of the interval.

    Raises
    ------
    NotEnoughData
        When either class has fewer than five groups.
    """
    screens = screens.astype(float).loc[rigged.index].replace([np.inf, -np.inf], np.nan)
    known, group = rigged.to_numpy(bool), pd.factorize(groups.loc[rigged.index])[0]
    _refuse_few(known, group, folds)
    probabilities = np.array(
        [
            _predict_left_out(screens, known, group, rng, model=model, folds=folds)
            for _ in range(repeats)
        ]
    )
    by_repeat = tuple(float(balanced_accuracy_score(known, drawn > 0.5)) for drawn in probabilities)
    low, high = _resample(known, probabilities > 0.5, group, rng, interval)
    mean = probabilities.mean(axis=0)
    return CartelValidation(
        model=model,
        lots=len(known),
        rigged=int(known.sum()),
        groups=len(np.unique(group)),
        balanced_accuracy=float(np.mean(by_repeat)),
        low=low,
        high=high,
        auc=float(roc_auc_score(known, mean)),
        by_repeat=by_repeat,
        probability=pd.Series(mean, rigged.index, name="probability"),
    )


def train_cartel_model(
    screens: pd.DataFrame, rigged: pd.Series, rng: np.random.Generator, model: str = "extra_trees"
) -> Pipeline:
    """Train a model on all labelled lots, to be used on lots of the same market.

    Parameters
    ----------
    screens, rigged, rng, model
        As in `validate_cartel_model`.

    Returns
    -------
    sklearn.pipeline.Pipeline
        ``predict_proba`` gives the probability that a lot is rigged, in the second column.
    """
    return _make_model(model, rng).fit(screens.astype(float).loc[rigged.index], rigged)


def _refuse_few(known: np.ndarray, group: np.ndarray, folds: int) -> None:
    fewest = min(len(np.unique(group[known])), len(np.unique(group[~known])))
    if fewest < max(_FEWEST_PER_CLASS, 2) or len(np.unique(group)) < folds:
        raise NotEnoughData(
            f"A cartel model cannot be validated: a class has {fewest} groups, and there are "
            f"{len(np.unique(group))} groups for {folds} folds; {_FEWEST_PER_CLASS} of each class "
            "are needed."
        )


def _predict_left_out(
    screens: pd.DataFrame,
    known: np.ndarray,
    group: np.ndarray,
    rng: np.random.Generator,
    *,
    model: str,
    folds: int,
) -> np.ndarray:
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=_draw_seed(rng))
    probability = np.empty(len(known))
    for train, test in splitter.split(screens, known, group):
        fitted = _make_model(model, rng).fit(screens.iloc[train], known[train])
        probability[test] = fitted.predict_proba(screens.iloc[test])[:, 1]
    return probability


def _make_model(model: str, rng: np.random.Generator) -> Pipeline:
    fill = SimpleImputer(strategy="median", keep_empty_features=True)
    seed = _draw_seed(rng)
    if model == "extra_trees":
        return make_pipeline(fill, _make_trees(seed))
    ranks = QuantileTransformer(n_quantiles=50, output_distribution="normal", random_state=seed)
    return make_pipeline(fill, ranks, LogisticRegression(C=0.3, class_weight="balanced"))


def _make_trees(seed: int) -> ClassifierMixin:
    return ExtraTreesClassifier(
        _TREES, min_samples_leaf=2, class_weight="balanced", random_state=seed
    )


def _resample(
    known: np.ndarray,
    predicted: np.ndarray,
    group: np.ndarray,
    rng: np.random.Generator,
    interval: float,
) -> tuple[float, float]:
    """Return the percentile interval of balanced accuracy when groups are drawn again."""
    count = group.max() + 1
    positive = np.bincount(group, known, count)
    negative = np.bincount(group, ~known, count)
    hits = np.bincount(group, (predicted & known).mean(axis=0), count)
    passes = np.bincount(group, (~predicted & ~known).mean(axis=0), count)
    weights = rng.multinomial(count, np.full(count, 1 / count), _RESAMPLES)
    with np.errstate(invalid="ignore"):
        accuracy = (
            (weights @ hits) / (weights @ positive) + (weights @ passes) / (weights @ negative)
        ) / 2
    tail = (1 - interval) / 2
    low, high = np.nanquantile(accuracy, [tail, 1 - tail])
    return float(low), float(high)


def compare_designs(
    screens: pd.DataFrame,
    rigged: pd.Series,
    designs: Sequence[tuple[str, pd.Series]],
    rng: np.random.Generator,
    *,
    folds: int = 10,
    repeats: int = 5,
) -> pd.DataFrame:
    """Validate every model under every design of left-out groups.

    Parameters
    ----------
    screens, rigged, rng, folds, repeats
        As in `validate_cartel_model`; fewer folds are used where there are fewer groups.
    designs : sequence of (str, pandas.Series)
        Name of a design and the group of each lot, from the easiest to the hardest.

    Returns
    -------
    pandas.DataFrame
        One row per design and model, in that order: ``design``, ``model``, ``lots``, ``rigged``,
        ``groups``, ``balanced_accuracy``, ``low``, ``high``, ``auc``.
    """
    rows = []
    for name, groups in designs:
        usable = min(folds, groups.nunique())
        for model in MODELS:
            found = validate_cartel_model(
                screens, rigged, groups, rng, model, folds=usable, repeats=repeats
            )
            fields = ("lots", "rigged", "groups", "balanced_accuracy", "low", "high", "auc")
            values = {field: getattr(found, field) for field in fields}
            rows.append({"design": name, "model": model, **values})
    return pd.DataFrame(rows)


def _draw_seed(rng: np.random.Generator) -> int:
    return int(rng.integers(2**31))
