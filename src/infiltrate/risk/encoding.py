"""Features as a matrix of numbers for models that are linear in them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder

from infiltrate.risk.columns import RARE, informative_columns
from infiltrate.risk.normal_scores import NormalScores
from infiltrate.risk.roles import is_silent_when_missing

_INDICATOR = "missingindicator_"


def build_encoder(features: pd.DataFrame) -> ColumnTransformer:
    """Build an encoder for companies like these; not yet fitted.

    Each number becomes the normal score of its rank among the training companies, a missing one
    the middle with an indicator of its own (without one where that would only say that there was
    nothing to judge; see `roles.is_silent_when_missing`), each category a column (those of fewer
    than ten companies together, and with them what was never seen).
    """
    numbers, categories = informative_columns(features)
    silent = [name for name in numbers if is_silent_when_missing(name)]
    telling = [name for name in numbers if name not in silent]
    columns = OneHotEncoder(
        min_frequency=RARE,
        handle_unknown="infrequent_if_exist",
        sparse_output=False,
        feature_name_combiner=name_category,
    )
    return ColumnTransformer(
        [
            ("silent", _rank(add_indicator=False), silent),
            ("numbers", _rank(add_indicator=True), telling),
            ("categories", columns, categories),
        ]
    )


def _rank(*, add_indicator: bool) -> Pipeline:
    fill = SimpleImputer(strategy="constant", fill_value=0.0, add_indicator=add_indicator)
    return make_pipeline(NormalScores(), fill)


def name_category(feature: str, value: object) -> str:
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


def sum_by_feature(parts: np.ndarray, features: Sequence[str], index: pd.Index) -> pd.DataFrame:
    """Add up the columns of each feature; one row per row of ``parts``, features sorted."""
    names, codes = np.unique(np.asarray(features, dtype=str), return_inverse=True)
    totals = np.zeros((len(parts), len(names)))
    np.add.at(totals.T, codes, parts.T)
    return pd.DataFrame(totals, index, names)
