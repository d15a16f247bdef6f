"""Two lists independent among firms with the same covariates: what one pair says."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

Learner = Literal["logistic", "boosting"]
Predict = Callable[[np.ndarray], np.ndarray]

FLOOR = 0.01
"""Least probability of being on both lists of a pair."""

SHARE_OF_MEAN = 0.1
"""The floor is at least this part of the mean: a few firms on both must not carry everything."""

_FOLDS = 5


@dataclass(frozen=True, eq=False)
class ListedFirms:
    """Arrays of the same N firms.

    Attributes
    ----------
    listed, exposed : numpy.ndarray of bool, shape (N, K)
        Whether each firm is on each list, and could have been.
    covariates : numpy.ndarray, shape (N, n_covariates)
        What makes firms easier or harder to list; no missing values.
    weights : numpy.ndarray, shape (N,)
        Probability that a listed firm is rightly listed.
    """

    listed: np.ndarray
    exposed: np.ndarray
    covariates: np.ndarray
    weights: np.ndarray


@dataclass(frozen=True)
class PairEstimate:
    """What one pair of lists says of the number of firms.

    Attributes
    ----------
    pair : tuple of int
        Columns of the lists.
    total : float
        Estimated number of firms, listed ones included.
    sd : float
        Its standard error.
    shared : int
        Firms on both lists.
    dependence : float
        Odds ratio of the two lists among firms on some other list; missing when there is none.
    share_at_floor : float
        Share of firms whose chance of being on both lists was raised to the floor.
    share_outside : float
        Share of the total that not both lists could name.
    """

    pair: tuple[int, int]
    total: float
    sd: float
    shared: int
    dependence: float
    share_at_floor: float
    share_outside: float


def estimate_pair(
    firms: ListedFirms,
    pair: tuple[int, int],
    rng: np.random.Generator,
    learner: Learner = "logistic",
) -> PairEstimate:
    r"""Estimate the number of firms from two lists that are independent given covariates.

    With M listed firms that both lists could name, :math:`Y_j` whether firm i is on list j and
    :math:`q_j, q_k, q_{jk}` the chances, given its covariates and that it is listed at all, of
    being on j, on k and on both,

    .. math:: \hat\psi^{-1} = \frac1M \sum_i \frac{q_j q_k}{q_{jk}}
        \Big(\frac{Y_j}{q_j} + \frac{Y_k}{q_k} - \frac{Y_j Y_k}{q_{jk}}\Big), \quad
        \hat N = M \hat\psi^{-1}

    and :math:`\operatorname{Var} \hat N = M \operatorname{Var} \varphi_i +
    M \hat\psi^{-1} (\hat\psi^{-1} - 1)` (Das, Kennedy and Jewell 2021,
    https://arxiv.org/abs/2104.14091). The chances are predicted for each fifth of the firms from
    the other four.

    Notes
    -----
    Firms that only one list of the pair could name are counted by that list over its chance of
    naming a firm with these covariates, which the firms of the other list show.
    """
    j, k = pair
    listed, exposed, covariates = firms.listed, firms.exposed, firms.covariates
    named = listed.any(axis=1)
    both = named & exposed[:, j] & exposed[:, k]
    on_j, on_k = listed[both, j], listed[both, k]
    chances, raised, predict = _cross_fit(covariates[both], on_j, on_k, rng, learner)
    q_j, q_k, q_jk = chances.T
    influence = q_j * q_k / q_jk * (on_j / q_j + on_k / q_k - (on_j & on_k) / q_jk)
    w = firms.weights[both]
    M = float(w.sum())
    inverse = float(np.average(influence, weights=w))
    spread = float(np.average((influence - inverse) ** 2, weights=w))
    variance = M * spread + M * max(inverse * (inverse - 1), 0.0)
    outside = _count_outside(firms, pair, predict)
    scale = 1 + outside / (M * inverse)
    return PairEstimate(
        pair=pair,
        total=M * inverse * scale,
        sd=math.sqrt(variance) * scale,
        shared=int((on_j & on_k).sum()),
        dependence=measure_dependence(listed, exposed, pair),
        share_at_floor=raised,
        share_outside=outside / (M * inverse * scale),
    )


def measure_dependence(listed: np.ndarray, exposed: np.ndarray, pair: tuple[int, int]) -> float:
    """Return the odds ratio of two lists among firms on some other list.

    Half a firm is added to each of the four counts; missing when no other list names a firm that
    both could name.
    """
    j, k = pair
    others = np.delete(listed, [j, k], axis=1).any(axis=1) & exposed[:, j] & exposed[:, k]
    if not others.any():
        return math.nan
    on_j, on_k = listed[others, j], listed[others, k]
    table = [(on_j & on_k), (~on_j & ~on_k), (on_j & ~on_k), (~on_j & on_k)]
    a, d, b, c = (float(cell.sum()) + 0.5 for cell in table)
    return a * d / (b * c)


def _cross_fit(
    covariates: np.ndarray,
    on_j: np.ndarray,
    on_k: np.ndarray,
    rng: np.random.Generator,
    learner: Learner,
) -> tuple[np.ndarray, float, Predict]:
    """Predict the three chances of each firm from firms of other folds."""
    floor = max(FLOOR, SHARE_OF_MEAN * float((on_j & on_k).mean()))
    folds = rng.permutation(np.arange(len(on_j)) % _FOLDS)
    outcomes = (on_j, on_k, on_j & on_k)
    chances = np.empty((len(on_j), 3))
    for fold in range(_FOLDS):
        train, test = folds != fold, folds == fold
        for column, outcome in enumerate(outcomes):
            model = _learn(covariates[train], outcome[train], learner)
            chances[test, column] = model(covariates[test])
    on_all = [_learn(covariates, outcome, learner) for outcome in outcomes]

    def predict(rows: np.ndarray) -> np.ndarray:
        return _keep_consistent(np.column_stack([model(rows) for model in on_all]), floor)

    raised = float(np.mean(chances[:, 2] < floor))
    return _keep_consistent(chances, floor), raised, predict


def _keep_consistent(chances: np.ndarray, floor: float) -> np.ndarray:
    q_j, q_k = np.clip(chances[:, :2], FLOOR, 1.0).T
    most = np.minimum(q_j, q_k)
    q_jk = np.clip(chances[:, 2], np.minimum(np.maximum(q_j + q_k - 1, floor), most), most)
    return np.column_stack([q_j, q_k, q_jk])


def _learn(
    covariates: np.ndarray, outcome: np.ndarray, learner: Learner
) -> Callable[[np.ndarray], np.ndarray]:
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    mean = float(outcome.mean())
    if mean in (0.0, 1.0) or covariates.shape[1] == 0:
        return lambda rows: np.full(len(rows), mean)
    if learner == "boosting":
        model = HistGradientBoostingClassifier(
            max_iter=60, max_leaf_nodes=7, min_samples_leaf=20, random_state=0
        )
    else:
        model = make_pipeline(StandardScaler(), LogisticRegression(C=1.0, max_iter=500))
    model.fit(covariates, outcome)
    return lambda rows: model.predict_proba(rows)[:, 1]


def _count_outside(firms: ListedFirms, pair: tuple[int, int], predict: Predict) -> float:
    """Firms that one list of the pair, or none, could name."""
    j, k = pair
    listed, exposed, weights = firms.listed, firms.exposed, firms.weights
    total = float(weights[listed.any(axis=1) & ~exposed[:, j] & ~exposed[:, k]].sum())
    for here, other, column in ((j, k, 1), (k, j, 0)):
        named = exposed[:, here] & ~exposed[:, other] & listed[:, here]
        if named.any():
            q = predict(firms.covariates[named])
            total += float((weights[named] * q[:, column] / q[:, 2]).sum())
    return total
