"""The score of each company, what it is made of, and how far its rank can be trusted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from infiltrate.risk.cohorts import Cohort
from infiltrate.risk.features import stack_features
from infiltrate.risk.models import (
    explain_columns,
    fit_model,
    refit_coefficients,
    score_companies,
)

_TOP_FEATURES = 5
_MOST_REFITS = 100


@dataclass(frozen=True)
class Explanation:
    """Scores, contributions and coefficients; the columns are those of ``RiskResult``."""

    scores: pd.DataFrame
    contributions: pd.DataFrame
    coefficients: pd.DataFrame


def explain_scores(
    learning: Cohort, scored: Cohort, draws: int, rng: np.random.Generator
) -> Explanation:
    """Fit the logistic model to one cohort, score another (or the same), and take it apart.

    Ranks and coefficients get their intervals from refits on resampled groups of connected
    companies, at most a hundred of them: the encoding of the features is kept, the penalised
    coefficients are estimated anew.

    Parameters
    ----------
    learning, scored : Cohort
        The companies to learn from and those to score.
    draws : int
        Refits wanted.
    rng : numpy.random.Generator
    """
    features = stack_features([learning.features, scored.features])
    train, target = features.iloc[: len(learning.features)], features.iloc[len(learning.features) :]
    is_listed = learning.labels["is_listed"].to_numpy(bool)
    model = fit_model("logistic", train, is_listed, rng)
    encoder, logistic = model[0], model[-1]
    columns = explain_columns(encoder)
    matrix, target_matrix = encoder.transform(train), encoder.transform(target)
    refits = _refit(matrix, is_listed, learning.groups["connected_group"], draws, rng)
    coefficients = _coefficients_frame(columns, logistic.coef_[0], refits)
    scores = _scores_frame(target.index, score_companies(model, target), target_matrix, refits)
    parts = (target_matrix - matrix.mean(axis=0)) * logistic.coef_[0]
    contributions = _contributions_frame(target, parts, columns["feature"])
    return Explanation(scores, contributions, coefficients)


def _refit(
    matrix: np.ndarray,
    is_listed: np.ndarray,
    groups: pd.Series,
    draws: int,
    rng: np.random.Generator,
) -> np.ndarray:
    """Refit on resampled connected groups; shape (n_refits, n_terms + 1)."""
    codes = pd.factorize(groups)[0]
    n_groups = int(codes.max()) + 1
    refits = []
    for _ in range(min(draws, _MOST_REFITS)):
        counts = rng.multinomial(n_groups, np.full(n_groups, 1 / n_groups))
        kept = counts[codes] > 0
        if is_listed[kept].any() and not is_listed[kept].all():
            weights = counts[codes][kept].astype(float)
            refits.append(refit_coefficients(matrix[kept], is_listed[kept], weights))
    return np.array(refits).reshape(-1, matrix.shape[1] + 1)


def _scores_frame(
    companies: pd.Index, risk_score: np.ndarray, matrix: np.ndarray, refits: np.ndarray
) -> pd.DataFrame:
    score = pd.Series(np.round(risk_score, 9))
    resampled = np.round(matrix @ refits[:, :-1].T, 9)
    ranks = pd.DataFrame(-resampled).rank(method="min").to_numpy()
    low, high = np.quantile(ranks, [0.025, 0.975], axis=1) if len(refits) else (np.nan, np.nan)
    frame = pd.DataFrame(
        {
            "company_id": companies.to_numpy(),
            "risk_score": score,
            "rank": score.rank(method="min", ascending=False).astype(int),
            "percentile": (score.rank() - 0.5) / len(score),
            "rank_low": low,
            "rank_high": high,
        }
    )
    frame["rank_low"] = np.floor(np.minimum(frame["rank_low"], frame["rank"])).astype(int)
    frame["rank_high"] = np.ceil(np.maximum(frame["rank_high"], frame["rank"])).astype(int)
    return frame.sort_values(["rank", "company_id"], ignore_index=True)


def _contributions_frame(
    target: pd.DataFrame, parts: np.ndarray, features: pd.Series
) -> pd.DataFrame:
    names = sorted(features.unique())
    column = features.map({name: place for place, name in enumerate(names)}).to_numpy()
    by_feature = np.zeros((len(target), len(names)))
    np.add.at(by_feature.T, column, parts.T)
    by_feature = np.round(by_feature, 9)
    top = np.argsort(-np.abs(by_feature), axis=1, kind="stable")[:, :_TOP_FEATURES]
    rows = np.arange(len(target))[:, None]
    values = target[names].astype(object).where(target[names].notna(), "missing").to_numpy()
    shown = values[rows, top].ravel()
    frame = pd.DataFrame(
        {
            "company_id": np.repeat(target.index.to_numpy(), top.shape[1]),
            "place": np.tile(np.arange(1, top.shape[1] + 1), len(target)),
            "feature": np.array(names, dtype=object)[top].ravel(),
            "value": [v if isinstance(v, str) else f"{v:.4g}" for v in shown],
            "contribution": by_feature[rows, top].ravel(),
        }
    )
    return frame.sort_values(["company_id", "place"], ignore_index=True)


def _coefficients_frame(
    columns: pd.DataFrame, coefficients: np.ndarray, refits: np.ndarray
) -> pd.DataFrame:
    slopes = refits[:, :-1]
    low, high = np.quantile(slopes, [0.025, 0.975], axis=0) if len(slopes) else (np.nan, np.nan)
    same = np.mean(np.sign(slopes) == np.sign(coefficients), axis=0) if len(slopes) else np.nan
    frame = columns.assign(coefficient=coefficients, low=low, high=high, same_sign_share=same)
    return frame.round(9).sort_values("term", ignore_index=True)
