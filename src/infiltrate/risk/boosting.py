"""Histogram gradient boosting on values as they are, missing ones included."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from infiltrate.risk.columns import RARE, informative_columns

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline


def build_boosting(features: pd.DataFrame, seed: int, *, leaves: int = 15) -> Pipeline:
    """Build a pipeline for companies like these; not yet fitted.

    Parameters
    ----------
    features : DataFrame
        One row per company; text columns are categories.
    seed : int
    leaves : int
        Most leaves of a tree.
    """
    from sklearn.compose import ColumnTransformer
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OrdinalEncoder

    numbers, categories = informative_columns(features)
    codes = OrdinalEncoder(
        min_frequency=RARE, handle_unknown="use_encoded_value", unknown_value=np.nan
    )
    encoder = ColumnTransformer([("numbers", "passthrough", numbers), ("codes", codes, categories)])
    classifier = HistGradientBoostingClassifier(
        learning_rate=0.1,
        max_iter=60,
        max_leaf_nodes=leaves,
        l2_regularization=1.0,
        early_stopping=False,
        random_state=seed,
    )
    return make_pipeline(encoder, classifier)
