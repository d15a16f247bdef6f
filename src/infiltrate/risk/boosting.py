"""Histogram gradient boosting on values as they are, missing ones included."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OrdinalEncoder

from infiltrate.errors import ParamsError, Problem
from infiltrate.risk.columns import RARE, informative_columns
from infiltrate.risk.roles import is_silent_when_missing
from infiltrate.risk.silent_columns import DrawnWhereSilent

LEAVES = (2, 4, 8)
"""Most leaves of a tree tried in tuning, simplest first."""

_SIGNS: Mapping[str, int] = {"rising": 1, "falling": -1}


def build_boosting(
    features: pd.DataFrame, seed: int, *, leaves: int = 4, monotone: Mapping[str, str] | None = None
) -> Pipeline:
    """Build a pipeline for companies like these; not yet fitted.

    Parameters
    ----------
    features : DataFrame
        One row per company; text columns are categories.
    seed : int
    leaves : int
        Most leaves of a tree.
    monotone : mapping of str to str, optional
        ``rising`` or ``falling`` by feature: the direction its effect is held to, whatever the
        data say. Features that are not here are passed over.

    Raises
    ------
    ParamsError
        When a direction is imposed on a category.
    """
    numbers, categories = informative_columns(features)
    directions = dict(monotone or {})
    _check_directions(directions, features)
    codes = OrdinalEncoder(
        min_frequency=RARE, handle_unknown="use_encoded_value", unknown_value=np.nan
    )
    silent = [name for name in numbers if is_silent_when_missing(name)]
    telling = [name for name in numbers if name not in silent]
    encoder = ColumnTransformer(
        [
            ("silent", DrawnWhereSilent(seed), silent),
            ("numbers", "passthrough", telling),
            ("codes", codes, categories),
        ]
    )
    classifier = HistGradientBoostingClassifier(
        learning_rate=0.1,
        max_iter=60,
        max_leaf_nodes=leaves,
        l2_regularization=1.0,
        early_stopping=False,
        monotonic_cst=[
            *(_SIGNS.get(directions.get(name, ""), 0) for name in (*silent, *telling)),
            *(0 for _ in categories),
        ],
        random_state=seed,
    )
    return make_pipeline(encoder, classifier)


def _check_directions(directions: Mapping[str, str], features: pd.DataFrame) -> None:
    problems = [
        Problem(
            f"choices.risk.monotone: '{name}'",
            "a category",
            "a number",
            "Take it out: categories have no direction.",
        )
        for name in sorted(directions)
        if name in features and not pd.api.types.is_numeric_dtype(features[name])
    ]
    if problems:
        raise ParamsError("A direction cannot be imposed.", problems)
