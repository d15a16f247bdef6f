"""The score of each company, what it is made of, and how far its rank can be trusted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from infiltrate.risk.cohorts import Cohort
from infiltrate.risk.columns import one_thread
from infiltrate.risk.encoding import explain_columns
from infiltrate.risk.features import stack_features
from infiltrate.risk.logistic import build_logistic, refit_coefficients
from infiltrate.risk.metrics import MINIMUM_LISTED, widen_for_few_clusters

_TOP_FEATURES = 5
_MOST_REFITS = 100
_LEAST_REFITS = 20
_HEAD = 200
_TAIL = 0.025
_PAIR_TAIL = 0.005
_SAME_SCORE = 1e-7


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
    coefficients are estimated anew. With fewer than twenty refits there are no intervals.

    Parameters
    ----------
    learning, scored : Cohort
        The companies to learn from and those to score.
    draws : int
        Refits wanted.
    rng : numpy.random.Generator

    Notes
    -----
    The interval of a coefficient (95 %; for a term that a company has or lacks only with five
    listed companies of either kind) is meant to hold what the same penalty would give if all
    companies like these were known, not an effect free of the penalty. That of a rank is meant to
    hold the company's place, among those scored, by such a model. Ranks of refits spread too
    little for that: the highest are highest by luck too, and a refit starts from their luck. So
    companies are compared two by two, as in Mogstad, Romano, Shaikh and Wilhelm (2024,
    https://doi.org/10.1093/restud/rdad006), here at 99 % for each pair: one is placed above
    another only when their scores differ by more than refits explain. Given for the two
    hundred ranked highest.
    """
    features = stack_features([learning.describe(), scored.describe()])
    train, target = features.iloc[: len(learning.features)], features.iloc[len(learning.features) :]
    is_listed = learning.labels["is_listed"].to_numpy(bool)
    with one_thread():
        model = build_logistic(train, penalty=1.0).fit(train, is_listed)
        risk_score = model.decision_function(target)
    encoder, logistic = model[0], model[-1]
    columns = explain_columns(encoder)
    matrix, target_matrix = encoder.transform(train), encoder.transform(target)
    clusters = pd.factorize(learning.groups["connected_group"])[0]
    refits = refit_coefficients(matrix, is_listed, _resample(clusters, draws, rng))
    wider = np.array([_widen_term(column, clusters, is_listed) for column in matrix.T])
    coefficients = _coefficients_frame(columns, logistic.coef_[0], refits, wider)
    scores = _scores_frame(target.index, risk_score, target_matrix, refits)
    parts = (target_matrix - matrix.mean(axis=0)) * logistic.coef_[0]
    contributions = _contributions_frame(target, parts, columns["feature"])
    return Explanation(scores, contributions, coefficients)


def _resample(clusters: np.ndarray, draws: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Draw connected groups with replacement; yield how often each company is in."""
    n_clusters = int(clusters.max()) + 1
    for _ in range(min(draws, _MOST_REFITS)):
        counts = rng.multinomial(n_clusters, np.full(n_clusters, 1 / n_clusters))
        yield counts[clusters].astype(float)


def _scores_frame(
    companies: pd.Index, risk_score: np.ndarray, matrix: np.ndarray, refits: np.ndarray
) -> pd.DataFrame:
    score = pd.Series(np.round(risk_score, 9))
    rank = score.rank(method="min", ascending=False).astype(int)
    low, high = _rank_ends(score.to_numpy(), rank.to_numpy(), matrix @ refits[:, :-1].T)
    frame = pd.DataFrame(
        {
            "company_id": companies.to_numpy(),
            "risk_score": score,
            "rank": rank,
            "percentile": (score.rank() - 0.5) / len(score),
            "rank_low": low,
            "rank_high": high,
        }
    )
    return frame.sort_values(["rank", "company_id"], ignore_index=True)


def _rank_ends(
    score: np.ndarray, rank: np.ndarray, refitted: np.ndarray
) -> tuple[pd.arrays.IntegerArray, ...]:
    """Count the companies surely above and surely below; ``refitted`` is (n_companies, n_refits).

    Both ends are missing below the head of the ranking.
    """
    n_companies, n_refits = refitted.shape
    low, high = np.zeros(n_companies, dtype=int), np.zeros(n_companies, dtype=int)
    if n_refits >= _LEAST_REFITS:
        error = refitted - score[:, None]
        error -= error.mean(axis=0)
        spread = (error**2).mean(axis=1)
        quantile = stats.t.isf(_PAIR_TAIL, n_refits - 1)
        for place in np.flatnonzero(rank <= _HEAD):
            ahead = score - score[place]
            shared = error @ error[place] / n_refits
            pair = np.sqrt(np.maximum(spread + spread[place] - 2 * shared, 0))
            is_apart = np.abs(ahead) > quantile * pair + _SAME_SCORE
            low[place] = 1 + np.count_nonzero(is_apart & (ahead > 0))
            high[place] = n_companies - np.count_nonzero(is_apart & (ahead < 0))
    return tuple(pd.arrays.IntegerArray(ends, mask=ends == 0) for ends in (low, high))


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


def _widen_term(column: np.ndarray, clusters: np.ndarray, is_listed: np.ndarray) -> float:
    """Return how much wider the interval of a term must be; missing when it rests on too few."""
    if not np.isin(column, (0, 1)).all():
        return widen_for_few_clusters(clusters, is_listed, _TAIL)
    kinds = [column == value for value in (0, 1)]
    if min(np.count_nonzero(is_listed & kind) for kind in kinds) < MINIMUM_LISTED:
        return np.nan
    return max(widen_for_few_clusters(clusters[kind], is_listed[kind], _TAIL) for kind in kinds)


def _coefficients_frame(
    columns: pd.DataFrame, coefficients: np.ndarray, refits: np.ndarray, wider: np.ndarray
) -> pd.DataFrame:
    slopes = refits[:, :-1]
    low, high, same = np.full((3, len(coefficients)), np.nan)
    reason = np.full(len(coefficients), f"no interval: fewer than {_LEAST_REFITS} refits")
    if len(slopes) >= _LEAST_REFITS:
        # of B refits the k-th leaves k / (B + 1) below it
        ends = np.quantile(slopes, [_TAIL, 1 - _TAIL], axis=0, method="weibull")
        low, high = coefficients + wider * (ends - coefficients)
        same = np.mean(np.sign(slopes) == np.sign(coefficients), axis=0)
        few = f"no interval: fewer than {MINIMUM_LISTED} listed companies have it, or lack it"
        reason = np.where(np.isnan(wider), few, "")
    frame = columns.assign(
        coefficient=coefficients, low=low, high=high, same_sign_share=same, reason=reason
    )
    return frame.round(9).sort_values("term", ignore_index=True)
