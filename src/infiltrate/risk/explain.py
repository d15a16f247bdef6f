"""The score of each company, what it is made of, and how far its rank can be trusted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from infiltrate.params.choices import RiskChoices
from infiltrate.risk.cohorts import Cohort
from infiltrate.risk.encoding import explain_columns
from infiltrate.risk.features import stack_features
from infiltrate.risk.learners import FittedLearner, LearningRows, fit_learner, why_not
from infiltrate.risk.metrics import MINIMUM_LISTED, widen_for_few_clusters
from infiltrate.risk.stability import (
    LEAST_REFITS,
    Refits,
    crosses_cut,
    refit_learner,
    share_in_head,
)
from infiltrate.risk.study_box import FLAGGED_SHARE

_TOP_FEATURES = 5
_HEAD = 200
_TAIL = 0.025
_PAIR_TAIL = 0.005
_SAME_SCORE = 1e-6
_BEST_FIRST = ("latent", "logistic")


@dataclass(frozen=True, eq=False)
class Explanation:
    """Scores, contributions and coefficients; the columns are those of ``RiskResult``.

    Attributes
    ----------
    learner : FittedLearner
        What the scores come from.
    note : str
        Why it is not the learner that was asked for or is preferred; empty where it is.
    """

    learner: FittedLearner
    scores: pd.DataFrame
    contributions: pd.DataFrame
    coefficients: pd.DataFrame
    note: str = ""


def explain_scores(
    learning: Cohort, scored: Cohort, choices: RiskChoices, rng: np.random.Generator
) -> Explanation:
    """Fit the learner that ranks to one cohort, score another (or the same), and take it apart.

    Ranks and coefficients get their intervals from refits on resampled groups of connected
    companies; see ``stability.refit_learner``. With fewer than twenty refits there are none.

    Parameters
    ----------
    learning, scored : Cohort
        The companies to learn from and those to score.
    choices : RiskChoices
        ``ranked_by``, the learner's own settings, and the refits wanted.
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
    rows, target = _lay_out(learning, scored)
    name, note = choose_learner(rows, choices)
    learner = fit_learner(name, rows, choices, rng)
    refits = refit_learner(learner, rows, target, choices, rng)
    scores = _scores_frame(target.index, learner.score(target), refits)
    return Explanation(
        learner=learner,
        scores=scores,
        contributions=_contributions_frame(target, learner.contributions(target)),
        coefficients=_coefficients_frame(learner, rows, refits),
        note=note,
    )


def choose_learner(rows: LearningRows, choices: RiskChoices) -> tuple[str, str]:
    """Return the learner that ranks, and why it is not the one asked for, or preferred."""
    wanted: str = choices.ranked_by
    if wanted == "automatic":
        wanted = next(name for name in _BEST_FIRST if name in (*choices.learners, "logistic"))
    reason = why_not(wanted, rows, choices)
    if not reason:
        return wanted, ""
    return "logistic", f"The ranking is not by the {wanted} learner: {reason.rstrip('.')}."


def _lay_out(learning: Cohort, scored: Cohort) -> tuple[LearningRows, pd.DataFrame]:
    features = stack_features([learning.describe(), scored.describe()])
    rows = LearningRows(
        features.iloc[: len(learning.features)],
        learning.labels["is_listed"].to_numpy(bool),
        learning.listed,
        learning.exposed,
        pd.factorize(learning.groups["connected_group"])[0],
    )
    return rows, features.iloc[len(learning.features) :]


def _scores_frame(companies: pd.Index, risk_score: np.ndarray, refits: Refits) -> pd.DataFrame:
    score = pd.Series(np.round(risk_score, 9))
    rank = score.rank(method="min", ascending=False).astype(int)
    low, high = _rank_ends(score.to_numpy(), rank.to_numpy(), refits.scores)
    head_share = share_in_head(refits, max(1, int(np.ceil(FLAGGED_SHARE * len(score)))))
    frame = pd.DataFrame(
        {
            "company_id": companies.to_numpy(),
            "risk_score": score,
            "rank": rank,
            "percentile": (score.rank() - 0.5) / len(score),
            "rank_low": low,
            "rank_high": high,
            "head_share": np.round(head_share, 9),
            "is_unstable": pd.array(crosses_cut(head_share), dtype="boolean"),
        }
    )
    frame["is_unstable"] = frame["is_unstable"].mask(frame["head_share"].isna())
    return frame.sort_values(["rank", "company_id"], ignore_index=True)


def _rank_ends(
    score: np.ndarray, rank: np.ndarray, refitted: np.ndarray
) -> tuple[pd.arrays.IntegerArray, ...]:
    """Count the companies surely above and surely below; ``refitted`` is (n_companies, n_refits).

    Both ends are missing below the head of the ranking.
    """
    n_companies, n_refits = refitted.shape
    low, high = np.zeros(n_companies, dtype=int), np.zeros(n_companies, dtype=int)
    if n_refits >= LEAST_REFITS:
        error = refitted - score[:, None].astype(refitted.dtype)
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


def _contributions_frame(target: pd.DataFrame, parts: pd.DataFrame | None) -> pd.DataFrame:
    """Return the largest contributions of each company; none of a learner that does not add up."""
    if parts is None:
        return pd.DataFrame(columns=["company_id", "place", "feature", "value", "contribution"])
    names = sorted(parts)
    by_feature = np.round((parts[names] - parts[names].mean()).to_numpy(), 9)
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
    values = np.unique(column)
    if len(values) > 2:
        return widen_for_few_clusters(clusters, is_listed, _TAIL)
    kinds = [column == value for value in values]
    if min(np.count_nonzero(is_listed & kind) for kind in kinds) < MINIMUM_LISTED:
        return np.nan
    return max(widen_for_few_clusters(clusters[kind], is_listed[kind], _TAIL) for kind in kinds)


def _coefficients_frame(learner: FittedLearner, rows: LearningRows, refits: Refits) -> pd.DataFrame:
    """Return one row per column of a logistic learner; none of another one."""
    columns = ["term", "feature", "coefficient", "low", "high", "same_sign_share", "reason"]
    if learner.name != "logistic":
        return pd.DataFrame(columns=columns)
    encoder, coefficients = learner.estimator[0], learner.estimator[-1].coef_[0]
    matrix = learner.estimator[:-1].transform(rows.features)
    wider = np.array([_widen_term(column, rows.cluster, rows.is_listed) for column in matrix.T])
    slopes = refits.coefficients
    low, high, same = np.full((3, len(coefficients)), np.nan)
    reason = np.full(len(coefficients), f"no interval: fewer than {LEAST_REFITS} refits")
    if len(slopes) >= LEAST_REFITS:
        # of B refits the k-th leaves k / (B + 1) below it
        ends = np.quantile(slopes, [_TAIL, 1 - _TAIL], axis=0, method="weibull")
        low, high = coefficients + wider * (ends - coefficients)
        same = np.mean(np.sign(slopes) == np.sign(coefficients), axis=0)
        few = f"no interval: fewer than {MINIMUM_LISTED} listed companies have it, or lack it"
        reason = np.where(np.isnan(wider), few, "")
    frame = explain_columns(encoder).assign(
        coefficient=coefficients, low=low, high=high, same_sign_share=same, reason=reason
    )
    return frame.round(9).sort_values("term", ignore_index=True)[columns]
