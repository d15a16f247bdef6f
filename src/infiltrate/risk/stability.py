"""A learner fitted again and again to other companies that could as well have been known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from infiltrate.params.choices import RiskChoices
from infiltrate.risk.columns import one_thread, thin_unlisted
from infiltrate.risk.learners import FittedLearner, LearningRows, fit_learner, why_not
from infiltrate.risk.resampling import draw_clusters

LEAST_REFITS = 20
"""With fewer nothing is said."""

_MOST_REFITS = {"logistic": 100, "boosting": 40, "latent": 40}
_MOST_UNLISTED = 100_000
_MOST_CELLS = 100_000_000
_SURE = 0.75


@dataclass(frozen=True, eq=False)
class Refits:
    """What the learner would say had it known other companies like these.

    Attributes
    ----------
    scores : ndarray of float32, shape (n_companies, n_refits)
        Score of each company scored; only differences within a refit mean anything.
    coefficients : ndarray, shape (n_refits, n_terms)
        Of learners that are linear in the columns of their encoder; else of no columns.
    """

    scores: np.ndarray
    coefficients: np.ndarray

    @property
    def count(self) -> int:
        """Refits made."""
        return self.scores.shape[1]


def refit_learner(
    learner: FittedLearner,
    rows: LearningRows,
    scored: pd.DataFrame,
    choices: RiskChoices,
    rng: np.random.Generator,
) -> Refits:
    """Fit a learner to resampled groups of connected companies, under one seed after another.

    What the learner was tuned to and how it writes features as numbers are kept; all it estimates
    is estimated anew. As many refits are made as seeds times resamples ask for, but at most 100 of
    the logistic learner and 40 of the slower ones, and fewer for more than a million companies. Of
    more than 100,000 unlisted companies to learn from a sample stands for all.

    Parameters
    ----------
    learner : FittedLearner
        Fitted to ``rows``.
    rows : LearningRows
        The companies it learnt from.
    scored : DataFrame
        Features of the companies whose scores are wanted.
    choices : RiskChoices
        ``stability_seeds`` and ``stability_bootstraps``.
    rng : numpy.random.Generator
    """
    wanted = choices.stability_seeds * choices.stability_bootstraps
    most = min(wanted, _MOST_REFITS[learner.name], max(LEAST_REFITS, _MOST_CELLS // len(scored)))
    seeds = rng.integers(2**31 - 1, size=-(-most // choices.stability_bootstraps))
    kept, stands_for = thin_unlisted(rows.is_listed, _MOST_UNLISTED, rng)
    rows = rows.take(kept)
    clusters = pd.factorize(rows.cluster)[0]
    refit = _Refit(learner, rows, stands_for, scored, choices)
    scores, coefficients = [], []
    with one_thread():
        for number in range(most):
            counts = draw_clusters(clusters, rng)
            if len(np.unique(rows.is_listed[counts > 0])) < 2:
                continue
            again = refit.fit(counts, int(seeds[number // choices.stability_bootstraps]))
            if again is not None:
                scores.append(again[0].astype(np.float32))
                coefficients.append(again[1])
    return Refits(
        np.array(scores, dtype=np.float32).reshape(-1, len(scored)).T,
        np.array(coefficients).reshape(len(scores), -1),
    )


def share_in_head(refits: Refits, cut: int) -> np.ndarray:
    """Return the share of refits in which each company is among the first ``cut``; ties count.

    Missing where there are too few refits.
    """
    if refits.count < LEAST_REFITS:
        return np.full(len(refits.scores), np.nan)
    inside = np.zeros(len(refits.scores))
    for scores in refits.scores.T:
        lowest = np.partition(scores, len(scores) - cut)[len(scores) - cut]
        inside += scores >= lowest
    return inside / refits.count


def crosses_cut(head_share: np.ndarray) -> np.ndarray:
    """Say of whom the middle half of the ranks lies on both sides of the cut."""
    return (head_share > 1 - _SURE) & (head_share < _SURE)


class _Refit:
    """What stays the same from one refit to the next."""

    def __init__(
        self,
        learner: FittedLearner,
        rows: LearningRows,
        stands_for: np.ndarray,
        scored: pd.DataFrame,
        choices: RiskChoices,
    ) -> None:
        self.learner, self.rows, self.stands_for = learner, rows, stands_for
        self.scored, self.choices = scored, choices
        if learner.name != "latent":
            self.matrix = learner.estimator[:-1].transform(rows.features)
            self.target = learner.estimator[:-1].transform(scored)

    def fit(self, counts: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray] | None:
        """Return scores and coefficients with each company counted so often; None if refused."""
        from sklearn.base import clone

        if self.learner.name == "latent":
            again = self.rows.take(np.repeat(np.arange(len(counts)), counts))
            if why_not("latent", again, self.choices):
                return None
            fitted = fit_learner("latent", again, self.choices, np.random.default_rng(seed))
            return fitted.score(self.scored), np.empty(0)
        drawn = counts > 0
        final = clone(self.learner.estimator[-1])
        if "random_state" in final.get_params():
            final.set_params(random_state=seed)
        if self.learner.name == "logistic":
            # the fit to all companies is near: fewer steps from there
            whole = self.learner.estimator[-1]
            final.set_params(warm_start=True)
            final.coef_, final.intercept_ = whole.coef_.copy(), whole.intercept_.copy()
        final.fit(
            self.matrix[drawn],
            self.rows.is_listed[drawn],
            sample_weight=(counts * self.stands_for)[drawn],
        )
        slopes = final.coef_[0] if hasattr(final, "coef_") else np.empty(0)
        return final.decision_function(self.target), slopes
