"""Choose a setting by average precision on connected groups held out of the training rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.model_selection import GridSearchCV, StratifiedGroupKFold
from sklearn.pipeline import Pipeline

from infiltrate.risk.columns import thin_unlisted

# with fewer, which setting ranks best is decided by chance
_LEAST_LISTED = 20
_MOST_UNLISTED = 20_000


def choose_setting(
    pipeline: Pipeline,
    candidates: Mapping[str, Sequence[object]],
    features: pd.DataFrame,
    is_listed: np.ndarray,
    cluster: np.ndarray,
    *,
    folds: int,
    seed: int,
) -> dict[str, Any]:
    """Return the parameters under which companies held out are ranked best.

    Parameters
    ----------
    pipeline : Pipeline
        Encoder first, classifier last; the encoder is fitted, the classifier is not.
    candidates : mapping of str to sequence
        Values to try of each parameter of the classifier; of equally good ones the first is taken.
    features : DataFrame, n rows
        Of more than 20,000 unlisted companies a sample is used. The encoding has seen the
        companies held out, never their labels.
    is_listed, cluster : ndarray, shape (n,)
        Connected companies are never on both sides.
    folds : int
        Wanted; folds with fewer than twenty listed companies on either side do not count.
    seed : int
        Deals groups to folds.

    Returns
    -------
    dict
        Empty when no fold counts.
    """
    some, _ = thin_unlisted(is_listed, _MOST_UNLISTED, np.random.default_rng(seed))
    splits = _split(is_listed[some], cluster[some], folds, seed)
    if not splits:
        return {}
    search = GridSearchCV(
        pipeline[-1],
        {name: list(values) for name, values in candidates.items()},
        scoring="average_precision",
        cv=splits,
        refit=False,
        error_score="raise",
    )
    encoded = pipeline[:-1].fit_transform(features.iloc[some])
    # boosting cannot be fitted to a column of which a fold knows no value
    unknown = np.any([np.isnan(encoded[train]).all(axis=0) for train, _ in splits], axis=0)
    encoded[:, unknown] = 0.0
    return dict(search.fit(encoded, is_listed[some]).best_params_)


def _split(
    is_listed: np.ndarray, cluster: np.ndarray, folds: int, seed: int
) -> list[tuple[np.ndarray, np.ndarray]]:
    folds = min(folds, len(np.unique(cluster[is_listed])), int((~is_listed).sum()))
    if folds < 2 or is_listed.sum() < 2 * _LEAST_LISTED:
        return []
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    return [
        (train, test)
        for train, test in splitter.split(np.zeros(len(is_listed)), is_listed, cluster)
        if min(is_listed[train].sum(), is_listed[test].sum()) >= _LEAST_LISTED
        and not is_listed[test].all()
    ]
