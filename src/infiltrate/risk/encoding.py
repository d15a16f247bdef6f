"""Features as a matrix of numbers for models that are linear in them."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from infiltrate.risk.normal_scores import NormalScores

RARE = 10
"""A category of fewer companies is put together with other rare ones."""

_INDICATOR = "missingindicator_"


def build_encoder(numbers: Sequence[str], categories: Sequence[str]) -> ColumnTransformer:
    """Build an encoder; not yet fitted.

    Each number becomes the normal score of its rank among the training companies, a missing one
    the middle with an indicator of its own, each category a column (those of fewer than ten
    companies together, and with them what was never seen).
    """
    ranks = make_pipeline(
        NormalScores(), SimpleImputer(strategy="constant", fill_value=0.0, add_indicator=True)
    )
    columns = OneHotEncoder(
        min_frequency=RARE,
        handle_unknown="infrequent_if_exist",
        sparse_output=False,
        feature_name_combiner=join_category,
    )
    return ColumnTransformer(
        [("numbers", ranks, list(numbers)), ("categories", columns, list(categories))],
        sparse_threshold=0.0,
    )


def join_category(feature: str, value: object) -> str:
    """Name the column of one category of a feature."""
    return f"{feature} = {value}"


def explain_columns(encoder: ColumnTransformer) -> pd.DataFrame:
    """Return one row per column of a fitted encoder: ``term`` and the ``feature`` behind it."""
    terms = [name.partition("__")[2] for name in encoder.get_feature_names_out()]
    features = [term.removeprefix(_INDICATOR).partition(" = ")[0] for term in terms]
    terms = [
        f"{term.removeprefix(_INDICATOR)} is missing" if term.startswith(_INDICATOR) else term
        for term in terms
    ]
    return pd.DataFrame({"term": terms, "feature": features})
